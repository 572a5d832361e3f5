"""The page from the first screen to the last verdict, as the pages and forms themselves lead."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

import oneid
from oneid.review.books import FileBook, Said
from oneid.review.desk import Desk
from oneid.review.pairs import RunPairs
from oneid.review.web import Page, listen
from oneid.review.words import Words
from oneid.vocabulary.errors import OneIDError, OutputError
from review.conftest import Shop
from review.visitor import PORT, Visitor, fields, told

HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>' onmouseover=alert(3) {{7*7}} </bdi>"
Made = Callable[..., Page]


@pytest.fixture
def made(shop: Shop, tmp_path: Path) -> Made:
    """Makes a page."""

    def make(language: str = "en", *, label: int | None = None, show_pii: bool = False, people: int = 2) -> Page:
        desk = Desk(shop.pairs(), FileBook(tmp_path / "decisions.csv"), label)
        return Page(desk, Words(language), PORT, show_pii=show_pii, people=people)

    return make


def decisions(page: Page) -> list[tuple[str, ...]]:
    return page.desk.book.known().select("source_id_l", "source_id_r", "decision", "by", "reason", "ticket").rows()


def test_a_review(made: Made) -> None:
    """Who decides is asked once; a verdict is written with its reason and told; the next pair comes."""
    page = made()
    visitor = Visitor(page).enters().sits(" Sato ")
    first = fields(visitor.get(f"{visitor.base}/").text)
    pair = page.desk.pairs.pair(int(first["pair"]))
    text = visitor.says("same", reason="asked by phone", ticket="T-1")
    assert told(text) == f"Written: same person — {pair.left} and {pair.right}"
    assert "You: Sato" in text
    assert "1 decided" in text
    assert "1 by you" in text
    assert fields(text)["pair"] != first["pair"]
    assert decisions(page) == [(pair.left.source_id, pair.right.source_id, "same", "Sato", "asked by phone", "T-1")]
    assert told(visitor.get(f"{visitor.base}/").text) == ""


def test_undo(made: Made) -> None:
    """The last verdict is taken back, and its pair is there again."""
    page = made()
    visitor = Visitor(page).enters().sits("Sato")
    first = fields(visitor.get(f"{visitor.base}/").text)
    visitor.says("different")
    answer = visitor.post("undo", visitor.form())
    text = visitor.get(answer.headers["location"]).text
    assert told(text) == "Taken back; the pair waits again."
    assert fields(text)["pair"] == first["pair"]
    assert decisions(page) == []
    answer = visitor.post("undo", visitor.form())
    assert told(visitor.get(answer.headers["location"]).text) == "There is nothing to undo."


@pytest.mark.slow
def test_two_browsers(made: Made) -> None:
    """Fifty pairs by turns: none is shown to both, none is lost."""
    page = made()
    people = [Visitor(page, link).enters().sits(name) for link, name in enumerate(("Sato", "Suzuki"))]
    shown = []
    for turn in range(50):
        form = people[turn % 2].form()
        other = people[1 - turn % 2].form()
        assert form["pair"] != other["pair"]
        shown.append(form["pair"])
        assert people[turn % 2].post("verdict", form | {"decision": "different"}).status_code == 303
    assert len(set(shown)) == 50
    names = [row[3] for row in decisions(page)]
    assert len(names) == 50
    assert names.count("Sato") == 25


def test_two_tabs_with_other_names(made: Made) -> None:
    """One browser, two people: two seats, two pairs."""
    page = made()
    one = Visitor(page).enters().sits("Sato")
    form = one.form()
    base = one.base
    two = one.sits("Suzuki")
    assert two.base != base
    assert two.form()["pair"] != form["pair"]


def test_the_same_pair_decided_by_two(made: Made) -> None:
    """The later one is told and nothing of theirs is written, until they have seen it and say so again."""
    page = made()
    one, two = (Visitor(page, link).enters().sits(name) for link, name in enumerate(("Sato", "Suzuki")))
    form = one.form()
    one.says("same")
    answer = two.post(
        "verdict", two.form() | {"pair": form["pair"], "version": form["version"], "decision": "different"}
    )
    text = two.get(answer.headers["location"]).text
    assert told(text).startswith("Meanwhile Sato decided this pair: same person. Yours (different people)")
    assert "Decided before: same person, by Sato" in text
    assert [row[2:4] for row in decisions(page)] == [("same", "Sato")]
    two.post("verdict", fields(text) | {"decision": "different"})
    assert [row[2:4] for row in decisions(page)] == [("different", "Suzuki")]


def test_a_contradiction_is_told(shop: Shop, tmp_path: Path) -> None:
    """A verdict that would stop the next run is not written, and the chain is named."""
    pairs, book = shop.pairs(), FileBook(tmp_path / "decisions.csv")
    pair = pairs.pair(0)
    third = next(ref for ref in map(pairs.ref, range(9)) if ref not in (pair.left, pair.right))
    book.write([Said(*sorted((one, third)), "same", "x", "2026-01-01") for one in (pair.left, pair.right)])
    visitor = Visitor(Page(Desk(pairs, book), Words("en"), PORT)).enters().sits("Sato")
    form = visitor.form()
    text = visitor.says("different")
    chain = " – ".join(map(str, (pair.left, third, pair.right)))
    assert told(text).startswith(f"Not written (different people): it contradicts earlier decisions: {chain}.")
    assert book.known().height == 2
    assert fields(text)["pair"] == form["pair"] == "0"


def test_the_queue(made: Made) -> None:
    """Cases in order; one that somebody looks at says who; any other can be taken."""
    page = made()
    one, two = (Visitor(page, link).enters().sits(name) for link, name in enumerate(("Sato", "Suzuki")))
    one.form()
    text = two.get(f"{two.base}/queue").text
    assert "with Sato" in text
    wanted = page.desk.queue.ahead(3)[2][0]
    assert f'href="{two.base}/pair/{wanted}"' in text
    assert fields(two.get(f"{two.base}/pair/{wanted}").text)["pair"] == str(wanted)
    held = one.form()["pair"]
    answer = two.get(f"{two.base}/pair/{held}")
    assert answer.status_code == 303
    assert told(two.get(answer.headers["location"]).text) == "Sato is looking at this pair."
    assert two.get(f"{two.base}/pair/999999").status_code == 404


def test_forms_that_make_no_sense(made: Made) -> None:
    """Other verdicts, pairs that there are not, text that is none: refused, and nothing written."""
    page = made()
    visitor = Visitor(page).enters().sits("Sato")
    form = visitor.form() | {"decision": "same"}
    for wrong in ({"decision": "maybe"}, {"pair": "999999"}, {"pair": "-1"}, {"pair": "²"}, {"version": ""},
                  {"pair": "1e9"}, {"reason": "a\0b"}, {"decision": ""}):  # fmt: skip
        assert visitor.post("verdict", form | wrong).status_code == 400, wrong
    assert decisions(page) == []
    assert visitor.client.get("/s/unknown/").headers["location"] == "/"
    assert (
        visitor.client.post(
            "/who", data={"csrf": form["csrf"], "name": " "}, headers={"Origin": f"http://127.0.0.1:{PORT}"}
        ).status_code
        == 422
    )


def test_what_cannot_be_written(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: whoever decided is told, the pair still waits, and the terminal says why."""
    page = made()
    visitor = Visitor(page).enters().sits("Sato")

    def full(_said: object) -> list[object]:
        raise OutputError("E303", "the disk is full")

    monkeypatch.setattr(page.desk.book, "write", full)
    form = visitor.form()
    text = visitor.says("same")
    assert told(text) == "It could not be written (E303), and counts for nothing. See the terminal."
    assert fields(text)["pair"] == form["pair"]
    monkeypatch.undo()
    assert "Written" in told(visitor.says("same"))


def test_a_new_run_meanwhile(shop: Shop) -> None:
    """The verdict is not written, and the page says what to do."""
    page = Page(Desk(shop.pairs(), shop.book()), Words("ja"), PORT)
    visitor = Visitor(page).enters().sits("佐藤")
    visitor.says("different")
    oneid.resolve(shop.config).write(shop.out)
    text = visitor.says("same")
    assert "新しい実行が公開されました" in told(text)
    assert page.desk.book.known().height == 1
    page.desk.book.close()


def test_masked(made: Made) -> None:
    """Without the right nothing personal is whole on any screen; with it everything is there, and the page says so."""
    masked, shown = made(), made(show_pii=True)
    pairs = masked.desk.pairs
    texts = []
    for page in (masked, shown):
        visitor = Visitor(page).enters().sits("x")
        texts.append(
            "".join(visitor.get(f"{visitor.base}{path}").text for path in ("/", "/queue", "/pair/3", "/pair/9"))
        )
    values = {
        value
        for number in (0, 3, 9)
        for one in pairs.seen(pairs.pair(number).rows)
        for texts_ in one.values()
        for value in texts_
        if len(value) > 6
    }
    assert len(values) > 12
    assert not [value for value in values if escape(value) in texts[0]]
    assert "This page shows personal data" in texts[1]
    assert "This page shows personal data" not in texts[0]
    plain = texts[1].replace("<mark>", "").replace("</mark>", "")
    assert all(escape(value) in plain for value in values)


def test_script_in_every_field(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, ids, sources, reasons of rules, names of people: text on every screen, never markup."""
    page = made(show_pii=True)
    pairs = page.desk.pairs
    fields_ = [
        "name",
        "kana",
        "romaji",
        "nickname",
        "birth",
        "sex",
        "phone",
        "email",
        "postcode",
        "address",
        "since",
        HOSTILE,
    ]
    monkeypatch.setattr(RunPairs, "seen", lambda _self, rows: [
        {name: (HOSTILE + name + str(row), HOSTILE) for name in fields_} for row in rows
    ])  # fmt: skip
    monkeypatch.setattr(RunPairs, "why", lambda _self, _rule: HOSTILE)
    for column in ("source_id_l", "source_id_r", "source_l", "rule", "oneid_l"):
        pairs.waiting = pairs.waiting.with_columns(pl.lit(HOSTILE).alias(column))
    pairs.__dict__["merge_map"] = pairs.merge_map.with_columns(source_id=pl.lit(HOSTILE), source=pl.lit(HOSTILE))
    visitor = Visitor(page).enters().sits(HOSTILE)
    texts = [visitor.get(f"{visitor.base}{path}").text for path in ("/", "/queue", "/pair/5")]
    texts.append(visitor.says("same", reason=HOSTILE))
    for text in texts:
        assert HOSTILE in unescape(re.sub("</?(mark|bdi)>", "", text))
        page_ = Tags()
        page_.feed(text)
        assert {tag for tag, _ in page_.found} <= OURS
        assert not [name for _, given in page_.found for name in given if name.startswith("on") or name == "style"]
        assert [given.get("src") for tag, given in page_.found if tag == "script"] == ["/static/review.js"]


OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "header",
        "p",
        "nav",
        "span",
        "main",
        "div",
        "form",
    ),
    *("input", "h1", "h2", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "bdi", "br", "mark", "button", "kbd"),
    *("label", "details", "summary", "ul", "li", "section", "svg", "path", "circle", "text"),
}


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_labels(made: Made) -> None:
    """The same screen without what the rules say of the pair; labels are decisions that training reads."""
    page = made(label=5)
    visitor = Visitor(page).enters().sits("Sato")
    text = visitor.get(f"{visitor.base}/").text
    for words in ("Score", "Bits", "What it would change", "The rules ask", "become one of"):
        assert words not in text
    assert not re.search(r"OID[0-9A-Z]{14}", text)
    for _ in range(5):
        text = visitor.says("different")
    assert "oneid train CONFIG --truth" in text
    assert [row[2] for row in decisions(page)] == ["different"] * 5


def test_at_the_end(made: Made) -> None:
    """Nothing waits: thanks, and what comes next."""
    page = made("ja")
    visitor = Visitor(page).enters().sits("佐藤")
    while page.desk.queue.waiting:
        number = page.desk.queue.next("x")
        assert number is not None
        page.desk.queue.finish(number)
    text = visitor.get(f"{visitor.base}/").text
    assert "要確認はありません" in text
    assert "oneid resolve" in text


def test_it_listens_on_this_machine_alone() -> None:
    """Any free port of the loopback address; one that is taken is told."""
    with listen() as at:
        address, port = at.getsockname()
        assert address == "127.0.0.1"
        with pytest.raises(OneIDError, match="E428"):
            listen(port)
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))

"""Pages of explanations: no script, every text escaped, masked unless asked for, the same each time."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from string import Formatter

import polars as pl
import pytest

import oneid
from explain.test_onepair import PAIRS, values
from oneid.explain import drawing
from oneid.explain.facts import Edge, Graph, Node
from oneid.explain.page import is_page
from oneid.explain.words import WORDS, Say
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import LANGUAGES
from oneid.vocabulary.pages.evidencewords import LEVELS, called
from oneid.vocabulary.references import RecordRef, Verdict
from report.test_report import Page as Checked


class Page(Checked):
    """A page whose tags are all closed but for places where a word may break."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag == "wbr":
            self.open.pop()


HOSTILE = "<script>alert(1)</script>&\"'><img src=x onerror=alert(1)>"


def test_every_word_has_both_languages() -> None:
    """With the same places to fill, and no Japanese in the English ones."""
    for key, said in WORDS.items():
        assert len(said) == len(LANGUAGES), key
        assert all(said), key
        places = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in said]
        assert places[0] == places[1], key
        assert not re.search("[぀-ヿ一-鿿]", said[0]), key


@pytest.fixture(scope="module")
def hostile() -> oneid.Result:
    """Members, and a source's ids, that would run a script in a page."""
    name = f"{HOSTILE}佐藤"
    frames = {
        shop: pl.DataFrame([(f"{HOSTILE}1", name, "1980-03-07", "090-1111-2222", "a@example.com", HOSTILE)],
                           ["id", "name", "birth", "phone", "email", "nickname"], orient="row")
        for shop in ("a", "b")
    }  # fmt: skip
    fields = {name: name for name in ("name", "birth", "phone", "email", "nickname")}
    return oneid.resolve(frames, {"sources": {shop: {"id": "id", "fields": fields} for shop in frames}})


@pytest.mark.parametrize("show_pii", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_texts_are_text(hostile: oneid.Result, language: str, show_pii: bool) -> None:
    """In a page and in a notebook, of a pair and of a OneID: no tag and no attribute of theirs."""
    pair = hostile.explain(f"a:{HOSTILE}1", f"b:{HOSTILE}1", show_pii=show_pii)
    assert pair.together
    whole = hostile.explain(pair.oneids[0], show_pii=show_pii)
    for found in (pair, whole):
        text = found.html(language)
        assert is_page(text.encode())
        page = Page(text)
        assert not {"script", "img", "link", "iframe"} & set(page.tags)
        assert not [link for link in page.links if link]
        assert "onerror=alert" not in re.sub("[^<]*>", "", text) or escape(HOSTILE) in text
        assert "<img" not in text
        assert "<script" not in text
        assert f'lang="{language}"' in text
        assert "default-src 'none'" in text
        inner = found._repr_html_()
        assert "<script" not in inner
        assert "<img" not in inner
        assert inner.count("<div") == inner.count("</div>")


@pytest.mark.parametrize(("a", "b", "row", "other"), PAIRS[::4], ids=[f"{a}-{b}" for a, b, *_ in PAIRS[::4]])
def test_no_value_is_shown_whole(people: oneid.Result, a, b, row, other) -> None:
    """In a page, a notebook and JSON."""
    found = people.explain(a, b)
    shown = found.html() + found.html("ja") + found._repr_html_() + str(found.as_dict())
    for value in values([row, other]):
        assert value not in shown
    assert escape(other[1]) in people.explain(a, b, show_pii=True).html()
    assert WORDS["masked"][0] in found.html()
    assert WORDS["shown"][0] in people.explain(a, b, show_pii=True).html()


def test_the_waterfall_ends_at_the_score(people: oneid.Result) -> None:
    """A bar for the start and each field that says something, one for the score, a line for each threshold."""
    found = people.explain("ec:E1", "store:S1")
    text = str(drawing.waterfall(found, Say("en")))
    said = [field for field in found.fields if field.bits]
    assert text.count("<rect") == len(said) + len(found.extra) + 1
    assert text.count('class="mark"') == 3
    assert f">{found.score / 100:+.1f}</text>" in text
    assert f"score {found.score / 100:+.1f}</desc>" in text


def test_a_japanese_page_calls_fields_and_levels_in_japanese(people: oneid.Result) -> None:
    """The level's own name, by which rules call it, stands beside its words; an English page has the name alone."""
    found = people.explain("ec:E1", "store:S1")
    text = found.html("ja")
    assert {"name", "birth"} <= {one.field for one in found.fields}
    assert "<td>name</td>" not in text
    assert text.count(">氏名</t") == text.count(">生年月日</t") == 2, "in the table and in the waterfall"
    levels = {one.level for one in found.fields}
    for level in levels:
        word = called(LEVELS, level, "ja")
        assert f'<td>{word} <span class="pale name">{level.replace("_", "_<wbr>")}</span></td>' in text
        assert word not in found.html("en")


def test_labels_of_two_records_do_not_meet() -> None:
    """However narrow the page: they stand on two lines; and the score is not on its line."""
    a, b = (RecordRef("a_long_source", f"{name}0000001") for name in "ab")
    edge = Edge(a, b, 900, "r", Verdict.MATCH, applied=True, alone=True)
    text = str(drawing.graph(Graph((Node(a, "OID1"), Node(b, "OID1")), (edge,)), Say("en"), ("OID1",)))
    places = re.findall(r'<text [^>]*y="([\d.]+)(?:em)?"[^>]*>(?:a_long_s…|\+9)', text)
    assert len(set(places)) == len(places) == 3, text


def test_the_graph_marks_what_holds_and_what_was_refused() -> None:
    """A link that alone holds two parts is bold, the weakest has a colour of its own, others are broken; twice the
    same.
    """
    a, b, c, d = (RecordRef("s", name) for name in "abcd")
    nodes = tuple(Node(ref, "OID2" if ref == d else "OID1", ref in (a, d)) for ref in (a, b, c, d))
    edges = (
        Edge(a, b, 900, "r", Verdict.MATCH, applied=True, alone=True),
        Edge(b, c, 700, "r", Verdict.MATCH, applied=True, alone=True, weakest=True),
        Edge(c, d, 800, "r", Verdict.MATCH, applied=False), Edge(a, d, 300, "r", Verdict.REVIEW, applied=False),
        Edge(a, c, -900, "r", Verdict.NEVER, applied=False),
    )  # fmt: skip
    say = Say("en")
    text = str(drawing.graph(Graph(nodes, edges), say, ("OID1", "OID2")))
    assert text == str(drawing.graph(Graph(nodes, edges), say, ("OID1", "OID2")))
    drawn = re.findall(r'<line class="edge ([^"]*)"[^>]*><title>', text)
    assert sorted(drawn) == ["alone", "never", "refused", "review", "weakest alone"]
    legend = re.findall(r'<line class="edge ([^"]*)"[^>]*/>', text)
    assert legend == ["alone", "weakest", "refused", "review", "never"]
    assert text.count('class="node one"') == 3 + 1
    assert text.count('class="node wait"') == 1 + 1
    assert text.count('class="ring"') == 2
    assert "s:a = s:b; s:b = s:c; s:c ≠ s:d" in text


def test_a_language_that_there_is_not(people: oneid.Result) -> None:
    found = people.explain("ec:E1", "store:S1")
    for ask in (found.html, found.text):
        with pytest.raises(UsageError, match="E410"):
            ask("fr")


def test_a_page_is_written(command, people_files, tmp_path: Path) -> None:
    """Written over a page of ours, and over nothing else; a folder's answer is the config's."""
    config = people_files()
    assert command("resolve", config, "--out", tmp_path / "out").code == 0
    place = tmp_path / "why.html"
    for _ in range(2):
        said = command("explain", tmp_path / "out", "ec:E1", "store:S1", "--html", place, "--lang", "ja")
        assert (said.code, said.out) == (0, f"{place}を作成\n")
    assert 'lang="ja"' in place.read_text("utf-8")
    place.write_text("mine", "utf-8")
    said = command("explain", tmp_path / "out", "ec:E1", "store:S1", "--html", place)
    assert (said.code, place.read_text("utf-8")) == (2, "mine")
    assert "E307" in said.err

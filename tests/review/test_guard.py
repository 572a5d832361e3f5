"""Attacks on the page: who has no business here sees nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from oneid.review.books import FileBook
from oneid.review.desk import Desk
from oneid.review.guard import MOST_BYTES
from oneid.review.web import Page
from oneid.review.words import Words
from review.conftest import Shop
from review.visitor import HERE, PORT, Visitor


@pytest.fixture
def told() -> list[str]:
    """What is logged."""
    return []


@pytest.fixture
def page(made_shop: Shop, tmp_path: Path, told: list[str]) -> Page:
    desk = Desk(made_shop.pairs(), FileBook(tmp_path / "decisions.csv"))
    return Page(desk, Words("en"), PORT, people=2, tell=told.append)


@pytest.fixture
def visitor(page: Page) -> Visitor:
    return Visitor(page).enters().sits("Sato")


@pytest.fixture
def stranger(page: Page) -> TestClient:
    """A browser that was given nothing."""
    return TestClient(page.app, base_url=HERE, follow_redirects=False)


def nothing_was_written(page: Page) -> bool:
    return not page.desk.book.path.exists()  # type: ignore[attr-defined]


def test_no_token(stranger: TestClient, page: Page) -> None:
    """No address shows anything of the run; only style and script are open."""
    for path in ("/", "/s/0/", "/s/0/queue", "/s/0/pair/0", "/nothing", "/?token=", "/?token=abc", "/who"):
        answer = stranger.get(path)
        assert answer.status_code == 403, path
        assert "waiting" not in answer.text
    assert stranger.get("/static/review.css").status_code == 200
    assert stranger.post("/who", data={"name": "x"}, headers={"Origin": HERE}).status_code == 403
    assert stranger.head(page.links[0]).status_code == 403


def test_a_used_token(page: Page) -> None:
    """The second use is refused, also with a cookie of another, and the first one's cookie goes on."""
    first = Visitor(page).enters()
    second = TestClient(page.app, base_url=HERE, follow_redirects=False)
    answer = second.get(page.links[0])
    assert answer.status_code == 403
    assert "used" in answer.text
    assert "set-cookie" not in answer.headers
    assert second.get("/").status_code == 403
    assert first.get("/").status_code == 200
    assert Visitor(page, link=1).enters().get("/").status_code == 200


def test_the_cookie(stranger: TestClient, page: Page) -> None:
    """Of this site alone, out of reach of scripts, and of its own port."""
    answer = stranger.get(page.links[0])
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"oneid_review_{PORT}=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert page.links[0].partition("token=")[2] not in answer.text
    assert 'content="0;url=/"' in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        f"127.0.0.1:{PORT + 1}",
        "",
        f"127.0.0.1.evil.example:{PORT}",
    ],
)
def test_dns_rebinding(visitor: Visitor, page: Page, host: str) -> None:
    """A name of somebody else's that leads here is refused, cookie or not, before a token would be spent."""
    assert visitor.client.get("/", headers={"Host": host}).status_code == 421
    assert visitor.client.get(page.links[1], headers={"Host": host}).status_code == 421
    assert Visitor(page, link=1).enters().get("/").status_code == 200


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": f"http://localhost:{PORT}"},
    {"Origin": "http://127.0.0.1:1"}, {"Origin": f"https://127.0.0.1:{PORT}"}, {},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_another_origin(visitor: Visitor, page: Page, headers: dict[str, str]) -> None:
    """A form that another page sends, with the cookie and even with the session's word, changes nothing."""
    form = visitor.form() | {"decision": "same"}
    for action in ("verdict", "undo"):
        assert visitor.client.post(f"{visitor.base}/{action}", data=form, headers=headers).status_code == 403
    assert visitor.client.post("/who", data=form | {"name": "x"}, headers=headers).status_code == 403
    assert nothing_was_written(page)


@pytest.mark.parametrize("word", [None, "", "0" * 64, "é"])
def test_no_word_of_the_session(visitor: Visitor, page: Page, word: str | None) -> None:
    form = visitor.form() | {"decision": "same"}
    form = {name: value for name, value in form.items() if name != "csrf"} | ({} if word is None else {"csrf": word})
    assert visitor.post("verdict", form).status_code == 403
    other = Visitor(page, link=1).enters().sits("Suzuki")
    assert visitor.post("verdict", form | {"csrf": other.form()["csrf"]}).status_code == 403
    assert nothing_was_written(page)


@pytest.mark.parametrize("length", [None, "10000000", "-1", "x"])
def test_a_form_of_10_mb(visitor: Visitor, page: Page, length: str | None) -> None:
    """Refused, by what it says of its length and by what comes."""
    form = visitor.form() | {"decision": "same", "reason": "x" * 10_000_000}
    headers = {"Origin": HERE} | ({} if length is None else {"Content-Length": length})
    answer = visitor.client.post(f"{visitor.base}/verdict", data=form, headers=headers)
    assert answer.status_code == 413
    assert nothing_was_written(page)


def test_a_form_without_a_length(visitor: Visitor, page: Page) -> None:
    """One that comes in pieces is no more read than a small one."""
    read = 0

    def pieces() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 10_000
            yield b"reason=" + b"x" * 10_000

    headers = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    answer = visitor.client.post(f"{visitor.base}/verdict", content=pieces(), headers=headers)
    assert answer.status_code == 413
    assert MOST_BYTES < 100_000
    assert nothing_was_written(page)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_other_kinds_of_forms(visitor: Visitor, page: Page, kind: str) -> None:
    answer = visitor.client.post(
        f"{visitor.base}/verdict", content=b"{}", headers={"Origin": HERE, "Content-Type": kind}
    )
    assert answer.status_code == 415
    assert nothing_was_written(page)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=%ff", b"&".join(b"a=%d" % n for n in range(30))])
def test_forms_that_are_none(visitor: Visitor, body: bytes) -> None:
    headers = {"Origin": HERE, "Content-Type": "application/x-www-form-urlencoded"}
    assert visitor.client.post(f"{visitor.base}/verdict", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("path", [
    "/static/../pages/pair.html", "/static/..%2fpages%2fpair.html", "/static/%2e%2e/%2e%2e/web.py",
    "/static//etc/passwd", "/static/review.css%00.html", "/static/", "/../../etc/passwd", "/s/../static/../web.py",
])  # fmt: skip
def test_path_traversal(visitor: Visitor, stranger: TestClient, path: str) -> None:
    """There are three files, by name, and none is looked for on the disk."""
    for client in (visitor.client, stranger):
        answer = client.get(path)
        assert answer.status_code in (403, 404), path
        assert "root:" not in answer.text
        assert "macro" not in answer.text
        assert "import" not in answer.text


def test_every_answer_is_closed(visitor: Visitor, stranger: TestClient, page: Page) -> None:
    """What the browser must not do is said with pages, files, redirects and refusals alike."""
    answers = [visitor.get("/"), visitor.get(f"{visitor.base}/"), visitor.get("/nothing"), stranger.get("/"),
               stranger.get("/static/review.js"), visitor.post("undo", visitor.form()), stranger.put("/"),
               stranger.get("/", headers={"Host": "evil.example"})]  # fmt: skip
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http:" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert page.links


def test_no_script_and_style_in_pages(visitor: Visitor) -> None:
    """None that the policy would have to allow; nothing from elsewhere."""
    for path in ("/", f"{visitor.base}/", f"{visitor.base}/queue"):
        text = visitor.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " on" + "click" not in text
        assert text.count("<script") == text.count('<script src="/static/review.js" defer></script>') == 1
        assert "http://" not in text
        assert "https://" not in text


def test_errors_tell_nothing(visitor: Visitor, page: Page, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the code: the kind and the place are logged, and a page says so; no value comes out."""

    def broken(*_rest: object) -> None:
        raise ValueError("佐藤花子 090-1111-2222")

    monkeypatch.setattr(page.desk.pairs, "seen", broken)
    answer = visitor.get(f"{visitor.base}/")
    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert "090" not in answer.text
    (line,) = told
    assert line.startswith("error: ValueError at test_guard.py:")
    assert "佐藤" not in line


def test_nothing_personal_is_logged(
    visitor: Visitor, page: Page, told: list[str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A review from the link to the last verdict, refusals among it: not a word."""
    caplog.set_level(0)
    visitor.post("verdict", visitor.form() | {"decision": "same", "reason": "Hanako said so"})
    visitor.post("undo", visitor.form())
    visitor.post("verdict", visitor.form() | {"decision": "perhaps"})
    visitor.client.get("/", headers={"Host": "evil.example"})
    assert told == []
    assert capfd.readouterr() == ("", "")
    own = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "asyncio", "httpcore"))
    ]
    assert own == []
    assert page.links

"""Tables, pages and what notebooks show: text of others is never markup."""

from __future__ import annotations

from html.parser import HTMLParser

from oneid.vocabulary.pages.markup import Html, cell, code, document, fragment, items, paragraph, section, table, terms

HOSTILE = '<script>alert("x")</script>&\u202e\x1b[31m'


class Read(HTMLParser):
    """The tags and attributes of a text; every tag must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.names: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_cells() -> None:
    assert [cell(value) for value in (1234, 1234.56, None, True, "a<b", Html("<i>x</i>"))] == [
        "1,234", "1,234.6", "", "True", "a&lt;b", "<i>x</i>",
    ]  # fmt: skip


def test_whatever_is_written_stays_text() -> None:
    """In every place that takes words, and no character that turns text round or obeys a terminal is left."""
    for text in (
        table([HOSTILE, "n"], [(HOSTILE, 1)], HOSTILE, rowhead=True),
        paragraph(HOSTILE),
        items([HOSTILE]),
        terms({HOSTILE: HOSTILE}),
        section(HOSTILE, code(HOSTILE)),
        document("kind", HOSTILE, paragraph(HOSTILE), language='"><script>'),
        fragment(paragraph(HOSTILE)),
    ):
        read = Read(text)
        assert "script" not in read.tags
        assert not [name for name in read.names if name.startswith("on")]
        assert not {"\u202e", "\x1b"} & set(text)
        assert HOSTILE[:8] in read.text


def test_a_table() -> None:
    """Columns of numbers stand right, a number that is missing among them; nothing of no rows."""
    text = table(["name", "n"], [("a", 1), ("b", None)], "what it is", rowhead=True)
    assert text.count('class="n"') == 3
    assert text.count('<th scope="row">') == 2
    assert 'role="group" aria-label="what it is"' in text
    assert table(["name"], []) == ""


def test_a_fragment_touches_nothing_else() -> None:
    """Each rule of its style is for what is inside it."""
    style = fragment("").split("<style>")[1].split("</style>")[0]
    selectors = [part.split("}")[-1].strip() for part in style.split("{")[:-1]]
    assert selectors
    assert all(one.startswith(".oneid") for part in selectors for one in part.split(",") if one.strip())

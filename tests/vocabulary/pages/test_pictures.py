"""Pictures are sound whatever they are given, and say in words what they show."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from oneid.vocabulary.pages.pictures import Bar, Block, Mark, bars, flow, histogram, upset
from oneid.vocabulary.pages.svg import Picture, short, width

STRANGE = '<a>"&\u202e'
SPACE = "{http://www.w3.org/2000/svg}"

PICTURES = [
    flow(STRANGE, [Block(STRANGE, "1")], [Block(STRANGE, "1", "two"), Block("b", "0")], {(0, 0): 1, (0, 1): 0}),
    flow("t", [], [], {}),
    bars(STRANGE, [Bar(STRANGE, [("one", 0)]), Bar("長い名前" * 30, [("one", 3), ("bad", 1)])], [("one", STRANGE)]),
    bars("t", []),
    upset("t", [STRANGE, "b"], [((STRANGE, "b"), 3), ((), 0)]),
    upset("t", [], []),
    histogram("t", 50, {}, []),
    histogram(STRANGE, 50, {"one": {0: 1}}, [("one", STRANGE)], [Mark(STRANGE, 0, before=True), Mark("m", 9000)]),
]


def root(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.svg())


@pytest.mark.parametrize("picture", PICTURES)
def test_sound(picture: Picture) -> None:
    """Plain XML with a name, words for who does not see it, one height, and no text of others as markup."""
    whole = root(picture)
    assert whole.get("role") == "img"
    assert whole.get("aria-label")
    assert whole[0].tag == f"{SPACE}title"
    assert whole[1].tag == f"{SPACE}desc"
    assert not [node for node in whole.iter() if node.tag == f"{SPACE}a"]
    assert "\u202e" not in picture.svg()
    assert "xmlns" not in str(picture)
    assert 'class="oneid"' in picture._repr_html_()
    assert re.fullmatch(r"[\d.]+em", str(whole.get("height")))
    numbers = re.findall(r' (?:x|y|width|height|cx|cy)="(-?[\d.]+)(?:em|%)"', str(picture))
    assert all(float(number) >= 0 for number in numbers), numbers


def test_bars_are_as_long_as_their_numbers() -> None:
    picture = bars("t", [Bar("a", [("one", 30), ("bad", 10)]), Bar("b", [("one", 20)], "half")])
    drawn = [(node.get("class"), node.get("x"), node.get("width")) for node in root(picture).iter(f"{SPACE}rect")]
    assert drawn == [
        ("track", "0.00%", "100.00%"), ("one", "0.00%", "75.00%"), ("bad", "75.00%", "25.00%"),
        ("track", "0.00%", "100.00%"), ("one", "0.00%", "50.00%"),
    ]  # fmt: skip
    assert picture.told == "a: 40; b: half"
    assert 'width="30.00%"' in str(bars("t", [Bar("a", [("one", 30)])], most=100))


def test_dots_of_an_upset() -> None:
    """A dark dot per source of a set, pale ones for the others, a line where there are several."""
    picture = upset("t", ["a", "b", "c"], [(("a", "c"), 8), (("b",), 4)])
    dots = [node.get("class") for node in root(picture).iter(f"{SPACE}circle")]
    assert (dots.count("dot"), dots.count("line")) == (3, 3)
    assert len(list(root(picture).iter(f"{SPACE}line"))) == 1
    one, two = [float(str(node.get("width"))[:-1]) for node in root(picture).iter(f"{SPACE}rect")]
    assert one == pytest.approx(2 * two, abs=0.02)
    assert picture.told == "a + c: 8; b: 4"


def test_a_histogram_has_marks_and_a_band() -> None:
    marks = [Mark("ask", -200, before=True), Mark("link", 500)]
    picture = histogram("t", 50, {"one": {500: 9}, "two": {-1000: 99, 500: 90}}, [("one", "match")], marks)
    drawn = [(node.get("class"), float(str(node.get("x"))[:-1])) for node in root(picture).iter(f"{SPACE}rect")]
    (band,) = [x for style, x in drawn if style == "band"]
    (match,) = [x for style, x in drawn if style == "one" and x]
    assert band < match
    lines = [node.get("x1") for node in root(picture).iter(f"{SPACE}line") if node.get("class") == "mark"]
    assert lines == [f"{band:.2f}%", f"{match:.2f}%"]
    assert picture.told == "match: 9; ask: -2; link: 5"


def test_a_flow_loses_nothing() -> None:
    """Blocks of one side are as high together as those of the other, ribbons meet both."""
    picture = flow("t", [Block("a", "3"), Block("b", "1")], [Block("x", "4")], {(0, 0): 3, (1, 0): 1})
    rects = [float(str(node.get("height"))[:-2]) for node in root(picture).iter(f"{SPACE}rect")]
    assert rects[0] == pytest.approx(3 * rects[1], abs=0.05)
    assert len(list(root(picture).iter(f"{SPACE}path"))) == 2


def test_words_are_cut_by_their_width() -> None:
    assert width("ab") < width("漢字")
    assert short("漢字" * 9, 6) == "漢字漢字漢…"
    assert short("abc", 6) == "abc"

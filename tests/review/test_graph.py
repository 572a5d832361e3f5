"""The graph shows every record and link, and nothing of others' text as markup."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from oneid.review.graph import Link, graph


def test_graph() -> None:
    links = [Link(0, 1, 900, "match", "r", decided=False), Link(0, 2, -9, "never", "r", decided=False),
             Link(1, 2, 400, "review", "score", decided=False)]  # fmt: skip
    root = ET.fromstring(graph("a <title>", [[(0, "<a>&"), (1, "b")], [(2, "c")]], (1, 2), links))
    assert root.get("aria-label") == "a <title>"
    texts = [one.text for one in root if one.tag == "text"]
    assert texts == ["b", "<a>&", "c"]
    styles = [one.get("class") for one in root if one.tag == "path"]
    assert styles == ["edge match", "edge never", "edge review asked"]
    assert sum(one.get("class") == "node asked" for one in root) == 2
    assert not any("style" in one.attrib for one in root.iter())


def test_many_records() -> None:
    """The pair first, then as many as there is room for, and how many more."""
    side = [(row, f"r{row}") for row in range(30)]
    root = ET.fromstring(graph("t", [side, [(99, "x" * 40)]], (29, 99), []))
    texts = [one.text for one in root if one.tag == "text"]
    assert texts[0] == "r29"
    assert "+18" in texts
    assert texts[-1] == "x" * 23 + "…"
    assert [one.get("class") for one in root if one.tag == "path"] == ["edge review asked"]

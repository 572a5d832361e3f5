"""Line charts as files."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from oneid.vocabulary.pages.lines import Axis, line_chart


def test_a_chart_is_plain_xml() -> None:
    """Lines are drawn where their points are, words are escaped, values beyond an axis stand at its end."""
    lines = {"a & b": [(0.0, 0.0), (2.0, 1.0)], "c": [(1.0, 5.0)]}
    text = line_chart("<title>", Axis("x", 0, 2), Axis("y", 0, 1), lines, dots=True, marks={"here": 1.0})
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    drawn = [line.get("points") for line in root.iter(f"{space}polyline")]
    assert drawn == ["64.0,352.0 624.0,56.0", "344.0,56.0"]
    assert len(list(root.iter(f"{space}circle"))) == 3
    assert {"<title>", "a & b", "here"} <= {node.text for node in root.iter(f"{space}text")}
    assert Axis("flat", 1, 1).share(1) == 0.0

"""Charts for notebooks: altair's where it is there, else the pictures of the page, of the same numbers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

import oneid
from conftest import Demo
from oneid.report import plots
from oneid.report.charts import CHARTS
from oneid.report.facts import Facts, facts
from oneid.report.plots import Plots
from oneid.report.words import LANGUAGES, Say
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.pages.svg import Picture


@pytest.fixture(scope="module")
def found(demo: Demo) -> Facts:
    return facts(demo.result.to_polars(), demo.result.run)


@pytest.fixture(scope="module")
def shown(found: Facts) -> Plots:
    return Plots(lambda: found)


def values(chart: object) -> list[dict[str, object]]:
    """All rows of the data of a chart of altair."""
    said = chart.to_dict()  # type: ignore[attr-defined]
    return [row for table in said["datasets"].values() for row in table]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_both_ways(shown: Plots, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a method, in each language; a chart of altair can be shown, a picture is what the page has."""
    for name, chart in CHARTS.items():
        made = getattr(shown, name)(lang=language)
        assert type(made).__module__.startswith("altair")
        assert made.to_dict()["title"] == chart(shown._read(), Say(language)).title
    monkeypatch.setattr(plots, "find_spec", lambda _name: None)
    for name, chart in CHARTS.items():
        made = getattr(shown, name)(lang=language)
        assert made == chart(shown._read(), Say(language)).picture() == shown.picture(name, lang=language)
        ET.fromstring(made._repr_svg_())
        assert "<svg" in made._repr_html_()


def test_altair_has_the_same_numbers(found: Facts, shown: Plots) -> None:
    rules = values(shown.rules())
    linked = {str(row["line"]): row["number"] for row in rules if row["style"] == "one"}
    say = Say("en")
    assert linked == {say.of(rule.rule): rule.links for rule in found.rules}
    scores = values(shown.scores())
    assert sum(int(str(row["number"])) for row in scores if "number" in row) == sum(
        n for bar in found.scores.values() for n in bar.values()
    )
    assert {row["at"] for row in scores if "at" in row} == {score / 100 for score in found.thresholds.values()}
    sets = {row["set"]: row["number"] for row in values(shown.overlaps()) if "number" in row}
    assert sets == {" + ".join(one.sources): one.oneids for one in found.overlaps}
    flow = values(shown.flow())
    assert sum(int(str(row["number"])) for row in flow) == found.records + sum(found.unused.values())
    assert sum(int(str(row["number"])) for row in values(shown.review())) == found.waiting


def test_a_bar_is_stacked_up_to_its_whole(shown: Plots) -> None:
    """Parts of one bar follow each other, the last ends at the number of all."""
    bars: dict[object, list[dict[str, object]]] = {}
    for row in values(shown.scores()):
        if "number" in row:
            bars.setdefault(row["from"], []).append(row)
    for rows in bars.values():
        assert rows[0]["low"] == 0
        assert [row["low"] for row in rows[1:]] == [row["high"] for row in rows[:-1]]
        assert rows[-1]["high"] == pytest.approx(sum(int(str(row["number"])) for row in rows))


def test_other_languages_are_refused(shown: Plots) -> None:
    with pytest.raises(UsageError, match="E410"):
        shown.scores(lang="fr")
    assert "scores" in repr(shown)


def test_of_a_result_and_of_its_folder(demo: Demo) -> None:
    """The same picture from memory and from the folder."""
    read = oneid.read_run(demo.folder / "out")
    for name in CHARTS:
        assert isinstance(read.plot.picture(name), Picture)
        assert read.plot.picture(name) == demo.result.plot.picture(name)

"""``result.plot``: the charts of a report, each in one line of a notebook.

Where altair is installed (extra ``report``) they are charts of altair, to be changed and saved as others are; else the
pictures of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from oneid.report.charts import CHARTS
from oneid.report.facts import Facts
from oneid.report.words import Say
from oneid.vocabulary.pages.svg import Picture

__all__ = ["Plots"]


class Plots:
    """The charts of a run. Each method gives an ``altair.Chart`` (or layers of charts) where altair is installed, else
    a :class:`~oneid.vocabulary.pages.svg.Picture`; ``lang`` is en or ja (E410 for others). No chart shows a member.
    """

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._read = facts
        self._facts: Facts | None = None

    def _chart(self, name: str, lang: str) -> Any:  # noqa: ANN401 - of altair, or ours
        say = Say(lang)
        if self._facts is None:
            self._facts = self._read()
        if find_spec("altair") is None:
            return CHARTS[name](self._facts, say).picture()
        from oneid.report.altaircharts import drawn

        return drawn(CHARTS[name](self._facts, say))

    def picture(self, name: str, *, lang: str = "en") -> Picture:
        """The picture of the page by the name of a method here, whether altair is there or not."""
        say = Say(lang)
        if self._facts is None:
            self._facts = self._read()
        return CHARTS[name](self._facts, say).picture()

    def flow(self, *, lang: str = "en") -> Any:  # noqa: ANN401 - see _chart, as all below
        """What came in and what came out: records of each source by the size of their OneID."""
        return self._chart("flow", lang)

    def since(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """What happened to OneIDs since the run before."""
        return self._chart("since", lang)

    def overlaps(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """OneIDs by the sources that know them, the largest set first."""
        return self._chart("overlaps", lang)

    def rules(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """Links by the rule that made them."""
        return self._chart("rules", lang)

    def scores(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """Pairs by score and verdict, with the thresholds and the review band."""
        return self._chart("scores", lang)

    def review(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """Pairs that wait for a person, by rule and reason."""
        return self._chart("review", lang)

    def sizes(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """OneIDs by their number of records."""
        return self._chart("sizes", lang)

    def quality(self, *, lang: str = "en") -> Any:  # noqa: ANN401
        """What of each source's fields is usable, known in part, placeholder and unreadable."""
        return self._chart("quality", lang)

    def __repr__(self) -> str:
        return f"<charts of a run: {', '.join(CHARTS)}>"

"""Charts of altair (extra ``report``): the same numbers as the pictures of the page, for notebooks, where people change
them and save them as PNG, SVG or HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from oneid.report.charts import Bars, Chart, Flow, Histogram, Upset

__all__ = ["drawn"]

_COLOURS: Final[Mapping[str, str]] = {
    "one": "#2a85c8", "two": "#8290a3", "bad": "#d4611f", "wait": "#b5851a", "never": "#b0568f",
}  # fmt: skip
_WIDTH: Final = 520


def drawn(chart: Chart) -> Any:  # noqa: ANN401 - a chart of altair, or layers or columns of charts
    """The chart as altair's."""
    if isinstance(chart, Bars):
        return _bars(chart)
    if isinstance(chart, Flow):
        return _flow(chart)
    return _upset(chart) if isinstance(chart, Upset) else _histogram(chart)


def _rows(rows: Sequence[Mapping[str, object]]) -> Any:  # noqa: ANN401
    return alt.InlineData(values=[dict(row) for row in rows])


def _colour(names: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Colours by what they are called; a legend where there are several."""
    scale = alt.Scale(domain=list(names.values()), range=[_COLOURS[style] for style in names])
    legend = alt.Legend(title=None, orient="top", labelLimit=400) if len(set(names.values())) > 1 else None
    return alt.Color("part:N", scale=scale, legend=legend)


def _bars(chart: Bars) -> Any:  # noqa: ANN401
    styles = [style for line in chart.lines for style, _ in line.parts]
    names = dict(chart.legend) or {style: style for style in styles}
    rows = [
        {"line": line.label, "part": names.get(style, style), "number": number, "at": at, "style": style}
        for line in chart.lines for at, (style, number) in enumerate(line.parts)
    ]  # fmt: skip
    colour = _colour(names)
    if not chart.legend:
        colour.legend = None
    scale = alt.Scale(domain=[0, chart.most]) if chart.most else alt.Undefined
    return (
        alt.Chart(_rows(rows), title=chart.title)
        .mark_bar()
        .encode(
            x=alt.X("number:Q", title=None, scale=scale, stack="zero"),
            y=alt.Y("line:N", title=None, sort=[line.label for line in chart.lines], axis=alt.Axis(labelLimit=220)),
            color=colour,
            order="at:Q",
            tooltip=[alt.Tooltip("line:N", title=" "), alt.Tooltip("number:Q", format=",")],
        )
        .properties(width=_WIDTH)
    )


def _flow(chart: Flow) -> Any:  # noqa: ANN401
    rows = [
        {"line": chart.left[a].label, "part": chart.right[b].label, "number": number, "at": b}
        for (a, b), number in sorted(chart.between.items())
    ]
    scale = alt.Scale(domain=[block.label for block in chart.right], scheme="tableau10")
    return (
        alt.Chart(_rows(rows), title=chart.title)
        .mark_bar()
        .encode(
            x=alt.X("number:Q", title=None, stack="zero"),
            y=alt.Y("line:N", title=None, sort=[block.label for block in chart.left]),
            color=alt.Color("part:N", scale=scale, legend=alt.Legend(title=None, orient="top", labelLimit=400)),
            order="at:Q",
            tooltip=[alt.Tooltip(name, title=" ") for name in ("line:N", "part:N")]
            + [alt.Tooltip("number:Q", format=",")],
        )
        .properties(width=_WIDTH)
    )


def _upset(chart: Upset) -> Any:  # noqa: ANN401
    """A matrix of dots with a bar for each line."""
    order = [" + ".join(held) for held, _ in chart.sets]
    dots = [
        {"set": name, "source": source, "held": source in held}
        for name, (held, _) in zip(order, chart.sets, strict=True) for source in chart.columns
    ]  # fmt: skip
    rows = [
        {"set": name, "number": number, "several": len(held) > 1}
        for name, (held, number) in zip(order, chart.sets, strict=True)
    ]
    y = alt.Y("set:N", title=None, sort=order, axis=None)
    grey = {"condition": {"test": "datum.held", "value": "#444"}, "value": "#ccc"}
    matrix = (
        alt.Chart(_rows(dots))
        .mark_circle(size=110, opacity=1)
        .encode(x=alt.X("source:N", title=None, sort=list(chart.columns), axis=alt.Axis(orient="top", labelAngle=-45)),
                y=y, color=grey, tooltip=[alt.Tooltip("set:N", title=" ")])
        .properties(width=34 * max(len(chart.columns), 1))
    )  # fmt: skip
    blue = {"condition": {"test": "datum.several", "value": _COLOURS["one"]}, "value": _COLOURS["two"]}
    bars = (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(x=alt.X("number:Q", title=None), y=y, color=blue,
                tooltip=[alt.Tooltip("set:N", title=" "), alt.Tooltip("number:Q", format=",")])
        .properties(width=_WIDTH * 0.7)
    )  # fmt: skip
    return alt.hconcat(matrix, bars, title=chart.title).resolve_scale(y="shared")


def _histogram(chart: Histogram) -> Any:  # noqa: ANN401
    names = dict(chart.legend)
    rows = [row for start in sorted({start for bar in chart.parts.values() for start in bar})
            for row in _stacked(chart, start, names)]  # fmt: skip
    bars = (
        alt.Chart(_rows(rows))
        .mark_bar()
        .encode(
            x=alt.X("from:Q", title=None, scale=alt.Scale(zero=False)),
            x2="to:Q",
            y=alt.Y("low:Q", title=None, scale=alt.Scale(type="symlog")),
            y2="high:Q",
            color=_colour(names),
            tooltip=[alt.Tooltip(name, title=" ") for name in ("part:N", "from:Q", "to:Q")]
            + [alt.Tooltip("number:Q", format=",")],
        )
    )
    marks = [{"at": mark.value / 100, "words": mark.words} for mark in chart.marks]
    layers: list[Any] = [bars]
    if len(marks) == 2:
        low, high = sorted(mark["at"] for mark in marks)  # type: ignore[type-var]
        band = alt.Chart(_rows([{"low": low, "high": high}])).mark_rect(color=_COLOURS["wait"], opacity=0.14)
        layers.insert(0, band.encode(x="low:Q", x2="high:Q"))
    if marks:
        rule = alt.Chart(_rows(marks)).mark_rule(strokeDash=[4, 3]).encode(x="at:Q", tooltip="words:N")
        layers.append(rule)
    return alt.layer(*layers, title=chart.title).properties(width=_WIDTH)


def _stacked(chart: Histogram, start: int, names: Mapping[str, str]) -> list[dict[str, object]]:
    """The parts of one bar: the bar is as high as the logarithm of all in it, a part takes its share of that."""
    whole = sum(bar.get(start, 0) for bar in chart.parts.values())
    rows: list[dict[str, object]] = []
    before = 0
    for style, bar in chart.parts.items():
        number = bar.get(start, 0)
        low, high = ((whole + 1) ** (upto / (whole or 1)) - 1 for upto in (before, before + number))
        before += number
        if number:
            rows.append({"from": start / 100, "to": (start + chart.step) / 100, "part": names.get(style, style),
                         "number": number, "low": low, "high": high})  # fmt: skip
    return rows

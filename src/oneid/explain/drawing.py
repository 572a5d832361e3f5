"""The pictures of an explanation: how the score comes about, and the graph of records and links. Equal explanations
give equal pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

from oneid.explain.facts import Edge, Graph, Node, PairFacts
from oneid.explain.words import Say
from oneid.vocabulary.pages.markup import cell
from oneid.vocabulary.pages.svg import Picture, circle, line, rect, short, text
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["EDGES", "graph", "style_of", "waterfall"]

EDGES = ("link", "alone", "weakest", "refused", "review", "never")
"""The sorts of lines in a graph, as the legend lists them: classes of :mod:`oneid.vocabulary.pages.style`."""

_SEED = 7
_SCORED = 14
"""So many links bear their scores; more would hide the picture."""
_LABEL, _LONGEST = 11.0, 34.0
"""Em of a record's label, and of any other."""


# --- the score -------------------------------------------------------------------------------------------------------


def waterfall(found: PairFacts, say: Say) -> Picture:
    """From the start, field by field, to the score, with the thresholds as upright lines."""
    bars = _bars(found, say)
    limits = dict(zip(("from_match", "from_review", "up_to_never"), found.limits, strict=True))
    sums = [0.0]
    for _, bits in bars:
        sums.append(sums[-1] + bits)
    ends = [*sums, *limits.values()]
    low, high = min(ends), max(ends)

    def across(value: float) -> float:
        return (value - low) / ((high - low) or 1) * 100

    head = 1.5 * len(limits) + 0.4
    floor = head + 2.3 * (len(bars) + 1)
    made = []
    for at, (key, value) in enumerate(sorted(limits.items(), key=lambda one: one[1])):
        x, y = across(value), 1.5 * at + 1.1
        made.append(line(x, y - 0.7, x, floor, "mark"))
        words = say(key, bits=f"{value:+g}")
        made.append(text(x, y, words, *(("start", "label", 0.4) if x < 50 else ("end", "label", -0.4))))
    rows = [(label, bits, begin, end, "one" if bits > 0 else "bad")
            for (label, bits), begin, end in zip(bars, sums, sums[1:], strict=False)]  # fmt: skip
    rows.append((say("total"), found.score / 100, 0.0, found.score / 100, "two"))
    for at, (label, bits, begin, end, style) in enumerate(rows):
        y = head + 2.3 * at
        left, right = sorted((across(begin), across(end)))
        made += [text(0, y + 1, short(label, _LONGEST), dx=0.4), text(100, y + 1, f"{bits:+.1f}", "end", "label")]
        made.append(rect(left, y + 1.3, max(right - left, 0.3), 0.7, style))
    told = "; ".join(f"{label} {bits:+.1f}" for label, bits, *_ in rows)
    return Picture(say("waterfall"), told, floor + 0.2, tuple(made))


def _bars(found: PairFacts, say: Say) -> list[tuple[str, float]]:
    named = dict(found.extra)
    bars = [(say("start"), named.pop("base", 0.0))]
    bars += [(say.field(one.field), one.bits) for one in found.fields if one.bits]
    return bars + [(say("together_with", n=name.rpartition(" ")[2]), bits) for name, bits in named.items()]


# --- records and links -----------------------------------------------------------------------------------------------


def style_of(edge: Edge) -> str:
    """The sort of a line (:data:`EDGES`); of a link that is several the one that matters most."""
    if edge.applied:
        return "weakest" if edge.weakest else "alone" if edge.alone else "link"
    return {Verdict.MATCH: "refused", Verdict.REVIEW: "review"}.get(edge.verdict, "never")


def graph(found: Graph, say: Say, asked: Sequence[str] = ()) -> Picture:
    """Records as dots, those of the first of the OneIDs that were ``asked`` for in one colour, of a second in another;
    links as lines, what is no link that holds as broken ones.
    """
    colours = dict(zip(dict.fromkeys(asked), ("one", "wait"), strict=False))
    made, head = _legend(found, say, colours)
    tall = 15.0 if len(found.nodes) < 6 else 20.0 if len(found.nodes) < 20 else 32.0
    places = _places(found)

    def at(ref: RecordRef) -> tuple[float, float]:
        x, y = places[ref]
        return 6 + (x + 1) / 2 * 88, head + 2.2 + (y + 1) / 2 * (tall - 4.6)

    scores: list[str] = []
    scored = len(found.edges) <= _SCORED
    for edge in found.edges:
        (x, y), (to_x, to_y) = at(edge.left), at(edge.right)
        bold = " alone" if edge.alone and style_of(edge) != "alone" else ""
        drawn = line(x, y, to_x, to_y, f"edge {style_of(edge)}{bold}")
        made.append(_titled(drawn, f"{edge.left} – {edge.right}: {_said(edge)}"))
        if scored and not edge.decided:
            scores.append(text((x + to_x) / 2, (y + to_y) / 2 - 0.4, f"{edge.score / 100:+.1f}", "middle", "label"))
    made += scores
    for node in found.nodes:
        x, y = at(node.ref)
        made.append(_titled(circle(x, y, 0.6, f"node {colours.get(node.oneid, 'two')}"), f"{node.ref} {node.oneid}"))
        if node.asked and len(found.nodes) > 2:
            made.append(circle(x, y, 0.85, "ring"))
        anchor, dx = ("start", -0.8) if x < 30 else ("end", 0.8) if x > 70 else ("middle", 0.0)  # none is cut off
        above = places[node.ref][1] < -0.5  # links of the uppermost lead down
        made.append(text(x, y + (-1.1 if above else 1.7), _short(node), anchor, "label", dx))
    links = sum(edge.applied for edge in found.edges)
    told = [say("drawn", n=len(found.nodes), links=links)]
    told += [f"{edge.left} {'=' if edge.applied else '≠'} {edge.right}" for edge in found.edges[:_SCORED]]
    return Picture(say("graph"), "; ".join(told), head + tall, tuple(made))


def _legend(found: Graph, say: Say, colours: dict[str, str]) -> tuple[list[str], float]:
    """What colours and lines stand for, and where the rest begins."""
    there = {kind for edge in found.edges for kind in (style_of(edge), *(("alone",) if edge.alone else ()))}
    made, y = [], 0.0
    for oneid, style in colours.items():
        made += [circle(3, y + 0.6, 0.5, f"node {style}"), text(8, y + 0.95, oneid)]
        y += 1.5
    for kind in EDGES:
        if kind in there:
            made += [line(0, y + 0.6, 6, y + 0.6, f"edge {kind}"), text(8, y + 0.95, say(f"legend_{kind}"))]
            y += 1.5
    return made, y + 0.5


def _said(edge: Edge) -> str:
    return f"{edge.rule} {edge.score / 100:+.1f}"


def _titled(element: str, words: str) -> str:
    """An element with words that are shown while one points at it."""
    name = element[1 : element.index(" ")]
    return f"{element.removesuffix('/>')}><title>{cell(words)}</title></{name}>"


def _short(node: Node) -> str:
    words = str(node.ref)
    return words if short(words, _LABEL) == words else words[:8] + "…" + words[-8:]


def _places(found: Graph) -> dict[RecordRef, tuple[float, float]]:
    """Where records stand, from -1 to 1: near each other where they are linked, the same each time."""
    refs = [node.ref for node in found.nodes]
    if len(refs) == 1:
        return {refs[0]: (0.0, 0.0)}
    if len(refs) == 2:
        return {refs[0]: (-0.7, -0.6), refs[1]: (0.7, 0.6)}  # so that long names do not meet
    import networkx as nx  # only pictures wait for it

    drawn: nx.Graph[int] = nx.Graph()
    drawn.add_nodes_from(range(len(refs)))
    number = {ref: at for at, ref in enumerate(refs)}
    for edge in found.edges:
        drawn.add_edge(number[edge.left], number[edge.right], weight=2.0 if edge.applied else 0.6)
    made = nx.spring_layout(drawn, seed=_SEED, iterations=300, k=1.6 / len(refs) ** 0.5)
    xs, ys = zip(*(made[at] for at in range(len(refs))), strict=True)
    return {ref: (_spread(xs, at), _spread(ys, at)) for at, ref in enumerate(refs)}


def _spread(values: Sequence[float], at: int) -> float:
    low, high = min(values), max(values)
    return 0.0 if high - low < 1e-9 else round(2 * (float(values[at]) - low) / (high - low) - 1, 4)

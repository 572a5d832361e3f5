"""People's verdicts on pairs: they outrank every rule and survive every run.

Decisions come from two places: a CSV file that lives in git (:mod:`oneid.sources.handwritten`), and the registry. Both
have the columns
``source_l, source_id_l, source_r, source_id_r, decision`` (``same``, ``different`` or ``defer``) and, where somebody
filled them in, ``by, at, reason, ticket, approved_by``. ``at`` is an ISO date or moment, UTC where it names no zone.

For one pair the later ``at`` counts. In one place a line without ``at``, or of the same time, counts from where it
stands: below it, it gives way. Two places that disagree without telling which came later are refused.
A decision about a record that no source holds today waits until the record returns.

E230  the decisions file is missing
E231  it cannot be read as CSV, or a row has too many cells
E232  a column is missing, or stands twice
E233  no such decision; a decision needs two records; ``at`` is no ISO date or moment
E234  decisions contradict one another; the chain of records is named
E238  two places decide a pair differently, and do not say which came later
E241  a decision was made in the future, by what it says: it would count over all others for ever
E239  a decision names a number that was given to another member since, and does not say when it was made
E243  a line of the file names a source that the config does not have
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from oneid.sources.handwritten import read_lines
from oneid.vocabulary.errors import InputError, OneIDError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef

__all__ = [
    "COLUMNS",
    "SAID",
    "VERDICTS",
    "Decided",
    "Note",
    "check",
    "combine",
    "lines",
    "read",
    "refuse_future",
    "refuse_strange",
    "renumbered",
    "source_renamed",
    "span",
    "turned",
    "without",
]

COLUMNS = ("source_l", "source_id_l", "source_r", "source_id_r", "decision")
SAID = ("by", "at", "reason", "ticket", "approved_by")
VERDICTS = ("same", "different", "defer")
_ENDS = list(COLUMNS[:4])

Decided = pl.DataFrame
"""Columns :data:`COLUMNS` (the ends in RecordRef order, as source and id), :data:`SAID` (null: not said), ``origin``
(a file, or ``registry``) and ``line`` (null in the registry)."""

_LISTED = 20
_REGISTRY: Final = "registry"
_WHEN: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Note:
    """What people say with a decision; ``at`` is an ISO date or moment."""

    by: str | None = None
    at: str | None = None
    reason: str | None = None
    ticket: str | None = None
    approved_by: str | None = None


def read(path: Path, latest: datetime | None = None) -> Decided:
    """The decisions of a file, one row per pair: :func:`lines`, then :func:`combine`, with their errors; with
    ``latest`` also :func:`refuse_future`.
    """
    made = lines(path)
    if latest is not None:
        refuse_future(made, latest)
    return combine(made, None)


def lines(path: Path) -> Decided:
    """Every line of a decisions file, in its order; :func:`combine` says which of them count.

    Raises E230, E231, E232 and E233, all wrong lines at once.
    """
    if not path.exists():
        raise InputError("E230", "the decisions file is missing", place=Place(str(path)))
    frame = read_lines(path, COLUMNS, SAID, ("E231", "E232"))
    return _formed(frame.with_columns(pl.col("decision", "source_l", "source_r").str.strip_chars()), str(path))


def refuse_strange(decided: Decided, sources: Iterable[str]) -> None:
    """Refuses decisions of a file (E243) on a source that is none of ``sources``: it would decide nothing."""
    known = sorted(set(sources))
    strange: list[tuple[int, OneIDError]] = []
    for side in ("l", "r"):
        for row in decided.filter(~pl.col(f"source_{side}").is_in(known)).iter_rows(named=True):
            hint = did_you_mean(row[f"source_{side}"], known)
            message = said("there is no source as source_{side} says", side=side)
            strange.append((row["line"] or 0, InputError("E243", message, place=_place(row), hint=hint)))
    raise_all(problem for _, problem in sorted(strange, key=lambda one: one[0])[:_LISTED])


def combine(csv: pl.DataFrame | None, registry: pl.DataFrame | None) -> Decided:
    """The decisions that count, one row per pair, sorted by pair, from a file (:func:`lines`) and from the registry.

    ``registry`` has :data:`COLUMNS` and :data:`SAID` (``at`` as text or as Datetime), in the order in which they were
    made. Raises E233 (also for the registry), E238, and E234 across both.
    """
    places = [] if csv is None else [csv]
    if registry is not None:
        places.append(_formed(registry, _REGISTRY))
    counting = [_counting(frame) for frame in places]
    if not counting:
        return pl.DataFrame(schema=_SCHEMA)
    if len(counting) == 2:
        _refuse_ties(*counting)
    both = pl.concat(counting).sort("from", nulls_last=False, maintain_order=True)
    last = both.unique(_ENDS, keep="last", maintain_order=True).sort(_ENDS).select(list(_SCHEMA))
    check(last)
    return last


def refuse_future(decided: pl.DataFrame, latest: datetime) -> None:
    """Refuses decisions (E241, all of them at once) that say to be made after ``latest`` (with a zone); where lines are
    not numbered, they count from 1.
    """
    if "at" not in decided.columns:
        return
    texts = decided["at"].cast(pl.String)
    ahead = [text for text in texts.drop_nulls().unique().to_list() if (span(text)[0] or latest) > latest]
    if not ahead:
        return
    rows = decided if "line" in decided.columns else decided.with_row_index("line", offset=1)
    wrong = rows.filter(texts.is_in(ahead))
    origins = wrong["origin"].to_list() if "origin" in wrong.columns else [None] * wrong.height
    message, hint = "'at' is more than a day in the future", "give the day on which it was decided, or leave it out"
    raise_all(
        InputError(
            "E241", message, place=Place(origin, line, None if origin else said("row {row}", row=line)), hint=hint
        )
        for origin, line in zip(origins, wrong["line"].to_list(), strict=True)
    )


def check(decided: Decided) -> None:
    """Refuses pairs decided to be different that a chain of ``same`` decisions joins (E234); names each link of the
    chain with its place. ``decided`` has one row per pair.
    """
    by = decided.partition_by("decision", as_dict=True)
    apart, joined = by.get(("different",)), by.get(("same",))
    if apart is None or joined is None:
        return
    import networkx as nx

    graph: nx.Graph[RecordRef] = nx.Graph()
    for a, b, place in _pairs(joined):
        graph.add_edge(a, b, place=place)
    part = {record: number for number, whole in enumerate(nx.connected_components(graph)) for record in whole}
    problems: list[OneIDError] = []
    for a, b, place in _pairs(apart):
        if a in part and part[a] == part.get(b):
            chain = nx.shortest_path(graph, a, b)
            links = pairwise(chain)
            text = str(a) + "".join(f" = {end} ({graph.edges[start, end]['place']})" for start, end in links)
            message = said(
                "{a} and {b} are decided to be different, but decisions make them the same: {text}", a=a, b=b, text=text
            )
            problems.append(InputError("E234", message, place=place, hint="change one of these decisions"))
    raise_all(problems)


def renumbered(decided: Decided, old_new: pl.DataFrame, moment: datetime) -> Decided:
    """Decisions of a file after a system renumbered its members at ``moment`` (with a zone): they follow the member.

    ``old_new``: source, old_id, new_id (String), of one renumbering. A decision made from ``moment`` on has the new
    numbers already. One that does not say when it was made is about the old number, unless that is a new one too, as
    in a swap: it may then be about either member, and is refused (E239, all of them at once).

    >>> frame = pl.DataFrame({"source_l": ["a"], "source_id_l": ["1"], "source_r": ["a"], "source_id_r": ["2"],
    ...     "decision": ["same"]})
    >>> decided = combine(None, frame)
    >>> swap = pl.DataFrame({"source": ["a"], "old_id": ["1"], "new_id": ["7"]})
    >>> renumbered(decided, swap, datetime(2026, 1, 1, tzinfo=UTC)).select("source_id_l", "source_id_r").row(0)
    ('2', '7')
    """
    frame = _timed(decided.drop("from", "to", strict=False)).with_columns(
        before=pl.col("to") < moment, after=pl.col("from") >= moment
    )
    reused = old_new.join(old_new, left_on=["source", "old_id"], right_on=["source", "new_id"], how="semi")
    unclear = pl.lit(value=False)
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        frame = frame.join(
            old_new.rename({"new_id": f"new_{side}"}), left_on=ends, right_on=["source", "old_id"], how="left",
            maintain_order="left",
        )  # fmt: skip
        twice = reused.select("source", "old_id", pl.lit(value=True).alias(f"twice_{side}"))
        frame = frame.join(twice, left_on=ends, right_on=["source", "old_id"], how="left", maintain_order="left")
        unclear |= pl.col(f"twice_{side}").fill_null(value=False)
    sure = pl.col("before").fill_null(value=False) | pl.col("after").fill_null(value=False)
    hint = "give its 'at', with the time of day if it was the day of the renumbering"
    message = "names a number that was given to another member since, and does not say when"
    raise_all(
        InputError("E239", message, place=place, hint=hint) for *_, place in _pairs(frame.filter(~sure & unclear))
    )
    follows = ~pl.col("after").fill_null(value=False)
    moved = frame.with_columns(
        pl.when(follows).then(pl.coalesce(f"new_{side}", f"source_id_{side}")).otherwise(f"source_id_{side}")
        .alias(f"source_id_{side}")
        for side in ("l", "r")
    )  # fmt: skip
    return turned(moved).select(decided.columns)


def source_renamed(decided: pl.DataFrame, old: str, new: str) -> pl.DataFrame:
    """Decisions on the records of a source under its new name."""
    return turned(decided.with_columns(pl.col("source_l", "source_r").replace({old: new})))


def without(decided: Decided, records: pl.DataFrame) -> Decided:
    """``decided`` without the decisions that name any of ``records`` (source, source_id), such as erased ones."""
    for side in ("l", "r"):
        ends = [f"source_{side}", f"source_id_{side}"]
        decided = decided.join(
            records, left_on=ends, right_on=["source", "source_id"], how="anti", maintain_order="left"
        )
    return decided


_SCHEMA: Final = dict.fromkeys((*COLUMNS, *SAID, "origin"), pl.String()) | {"line": pl.UInt32()}


def _formed(frame: pl.DataFrame, origin: str) -> Decided:
    """``frame`` with the columns of :data:`Decided`, ends turned; wrong rows refused (E233)."""
    if isinstance(frame.schema.get("at"), pl.Datetime):
        frame = frame.with_columns(pl.col("at").dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    blank = {name: pl.lit(None) for name in (*SAID, "line") if name not in frame.columns}
    frame = frame.with_columns(**blank, origin=pl.lit(origin)).select(
        pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items()
    )
    frame = frame.with_columns(pl.col(*COLUMNS).fill_null(""), *(pl.col(name).replace("", None) for name in SAID))
    raise_all(_wrong_rows(_timed(frame)))
    return turned(frame)


def _wrong_rows(frame: pl.DataFrame) -> Iterator[OneIDError]:
    same = (pl.col("source_l") == pl.col("source_r")) & (pl.col("source_id_l") == pl.col("source_id_r"))
    empty = pl.any_horizontal(pl.col(name) == "" for name in _ENDS)
    for row in frame.filter(~pl.col("decision").is_in(VERDICTS)).iter_rows(named=True):
        yield InputError("E233", "no such decision", place=_place(row), hint=did_you_mean(row["decision"], VERDICTS))
    for row in frame.filter(same | empty).iter_rows(named=True):
        yield InputError("E233", "a decision needs two records", place=_place(row))
    for row in frame.filter(pl.col("at").is_not_null() & pl.col("from").is_null()).iter_rows(named=True):
        hint = "write 2026-11-22, or 2026-11-22T10:30+09:00"
        yield InputError("E233", "'at' is no date", place=_place(row), hint=hint)


def turned(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with the smaller end of each pair first, by source, then by id; its rows stay in their order."""
    later = (pl.col("source_l") == pl.col("source_r")) & (pl.col("source_id_l") > pl.col("source_id_r"))
    turn = (pl.col("source_l") > pl.col("source_r")) | later
    other = {name: name[:-1] + ("r" if name.endswith("l") else "l") for name in _ENDS}
    return frame.with_columns(pl.when(turn).then(theirs).otherwise(ours).alias(ours) for ours, theirs in other.items())


def _timed(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with the first and the last moment that ``at`` can mean, as ``from`` and ``to``; null: not said."""
    spans = {text: span(text) for text in frame["at"].drop_nulls().unique().to_list()}
    return frame.with_columns(
        pl.col("at").replace_strict({text: span[end] for text, span in spans.items()}, default=None, return_dtype=_WHEN)
        .alias(name)
        for end, name in enumerate(("from", "to"))
    )  # fmt: skip


def span(text: str) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment that an ``at`` can mean; None for what is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        first = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        whole_day = "T" not in text.strip() and ":" not in text
        return first, first + timedelta(days=1, microseconds=-1) if whole_day else first
    except (ValueError, OverflowError):
        return None, None


def _counting(frame: pl.DataFrame) -> pl.DataFrame:
    """Of each pair the row that counts, among those of one place in their order.

    A row without a time, or with no more than a day, is as late as its span allows and the rows above it ask.
    """
    timed = _timed(frame)
    above = pl.col("from").cum_max().forward_fill()
    ordered = timed.with_columns(late=pl.min_horizontal("to", above.over(_ENDS)))
    ordered = ordered.sort("late", nulls_last=False, maintain_order=True)
    return ordered.unique(_ENDS, keep="last", maintain_order=True).drop("late")


def _refuse_ties(csv: pl.DataFrame, registry: pl.DataFrame) -> None:
    """Refuses (E238) pairs that both places decide, differently, at times of which neither is surely the later."""
    both = csv.join(registry, on=_ENDS, suffix="_other").filter(pl.col("decision") != pl.col("decision_other"))
    clear = (pl.col("from") > pl.col("to_other")) | (pl.col("from_other") > pl.col("to"))
    problems = []
    for row in both.filter(~clear.fill_null(value=False)).sort(_ENDS).iter_rows(named=True):
        a, b = _ends(row)
        message = said(
            "{a} and {b} are '{decision}' here and '{decision_other}' in the registry",
            a=a,
            b=b,
            decision=row["decision"],
            decision_other=row["decision_other"],
        )
        hint = "give 'at' to the one that counts, or delete the line"
        problems.append(InputError("E238", message, place=_place(row), hint=hint))
    raise_all(problems)


def _pairs(frame: pl.DataFrame) -> Iterator[tuple[RecordRef, RecordRef, Place]]:
    for row in frame.iter_rows(named=True):
        yield (*_ends(row), _place(row))


def _place(row: dict[str, object]) -> Place:
    line = row["line"]
    return Place(str(row["origin"]), line if isinstance(line, int) else None)


def _ends(row: dict[str, str]) -> tuple[RecordRef, RecordRef]:
    return RecordRef(row["source_l"], row["source_id_l"]), RecordRef(row["source_r"], row["source_id_r"])

"""Reading and normalizing: all sources' feeds become the records of the run, together with those already known.

Source by source, large files first: read, told apart from what is known (:mod:`oneid.sources.feeds`), the new and
changed rows normalized; then names are split and keys made for all of these at once (:mod:`oneid.records.together`).
What is known and stays is taken as the run before made it (:mod:`oneid.daily.kept`). A first run knows nothing, so all
its rows are new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.kept import CARRIED, DEPARTED, Known, reading
from oneid.engines.base import Engine
from oneid.engines.mapped import Table, in_memory, laid_down
from oneid.engines.overlay import Overlay
from oneid.kinds.compared import Compared
from oneid.kinds.families import Families
from oneid.kinds.name import together as names
from oneid.outputs.elsewhere.addresses import names_files
from oneid.records import features, together
from oneid.records.columnfacts import Learned
from oneid.records.features import FieldCounts
from oneid.records.fields import days
from oneid.settings.config import Config, Source
from oneid.sources import feeds
from oneid.sources import reading as read
from oneid.sources.files import find_files
from oneid.vocabulary.contracts import REJECTED, raw
from oneid.vocabulary.errors import OneIDError, raise_all
from oneid.vocabulary.language import said

__all__ = ["ERASED", "Erased", "Records", "declared_by", "take_in", "unchanged"]

ERASED = "erased"
"""The reason of rows of members whose data were erased."""

Erased = Callable[[str, pl.Series], pl.Series]
"""Given a source and ids: which of them were erased (Boolean)."""

_NONE = np.iinfo(np.uint32).max
_RECORD = ["source", "source_id"]

Rows = npt.NDArray[np.uint32]

_NOTHING_KNOWN = pl.DataFrame(schema={"source_id": pl.String, "print": pl.UInt64, "row": pl.UInt32})


@dataclass(frozen=True)
class Records:
    """The records of a run, in record order (source, source_id).

    ``ids`` (source, source_id), ``features``, ``values`` (with the carried columns behind, led by
    :data:`oneid.daily.kept.CARRIED`) and ``prints`` have one row each per record; ``fresh`` tells those that are new or
    changed, ``was`` the row of each in the known tables (the largest uint32 for new ones). ``gone`` (source, source_id)
    were known and are no more. ``feeds`` counts by source and word of :mod:`oneid.sources.feeds`; ``rows_in`` counts
    the rows that came; ``digest`` is of all that came. ``departed`` (:data:`oneid.daily.kept.DEPARTED`) are those whom
    marks took away, now or before.
    """

    ids: pl.DataFrame
    features: Overlay
    values: Overlay
    prints: pl.Series
    fresh: npt.NDArray[np.bool_]
    was: npt.NDArray[np.uint32]
    gone: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: dict[str, int]
    feeds: dict[str, dict[str, int]]
    digest: str
    learned: Learned
    notes: list[str] = field(default_factory=list)
    counts: list[FieldCounts] = field(default_factory=list)
    departed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPARTED))


def unchanged(known: Known) -> Records:
    """All that is known, with no feeds."""
    height = known.records.height
    counts = dict(known.records["source"].value_counts().iter_rows())
    return Records(
        ids=known.records.select(_RECORD),
        features=known.features,
        values=known.values,
        prints=known.records["print"],
        fresh=np.zeros(height, np.bool_),
        was=np.arange(height, dtype=np.uint32),
        gone=known.records.select(_RECORD).clear(),
        rejected=pl.DataFrame(schema=REJECTED),
        rows_in={},
        feeds={name: {"kept": count} for name, count in sorted(counts.items())},
        digest="",
        learned=known.learned or Learned(),
        departed=known.departed,
    )


@dataclass(frozen=True)
class _Part:
    """One source: its feed, and the new and changed rows normalized, with the columns that are carried."""

    name: str
    rows_in: int
    rejected: pl.DataFrame
    notes: tuple[str, ...]
    feed: feeds.Feed
    ids: pl.DataFrame
    normalized: features.Normalized
    carried: pl.DataFrame
    departed: pl.DataFrame


@dataclass(frozen=True)
class _Laid:
    """One source, when its raw columns are gone: features and values, the carried columns behind these, lie aside until
    all sources are read.
    """

    name: str
    rows_in: int
    rejected: pl.DataFrame
    notes: tuple[str, ...]
    feed: feeds.Feed
    ids: pl.DataFrame
    features: Table
    values: Table
    counts: tuple[FieldCounts, ...]
    learned: Learned
    departed: pl.DataFrame


def take_in(
    config: Config,
    engine: Engine,
    frames: Mapping[str, object],
    known: Known | None = None,
    erased: Erased | None = None,
    latest: date | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> Records:
    """Reads all sources. Raises all their mistakes at once, and loses no row: see :class:`Records`.

    ``frames``: data frames in place of files, by source. ``erased`` tells whose rows are refused. A date of a row that
    is after ``latest`` makes it newer than no other.
    """
    names = sorted(config.sources, key=lambda name: name.encode())

    def one(name: str) -> _Laid | OneIDError:
        try:
            return _laid(_part(config, config.sources[name], engine, frames.get(name), known, erased, latest))
        except OneIDError as error:
            return error

    made: dict[str, _Laid | OneIDError] = {}
    order = sorted(names, key=lambda name: -_bytes(config, name, frames))
    for name, result in zip(order, engine.map(one, order), strict=True):
        made[name] = result
        progress(len(made) / (len(names) + 1))
    raise_all(error for name in names if isinstance(error := made[name], OneIDError))
    parts = [part for name in names if isinstance(part := made.pop(name), _Laid)]
    return _together(parts, engine, known, config.compared)


def _part(
    config: Config,
    source: Source,
    engine: Engine,
    frame: object | None,
    known: Known | None,
    erased: Erased | None,
    latest: date | None,
) -> _Part:
    rows = read.read_source(source, config, frame, latest)
    mine = _NOTHING_KNOWN if known is None else known.of(source.name)
    out = rows.rejected
    if erased is not None:
        rows, out = _without_erased(rows, mine, erased)
    reread = known is not None and known.readings.get(source.name) != reading(source)
    feed = feeds.against(rows, mine, source.id, full=source.feed.mode == "full", reread=reread)
    declared = declared_by(config, source.name)
    learned = None if known is None else known.learned
    made = features.normalize_source(feed.fresh, source, engine, declared, learned, config.compared)
    own = [pl.col(raw(column)).alias(f"{source.name}.{column}") for column in source.carry]
    carried = feed.fresh.select("source_id", *own).drop("source_id") if own else pl.DataFrame()
    notes = (*rows.notes, *_ahead(made.values["updated"], latest))
    away = pl.DataFrame(schema=feeds.DEPARTED)
    if known is not None:
        away = known.departed.filter(source=source.name).drop("source")
    ids = feed.fresh.select("source_id", "row")
    part = _Part(source.name, rows.rows_in, out, notes, feed, ids, made, carried, away)
    if source.feed.mode == "full":
        return part
    marked = None
    if rows.marked is not None:
        dates, _ = days(rows.marked, source, Learned() if learned is None else learned.plus(made.learned))
        marked = rows.marked.select("source_id", "row").with_columns(_past(dates["updated"], latest).alias("updated"))
    return _newer(part, known, mine, marked, latest)


def _ahead(days: pl.Series, latest: date | None) -> list[str]:
    """What is to be said of dates that lie in the future."""
    count = 0 if latest is None else int((days > latest).sum())
    return [said("{count} rows are dated in the future; these dates count for nothing", count=count)] if count else []


def _past(days: pl.Series, latest: date | None) -> pl.Series:
    """Dates, null where they are after ``latest``."""
    if latest is None:
        return days
    return days.to_frame("day").select(pl.when(pl.col("day") <= latest).then("day")).to_series()


def _without_erased(rows: read.SourceRows, known: pl.DataFrame, erased: Erased) -> tuple[read.SourceRows, pl.DataFrame]:
    """The rows without those of erased members, which are rejected, their ids left out: also in rows that are rejected
    for another reason.
    """

    def told(named: pl.DataFrame) -> pl.DataFrame:
        strange = named.select("source_id", "row").drop_nulls().join(known, on="source_id", how="anti")
        return strange.filter(erased(rows.name, strange["source_id"]))

    gone, again = told(rows.frame), told(rows.rejected)
    if gone.is_empty() and again.is_empty():
        return rows, rows.rejected
    lost = pl.concat([gone, again]).select(
        source=pl.lit(rows.name), row="row", source_id=pl.lit(None, dtype=pl.String), reason=pl.lit(ERASED)
    )
    others = rows.rejected.join(again, on=["source_id", "row"], how="anti", maintain_order="left")
    rejected = pl.concat([others, lost.select(list(REJECTED)).cast(others.schema)]).sort("row")
    frame = rows.frame.join(gone, on="source_id", how="anti", maintain_order="left")
    return read.SourceRows(rows.name, frame, rejected, rows.rows_in, rows.notes, rows.marked), rejected


def _newer(
    part: _Part, known: Known | None, mine: pl.DataFrame, marked: pl.DataFrame | None, latest: date | None
) -> _Part:
    """A delta's part without the rows, those ``marked`` (source_id, row, updated) among them, that are older than what
    is known, or was when a mark took the member away.
    """
    dated = mine.select("source_id", "row", updated=pl.lit(None, dtype=pl.Date))
    if known is not None:
        updated = known.values.of(mine["row"].to_numpy(), ["updated"])["updated"]
        dated = dated.with_columns(_past(updated, latest).alias("updated"))
    before = part.departed
    if marked is not None:
        feed, late = feeds.without_late(part.feed, marked, dated)
        too_late = pl.col("row").is_in(late.implode())
        reason = pl.when(too_late).then(pl.lit(feeds.STALE)).otherwise("reason")
        away = feeds.departed(marked.filter(~too_late), dated, before)
        part = replace(part, feed=feed, rejected=part.rejected.with_columns(reason=reason), departed=away)
    of_before = before.join(mine, on="source_id", how="anti").select(
        "source_id", pl.lit(None, pl.UInt32).alias("row"), "updated"
    )
    every = pl.concat([dated, of_before])
    feed, stale = feeds.without_stale(part.feed, _past(part.normalized.values["updated"], latest), every)
    if not stale.any():
        return part
    out = part.ids.filter(stale).select(
        source=pl.lit(part.name), row="row", source_id="source_id", reason=pl.lit(feeds.STALE)
    )
    made = features.Normalized(
        part.normalized.features.filter(~stale),
        part.normalized.values.filter(~stale),
        part.normalized.counts,
        part.normalized.learned,
    )
    rejected = pl.concat([part.rejected, out.select(list(REJECTED))]).sort("row")
    carried = part.carried.filter(~stale) if part.carried.width else part.carried
    ids = part.ids.filter(~stale)
    return replace(part, rejected=rejected, feed=feed, ids=ids, normalized=made, carried=carried)


def _together(parts: list[_Laid], engine: Engine, known: Known | None, compared: Compared) -> Records:
    """All parts as one, in record order, with what is known and stays."""
    before = Learned() if known is None or known.learned is None else known.learned
    families = names.families([part.features for part in parts], before.families)
    learned = before.plus(*(part.learned for part in parts), Learned(families=families))
    made = list(engine.map(lambda part: _completed(part, engine, families, compared), parts))
    features, values = [part for part, _ in made], [part for _, part in made]
    fresh_ids = pl.concat(part.ids for part in parts).select(_RECORD)
    marks = pl.concat([part.feed.prints for part in parts])
    was = pl.concat([part.feed.was for part in parts]).fill_null(_NONE).to_numpy()
    if known is None:
        place = fresh_ids.with_row_index("at").sort(_RECORD)["at"].to_numpy()
        order: npt.NDArray[np.integer] = place
        ids, fresh, was = fresh_ids, np.ones(place.size, dtype=np.bool_), was[order]
        if (order[1:] < order[:-1]).any():
            ids = ids[order]
        seen, shown = Overlay.stacked(features, place), Overlay.stacked(values, place)
    else:
        stay = np.sort(pl.concat([part.feed.known for part in parts]).to_numpy())
        order = _order(known, stay, fresh_ids)
        ids = pl.concat([known.records.select(_RECORD), fresh_ids])[order]
        marks = pl.concat([known.records["print"], marks])
        fresh = order >= known.records.height
        was = np.concatenate((np.arange(known.records.height, dtype=np.uint32), was))[order]
        behind = np.arange(fresh_ids.height, dtype=np.uint32) + np.uint32(sum(known.features.heights()))
        place = np.concatenate((known.features.place, behind))[order]
        seen, shown = known.features.with_rows(place, features), known.values.with_rows(place, values)
    return Records(
        ids=ids,
        features=seen,
        values=shown,
        prints=marks.gather(order),
        fresh=fresh,
        was=was,
        gone=pl.concat(
            [part.feed.gone.to_frame().select(source=pl.lit(part.name), source_id="source_id") for part in parts]
        ),
        rejected=pl.concat([part.rejected for part in parts]).sort("source", "row"),
        rows_in={part.name: part.rows_in for part in parts},
        digest=hashlib.sha256(b"".join(part.feed.digest for part in parts)).hexdigest(),
        feeds={part.name: part.feed.counts for part in parts},
        learned=learned,
        notes=[said("{message}: {reason}", message=part.name, reason=note) for part in parts for note in part.notes],
        counts=[count for part in parts for count in part.counts],
        departed=_away(parts, ids),
    )


def _laid(part: _Part) -> _Laid:
    carried, made = part.carried, part.normalized
    values = made.values.hstack(carried.rename({name: CARRIED + name for name in carried.columns}))
    return _Laid(
        name=part.name,
        rows_in=part.rows_in,
        rejected=part.rejected,
        notes=part.notes,
        feed=replace(part.feed, fresh=part.feed.fresh.select("source_id")),
        ids=made.values.select(_RECORD),
        features=laid_down(made.features),
        values=laid_down(values),
        counts=made.counts,
        learned=made.learned,
        departed=part.departed,
    )


def _completed(part: _Laid, engine: Engine, families: Families, compared: Compared) -> tuple[Table, Table]:
    """The features of a source as records have them, and its values, mended by what these turned out to be."""
    made = together.combine([in_memory(part.features)], engine, families, compared)
    before = in_memory(part.values)
    after = together.amended(before, made, compared)
    return laid_down(made), part.values if after is before else laid_down(after)


def _away(parts: list[_Laid], ids: pl.DataFrame) -> pl.DataFrame:
    """Those whom marks took away, and who are not back."""
    every = [part.departed.select(pl.lit(part.name).alias("source"), pl.all()) for part in parts]
    return pl.concat(every).join(ids, on=_RECORD, how="anti").sort(_RECORD)


def _order(known: Known, stay: Rows, fresh: pl.DataFrame) -> npt.NDArray[np.int64]:
    """The places, in the known records followed by the fresh ones (source, source_id), in record order; ``stay``: the
    known rows that do, rising.
    """
    ordered = fresh.with_row_index("at").sort(_RECORD)
    before = np.zeros(ordered.height, dtype=np.int64)
    for name, start, rows in known.by_source():
        mine = (ordered["source"] == name).to_numpy()
        before[mine] = start + rows["source_id"].search_sorted(ordered["source_id"].filter(pl.Series(mine))).to_numpy()
    unknown = ~ordered["source"].is_in(known.records["source"].unique().implode()).to_numpy()
    before[unknown] = known.records["source"].search_sorted(ordered["source"].filter(pl.Series(unknown))).to_numpy()
    at = np.searchsorted(stay, before)
    return np.insert(stay.astype(np.int64), at, known.records.height + ordered["at"].to_numpy().astype(np.int64))


def _bytes(config: Config, name: str, frames: Mapping[str, object]) -> int:
    """About how large a source is; 0 where that cannot be told."""
    path = config.sources[name].path
    if path is None or not names_files(path) or name in frames:
        return 0
    try:
        return sum(file.stat().st_size for file in find_files(config.path(path)))
    except (OneIDError, OSError):
        return 0  # reading it says what is wrong


def declared_by(config: Config, name: str) -> tuple[str, ...]:
    """The features by which sources refer to the ids of source ``name``."""
    specs = [spec for source in config.sources.values() for spec in source.fields.values() if spec.field != spec.kind]
    return tuple(sorted({features.own_column(spec) for spec in specs if name in (spec.refers_to, spec.household_of)}))

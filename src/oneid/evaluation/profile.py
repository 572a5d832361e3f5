"""What is in the sources, before any matching: ``oneid profile``.

One row per source and field, counted over values (a field of two columns has two per record):

- ``rows`` = missing + ``filled``; ``filled`` = ``usable`` + ``partial`` + ``placeholder`` + ``unreadable``,
- ``partial``: known in part (a birth year without a day); ``placeholder``: written to fill a form (1900-01-01, 不明) or
  betrayed by the column itself: a value that too many differently named records hold
  (:mod:`oneid.records.placeholders`, reason ``column_placeholder``),
- ``distinct``: different normalized values, ``shared``: those that more than two records of the source hold,
- ``top_reason``: the most frequent reason why a filled value is not usable, of those that the normalizers document,
- ``reasons``: all of them with their counts, the most frequent first (``placeholder 12; too_short 3``).

No value is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from oneid.engines.local import LocalEngine
from oneid.kinds.base import Kind
from oneid.kinds.catalogue import KINDS
from oneid.records.fields import betrayed_out, held, normalize_field
from oneid.records.placeholders import COLUMN_PLACEHOLDER
from oneid.settings.config import Config, FieldSpec
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import OneIDError, raise_all

__all__ = ["PROFILE", "profile", "profile_rows"]

_COUNTS = ("rows", "filled", "usable", "partial", "placeholder", "unreadable", "distinct", "shared")

PROFILE: Mapping[str, type[pl.DataType]] = {
    "source": pl.String, "field": pl.String, **dict.fromkeys(_COUNTS, pl.Int64), "top_reason": pl.String,
    "reasons": pl.String,
}  # fmt: skip
"""The columns of a profile."""


def profile(
    config: Config,
    progress: Callable[[str, float], None] | None = None,
    frames: Mapping[str, object] | None = None,
) -> pl.DataFrame:
    """Reads every source and profiles it; columns :data:`PROFILE`, sources and fields in the order of the config.

    ``progress`` is called with ("profile", share done); ``frames`` are the data of sources that have no file. Raises
    the E2xx of :mod:`oneid.sources.reading`, those of all sources in one go.
    """
    problems: list[OneIDError] = []
    found = [pl.DataFrame(schema=PROFILE)]
    for done, (name, source) in enumerate(config.sources.items()):
        if progress:
            progress("profile", done / len(config.sources))
        try:
            rows = read_source(source, config, (frames or {}).get(name))
        except OneIDError as error:
            problems.append(error)
            continue
        found.append(profile_rows(name, rows.frame, source.fields, config.compared.kinds))
    raise_all(problems)
    if progress:
        progress("profile", 1.0)
    return pl.concat(found)


def profile_rows(
    source: str, frame: pl.DataFrame, fields: Mapping[str, FieldSpec], kinds: Mapping[str, Kind] = KINDS
) -> pl.DataFrame:
    """The profile of one source. ``frame`` is as :func:`oneid.sources.reading.read_source` gives it."""
    made = {name: normalize_field(frame, spec, kinds=kinds) for name, spec in fields.items()}
    found = betrayed_out(made, fields, LocalEngine(1), kinds)
    rows = [_profiled(source, name, frames) for name, frames in found.items()]
    return pl.DataFrame(rows, schema=PROFILE, orient="row")


def _profiled(source: str, name: str, made: Sequence[pl.DataFrame]) -> tuple[str | int | None, ...]:
    """One row of the profile."""
    values = pl.concat(frame.select("normalized", "reason") for frame in made)
    reasons: dict[str, int] = dict(values.get_column("reason").drop_nulls().value_counts().iter_rows())
    missing = reasons.pop("missing", 0)
    usable = values.height - values.get_column("normalized").null_count()
    known = {"partial": reasons.get("partial", 0)}
    known["placeholder"] = reasons.get("placeholder", 0) + reasons.get(COLUMN_PLACEHOLDER, 0)
    filled = values.height - missing
    distinct, shared = held(made)
    order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    told = "; ".join(f"{reason} {reasons[reason]:,}" for reason in order) or None
    unreadable = filled - usable - sum(known.values())
    top = order[0] if order else None
    return source, name, values.height, filled, usable, *known.values(), unreadable, distinct, shared, top, told

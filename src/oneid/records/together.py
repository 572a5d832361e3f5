"""What needs to see the features of all sources at once: each facet completes them by what they show together, and
values that the rules never trust are taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from oneid.engines.base import Engine
from oneid.kinds.compared import Compared
from oneid.kinds.families import Families
from oneid.kinds.plain.own import CUSTOM

__all__ = ["amended", "combine", "distrust", "never_trusted"]


def combine(
    parts: Iterable[pl.DataFrame], engine: Engine, seen: Families | None = None, compared: Compared | None = None
) -> pl.DataFrame:
    """All sources' features in record order, completed: unspaced names are split, keys are made.

    ``parts`` come in the order of the sources' names in bytes, each in the order of its ids, as reading gives them.
    ``seen`` are the family names to split by, and whether names in kana need their sounds; left out, as the parts show.
    """
    frame = pl.concat(parts, how="diagonal")
    for facet in (compared or Compared()).facets:
        if facet.together is not None:
            frame = facet.together(frame, engine, seen)
    return frame


def amended(values: pl.DataFrame, features: pl.DataFrame, compared: Compared) -> pl.DataFrame:
    """The values, mended by what the features turned out to be: no golden record is called ねこ好き. Rows are those of
    ``features``.
    """
    for facet in compared.facets:
        if facet.amend is not None:
            values = facet.amend(values, features)
    return values


def never_trusted(
    never: Mapping[str, Sequence[str]], own: Mapping[str, str], compared: Compared
) -> dict[str, pl.Series]:
    """By feature the values that a rules file never trusts, as features have them.

    ``never`` has field to values, as people write them, ``own`` the kinds of fields of one's own.
    """
    found: dict[str, pl.Series] = {}
    for field, values in sorted(never.items()):
        made = compared.kinds[own.get(field, field)].normalize(pl.Series(values, dtype=pl.String))
        columns = compared.trusted.get(field, {CUSTOM + field: "normalized"})
        found |= {feature: made[column].drop_nulls() for feature, column in columns.items()}
    return found


def distrust(
    frame: pl.DataFrame, never: Mapping[str, Sequence[str]], own: Mapping[str, str], compared: Compared | None = None
) -> pl.DataFrame:
    """The features without the values that a rules file never trusts: see :func:`never_trusted`."""
    for feature, gone in never_trusted(never, own, compared or Compared()).items():
        if feature not in frame.columns:
            continue
        if frame[feature].dtype == pl.List:
            frame = frame.with_columns(
                pl.col(feature).list.eval(pl.element().filter(~pl.element().is_in(gone.implode())))
            )
        else:
            frame = frame.with_columns(pl.when(~pl.col(feature).is_in(gone.implode())).then(feature))
    return frame

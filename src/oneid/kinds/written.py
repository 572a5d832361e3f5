"""Columns of which much is empty: only what is written is read."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

__all__ = ["where_written"]


_MUCH = 0.7
"""Columns that are filled more than this are read as they are: taking the texts out costs more than it saves."""


def where_written(raw: pl.Series, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """``read(raw)``; where much is empty ``read`` sees the texts only. A null then has the reason ``missing``, empty
    lists and false flags, which is what ``read`` must give for it too.

    >>> where_written(pl.Series(["a", None]), lambda texts: pl.DataFrame({"n": texts, "reason": texts})).rows()
    [('a', 'a'), (None, 'missing')]
    """
    written = raw.is_not_null().arg_true()
    if len(written) > _MUCH * len(raw):
        return read(raw)
    made = read(raw.gather(written))
    at = pl.repeat(None, len(raw), dtype=pl.UInt32, eager=True)
    at = at.scatter(written, pl.int_range(len(written), dtype=pl.UInt32, eager=True)).alias("at")
    none = {pl.List: [], pl.Boolean: False}
    filled = [
        pl.col(name).fill_null(none[kind.base_type()]) for name, kind in made.schema.items() if kind.base_type() in none
    ]
    whole = made.select(pl.all().gather(at))
    return whole.with_columns(*filled, reason=pl.when(pl.lit(at).is_null()).then(pl.lit("missing")).otherwise("reason"))

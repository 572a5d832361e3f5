"""Columns of which much is empty: only what is written is read."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

__all__ = ["where_written"]


def where_written(raw: pl.Series, read: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """``read(raw)``, where ``read`` sees the texts only: a null has the reason ``missing``, empty lists, else nulls.

    >>> where_written(pl.Series(["a", None]), lambda texts: pl.DataFrame({"n": texts, "reason": texts})).rows()
    [('a', 'a'), (None, 'missing')]
    """
    written = raw.is_not_null().arg_true()
    if len(written) == len(raw):
        return read(raw)
    made = read(raw.gather(written))
    at = pl.repeat(None, len(raw), dtype=pl.UInt32, eager=True)
    at = at.scatter(written, pl.int_range(len(written), dtype=pl.UInt32, eager=True)).alias("at")
    lists = [pl.col(name).fill_null([]) for name, kind in made.schema.items() if isinstance(kind, pl.List)]
    whole = made.select(pl.all().gather(at))
    return whole.with_columns(*lists, reason=pl.when(pl.lit(at).is_null()).then(pl.lit("missing")).otherwise("reason"))

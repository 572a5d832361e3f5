"""Normalizers: one per field kind, each a pure function from columns to columns.

The contract of every normalizer: it takes String Series of one length (null: no value) and returns a DataFrame of the
same height that has at least

- ``normalized`` (String): the form that is compared; null where nothing usable is there,
- ``display`` (String): the tidy form for people and golden records (width and blanks mended, but 髙 stays 髙),
- ``reason`` (String): why ``normalized`` is null, one of the module's documented reasons, or null where it is not.
  Null input has the reason ``missing``; a text of more characters than any value of the kind has
  (:attr:`oneid.kinds.base.Kind.longest`) is not read, and has the reason ``overlong``.

and the extra columns that its module documents. It never raises on any text and never logs a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from oneid.kinds.catalogue import KINDS, kinds_of
from oneid.kinds.containers import as_column, like
from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NORMALIZERS", "normalize"]

NORMALIZERS: Mapping[str, Callable[[pl.Series], pl.DataFrame]] = {kind.name: kind.normalize for kind in KINDS.values()}
"""The normalizer of each kind of this package, for one column."""


def normalize(kind: str, values: Sequence[Any] | pd.Series[Any] | pl.Series, *, reasons: bool = False) -> Any:  # noqa: ANN401
    """What the normalizer of ``kind`` makes of values, in the container that came in.

    ``values``: a list (or another sequence), a pandas or a Polars Series of n values. Returns n normalized values as a
    list, pandas or Polars Series; with ``reasons`` a frame (pandas, or Polars for a Polars Series) with the columns
    value, normalized, reason. An address is a dict of prefecture, city, town, block, building and room; what cannot be
    used is None. Raises UsageError (E401) for an unknown kind.

    >>> normalize("phone", ["090-1234-5678", "1234"])
    ['+819012345678', None]
    """
    one_process()
    known = kinds_of()
    if kind not in known:
        raise UsageError("E401", said("unknown field kind '{kind}'", kind=kind), hint=did_you_mean(kind, known))
    column = as_column(values)
    made = known[kind].normalize(column)
    spelled = known[kind].spelled
    out = _in_parts(made, spelled) if spelled else made["normalized"].to_list()
    if reasons:
        import pandas as pd

        rows = {"value": column.to_list(), "normalized": out, "reason": made["reason"].to_list()}
        return pl.DataFrame(rows) if isinstance(values, pl.Series) else pd.DataFrame(rows, dtype=object)
    return like(values, out)


def _in_parts(made: pl.DataFrame, parts: Sequence[str]) -> list[dict[str, str | None] | None]:
    usable = made["normalized"].is_not_null().to_list()
    return [value if there else None for value, there in zip(made.select(parts).to_dicts(), usable, strict=True)]

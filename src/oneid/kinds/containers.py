"""Values as users hold them, to columns and back: lists, pandas and Polars Series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from oneid.vocabulary.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_column", "like"]


def as_column(values: Sequence[Any] | pd.Series[Any] | pl.Series) -> pl.Series:
    """The values as a String Series named ``value``. Half of a surrogate pair, which is no text, becomes ``?``.

    Raises UsageError (E402) for a single text.
    """
    import pandas as pd

    if isinstance(values, pl.Series):
        return values.cast(pl.String).alias("value")
    if isinstance(values, str):
        raise UsageError("E402", "expected several values, got one text", hint="put it in a list")
    plain = [None if pd.api.types.is_scalar(value) and pd.isna(value) else str(value) for value in values]
    try:
        return pl.Series("value", plain, dtype=pl.String)
    except UnicodeEncodeError:
        whole = [None if text is None else text.encode(errors="replace").decode() for text in plain]
        return pl.Series("value", whole, dtype=pl.String)


def like(values: Sequence[Any] | pd.Series[Any] | pl.Series, out: list[Any]) -> Any:  # noqa: ANN401
    """``out`` in the container that ``values`` came in: a Polars or pandas Series with its name, else a list."""
    import pandas as pd

    if isinstance(values, pl.Series):
        return pl.Series(values.name, out)
    if isinstance(values, pd.Series):
        return pd.Series(out, index=values.index, name=values.name, dtype=object)
    return out

"""Normalizers: one module per field kind, each a pure function from columns to columns.

The contract of every normalizer: it takes String Series of one length (null: no value) and returns a DataFrame of the
same height that has at least

- ``normalized`` (String): the form that is compared; null where nothing usable is there,
- ``display`` (String): the tidy form for people and golden records (width and blanks mended, but 髙 stays 髙),
- ``reason`` (String): why ``normalized`` is null, one of the module's documented reasons, or null where it is not.
  Null input has the reason ``missing``.

and the extra columns that its module documents. It never raises on any text and never logs a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from oneid.japanese.romaji import romaji
from oneid.kinds.address.normalizer import address
from oneid.kinds.birth.normalizer import birth
from oneid.kinds.containers import as_column, like
from oneid.kinds.email import email
from oneid.kinds.kana import kana
from oneid.kinds.name.normalizer import name
from oneid.kinds.phone import phone
from oneid.kinds.plain import category, date, identifier, nickname, number, text
from oneid.kinds.postcode import postcode
from oneid.kinds.sex import sex
from oneid.vocabulary.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "normalize"]

KINDS: Mapping[str, Callable[[pl.Series], pl.DataFrame]] = {
    "name": name,
    "kana": kana,
    "romaji": romaji,
    "nickname": nickname,
    "birth": birth,
    "sex": sex,
    "phone": phone,
    "email": email,
    "postcode": postcode,
    "address": address,
    "identifier": identifier,
    "text": text,
    "category": category,
    "number": number,
    "date": date,
}
"""The normalizer of each field kind, for one column."""

_PLACE = ("prefecture", "city", "town", "block", "building", "room")


def normalize(kind: str, values: Sequence[Any] | pd.Series[Any] | pl.Series, *, reasons: bool = False) -> Any:  # noqa: ANN401
    """What the normalizer of ``kind`` makes of values, in the container that came in.

    ``values``: a list (or another sequence), a pandas or a Polars Series of n values. Returns n normalized values as a
    list, pandas or Polars Series; with ``reasons`` a frame (pandas, or Polars for a Polars Series) with the columns
    value, normalized, reason. An address is a dict of prefecture, city, town, block, building and room; what cannot be
    used is None. Raises UsageError (E401) for an unknown kind.

    >>> normalize("phone", ["090-1234-5678", "1234"])
    ['+819012345678', None]
    """
    if kind not in KINDS:
        raise UsageError("E401", f"unknown field kind '{kind}'", hint=did_you_mean(kind, KINDS))
    column = as_column(values)
    made = KINDS[kind](column)
    out = _addresses(made) if kind == "address" else made["normalized"].to_list()
    if reasons:
        import pandas as pd

        rows = {"value": column.to_list(), "normalized": out, "reason": made["reason"].to_list()}
        return pl.DataFrame(rows) if isinstance(values, pl.Series) else pd.DataFrame(rows, dtype=object)
    return like(values, out)


def _addresses(made: pl.DataFrame) -> list[dict[str, str | None] | None]:
    usable = made["normalized"].is_not_null().to_list()
    places = made.select(_PLACE).to_dicts()
    return [place if there else None for place, there in zip(places, usable, strict=True)]

"""Japanese addresses: prefecture, city, town, block, building and room, each in one canonical spelling.

The place is found in Japan Post's table (:mod:`oneid.japanese.places`), also where the prefecture, the 郡, the city of
a ward or 大字 is left out; the numbers after it become the block, what follows the building and the room.

Columns, all String, null where absent:

- ``normalized``: prefecture, city, town and 小字 without blanks, then the block, then building and room
  (``東京都港区六本木 6-10-1 六本木ヒルズ森タワー23階``, ``札幌市西区... 2-3-3 コーポ富士108号室``). Feeding it back
  gives the same again. Null where no city or town was recognised.
- ``display``: the text in NFKC with tidy blanks, kanji kept as written.
- ``reason``: ``missing``, ``placeholder`` or ``no_place`` where ``normalized`` is null.
- ``prefecture``, ``city`` (with its 郡; a ward with its city: 横浜市中区), ``town`` (the table's spelling; 大字 only
  where it is official; a town unknown to the table as written), ``koaza`` (小字 and whatever else stands between town
  and number: 上堤頭, 甲), ``block`` (丁目, 番 and 号 as hyphened numbers: 2-8-1; the side or letter of a lot with
  them: 1-北22-1, 6-ロ), ``building`` (with its floor: 23階; capitals, no blanks or middle dots), ``room``.

A city that several prefectures have (府中市) is decided by the prefecture, else by the postcode, else by a town that
only one of them has; else the prefecture is null. A city that lies in another prefecture than the text says is taken
where the whole country has one such city and it has the town. A postcode completes what is missing only where nothing
contradicts it: what the text says wins. Blanks matter only between letters or digits (2-8-1 203 is not 2-8-1203).

Municipalities that were merged or renamed lead to today's (:mod:`oneid.kinds.address.former`). Labels, quotes, the
country, a telephone number, an addressee (様, 御中) and remarks (先, 付近, 置き配希望) around an address are left out;
方 and c/o become 様方. Most addresses are in the usual spelling and are read by an exact look-up
(:mod:`oneid.kinds.address.usual`).

Known limits: 2-8-203 may end in a room (it is taken as a block unless the first number is above 60 and the last above
100: a lot of many parts is written the same way); a 小字 of one of the few towns named 大 reads as a 大字 of its own;
municipalities that were gone before 1970 are understood only where the names of today's towns carry them; a
corner of Kyoto without its town is only its ward.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.places import numbers
from oneid.japanese.text import as_text, is_placeholder, settled, tidy
from oneid.kinds.address.around import POSTCODE, alone, roomed
from oneid.kinds.address.placing import completed, places_of, renewed
from oneid.kinds.address.tail import named, numbered, on, rooms, where
from oneid.kinds.address.usual import usual, usual_ready

__all__ = ["address", "address_parts"]

_Ints: TypeAlias = npt.NDArray[np.int64]
_Reader: TypeAlias = Callable[[pl.Series, pl.Series], pl.DataFrame]

_COLUMNS = ("normalized", "display", "reason", "prefecture", "city", "town", "koaza", "block", "building", "room")
_CHUNK = 400_000
"""Rows worked on at a time, so that memory does not grow with the number of rows."""

_SIGNS = dict.fromkeys("‐‑‒–—―−─━﹣~〜∼˗", "-") | dict.fromkeys("、,/|", " ")

_POINTS = r"([0-9])(?:[._/・]|[,、] ?)([0-9])"
"""Marks between numbers that are hyphens."""

_ROUGH = r"[^ -~一-鿿々〇ぁ-んァ-ヺー]|  "
"""What tidying may change; the voiced marks and letters that compose are not among the characters excepted."""

_PLACEHOLDERS = (
    "住所",
    "住所不明",
    "住所不定",
    "住所なし",
    "住所無し",
    "住所未登録",
    "居所不明",
    "転居先不明",
    "宛先不明",
)
"""Values of an address field that name no place, beside those of every field; our own list."""

_FEW = 10_000
"""Reading fewer addresses carefully takes less time than making the table of usual spellings, once a process."""


def address(values: pl.Series, postcode: pl.Series | None = None) -> pl.DataFrame:
    """Addresses as single texts, in the columns that the module's docstring lists.

    ``postcode`` (normalized: 7 digits or null, one for each value) completes a missing prefecture, city or town.
    Never raises on any text.

    >>> address(pl.Series(["東京都新宿区西新宿二丁目８番１号"])).select("city", "town", "block").row(0)
    ('新宿区', '西新宿', '2-8-1')
    """
    text = as_text(values)
    codes = (
        pl.Series("postcode", [None], dtype=pl.String).new_from_index(0, len(text)) if postcode is None else postcode
    )
    codes = as_text(codes).alias("postcode")
    starts = range(0, max(len(text), 1), _CHUNK)
    return pl.concat(_chunk(text.slice(start, _CHUNK), codes.slice(start, _CHUNK)) for start in starts)


def address_parts(
    prefecture: pl.Series | None,
    city: pl.Series | None,
    town: pl.Series | None,
    street: pl.Series | None,
    building: pl.Series | None,
    *,
    postcode: pl.Series | None = None,
) -> pl.DataFrame:
    """Addresses whose parts are known apart (None: the source has no such column); the same columns as :func:`address`.

    The parts are joined and read as one text: systems seldom agree on what belongs into which part. Raises ValueError
    where all parts are None.

    >>> one = [pl.Series([part]) for part in ("秋田県", "大館市", "大字大田面", "5-25-1", "-203")]
    >>> address_parts(*one).select("town", "block", "room").row(0)
    ('大田面', '5-25-1', '203')
    """
    parts = [as_text(part).alias(str(n)) for n, part in enumerate((prefecture, city, town, street, building))
             if part is not None]  # fmt: skip
    if not parts:
        raise ValueError("no part of an address is given")
    joined = pl.DataFrame(parts).select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).alias("raw"))["raw"]
    return address(joined, postcode)


def _chunk(values: pl.Series, postcode: pl.Series, careful: _Reader | None = None) -> pl.DataFrame:
    """The columns of some values; ``careful`` (:func:`_careful`) reads those that are not in the usual spelling."""
    shown = _tidy(values)
    if len(shown) < _FEW and not usual_ready():
        return (careful or _careful)(shown, postcode)
    rows, read = usual(shown)
    left = shown.is_not_null().to_numpy().copy()
    left[rows.to_numpy()] = False
    others = pl.Series(np.flatnonzero(left))
    none = pl.lit(None, dtype=pl.String)
    plain = read.with_columns(shown.gather(rows), none.alias("reason"), none.alias("koaza")).select(_COLUMNS)
    if len(rows) == len(shown):
        return plain
    found = [plain, (careful or _careful)(shown.gather(others), postcode.gather(others)), _missing()]
    order = np.full(len(shown), len(rows) + len(others), dtype=np.uint32)
    order[rows.to_numpy()] = np.arange(len(rows))
    order[others.to_numpy()] = np.arange(len(rows), len(rows) + len(others))
    return pl.concat(found, rechunk=True)[pl.Series(order)]


@cache
def _missing() -> pl.DataFrame:
    """What no value gives."""
    row = dict.fromkeys(_COLUMNS, None) | {"reason": "missing"}
    return pl.DataFrame([row], schema=dict.fromkeys(_COLUMNS, pl.String))


def _tidy(values: pl.Series) -> pl.Series:
    """The tidy texts, named display; most are plain already but for full-width digits and blanks."""
    rough = values.str.contains(_ROUGH).fill_null(value=False)
    text = on(values, pl.col("x").str.strip_chars(" ").replace("", None))
    rows = rough.arg_true()
    return text.scatter(rows, on(values.gather(rows), tidy(pl.col("x")))).alias("display")


def _careful(shown: pl.Series, postcode: pl.Series) -> pl.DataFrame:
    """The columns of tidy texts in any spelling; the line made of each is read again, until it stays."""
    made = _careful_once(shown, postcode)
    rows = made["normalized"].is_not_null().arg_true()
    return made if rows.is_empty() else settled(made, rows, _line_again, "no_place")


def _line_again(lines: pl.Series) -> pl.DataFrame:
    none = pl.Series("postcode", [None], dtype=pl.String)
    return _chunk(lines, none.new_from_index(0, len(lines)), _careful_once)


def _careful_once(shown: pl.Series, postcode: pl.Series) -> pl.DataFrame:
    placeholder = on(shown, _is_placeholder(pl.col("x"))).alias("placeholder")
    text = on(shown, pl.when(~placeholder).then(pl.col("x")))
    text = _working(alone(text))
    inside = on(text, pl.col("x").str.extract(POSTCODE, 0).str.replace_all("[^0-9]", ""))
    code = pl.when(pl.col("text").is_not_null()).then(pl.col("code")).alias("postcode")
    codes = pl.DataFrame({"text": text, "code": postcode.fill_null(inside)}).select(code)["postcode"]
    text = on(text, pl.col("x").str.replace(POSTCODE, "${1}").str.replace("^〒", "").fill_null(""))
    frame = completed(text, codes, places_of(text, codes))
    text, frame = renewed(text, codes, frame)
    frame = named(frame.with_columns(numbered(frame["rest"])))
    frame = frame.with_columns(rooms(roomed(frame["rest"]))).with_columns(_normalized(), shown, placeholder)
    return frame.with_columns(_reason()).select(_COLUMNS)


def _is_placeholder(expr: pl.Expr) -> pl.Expr:
    return (is_placeholder(expr, dummies=True) | expr.is_in(_PLACEHOLDERS)).fill_null(value=False)


def _working(text: pl.Series) -> pl.Series:
    """The text that is cut up: capitals, plain hyphens, numerals as digits, blanks only between letters or digits."""
    name = pl.col("x")
    text = where(text, r"\p{CWU}", name.str.to_uppercase())
    text = where(text, _POINTS, name.str.replace_all(_POINTS, "${1}-${2}").str.replace_all(_POINTS, "${1}-${2}"))
    text = on(text, name.str.replace_many(list(_SIGNS), list(_SIGNS.values())))
    text = numbers(where(text, "ー", name.str.replace_all(r"([0-9地番号目])ー+", "${1}-")))
    blanks = name.str.replace_all(r" +- +", "-").str.replace_all(r"([0-9]) +-([0-9])", "${1} ${2}")
    blanks = blanks.str.replace_all(r"(番地?) +([0-9]+号)", "${1}${2}")
    blanks = blanks.str.replace_all(r"([^0-9A-Z番地]) +", "${1}").str.replace_all(r" +([^0-9A-Z ])", "${1}")
    return where(text, " ", blanks.str.strip_chars(" "))


def _normalized() -> pl.Expr:
    """The one line: place, block, building and room."""
    place = pl.concat_str("prefecture", "city", "town", "字" + pl.col("koaza"), ignore_nulls=True)
    dash = pl.when(pl.col("building").str.contains("[0-9]$")).then(pl.lit("-")).otherwise(pl.lit(""))
    flat = pl.concat_str("building", dash, pl.col("room") + "号室", ignore_nulls=True)
    flat = pl.when(pl.col("room").is_null()).then(pl.col("building")).otherwise(flat)
    line = pl.concat_str(place, "block", flat, separator=" ", ignore_nulls=True)
    return pl.when(pl.col("city").is_not_null()).then(line).alias("normalized")


def _reason() -> pl.Expr:
    return (
        pl.when(pl.col("normalized").is_not_null()).then(None)
        .when(pl.col("display").is_null()).then(pl.lit("missing"))
        .when(pl.col("placeholder")).then(pl.lit("placeholder"))
        .otherwise(pl.lit("no_place"))
        .alias("reason")
    )  # fmt: skip

"""Japanese addresses: prefecture, city, town, block, building and room, each in one canonical spelling.

The place is found in Japan Post's table (:mod:`oneid.normalize.places`), also where the prefecture, the 郡, the city of
a ward or 大字 is left out; the numbers after it become the block, what follows the building and the room.

Columns, all String, null where absent:

- ``normalized``: prefecture, city, town and 小字 without blanks, then the block, then building and room
  (``東京都港区六本木 6-10-1 六本木ヒルズ森タワー23階``, ``札幌市西区... 2-3-3 コーポ富士108号室``). Feeding it back
  gives the same again. Null where no city or town was recognised.
- ``display``: the text in NFKC with tidy blanks, kanji kept as written.
- ``reason``: ``missing``, ``placeholder`` or ``no_place`` where ``normalized`` is null.
- ``prefecture``, ``city`` (with its 郡; a ward with its city: 横浜市中区), ``town`` (the table's spelling; 大字 only
  where it is official; a town unknown to the table as written), ``koaza`` (小字 and whatever else stands between town
  and number: 上堤頭, 甲), ``block`` (丁目, 番 and 号 as hyphened numbers: 2-8-1), ``building`` (with its floor: 23階;
  capitals, no blanks or middle dots), ``room``.

A city that several prefectures have (府中市) is decided by the prefecture, else by the postcode, else by a town that
only one of them has; else the prefecture is null. A city that lies in another prefecture than the text says is taken
where the whole country has one such city and it has the town. A postcode completes what is missing only where nothing
contradicts it: what the text says wins. Blanks matter only between letters or digits (2-8-1 203 is not 2-8-1203).

Known limits: 2-8-203 may end in a room (it is taken as a block unless the first number is above 60 and the last above
100); a 小字 of one of the few towns named 大 reads as a 大字 of its own; of municipalities that no longer exist only
dissolved wards are understood, where the town tells the new one; the street names of Kyoto are skipped.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.normalize.kanji import fold_hard
from oneid.normalize.places import cities, city_index, fold, numbers, prefectures, town_index, towns
from oneid.normalize.text import as_text, is_placeholder, tidy

__all__ = ["address", "address_parts"]

_Ints: TypeAlias = npt.NDArray[np.int64]

_COLUMNS = ("normalized", "display", "reason", "prefecture", "city", "town", "koaza", "block", "building", "room")
_CHUNK = 200_000
"""Rows worked on at a time, so that memory does not grow with the number of rows."""

_SIGNS = dict.fromkeys("‐‑‒–—―−─━﹣~〜∼˗", "-") | dict.fromkeys("、,/|", " ")

_COUNTER = r"(?:丁目+|丁|番地|番|地割|号地)"
_LINK = rf"(?:{_COUNTER}+[-のノ之]*|[-のノ之]+)"
_LOT = r"(?:[^0-9]{0,12}[0-9]+(?:線|条|区|街区|組|割|番町|番丁)[東西南北]?)?[^0-9]*?"
_NUMBERED = rf"^({_LOT})第?([0-9]+(?:{_LINK}[0-9]+)*)((?:{_COUNTER}|号)*)(.*)$"
"""小字, the chain of numbers, the counter that ends it, the rest."""

_LAST = rf"{_LINK}?[0-9]+$"
_OVERLONG = r"^(?:((?:[0-9]{3,}|[6-9][0-9])-[0-9]+)-([1-9][0-9]{2,}(?:-.+)?)|([0-9]+-[0-9]+-[0-9]+)-(.+))$"
"""A block and the room behind it: no 丁目 is above 60, and a block has at most three numbers."""

_EDGES = " -ーの.,"

_BUILDING = r"[ァ-ヺー]{3}|[A-Z]|ビル|荘$|棟$|寮$|(?:^|[^業通卸])団地|会館|住宅|号室|階|地下$|アパ"
_ROOM = (
    r"^(?:([0-9]{1,5}[A-Z]?)(?: |号室)([^0-9 ].*)|(.*?)[- ]*([0-9]{1,5}[A-Z]?)(?:号室|号|室)"
    r"|(.*?)[- ]+([0-9]{1,5}[A-Z]?)|([0-9]{1,5}[A-Z]?)|(.*?[^0-9 -])([0-9]{3,4}[A-Z]?))$"
)
"""Building and room: the room before the building; with 号室; after a hyphen or blank; alone; three or four digits at
the end of a name."""

_POSTCODE = r"^(?:〒[0-9]{3}-?[0-9]{4}|[0-9]{3}-[0-9]{4}([\p{Han}&&[^番丁号地]]|$))"
"""A postcode before the address."""

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

_KYOTO = r"^.*(?:上る|上ル|下る|下ル|上がる|下がる|東入る|西入る|東入ル|西入ル|東入|西入)"
"""The directions from a street corner that stand before a town of central Kyoto."""

_SKIPPED = rf"^(?:[^0-9]{{1,4}}区|{_KYOTO[1:]}[0-9]+丁目)"
"""What is passed over where no town is found at once: a ward of former times (浜松市中区, until 2023); 上る四丁目."""


def address(values: pl.Series, postcode: pl.Series | None = None) -> pl.DataFrame:
    """Addresses as single texts, in the columns that the module's docstring lists.

    ``postcode`` (normalized: 7 digits or null, one for each value) completes a missing prefecture, city or town.
    Never raises on any text.

    >>> address(pl.Series(["東京都新宿区西新宿二丁目８番１号"])).select("city", "town", "block").row(0)
    ('新宿区', '西新宿', '2-8-1')
    """
    text = as_text(values)
    codes = pl.Series("postcode", [None] * len(text), dtype=pl.String) if postcode is None else as_text(postcode)
    chunks = [
        _chunk(text.slice(start, _CHUNK), codes.slice(start, _CHUNK).alias("postcode"))
        for start in range(0, max(len(text), 1), _CHUNK)
    ]
    return pl.concat(chunks)


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


def _on(series: pl.Series, expr: pl.Expr) -> pl.Series:
    """``expr``, in which ``pl.col("x")`` is the series, as a Series; lazily, so that what it repeats is done once."""
    return series.to_frame("x").lazy().select(expr.alias("x")).collect()["x"]


def _where(series: pl.Series, pattern: str, expr: pl.Expr) -> pl.Series:
    """``expr`` on the texts that contain ``pattern``, the others as they are: dear steps only where they are needed."""
    at = series.str.contains(pattern).fill_null(value=False).arg_true()
    return series.clone().scatter(at, _on(series.gather(at), expr)) if len(at) else series


def _chunk(values: pl.Series, postcode: pl.Series) -> pl.DataFrame:
    shown = _on(values, tidy(pl.col("x"))).alias("display")
    placeholder = _on(shown, _is_placeholder(pl.col("x"))).alias("placeholder")
    text = _working(_on(shown, pl.when(~placeholder).then(pl.col("x"))))
    inside = _on(text, pl.col("x").str.extract(_POSTCODE, 0).str.replace_all("[^0-9]", ""))
    code = pl.when(pl.col("text").is_not_null()).then(pl.col("code")).alias("postcode")
    codes = pl.DataFrame({"text": text, "code": postcode.fill_null(inside)}).select(code)["postcode"]
    text = _on(text, pl.col("x").str.replace(_POSTCODE, "${1}").str.replace("^〒", "").fill_null(""))
    frame = _places(text, codes)
    frame = _named(frame.with_columns(_numbered(frame["rest"])))
    frame = frame.with_columns(_room(frame["rest"])).with_columns(_normalized(), shown, placeholder)
    return frame.with_columns(_reason()).select(_COLUMNS)


def _is_placeholder(expr: pl.Expr) -> pl.Expr:
    return (is_placeholder(expr, dummies=True) | expr.is_in(_PLACEHOLDERS)).fill_null(value=False)


def _working(text: pl.Series) -> pl.Series:
    """The text that is cut up: capitals, plain hyphens, numerals as digits, blanks only between letters or digits."""
    name = pl.col("x")
    text = _where(text, r"\p{Ll}", name.str.to_uppercase())
    text = _on(text, name.str.replace_many(list(_SIGNS), list(_SIGNS.values())))
    text = numbers(_where(text, "ー", name.str.replace_all(r"([0-9地番号目])ー+", "${1}-")))
    blanks = name.str.replace_all(r" +- +", "-").str.replace_all(r"([0-9]) +-([0-9])", "${1} ${2}")
    blanks = blanks.str.replace_all(r"(番地?) +([0-9]+号)", "${1}${2}")
    blanks = blanks.str.replace_all(r"([^0-9A-Z番地]) +", "${1}").str.replace_all(r" +([^0-9A-Z ])", "${1}")
    return _where(text, " ", blanks.str.strip_chars(" "))


@cache
def _prefecture_names() -> list[str]:
    return _on(pl.Series(prefectures()), fold(pl.col("x"))).to_list()


@cache
def _postcodes() -> pl.DataFrame:
    """Maps a postcode to the one city (its area) and the one town (its place) that it stands for (null: several)."""
    first_group = city_index().members["area"].min()
    ids = city_index().areas.with_row_index("area").filter(pl.col("area") < first_group)
    table = towns().join(ids, on=["prefecture", "city"]).with_columns(pl.col("area").cast(pl.Int64))
    table = table.group_by("postcode").agg(
        pl.when(pl.col("area").n_unique() == 1).then(pl.col("area").first()).alias("code_area"),
        pl.when(pl.len() == 1).then(pl.col("town").first()).fill_null("").alias("code_town"),
    ).drop_nulls("code_area")  # fmt: skip
    town = _on(numbers(table["code_town"].str.to_uppercase()), fold(pl.col("x")))
    place, length = town_index().ways.find(table["code_area"].to_numpy(), town)
    place[length != town.str.len_chars().to_numpy()] = -1
    return table.select("postcode", "code_area", pl.Series("code_place", place))


class _Areas(NamedTuple):
    """Where each text is: its area (-1: unknown), how many characters say so, and how sure that is."""

    area: _Ints
    reach: _Ints
    doubt: _Ints
    """0: the text says so; 1: only the postcode does; 2: the city lies in another prefecture than the text says."""


def _areas(folded: pl.Series, code_area: _Ints) -> _Areas:
    names = _prefecture_names()
    written = _on(folded, pl.col("x").str.extract("^(" + "|".join(names) + ")"))
    prefecture = written.replace_strict(names, range(1, len(names) + 1), default=0, return_dtype=pl.Int64).to_numpy()
    reach = written.str.len_chars().fill_null(0).cast(pl.Int64)
    after, start = folded.str.slice(reach), reach.to_numpy()
    index, areas, members = city_index()
    area, length = index.find(prefecture, after)
    pairs = (members["area"] * areas.height + members["city_id"]).to_numpy()
    area = np.where(np.isin(area * areas.height + code_area, pairs) & (code_area >= 0), code_area, area)
    doubt = np.zeros_like(area)
    lost = np.flatnonzero((area < 0) & (prefecture > 0))
    elsewhere, far = index.find(np.zeros_like(lost), after.gather(pl.Series(lost)))
    single = (elsewhere >= 0) & (elsewhere < cities().height)
    area[lost[single]], length[lost[single]], doubt[lost[single]] = elsewhere[single], far[single], 2
    home = areas["prefecture"].replace_strict(prefectures(), range(1, 48), default=0, return_dtype=pl.Int64).to_numpy()
    borrowed = (area < 0) & (code_area >= 0) & ((prefecture == 0) | (prefecture == home[code_area]))
    doubt[borrowed] = 1
    return _Areas(np.where(borrowed, code_area, area), start + length, doubt)


def _places(text: pl.Series, postcode: pl.Series) -> pl.DataFrame:
    """prefecture, city, town and the rest of each text; all null where no place is found."""
    codes = postcode.to_frame("postcode").join(_postcodes(), on="postcode", how="left", maintain_order="left")
    code_area, code_place = (codes[name].fill_null(-1).to_numpy() for name in ("code_area", "code_place"))
    folded = _on(text, fold(pl.col("x")))
    area, reach, doubt = _areas(folded, code_area)
    after = folded.str.slice(pl.Series(reach))
    place, lead, length = _towns(after, area)
    numbered = _on(after, pl.col("x").str.contains("^(?:[0-9]|$)")).to_numpy()
    from_code = (place < 0) & (area == code_area) & (code_place >= 0) & numbered & (doubt < 2)
    area = np.where((doubt > 0) & (place < 0) & ~from_code, -1, area)
    place = np.where(area < 0, -1, np.where(from_code, code_place, place))
    reach = reach + np.where((place >= 0) & ~from_code, lead + length, 0)
    places = town_index().places
    area = np.where(place >= 0, places["area"].to_numpy()[place], area)
    found = [
        _pick(city_index().areas["prefecture"], area),
        _pick(city_index().areas["city"], area),
        _pick(places["town"], place),
    ]
    rest = text.str.slice(pl.Series(reach)).alias("rest")
    frame = pl.DataFrame([*found, rest]).with_columns(rest=pl.when(pl.col("city").is_not_null()).then(pl.col("rest")))
    more = pl.col("town").is_not_null() & pl.col("rest").str.contains("^町(?:[0-9]|$)")
    return frame.with_columns(
        town=pl.when(more).then(pl.col("town") + "町").otherwise(pl.col("town")),
        rest=pl.when(more).then(pl.col("rest").str.slice(1)).otherwise(pl.col("rest")),
    )


def _pick(values: pl.Series, at: _Ints) -> pl.Series:
    """``values`` at the given rows, null for -1."""
    rows = pl.Series(at)
    return values.gather(rows.set(rows < 0, None)) if len(values) else values


def _length(texts: pl.Series, pattern: str) -> _Ints:
    """How many characters ``pattern`` takes from the beginning of each text."""
    found = _on(texts, pl.col("x").str.extract(pattern, 0).str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
    return found.copy()


class _Towns(NamedTuple):
    """The town of each text behind its city: its place (-1: none), characters before it, characters of it."""

    place: _Ints
    lead: _Ints
    length: _Ints


def _towns(after: pl.Series, area: _Ints) -> _Towns:
    index = town_index().ways
    lead = _length(after, "^(?:大字|小字|字)")
    kyoto = (
        _pick(city_index().areas["city"], area).str.starts_with("京都市").fill_null(value=False).arg_true().to_numpy()
    )
    lead[kyoto] = np.maximum(lead[kyoto], _length(after.gather(kyoto), _KYOTO))
    place, length = index.find(area, after.str.slice(pl.Series(lead)))
    inner = _on(after, pl.col("x").str.slice(1, 12).str.contains("字", literal=True)).arg_true().to_numpy()
    inner = inner[area[inner] >= 0]
    text = after.gather(inner).str.slice(pl.Series(lead[inner]))
    mark = _on(text, pl.col("x").str.extract("(大字|小字|字)").str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
    found, reach = index.find(area[inner], _on(text, pl.col("x").str.replace("大字|小字|字", "")))
    more = reach > length[inner]
    place[inner[more]], length[inner[more]] = found[more], (reach + mark)[more]
    again = np.flatnonzero((place < 0) & (area >= 0))
    skip = _length(after.gather(again), _SKIPPED)
    found, reach = index.find(area[again], after.gather(again).str.slice(pl.Series(skip)))
    hit = (found >= 0) & (skip > 0)
    place[again[hit]], lead[again[hit]], length[again[hit]] = found[hit], skip[hit], reach[hit]
    return _Towns(place, lead, length)


def _numbered(rest: pl.Series) -> list[pl.Series]:
    """The texts behind the place, cut into koaza, block and rest."""
    cut = pl.col("x").str.extract_groups(_NUMBERED)
    parts = rest.to_frame("x").with_columns(cut.alias("cut")).unnest("cut")
    parts = parts.rename({"1": "koaza", "2": "chain", "3": "term", "4": "tail"})
    koaza, chain, term, tail = (pl.col(name) for name in ("koaza", "chain", "term", "tail"))
    counted = pl.concat_str(chain, term).str.contains("丁目|番地") | koaza.str.contains("^(?:大字|小字|字)")
    room = (
        ((term == "") & tail.str.contains(r"^(?:階(?:[^下上]|$)|F(?:[^A-Z]|$)|室|棟|館|番館)"))
        | (term.str.ends_with("号") & tail.str.contains(r"^(?:室|棟|館)"))
        | ((term == "番") & tail.str.starts_with("館"))
        | chain.str.contains("番地?-[0-9]{3,}$")
    )
    parts = parts.with_columns((koaza.str.contains(_BUILDING) & ~counted).fill_null(value=True).alias("building"),
                               room.fill_null(value=False).alias("room"))  # fmt: skip
    building, room = pl.col("building"), pl.col("room")
    last = pl.concat_str(chain.str.extract("([0-9]+)$"), term, tail)
    parts = parts.with_columns(
        pl.when(~building).then(koaza).alias("koaza"),
        pl.when(building).then(None).when(room).then(chain.str.replace(_LAST, "")).otherwise(chain).alias("chain"),
        pl.when(building).then(pl.col("x")).when(room).then(last).otherwise(tail).alias("tail"),
    )
    block = chain.str.replace_all("[^0-9]+", "-").str.replace_all("(^|-)0+([0-9])", "${1}${2}").replace("", None)
    parts = parts.with_columns(block.alias("block"), block.str.extract_groups(_OVERLONG).alias("cut")).unnest("cut")
    over = pl.coalesce("2", "4") + " "
    parts = parts.with_columns(pl.coalesce("1", "3", "block").alias("block"),
                               (over + tail).fill_null(tail).alias("rest"))  # fmt: skip
    return [parts["koaza"], parts["block"], parts["rest"]]


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Words before the number, or without one, that are no building: a town that the table lacks, else 小字."""
    rest = pl.col("rest")
    words = pl.col("block").is_null() & (rest.str.len_chars() <= 12)
    words = words & ~rest.str.contains(rf"[0-9]|{_BUILDING}|[方様内]$")
    frame = frame.with_columns(words.fill_null(value=False).alias("words"))
    name = pl.when(pl.col("words")).then(rest).otherwise(pl.col("koaza"))
    name = name.str.replace("^(?:無番地|番地(?:なし|無し)|大字|小字|字)", "").str.strip_chars(_EDGES)
    name = fold_hard(name).str.replace_all(r"(\p{Han})[ヶがガ](\p{Han})", "${1}ケ${2}")
    frame = frame.with_columns(name.replace("", None).alias("koaza"))
    unlisted = pl.when(pl.col("koaza").str.contains(_BUILDING)).then("字" + pl.col("koaza")).otherwise(pl.col("koaza"))
    return frame.with_columns(
        pl.coalesce(pl.col("town"), unlisted).alias("town"),
        pl.when(pl.col("town").is_not_null()).then(pl.col("koaza")).alias("koaza"),
        pl.when(~pl.col("words")).then(rest).alias("rest"),
    )


def _room(rest: pl.Series) -> list[pl.Series]:
    """What is left behind the block, cut into building and room."""
    floors = pl.col("x").str.replace_all(r"[()「」『』【】〔〕\[\]・]", "")
    floors = floors.str.replace_all(r"([ァ-ヺ])-([ァ-ヺ])", "${1}ー${2}")
    floors = floors.str.replace_all(r"(?:地下|B)([0-9]+)(?:階|F)", "地下${1}階")
    floors = floors.str.replace_all(r"([0-9]) ?F([^A-Z]|$)", "${1}階${2}")
    tidied = _where(_on(rest, fold_hard(pl.col("x"))), r"[()「」『』【】〔〕\[\]・F]|[ァ-ヺ]-|地下|B[0-9]", floors)
    tidied = _on(tidied, pl.col("x").str.strip_chars(_EDGES))
    parts = tidied.to_frame("x").with_columns(pl.col("x").str.extract_groups(_ROOM).alias("cut")).unnest("cut")
    parts = parts.with_columns(pl.coalesce("1", "4", "6", "7", "9").alias("room"))
    name = pl.when(pl.col("room").is_null()).then(pl.col("x")).otherwise(pl.coalesce("2", "3", "5", "8"))
    name = name.str.strip_chars(_EDGES).str.replace_all("([0-9]) +([0-9])", "${1}-${2}")
    name = name.str.replace_all(" ", "", literal=True).replace("", None)
    return [parts.select(name.alias("building"))["building"], parts["room"]]


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

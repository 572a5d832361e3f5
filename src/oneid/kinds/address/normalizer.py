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
  and number: 上堤頭, 甲), ``block`` (丁目, 番 and 号 as hyphened numbers: 2-8-1), ``building`` (with its floor: 23階;
  capitals, no blanks or middle dots), ``room``.

A city that several prefectures have (府中市) is decided by the prefecture, else by the postcode, else by a town that
only one of them has; else the prefecture is null. A city that lies in another prefecture than the text says is taken
where the whole country has one such city and it has the town. A postcode completes what is missing only where nothing
contradicts it: what the text says wins. Blanks matter only between letters or digits (2-8-1 203 is not 2-8-1203).

Municipalities that were merged or renamed lead to today's (:mod:`oneid.kinds.address.former`). The label 住所, the
country, a telephone number, an addressee (様, 御中) and remarks (先, 付近) around an address are left out; 方 and c/o
become 様方. Most addresses are in the usual spelling and are read by an exact look-up
(:mod:`oneid.kinds.address.usual`).

Known limits: 2-8-203 may end in a room (it is taken as a block unless the first number is above 60 and the last above
100: a lot of many parts is written the same way); a 小字 of one of the few towns named 大 reads as a 大字 of its own;
of towns and villages that no longer exist only those are understood that the names of today's towns carry, or that
stand in our list; a corner of Kyoto without its town is only its ward.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.extras.postal import known, looked_up
from oneid.japanese.places import cities, city_index, fold, numbers, prefectures, town_index
from oneid.japanese.text import as_text, is_placeholder, settled, tidy
from oneid.kinds.address.former import rewritten
from oneid.kinds.address.tail import begins, named, numbered, on, pick, rooms, taken, where
from oneid.kinds.address.usual import usual, usual_ready

__all__ = ["address", "address_parts"]

_Ints: TypeAlias = npt.NDArray[np.int64]
_Reader: TypeAlias = Callable[[pl.Series, pl.Series], pl.DataFrame]

_COLUMNS = ("normalized", "display", "reason", "prefecture", "city", "town", "koaza", "block", "building", "room")
_CHUNK = 400_000
"""Rows worked on at a time, so that memory does not grow with the number of rows."""

_SIGNS = dict.fromkeys("‐‑‒–—―−─━﹣~〜∼˗", "-") | dict.fromkeys("、,/|", " ")

_POSTCODE = r"^(?:〒[0-9]{3}-?[0-9]{4}|[0-9]{3}-?[0-9]{4}([\p{Han}&&[^番丁号地]]|$))"
"""A postcode before the address."""

_TELEPHONE = r"0[0-9]{1,4}[-‐−ー)(]?[0-9]{1,4}[-‐−ー)(]?[0-9]{3,4}\)?$"

_AROUND = (
    (r"^(?:[\[(【](?:現|ご|御)?住所[\])】] ?:?|(?:現|ご|御)?住所 ?[: ]) *", ""),
    (r"^日本国?[ ,、]*((?:〒|東京都|北海道|京都府|大阪府|\p{Han}{2,3}県))", "${1}"),
    (r"^(.+?) *\(?〒[0-9]{3}-?[0-9]{4}\)?$", "${1}"),
    (rf"(?i)[ (,、/]*(?:TEL|FAX|電話|携帯|☎|[ (])[^0-9+]{{0,4}}{_TELEPHONE}", ""),
    (r"^(.*[0-9].*?)(?: \p{Han}{1,3})? [^0-9 ]{1,12} ?(?:様|殿|御中)$", "${1}"),
    (r"(?i) *c/o ?([^0-9]{1,10}?)(?: ?様)?$", " ${1}様方"),
)
"""What stands around an address and is none: the field's label, the country, a telephone number, the addressee; and
c/o, which is 様方."""

_AROUND_AT_ALL = rf"(?i)住所|.〒|^日本|様$|殿$|御中$|c/o|{_TELEPHONE}"

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

_KYOTO = r"^.*(?:上る|上ル|下る|下ル|上がる|下がる|東入る|西入る|東入ル|西入ル|東入|西入)"
"""The directions from a street corner that stand before a town of central Kyoto."""

_SKIPPED = rf"^(?:[^0-9]{{1,4}}区|{_KYOTO[1:]}[0-9]+丁目)"
"""What is passed over where no town is found at once: a ward of former times (浜松市中区, until 2023); 上る四丁目."""


_FEW = 10_000
"""Reading fewer addresses carefully takes less time than making the table of usual spellings, once a process."""

_LINKED = r"^(\p{Han}{1,4})[ケノ](\p{Han})"
"""A linking ケ or ノ that the official name does not have (阿佐ヶ谷南, officially 阿佐谷南)."""


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
    around = pl.col("x")
    for pattern, replacement in _AROUND:
        around = around.str.replace(pattern, replacement)
    text = _working(where(text, _AROUND_AT_ALL, around))
    inside = on(text, pl.col("x").str.extract(_POSTCODE, 0).str.replace_all("[^0-9]", ""))
    code = pl.when(pl.col("text").is_not_null()).then(pl.col("code")).alias("postcode")
    codes = pl.DataFrame({"text": text, "code": postcode.fill_null(inside)}).select(code)["postcode"]
    text = on(text, pl.col("x").str.replace(_POSTCODE, "${1}").str.replace("^〒", "").fill_null(""))
    frame = _completed(text, codes, _places(text, codes))
    text, frame = _today(text, codes, frame)
    frame = named(frame.with_columns(numbered(frame["rest"])))
    frame = frame.with_columns(rooms(frame["rest"])).with_columns(_normalized(), shown, placeholder)
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


@cache
def _prefecture_names() -> list[str]:
    return on(pl.Series(prefectures()), fold(pl.col("x"))).to_list()


class _Areas(NamedTuple):
    """Where each text is: its area (-1: unknown), how many characters say so, and how sure that is."""

    area: _Ints
    reach: _Ints
    doubt: _Ints
    """0: the text says so; 1: only the postcode does; 2: the city lies in another prefecture than the text says."""


def _areas(folded: pl.Series, code_area: _Ints) -> _Areas:
    names = _prefecture_names()
    written = on(folded, pl.col("x").str.extract("^(" + "|".join(names) + ")"))
    prefecture = written.replace_strict(names, range(1, len(names) + 1), default=0, return_dtype=pl.Int64).to_numpy()
    reach = written.str.len_chars().fill_null(0).cast(pl.Int64)
    after = folded.str.slice(reach)
    again = begins(after, written)
    reach = reach + pl.select(pl.when(again).then(reach).otherwise(0)).to_series()
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


def _places(text: pl.Series, postcode: pl.Series, table: pl.DataFrame | None = None) -> pl.DataFrame:
    """prefecture, city, town and the rest of each text; all null where no place is found.

    ``table`` says what postcodes stand for (:func:`oneid.japanese.extras.postal.known` where it is None).
    """
    table = known() if table is None else table
    codes = postcode.to_frame("postcode").join(table, on="postcode", how="left", maintain_order="left")
    code_area, code_place = (codes[name].fill_null(-1).to_numpy() for name in ("code_area", "code_place"))
    folded = on(text, fold(pl.col("x")))
    area, reach, doubt = _areas(folded, code_area)
    after = folded.str.slice(pl.Series(reach))
    place, passed = _towns(after, area)
    place, passed = _said_twice(folded, area, reach, _Towns(place, passed))
    numbered = on(after, pl.col("x").str.contains("^(?:[0-9]|$)")).to_numpy()
    from_code = (place < 0) & (area == code_area) & (code_place >= 0) & numbered & (doubt < 2)
    area = np.where((doubt > 0) & (place < 0) & ~from_code, -1, area)
    place = np.where(area < 0, -1, np.where(from_code, code_place, place))
    reach = reach + np.where(from_code | (area < 0), 0, passed)
    place = _told_apart(text, place)
    places = town_index().places
    area = np.where(place >= 0, places["area"].to_numpy()[place], area)
    found = [
        pick(city_index().areas["prefecture"], area),
        pick(city_index().areas["city"], area),
        pick(places["town"], place),
    ]
    rest = text.str.slice(pl.Series(reach)).alias("rest")
    frame = pl.DataFrame([*found, rest]).with_columns(rest=pl.when(pl.col("city").is_not_null()).then(pl.col("rest")))
    more = pl.col("town").is_not_null() & pl.col("rest").str.contains("^町(?:[0-9]|$)")
    street = pl.col("town").str.ends_with("通").fill_null(value=False) & pl.col("rest").str.starts_with("り")
    frame = frame.with_columns(rest=pl.when(street).then(pl.col("rest").str.slice(1)).otherwise(pl.col("rest")))
    return frame.with_columns(
        town=pl.when(more).then(pl.col("town") + "町").otherwise(pl.col("town")),
        rest=pl.when(more).then(pl.col("rest").str.slice(1)).otherwise(pl.col("rest")),
    )


def _said_twice(folded: pl.Series, area: _Ints, reach: _Ints, towns: _Towns) -> _Towns:
    """The towns, where city (or prefecture and city) stand twice: two columns joined that both hold them."""
    before, after = folded.str.slice(0, pl.Series(reach)), folded.str.slice(pl.Series(reach))
    place, passed = towns
    pattern = "^(?:" + "|".join(_prefecture_names()) + ")"
    for said in (before, on(before, pl.col("x").str.replace(pattern, ""))):
        long = said.str.len_chars().cast(pl.Int64).to_numpy()
        twice = begins(after, said).to_numpy() & (long > 1) & (area >= 0) & (passed < long)
        rows = np.flatnonzero(twice)
        found = _towns(after.gather(rows).str.slice(pl.Series(long[rows])), area[rows])
        place[rows], passed[rows] = found.place, found.passed + long[rows]
    return _Towns(place, passed)


def _told_apart(text: pl.Series, place: _Ints) -> _Ints:
    """The places, where two towns of one city fold alike (椙谷町 and 杉谷町 of 福井市) as the text writes them."""
    for one, other, town in town_index().twins.rows():
        rows = np.flatnonzero(place == one)
        place[rows[text.gather(rows).str.contains(town, literal=True).to_numpy()]] = other
    return place


def _completed(text: pl.Series, codes: pl.Series, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, with what only the extra ``address`` knows of postcodes for the texts that leave the place open."""
    left = (frame["town"].is_null() | frame["prefecture"].is_null()) & codes.is_not_null()
    rows = left.arg_true()
    table = looked_up(codes.gather(rows))
    if table.is_empty():
        return frame
    rows = (left & codes.is_in(table["postcode"].implode())).arg_true()
    found = _places(text.gather(rows), codes.gather(rows), table)
    at = pl.select(pl.int_range(frame.height, dtype=pl.Int64)).to_series()
    return pl.concat([frame, found])[at.scatter(rows, frame.height + np.arange(len(rows)))]


def _today(text: pl.Series, codes: pl.Series, frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Texts and frame with the municipalities of former times replaced, where they were all that was missing."""
    lost = frame["city"].is_null().arg_true()
    ways = rewritten(text.gather(lost))
    if ways.is_empty():
        return text, frame
    found = _places(ways["text"], codes.gather(lost).gather(ways["row"]))
    sure = found.select("town", "city").with_columns(ways["row"], pl.int_range(pl.len()).alias("way"))
    own = pl.col("town").str.strip_prefix("大字").str.len_chars() > ways["stem"].str.len_chars()
    sure = sure.filter(own | (pl.col("city").is_not_null() & ways["listed"] & (ways["stem"] == "")))
    best = sure.sort(pl.col("town").is_null(), "way").unique("row", keep="first", maintain_order=True)
    at = lost.gather(best["row"]).cast(pl.Int64)
    rows = pl.select(pl.int_range(frame.height, dtype=pl.Int64)).to_series().scatter(at, frame.height + best["way"])
    return text.clone().scatter(at, ways["text"].gather(best["way"])), pl.concat([frame, found])[rows]


class _Towns(NamedTuple):
    """The town of each text behind its city: its place (-1: none), and how many characters are read with it."""

    place: _Ints
    passed: _Ints


def _towns(after: pl.Series, area: _Ints) -> _Towns:
    index = town_index().ways
    lead = taken(after, "^(?:大字|小字|字)")
    kyoto = (
        pick(city_index().areas["city"], area).str.starts_with("京都市").fill_null(value=False).arg_true().to_numpy()
    )
    corner = np.zeros_like(lead)
    corner[kyoto] = taken(after.gather(kyoto), _KYOTO)
    lead = np.maximum(lead, corner)
    place, length = index.find(area, after.str.slice(pl.Series(lead)))
    inner = on(after, pl.col("x").str.slice(1, 12).str.contains("字", literal=True)).arg_true().to_numpy()
    inner = inner[area[inner] >= 0]
    text = after.gather(inner).str.slice(pl.Series(lead[inner]))
    mark = on(text, pl.col("x").str.extract("(大字|小字|字)").str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
    found, reach = index.find(area[inner], on(text, pl.col("x").str.replace("大字|小字|字", "")))
    more = reach > length[inner]
    place[inner[more]], length[inner[more]] = found[more], (reach + mark)[more]
    again = np.flatnonzero((place < 0) & (area >= 0))
    for pattern, replacement, start in ((_SKIPPED, "", np.zeros_like(lead)), (_LINKED, "${1}${2}", lead)):
        text = after.gather(again).str.slice(pl.Series(start[again]))
        found, reach = index.find(area[again], on(text, pl.col("x").str.replace(pattern, replacement)))
        gone = taken(text, pattern) if pattern == _SKIPPED else np.ones_like(reach)
        hit = (found >= 0) & on(text, pl.col("x").str.contains(pattern)).to_numpy()
        place[again[hit]] = found[hit]
        lead[again[hit]], length[again[hit]] = start[again[hit]], gone[hit] + reach[hit]
        again = again[~hit]
    return _Towns(place, np.where(place >= 0, lead + length, corner))


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

"""Which prefecture, city and town an address begins with; what follows them is :mod:`oneid.kinds.address.tail`'s."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.places import cities, city_index, fold, postcodes, prefectures, town_index
from oneid.kinds.address.former import rewritten
from oneid.kinds.address.postal import looked_up
from oneid.kinds.address.tail import begins, on, pick, taken

__all__ = ["completed", "places_of", "renewed"]

_Ints: TypeAlias = npt.NDArray[np.int64]

_TURN = "(?:(?:上|下)(?:が|ガ|ケ)?[るル]|[あさアサ][がガケ][るル]|(?:東|西|南|北)[へヘ]?入[るル]?)"
_KYOTO = rf"^(?:[^0-9]|[0-9]+(?:条|筋目?|丁目|軒))*{_TURN}(?:まで|迄|角|[東西南北]側|[0-9一二三四五六七八九十]+筋目?)?"
"""The directions from a street corner that stand before a town of central Kyoto."""

_SKIPPED = rf"^(?:[^0-9]{{1,4}}区|{_KYOTO[1:]}[0-9]+(?:丁目|筋目?))"
"""What is passed over where no town is found at once: a ward of former times (浜松市中区, until 2023); 上る四丁目."""

_ELSEWHERE = r"^[^0-9]{0,8}[市郡町村区]"
"""A municipality that is still to come: then the postcode's city is not the one that the text means."""

_OFFICE = "^[^0-9]{0,6}局(?:留|.{0,4}私書[箱函])"
"""A post office that bears the town's name and has a box, or keeps what comes."""

_LINKED = r"^(\p{Han}{1,4})[ケノ](\p{Han})"
"""A linking ケ or ノ that the official name does not have (阿佐ヶ谷南, officially 阿佐谷南)."""


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


def places_of(text: pl.Series, postcode: pl.Series, table: pl.DataFrame | None = None) -> pl.DataFrame:
    """prefecture, city, town and the rest of each text; all null where no place is found.

    ``table`` says what postcodes stand for (:func:`oneid.japanese.places.postcodes` where it is None).
    """
    table = postcodes() if table is None else table
    codes = postcode.to_frame("postcode").join(table, on="postcode", how="left", maintain_order="left")
    code_area, code_place = (codes[name].fill_null(-1).to_numpy() for name in ("code_area", "code_place"))
    folded = on(text, fold(pl.col("x")))
    area, reach, doubt = _areas(folded, code_area)
    after = folded.str.slice(pl.Series(reach))
    place, passed = _towns(after, area)
    place, passed = _said_twice(folded, area, reach, _Towns(place, passed))
    guessed = (doubt == 1) & on(after.str.slice(pl.Series(passed)), pl.col("x").str.contains(_ELSEWHERE)).to_numpy()
    place = np.where(guessed, -1, place)
    boxed = on(after.str.slice(pl.Series(passed)), pl.col("x").str.contains(_OFFICE)).to_numpy()
    place, passed = np.where(boxed, -1, place), np.where(boxed, 0, passed)
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
    frame = pl.DataFrame([*found, rest]).with_columns(
        rest=pl.when(pl.col("city").is_not_null()).then(pl.col("rest")), sure=pl.Series(doubt == 0)
    )
    more = pl.col("town").is_not_null() & pl.col("rest").str.contains("^町(?:[0-9]|$)")
    street = pl.col("town").str.ends_with("通").fill_null(value=False) & pl.col("rest").str.starts_with("り")
    return frame.with_columns(
        rest=pl.when(street | more).then(pl.col("rest").str.slice(1)).otherwise(pl.col("rest")),
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
        if not len(rows):
            continue
        found = _towns(after.gather(rows).str.slice(pl.Series(long[rows])), area[rows])
        place[rows], passed[rows] = found.place, found.passed + long[rows]
    return _Towns(place, passed)


def _told_apart(text: pl.Series, place: _Ints) -> _Ints:
    """The places, where two towns of one city fold alike (椙谷町 and 杉谷町 of 福井市) as the text writes them."""
    for one, other, town in town_index().twins.rows():
        rows = np.flatnonzero(place == one)
        place[rows[text.gather(rows).str.contains(town, literal=True).to_numpy()]] = other
    return place


def completed(text: pl.Series, codes: pl.Series, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, with what only the extra ``address`` knows of postcodes for the texts that leave the place open."""
    left = (frame["town"].is_null() | frame["prefecture"].is_null()) & codes.is_not_null()
    rows = left.arg_true()
    table = looked_up(codes.gather(rows))
    if table.is_empty():
        return frame
    rows = (left & codes.is_in(table["postcode"].implode())).arg_true()
    found = places_of(text.gather(rows), codes.gather(rows), table)
    at = pl.select(pl.int_range(frame.height, dtype=pl.Int64)).to_series()
    return pl.concat([frame, found])[at.scatter(rows, frame.height + np.arange(len(rows)))]


def renewed(text: pl.Series, codes: pl.Series, frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Texts and frame with the municipalities of former times replaced, where the text names no city of today.

    What a postcode alone says, or a city of another prefecture, gives way to a former municipality, unless a town of
    that name is meant (城山町 without its 郡).
    """
    lost = (frame["city"].is_null() | ~frame["sure"]).arg_true()
    if lost.is_empty():
        return text, frame
    ways = rewritten(text.gather(lost))
    now = frame["town"].gather(lost).gather(ways["row"])
    town = now.alias("now").to_frame().with_columns(ways["bare"])
    meant = town.select(pl.col("now").str.starts_with(pl.col("bare")).fill_null(value=False)).to_series()
    ways = ways.filter(~meant)
    if ways.is_empty():
        return text, frame
    found = places_of(ways["text"], codes.gather(lost).gather(ways["row"]))
    sure = found.select("town", "city", "rest").with_columns(
        ways["row"], pl.int_range(pl.len()).alias("way"),
        whole=pl.col("rest").str.contains(r"^(?:[^\p{Han}]|$)").fill_null(value=False),
    )  # fmt: skip
    own = pl.col("town").str.strip_prefix("大字").str.len_chars() > ways["stem"].str.len_chars()
    sure = sure.filter(found["sure"] & (own | (pl.col("city").is_not_null() & ways["listed"] & (ways["stem"] == ""))))
    order = (pl.col("town").is_null(), ~pl.col("whole"), "way")
    best = sure.sort(order).unique("row", keep="first", maintain_order=True)
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
    for closer in (_inner, _called_town):
        rows, found, reach = closer(after, area, lead, place, length)
        place[rows], length[rows] = found, reach
    again = np.flatnonzero((place < 0) & (area >= 0))
    for pattern, replacement, start in ((_SKIPPED, "", np.zeros_like(lead)), (_LINKED, "${1}${2}", lead)):
        if not len(again):
            break
        text = after.gather(again).str.slice(pl.Series(start[again]))
        found, reach = index.find(area[again], on(text, pl.col("x").str.replace(pattern, replacement)))
        gone = taken(text, pattern) if pattern == _SKIPPED else np.ones_like(reach)
        hit = (found >= 0) & on(text, pl.col("x").str.contains(pattern)).to_numpy()
        place[again[hit]] = found[hit]
        lead[again[hit]], length[again[hit]] = start[again[hit]], gone[hit] + reach[hit]
        again = again[~hit]
    ahead = again[corner[again] > 0]
    found, reach = index.find(area[ahead], after.gather(ahead))
    place[ahead], length[ahead] = found, np.maximum(reach - lead[ahead], 0)  # then the streets that lead to it
    return _Towns(place, np.where(place >= 0, lead + length, corner))


_Closer: TypeAlias = tuple[_Ints, _Ints, _Ints]
"""Rows, and the place and the characters read with it that say more than what was found before."""


def _inner(after: pl.Series, area: _Ints, lead: _Ints, _place: _Ints, length: _Ints) -> _Closer:
    """Towns whose name has a 字 inside that the table leaves out (有松町大字桶狭間)."""
    inner = on(after, pl.col("x").str.slice(1, 12).str.contains("字", literal=True)).arg_true().to_numpy()
    inner = inner[area[inner] >= 0]
    if not len(inner):
        return inner, inner, inner
    text = after.gather(inner).str.slice(pl.Series(lead[inner]))
    mark = on(text, pl.col("x").str.extract("(大字|小字|字)").str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
    found, reach = town_index().ways.find(area[inner], on(text, pl.col("x").str.replace("大字|小字|字", "")))
    more = reach > length[inner]
    return inner[more], found[more], (reach + mark)[more]


def _called_town(after: pl.Series, area: _Ints, lead: _Ints, place: _Ints, length: _Ints) -> _Closer:
    """Towns written without their 町 (西小松川 for 西小松川町), where the whole word before the number is one then."""
    start = pl.Series(lead + np.where(place >= 0, length, 0))
    open_ = on(after.str.slice(start), pl.col("x").str.contains(r"^[\p{Han}ぁ-んァ-ヺ]")).to_numpy()
    rows = np.flatnonzero((area >= 0) & (open_ | (place < 0)))
    if not len(rows):
        return rows, rows, rows
    word = on(
        after.gather(rows).str.slice(pl.Series(lead[rows])),
        pl.col("x").str.extract(r"^([^-0-9 ()]{1,10}?)(?:[0-9]|$)", 1),
    )
    called = on(word, pl.when(~pl.col("x").str.contains("[町村]$")).then(pl.col("x") + "町"))
    found, reach = town_index().ways.find(area[rows], called.fill_null(""))
    long = called.str.len_chars().fill_null(-1).cast(pl.Int64).to_numpy()
    fits = reach == long
    return rows[fits], found[fits], (long - 1)[fits]

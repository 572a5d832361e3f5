"""Addresses in the usual spelling: an official place, two or three numbers, perhaps a building and a room.

Nine of ten addresses of a customer table look like this, and an exact look-up with one pattern reads them in a
fraction of the time that the careful reading in :mod:`oneid.kinds.address.normalizer` takes. It must give exactly what
the careful reading gives, or nothing: ``tests/kinds/address/test_usual.py`` compares the two on every town of
Japan.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.kanji import fold_hard
from oneid.japanese.places import cities, city_index, fold, folded_names, numbers, prefectures, town_index
from oneid.vocabulary.codes import code

__all__ = ["Heads", "spellings", "usual", "usual_ready"]

_Ints: TypeAlias = npt.NDArray[np.int64]

_H = "(?:[-‐‑‒–—―−─━~〜∼ー]|[のノ])"
_N = "[1-9][0-9]{0,3}"
_TWO = rf"{_N}(?:番地?の?|{_H}){_N}"
_THREE = rf"(?:[1-9]|[1-5][0-9])(?:丁目|{_H}){_TWO}"
_ENDED = rf"(?:(?:{_THREE}|{_TWO})号?|{_N}丁目{_N}(?:番地?)?|{_N}(?:番地?|丁目)?)"
_ROOM = "[1-9][0-9]{2,3}"
_ALONE = rf"(?:(?:{_THREE}|{_TWO}|(?:{_N}丁目)?{_N})(?: -?{_ROOM}|番地? ?-{_ROOM})|(?:{_THREE}|{_TWO})号 ?-?{_ROOM})"
_COUNTERS = "丁目番号地線条区組割街町階室棟館軒通東西南北内先付近以甲乙〇零一二三四五六七八九十百千壱弐参様殿方私"
_FIRST = f"(?:[ァ-ヺ&&[^ノヶ]]ー*|[一-龥&&[^{_COUNTERS}]])"
_NEXT = "[ァ-ヺ]ー*|中央|[A-Zぁ-ん一-龥々・ &&[^BF階様殿方私中置配在玄希届号]]"
_NAME = f"{_FIRST}[・ ]*(?:{_NEXT.replace('・ ', '')})(?:{_NEXT})*"
_WHOLE = rf"^(?:{_ENDED}(?: ?{_NAME}(?:[ -]?{_ROOM}(?:号室?)?)?)?|{_ALONE}(?:号室)?)$"
"""The whole text behind the place. What it does not let through is left to the careful reading: a first number that
cannot be a 丁目 before two more, a number that may be a room, a word that begins like a counter, a single letter
(6番地ロ, 6番地ロ 703)."""


class Heads(NamedTuple):
    """The exact spellings of places: sorted codes, and for each its place."""

    codes: npt.NDArray[Any]
    places: _Ints

    @staticmethod
    def of(codes: npt.NDArray[Any], places: _Ints) -> Heads:
        """Of the codes of all spellings, without those that two spellings share."""
        sort = np.argsort(codes, kind="stable")
        codes, places = codes[sort], places[sort]
        apart = np.ones(len(codes) + 1, dtype=np.bool_)
        apart[1:-1] = codes[1:] != codes[:-1]
        single = apart[1:] & apart[:-1]
        return Heads(codes[single], places[single])

    def find(self, codes: npt.NDArray[Any]) -> _Ints:
        """The place of each code, -1 where it is of no exact spelling."""
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        place: _Ints = np.where(self.codes[at] == codes, self.places[at], -1)
        return place


@cache
def _found() -> pl.DataFrame:
    """prefecture, city, town and all three as one text, for each of the places that have a town and a city."""
    areas = city_index().areas.with_row_index("area").with_columns(pl.col("area").cast(pl.Int64))
    table = town_index().places.join(areas, on="area", how="left", maintain_order="left")
    line = pl.concat_str("prefecture", "city", "town").alias("line")
    return table.select("area", "prefecture", "city", "town", line)


def spellings() -> tuple[pl.Series, _Ints]:
    """All exact spellings and their places: prefecture (left out where the city's name is the only one), city and town,
    also with 大字 before the town, as the table writes them and in the matching form of texts (北1条西, 松ケ丘).

    A town is left out where its plain name leads to another town, where another town of the city folds alike, or
    where digits could make it a longer name (大通 beside 大通1丁目).
    """
    table = _found().with_row_index("place").with_columns(pl.col("town").str.strip_prefix("大字").alias("plain"))
    table = table.with_columns(folded_names(table["plain"]).alias("key"))
    keys = town_index().keys
    table = table.join(keys, on=["area", "key"]).filter(pl.col("target") == pl.col("place"))
    table = table.join(_stems(keys), on=["area", "key"], how="anti")
    table = table.join(town_index().twins, on="place", how="anti").join(_cities(), on="area")
    exact = table.select("place", pl.concat_str("written", "plain").alias("text"))
    alike = table.filter((pl.col("written") != pl.col("folded")) | (pl.col("plain") != pl.col("key")))
    table = pl.concat([exact, alike.select("place", pl.concat_str("folded", "key").alias("text"))])
    return table["text"], table["place"].cast(pl.Int64).to_numpy()


@cache
def _heads() -> Heads:
    texts, places = spellings()
    return Heads.of(code(texts), places)


def _stems(keys: pl.DataFrame) -> pl.DataFrame:
    """(area, key): the beginnings of keys that a digit makes longer."""
    ends = pl.int_ranges(1, pl.col("key").str.len_chars()).alias("end")
    cut = keys.filter(pl.col("key").str.contains("[0-9]")).select("area", "key", ends)
    cut = cut.explode("end", empty_as_null=False)
    cut = cut.filter(pl.col("key").str.slice(pl.col("end"), 1).str.contains("[0-9]"))
    return cut.select("area", pl.col("key").str.slice(0, pl.col("end"))).unique()


def _cities() -> pl.DataFrame:
    """(area, written, folded): the beginnings of addresses that lead to one city and to no other, and their matching
    form.
    """
    table = cities().with_row_index("area").with_columns(pl.col("area").cast(pl.Int64))
    order = table["prefecture"].replace_strict(prefectures(), range(1, 48), return_dtype=pl.Int64).alias("order")
    table = table.with_columns(order)
    short = table.with_columns(pl.col("city").str.extract("^.+?郡(.+[町村])$")).drop_nulls("city")
    table = pl.concat([table, short])
    bare = table.with_columns(pl.lit("").alias("prefecture"), pl.lit(0, pl.Int64).alias("order"))
    table = pl.concat([table, bare])
    name = folded_names(table["city"])
    area, length = city_index().ways.find(table["order"].to_numpy(), name)
    table = table.filter(pl.Series((area == table["area"].to_numpy()) & (length == name.str.len_chars().to_numpy())))
    written = [pl.concat_str("prefecture", "city", pl.lit(oaza)).alias("written") for oaza in ("", "大字")]
    table = pl.concat([table.select("area", text) for text in written])
    return table.with_columns(folded_names(table["written"]).alias("folded"))


def usual_ready() -> bool:
    """Whether the table of spellings is made already."""
    return _heads.cache_info().currsize > 0


def _look_up(head: pl.Series) -> _Ints:
    """The place of each head, -1 where it is no exact spelling."""
    return _heads().find(code(head))


def _look_closer(parts: pl.DataFrame) -> tuple[_Ints, pl.Series]:
    """The places of other heads in their matching form, and of those that go on behind a number (前田5条); tails."""
    head, tail = pl.col("head"), pl.col("tail")
    more = parts.lazy().select(
        fold(head).alias("head"), "tail", longer=tail.str.extract("^[0-9]+[^0-9]+", 0)
    ).with_columns(
        further=pl.col("head") + fold(pl.col("longer").str.replace_all(" ", "", literal=True)),
        rest=tail.str.strip_prefix(pl.col("longer")),
    ).collect()  # fmt: skip
    place = np.where(more["head"].is_null().to_numpy(), -1, _look_up(more["head"]))
    beyond = np.where(more["further"].is_null().to_numpy() | (place >= 0), -1, _look_up(more["further"]))
    tails = more.select(pl.when(pl.Series(beyond >= 0)).then("rest").otherwise("tail").alias("tail"))
    return np.maximum(place, beyond), tails["tail"]


def usual(shown: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The rows of tidy texts in the usual spelling, and what they say.

    Returns the row numbers (ascending) and a frame of that height: normalized, prefecture, city, town, block,
    building, room. Never raises.

    >>> texts = ["埼玉県草加市 栄町3丁目40番21号", "草加市のどこか", "草加市栄町3ー40 ハイツ桜203"]
    >>> rows, read = usual(pl.Series(texts))
    >>> rows.to_list(), read["normalized"].to_list()
    ([0, 2], ['埼玉県草加市栄町 3-40-21', '埼玉県草加市栄町 3-40 ハイツ桜203号室'])
    """
    x = pl.col("x")
    cut = numbers(shown).alias("x").to_frame().lazy().with_columns(x.str.extract("^[^0-9]+", 0).alias("head"))
    cut = cut.with_columns(x.str.strip_prefix(pl.col("head")).alias("tail"))
    parts = cut.select("tail", pl.col("head").str.replace_all(" ", "", literal=True)).collect()
    place = np.where(parts["head"].is_null().to_numpy(), -1, _look_up(parts["head"]))
    lost = pl.Series(np.flatnonzero(place < 0))
    place[lost.to_numpy()], closer = _look_closer(parts[lost])
    rows = pl.Series("row", np.flatnonzero(place >= 0))
    tail = parts["tail"].scatter(lost, closer).gather(rows)
    tails = tail.alias("x").to_frame().lazy()
    plain = fold_hard(x) == x  # a variant of a numeral (四條) is a number once it is folded
    fits = tails.select((x.str.contains(_WHOLE) & plain).fill_null(value=False)).collect()["x"]
    rows, tail = rows.filter(fits), tail.filter(fits)
    found = _found().select("prefecture", "city", "town", "line")[pl.Series(place).gather(rows)]
    return rows, found.with_columns(_tail(tail)).lazy().with_columns(_line()).drop("line", "flat").collect()


def _tail(tail: pl.Series) -> list[pl.Series]:
    """block, building, room and the last two as one text, of texts that :data:`_WHOLE` lets through."""
    x = pl.col("x")
    frame = tail.alias("x").to_frame().lazy().with_columns(x.str.extract(f"^{_ENDED}", 0).alias("chain"))
    frame = frame.with_columns(x.str.strip_prefix(pl.col("chain")).alias("rest"))
    block = pl.col("chain").str.strip_chars("号番地丁目").str.replace_all("[^0-9]+", "-").alias("block")
    made = frame.select(block, pl.col("rest")).collect()
    rows = (made["rest"] != "").arg_true()
    rest = made["rest"].gather(rows).alias("x").to_frame().lazy()
    rest = rest.with_columns(x.str.extract("[ -]?[0-9]+(?:号室?)?$", 0).fill_null("").alias("end"))
    name = x.str.strip_suffix(pl.col("end")).str.replace_all("[- ・]", "").str.strip_chars_end("の")
    rest = rest.select(
        fold_hard(name).replace("", None).alias("name"), pl.col("end").str.extract("([0-9]+)").alias("room")
    )
    flat = pl.concat_str("name", pl.col("room") + "号室", ignore_nulls=True).alias("flat")
    cut = rest.with_columns(flat).collect()
    none = pl.Series("none", [None], dtype=pl.String).new_from_index(0, len(tail))
    columns = zip(("building", "room", "flat"), ("name", "room", "flat"), strict=True)
    return [made["block"], *(none.clone().scatter(rows, cut[column]).alias(name) for name, column in columns)]


def _line() -> pl.Expr:
    return pl.concat_str("line", "block", "flat", separator=" ", ignore_nulls=True).alias("normalized")

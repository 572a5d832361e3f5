"""The table of Japanese places, and how spelled places are found in it.

The data is Japan Post's postal code table with a mark for 大字, shipped as ``towns.csv.xz`` (see ``PLACES-LICENCE.md``
beside it; ``scripts/make_place_data.py`` rebuilds the file). What look-ups need of it takes a second to make, so it is
shipped too (``cities``, ``town_places``, ``town_keys``, ``postcodes``: ``scripts/make_place_index.py``). All is read at
the first call, never at import.

Finding is a longest-prefix look-up (:class:`Index`): text and table are folded alike (:func:`numbers`, :func:`fold`),
so that 霞ヶ関 and 霞が関, 龍ケ崎 and 竜ヶ崎, 北1条西 and 北一条西 meet, and the answer is the table's own spelling.
"""

from __future__ import annotations

import io
import lzma
from functools import cache
from importlib import resources
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.kanji import fold_hard, fold_soft
from oneid.japanese.text import kanji_digits

__all__ = [
    "Index", "cities", "city_index", "fold", "folded_names", "numbers", "postcodes", "prefectures", "town_index",
    "towns",
]  # fmt: skip

_Ints: TypeAlias = npt.NDArray[np.int64]

_PREFECTURES = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)  # fmt: skip

_FORMS = {"ヶ": "ケ", "が": "ケ", "ガ": "ケ", "ヵ": "ケ", "カ": "ケ", "の": "ノ", "之": "ノ", "乃": "ノ", "ッ": "ツ",
          "つ": "ツ", "っ": "ツ", "菟": "莵", "祗": "祇", "竈": "竃", "ヱ": "エ", "ヰ": "イ",
          "舟": "船"}  # fmt: skip
"""Forms that clerks exchange in place names, beyond the kanji variants: one character for one."""

_NUMERAL = "〇零一二三四五六七八九十百千"
_COUNTED = rf"[{_NUMERAL}壱弐参]+(?:丁目|番地|号)|[{_NUMERAL}]+(?:丁目|丁|番|号|条|線|地割|区|階|軒|[-のノ之])"
_MAYBE = (
    rf"[壱弐参](?:丁目|番地|号)|[{_NUMERAL}](?:丁|番|号|条|線|地割|区|階|軒|[-のノ之ー])"
    rf"|[0-9地番目号][-のノ之][{_NUMERAL}]|地[{_NUMERAL}]"
)
"""Texts that may have something to read: what is behind this is dear."""
_AFTER = rf"[0-9](?:(?:番地?|丁目|号)?[-のノ之]|番地)[{_NUMERAL}]+"
_ALL = f"{_NUMERAL}壱弐参"
_OF_A_NAME = (
    rf"[0-9号][- のノ之]?[{_ALL}]|[{_ALL}]番[館街]",
    (rf"([0-9])([{_ALL[2:]}])", "${1} ${2}"),
    (rf"([{_ALL}]+)(番[館街])", "\ue000${1}\ue000${2}"),
    (rf"([0-9号] ?)([{_ALL}]+)(条(?:[^0-9東西南北通丁線目{_ALL}]|$))", "${1}\ue000${2}\ue000${3}"),
    (rf"([0-9]-[0-9]+(?:番地?|号)? ?)([{_ALL}]+)(丁目[^- 0-9の{_ALL}])", "${1}\ue000${2}\ue000${3}"),
    (
        rf"([0-9](?:番地?|丁目|号)?[-のノ之])([{_ALL}]+)([\p{{Han}}&&[^番丁号地階棟室条線之館{_ALL}]])",
        "${1}\ue000${2}\ue000${3}",
    ),
)
"""A numeral that begins a building's name behind the number of the block (8-1一番館, 8-1一条ハイツ, 8-1三丁目ビル)
ends the number and stays as it is: a blank, and a private character that keeps it from the counter. Where to look; what
to do."""


@cache
def _table() -> pl.DataFrame:
    packed = resources.files("oneid.japanese.data").joinpath("towns.csv.xz").read_bytes()
    schema = {"postcode": pl.String, "prefecture": pl.String, "city": pl.String, "town": pl.String, "oaza": pl.UInt8}
    return pl.read_csv(lzma.decompress(packed), schema=schema).with_columns(pl.col("town").fill_null(""))


def prefectures() -> tuple[str, ...]:
    """The 47 prefectures with their suffix, in the order of their codes in JIS X 0401.

    >>> prefectures()[12]
    '東京都'
    """
    return _PREFECTURES


@cache
def towns() -> pl.DataFrame:
    """Every row of Japan Post's table: postcode (7 digits), prefecture, city (with 郡 and ward), town; all String.

    Rows are sorted and unique. ``town`` is the plain name in the table's spelling, except that Latin letters and digits
    are half width (NFKC) and 大字 is left out; it is empty where a postcode stands for the rest of a city. A town with
    several postcodes has several rows, and a postcode may stand for several towns.

    >>> towns().row(by_predicate=pl.col("postcode") == "1000013")
    ('1000013', '東京都', '千代田区', '霞が関')
    """
    return _table().drop("oaza")


@cache
def cities() -> pl.DataFrame:
    """Every city, town and village as (prefecture, city), each once, prefectures in the order of their codes.

    Districts and wards are part of the name: 比企郡嵐山町, 横浜市中区.

    >>> cities().height
    1892
    """
    return _shipped("cities")


def numbers(text: pl.Series) -> pl.Series:
    """Kanji numerals as digits where they count something (二丁目, 八番, 北一条, 二の二十四), names left alone (三田).

    The numerals of the texts that have any are converted once per distinct numeral.

    >>> numbers(pl.Series(["三田二丁目八番二十一号", "千代田一の三", "八王子"])).to_list()
    ['三田2丁目8番21号', '千代田1の3', '八王子']
    """
    rows = text.str.contains(_MAYBE).fill_null(value=False).arg_true()
    return text.clone().scatter(rows, _numbers(text.gather(rows))) if len(rows) else text


def _numbers(text: pl.Series) -> pl.Series:
    names = text.str.contains(_OF_A_NAME[0]).fill_null(value=False).arg_true()
    if len(names):
        kept = pl.col("x")
        for pattern, replacement in _OF_A_NAME[1:]:
            kept = kept.str.replace_all(pattern, replacement)
        text = text.clone().scatter(names, text.gather(names).to_frame("x").select(kept)["x"])
        return _counted(text).str.replace_all("\ue000", "", literal=True)
    return _counted(text)


def _counted(text: pl.Series) -> pl.Series:
    long_mark = rf"([{_NUMERAL}])ー([{_NUMERAL}])"
    for pattern in (long_mark, long_mark, _COUNTED, _AFTER, _AFTER):
        at = text.str.contains(pattern).fill_null(value=False).arg_true()
        if at.is_empty():
            continue
        some = text.gather(at)
        if pattern == long_mark:
            some = some.str.replace_all(pattern, "${1}-${2}")
        else:
            found = some.str.extract_all(pattern).explode().unique()
            found = found.sort().gather(found.sort().str.len_chars().arg_sort(descending=True))
            digits = found.to_frame("x").select(kanji_digits(pl.col("x")))["x"]
            frame = some.to_frame("x")
            some = frame.select(pl.col("x").str.replace_many(found.to_list(), digits.to_list(), leftmost=True))["x"]
        text = text.clone().scatter(at, some)
    return text


def fold(expr: pl.Expr) -> pl.Expr:
    """Place text in its matching form, character for character, so that positions in it are positions in the text.

    >>> pl.select(fold(pl.lit("龍ヶ崎市霞が関、三ッ沢、虎の門"))).item()
    '竜ケ崎市霞ケ関、三ツ沢、虎ノ門'
    """
    return fold_soft(fold_hard(expr)).str.replace_many(list(_FORMS), list(_FORMS.values()))


class _Level(NamedTuple):
    """The keys of one length: sorted codes, their targets, and which upper bits occur (most probes end there)."""

    length: int
    codes: npt.NDArray[np.uint64]
    targets: _Ints
    shift: np.uint64
    seen: npt.NDArray[np.bool_]


class Index:
    """Longest-prefix look-up of folded text within an area.

    Keys are 64-bit hashes of (area, prefix), one sorted array for each prefix length; with a million texts and the
    whole table the chance of one false hit is below one in a million. ``frame`` has the columns area (Int64), key
    (String, not empty, unique within its area) and target (Int64, not negative).
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        frame = frame.with_columns(pl.col("key").str.len_chars().alias("length"))
        self._levels: list[_Level] = []
        for (length,), level in sorted(frame.partition_by("length", as_dict=True).items()):
            codes = _codes(level["area"].to_numpy(), level["key"])
            order = np.argsort(codes)
            shift = np.uint64(64 - max(10, (16 * len(codes)).bit_length()))
            seen = np.zeros(1 << (64 - int(shift)), dtype=np.bool_)
            seen[codes >> shift] = True
            self._levels.append(_Level(int(length), codes[order], level["target"].to_numpy()[order], shift, seen))

    def find(self, area: _Ints, text: pl.Series) -> tuple[_Ints, _Ints]:
        """Target and length of the longest key that ``text`` begins with in its ``area``; -1 and 0 where none does."""
        target = np.full(len(text), -1, dtype=np.int64)
        length = np.zeros(len(text), dtype=np.int64)
        if text.is_empty():
            return target, length
        prefixes = (pl.col("x").str.slice(0, level.length).hash().alias(str(level.length)) for level in self._levels)
        hashes = (
            text.to_frame("x").lazy().select(prefixes).collect()
        )  # at once: a call for each takes longer than it works
        for level in self._levels:
            probe = _spread(area, hashes[str(level.length)])
            maybe = np.flatnonzero(level.seen[probe >> level.shift])
            probe = probe[maybe]
            at = np.minimum(np.searchsorted(level.codes, probe), len(level.codes) - 1)
            hit = level.codes[at] == probe
            target[maybe[hit]] = level.targets[at[hit]]
            length[maybe[hit]] = level.length
        return target, length


def _codes(area: _Ints, text: pl.Series) -> npt.NDArray[np.uint64]:
    return _spread(area, text.hash())


def _spread(area: _Ints, hashed: pl.Series) -> npt.NDArray[np.uint64]:
    spread: npt.NDArray[np.uint64] = hashed.to_numpy() + area.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return spread


class CityIndex(NamedTuple):
    """Ways to write cities: ``ways`` finds an area by (0 or 1 + the prefecture's place in JIS order, text).

    ``areas`` has a row for each city, in the order of :func:`cities`, then one for each *group*: cities that share a
    way to write them (府中市, 中央区, 池田町 without its 郡, 横浜市 without its ward). Columns: prefecture (null where
    a group's cities differ in it), city. ``members`` holds the cities of the groups as (area, city_id).
    """

    ways: Index
    areas: pl.DataFrame
    members: pl.DataFrame


class TownIndex(NamedTuple):
    """Ways to write towns: ``ways`` finds a row of ``places`` by (area of :func:`city_index`, text).

    ``places`` has the columns area and town; the area is a group where several of its cities have the town. ``keys``
    is what ``ways`` was made from: area, key (folded), target. ``twins`` names towns that fold alike within one city:
    place (the one that ``ways`` finds), twin (the other's row of ``places``), town (the other's name).
    """

    ways: Index
    places: pl.DataFrame
    keys: pl.DataFrame
    twins: pl.DataFrame


def folded_names(names: pl.Series) -> pl.Series:
    """Names of the table in the matching form of texts: capitals, counted numerals as digits, folded."""
    return numbers(names.str.to_uppercase()).to_frame("x").select(fold(pl.col("x")))["x"]


def _city_names() -> pl.DataFrame:
    """(city_id, prefecture, label): each city by its name, without its 郡 or island, by its ward, without its ward."""
    full = cities().with_row_index("city_id").with_columns(pl.col("city_id").cast(pl.Int64))
    ways = (
        pl.col("city"),
        pl.col("city").str.extract(r"^.+?郡(.+[町村])$"),
        pl.col("city").str.extract(r"^[^郡]{2,}島([^郡]{2,}[町村])$"),
        pl.col("city").str.extract(r"^(.+?市).+区$"),
        pl.col("city").str.extract(r"^.+?市(.+区)$"),
    )
    named = pl.concat([full.select("city_id", "prefecture", way.alias("label")) for way in ways])
    return named.drop_nulls("label").unique(maintain_order=True)


@cache
def city_index() -> CityIndex:
    """The index of cities, built at the first call (see :class:`CityIndex`)."""
    order = pl.col("prefecture").replace_strict(_PREFECTURES, range(1, 48), return_dtype=pl.Int64)
    names = _city_names()
    short = pl.col("prefecture").str.strip_suffix("県").str.replace("^(東京|京都|大阪)[都府]$", "${1}")
    written = pl.concat(
        [
            names.select("city_id", "label", order.alias("area"), pl.col("label").alias("key")),
            names.select("city_id", "label", pl.lit(0, pl.Int64).alias("area"), pl.col("label").alias("key")),
            names.filter(short != pl.col("prefecture")).select(
                "city_id", "label", pl.lit(0, pl.Int64).alias("area"), (short + pl.col("label")).alias("key")
            ),
        ]
    )
    written = written.with_columns(folded_names(written["key"]).alias("key"))
    keys = written.group_by("area", "key").agg(pl.col("city_id").unique().sort(), pl.col("label").min())
    single = keys.filter(pl.col("city_id").list.len() == 1).with_columns(pl.col("city_id").list.first().alias("target"))
    shared = keys.filter(pl.col("city_id").list.len() > 1)
    groups = shared.select("city_id", "label").unique().sort("label", "city_id").with_row_index("n")
    groups = groups.select("city_id", "label", (pl.col("n").cast(pl.Int64) + cities().height).alias("target"))
    found = pl.concat([single.select("area", "key", "target"),
                       shared.join(groups, on=["city_id", "label"]).select("area", "key", "target")])  # fmt: skip
    members = groups.select(pl.col("target").alias("area"), "city_id").explode("city_id")
    prefecture = members.join(cities().with_row_index("city_id").cast({"city_id": pl.Int64}), on="city_id")
    prefecture = prefecture.group_by("area").agg(
        pl.when(pl.col("prefecture").n_unique() == 1).then(pl.col("prefecture").first()).alias("prefecture")
    )
    grouped = groups.select(pl.col("target").alias("area"), pl.col("label").alias("city")).join(prefecture, on="area")
    areas = pl.concat([cities(), grouped.sort("area").select("prefecture", "city")])
    return CityIndex(Index(found), areas, members)


@cache
def town_index() -> TownIndex:
    """The index of towns, read at the first call (see :class:`TownIndex`); ``scripts/make_place_index.py`` made it.

    Beside its name a town is found by common short forms: 北1西 for 北一条西, 24-2- for 二十四軒二条, 2- for
    二丁目 where that is a town, without a linking ケ or ノ (霞関), 中央通 for 中央通り, without the old ward of Tokyo
    that it carries (神保町 for 神田神保町).
    A short form that two towns of a city share finds neither.
    """
    places, keys = _shipped("town_places"), _shipped("town_keys")
    twins = places.with_row_index("twin").drop_nulls("twin_of")
    twins = twins.select(pl.col("twin_of").alias("place"), pl.col("twin").cast(pl.Int64), "town")
    return TownIndex(Index(keys), places.select("area", "town"), keys, twins)


@cache
def postcodes() -> pl.DataFrame:
    """The postcodes of one city: postcode, code_area (its area), code_place (its one town, -1 for several).

    Areas and places are rows of :func:`city_index` and :func:`town_index`.
    """
    return _shipped("postcodes")


def _shipped(name: str) -> pl.DataFrame:
    """A table that ``scripts/make_place_index.py`` made of :func:`towns`."""
    file = resources.files("oneid.japanese.data").joinpath(f"{name}.parquet")
    return pl.read_parquet(io.BytesIO(file.read_bytes()))

"""Municipalities of former times: texts that name one are rewritten to the municipality that holds it today.

Four sources: the official record of mergers and renamings since 1970 (``japanese/data/former.csv``, made by
``scripts/make_former_data.py``), with our own list of the wards that hold a former city now (:data:`WARDS`); the
names of former towns with which the town names of the new city begin (保原町 of 伊達市, once 伊達郡保原町), read off
the table of places; 郡 that no longer fit; and the rule that a town X町 or village X村 became the city X市.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import polars as pl

from oneid.japanese.places import Index, cities, fold, folded_names, numbers, prefectures, towns
from oneid.kinds.address.tail import on

__all__ = ["WARDS", "former", "rewritten"]

WARDS: tuple[tuple[str, str, str], ...] = tuple(
    (words[0], words[index], words[index + 1])
    for line in """
    宮城県 泉市 仙台市泉区 秋保町 仙台市太白区 宮城町 仙台市青葉区
    埼玉県 与野市 さいたま市中央区 岩槻市 さいたま市岩槻区
    神奈川県 津久井町 相模原市緑区 城山町 相模原市緑区 藤野町 相模原市緑区 相模湖町 相模原市緑区
    新潟県 新津市 新潟市秋葉区 小須戸町 新潟市秋葉区 白根市 新潟市南区 味方村 新潟市南区 月潟村 新潟市南区
    新潟県 豊栄市 新潟市北区 横越町 新潟市江南区 亀田町 新潟市江南区 巻町 新潟市西蒲区 岩室村 新潟市西蒲区
    新潟県 西川町 新潟市西蒲区 潟東村 新潟市西蒲区 中之口村 新潟市西蒲区
    静岡県 清水市 静岡市清水区 蒲原町 静岡市清水区 由比町 静岡市清水区
    静岡県 天竜市 浜松市天竜区 春野町 浜松市天竜区 佐久間町 浜松市天竜区 水窪町 浜松市天竜区 龍山村 浜松市天竜区
    静岡県 浜北市 浜松市浜名区 引佐町 浜松市浜名区 細江町 浜松市浜名区 三ケ日町 浜松市浜名区
    静岡県 舞阪町 浜松市中央区 雄踏町 浜松市中央区 可美村 浜松市中央区
    京都府 京北町 京都市右京区
    大阪府 美原町 堺市美原区
    広島県 湯来町 広島市佐伯区
    岡山県 御津町 岡山市北区 建部町 岡山市北区 瀬戸町 岡山市東区 灘崎町 岡山市南区
    熊本県 富合町 熊本市南区 城南町 熊本市南区 植木町 熊本市北区
    """.strip().splitlines()
    for words in (line.split(),)
    for index in range(1, len(words), 2)
)
"""(prefecture, former name, ward today): former municipalities that lie whole in one ward of a city, which the record
does not say. Our own list."""

_PREFECTURE = "(" + "|".join(prefectures()) + ")?"
_DISTRICT = "([^0-9 ]{1,4}?郡)?"
_SURE = pl.col("3").str.ends_with("市") | pl.col("1").is_not_null() | pl.col("2").is_not_null()
"""A bare 城山町 may be a town of any city: only with its prefecture or 郡 is it a municipality."""


@cache
def former() -> pl.DataFrame:
    """(prefecture, former, today): names that are no more, with their 郡, and what holds them today.

    ``today`` is a city of :func:`oneid.japanese.places.cities`, or a city with wards by its own name, with another
    prefecture in front where it lies there now. A name whose parts went to several has a row for each.
    """
    text = resources.files("oneid.japanese.data").joinpath("former.csv").read_bytes()
    table = pl.read_csv(text, schema=dict.fromkeys(("prefecture", "former", "today"), pl.String))
    wards = pl.DataFrame(WARDS, schema=["prefecture", "bare", "ward"], orient="row")
    table = table.with_columns(_bare(pl.col("former")).alias("bare"))
    table = table.join(wards, on=["prefecture", "bare"], how="left", maintain_order="left")
    return table.select("prefecture", "former", pl.coalesce("ward", "today").alias("today"))


def _bare(name: pl.Expr) -> pl.Expr:
    return name.str.replace("^.+?郡(.+[町村])$", "${1}")


class _Names(NamedTuple):
    """``ways`` finds a group of ``rows`` by (the prefecture's place in JIS order, 0 for none written; text)."""

    ways: Index
    rows: pl.DataFrame


@cache
def _names() -> _Names:
    """Each former name with and without its 郡, in its prefecture; cities and names with a 郡 in the whole country."""
    order = pl.col("prefecture").replace_strict(prefectures(), range(1, 48), return_dtype=pl.Int64).alias("area")
    table = former().with_columns(order, folded_names(former()["former"]).alias("key"))
    full = table.select("area", "key", "prefecture", "former", "today")
    short = full.with_columns(_bare(pl.col("key"))).filter(pl.col("key").str.len_chars() > 1)
    now = cities().select("prefecture", folded_names(cities().select(_bare(pl.col("city")))["city"]).alias("key"))
    short = short.join(now, on=["prefecture", "key"], how="anti")
    ways = pl.concat([full, short]).unique(maintain_order=True)
    abroad = ways.filter(
        pl.col("key").str.contains("市$|郡.+[町村]$"), pl.col("prefecture").n_unique().over("key") == 1
    )
    ways = pl.concat([ways, abroad.with_columns(area=pl.lit(0, pl.Int64))])
    groups = ways.select("area", "key").unique(maintain_order=True).with_row_index("target")
    groups = groups.with_columns(pl.col("target").cast(pl.Int64))
    rows = ways.join(groups, on=["area", "key"]).select("target", "prefecture", "today")
    rows = rows.with_columns(numbers(rows["today"]))
    return _Names(Index(groups), rows.unique(maintain_order=True))


_NOTHING_ABSORBED = pl.DataFrame(schema={"prefecture": pl.String, "old": pl.String, "city": pl.String})


@cache
def _absorbed() -> pl.DataFrame:
    """(prefecture, old, city): former towns and villages that at least three town names of one city begin with."""
    table = towns().unique(["prefecture", "city", "town"])
    old = pl.col("town").str.extract("^([^0-9]{1,5}?[町村])[^0-9]").alias("old")
    table = table.with_columns(old).drop_nulls("old")
    one = pl.col("city").first().alias("city")
    table = table.group_by("prefecture", "old").agg(one, pl.col("city").n_unique().alias("cities"), pl.len())
    table = table.filter(pl.col("cities") == 1, pl.col("len") >= 3).select("prefecture", "old", "city")
    return table.with_columns(numbers(table["city"]))


def rewritten(texts: pl.Series) -> pl.DataFrame:
    """Readings of texts that begin with a former municipality: row (of ``texts``), text, stem, listed, bare.

    A text may have none, or several, the likelier first: the former name may live on in the names of its towns
    (因島市土生町 is 尾道市因島土生町 today, and 鳩ヶ谷市本町 is not 川口市本町). Whoever asks looks which of them leads
    to a town that is longer than ``stem``, which was put before the text's own. ``listed``: the municipality stands
    in :func:`former`, so the reading without a stem holds also where no town is known. ``bare``: the former name where
    a town of that name may be meant instead (a 町 or 村 without its 郡), else null.

    >>> rewritten(pl.Series(["静岡県清水市旭町6-8", "東京都港区三田1"])).select("row", "text", "stem").rows()
    [(0, '静岡県静岡市清水区清水旭町6-8', '清水'), (0, '静岡県静岡市清水区清水区旭町6-8', '清水区'),
     (0, '静岡県静岡市清水区旭町6-8', '')]
    """
    frame = texts.alias("text").to_frame().with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    frame = frame.filter(pl.col("text").str.contains("^[^0-9]{0,12}?[市町村区郡]"))
    cut = pl.col("text").str.extract_groups(rf"^{_PREFECTURE}(.*)$").alias("cut")
    frame = frame.with_columns(cut).unnest("cut").rename({"2": "after"})
    listed = _by_list(frame)
    others = frame.join(listed, on="row", how="anti")
    return pl.concat([listed, _by_table(others), _by_rule(others)])


def _by_list(frame: pl.DataFrame) -> pl.DataFrame:
    ways, rows = _names()
    area = frame["1"].replace_strict(prefectures(), range(1, 48), default=0, return_dtype=pl.Int64).to_numpy()
    after = on(frame["after"], fold(pl.col("x")))
    target, length = ways.find(area, after)
    district = on(after, pl.col("x").str.extract("^[^0-9 ]{1,4}?郡", 0).str.len_chars().fill_null(0).cast(pl.Int64))
    beyond, reach = ways.find(area, after.str.slice(district))
    other = (target < 0) & (district.to_numpy() > 0) & (area > 0)
    target = np.where(other, beyond, target)
    length = np.where(other, district.to_numpy() + reach, length)
    some = frame.with_columns(target=pl.Series(target), length=pl.Series(length)).filter(pl.col("target") >= 0)
    old = pl.col("after").str.slice(0, pl.col("length"))
    rest = pl.col("after").str.slice(pl.col("length")).alias("rest")
    some = some.with_columns(old.str.replace("^[^0-9 ]{1,4}?郡(..+)$", "${1}").alias("old"), rest)
    some = some.with_columns(near=(pl.col("old") == old) & pl.col("old").str.contains("[町村]$"))
    some = some.with_columns(old=pl.col("old").str.replace("^.+市(.+区)$", "${1}"))
    some = some.join(rows, on="target", maintain_order="left").with_columns(one=pl.len().over("row") == 1)
    home = pl.when(pl.col("today").str.contains("^(?:" + "|".join(prefectures()) + ")"))
    some = some.with_columns(home.then(pl.col("today")).otherwise(pl.col("prefecture") + pl.col("today")).alias("to"))
    stem = pl.col("old").str.replace("[市町村区]$", "")
    town = pl.col("old").str.contains("[町村]$")
    ward = pl.col("to").str.contains("市$|郡")
    between = (
        (pl.when(town).then(pl.col("old")), town),
        (stem, pl.lit(value=True)),
        (stem + "区", ~town | ward),
        (stem + "町", pl.col("old").str.ends_with("村")),
        (pl.lit(""), pl.lit(value=True)),
    )
    made = [
        some.filter(holds).select(
            "row", pl.concat_str("to", put, "rest").alias("text"), put.alias("stem"), pl.col("one").alias("listed"),
            pl.when("near").then("old").alias("bare"),
        )
        for put, holds in between
    ]  # fmt: skip
    return pl.concat(made).sort("row", maintain_order=True)


def _by_table(frame: pl.DataFrame) -> pl.DataFrame:
    pattern = rf"^{_PREFECTURE}{_DISTRICT}([^0-9 ]{{1,5}}?[町村])(.+)$"
    some = frame.select("row", "text").filter(pl.col("text").str.contains(pattern))
    some = some.with_columns(pl.col("text").str.extract_groups(pattern).alias("cut")).unnest("cut")
    some = some.filter(_SURE)
    some = some.join(_absorbed() if some.height else _NOTHING_ABSORBED, left_on="3", right_on="old")
    some = some.filter(pl.col("1").fill_null(pl.col("prefecture")) == pl.col("prefecture"))
    some = some.filter(pl.len().over("row") == 1)
    text = pl.concat_str("prefecture", "city", "3", "4").alias("text")
    return _unlisted(some.select("row", text).sort("row"))


def _by_rule(frame: pl.DataFrame) -> pl.DataFrame:
    """Without a 郡 that no longer fits; X町 and X村 as X市."""
    pattern = rf"^{_PREFECTURE}{_DISTRICT}([^0-9 ]{{1,5}}?)([市町村])(.+)$"
    some = frame.select("row", "text").filter(pl.col("text").str.contains(pattern))
    some = some.with_columns(pl.col("text").str.extract_groups(pattern).alias("cut")).unnest("cut")
    some = some.filter(pl.col("2").is_not_null() | (pl.col("1").is_not_null() & (pl.col("4") != "市")))
    some = some.filter((pl.col("3") + "市").is_in(cities()["city"].implode()))
    here = pl.col("1").fill_null("")
    text = pl.concat_str(here, "3", pl.lit("市"), "5").alias("text")
    return _unlisted(some.select("row", text).sort("row"))


def _unlisted(ways: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String).alias("bare")
    return ways.with_columns(pl.lit("").alias("stem"), pl.lit(value=False).alias("listed"), none)

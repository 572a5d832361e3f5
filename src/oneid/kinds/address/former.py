"""Municipalities of former times: texts that name one are rewritten to the municipality that holds it today.

Three sources: our own list of cities that were renamed or merged whole into another municipality (:data:`FORMER`); the
names of former towns with which the town names of the new city begin (保原町 of 伊達市, once 伊達郡保原町), read off
the table of places; and 郡 that no longer fit.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from oneid.japanese.places import prefectures, towns

__all__ = ["FORMER", "rewritten"]

FORMER: tuple[tuple[str, str, str], ...] = tuple(
    (words[0], words[index], words[index + 1])
    for line in """
    宮城県 泉市 仙台市泉区 古川市 大崎市
    岩手県 水沢市 奥州市 江刺市 奥州市
    秋田県 本荘市 由利本荘市 大曲市 大仙市
    福島県 原町市 南相馬市
    茨城県 勝田市 ひたちなか市 那珂湊市 ひたちなか市 水海道市 常総市 岩井市 坂東市 下館市 筑西市
    栃木県 今市市 日光市 黒磯市 那須塩原市
    埼玉県 浦和市 さいたま市 大宮市 さいたま市 与野市 さいたま市中央区 岩槻市 さいたま市岩槻区
    埼玉県 上福岡市 ふじみ野市 鳩ヶ谷市 川口市
    千葉県 佐原市 香取市 八日市場市 匝瑳市
    東京都 田無市 西東京市 保谷市 西東京市 秋川市 あきる野市
    神奈川県 津久井町 相模原市緑区 城山町 相模原市緑区 藤野町 相模原市緑区 相模湖町 相模原市緑区
    新潟県 新津市 新潟市秋葉区 白根市 新潟市南区 豊栄市 新潟市北区 両津市 佐渡市
    富山県 新湊市 射水市
    石川県 松任市 白山市
    福井県 武生市 越前市
    山梨県 塩山市 甲州市
    長野県 更埴市 千曲市
    静岡県 清水市 静岡市清水区 天竜市 浜松市天竜区 浜北市 浜松市浜名区
    愛知県 尾西市 一宮市
    三重県 上野市 伊賀市 久居市 津市
    滋賀県 八日市市 東近江市
    大阪府 美原町 堺市美原区
    兵庫県 龍野市 たつの市 篠山市 丹波篠山市
    島根県 平田市 出雲市
    広島県 因島市 尾道市
    山口県 徳山市 周南市 新南陽市 周南市 小野田市 山陽小野田市
    愛媛県 北条市 松山市 伊予三島市 四国中央市 川之江市 四国中央市 東予市 西条市
    高知県 中村市 四万十市
    福岡県 那珂川町 那珂川市 山田市 嘉麻市 甘木市 朝倉市 前原市 糸島市
    長崎県 福江市 五島市
    熊本県 本渡市 天草市 牛深市 天草市
    鹿児島県 川内市 薩摩川内市 国分市 霧島市 大口市 伊佐市 名瀬市 奄美市 加世田市 南さつま市
    鹿児島県 串木野市 いちき串木野市
    沖縄県 平良市 宮古島市 石川市 うるま市 具志川市 うるま市
    """.strip().splitlines()
    for words in (line.split(),)
    for index in range(1, len(words), 2)
)
"""(prefecture, former name, municipality today): each lies whole in one municipality today, a ward where it is one.
Facts of the decrees on mergers (市町村の廃置分合, Ministry of Internal Affairs); our own list, of cities above all."""

_PREFECTURE = "(" + "|".join(prefectures()) + ")?"
_DISTRICT = "([^0-9 ]{1,4}郡)?"
_SURE = pl.col("3").str.ends_with("市") | pl.col("1").is_not_null() | pl.col("2").is_not_null()
"""A bare 城山町 may be a town of any city: only with its prefecture or 郡 is it a municipality."""


@cache
def _listed() -> tuple[str, dict[tuple[str, str], str]]:
    """The pattern of texts that begin with a former name, and the municipality today by prefecture and name."""
    names = sorted({old for _, old, _ in FORMER}, key=len, reverse=True)
    pattern = "|".join(names).replace("ヶ", "[ヶケが]").replace("龍", "[龍竜]")
    today = {(prefecture, old.replace("ヶ", "ケ").replace("龍", "竜")): new for prefecture, old, new in FORMER}
    return rf"^{_PREFECTURE}{_DISTRICT}({pattern})(.*)$", today


@cache
def _absorbed() -> pl.DataFrame:
    """(prefecture, old, city): former towns and villages that at least three town names of one city begin with."""
    table = towns().unique(["prefecture", "city", "town"])
    old = pl.col("town").str.extract("^([^0-9]{1,5}?[町村])[^0-9]").alias("old")
    table = table.with_columns(old).drop_nulls("old")
    one = pl.col("city").first().alias("city")
    table = table.group_by("prefecture", "old").agg(one, pl.col("city").n_unique().alias("cities"), pl.len())
    return table.filter(pl.col("cities") == 1, pl.col("len") >= 3).select("prefecture", "old", "city")


def rewritten(texts: pl.Series) -> pl.DataFrame:
    """Readings of texts that begin with a former municipality: row (of ``texts``), text, stem, listed.

    A text may have none, or several, the likelier first: the former name may live on in the names of its towns
    (因島市土生町 is 尾道市因島土生町 today, and 鳩ヶ谷市本町 is not 川口市本町). Whoever asks looks which of them leads
    to a town that is longer than ``stem``, which was put before the text's own. ``listed``: the municipality stands
    in :data:`FORMER`, so the reading without a stem holds also where no town is known.

    >>> rewritten(pl.Series(["静岡県清水市旭町6-8", "東京都港区三田1", "福島県伊達郡保原町舟橋180"])).rows()
    [(0, '静岡県静岡市清水区清水旭町6-8', '清水', True), (0, '静岡県静岡市清水区清水区旭町6-8', '清水区', True),
     (0, '静岡県静岡市清水区旭町6-8', '', True), (2, '福島県伊達市保原町舟橋180', '', False)]
    """
    frame = texts.alias("text").to_frame().with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    ways = (_by_list(frame).with_columns(listed=True), _by_table(frame).with_columns(listed=False))
    return pl.concat(ways)


def _by_list(frame: pl.DataFrame) -> pl.DataFrame:
    pattern, today = _listed()
    known = pl.DataFrame(
        [(prefecture, old, new) for (prefecture, old), new in today.items()],
        schema=["home", "old", "city"], orient="row",
    )  # fmt: skip
    some = frame.filter(pl.col("text").str.contains(pattern))
    some = some.with_columns(pl.col("text").str.extract_groups(pattern).alias("cut")).unnest("cut")
    old = pl.col("3").str.replace("[ヶが]", "ケ").str.replace("龍", "竜").alias("old")
    some = some.with_columns(old).filter(_SURE).join(known, on="old")
    some = some.filter(pl.col("1").fill_null(pl.col("home")) == pl.col("home"))
    some = some.filter(pl.col("home").n_unique().over("row") == 1)
    stem = pl.col("old").str.replace("[市町村]$", "")
    ways = [
        some.select("row", pl.concat_str("home", "city", between, "4").alias("text"), between.alias("stem"))
        for between in (stem, stem + "区", pl.lit(""))
    ]
    return pl.concat(ways).sort("row", maintain_order=True)


def _by_table(frame: pl.DataFrame) -> pl.DataFrame:
    pattern = rf"^{_PREFECTURE}{_DISTRICT}([^0-9 ]{{1,5}}?[町村])(.+)$"
    some = frame.filter(pl.col("text").str.contains(pattern))
    some = some.with_columns(pl.col("text").str.extract_groups(pattern).alias("cut")).unnest("cut")
    some = some.filter(_SURE).join(_absorbed(), left_on="3", right_on="old")
    some = some.filter(pl.col("1").fill_null(pl.col("prefecture")) == pl.col("prefecture"))
    some = some.filter(pl.len().over("row") == 1)
    text = pl.concat_str("prefecture", "city", "3", "4").alias("text")
    return some.select("row", text, pl.lit("").alias("stem")).sort("row")

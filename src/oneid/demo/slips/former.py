"""Addresses from before a merger: the towns that became cities, and those that live on in the town names of a city.

The list is our own, of mergers between 2001 and 2019 that are common knowledge; none of it is taken from the tables
that the addresses are read with.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from oneid.demo.chance import hit, put
from oneid.demo.rates import Rates

__all__ = ["as_before"]

_CITIES = {
    "長久手市": "愛知郡長久手町", "白岡市": "南埼玉郡白岡町", "富谷市": "黒川郡富谷町", "那珂川市": "筑紫郡那珂川町",
    "大網白里市": "山武郡大網白里町", "野々市市": "石川郡野々市町",
    "滝沢市": "岩手郡滝沢村", "みよし市": "西加茂郡三好町",
    "丹波篠山市": "篠山市", "さいたま市大宮区": "大宮市", "さいたま市浦和区": "浦和市", "さいたま市中央区": "与野市",
    "さいたま市岩槻区": "岩槻市",
}  # fmt: skip
"""Cities of today whose addresses were those of another place until they became a city or a ward."""
_TOWNS = """
    四国中央市 宇摩郡 土居町
    佐賀市 佐賀郡 大和町 富士町 諸富町 川副町 東与賀町 久保田町
    唐津市 東松浦郡 厳木町 相知町 浜玉町 肥前町 鎮西町 呼子町
    香美市 香美郡 土佐山田町 香北町
    田村市 田村郡 常葉町 船引町 滝根町 大越町
    伊達市 伊達郡 保原町 梁川町 霊山町
    薩摩川内市 薩摩郡 入来町 東郷町 樋脇町 祁答院町
    福山市 深安郡 神辺町
    福山市 芦品郡 新市町
    福山市 沼隈郡 沼隈町
    呉市 豊田郡 安浦町
    東広島市 賀茂郡 黒瀬町 福富町 豊栄町 河内町
    倉敷市 吉備郡 真備町
    丹波市 氷上郡 氷上町 柏原町 青垣町 春日町 山南町 市島町
    豊岡市 城崎郡 城崎町 日高町 竹野町
    豊岡市 出石郡 出石町 但東町
    たつの市 揖保郡 新宮町 揖保川町 御津町
    姫路市 神崎郡 香寺町
    姫路市 宍粟郡 安富町
    姫路市 飾磨郡 夢前町 家島町
    宍粟市 宍粟郡 山崎町 一宮町 波賀町 千種町
    京丹後市 中郡 峰山町 大宮町
    京丹後市 竹野郡 網野町 丹後町 弥栄町
    京丹後市 熊野郡 久美浜町
    南丹市 船井郡 園部町 八木町 日吉町
    南丹市 北桑田郡 美山町
    甲賀市 甲賀郡 水口町 甲南町 信楽町 土山町 甲賀町
    長浜市 伊香郡 木之本町 高月町 余呉町 西浅井町
    対馬市 下県郡 厳原町 豊玉町
    雲仙市 南高来郡 国見町 小浜町 愛野町 千々石町
    諫早市 西彼杵郡 多良見町
    国東市 東国東郡 国東町 武蔵町 安岐町
    豊後大野市 大野郡 三重町 緒方町 朝地町
    竹田市 直入郡 久住町 直入町
    伊勢市 度会郡 二見町 小俣町
    津市 一志郡 一志町 白山町
    津市 安芸郡 芸濃町 安濃町
    吉野川市 麻植郡 鴨島町 川島町 山川町
    阿波市 阿波郡 市場町
    山鹿市 鹿本郡 鹿本町 鹿北町 菊鹿町
    宇城市 下益城郡 松橋町 小川町
    宇城市 宇土郡 不知火町 三角町
"""
"""Cities of today, the district, and its towns with whose names the city's town names begin."""


@cache
def _districts() -> dict[str, str]:
    """The former district by city and first part of the town, as 四国中央市土居町."""
    lines = [line.split() for line in _TOWNS.split("\n") if line.strip()]
    return {city + town: district for city, district, *towns in lines for town in towns}


def as_before(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``frame`` with city and town as they were before the merger, in some of the rows where there was one."""
    old = pl.col("city").replace_strict(_CITIES, default=None, return_dtype=pl.String)
    head = pl.col("town").str.extract("^(.{1,5}?町).")
    district = (pl.col("city") + head).replace_strict(_districts(), default=None, return_dtype=pl.String)
    there = frame.select(old=old.is_not_null() | district.is_not_null())["old"].fill_null(value=False)
    rows = np.flatnonzero(there.to_numpy())
    rows = rows[hit(rng, rows.size, rates.former_town)]
    rest = pl.col("town").str.strip_prefix(head)
    return put(
        frame, rows, city=pl.coalesce(old, district + head),
        town=pl.when(old.is_null() & district.is_not_null()).then(rest).otherwise("town"),
    )  # fmt: skip

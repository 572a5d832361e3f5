"""Where the demo's people live: towns that exist, house numbers and buildings that are made up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import polars as pl

from oneid.demo.chance import choice, hit, put
from oneid.demo.naming.names import Ints
from oneid.demo.rates import Rates
from oneid.japanese.places import towns

__all__ = ["PREFECTURES", "draw_homes", "numbers"]

PREFECTURES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "北海道": (510, ("011", "0166")), "青森県": (118, ("017",)), "岩手県": (116, ("019",)), "宮城県": (226, ("022",)),
    "秋田県": (91, ("018",)), "山形県": (103, ("023",)), "福島県": (177, ("024",)), "茨城県": (283, ("029",)),
    "栃木県": (190, ("028",)), "群馬県": (190, ("027",)), "埼玉県": (733, ("048", "049")),
    "千葉県": (626, ("043", "047")), "東京都": (1410, ("03",)), "神奈川県": (923, ("045", "044", "046")),
    "新潟県": (213, ("025",)), "富山県": (101, ("076",)), "石川県": (111, ("076",)), "福井県": (74, ("0776",)),
    "山梨県": (80, ("055",)), "長野県": (200, ("026",)), "岐阜県": (193, ("058",)), "静岡県": (355, ("054", "053")),
    "愛知県": (748, ("052",)), "三重県": (173, ("059",)), "滋賀県": (141, ("077",)), "京都府": (254, ("075",)),
    "大阪府": (877, ("06", "072")), "兵庫県": (537, ("078", "079")), "奈良県": (130, ("0742",)),
    "和歌山県": (89, ("073",)), "鳥取県": (54, ("0857",)), "島根県": (65, ("0852",)), "岡山県": (185, ("086",)),
    "広島県": (274, ("082",)), "山口県": (130, ("083",)), "徳島県": (70, ("088",)), "香川県": (93, ("087",)),
    "愛媛県": (129, ("089",)), "高知県": (67, ("088",)), "福岡県": (510, ("092", "093")), "佐賀県": (80, ("0952",)),
    "長崎県": (127, ("095",)), "熊本県": (171, ("096",)), "大分県": (110, ("097",)), "宮崎県": (104, ("0985",)),
    "鹿児島県": (155, ("099",)), "沖縄県": (147, ("098",)),
}  # fmt: skip
"""Population in tens of thousands (census, rounded) and area codes of the largest cities."""

_FIRST = (
    "コーポ", "ハイツ", "メゾン", "サンハイツ", "シャトー", "レジデンス", "パークハイツ", "第二", "県営", "市営",
    "カーサ", "ヴィラ", "ロイヤル", "グリーンコーポ", "フラワーハイム", "リバーサイド", "ドエル", "ベルメゾン",
    "エスポワール", "ラ・メゾン", "メゾン・ド・",
)  # fmt: skip
_LAST = (
    "青葉", "若葉", "桜", "みなみ", "中央", "富士", "さくら", "ひまわり", "山田", "鈴木", "旭", "本町", "泉", "緑",
    "駅前", "弐番館", "Ⅱ", "A棟", "東", "白鳥", "若草", "光", "鶴", "松風", "平和", "ソレイユ", "フローラ", "グラン",
    "元町", "丘",
)  # fmt: skip
_NUMBERED = (
    "一番館", "二番館", "三号棟", "五号館", "一条ハイツ", "二葉荘", "三幸コーポ", "八千代ハイム", "五月台コーポ",
    "千歳マンション", "十和田ハウス", "百合ヶ丘ハイツ", "第一コーポ", "第三寮", "四季の家", "七福荘",
)  # fmt: skip
"""Buildings whose names begin with what may be read as a number of the house."""
_LETTERS = {
    "石川県": "イロハニホヘトチリヌルヲワカヨタ", "富山県": "イロハニホ", "愛媛県": "甲乙丙丁", "香川県": "甲乙丙",
    "高知県": "甲乙丙", "広島県": "甲乙", "長崎県": "甲乙", "新潟県": "甲乙丙丁", "北海道": "イロハ",
    "千葉県": "イロハ", "山形県": "甲乙丙",
}  # fmt: skip
"""Letters that lots have beside their number, in the prefectures best known for them."""
_LINES = ("東1線", "東3線", "東5線", "西2線", "西4線", "北5号", "北12号", "南7号", "基線", "東3線北2号", "第2区画")
"""What stands before the lot in the country of Hokkaido."""
_STREETS = (
    "寺町通",
    "烏丸通",
    "堀川通",
    "室町通",
    "油小路通",
    "河原町通",
    "新町通",
    "西洞院通",
    "御幸町通",
    "大宮通",
    "東洞院通",
)
_CROSSED = ("四条", "三条", "五条", "丸太町", "御池", "今出川", "六角", "蛸薬師", "仏光寺", "二条", "下立売")
_TURNS = ("上る", "下る", "西入", "東入", "上ル", "下ル", "西入ル", "東入る")


@cache
def _places() -> tuple[pl.DataFrame, Ints]:
    """One row per town, and cumulated weights: the prefecture's population, wards and cities before villages."""
    named = (pl.col("town") != "") & ~pl.col("town").str.contains("ビル|タワー|プラザ|スクエア|ヒルズ|センター")
    frame = towns().filter(named).unique(["prefecture", "city", "town"], keep="first", maintain_order=True)
    people = pl.DataFrame({"prefecture": list(PREFECTURES), "people": [people for people, _ in PREFECTURES.values()]})
    kind = (
        pl.when(pl.col("city").str.ends_with("区"))
        .then(20)
        .when(pl.col("city").str.ends_with("市"))
        .then(9)
        .otherwise(1.5)
    )
    cities = frame.group_by("prefecture", "city", maintain_order=True).agg(towns=pl.len()).with_columns(kind=kind)
    share = pl.col("people") * pl.col("kind") / pl.col("kind").sum().over("prefecture") / pl.col("towns")
    cities = cities.join(people, on="prefecture", how="left", maintain_order="left")
    cities = cities.with_columns(weight=share, nth=pl.int_range(pl.len()).over("prefecture"))
    frame = frame.join(cities, on=["prefecture", "city"], how="left", maintain_order="left")
    return frame, np.cumsum((frame["weight"].to_numpy() * 1e6).astype(np.int64))


def numbers(rng: np.random.Generator, size: int, digits: int) -> pl.Series:
    """Telephone subscriber numbers of so many digits, the first of them 2 to 9."""
    return pl.Series(rng.integers(2 * 10 ** (digits - 1), 10**digits, size)).cast(pl.String)


def _land_lines(rng: np.random.Generator, places: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    codes = pl.DataFrame(
        [(name, nth, code) for name, (_, known) in PREFECTURES.items() for nth, code in enumerate(known)],
        schema={"prefecture": pl.String, "nth": pl.Int64, "area": pl.String},
        orient="row",
    )
    known = pl.col("prefecture").replace_strict({name: len(areas) for name, (_, areas) in PREFECTURES.items()})
    want = places.select("prefecture", nth=pl.col("nth").cast(pl.Int64) % known)
    area = want.join(codes, on=["prefecture", "nth"], how="left", maintain_order="left")["area"]
    eight = numbers(rng, len(area), 8)
    return area, area + eight.str.slice(0, 10 - area.str.len_chars())


def _counted(homes: pl.DataFrame) -> pl.DataFrame:
    """Towns that are called 二丁目 as a town and a chome: there is no other chome in them."""
    head, numeral = (
        pl.col("town").str.extract("^(.*?)[一二三四五六七八九十]+丁目$"),
        pl.col("town").str.extract("([一二三四五六七八九])丁目$"),
    )
    number = numeral.replace_strict(dict(zip("一二三四五六七八九", range(1, 10), strict=True)), default=None)
    known = number.is_not_null() & head.is_not_null() & ~head.str.contains("[一二三四五六七八九十]$")
    return homes.with_columns(
        town=pl.when(known).then(head).otherwise("town"), chome=pl.when(known).then(number).otherwise("chome")
    )


def _lots(rng: np.random.Generator, homes: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Adds lot and lot_behind; some homes have the number of another, and another letter."""
    size = homes.height
    letters = homes["prefecture"].replace_strict(_LETTERS, default=None, return_dtype=pl.String)
    letters = letters.set(homes["chome"] > 0, None)
    lettered = np.flatnonzero(letters.is_not_null().to_numpy() & hit(rng, size, rates.lettered_lot))
    nth = pl.Series((rng.random(lettered.size) * letters.gather(lettered).str.len_chars().to_numpy()).astype(np.int64))
    letter = pl.select(pl.lit(letters.gather(lettered)).str.slice(nth, 1)).to_series()
    same = rng.random(lettered.size) < rates.same_number
    numbers_of = np.arange(size)
    numbers_of[lettered[1:][same[1:]]] = lettered[:-1][same[1:]]
    homes = homes[numbers_of].with_columns(lot=pl.lit(""), lot_behind=pl.lit(""))
    ahead = rng.random(lettered.size) < 0.6
    homes = put(homes, lettered[ahead], lot=pl.lit(letter.filter(pl.Series(ahead))))
    homes = put(homes, lettered[~ahead], lot_behind=pl.lit(letter.filter(pl.Series(~ahead))))
    country = (pl.col("prefecture") == "北海道") & pl.col("city").str.contains("郡") & (pl.col("lot_behind") == "")
    lined = np.flatnonzero(homes.select(country).to_series().to_numpy() & hit(rng, size, rates.hokkaido_line))
    return put(homes, lined, lot=choice(rng, lined.size, _LINES), chome=pl.lit(0))


def _streets(rng: np.random.Generator, homes: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Adds street: the streets that say where in Kyoto's old wards a town is; the same for all homes of the town."""
    old = homes["city"].str.contains("京都市(上京|中京|下京|東山)区").to_numpy()
    rows = np.flatnonzero(old & hit(rng, homes.height, rates.kyoto_street))
    code = homes["place"].gather(rows).to_numpy()
    words = [pl.Series(names).gather(code * step % len(names))
             for step, names in ((1, _STREETS), (7, _CROSSED), (3, _TURNS))]  # fmt: skip
    homes = homes.with_columns(street=pl.lit(None, pl.String))
    homes = put(homes, rows, street=pl.lit(words[0] + words[1] + words[2]))
    return put(homes, rows, chome=pl.lit(0))


def draw_homes(rng: np.random.Generator, size: int, rates: Rates) -> pl.DataFrame:
    """``size`` homes.

    Columns: postcode (7 digits), prefecture, city, town, chome (0: none), ban, go (0: none), lot and lot_behind (what
    stands before and behind these numbers: 甲, ワ, 東3線), street (Kyoto's streets, null elsewhere), building and room
    (null for houses), area (code of the land line) and land (its digits, null where there is none).
    """
    table, steps = _places()
    rows = np.searchsorted(steps, rng.integers(0, steps[-1], size), side="right")
    places = table[rows].select("postcode", "prefecture", "city", "town", "nth").with_columns(place=pl.Series(rows))
    rural = (~places["city"].str.contains("[市区]$")).to_numpy()
    chome = np.where(rng.random(size) < np.where(rural, 0.1, 0.6), rng.integers(1, 7, size), 0)
    plot = (chome == 0) & (rng.random(size) < 0.5)
    ban = np.where(plot, rng.integers(1, 2500, size), rng.integers(1, 41, size))
    go = np.where(plot | (rng.random(size) < 0.06), 0, rng.integers(1, 26, size))
    flat = rng.random(size) < np.where(rural, 0.1, 0.45)
    building = pl.Series(_FIRST).gather(rng.integers(0, len(_FIRST), size)) + pl.Series(_LAST).gather(
        rng.integers(0, len(_LAST), size)
    )
    numbered = hit(rng, size, rates.numeral_building)
    building = choice(rng, size, _NUMBERED).zip_with(pl.Series(numbered), building).set(pl.Series(~flat), None)
    homes = places.with_columns(chome=pl.Series(chome), ban=pl.Series(ban), go=pl.Series(go), building=building)
    homes = _streets(rng, _lots(rng, _counted(homes), rates), rates)
    flats = np.flatnonzero(flat)
    if flats.size:
        tenant = flats[rng.random(flats.size) < rates.neighbours / max(flats.size / size, 0.01)]
        source = np.arange(size)
        source[tenant] = flats[rng.integers(0, flats.size, tenant.size)]
        homes = homes[source]
    room = 100 * rng.integers(1, 13, size) + rng.integers(1, 13, size)
    area, land = _land_lines(rng, homes)
    has_land = pl.Series(rng.random(size) < rates.land_line)
    none = pl.Series([None], dtype=pl.String)
    return homes.drop("nth", "place").with_columns(
        room=pl.when(pl.col("building").is_not_null()).then(pl.Series(room)),
        area=area,
        land=land.zip_with(has_land, none),
    )

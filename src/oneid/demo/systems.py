"""What each of the five systems makes of its records: columns, spellings, and what staff leave out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import polars as pl

from oneid.demo.chance import among, hit, tell
from oneid.demo.forms import blank, block, cp932, half_width, iso, phone, room, wareki, wide
from oneid.demo.naming.abroad import as_written
from oneid.demo.naming.foreign import DEPARTMENTS
from oneid.demo.naming.romaji import hiragana, latin
from oneid.demo.rates import Rates

__all__ = ["WRITERS"]

Writer = Callable[[np.random.Generator, pl.DataFrame, Rates], pl.DataFrame]

_BLOCKS = (30, 10, 16, 5, 6, 7, 9, 2, 5, 2, 4, 2)
_UNKNOWN = ("不明", "未記入", "匿名希望", "－", "様")
_HANDLES = (
    "ねこ好き", "たぬき", "ゆずぽん", "たろー", "まめ太", "ポチ", "はなまる", "コーヒー党", "mimi", "kuma", "hoshi",
    "noname", "旅人", "山歩き", "パンダ", "サッカー大好き", "rose", "shiba", "もも", "おかあさん",
)  # fmt: skip
_WORDS = ("匿名希望", "さくら", "名無し", "ゲスト", "会員", "太郎", "花子", "ママ")


def _company(frame: pl.DataFrame) -> pl.Series:
    return frame["kind"] == "company"


def _full(rng: np.random.Generator, size: int, family: str, given: str, shares: tuple[float, float, float]) -> pl.Expr:
    """Family and given name with nothing, a full-width or a plain blank between."""
    between = tell(rng, size, shares)
    first, last = pl.col(family), pl.col(given)
    joined = among(between, [first + last, first + "　" + last, first + " " + last])
    return pl.when(last == "").then(first).otherwise(joined)


def _place(rng: np.random.Generator, frame: pl.DataFrame) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Prefecture, city and town as people write them: parts left out, 大字 put in, ヶ and ケ at will, in Kyoto its
    streets before the town or behind it.
    """
    size = frame.height
    style = tell(rng, size, (0.80, 0.10, 0.10))
    prefecture = pl.when(pl.Series(hit(rng, size, 0.12))).then(pl.lit("")).otherwise("prefecture")
    district = pl.Series(hit(rng, size, 0.3))
    city = pl.when(district).then(pl.col("city").str.replace("^.{1,4}郡(.+[町村])$", "${1}")).otherwise("city")
    oaza = pl.Series(hit(rng, size, 0.15)) & (pl.col("chome") == 0) & ~pl.col("town").str.contains("町$|私書箱")
    town = pl.when(oaza).then("大字" + pl.col("town")).otherwise("town")
    towns = [town, town.str.replace_many(["ヶ", "が"], ["ケ", "ケ"]), town.str.replace_many(["ケ", "ヶ"], ["ヶ", "が"])]
    town, street = among(style, towns), pl.col("street").fill_null("")
    return prefecture, city, among(tell(rng, size, (5, 4, 1)), [town, street + town, town + street])


def _block(rng: np.random.Generator, size: int) -> pl.Expr:
    """The numbers of the house, with what a lot has before and behind them; nothing where there is no number."""
    return (pl.col("lot") + block(tell(rng, size, _BLOCKS)) + pl.col("lot_behind")).fill_null("")


def _room(rng: np.random.Generator, size: int, left_out: float) -> pl.Expr:
    """Building and room, and what is noted behind them."""
    spelled = blank(rng, size, left_out, room(tell(rng, size, (25, 25, 15, 20, 5, 10, 2))))
    return pl.when(pl.col("behind") == "").then(spelled).otherwise(spelled.fill_null("") + pl.col("behind"))


def _phone(rng: np.random.Generator, size: int, shares: Sequence[float]) -> pl.Expr:
    """The column phone as it is written, with what stands behind it."""
    return phone(tell(rng, size, shares)) + pl.col("tail")


def _points(rng: np.random.Generator, size: int, most: int) -> pl.Series:
    return pl.Series((rng.random(size) ** 2 * most).astype(np.int64)).cast(pl.String)


def _clock(rng: np.random.Generator, size: int, form: str) -> pl.Expr:
    hour, minute = (pl.Series(rng.integers(0, top, size)).cast(pl.String).str.zfill(2) for top in (24, 60))
    return pl.format(form, pl.col("since").cast(pl.String), hour, minute)


def point_card(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """The oldest system, on cp932: half-width kana, Japanese eras, one column of address, forms typed in by staff."""
    size, missing = frame.height, rates.missing
    frame = as_written(rng, frame, rates)
    name = _full(rng, size, "family", "given", (0.5, 0.3, 0.2))
    left = pl.Series(hit(rng, size, rates.withdrawn))
    unknown = pl.Series(hit(rng, size, rates.unknown_name))
    word = pl.Series(_UNKNOWN).gather(rng.integers(0, len(_UNKNOWN), size))
    name = pl.when(unknown).then(word).when(left).then(name + "（退会）").otherwise(name)
    era = wareki(tell(rng, size, (35, 25, 30, 7, 3)))
    birth = pl.when(pl.Series(hit(rng, size, 0.5))).then(era).otherwise(iso("{}/{}/{}"))
    male, sex = pl.col("sex") == "m", tell(rng, size, (1, 1, 1))
    sexes = [
        pl.when(male).then(pl.lit(man)).otherwise(pl.lit(woman))
        for man, woman in (("男", "女"), ("男性", "女性"), ("1", "2"))
    ]
    prefecture, city, town = _place(rng, frame)
    rooms = _room(rng, size, 0.2)
    between = pl.when(pl.Series(hit(rng, size, 0.6))).then(pl.lit("　")).otherwise(pl.lit(""))
    address = pl.col("front") + prefecture + city + town + _block(rng, size) + (between + rooms).fill_null("")
    code = pl.col("postcode")
    postcode = among(tell(rng, size, (80, 15, 5)), [code, code.str.slice(0, 3) + "-" + code.str.slice(3), wide(code)])
    kana = half_width(_full(rng, size, "family_kana", "given_kana", (0.1, 0, 0.9)))
    told = pl.when(pl.col("sex").is_not_null()).then(among(sex, sexes))
    number = _phone(rng, size, (45, 32, 8, 3, 5, 5, 2))
    out = frame.select(
        blank(rng, size, missing["point_card.name"], name).alias("氏名"),
        blank(rng, size, missing["point_card.kana"], kana).alias("フリガナ"),
        blank(rng, size, missing["point_card.birth"], birth).alias("生年月日"),
        blank(rng, size, missing["point_card.sex"], told).alias("性別"),
        blank(rng, size, missing["point_card.phone"], number).alias("電話番号"),
        blank(rng, size, missing["point_card.postcode"], postcode).alias("郵便番号"),
        blank(rng, size, missing["point_card.address"], address).alias("住所"),
        pl.col("since").dt.strftime("%Y/%m/%d").alias("入会日"),
        _points(rng, size, 30000).alias("ポイント残高"),
    )  # fmt: skip
    return cp932(rng, out, ["氏名"], rates.lost_character)


def _embossed(rng: np.random.Generator, frame: pl.DataFrame) -> pl.Expr:
    """Capitals as on the card: four romanizations, some with the family name first, cut at 26 letters."""
    size = frame.height
    style = tell(rng, size, (0.62, 0.14, 0.12, 0.12))
    spelled = []
    for part in ("family", "given"):
        own = among(style, [latin(pl.col(f"{part}_said"), form) for form in ("hepburn", "oh", "kept", "kunrei")])
        spelled.append(pl.when(pl.col("kind") == "foreign").then(f"{part}_latin").otherwise(own))
    turned = pl.Series(hit(rng, size, 0.08))
    family, given = spelled
    name = pl.when(turned).then(family + " " + given).otherwise(given + " " + family)
    return name.str.strip_chars().str.slice(0, 26).str.strip_chars()


def credit_card(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Checked against papers: nearly complete, with embossed letters; family cards quote the main member."""
    size, missing = frame.height, rates.missing
    embossed = _embossed(rng, frame)
    frame = as_written(rng, frame, rates)
    prefecture, city, town = _place(rng, frame)
    code = pl.col("postcode")
    sex = pl.when(pl.col("sex") == "m").then(pl.lit("male")).when(pl.col("sex") == "f").then(pl.lit("female"))
    return frame.select(
        full_name=_full(rng, size, "family", "given", (0, 0.5, 0.5)),
        full_name_kana=_full(rng, size, "family_kana", "given_kana", (0, 0.1, 0.9)),
        embossed_name=embossed,
        date_of_birth=iso(),
        gender=sex,
        mobile_phone=_phone(rng, size, (50, 30, 8, 12, 0, 0, 0)),
        home_phone=blank(rng, size, missing["credit_card.home_phone"], pl.col("home_phone")),
        email=blank(rng, size, missing["credit_card.email"], pl.col("email")),
        postal_code=code.str.slice(0, 3) + "-" + code.str.slice(3),
        address1=pl.col("front") + prefecture + city,
        address2=town + _block(rng, size),
        address3=_room(rng, size, missing["credit_card.building"]),
        opened_on=pl.col("since").cast(pl.String),
        points=_points(rng, size, 80000),
    )


def prepaid(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Bought at a till and registered on a phone: kana only, much left empty."""
    size, missing = frame.height, rates.missing
    return frame.select(
        kana_sei=blank(rng, size, missing["prepaid.family"], pl.col("family_kana")),
        kana_mei=blank(rng, size, missing["prepaid.given"], pl.col("given_kana")),
        birthday=blank(rng, size, missing["prepaid.birth"], iso("{}{}{}")),
        tel=blank(rng, size, missing["prepaid.phone"], _phone(rng, size, (72, 18, 5, 5, 0, 0, 0))),
        mail=blank(rng, size, missing["prepaid.email"], pl.col("email")),
        balance=_points(rng, size, 20000),
        registered_at=_clock(rng, size, "{}T{}:{}:00+09:00"),
    )


def _nickname(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.Expr:
    size = frame.height
    kana = pl.col("family_kana") + " " + pl.col("given_kana")
    letters = pl.col("given_latin").str.to_titlecase() + " " + pl.col("family_latin").str.to_titlecase()
    handle = pl.Series(_HANDLES).gather(rng.integers(0, len(_HANDLES), size))
    number = pl.Series(rng.integers(1, 100, size)).cast(pl.String)
    handle = handle.zip_with(pl.Series(hit(rng, size, 0.5)), handle + number)
    spellings = {
        "full name": _full(rng, size, "family", "given", (0.5, 0.05, 0.45)),
        "given name in kanji": pl.col("given"),
        "given name in kana": pl.col("given_kana"),
        "full name in hiragana": hiragana(kana),
        "full name in katakana": kana,
        "full name in Latin letters": letters,
        "handle": pl.lit(handle),
        "a common word": pl.lit(pl.Series(_WORDS).gather(rng.integers(0, len(_WORDS), size))),
        "null token": pl.lit(pl.Series(["不明", "-"]).gather(rng.integers(0, 2, size))),
        "empty": pl.lit(None, pl.String),
    }
    return among(tell(rng, size, [rates.nicknames[kind] for kind in spellings]), list(spellings.values()))


def _eaten(rng: np.random.Generator, size: int, rates: Rates) -> Callable[[pl.Expr], pl.Expr]:
    """What a spreadsheet does to numbers: leading zeros gone, in the same rows for every column."""
    rows = pl.Series(hit(rng, size, rates.eaten_zero))
    return lambda text: (
        pl.when(rows & text.str.contains("^[0-9]+$")).then(text.str.strip_chars_start("0")).otherwise(text)
    )


def mail_list(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """A news letter: a mail box for certain, the rest as people please."""
    size, missing = frame.height, rates.missing
    eaten = _eaten(rng, size, rates)
    year = blank(rng, size, missing["mail_list.year"], pl.col("year").cast(pl.String))
    return frame.select(
        email=pl.col("email"),
        nickname=_nickname(rng, frame, rates),
        zip=eaten(blank(rng, size, missing["mail_list.postcode"], pl.col("postcode"))),
        birth_year=pl.when(pl.Series(hit(rng, size, 0.01))).then(pl.lit("-")).otherwise(year),
        birth_month=blank(rng, size, missing["mail_list.month"], pl.col("month").cast(pl.String)),
        opt_in=pl.Series(hit(rng, size, 0.74).astype(np.int8)).cast(pl.String),
        subscribed_at=pl.col("since").cast(pl.String),
    )


def ec(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """The shop on the web: parts of the name apart, address in four fields, blanked out when someone leaves."""
    size, missing = frame.height, rates.missing
    frame = as_written(rng, frame, rates)
    eaten = _eaten(rng, size, rates)
    _, city, town = _place(rng, frame)
    code = pl.col("postcode")
    postcode = (
        pl.when(pl.Series(hit(rng, size, 0.45))).then(code).otherwise(code.str.slice(0, 3) + "-" + code.str.slice(3))
    )
    department = pl.Series(DEPARTMENTS).gather(rng.integers(0, len(DEPARTMENTS), size))
    in_hiragana = pl.Series(hit(rng, size, 0.03))
    kana = {
        part: pl.when(in_hiragana).then(hiragana(pl.col(part))).otherwise(part)
        for part in ("family_kana", "given_kana")
    }
    shop = frame.select(
        last_name=pl.col("family"),
        first_name=pl.when(_company(frame)).then(department).otherwise("given"),
        last_name_kana=kana["family_kana"],
        first_name_kana=kana["given_kana"],
        email=pl.col("email"),
        phone=eaten(_phone(rng, size, (55, 27, 6, 6, 4, 0, 2))),
        birthdate=blank(rng, size, missing["ec.birth"], iso()),
        sex=blank(rng, size, missing["ec.sex"], pl.col("sex").str.to_uppercase()),
        zip_code=eaten(postcode),
        prefecture=pl.col("prefecture"),
        city=city,
        street=pl.col("front") + town + _block(rng, size),
        building=_room(rng, size, missing["ec.building"]),
        created_at=_clock(rng, size, "{} {}:{}"),
        points=_points(rng, size, 12000),
    )
    left = pl.Series(hit(rng, size, rates.withdrawn))
    blanked = {"last_name": "退会", "first_name": "会員", "last_name_kana": "タイカイ", "first_name_kana": "カイイン"}
    blanked |= {"email": "withdrawn@example.com"}
    gone = ("phone", "birthdate", "sex", "zip_code", "prefecture", "city", "street", "building")
    return shop.with_columns(
        *(pl.when(left).then(pl.lit(word)).otherwise(name).alias(name) for name, word in blanked.items()),
        *(pl.when(left).then(None).otherwise(name).alias(name) for name in gone),
    )


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {"point_card": point_card, "credit_card": credit_card, "prepaid": prepaid, "mail_list": mail_list, "ec": ec}
)
"""The systems, each with the function that writes its records."""

"""How one and the same fact is written: dates, phones, addresses and kana in the spellings of forms and systems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from oneid.demo.chance import among, hit, tell
from oneid.demo.slips.values import NEAREST

__all__ = ["ISO", "blank", "block", "cp932", "half_width", "iso", "phone", "room", "wareki", "wide"]

_DIGITS = list("0123456789")
_WIDE = list("０１２３４５６７８９")
_KANJI_TENS = [
    ("" if ten == 0 else ("" if ten == 1 else "〇一二三四"[ten]) + "十")
    + ("" if one == 0 else "〇一二三四五六七八九"[one])
    for ten in range(5)
    for one in range(10)
]
_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ",
        strict=True,
    )
)
_HALF |= {chr(ord(kana) + 1): _HALF[kana] + "ﾞ" for kana in "カキクケコサシスセソタチツテトハヒフヘホ"}
_HALF |= {chr(ord(kana) + 2): _HALF[kana] + "ﾟ" for kana in "ハヒフヘホ"} | {"ヴ": "ｳﾞ", "　": " "}

ISO = "{}-{}-{}"


def blank(rng: np.random.Generator, size: int, rate: float, text: pl.Expr) -> pl.Expr:
    """``text``, null in a share of the rows."""
    return pl.when(pl.Series(hit(rng, size, rate))).then(None).otherwise(text)


def wide(text: pl.Expr) -> pl.Expr:
    """Full-width digits."""
    return text.str.replace_many(_DIGITS, _WIDE)


def half_width(kana: pl.Expr) -> pl.Expr:
    """Half-width katakana.

    >>> pl.select(half_width(pl.lit("ヤマダ　ショウゾウ"))).item()
    'ﾔﾏﾀﾞ ｼｮｳｿﾞｳ'
    """
    return kana.str.replace_many(list(_HALF), list(_HALF.values()))


def _two(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.zfill(2)


def iso(form: str = ISO) -> pl.Expr:
    """The columns year, month and day in a western form such as ``{}-{}-{}``."""
    return pl.format(form, pl.col("year").cast(pl.String), _two("month"), _two("day"))


def wareki(style: pl.Series) -> pl.Expr:
    """year, month and day in Japanese eras.

    0 ``S55.3.7``, 1 ``S550307``, 2 ``昭和55年3月7日``, 3 ``昭55/3/7``, 4 ``昭和五十五年三月七日``.

    >>> dates = pl.DataFrame({"year": [1980, 1989, 2019], "month": [3, 1, 5], "day": [7, 8, 1]})
    >>> dates.select(birth=wareki(pl.Series([0, 2, 1])))["birth"].to_list()
    ['S55.3.7', '平成元年1月8日', 'R010501']
    """
    number = pl.col("year") * 10000 + pl.col("month") * 100 + pl.col("day")
    eras = (
        (20190501, 2018, "R", "令和"),
        (19890108, 1988, "H", "平成"),
        (19261225, 1925, "S", "昭和"),
        (19120730, 1911, "T", "大正"),
    )
    since, letter, name = pl.lit(1867), pl.lit("M"), pl.lit("明治")
    for first, before, short, long in reversed(eras):
        since = pl.when(number >= first).then(before).otherwise(since)
        letter = pl.when(number >= first).then(pl.lit(short)).otherwise(letter)
        name = pl.when(number >= first).then(pl.lit(long)).otherwise(name)
    year = pl.col("year") - since
    plain, month, day = year.cast(pl.String), pl.col("month").cast(pl.String), pl.col("day").cast(pl.String)
    named = pl.when(year == 1).then(pl.lit("元")).otherwise(plain)
    kanji_month, kanji_day = _kanji(pl.col("month")), _kanji(pl.col("day"))
    kanji_year = pl.when(year == 1).then(pl.lit("元")).otherwise(_kanji(year))
    return among(style, [
        letter + plain + "." + month + "." + day,
        letter + plain.str.zfill(2) + _two("month") + _two("day"),
        name + named + "年" + month + "月" + day + "日",
        name.str.slice(0, 1) + plain + "/" + month + "/" + day,
        name + kanji_year + "年" + kanji_month + "月" + kanji_day + "日",
    ])  # fmt: skip


def _kanji(number: pl.Expr) -> pl.Expr:
    """Numbers up to 49 in kanji, larger ones as digits."""
    names = pl.Series(_KANJI_TENS)
    small = number.replace_strict(list(range(50)), names, default=None, return_dtype=pl.String)
    tens = (number // 10).replace_strict(
        list(range(10)), list("〇一二三四五六七八九"), default=None, return_dtype=pl.String
    )
    ones = (number % 10).replace_strict(
        list(range(10)), ["", *"一二三四五六七八九"], default=None, return_dtype=pl.String
    )
    return pl.coalesce(small, tens + "十" + ones)


def phone(style: pl.Series) -> pl.Expr:
    """The column phone: 0 digits, 1 hyphens, 2 full-width digits, 3 ``+81 ``, 4 brackets, 5 full-width hyphens, 6 dots.

    The column ``area`` has the area code of a land line; numbers of eleven digits are mobile.
    """
    text = pl.col("phone")
    head = pl.when(text.str.len_chars() == 11).then(3).otherwise(pl.col("area").str.len_chars())
    first, last = text.str.slice(0, head), text.str.slice(-4)
    middle = text.str.slice(head, text.str.len_chars() - head - 4)
    hyphens = first + "-" + middle + "-" + last
    return among(style, [
        text, hyphens, wide(text), "+81 " + first.str.slice(1) + " " + middle + " " + last,
        "(" + first + ")" + middle + "-" + last, wide(first + "－" + middle + "－" + last),
        first + "." + middle + "." + last,
    ])  # fmt: skip


def block(style: pl.Series) -> pl.Expr:
    """The columns chome, ban and go (0: none) in twelve spellings of one house number."""
    chome, ban, go = (pl.col(name).cast(pl.String) for name in ("chome", "ban", "go"))
    has_chome, has_go = pl.col("chome") > 0, pl.col("go") > 0

    def joined(between: str) -> pl.Expr:
        ahead = pl.when(has_chome).then(chome + between).otherwise(pl.lit(""))
        return ahead + ban + pl.when(has_go).then(between + go).otherwise(pl.lit(""))

    def spelled(number: str, ends: tuple[str, str, str]) -> pl.Expr:
        with_go, end, alone = ends
        ahead = pl.when(has_chome).then(_kanji(pl.col("chome")) if number == "kanji" else chome).otherwise(pl.lit(""))
        ahead += pl.when(has_chome).then(pl.lit("丁目")).otherwise(pl.lit(""))
        return ahead + ban + pl.when(has_go).then(with_go + go + end).otherwise(pl.lit(alone))

    full = spelled("digits", ("番", "号", "番地"))
    all_kanji = pl.when(has_chome).then(_kanji(pl.col("chome")) + "丁目").otherwise(pl.lit(""))
    all_kanji += _kanji(pl.col("ban")) + pl.when(has_go).then("番" + _kanji(pl.col("go")) + "号").otherwise(
        pl.lit("番地")
    )
    return among(style, [
        joined("-"), wide(joined("－")), full, wide(full), spelled("kanji", ("-", "", "")), joined("ー"),
        spelled("digits", ("-", "", "")), joined("の"), spelled("digits", ("番地", "", "番地")),
        spelled("digits", ("番地の", "", "番地")), joined("‐"),
        pl.when(pl.col("ban") < 50).then(all_kanji).otherwise(full),
    ])  # fmt: skip


def room(style: pl.Series) -> pl.Expr:
    """The columns building and room in seven spellings (the sixth leaves the building out); null for houses."""
    number = pl.col("room").cast(pl.String)
    building = pl.col("building")
    return among(style, [
        building + number + "号室", building + "　" + number, building + " " + number + "号", building + "-" + number,
        wide(building + number), pl.when(building.is_not_null()).then("-" + number), building + "#" + number,
    ])  # fmt: skip


def cp932(rng: np.random.Generator, frame: pl.DataFrame, names: Sequence[str], lost: float) -> pl.DataFrame:
    """``frame`` with text that the Windows-31J code page (cp932) can hold.

    In the columns ``names``, a share ``lost`` of the values with a character beyond JIS X 0208 shows ``?`` instead and
    as many its plain form. What the code page cannot hold at all becomes the plain form where there is one, else ``?``.
    """
    text = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    letters = (
        pl.concat([frame[name].drop_nulls().unique().str.split("").explode().unique() for name in text])
        .unique()
        .to_list()
    )
    beyond = sorted(letter for letter in letters if letter and not _fits(letter, "shift_jis") and _beyond_jis(letter))
    unfit = {letter: _plain(letter) for letter in sorted(letters) if letter and not _fits(letter, "cp932")}
    style = tell(rng, frame.height, (lost, lost, max(0.0, 1 - 2 * lost)))
    changes = []
    for name in text:
        kept = pl.col(name)
        if beyond and name in names:
            plain = kept.str.replace_many(beyond, [_plain(letter) for letter in beyond])
            kept = among(style, [kept.str.replace_many(beyond, ["?"] * len(beyond)), plain, kept])
        changes.append(kept.str.replace_many(list(unfit), list(unfit.values())).alias(name) if unfit else kept)
    return frame.with_columns(changes)


def _fits(letter: str, codec: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _beyond_jis(letter: str) -> bool:
    return letter > "㐀"


def _plain(letter: str) -> str:
    nearest = NEAREST.get(letter, "?")
    return nearest if _fits(nearest, "cp932") else "?"

"""What goes wrong when people, staff and forms write records: names, births, phones and mail boxes with mistakes."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import among, choice, drawn, hit, put, tell
from oneid.demo.naming.names import given_names, surnames
from oneid.demo.rates import Rates

__all__ = ["NEAREST", "PLACEHOLDER_MAILS", "PLACEHOLDER_PHONES", "slipped"]

_FORMS = {
    "高": "髙", "崎": "﨑", "辺": "邊邉", "斎": "齋", "斉": "齊", "沢": "澤", "浜": "濱濵", "桜": "櫻", "広": "廣",
    "国": "國", "吉": "𠮷", "橋": "𣘺", "柳": "栁", "瀬": "瀨", "島": "嶋嶌", "桑": "桒", "恵": "惠", "真": "眞",
    "徳": "德", "関": "關", "黒": "黑", "富": "冨", "滝": "瀧", "竜": "龍", "万": "萬", "実": "實", "栄": "榮",
    "寿": "壽", "静": "靜", "横": "橫", "増": "增", "緑": "綠", "礼": "禮", "弥": "彌", "条": "條", "塚": "\ufa10",
    "福": "\ufa1b", "祥": "\ufa1a", "隆": "\uf9dc", "晴": "\ufa12", "神": "\ufa19", "槙": "槇", "浅": "淺",
}  # fmt: skip
"""Plain characters and their old, vendor's or compatibility forms; common knowledge."""
NEAREST = {form: plain for plain, forms in _FORMS.items() for form in forms}
"""The plain character of each form."""
_OLD = {plain: forms[0] for plain, forms in _FORMS.items()}
_OLD_IN = {"family": _OLD, "given": {plain: _OLD[plain] for plain in "広国恵真徳竜実栄寿静礼弥緑祥富"}}
"""The first old form of each; in given names fewer are met."""

_VOICED = dict(zip("カキクケコサシスセソタチツテトハヒフヘホ", "ガギグゲゴザジズゼゾダヂヅデドバビブベボ", strict=True))
_VOICE = _VOICED | {voiced: plain for plain, voiced in _VOICED.items()}
_SIZE = dict(zip("ャュョッヤユヨツ", "ヤユヨツャュョッ", strict=True))
_LENGTH = {
    "ョウ": "ョー", "ュウ": "ュー", "コウ": "コー", "トウ": "トー", "ロウ": "ロー", "ソウ": "ソー", "ユウ": "ユー",
    "ヨウ": "ヨー", "オオ": "オー", "ドウ": "ドー", "イイ": "イー", "ケイ": "ケー", "ヅ": "ズ", "ヂ": "ジ",
}  # fmt: skip

PLACEHOLDER_PHONES = (
    "00000000000", "09000000000", "0312345678", "0120000000", "0000000000", "11111111111", "99999999999", "09012345678",
)  # fmt: skip
PLACEHOLDER_MAILS = ("test@example.com", "noreply@example.jp", "none@example.com", "a@example.com")
_PLACEHOLDER_BIRTHS = ((1900, 1, 1), (1970, 1, 1), (1980, 1, 1), (2000, 1, 1))
_MISTYPED = {
    "gmail.com": ("gmail.co", "gmai.com", "gmial.com", "gmail.con", "gmeil.com", "gamil.com"),
    "yahoo.co.jp": ("yahoo.ne.jp", "yaho.co.jp", "yahoo.co.jo", "yahooo.co.jp", "yahoo.cp.jp", "yahoo.co.p"),
    "docomo.ne.jp": ("docomo.co.jp", "docomo.me.jp", "docomo.ne.jo", "dokomo.ne.jp", "docom.ne.jp", "docomo.nr.jp"),
    "icloud.com": ("iclould.com", "icloud.con", "iclaud.com", "icoud.com", "icloud.co", "icloud.cm"),
    "ezweb.ne.jp": ("ezweb.ne.jo", "ezwab.ne.jp", "ezweb.co.jp", "ezeb.ne.jp", "exweb.ne.jp", "ezweb.me.jp"),
    "softbank.ne.jp": ("softbank.co.jp", "sofbank.ne.jp", "softbank.ne.jo", "softbamk.ne.jp", "softbank.me.jp",
                       "softbnk.ne.jp"),
    "hotmail.co.jp": ("hotmail.co.jo", "hotmai.co.jp", "hotmail.cp.jp", "hotmeil.co.jp", "hotmal.co.jp",
                      "hotmail.co.p"),
    "outlook.jp": ("outrook.jp", "outlok.jp", "outlook.jo", "outook.jp", "outloook.jp", "outlook.jpp"),
}  # fmt: skip
"""Domains that a finger or an ear makes of a provider's, six of each; common knowledge."""


def _at(chance: str, text: pl.Expr) -> pl.Expr:
    """A position in ``text``, drawn by a column of chances."""
    return (pl.col(chance) * text.str.len_chars()).floor().cast(pl.Int64)


def _forms(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Other forms of a character, other kanji of the reading, other readings of the kanji."""
    size = frame.height
    for part in ("family", "given"):
        rows = frame[f"{part}_row"].to_numpy()
        known = rows >= 0
        male = (frame["sex"] == "m").fill_null(value=False).to_numpy()
        kanji, kana = frame[part], frame[f"{part}_kana"]
        for column, rate in (("kanji", rates.homophone / 2), ("reading", rates.wrong_reading / 2)):
            wrong = np.flatnonzero(hit(rng, size, rate) & known)
            chance = rng.random(wrong.size)
            tables = [(surnames(), np.ones(wrong.size, dtype=bool))]
            if part == "given":
                tables = [(given_names("f"), ~male[wrong]), (given_names("m"), male[wrong])]
            for table, here in tables:
                groups = table.by_reading if column == "kanji" else table.by_kanji
                written = table.column(column, groups.other(rows[wrong[here]], chance[here]))
                if column == "kanji":
                    kanji = kanji.scatter(wrong[here], written) if here.any() else kanji
                else:
                    kana = kana.scatter(wrong[here], written) if here.any() else kana
        style = pl.Series(np.searchsorted([0.6, 1.0], rng.random(size) / max(rates.old_form, 1e-9), side="right"))
        plain = kanji.str.replace_many(list(NEAREST), list(NEAREST.values()))
        old = kanji.str.replace_many(list(_OLD_IN[part]), list(_OLD_IN[part].values()))
        mixed = pl.select(
            pl.when(style == 0).then(plain).when((style == 1) & (plain == kanji)).then(old).otherwise(kanji)
        ).to_series()
        frame = frame.with_columns(mixed.alias(part), kana.alias(f"{part}_kana"))
    return frame


def _kana(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """One slip in the kana of the family or of the given name."""
    size = frame.height
    part = rng.integers(0, 2, size)
    slips = hit(rng, size, rates.kana_slip)
    frame = frame.with_columns(_kind=pl.Series(rng.integers(0, 6, size)), _chance=pl.Series(rng.random(size)))
    for nth, name in enumerate(("family_kana", "given_kana")):
        rows = np.flatnonzero(slips & (part == nth) & (frame["family_row"].to_numpy() >= 0))
        text = pl.col(name)
        at = _at("_chance", text)
        here, behind = text.str.slice(at, 1), text.str.slice(at + 1)
        ahead = text.str.slice(0, at)
        resized = text.str.replace_many(list(_SIZE), list(_SIZE.values()))
        bent = text.str.replace_many(list(_LENGTH), list(_LENGTH.values()), leftmost=True)
        mistyped = (
            pl.when(pl.col("_kind") == 0).then(ahead + behind)
            .when(pl.col("_kind") == 1).then(ahead + behind.str.slice(0, 1) + here + behind.str.slice(1))
            .when(pl.col("_kind") == 2).then(ahead + here.replace(_VOICE) + behind)
            .when(pl.col("_kind") == 3).then(resized)
            .when(pl.col("_kind") == 4).then(bent)
            .otherwise(ahead + here + here + behind)
        )  # fmt: skip
        if rows.size:
            frame = frame.with_columns(frame[name].scatter(rows, frame[rows].select(mistyped.alias(name))[name]))
    return frame.drop("_kind", "_chance")


def _births(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Replaces the column birth by year, month and day, some of them wrong."""
    size = frame.height
    parts = frame.select(year=pl.col("birth").dt.year(), month=pl.col("birth").dt.month(), day=pl.col("birth").dt.day())
    year, month, day = (parts[name].fill_null(0).to_numpy().astype(np.int64) for name in parts.columns)
    digit = hit(rng, size, rates.birth_digit)
    kind, sign = rng.integers(0, 5, size), rng.choice(np.array([-1, 1]), size)
    year = year + np.where(digit & (kind == 0), sign, 0) + np.where(digit & (kind == 1), 10 * sign, 0)
    year = np.where(year > 2015, year - 20, year)
    month = np.where(digit & (kind == 2) & (day <= 28), (month + sign - 1) % 12 + 1, month)
    day = np.where(digit & (kind == 3), np.clip(day + sign, 1, 28), day)
    day = np.where(digit & (kind == 4), np.where(day > 15, day - 10, day + 10), day)
    swap = hit(rng, size, rates.birth_swapped) & (day <= 12)
    month, day = np.where(swap, day, month), np.where(swap, month, day)
    placed = hit(rng, size, rates.birth_placeholder)
    values = np.array(_PLACEHOLDER_BIRTHS)[rng.choice(len(_PLACEHOLDER_BIRTHS), size, p=[0.4, 0.25, 0.15, 0.2])]
    year, month, day = (np.where(placed, values[:, nth], part) for nth, part in enumerate((year, month, day)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    day = np.where((month == 2) & (day > 28 + leap), 28, np.where((day > 30) & np.isin(month, [4, 6, 9, 11]), 30, day))
    none = pl.Series(frame["birth"].is_null())
    return frame.drop("birth").with_columns(
        pl.Series(name, part).set(none, None) for name, part in (("year", year), ("month", month), ("day", day))
    )


def _phones(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    size = frame.height
    frame = frame.with_columns(
        _kind=pl.Series(rng.integers(0, 3, size)), _chance=pl.Series(rng.random(size) * 0.7 + 0.3)
    )
    text = pl.col("phone")
    at = (_at("_chance", text)).clip(0, 9)
    here, ahead, behind = text.str.slice(at, 1), text.str.slice(0, at), text.str.slice(at + 1)
    other = (
        (here.cast(pl.Int64, strict=False).fill_null(0) + 1 + (pl.col("_chance") * 7919).floor().cast(pl.Int64) % 9)
        % 10
    ).cast(pl.String)
    mistyped = (
        pl.when(pl.col("_kind") == 0).then(ahead + other + behind)
        .when(pl.col("_kind") == 1).then(ahead + behind.str.slice(0, 1) + here + behind.str.slice(1))
        .otherwise(ahead + behind)
    )  # fmt: skip
    placeholder = pl.Series(PLACEHOLDER_PHONES).gather(rng.integers(0, len(PLACEHOLDER_PHONES), size))
    wrong, placed = pl.Series(hit(rng, size, rates.phone_digit)), pl.Series(hit(rng, size, rates.phone_placeholder))
    return frame.with_columns(
        phone=pl.when(text.is_null())
        .then(text)
        .when(placed)
        .then(placeholder)
        .when(wrong)
        .then(mistyped)
        .otherwise(text)
    ).drop("_kind", "_chance")


def _mails(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    size = frame.height
    box = pl.col("email")
    local, domain = box.str.extract("^([^@]*)@"), box.str.extract("@(.*)$")
    tag = choice(rng, size, ["+ec", "+shop", "+mail", "+1", "+point"])
    tagged = pl.Series(hit(rng, size, rates.email_tag)) & domain.is_in(["gmail.com", "icloud.com"])
    box = pl.when(tagged).then(local + tag + "@" + domain).otherwise(box)
    frame = frame.with_columns(email=box)
    letter, wrong = drawn(rng, size, [rates.email_slip, rates.email_domain])
    box = pl.col("email")
    short = local.str.slice(0, 2) + local.str.slice(3) + "@" + domain
    twice = local.str.slice(0, 3) + local.str.slice(2) + "@" + domain
    frame = put(frame, letter, email=among(tell(rng, letter.size, (1, 1)), [short, twice]))
    other = [domain.replace({right: forms[nth] for right, forms in _MISTYPED.items()}) for nth in range(6)]
    frame = put(frame, wrong, email=local + "@" + among(tell(rng, wrong.size, [1] * 6), other))
    style = pl.Series(np.searchsorted([0.4, 1.0], rng.random(size) / max(rates.email_case, 1e-9), side="right"))
    capital = box.str.slice(0, 1).str.to_uppercase() + box.str.slice(1)
    box = pl.when(style == 0).then(box.str.to_uppercase()).when(style == 1).then(capital).otherwise(box)
    placeholder = choice(rng, size, PLACEHOLDER_MAILS)
    placed = pl.Series(hit(rng, size, rates.email_placeholder))
    return frame.with_columns(email=pl.when(placed & pl.col("email").is_not_null()).then(placeholder).otherwise(box))


def _tails(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """What stands behind a phone: mostly nothing, behind some land lines another one."""
    second = np.flatnonzero(frame["phone"].str.contains("^0[1-9][0-9]{8}$").fill_null(value=False).to_numpy())
    second = second[hit(rng, second.size, rates.second_phone)]
    other = pl.col("phone").str.slice(-4).cast(pl.Int64, strict=False).fill_null(0) + 1
    more = other.cast(pl.String).str.zfill(4).str.slice(-4)
    tails = ["・" + more, "(" + more + ")", "/" + more, "、" + pl.col("phone").str.slice(0, 6) + more, pl.lit("（代）")]
    frame = frame.with_columns(tail=pl.lit(""))
    return put(frame, second, tail=among(tell(rng, second.size, (4, 2, 2, 2, 1)), tails))


def slipped(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``frame`` with slips in single values.

    Takes family, given, family_kana, given_kana, family_row, given_row, sex, birth, phone, email and postcode, and
    gives the same columns back, with year, month and day in the place of birth.
    """
    size = frame.height
    frame = _kana(rng, _forms(rng, frame, rates), rates)
    swap = pl.Series(hit(rng, size, rates.swapped_name)) & (pl.col("given") != "")
    frame = frame.with_columns(
        pl.when(swap).then(pl.col(f"{theirs}{part}")).otherwise(pl.col(f"{ours}{part}")).alias(f"{ours}{part}")
        for part in ("", "_kana")
        for ours, theirs in (("family", "given"), ("given", "family"))
    )
    frame = _mails(rng, _phones(rng, _births(rng, frame, rates), rates), rates)
    frame = _tails(rng, frame, rates)
    wrong = np.flatnonzero(hit(rng, size, rates.postcode_wrong))
    others = frame["postcode"].gather(rng.integers(0, size, wrong.size))
    zeros = pl.Series(["9999999", "0000000"]).gather(rng.integers(0, 2, wrong.size))
    other = others.zip_with(pl.Series(rng.random(wrong.size) < 0.6), zeros)
    return frame.with_columns(frame["postcode"].scatter(wrong, other)) if wrong.size else frame

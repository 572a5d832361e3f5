"""What a column is, judged by its header and by what its values look like; and the shape of values, without the values.

The header words are those of common member systems and mail tools, Japanese and English. The patterns of values are
loose on purpose: they tell columns apart, the normalizers judge values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

__all__ = ["DATES", "HEADERS", "LOOKS", "column_role", "header_role", "shape"]

DATES = ("since", "updated", "until")
"""The roles of columns that are dates of a record."""

_SAMPLE = 1000
_CONFIRMED = 0.5
_OBVIOUS = 0.9

_KANA = r"(kana|furigana|yomi|カナ|かな|フリガナ|ふりがな|ヨミ|よみ|読み)"
_ROMAJI = r"(romaji|roman|latin|alphabet|embossed|english|ローマ字|英字|アルファベット|(^|_)en($|_))"
_FAMILY = r"(last|family|surname|(^|_)sei($|_)|苗字|名字|姓(?!名))"
_GIVEN = r"(first|given|(^|_)mei($|_)|(^|_)名($|_|カナ|かな|フリガナ|ふりがな))"


def _both(one: str, other: str) -> str:
    return f"(?=.*{one})(?=.*{other})"


HEADERS: Sequence[tuple[str, str]] = (
    ("", r"flag|フラグ|opt_?in|許可|希望|可否|区分|種別|status|fax|ファックス|パスワード|password|count|回数|件数"),
    ("kana.family", _both(_KANA, _FAMILY) + r"|^(セイ|せい)$|^氏_?(カナ|かな|フリガナ)"),
    ("kana.given", _both(_KANA, _GIVEN) + r"|^(メイ|めい)$"),
    ("kana", _KANA),
    ("romaji.family", _both(_ROMAJI, _FAMILY)),
    ("romaji.given", _both(_ROMAJI, _GIVEN)),
    ("romaji", _ROMAJI),
    ("birth.year", r"birth_?year|year_of_birth|生年(?!月)|誕生年"),
    ("birth.month", r"birth_?month|month_of_birth|(?<!年)生月|誕生月"),
    ("birth.day", r"day_of_birth|(?<![月誕])生日"),
    ("birth", r"birth|(^|_)dob($|_)|生年月日|誕生日"),
    ("sex", r"(^|_)sex($|_)|gender|性別"),
    ("email", r"e_?mail|(^|_)mail($|_)|メール|メアド"),
    ("phone", r"(^|_)(tel|phone|mobile|cell)|telephone|phone_?(no|num)|電話|携帯|連絡先"),
    ("postcode", r"zip|post(al)?_?code|郵便|〒"),
    ("address.prefecture", r"pref|都道府県"),
    ("address.city", r"(^|_)(city|municipality)($|_)|市区?町村|市区郡"),
    ("address.town", r"(^|_)town($|_)|町域|町名|大字"),
    ("address.street", r"street|番地|丁目"),
    ("address.building", r"building|建物|マンション|アパート|部屋"),
    ("address", r"address|(^|_)addr|住所|所在地"),
    ("since", r"(open|join|regist|creat|subscrib|enroll|sign_?up)\w*_?(on|at|date|day)|入会|登録|加入|作成日"),
    ("updated", r"(updat|modif|chang)\w*_?(on|at|date)|更新|変更日"),
    ("until", r"(clos|left|leav|withdr|cancel|quit)\w*_?(on|at|date)|退会日|解約日"),
    ("id", r"(member|customer|user|client|card|account|kaiin|kokyaku)_?(id|no|num|number|code|cd)($|_)|^(id|no)$"),
    ("id", r"(会員|顧客|お客様|ユーザー?|カード|個人)_?(番号|id|コード|no|cd)"),
    ("name.family", _FAMILY),
    ("name.given", _GIVEN),
    ("nickname", r"nick|handle|screen_?name|display_?name|ニックネーム|ハンドル|表示名|愛称"),
    ("name", r"^(name|full_?name|(member|customer|user|client|contact)_?name)$|氏名|姓名|お?名前|(会員|顧客|お客様)名"),
)  # fmt: skip
"""Role and pattern, first match counts. Headers are compared in NFKC, lower case, with ``_`` between words; the role
``""`` means: a column about a field, not the field."""

_DATE = (
    r"(\d{4}|[MTSHR明大昭平令][治正和成]?(\d{1,2}|元))[年./-]?\s?\d{1,2}[月./-]?\s?\d{1,2}日?([T\s].*)?|[MTSHR]\d{6}"
)
_TEXT = r"[^\d@]*[^\W\d_][^@]*"

LOOKS: Mapping[str, str] = {
    "kana": r"[ァ-ヺぁ-ゖーゝゞヽヾ・\s]+",
    "romaji": r"[a-zÀ-ɏ][a-zÀ-ɏ\s.,'’-]*",
    "birth": _DATE,
    "birth.year": r"(19|20)\d\d年?|[明大昭平令MTSHR].*\d+年?|\d{1,2}",
    "birth.month": r"(0?[1-9]|1[0-2])月?",
    "birth.day": r"(0?[1-9]|[12]\d|3[01])日?",
    "sex": r"男.{0,2}|女.{0,2}|[mf]|male|female|man|woman|[0129]|other|unknown|不明|その他|おとこ|おんな|♂|♀",
    "email": r"\S+@\S+",
    "phone": r"\+?[\d()\s.‐-―ー−-]{9,18}",
    "postcode": r"〒?\s?\d{3}[‐-―ー−-]?\d{4}|\d{6}",
    "address": _TEXT + r"|.*(都|道|府|県|市|区|町|村|丁目|番地).*",
    "address.prefecture": r".*[都道府県]|[a-z-]+|\d{1,2}",
    "address.street": r".+",
    "address.building": r".+",
    "name": _TEXT,
    "nickname": r".+",
    "date": _DATE,
    "id": r".+",
}
"""What the whole of a value looks like, in NFKC and lower case (kana full-width)."""

_OBVIOUSLY: Sequence[tuple[str, str]] = (
    ("email", r"[^@\s]+@[^@\s]+\.[a-z]+"),
    ("phone", r"0\d{1,4}-\d{1,4}-\d{3,4}|0[5789]0\d{8}|0\d{9}|\+81\d{9,10}"),
    ("postcode", r"〒?\d{3}-\d{4}"),
    ("kana", r"[ァ-ヺー・]+\s[ァ-ヺー・]+"),
    ("address", r"(東京都|北海道|京都府|大阪府|[^\d\s]{2,3}県).{3,}"),
)


def column_role(header: str, values: pl.Series) -> str | None:
    """What a column is, such as ``phone`` or ``name.family``; None where nothing tells.

    By its header where at least half of its distinct values look so (or there are none), else by content that can
    hardly be anything else in nine of ten.
    """
    sample = _sample(values)
    said = header_role(header)
    if said:
        kind = "date" if said in DATES else said if said in LOOKS else said.partition(".")[0]
        if not sample or _share(sample, LOOKS[kind]) >= _CONFIRMED:
            return said
        return "birth.day" if said == "birth" and _share(sample, LOOKS["birth.day"]) >= _OBVIOUS else None
    if said is None and sample:
        return next((role for role, pattern in _OBVIOUSLY if _share(sample, pattern) >= _OBVIOUS), None)
    return None


def header_role(header: str) -> str | None:
    """The role that a header names, ``""`` for a column about a field, None where it says nothing.

    >>> header_role("ＴＥＬ"), header_role("LastNameKana"), header_role("メール配信希望"), header_role("memo")
    ('phone', 'kana.family', '', None)
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", unicodedata.normalize("NFKC", header).strip())
    text = re.sub(r"[^\w〒]+|_+", "_", text.lower()).strip("_")
    return next((role for role, pattern in HEADERS if re.search(pattern, text)), None)


def shape(text: str) -> str:
    """The shape of a value without the value: digits 9, kanji 漢, kana ア and あ, Latin A and a; at most 20 long.

    >>> shape("佐藤 花子"), shape("090-1234-5678"), shape("Hanako@example.jp")
    ('漢漢 漢漢', '999-9999-9999', 'Aaaaaa@aaaaaaa.aa')
    """
    classes = (("9", r"\d"), ("あ", r"[ぁ-ゖ]"), ("ア", r"[ァ-ヺーｦ-ﾟ]"), ("a", r"[a-zａ-ｚ]"), ("A", r"[A-ZＡ-Ｚ]"))
    for sign, pattern in classes:
        text = re.sub(pattern, sign, text)
    text = re.sub(r"[^\W\d_aAあアー]", "漢", text)
    return text if len(text) <= 20 else text[:19] + "…"


def _sample(column: pl.Series) -> list[str]:
    """Up to 1,000 distinct values, evenly spaced in their order, tidied for looking at."""
    distinct = column.drop_nulls().str.strip_chars().unique().sort()
    distinct = distinct.filter(distinct != "")
    return [
        unicodedata.normalize("NFKC", text).lower().strip()
        for text in distinct.gather_every(max(1, len(distinct) // _SAMPLE)).head(_SAMPLE)
    ]


def _share(sample: Sequence[str], pattern: str) -> float:
    return sum(re.fullmatch(pattern, text, re.IGNORECASE) is not None for text in sample) / len(sample)

"""What a column is, judged by its header and by what its values look like; and the shape of values, without the values.

What the columns of a field are called, and look like, its kind says (:class:`oneid.kinds.base.Kind`); the words for
ids, days and columns about a field stand here. They are those of common member systems and mail tools, Japanese and
English. The patterns of values are loose on purpose: they tell columns apart, the normalizers judge values.

Headers are compared in NFKC, lower case, with ``_`` between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from oneid.kinds.base import Header, Kind
from oneid.kinds.birth.kind import LOOKS_LIKE_A_DATE
from oneid.kinds.catalogue import KINDS

__all__ = ["DATES", "column_role", "header_role", "shape"]

Kinds = Mapping[str, Kind]

DATES = ("since", "updated", "until")
"""The roles of columns that are dates of a record."""

_SAMPLE = 1000
_CONFIRMED = 0.5
_OBVIOUS = 0.9

_OTHERS: Sequence[tuple[str, Header]] = (
    (
        "",
        Header(
            10,
            r"flag|フラグ|opt_?in|許可|希望|可否|区分|種別|status|fax|ファックス|パスワード|password|count|回数|件数",
        ),
    ),
    (
        "since",
        Header(220, r"(open|join|regist|creat|subscrib|enroll|sign_?up)\w*_?(on|at|date|day)|入会|登録|加入|作成日"),
    ),
    ("updated", Header(230, r"(updat|modif|chang)\w*_?(on|at|date)|更新|変更日")),
    ("until", Header(240, r"(clos|left|leav|withdr|cancel|quit)\w*_?(on|at|date)|退会日|解約日")),
    (
        "id",
        Header(
            250,
            r"(member|customer|user|client|card|account|kaiin|kokyaku)_?(id|no|num|number|code|cd)($|_)|^(id|no)$",
        ),
    ),
    ("id", Header(260, r"(会員|顧客|お客様|ユーザー?|カード|個人)_?(番号|id|コード|no|cd)")),
)
"""The headers of what is no field; the role ``""`` means: a column about a field, not the field."""


def column_role(header: str, values: pl.Series, kinds: Kinds = KINDS) -> str | None:
    """What a column is: a kind, a part of one such as ``name.family``, ``id`` or one of :data:`DATES`; None where
    nothing tells.

    By its header where at least half of its distinct values look so (or there are none), else by content that can
    hardly be anything else in nine of ten.
    """
    sample = _sample(values)
    found = _named(header, kinds)
    if found is not None:
        role, said = found
        if not role:
            return None
        look = _look(role, kinds)
        if not sample or look is None or _share(sample, look) >= _CONFIRMED:
            return role
        part = f"{role}.{said.else_part}" if said.else_part else ""
        return part if part and _share(sample, _look(part, kinds) or "") >= _OBVIOUS else None
    obvious = [name for name, kind in kinds.items() if kind.obvious]
    return next((name for name in obvious if sample and _share(sample, kinds[name].obvious) >= _OBVIOUS), None)


def header_role(header: str, kinds: Kinds = KINDS) -> str | None:
    """The role that a header names, ``""`` for a column about a field, None where it says nothing. The lowest rank of
    all patterns counts (:class:`oneid.kinds.base.Header`); of equal ones, the kind that comes first.

    >>> header_role("ＭＡＩＬ"), header_role("LastNameKana"), header_role("メール配信希望"), header_role("memo")
    ('email', 'kana.family', '', None)
    """
    found = _named(header, kinds)
    return None if found is None else found[0]


def _named(header: str, kinds: Kinds) -> tuple[str, Header] | None:
    """The role that a header names, and the pattern that told."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", unicodedata.normalize("NFKC", header).strip())
    text = re.sub(r"[^\w〒]+|_+", "_", text.lower()).strip("_")
    of_kinds = [
        (f"{name}.{one.part}" if one.part else name, one) for name, kind in kinds.items() for one in kind.headers
    ]
    ranked = sorted([*of_kinds, *_OTHERS], key=lambda role: role[1].rank)
    return next(((role, one) for role, one in ranked if re.search(one.pattern, text)), None)


def _look(role: str, kinds: Kinds) -> str | None:
    """What the whole of a value of a role looks like, in NFKC and lower case (kana full-width); None: like anything."""
    if role in DATES:
        return LOOKS_LIKE_A_DATE
    name, _, part = role.partition(".")
    looks = kinds[name].looks if name in kinds else {}
    return looks.get(part, looks.get(""))


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

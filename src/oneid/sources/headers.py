"""What a header says of its column: which fields it may be, whose, and whether it holds the code of a value.

What the columns of a field are called, its kind says (:class:`oneid.kinds.base.Kind`); all other words stand in
:mod:`oneid.sources.headerwords`. A header only proposes: whether a column is what it is called, its values decide
(:mod:`oneid.sources.guessing.columns`).

Headers are compared in NFKC, lower case, with ``_`` between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from oneid.kinds.base import Header, Kind
from oneid.kinds.catalogue import KINDS
from oneid.sources.headerwords import CODE, ID_WORD, IDS, OTHERS, PARTIES

__all__ = ["DATES", "Heading", "folded", "header_role", "heading", "shape"]

Kinds = Mapping[str, Kind]

DATES = ("since", "updated", "until")
"""The roles of columns that are dates of a record."""

_BARE_NAME = re.compile(r"^名(_|$|カナ|かな|フリガナ|ふりがな)")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a header says.

    ``roles``: what it may be, likeliest first: a kind, a part of one such as ``name.family``, ``id``, ``ordered`` (when
    something was ordered) or one of :data:`DATES`; ``""``: about a field, not the field. ``party``: whose it is
    (:data:`oneid.sources.headerwords.PARTIES`). ``id``: what it would number (:data:`oneid.sources.headerwords.IDS`),
    empty where it names no number. ``code``: it holds codes. ``bare``: it says no more than whose name it is
    (注文者名): the given name where a family name stands beside it.
    """

    text: str
    roles: tuple[tuple[str, Header], ...]
    party: str = "self"
    id: str = ""
    code: bool = False
    bare: bool = False


def header_role(header: str, kinds: Kinds = KINDS) -> str | None:
    """The role that a header names first, ``""`` for a column about a field, None where it says nothing. The lowest
    rank of all patterns counts (:class:`oneid.kinds.base.Header`); of equal ones, the kind that comes first.

    >>> header_role("ＭＡＩＬ"), header_role("LastNameKana"), header_role("メール配信希望"), header_role("memo")
    ('email', 'kana.family', '', None)
    """
    said = heading(header, kinds)
    if said.roles:
        return said.roles[0][0]
    return "id" if said.id in ("member", "bare", "card") and said.party in ("self", "orderer") else None


def folded(header: str) -> str:
    """A header as it is compared.

    >>> folded("ＬａｓｔName（カナ）"), folded("Order #"), folded("E-mail 1 - Value")
    ('last_name_カナ', 'order_no', 'e_mail_1_value')
    """
    text = unicodedata.normalize("NFKC", header).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", re.sub(r"#$|№", " no ", text))
    return re.sub(r"[^\w〒]+|_+", "_", text.lower()).strip("_")


def heading(header: str, kinds: Kinds = KINDS) -> Heading:
    """What a header says, in the words of ``kinds`` and of :mod:`oneid.sources.headerwords`."""
    text = folded(header)
    party, pattern = next(((name, words) for name, words in PARTIES if re.search(words, text)), ("self", ""))
    rest = text if party == "self" else re.sub("_+", "_", re.sub(pattern, "_", text)).strip("_")
    bare = party != "self" and _BARE_NAME.match(rest) is not None
    of_kinds = [
        (f"{name}.{one.part}" if one.part else name, one) for name, kind in kinds.items() for one in kind.headers
    ]
    ranked = sorted([*of_kinds, *OTHERS], key=lambda role: role[1].rank)
    found = [(role, one) for role, one in ranked if re.search(one.pattern, text) or re.search(one.pattern, rest)]
    if bare:
        found = [(role.partition(".")[0], one) for role, one in found]
    return Heading(text, tuple(found), party, _numbered(text), re.search(CODE, text) is not None, bare)


def _numbered(text: str) -> str:
    """What a header names the number of."""
    if re.search(ID_WORD, text) is None:
        return ""
    noun = re.sub("_+", "_", re.sub(ID_WORD, "_", text)).strip("_")
    return next((name for name, words in IDS if re.search(words, noun)), "other" if noun else "bare")


def shape(text: str) -> str:
    """The shape of a value without the value: digits 9, kanji 漢, kana ア and あ, Latin A and a, breaks of lines ⏎; at
    most 20 long.

    >>> shape("佐藤 花子"), shape("090-1234-5678"), shape("Hanako@example.jp")
    ('漢漢 漢漢', '999-9999-9999', 'Aaaaaa@aaaaaaa.aa')
    """
    classes = (("9", r"\d"), ("あ", r"[ぁ-ゖ]"), ("ア", r"[ァ-ヺーｦ-ﾟ]"), ("a", r"[a-zａ-ｚ]"), ("A", r"[A-ZＡ-Ｚ]"))
    for sign, pattern in classes:
        text = re.sub(pattern, sign, text)
    text = re.sub(r"[^\W\d_aAあアー]", "漢", text)
    text = "".join(sign if sign.isprintable() else "⏎" if sign.isspace() else "?" for sign in text)
    return text if len(text) <= 20 else text[:19] + "…"

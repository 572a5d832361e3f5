"""Telephone numbers, e-mail addresses, postcodes, sex and identifiers in usual spellings, as
:mod:`~oneid.kinds.phone`, :mod:`~oneid.kinds.email`, :mod:`~oneid.kinds.postcode`,
:mod:`~oneid.kinds.sex` and :mod:`~oneid.kinds.plain` read them. Every function gives null for any other text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from oneid.japanese.quicktext import STAND_INS, Row, compiled, narrow, same_throughout, tidy
from oneid.kinds.email import _GMAIL, _LOCAL_DUMMIES, _RESERVED, _TAGGED, _TYPOS
from oneid.kinds.email import _PLAIN as _MAIL
from oneid.kinds.phone import _COMPACT, _LAND, _MOBILE, _NUMBER, _OWN, _SEQUENCES, _SERVICE, _WRITTEN, _plan, _tail
from oneid.kinds.phone import _PLAIN as _PHONE
from oneid.kinds.sex import _WORDS, _own_words

__all__ = ["email", "identifier", "phone", "postcode", "sex"]

_PHONE_PLAIN, _ALL_ALIKE, _SERVED = compiled(_PHONE), compiled(_tail(6)), compiled(_SERVICE)
_PIECE, _WITH_ZERO = compiled(_NUMBER), compiled(_WRITTEN)
_DIGITS_ONLY = re.compile(r"(?:[+] ?81|[0-9(])(?:[().-]| (?! ))*(?:[0-9](?:[().-]| (?! ))*)+(?<![.]0)(?<! )")
_ALONE = compiled(r"^[0-9(\[][0-9()\[\]\-. /・_]+$|^\+[-() .]*81[0-9()\-. ]+$")
_WHOLE_NUMBER = re.compile(f"0(?:{_OWN}|{_LAND})")
_MADE_UP = frozenset(_SEQUENCES)

_MAIL_PLAIN, _MAIL_ODD = compiled(_MAIL), compiled(f"(?:^|[.])-|{_RESERVED}")
_TAG = re.compile("[+][a-z0-9_-]+(?:[.][a-z0-9_-]+)*@")
_DUMMIES = frozenset(_LOCAL_DUMMIES)

_CODE = re.compile("〒?([0-9]{3})-?([0-9]{4})|([1-9][0-9]{5})")
_HYPHENS = str.maketrans(dict.fromkeys("‐−ー", "-"))

_SEX = re.compile("[0-9A-Za-zぁ-んァ-ヺー一-鿿♂♀]+")
_IDENTIFIER = re.compile("[A-Z0-9a-z]+")


@cache
def _beginnings() -> tuple[tuple[re.Pattern[str], int, int], ...]:
    return tuple(
        (re.compile(f"(?:{beginning})"), head, middle) for beginning, head, middle in (*_plan()[1], ("", 2, 3))
    )


def _line(nsn: str) -> str:
    if nsn.startswith(("120", "800")):
        return "free"
    if re.match("50[1-9]", nsn):
        return "ip"
    return "mobile" if re.match(_MOBILE, nsn) else "land"


def _shown(nsn: str) -> Row:
    """The row of a whole number, without its zero."""
    head, middle = 2, 4
    if len(nsn) != 10 or nsn.startswith("800"):
        head, middle = next((head, middle) for fits, head, middle in _beginnings() if fits.match(nsn))
    return {
        "normalized": "+81" + nsn, "display": f"0{nsn[:head]}-{nsn[head : head + middle]}-{nsn[head + middle :]}",
        "reason": None, "line": _line(nsn), "more": [],
    }  # fmt: skip


def phone(text: str) -> Row | None:
    """One text of digits, hyphens, dots, brackets and blanks, in any width (:func:`oneid.kinds.phone.phone`); a
    number of another country is left to it.
    """
    shown = tidy(text)
    text = narrow(text).translate(_HYPHENS)
    if _PHONE_PLAIN.match(text):
        digits = re.sub("[^0-9]", "", text.replace("+81 ", _COMPACT["+81 "]))
        if _WHOLE_NUMBER.fullmatch(digits) and not _ALL_ALIKE.search(digits) and digits not in _MADE_UP:
            return _shown(digits[1:])
    return _digits(text, shown) if shown and _DIGITS_ONLY.fullmatch(text) else None


def _digits(text: str, shown: str) -> Row | None:
    """What the careful reading says of tidy text of digits and separators alone: a number, or why it is none."""
    digits = re.sub("[^0-9]", "", text)
    nsn = _national(digits) if _ALONE.match(text) else None
    reason = _unusable(text, digits, nsn)
    if reason is None and nsn is not None:
        return _shown(nsn)
    if reason is None:
        pieces = _PIECE.findall(text)
        numbers = [re.sub("[^0-9]", "", piece) for piece in pieces]
        abroad = any(
            piece[0] == "+" and not number.startswith("81") for piece, number in zip(pieces, numbers, strict=True)
        )
        if abroad or any(map(_national, numbers)):
            return None
        wanted = 11 if re.match("0[5-9]0", digits) else 10
        size = len(digits)
        reason = "too_short" if size < wanted else "too_long" if size > wanted else "not_a_phone"
    return {"normalized": None, "display": shown, "reason": reason, "line": None, "more": []}


def _national(digits: str) -> str | None:
    """The number without 0 or 81 in front, if ``digits`` are one whole Japanese number."""
    found = _WITH_ZERO.match(digits) or _bare().match(digits)
    return found and found[1]


@cache
def _bare() -> re.Pattern[str]:
    return compiled(_plan()[0])


def _unusable(text: str, digits: str, nsn: str | None) -> str | None:
    """Placeholder or service, else null: see :func:`oneid.kinds.phone._unusable`."""
    sham = same_throughout(digits) and (len(digits) >= 7 or not digits.strip("0"))
    sham = sham or digits in _MADE_UP or (len(digits) <= 13 and bool(re.search(_tail(8), digits)))
    if nsn is not None:
        sham = sham or bool(re.search(_tail(8), nsn)) or "0" + nsn in _MADE_UP
        sham = sham or bool(re.search(_tail(7), nsn) and not re.match("[5-9]0[1-9]", nsn))
        sham = sham or bool(_ALL_ALIKE.search(nsn) and nsn.startswith(("120", "800")))
    elif same_throughout(text) and len(text) >= 3:
        sham = True
    return "placeholder" if sham else "service_number" if _SERVED.match(digits) else None


def email(text: str) -> Row | None:
    """One plain address in any case (:func:`oneid.kinds.email.email`)."""
    lower = text.lower()
    bare = _TAG.sub("@", lower, count=1)
    if not text.isascii() or not _MAIL_PLAIN.match(bare):
        return None
    box, _, host = lower.partition("@")
    host = _TYPOS.get(host, host)
    main = bare.partition("@")[0] if host in _TAGGED else box
    main = main.replace(".", "") if host in _GMAIL else main
    if _MAIL_ODD.search(host) or len(box) > 64 or len(lower) > 250:
        return None
    alike = len(main) > 1 and same_throughout(main) and not host.partition(".")[0].strip(main[0])
    if alike or box in _DUMMIES or main in _DUMMIES:
        return _mail(None, None, text, "placeholder")
    return _mail(main, "gmail.com" if host in _GMAIL else host, f"{box}@{host}", None)


def _mail(local: str | None, domain: str | None, display: str, reason: str | None) -> Row:
    normalized = None if local is None else f"{local}@{domain}"
    return {
        "normalized": normalized, "display": display, "reason": reason, "local": local, "domain": domain, "more": [],
    }  # fmt: skip


def postcode(text: str) -> Row | None:
    """Seven digits with or without 〒 and hyphen, or six that a spreadsheet left
    (:func:`oneid.kinds.postcode.postcode`).
    """
    found = _CODE.fullmatch(narrow(text).translate(_HYPHENS))
    if not found:
        return None
    digits = found[3] or found[1] + found[2]
    code = digits.zfill(7)
    if same_throughout(digits):
        return {"normalized": None, "display": text, "reason": "placeholder"} if text.isascii() else None
    if code.startswith("000"):
        return None
    return {"normalized": code, "display": f"{code[:3]}-{code[3:]}", "reason": None}


@lru_cache(maxsize=256)
def _mapping(items: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[str, str]:
    return _own_words(dict(items))


def sex(text: str, mapping: Mapping[str, tuple[str, ...]] | None = None) -> Row | None:
    """One of the words known, or of the words of ``mapping`` (:func:`oneid.kinds.sex.sex`)."""
    words = _mapping(tuple(mapping.items())) if mapping else _WORDS
    found = words.get(text.lower()) if _SEX.fullmatch(text) else None
    if found is None:
        return None
    known = found if found != "unknown" else None
    return {"normalized": known, "display": text, "reason": None if known else "unknown"}


def identifier(text: str) -> Row | None:
    """ASCII letters and digits (:func:`oneid.kinds.plain.identifier`)."""
    if not _IDENTIFIER.fullmatch(text) or text.lower() in STAND_INS:
        return None
    if not text.strip("0") or (text.isdigit() and len(text) >= 4 and same_throughout(text)):
        return None
    return {"normalized": text.upper(), "display": text, "reason": None}

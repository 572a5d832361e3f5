"""Telephone numbers in usual spellings, as :mod:`oneid.kinds.phone.normalizer` reads them; null for any other text."""

from __future__ import annotations

import re
from functools import cache

from oneid.japanese.quicktext import Pattern, Row, compiled, narrow, same_throughout, tidy
from oneid.kinds.phone.normalizer import (
    _BESIDE,
    _COMPACT,
    _LAND,
    _MOBILE,
    _NUMBER,
    _OWN,
    _PLAIN,
    _SEQUENCES,
    _SERVICE,
    _WRITTEN,
    _plan,
    _tail,
)

__all__ = ["phone"]

_PHONE_PLAIN, _ALL_ALIKE, _SERVED = compiled(_PLAIN), compiled(_tail(6)), compiled(_SERVICE)
_SECOND_END = compiled(_BESIDE)
_PIECE, _WITH_ZERO = compiled(_NUMBER), compiled(_WRITTEN)
_DIGITS_ONLY = Pattern(r"(?:[+] ?81|[0-9(])(?:[().-]| (?! ))*(?:[0-9](?:[().-]| (?! ))*)+(?<![.]0)(?<! )")
_ALONE = compiled(r"^[0-9(\[][0-9()\[\]\-. /・_]+$|^\+[-() .]*81[0-9()\-. ]+$")
_WHOLE_NUMBER = Pattern(f"0(?:{_OWN}|{_LAND})")
_MADE_UP = frozenset(_SEQUENCES)

_HYPHENS = str.maketrans(dict.fromkeys("‐−ー", "-"))


@cache
def _beginnings() -> tuple[tuple[Pattern, int, int], ...]:
    return tuple((Pattern(f"(?:{beginning})"), head, middle) for beginning, head, middle in (*_plan()[1], ("", 2, 3)))


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
    """One text of digits, hyphens, dots, brackets and blanks, in any width
    (:func:`oneid.kinds.phone.normalizer.phone`); a number of another country is left to it.
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
    if reason is None and _SECOND_END.search(shown):
        return None
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
def _bare() -> Pattern:
    return compiled(_plan()[0])


def _unusable(text: str, digits: str, nsn: str | None) -> str | None:
    """Placeholder or service, else null: see :func:`oneid.kinds.phone.normalizer._unusable`."""
    sham = same_throughout(digits) and (len(digits) >= 7 or not digits.strip("0"))
    sham = sham or digits in _MADE_UP or (len(digits) <= 13 and bool(re.search(_tail(8), digits)))
    if nsn is not None:
        sham = sham or bool(re.search(_tail(8), nsn)) or "0" + nsn in _MADE_UP
        sham = sham or bool(re.search(_tail(7), nsn) and not re.match("[5-9]0[1-9]", nsn))
        sham = sham or bool(_ALL_ALIKE.search(nsn) and nsn.startswith(("120", "800")))
    elif same_throughout(text) and len(text) >= 3:
        sham = True
    return "placeholder" if sham else "service_number" if _SERVED.match(digits) else None

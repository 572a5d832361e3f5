"""Births in usual spellings, as :mod:`oneid.kinds.birth.normalizer` reads a column that holds nothing else: whole dates
with the year first, of the Gregorian calendar or of an era, and year, month and day in columns of their own.
"""

from __future__ import annotations

import datetime

from oneid.japanese.eras import _FIRST_DAY, _SHAM_DAYS, _SHAM_YEARS, ERAS
from oneid.japanese.quicktext import Pattern, Row, kanji_digits, narrow

__all__ = ["birth", "birth_parts"]

_GREGORIAN = Pattern(
    r"((?:18|19|20)[0-9]{2})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]00:00(?::00)?)?|([01][0-9])([0-9]{2}))"
)
_OF_ERA = Pattern(
    r"(?:([mtshrMTSHR])|(明治?|大正?|昭和?|平成?|令和?))"
    r"(?:([0-9]{1,2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2})([0-9]{2}))"
)
_LETTERS = dict(zip("明大昭平令", "mtshr", strict=True))
_IN_KANJI = Pattern(
    "(明治|大正|昭和|平成|令和)(元|[〇一二三四五六七八九十0-9]+)年([〇一二三四五六七八九十0-9]+)月([〇一二三四五六七八九十0-9]+)日"
)
_YEAR, _ONE_OR_TWO = Pattern("(?:18|19|20)[0-9]{2}"), Pattern("0?[1-9]|[1-3][0-9]")


_COLUMNS = ("normalized", "display", "reason", "year", "month", "day")


def _born(year: int, month: int, day: int, latest: datetime.date, text: str) -> Row | None:
    """The row of a whole date that is real, in range, and no placeholder."""
    number = year * 10000 + month * 100 + day
    if number in _SHAM_DAYS:
        return dict.fromkeys(_COLUMNS) | {"display": text, "reason": "placeholder"}
    if number < _FIRST_DAY or year in _SHAM_YEARS:
        return None
    try:
        date = datetime.date(year, month, day)
    except ValueError:
        return None
    if date > latest:
        return None
    shown = date.isoformat()
    return {"normalized": shown, "display": shown, "reason": None, "year": year, "month": month, "day": day}


def _end_of_year() -> datetime.date:
    return datetime.date(datetime.date.today().year, 12, 31)


def birth(text: str, latest: datetime.date | None = None) -> Row | None:
    """A whole date (:func:`oneid.kinds.birth.normalizer.birth`); null for any other text.

    >>> (birth("S55.3.7") or {})["normalized"]
    '1980-03-07'
    """
    text = shown = narrow(text)
    latest = latest or _end_of_year()
    found = _GREGORIAN.fullmatch(text)
    if found:
        return _born(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]), latest, text)
    spelled = _IN_KANJI.fullmatch(text)
    if spelled:
        text = "{}{}年{}月{}日".format(
            spelled[1], *(kanji_digits(part.replace("元", "1")) for part in spelled.groups()[1:])
        )
    found = _OF_ERA.fullmatch(text)
    if not found:
        return None
    start, first, final = ERAS[found[1].lower() if found[1] else _LETTERS[found[2][0]]]
    year = start + int(found[3] or found[6]) - 1
    month, day = int(found[4] or found[7]), int(found[5] or found[8])
    return _born(year, month, day, latest, shown) if first <= year * 10000 + month * 100 + day <= final else None


def birth_parts(
    year: str | None, month: str | None, day: str | None, latest: datetime.date | None = None
) -> Row | None:
    """A birth whose parts are known apart, each in digits or missing
    (:func:`oneid.kinds.birth.normalizer.birth_parts`); null for all others, and where none is there.
    """
    latest = latest or _end_of_year()
    fits = (year is None or _YEAR.fullmatch(year)) and all(
        part is None or _ONE_OR_TWO.fullmatch(part) for part in (month, day)
    )
    if not fits or (year is None and month is None):
        return None
    text = "-".join(part for part in (year, month, day) if part is not None)
    y, m, d = (None if part is None else int(part) for part in (year, month, day))
    if y is not None and m is not None and d is not None:
        return _born(y, m, d, latest, text)
    if d is not None or (m or 1) > 12:
        return None
    sham = y is not None and y * 10000 + (m or 1) * 100 + 1 in _SHAM_DAYS
    if y is not None and (sham or _born(y, m or 1, 1, latest, text) is None):
        return dict.fromkeys(_COLUMNS) | {"display": text, "reason": "placeholder"} if sham else None
    shown = ("-" if y is None else str(y)) + ("" if m is None else f"-{m:02}")
    return {"normalized": None, "display": shown, "reason": "partial", "year": y, "month": m, "day": None}

"""Days of the data (``--var ds=...``): which of two came first.

A day is a date wherever it can be read as one, in any usual spelling, with a time of day or without, or a month or a
week; it stands for all of its time. Words that are no dates have the order that the config states (``days``): a list of
them, oldest first, or ``number`` for whole numbers that rise. What has no order cannot be told to be older.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from oneid.japanese.eras import ERAS
from oneid.vocabulary.localtime import JAPAN

__all__ = ["NUMBER", "Day", "day_of"]

NUMBER: Final = ("number",)
"""What a config says of days that are whole numbers."""

_MOST_DIGITS: Final = 30
_ERA_LETTERS: Final = {"明治": "m", "大正": "t", "昭和": "s", "平成": "h", "令和": "r"}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME: Final = "(?P<word>" + "|".join(_MONTHS) + ")[a-z]*"
_TIME: Final = (
    r"(?:[t\s_.-]+(?P<hour>\d{1,2})(?:[:時]?(?P<minute>\d{2})(?:[:分]?(?P<second>\d{2})(?:[.,]\d+)?)?)?[時分秒]?"
    r"\s*(?P<zone>z|[+-]\d{2}:?\d{2})?)?"
)
_YEAR: Final = r"(?:(?P<year>\d{4})|(?P<era>明治|大正|昭和|平成|令和|[mtshr])\s*(?P<of_era>\d{1,2}|元))"
_SHAPES: Final = tuple(
    re.compile(shape)
    for shape in (
        _YEAR + r"\s*[-/._年]\s*(?P<month>\d{1,2})\s*[-/._月]\s*(?P<day>\d{1,2})日?" + _TIME,
        _YEAR + r"\s*[-/._年]\s*(?P<month>\d{1,2})月?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _TIME,
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?:(?P<minute>\d{2})(?P<second>\d{2})?)?",
        r"(?P<year>\d{4})-?w(?P<week>\d{2})(?:-?(?P<weekday>[1-7]))?",
        r"(?P<day>\d{1,2})[-/.\s]*" + _MONTH_NAME + r"[-/.,\s]*(?P<year>\d{4})",
        _MONTH_NAME + r"[-/.\s]*(?P<day>\d{1,2})[-/.,\s]+(?P<year>\d{4})",
        r"(?P<year>\d{4})[-/.\s]*" + _MONTH_NAME + r"[-/.\s]*(?P<day>\d{1,2})",
    )
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that has an order among others: its place in the list of the config or its ``number``, or the moments in
    which it begins and ends.
    """

    begins: datetime | None = None
    ends: datetime | None = None
    number: int | None = None

    def before(self, other: Day) -> bool | None:
        """Whether this day came before the other; None where the two are of different kinds.

        >>> day_of("2026-9-30").before(day_of("2026年10月1日")), day_of("2026-09-30").before(day_of("20260930"))
        (True, False)
        """
        if self.ends is not None and other.ends is not None:
            return self.ends < other.ends
        if self.number is not None and other.number is not None:
            return self.number < other.number
        return None


def day_of(text: str, stated: Sequence[str] = ()) -> Day | None:
    """What a text means as a day; ``stated``: what the config says of days. None where neither gives it an order.

    >>> day_of("latest") is None, day_of("spring", ["winter", "spring"]).number, day_of("batch 9") is None
    (True, 1, True)
    >>> day_of("9", NUMBER).before(day_of("10", NUMBER)), day_of("2026-02-30") is None
    (True, True)
    """
    word = unicodedata.normalize("NFKC", text).strip()
    if tuple(stated) == NUMBER:
        if re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", word):
            return Day(number=int(word))
    elif text in stated or word in stated:
        return Day(number=list(stated).index(text if text in stated else word))
    for shape in _SHAPES:
        found = shape.fullmatch(word.lower())
        if found:
            try:
                begins, ends = _span(found.groupdict())
            except (ValueError, OverflowError):
                continue
            return Day(begins, ends - timedelta(microseconds=1))
    return None


def _span(said: dict[str, str | None]) -> tuple[datetime, datetime]:
    """The moment in which a day begins, and that in which the next one does. ValueError where there is no such day."""
    year = _year(said)
    if said.get("week"):
        first = datetime.fromisocalendar(year, int(said["week"] or 0), int(said.get("weekday") or 1))
        begins = first.replace(tzinfo=JAPAN)
        return begins, _after(begins, days=1 if said.get("weekday") else 7)
    word, number = said.get("word"), said.get("month")
    month = _MONTHS.index(word) + 1 if word else int(number or 0)
    if not said.get("day"):
        begins = datetime(year, month, 1, tzinfo=JAPAN)
        return begins, _after(begins, days=31).replace(day=1)
    hour, minute, second = (said.get(name) for name in ("hour", "minute", "second"))
    at = datetime(year, month, int(said["day"] or 0), int(hour or 0), int(minute or 0), int(second or 0))
    begins = at.replace(tzinfo=_zone(said.get("zone")))
    lasts = {"seconds": 1} if second else {"minutes": 1} if minute else {"hours": 1} if hour else {"days": 1}
    return begins, _after(begins, **lasts)


def _after(moment: datetime, **lasts: int) -> datetime:
    """So much later, or the last moment that there is."""
    try:
        return moment + timedelta(**lasts)
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


def _year(said: dict[str, str | None]) -> int:
    if said.get("year"):
        return int(said["year"] or 0)
    era = said["era"] or ""
    of_era = said["of_era"] or ""
    return ERAS[_ERA_LETTERS.get(era, era)][0] - 1 + (1 if of_era == "元" else int(of_era))


def _zone(text: str | None) -> timezone:
    """A time without a zone is Japan's."""
    if not text:
        return JAPAN
    if text == "z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))

"""The pairs that wait as a sheet that people fill in with a spreadsheet program, and what they filled in.

The sheet is CSV in UTF-8 with a mark that spreadsheet programs know it by; what they would run as a formula is led by
``'``. What comes back may be saved in cp932, have blank lines and columns of somebody's own, dates as 2026/11/22, and
member numbers that lost their zeros: the column *pair* says which pair is meant.

====  ===========================================================================
E270  a row names no pair of this run, or one that is not the row's records
E271  the file cannot be read, or a column is missing or stands twice
E272  no such decision
E273  a date is none, or lies in the future
E274  no row has a decision
====  ===========================================================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from oneid.identity import decisions
from oneid.identity.decisions import COLUMNS, VERDICTS
from oneid.outputs.tables.tablefiles import defused, undefused
from oneid.outputs.textfile import write_text
from oneid.review.books import Book, Said
from oneid.review.marks import lines
from oneid.review.pairs import Evidence, Pair, RunPairs, Seen
from oneid.review.words import DECISIONS, FIELDS, HEADERS, LEVELS, Words
from oneid.runs.clocks import latest
from oneid.sources.handwritten import LINE, read_lines
from oneid.vocabulary.errors import InputError, OneIDError, Place, did_you_mean, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.references import RecordRef

__all__ = ["read_sheet", "sheet", "take_in", "write_sheet"]

_SHOWN = tuple(FIELDS)
_SAID = ("by", "at", "reason", "ticket")
_CHUNK = 1_000
_LISTED = 20
_DATE = re.compile(r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?(?: .*)?")
_WORDS = {word.casefold(): key for key, both in DECISIONS.items() for word in (key, *both)} | {
    "同一": "same", "同一人物": "same", "別人": "different", "保留": "defer", "later": "defer",
}  # fmt: skip
"""What a person may write as a decision."""


def key(left: RecordRef, right: RecordRef) -> str:
    """What a sheet calls a pair, whatever a spreadsheet program makes of member numbers."""
    text = "\0".join((left.source, left.source_id, right.source, right.source_id))
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:12]


def sheet(pairs: RunPairs, order: Sequence[Sequence[int]], say: Words, *, show_pii: bool = False) -> pl.DataFrame:
    """The pairs of cases, one row each: what a clerk needs to decide, and empty columns to fill in. Headers and words
    in the language of ``say``; values masked unless ``show_pii``.
    """
    numbered = [(case, number) for case, numbers in enumerate(order, 1) for number in numbers]
    rows: list[dict[str, str]] = []
    for begin in range(0, len(numbered), _CHUNK):
        part = numbered[begin : begin + _CHUNK]
        some = [pairs.pair(number) for _, number in part]
        seen = pairs.seen([row for pair in some for row in pair.rows])
        for (case, _), pair, left, right in zip(part, some, seen[::2], seen[1::2], strict=True):
            evidence, _ = pairs.evidence(pair.pattern)
            rows.append(_row(pair, case, (left, right), evidence, pairs, say, show_pii=show_pii))
    fields = [name for name in _SHOWN if any(f"{name}_l" in row or f"{name}_r" in row for row in rows)]
    own = dict.fromkeys(name[:-2] for row in rows for name in row if name[-2:] in ("_l", "_r") and name not in HEADERS)
    fields += [name for name in own if name not in fields]
    columns = ["pair", "case", *COLUMNS[:4], *(f"{name}_{side}" for name in fields for side in "lr"),
               "score", "why", "evidence", "oneid_l", "oneid_r", "decision", *_SAID]  # fmt: skip
    frame = pl.DataFrame([{name: row.get(name) for name in columns} for row in rows],
                         schema=dict.fromkeys(columns, pl.String))  # fmt: skip
    return defused(frame).rename({name: _header(name, say) for name in columns})


def _header(name: str, say: Words) -> str:
    if name in HEADERS:
        return say.of(HEADERS, name)
    return say.of(FIELDS, name[:-2]) + {"_l": "1", "_r": "2"}[name[-2:]]


def _row(
    pair: Pair, case: int, seen: tuple[Seen, Seen], evidence: Sequence[Evidence], pairs: RunPairs, say: Words,
    *, show_pii: bool,
) -> dict[str, str]:  # fmt: skip
    made = {
        "pair": key(pair.left, pair.right),
        "case": str(case),
        "score": f"{pair.score / 100:+.1f}",
        "why": say.why(pairs.why(pair.rule)) or pair.rule,
        "evidence": "、".join(
            f"{say.of(FIELDS, one.field)}：{say.of(LEVELS, one.level)}" for one in evidence if one.level != MISSING
        )
        if say.language == "ja"
        else ", ".join(f"{one.field} {say.of(LEVELS, one.level)}" for one in evidence if one.level != MISSING),
    }
    for side, ref, oneid in (("l", pair.left, pair.oneids[0]), ("r", pair.right, pair.oneids[1])):
        made |= {f"source_{side}": ref.source, f"source_id_{side}": ref.source_id, f"oneid_{side}": oneid}
    for name in dict.fromkeys([*seen[0], *seen[1]]):
        found = lines(seen[0].get(name, ()), seen[1].get(name, ()), show_pii=show_pii)
        for side, parts in (("l", [line.left for line in found]), ("r", [line.right for line in found])):
            texts = ["".join(text for text, _ in some) for some in parts if some]
            if texts:
                made[f"{name}_{side}"] = " / ".join(texts)
    return made


def write_sheet(frame: pl.DataFrame, file: Path) -> None:
    """Writes a sheet. E307 where a file is there that is none of ours, E305 where it cannot be written."""
    text = "\ufeff" + frame.write_csv(line_terminator="\r\n")
    write_text("E305", "the sheet cannot be written", file, text, _is_sheet)


def _is_sheet(begin: bytes) -> bool:
    first = begin.split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    return any(first.startswith(f"{HEADERS['pair'][at]},{HEADERS['case'][at]},") for at in (0, 1))


# --- back ------------------------------------------------------------------------------------------------------------


def read_sheet(file: Path, pairs: RunPairs, by: str = "") -> list[Said]:
    """The decisions that people filled into a sheet, in its order; rows without one are left out. ``by``: who decides
    where a row does not say it.

    Raises E270 to E274, all mistakes at once.
    """
    called = {both[1]: name for name, both in HEADERS.items()}
    frame = read_lines(file, ("decision",), ("pair", *COLUMNS[:4], *_SAID), ("E271", "E271"), called)
    blank = [pl.lit(None, dtype=pl.String).alias(name) for name in ("pair", *COLUMNS[:4], *_SAID)
             if name not in frame.columns]  # fmt: skip
    frame = frame.with_columns(blank).with_columns(pl.all().exclude(LINE).str.strip_chars())
    frame = frame.filter(pl.col("decision").fill_null("") != "")
    if frame.is_empty():
        hint = "write same, different or defer (同じ人, 別の人, あとで) into the column of decisions"
        raise InputError("E274", "no row has a decision", place=Place(str(file)), hint=hint)
    frame = frame.with_columns(undefused(name).alias(name) for name in (*COLUMNS[:4], *_SAID))
    ends = pairs.waiting.select(*COLUMNS[:4]).rows()
    known = {key(RecordRef(a, b), RecordRef(c, d)): (a, b, c, d) for a, b, c, d in ends}
    reader = _Reader(str(file), known, set(ends) | {(c, d, a, b) for a, b, c, d in ends}, by)
    said = [one for row in frame.iter_rows(named=True) if (one := reader.row(row)) is not None]
    raise_all(reader.problems[:_LISTED])
    return said


class _Reader:
    """Makes sense of rows, and notes what is wrong with them."""

    def __init__(self, file: str, known: Mapping[str, tuple[str, ...]], ends: set[tuple[str, ...]], by: str) -> None:
        self._file, self._known, self._ends, self._by = file, known, ends, by
        self._now = datetime.now(UTC).isoformat(timespec="microseconds")
        self.problems: list[OneIDError] = []

    def row(self, row: dict[str, Any]) -> Said | None:
        """The decision of a row; None where something is wrong with it."""
        before = len(self.problems)
        ends = self._pair(row)
        decision = _WORDS.get(row["decision"].casefold())
        if decision is None:
            hint = did_you_mean(row["decision"], VERDICTS) or said("one of {names}", names=", ".join(VERDICTS))
            self._wrong("E272", "no such decision", row, hint)
        at = self._at(row)
        if ends is None or decision is None or len(self.problems) > before:
            return None
        left, right = RecordRef(ends[0], ends[1]), RecordRef(ends[2], ends[3])
        return Said(left, right, decision, row["by"] or self._by, at, row["reason"], row["ticket"])

    def _pair(self, row: dict[str, Any]) -> tuple[str, ...] | None:
        named = tuple(row[name] or "" for name in COLUMNS[:4])
        ends = self._known.get(row["pair"] or "")
        if ends is not None:
            if any(name and _plain(name) != _plain(end) for name, end in zip(named, ends, strict=True)):
                hint = "was a part of the sheet sorted or copied alone? take the row from the sheet once more"
                self._wrong("E270", "the records are not those of the pair", row, hint)
                return None
            return ends
        if named in self._ends:
            return named
        hint = "leave the column 'pair' as it was written; was the sheet made of another run?"
        self._wrong("E270", "no such pair waits in this run", row, hint)
        return None

    def _at(self, row: dict[str, Any]) -> str:
        text = row["at"]
        if not text:
            return self._now
        found = _DATE.fullmatch(text)
        text = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found and "T" not in text else text
        begins = decisions.span(text)[0]
        if begins is None:
            self._wrong("E273", "the date is none", row, "write 2026-11-22")
        elif begins > latest():
            self._wrong("E273", "the date lies in the future", row, "give the day on which it was decided")
        return str(text)

    def _wrong(self, code: str, message: str, row: dict[str, Any], hint: str) -> None:
        self.problems.append(InputError(code, message, place=Place(self._file, row[LINE]), hint=hint))


def _plain(text: str) -> str:
    """What a spreadsheet program leaves of a number: no zeros before it."""
    return text.removeprefix("'").lstrip("0").casefold()


def take_in(said: Sequence[Said], book: Book) -> int:
    """Writes decisions into a book, all of them or none; gives how many. Raises E234 and E238 where they contradict
    what was decided, and what the book raises.
    """
    frame = pl.DataFrame(list(_rows(said)), infer_schema_length=None)
    known = book.known()
    both = pl.concat([known.select(frame.columns), frame.select(pl.all().cast(pl.String))], how="vertical_relaxed")
    decisions.combine(None, both)
    book.write(list(said))
    return len(said)


def _rows(said: Sequence[Said]) -> Iterator[dict[str, str | None]]:
    for one in said:
        yield one.row()

"""What people at the page do, whatever shows it to them: take a pair, decide, take back.

Everything here is done by one at a time (:attr:`Desk.lock`), so that no pair is ever given twice and no verdict lost:
a verdict is in its book before the next thing happens, and one that somebody else gave meanwhile is never overwritten
unseen.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from oneid.identity.decisions import COLUMNS
from oneid.review.books import Book, Said
from oneid.review.cases import Cases, Queue, draw
from oneid.review.pairs import Pair, RunPairs
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    from oneid.review.effect import Change, Effects

__all__ = ["VERDICTS", "Contradicts", "Desk", "Meanwhile", "Seat"]

VERDICTS = ("same", "different", "defer")
_MOST_SEATS = 1_000
_LONGEST = 500
"""Characters of a name, a reason or a ticket that are kept."""
_ENDS = list(COLUMNS[:4])


@dataclass
class Seat:
    """One person in one window: what they are called, and what they decided, oldest first."""

    name: str
    said: list[tuple[int, Said, object]] = field(default_factory=list)


class Meanwhile(Exception):
    """Somebody else decided the pair since it was shown."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self.said = said


class Contradicts(Exception):
    """The verdict contradicts others: ``chain`` names the records that these make one person."""

    def __init__(self, chain: list[RecordRef]) -> None:
        super().__init__()
        self.chain = chain


class Desk:
    """The pairs of a run and the people who decide about them. ``label``: so many pairs are drawn for labels in place
    of those that wait.
    """

    def __init__(
        self, pairs: RunPairs, book: Book, label: int | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self.lock = RLock()
        self.pairs, self.book, self.label = pairs, book, label is not None
        if label is not None:
            pairs.waiting = _drawn(pairs, label)
        known = book.known()
        self._given = {
            (RecordRef(*row[:2]), RecordRef(*row[2:4])): Said(
                RecordRef(*row[:2]), RecordRef(*row[2:4]), row[4], row[5] or "", row[6] or "", row[7], row[8]
            )
            for row in known.select(*COLUMNS, "by", "at", "reason", "ticket").iter_rows()
        }
        self._agreement = Agreement(self._given)
        before = pairs.waiting.join(known.select(*_ENDS, "decision"), on=_ENDS, how="left", maintain_order="left")
        put_off = (before["decision"] == "defer").fill_null(value=False)
        pairs.waiting = pl.concat([before.filter(~put_off), before.filter(put_off)]).drop("decision")
        decided = before.filter(~put_off)["decision"].is_not_null().arg_true().to_list()
        self.queue = Queue(self._cases(), decided, clock)
        self._rows = {
            (min(a, b), max(a, b)): word
            for a, b, word in pairs.placed(known).select("row_l", "row_r", "decision").iter_rows()
        }
        self._before: dict[Said, Said] = {}
        self._versions: dict[int, int] = {}
        self._seats: dict[str, Seat] = {}

    def _cases(self) -> Cases:
        waiting = self.pairs.waiting
        if self.label:
            alone = np.arange(waiting.height)
            return Cases(alone, alone)
        codes = pl.concat([waiting["oneid_l"], waiting["oneid_r"]]).hash(seed=1).rank("dense").to_numpy()
        return Cases(codes[: waiting.height], codes[waiting.height :])

    @cached_property
    def effects(self) -> Effects:
        """What verdicts would change; it loads what the first screen does not need."""
        from oneid.review.effect import Effects

        return Effects(self.pairs)

    def warm(self) -> None:
        """Makes what the first pair needs; meant for the time in which people type their names."""
        with self.lock:
            self.effects.warm()
            if self.pairs.waiting.height:
                self.pairs.seen(self.pairs.pair(0).rows)

    def open_cases(self, most: int | None = None) -> list[list[int]]:
        """The pairs that are not decided, case by case; of at most so many cases."""
        found = self.queue.ahead(self.pairs.waiting.height if most is None else most)
        return [[number for number in case if not self.queue.is_done(number)] for case in found]

    # --- people ------------------------------------------------------------------------------------------------------

    def sit(self, name: str) -> str:
        """A new seat for somebody; the name of a seat is no secret."""
        with self.lock:
            if len(self._seats) >= _MOST_SEATS:
                self._seats.pop(next(iter(self._seats)))
            seat = secrets.token_hex(4)
            self._seats[seat] = Seat(name.strip()[:_LONGEST])
            return seat

    def seat(self, seat: str) -> Seat | None:
        """Who sits there."""
        return self._seats.get(seat)

    def holder(self, number: int) -> str | None:
        """The seat that holds a pair."""
        return self.queue.holder(number)

    # --- pairs -------------------------------------------------------------------------------------------------------

    def given(self, number: int) -> Said | None:
        """What was decided about a pair, last."""
        pair = self.pairs.pair(number)
        return self._given.get((pair.left, pair.right))

    def version(self, number: int) -> int:
        """How many verdicts were given or taken back here; what is shown says which it saw."""
        return self._versions.get(number, 0)

    @property
    def decided(self) -> Mapping[tuple[int, int], str]:
        """What people decided about records of the run, by rows."""
        return self._rows

    def change(self, pair: Pair, verdict: str) -> Change:
        """What a verdict would change. Raises :class:`Contradicts` where it would not be taken."""
        self._agreement.check(Said(pair.left, pair.right, verdict, "", ""))
        return self.effects.change(pair.rows, verdict, self._rows)

    def decide(self, seat: str, number: int, verdict: str, version: int, reason: str = "", ticket: str = "") -> Said:
        """Writes a verdict; it is safe when this returns. The same one sent twice is written once.

        Raises :class:`Meanwhile`, :class:`Contradicts`, and what the book raises: then nothing is written.
        """
        with self.lock:
            who, pair = self._seats[seat], self.pairs.pair(number)
            last = self._given.get((pair.left, pair.right))
            if version != self.version(number):
                own = [said for at, said, _ in who.said if at == number]
                if own and own[-1] is last and last.decision == verdict:
                    return last
                if last is not None:
                    raise Meanwhile(last)
            at = datetime.now(UTC).isoformat(timespec="microseconds")
            said = Said(
                pair.left, pair.right, verdict, who.name, at, _short(reason), _short(ticket)
            )  # fmt: skip
            self._agreement.check(said)
            (mark,) = self.book.write([said])
            who.said.append((number, said, mark))
            if last is not None:
                self._before[said] = last
            self._note(number, pair, said)
            return said

    def undo(self, seat: str) -> int | None:
        """Takes back the last verdict of a seat and gives its pair; None where there is none. Raises what the book
        does, and :class:`Meanwhile` where somebody else decided since.
        """
        with self.lock:
            who = self._seats[seat]
            if not who.said:
                return None
            number, said, mark = who.said[-1]
            pair = self.pairs.pair(number)
            last = self._given.get((pair.left, pair.right))
            if last is not said and last is not None:
                who.said.pop()
                raise Meanwhile(last)
            self.book.take_back(said, mark)
            who.said.pop()
            self._note(number, pair, self._before.pop(said, None))
            self.queue.take(number, seat)
            return number

    def _note(self, number: int, pair: Pair, said: Said | None) -> None:
        rows = min(pair.rows), max(pair.rows)
        self._versions[number] = self.version(number) + 1
        if said is None:
            self._given.pop((pair.left, pair.right), None)
            self._rows.pop(rows, None)
            self.queue.reopen(number)
        else:
            self._given[pair.left, pair.right] = said
            self._rows[rows] = said.decision
            self.queue.finish(number)
        self._agreement = Agreement(self._given) if said is None else self._agreement.plus(said)


def _short(text: str) -> str | None:
    return text.strip()[:_LONGEST] or None


def _drawn(pairs: RunPairs, most: int) -> pl.DataFrame:
    """Pairs for labels, as those that wait are given."""
    table = pairs.tables["state/pairs"]
    found = table[draw(pairs.patterns, table, most)]
    known = pairs.patterns.select("pattern", "score", "rule", "verdict")
    names = pairs.merge_map
    made = found.join(known, on="pattern", maintain_order="left")
    columns = {
        f"{column}_{side[0]}": names[column].gather(made[side])
        for side in ("left", "right")
        for column in ("source", "source_id", "oneid")
    }
    rows = {f"row_{side[0]}": made[side] for side in ("left", "right")}
    return made.drop("left", "right").with_columns(**columns, **rows)


class Agreement:
    """Whether decisions agree: nobody is decided to be different whom a chain of others makes one person."""

    def __init__(self, given: Mapping[tuple[RecordRef, RecordRef], Said]) -> None:
        self._same: dict[RecordRef, set[RecordRef]] = {}
        self._apart: dict[RecordRef, set[RecordRef]] = {}
        for said in given.values():
            self.plus(said)

    def plus(self, said: Said) -> Agreement:
        """With one more, which replaces an earlier one on the pair."""
        for one, other in ((said.left, said.right), (said.right, said.left)):
            self._same.setdefault(one, set()).discard(other)
            self._apart.setdefault(one, set()).discard(other)
            if said.decision != "defer":
                (self._same if said.decision == "same" else self._apart)[one].add(other)
        return self

    def check(self, said: Said) -> None:
        """Raises :class:`Contradicts` where a verdict would not agree with the others."""
        if said.decision == "defer":
            return
        mine = self._chains(said.left, said)
        if said.decision == "different":
            if said.right in mine:
                raise Contradicts(_chain(mine, said.right))
            return
        theirs = self._chains(said.right, said)
        for one in mine:
            for other in self._apart.get(one, set()) & theirs.keys():
                if {one, other} != {said.left, said.right}:
                    raise Contradicts([*_chain(mine, one), *_chain(theirs, other)[::-1]])

    def _chains(self, start: RecordRef, but: Said) -> dict[RecordRef, RecordRef | None]:
        """Whom decisions make one with a record, each with the one before it; without that on the pair itself."""
        found: dict[RecordRef, RecordRef | None] = {start: None}
        todo = deque([start])
        while todo:
            one = todo.popleft()
            for other in sorted(self._same.get(one, ())):
                if other not in found and {one, other} != {but.left, but.right}:
                    found[other] = one
                    todo.append(other)
        return found


def _chain(found: Mapping[RecordRef, RecordRef | None], end: RecordRef) -> list[RecordRef]:
    made = [end]
    while (before := found[made[-1]]) is not None:
        made.append(before)
    return made[::-1]

"""What each screen shows, as plain values for its template: words, values with their differences, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from oneid.review.desk import Contradicts, Desk
from oneid.review.graph import graph
from oneid.review.marks import lines
from oneid.review.pairs import Evidence, Pair, Seen
from oneid.review.words import DECISIONS, EVENTS, FIELDS, LEVELS, Words
from oneid.vocabulary.localtime import JAPAN
from oneid.vocabulary.masking import mask
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.terminaltext import in_line

__all__ = ["Screens"]

_CASES, _EVENTS, _RECORDS = 50, 30, 40
_SHORT = ("name", "kana", "nickname", "birth", "phone", "email", "address")
"""What is shown of records that are not those of the pair."""


class Screens:
    """The screens of a desk in one language; personal data masked unless ``show_pii``."""

    def __init__(self, desk: Desk, say: Words, *, show_pii: bool = False) -> None:
        self._desk, self._say, self._show = desk, say, show_pii

    # --- the pair ----------------------------------------------------------------------------------------------------

    def pair(self, number: int) -> dict[str, Any]:
        """Everything about one pair."""
        desk, say = self._desk, self._say
        pair = desk.pairs.pair(number)
        left, right = desk.pairs.seen(pair.rows)
        evidence, more = desk.pairs.evidence(pair.pattern)
        at, of = desk.queue.place(number)
        given = desk.given(number)
        made: dict[str, Any] = {
            "number": number,
            "version": desk.version(number),
            "case": say("case", at=at, of=of) if of > 1 else "",
            "sides": [self._side(ref, oneid) for ref, oneid in zip((pair.left, pair.right), pair.oneids, strict=True)],
            "fields": self._fields(left, right, evidence),
            "has_bits": desk.pairs.rules is not None and not desk.label,
            "more": [self._bits(say("base" if name == "base" else "interaction"), bits) for name, bits in more.items()],
            "score": "" if desk.label else say("score", bits=_bits(pair.score / 100)),
            "why": "" if desk.label else self._why(pair),
            "effects": {} if desk.label else self._effects(pair),
            "earlier": ""
            if given is None
            else say("earlier", verdict=say.of(DECISIONS, given.decision), by=given.by or "-"),
        }
        return made if desk.label else made | self._around(pair)

    def _side(self, ref: object, oneid: str) -> dict[str, str]:
        return {"ref": in_line(str(ref)), "oneid": "" if self._desk.label else oneid}  # it would tell what to say

    def _why(self, pair: Pair) -> str:
        say = self._say
        named = say("by_score") if pair.rule == "score" else pair.rule
        why = say.why(self._desk.pairs.why(pair.rule)) or named
        if pair.reason == "refused":
            return say("why_refused", why=why)
        if pair.rule == "score":
            return say("why_score", bits=_bits(pair.score / 100))
        return say("why_review", why=why)

    def _fields(self, left: Seen, right: Seen, evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
        """The compared fields with what they are made of, then what else is known of the records."""
        made, told = [], set[str]()
        for one in evidence:
            made_of = self._desk.pairs.made_of(one.field)
            columns = [name for name in made_of if name not in told and (name in left or name in right)]
            if not columns and one.level == MISSING:
                continue
            told |= set(columns)
            made.append({
                "rows": [self._row(name, left, right) for name in columns or [one.field]],
                "level": self._say.of(LEVELS, one.level),
                "missing": one.level == MISSING,
                **self._bits("", one.bits),
            })  # fmt: skip
        rest = [name for name in dict.fromkeys([*left, *right]) if name not in told]
        return made + [{"rows": [self._row(name, left, right)], "level": "", "bits": ""} for name in rest]

    def _row(self, name: str, left: Seen, right: Seen) -> dict[str, Any]:
        found = lines(left.get(name, ()), right.get(name, ()), show_pii=self._show)
        return {"name": self._say.of(FIELDS, name), "lines": found}

    def _bits(self, name: str, bits: float | None) -> dict[str, str]:
        sign = "" if not bits else "for" if bits > 0 else "against"
        return {"name": name, "bits": "" if not bits else _bits(bits), "sign": sign}

    # --- what it would change ----------------------------------------------------------------------------------------

    def _effects(self, pair: Pair) -> dict[str, list[str]]:
        made = {verdict: self._effect(pair, verdict) for verdict in ("same", "different")}
        return made | {"defer": [self._say("effect_later")]}

    def _effect(self, pair: Pair, verdict: str) -> list[str]:
        say, sizes = self._say, _sizes
        try:
            change = self._desk.change(pair, verdict)
        except Contradicts as error:
            return [say("effect_contradicts", chain=self.chain(error))]
        before, after = change.before, change.after
        if not after:
            told = [say("effect_none")]
        elif len(after) == 1:
            told = [say("effect_join", n=len(before), sizes=sizes(before), whole=len(after[0]))]
        elif len(before) == 1:
            told = [say("effect_split", n=len(after), sizes=sizes(after), whole=len(before[0]))]
        else:
            told = [say("effect_other", before=sizes(before), after=sizes(after), moved=change.moved)]
        if change.unknown:
            told.append(say("effect_unknown", n=change.unknown))
        if not change.exact:
            told.append(say("effect_rough"))
        return told

    # --- around it ---------------------------------------------------------------------------------------------------

    def _around(self, pair: Pair) -> dict[str, Any]:
        """The graph, the records and the history of the OneIDs of a pair."""
        pairs = self._desk.pairs
        sides = [pairs.members(oneid) for oneid in dict.fromkeys(pair.oneids)]
        rows = [row for side in sides for row in side]
        links = self._desk.effects.links(rows, self._desk.decided) if len(rows) <= 200 else []
        named = [[(row, in_line(str(pairs.ref(row)))) for row in side] for side in sides]
        if len(sides) == 1:
            named = [[node for node in named[0] if node[0] != pair.rows[1]],
                     [node for node in named[0] if node[0] == pair.rows[1]]]  # fmt: skip
        return {
            "graph": Markup(graph(self._title(sides, pair), named, pair.rows, links)),  # noqa: S704 - it escapes
            "records": self._records(sides, pair),
            "history": [self._event(event) for event in self._events(pair)],
        }

    def _title(self, sides: Sequence[Sequence[int]], pair: Pair) -> str:
        if len(sides) == 1:
            return self._say("graph_one", a=len(sides[0]), left=pair.oneids[0])
        left, right = pair.oneids
        return self._say("graph_title", a=len(sides[0]), left=left, b=len(sides[1]), right=right)

    def _records(self, sides: Sequence[Sequence[int]], pair: Pair) -> dict[str, Any]:
        rows = [row for side in sides for row in side][:_RECORDS]
        seen = self._desk.pairs.seen(rows)
        names = [name for name in _SHORT if any(name in one for one in seen)]
        oneids = self._desk.pairs.merge_map["oneid"]
        return {
            "names": [self._say.of(FIELDS, name) for name in names],
            "rows": [
                {
                    "ref": in_line(str(self._desk.pairs.ref(row))),
                    "oneid": oneids[row],
                    "asked": row in pair.rows,
                    "cells": [self._cell(one.get(name, ())) for name in names],
                }
                for row, one in zip(rows, seen, strict=True)
            ],
        }

    def _cell(self, values: Sequence[str]) -> str:
        return " / ".join(in_line(value if self._show else mask(value)) for value in values)

    def _events(self, pair: Pair) -> list[dict[str, Any]]:
        found = [event for oneid in dict.fromkeys(pair.oneids) for event in
                 self._desk.pairs.history(oneid).tail(_EVENTS).iter_rows(named=True)]  # fmt: skip
        return sorted(found, key=lambda event: event["at"])

    def _event(self, event: dict[str, Any]) -> dict[str, str]:
        record = f"{event['source']}:{event['source_id']}" if event["source"] else ""
        oneids = " → ".join(one for one in (event["oneid"], event["other_oneid"]) if one)
        at: datetime = event["at"]
        return {
            "at": at.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M"),
            "what": self._say.of(EVENTS, event["event"]),
            "about": in_line(" ".join(part for part in (record, oneids) if part)),
        }

    # --- other screens -----------------------------------------------------------------------------------------------

    def queue(self, seat: str) -> list[dict[str, Any]]:
        """The next cases: how many pairs each has, the first one, and who looks at it."""
        desk = self._desk
        made = []
        for case in desk.queue.ahead(_CASES):
            open_ = [number for number in case if not desk.queue.is_done(number)]
            pair = desk.pairs.pair(open_[0])
            holder = desk.holder(open_[0])
            who = desk.seat(holder) if holder not in (None, seat) else None
            made.append({
                "number": open_[0],
                "pairs": len(open_),
                "left": in_line(str(pair.left)),
                "right": in_line(str(pair.right)),
                "why": "" if desk.label else self._why(pair),
                "state": self._say("open") if who is None else self._say("being_seen", name=who.name),
                "mine": who is None,
            })  # fmt: skip
        return made

    def chain(self, error: Contradicts) -> str:
        """The records that earlier decisions make one person."""
        return " – ".join(in_line(str(ref)) for ref in error.chain)

    def verdict(self, word: str) -> str:
        """A verdict in words."""
        return self._say.of(DECISIONS, word)


def _bits(bits: float) -> str:
    return f"{bits:+.1f}".replace("-", "−")


def _sizes(parts: Sequence[Sequence[int]]) -> str:
    return " + ".join(str(len(part)) for part in parts)

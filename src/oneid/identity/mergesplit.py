"""Merging and splitting OneIDs: which decisions on pairs of records bring it about.

A merge and a split are *decisions*: they change no state by themselves, the next run heeds them, and every run after
it. So these are functions from the state (:mod:`oneid.identity.state`) to the decisions that people have to make.

E460  no OneID of that spelling was ever given
E461  a OneID is retired: nothing is left to split or merge
E462  a OneID is named twice, or two names lead to one
E463  a record is not of the OneID, or nothing would part
E464  a merge needs two OneIDs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from oneid.identity import decisions
from oneid.identity.decisions import Note
from oneid.identity.state import State
from oneid.vocabulary.errors import OneIDError, UsageError, raise_all
from oneid.vocabulary.language import said
from oneid.vocabulary.oneids import check
from oneid.vocabulary.references import RecordRef

__all__ = ["living", "merge", "split"]

_RECORD: Final = ["source", "source_id"]
_FOUNDER: Final = ["founder_source", "founder_source_id"]
_LEAST: Final = ["first_run", "source", "source_id"]


def living(state: State, oneids: Sequence[str]) -> dict[str, str]:
    """Each named OneID with the living one that it is, or leads to. Refused, all at once: E460, E461, E462."""
    leads = dict(state.oneids.filter(pl.col("oneid").is_in(list(oneids))).select("oneid", "current_oneid").rows())
    wrong: list[OneIDError] = []
    found: dict[str, str] = {}
    for name in oneids:
        now = leads.get(name)
        if name not in leads:
            typed = "is it another registry's?" if check(name) else "a symbol of it is wrong"
            wrong.append(UsageError("E460", said("no OneID {name} was ever given", name=name), hint=typed))
        elif now is None:
            wrong.append(
                UsageError("E461", said("{name} is retired: it has no records", name=name), hint="see its events")
            )
        elif now in found.values():
            same = next(other for other, current in found.items() if current == now)
            message = (
                said("{name} is named twice", name=name)
                if same == name
                else said("{name} and {same} are one OneID already: {now}", name=name, same=same, now=now)
            )
            wrong.append(UsageError("E462", message, hint="name each person once"))
        else:
            found[name] = now
    raise_all(wrong)
    return found


def split(
    state: State, oneid: str, records: Sequence[RecordRef] | None = None, note: Note | None = None
) -> pl.DataFrame:
    """The ``different`` decisions that part ``records`` from the rest of a OneID; an alias is followed, and the reason
    says so. Columns :data:`oneid.identity.decisions.COLUMNS` and :data:`oneid.identity.decisions.SAID`, sorted by pair.

    Without records an un-merge: each OneID that gave way to this one parts with the records that it brought along,
    and comes back. What had been merged into *that* one before stays with it. Every pair across is decided, since a
    pair left open could hold the parts together; what keeps each part together is left to its evidence. Refused:
    E460, E461; E463 for a record that is not of the OneID, for all of its records, or where nothing was merged.
    """
    ((named, now),) = living(state, [oneid]).items()
    members = state.assignments.filter(pl.col("oneid") == now).select(*_RECORD, "home_oneid")
    if records is None:
        tops = _tops(state, now)
        parts = members.with_columns(part=pl.col("home_oneid").replace_strict(tops, default=now))
        if parts["part"].n_unique() < 2:
            raise UsageError(
                "E463", said("nothing was merged into {now}", now=now), hint="name the records that are somebody else's"
            )
    else:
        rows = [(record.source, record.source_id) for record in records]
        named_ones = pl.DataFrame(rows, dict.fromkeys(_RECORD, pl.String), orient="row")
        there = members.join(named_ones, on=_RECORD, how="semi").with_columns(part=pl.lit("named"))
        wrong = sorted(set(records) - {RecordRef(*row) for row in there.select(_RECORD).rows()})
        raise_all(
            UsageError("E463", said("{r} is not of {now}", r=r, now=now), hint="see the records of the OneID")
            for r in wrong
        )
        rest = members.join(there, on=_RECORD, how="anti").with_columns(part=pl.lit("rest"))
        if not (there.height and rest.height):
            raise UsageError(
                "E463", said("all or no records of {now} are named: nothing would part", now=now), hint="name some"
            )
        parts = pl.concat([there, rest])
    left, right = (parts.select(pl.col(*_RECORD, "part").name.suffix(f"_{side}")) for side in ("l", "r"))
    across = left.join(right, how="cross").filter(pl.col("part_l") < pl.col("part_r"))
    return _decided(across, "different", f"split of {_said(named, now)}", note)


def _tops(state: State, now: str) -> dict[str, str]:
    """Each OneID that leads to ``now``, with the last one on its way there: the one that gave way to ``now`` itself."""
    theirs = state.oneids.filter((pl.col("current_oneid") == now) & (pl.col("oneid") != now))
    under = dict(theirs.select("oneid", "under_oneid").rows())
    tops = {now: now}
    for oneid in under:
        top = oneid
        while under[top] in under:
            top = under[top]
        tops[oneid] = top
    return tops


def merge(
    state: State, oneids: Sequence[str], note: Note | None = None, decided: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The ``same`` decisions that make one of several OneIDs, as :func:`split` gives them; aliases are followed.

    They join the founder of the oldest with all other records, so that no contradiction among these, which is why
    people have to decide, parts any of them. With ``decided`` (the decisions that count) all pairs across that were
    decided ``different`` become ``same`` as well: a merge takes back a split. Refused: E460, E461, E462, E464.
    """
    found = living(state, oneids)
    if len(found) < 2:
        raise UsageError("E464", "a merge needs two OneIDs", hint="name all that are this person")
    age = ["born_run", *_FOUNDER, "oneid"]
    theirs = state.oneids.filter(pl.col("oneid").is_in(list(found.values()))).sort(age)
    members = state.assignments.join(theirs.select("oneid", *_FOUNDER), on="oneid")
    founds = (pl.col("source") == pl.col("founder_source")) & (pl.col("source_id") == pl.col("founder_source_id"))
    ranked = members.with_columns(
        founds=founds.fill_null(value=False), at_home=pl.col("home_oneid") == pl.col("oneid")
    ).sort("founds", "at_home", *_LEAST, descending=[True, True, False, False, False])
    first = ranked.unique("oneid", keep="first", maintain_order=True)
    anchor = theirs.select("oneid").head(1).join(first, on="oneid").select(_RECORD)
    others = members.select(_RECORD).join(anchor, on=_RECORD, how="anti")
    left, right = anchor.select(pl.all().name.suffix("_l")), others.select(pl.all().name.suffix("_r"))
    pairs = left.join(right, how="cross").select(decisions.COLUMNS[:4])
    if decided is not None:
        apart = decided.filter(pl.col("decision") == "different")
        for side in ("l", "r"):
            whose = members.select(*_RECORD, pl.col("oneid").alias(f"oneid_{side}"))
            apart = apart.join(whose, left_on=[f"source_{side}", f"source_id_{side}"], right_on=_RECORD)
        apart = apart.filter(pl.col("oneid_l") != pl.col("oneid_r"))
        pairs = pl.concat([pairs, apart.select(decisions.COLUMNS[:4])])
    said = " and ".join(_said(name, now) for name, now in found.items())
    return _decided(pairs, "same", f"merge of {said}", note)


def _said(named: str, now: str) -> str:
    return now if named == now else f"{now}, named by its alias {named}"


def _decided(pairs: pl.DataFrame, decision: str, reason: str, note: Note | None) -> pl.DataFrame:
    note = note or Note()
    said = {name: getattr(note, name) for name in decisions.SAID} | {"reason": note.reason or reason}
    ends = list(decisions.COLUMNS[:4])
    frame = decisions.turned(pairs.select(ends)).unique().sort(ends)
    return frame.with_columns(
        decision=pl.lit(decision), **{name: pl.lit(text, dtype=pl.String) for name, text in said.items()}
    )

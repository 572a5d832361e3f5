"""What people do to OneIDs between runs: renumber members, split, merge, roll back, erase.

Pure functions of the state that :mod:`oneid.identity.assignment` defines. A merge and a split are *decisions*: they
change no state by themselves, the next run heeds them, and every run after it. A rollback is a partition that
:func:`oneid.identity.assignment.assign` is given. Renumbering and erasure change the state at once, and no OneID by it.

Events beside those of a run:

========  =============================================================  ===================
event     says                                                           reason
========  =============================================================  ===================
rekeyed   a member of ``oneid`` has a new number, ``source_id``          renumbered
left      a record of ``oneid`` was erased; ``source_id`` is null        erased
retired   nothing is left of ``oneid``                                   erased; followed
========  =============================================================  ===================

E460  no OneID of that spelling was ever given
E461  a OneID is retired: nothing is left to split or merge
E462  a OneID is named twice, or two names lead to one
E463  a record is not of the OneID, or nothing would part
E464  a merge needs two OneIDs
E610  an old number is unknown
E611  a new number is known already, and is not renumbered away
E612  a number is there twice
E613  a source or number is blank
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from oneid.identity import assignment, decisions
from oneid.identity.assignment import EVENTS, ONEIDS, Assignment, Run, State
from oneid.identity.decisions import Note
from oneid.vocabulary.contracts import conform
from oneid.vocabulary.errors import OneIDError, RegistryError, UsageError, raise_all
from oneid.vocabulary.references import RecordRef

__all__ = [
    "RENUMBERED",
    "erase",
    "erased",
    "erased_among",
    "living",
    "merge",
    "rekey",
    "rekeyed",
    "renumbered",
    "rollback",
    "rolled_back",
    "split",
    "token",
]

RENUMBERED: Final = {"source": pl.String, "old_id": pl.String, "new_id": pl.String}
"""Old and new numbers of members, each once."""

_RECORD: Final = ["source", "source_id"]
_FOUNDER: Final = ["founder_source", "founder_source_id"]
_LEAST: Final = ["first_run", "source", "source_id"]


# --- members that are renumbered -------------------------------------------------------------------------------------


def rekey(state: State, old_new: pl.DataFrame) -> State:
    """``state`` with members and founders under their new numbers (:data:`RENUMBERED`); no OneID changes.

    All rows count at once, so chains and swaps are fine. Refused with all mistakes at once: E610 (neither a member nor
    a founder), E611, E612, E613.
    """
    conform(old_new, RENUMBERED, "rekey")
    known = pl.concat(
        [state.assignments.select(_RECORD), state.oneids.select(pl.col(_FOUNDER).name.map(_unfounded)).drop_nulls()]
    ).unique()
    _refuse(old_new, known)
    to_new = old_new.rename({"old_id": "source_id"})
    assignments = state.assignments.join(to_new, on=_RECORD, how="left").with_columns(
        source_id=pl.coalesce("new_id", "source_id")
    )
    founders = state.oneids.join(to_new, left_on=_FOUNDER, right_on=_RECORD, how="left").with_columns(
        founder_source_id=pl.coalesce("new_id", "founder_source_id")
    )
    return State(founders.drop("new_id").sort("oneid"), assignments.drop("new_id").sort(_RECORD))


def _unfounded(name: str) -> str:
    return name.removeprefix("founder_")


def _refuse(old_new: pl.DataFrame, known: pl.DataFrame) -> None:
    rows = old_new.with_row_index("row", offset=1)
    blank = rows.filter(pl.any_horizontal(pl.col(list(RENUMBERED)).fill_null("").str.strip_chars() == ""))
    filled = rows.join(blank, on="row", how="anti", maintain_order="left")
    twice = pl.struct("source", "old_id").is_duplicated() | pl.struct("source", "new_id").is_duplicated()
    old, new = (["source", name] for name in ("old_id", "new_id"))
    strange = filled.join(known, left_on=old, right_on=_RECORD, how="anti", maintain_order="left")
    taken = filled.join(known, left_on=new, right_on=_RECORD, how="semi", maintain_order="left")
    taken = taken.join(filled, left_on=new, right_on=old, how="anti", maintain_order="left")
    found = (
        ("E613", "a source or number is blank", "give source, old and new number in each row", blank),
        ("E612", "a number is there twice", "one row per member", filled.filter(twice)),
        ("E610", "the old number is unknown", "the number as the run before knew it, of a known source", strange),
        ("E611", "the new number is known already", "renumber its holder in the same file, or erase it", taken),
    )
    raise_all(
        RegistryError(code, f"{message}: {_rows(wrong['row'])}", hint=hint)
        for code, message, hint, wrong in found
        if wrong.height
    )


def _rows(numbers: pl.Series, most: int = 20) -> str:
    """The first of some row numbers, as text; data rows count from 1."""
    told = ", ".join(map(str, numbers.head(most)))
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"row{'s' if len(numbers) > 1 else ''} {told}{more}"


def rekeyed(state: State, old_new: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The events of a renumbering; ``state`` is what :func:`rekey` made. One for each member whose number changed."""
    changed = old_new.filter(pl.col("old_id") != pl.col("new_id")).select("source", source_id="new_id")
    theirs = state.assignments.join(changed, on=_RECORD, how="semi").sort(_RECORD)
    return _events(theirs.select("oneid", "source", "source_id", reason=pl.lit("renumbered")), "rekeyed", run)


def renumbered(gone: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    """Proposals (:data:`RENUMBERED`) where one gone and one new record of a source, and no others, are alike.

    Both: source, source_id, fingerprint (UInt64 of all values but the id; null: nothing to go by).

    >>> gone = pl.DataFrame({"source": ["ec"], "source_id": ["7"], "fingerprint": [99]})
    >>> renumbered(gone, gone.with_columns(source_id=pl.lit("E0007"))).rows()
    [('ec', '7', 'E0007')]
    """
    alike = ["source", "fingerprint"]
    alone = pl.struct(alike).is_unique() & pl.col("fingerprint").is_not_null()
    pairs = gone.filter(alone).join(fresh.filter(alone), on=alike, suffix="_new")
    return pairs.select("source", old_id="source_id", new_id="source_id_new").sort("source", "old_id")


# --- decisions about OneIDs ------------------------------------------------------------------------------------------


def living(state: State, oneids: Sequence[str]) -> dict[str, str]:
    """Each named OneID with the living one that it is, or leads to. Refused, all at once: E460, E461, E462."""
    leads = dict(state.oneids.filter(pl.col("oneid").is_in(list(oneids))).select("oneid", "current_oneid").rows())
    wrong: list[OneIDError] = []
    found: dict[str, str] = {}
    for name in oneids:
        now = leads.get(name)
        if name not in leads:
            typed = "is it another registry's?" if assignment.check(name) else "a symbol of it is wrong"
            wrong.append(UsageError("E460", f"no OneID {name} was ever given", hint=typed))
        elif now is None:
            wrong.append(UsageError("E461", f"{name} is retired: it has no records", hint="see its events"))
        elif now in found.values():
            same = next(other for other, current in found.items() if current == now)
            message = f"{name} is named twice" if same == name else f"{name} and {same} are one OneID already: {now}"
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
            raise UsageError("E463", f"nothing was merged into {now}", hint="name the records that are somebody else's")
    else:
        rows = [(record.source, record.source_id) for record in records]
        named_ones = pl.DataFrame(rows, dict.fromkeys(_RECORD, pl.String), orient="row")
        there = members.join(named_ones, on=_RECORD, how="semi").with_columns(part=pl.lit("named"))
        wrong = sorted(set(records) - {RecordRef(*row) for row in there.select(_RECORD).rows()})
        raise_all(UsageError("E463", f"{r} is not of {now}", hint="see the records of the OneID") for r in wrong)
        rest = members.join(there, on=_RECORD, how="anti").with_columns(part=pl.lit("rest"))
        if not (there.height and rest.height):
            raise UsageError("E463", f"all or no records of {now} are named: nothing would part", hint="name some")
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


# --- back to an earlier state ----------------------------------------------------------------------------------------


def rolled_back(now: State, then: State) -> pl.Series:
    """The partition that undoes what happened after ``then``: one number (UInt32, ``cluster``) per row of
    ``now.assignments``.

    Records known then are grouped as then. Those that came later stay with each other where they share a OneID today,
    apart from the older ones. Both states name records as today: what was renumbered or erased since is so in both.
    """
    bore = then.assignments.select(*_RECORD, bore="oneid")
    grouped = now.assignments.join(bore, on=_RECORD, how="left", maintain_order="left")
    known = pl.col("bore").is_not_null()
    group = pl.struct(known.alias("known"), pl.coalesce("bore", "oneid").alias("oneid"))
    return grouped.select((group.rank("dense") - 1).cast(pl.UInt32).alias("cluster")).to_series()


def _recalled(now: State, then: State) -> tuple[State, pl.DataFrame]:
    """``now`` with the founders, homes and ways of ``then``; and the OneIDs whose founder is lent, with their own.

    So each OneID that is not retired goes back to the records that bore it, although its founder may have left and
    returned since, or an older one lives again: whatever else comes along gives way to it. A OneID whose founder is
    gone is founded by the least of the records that it came with, else of those that bore it. An alias without records
    goes where it led then: for this once the founder of that OneID is lent to it.
    """
    alive = now.oneids.filter(pl.col("current_oneid").is_not_null())
    kept = now.assignments.join(
        then.assignments.select(*_RECORD, bore="oneid", dwelt="home_oneid"), on=_RECORD, how="left"
    )
    kept = kept.sort(_LEAST).with_row_index("row")
    found = _anchored(alive, kept, then).join(kept.select("row", *_RECORD, place="bore"), on="row", how="left")
    found = found.join(found.select(way="oneid", way_place="place"), on="way", how="left")
    lives = pl.col("place").is_in(alive["oneid"].implode()).fill_null(value=False)
    same_way = ((pl.col("led") == pl.col("place")) & (pl.col("way_place") == pl.col("place"))).fill_null(value=False)
    under = (
        pl.when(~lives)
        .then("under_oneid")
        .when(pl.col("oneid") != pl.col("place"))
        .then(pl.when(same_way).then("way").otherwise("place"))
    )
    found = found.with_columns(
        founder_source=pl.coalesce("source", "founder_source"),
        founder_source_id=pl.coalesce("source_id", "founder_source_id"),
        under_oneid=under,
    )
    over = pl.col("oneid").is_in(_ended(then).implode())
    blank = pl.lit(None, dtype=pl.String)
    found = found.with_columns(
        current_oneid=pl.when(over).then("oneid").otherwise("current_oneid"),
        **{name: pl.when(over).then(blank).otherwise(name).alias(name) for name in ("under_oneid", *_FOUNDER)},
    )
    lent = found.filter("lent").select("oneid", own_source="then_source", own_id="then_id")
    lent = lent.join(kept, left_on=["own_source", "own_id"], right_on=_RECORD, how="anti")
    retired = now.oneids.filter(pl.col("current_oneid").is_null())
    home = pl.when(pl.col("dwelt").is_in(alive["oneid"].implode())).then("dwelt").otherwise("home_oneid")
    state = State(
        pl.concat([found.select(list(ONEIDS)), retired]).sort("oneid"),
        kept.with_columns(home_oneid=home).select(now.assignments.columns).sort(_RECORD),
    )
    return state, lent


def _anchored(alive: pl.DataFrame, kept: pl.DataFrame, then: State) -> pl.DataFrame:
    """``alive`` with what ``then`` says of each (then_source, then_id, led, way), ``row``, the record of ``kept`` with
    which it goes (null: with none), and whether that is ``lent`` by the OneID that it led to.
    """
    before = then.oneids.select(
        "oneid", then_source="founder_source", then_id="founder_source_id", led="current_oneid", way="under_oneid"
    )
    found = alive.join(before, on="oneid", how="left")
    known = pl.col("bore").is_not_null()
    rows = kept.filter(known).select("source", "source_id", founded="row")
    found = found.join(rows, left_on=["then_source", "then_id"], right_on=_RECORD, how="left")
    today = kept.select("source", "source_id", founds="row")
    found = found.join(today, left_on=_FOUNDER, right_on=_RECORD, how="left")
    for column in ("dwelt", "bore", "home_oneid", "oneid"):
        least = kept.group_by(pl.col(column).alias("of")).agg(pl.col("row").min().alias(f"by_{column}"))
        found = found.join(least, left_on="oneid", right_on="of", how="left")
    found = found.with_columns(
        then_row=pl.coalesce("founded", "by_dwelt", "by_bore"),
        now_row=pl.coalesce("founds", "by_home_oneid", "by_oneid"),
    )
    found = found.join(found.select(led="oneid", led_row="then_row"), on="led", how="left")
    came_later = kept.select(now_row="row", came_later=~known)
    found = found.join(came_later, on="now_row", how="left")
    lent = pl.col("then_row").is_null() & ~pl.col("came_later").fill_null(value=False) & pl.col("led_row").is_not_null()
    row = pl.when("lent").then("led_row").otherwise(pl.coalesce("then_row", "now_row"))
    return found.with_columns(lent=lent & (pl.col("led") != pl.col("oneid"))).with_columns(row=row)


def _ended(then: State) -> pl.Series:
    """The OneIDs of which nothing is left in ``then``; where they live today, their records were erased since."""
    return then.oneids.filter(pl.col("current_oneid").is_null())["oneid"]


def rollback(now: State, then: State, key: bytes, run: Run) -> Assignment:
    """Undoes what happened to OneIDs after ``then``: :func:`oneid.identity.assignment.assign` on :func:`rolled_back`,
    with the founders and homes of then.

    Every record known then has the OneID that it had then, unless that is retired, and every alias leads where it led.
    OneIDs given since lead to a living one, or are retired.
    """
    members = now.assignments.select(_RECORD).with_columns(rolled_back(now, then)).sort(_RECORD).with_row_index("rec")
    before, lent = _recalled(now, then)
    done = assignment.assign(members, before, key, run, ended=_ended(then))
    own = done.state.oneids.join(lent.with_columns(lent=pl.lit(value=True)), on="oneid", how="left")
    oneids = own.with_columns(
        pl.when("lent").then(theirs).otherwise(ours).alias(ours)
        for ours, theirs in zip(_FOUNDER, ("own_source", "own_id"), strict=True)
    )
    return replace(done, state=State(oneids.select(list(ONEIDS)).sort("oneid"), done.state.assignments))


# --- erasure ---------------------------------------------------------------------------------------------------------


def token(sources: pl.Series, source_ids: pl.Series, key: bytes) -> pl.Series:
    """Tombstones by which erased records are known again: two String Series of n -> one of n, named ``token``.

    32 symbols of base 32 (RFC 4648) for the 160 bits of BLAKE2b (RFC 7693), keyed, personalised ``oneid tombstone``, of
    ``length of source in bytes:source:source_id`` in UTF-8. As with OneIDs, without a secret key whoever tries all
    member numbers finds the erased ones. Raises E415 where the key is empty.

    >>> token(pl.Series(["ec"]), pl.Series(["E1"]), b"secret").to_list()
    ['DD6MRHFVDR7BE2ISYAWBSJKE25TPMMJJ']
    """
    if not key:
        raise UsageError(
            "E415", "the key for tombstones is empty", hint="give a secret, or leave the key out altogether"
        )
    length = pl.lit(sources).str.len_bytes().cast(pl.String)
    message = pl.select(pl.concat_str(length, pl.lit(":"), pl.lit(sources), pl.lit(":"), source_ids)).to_series()
    digests = assignment.keyed_digests(message, key, 20, b"oneid tombstone")
    return pl.Series("token", [b32encode(digest).decode("ascii") for digest in digests], dtype=pl.String)


def erased_among(records: pl.DataFrame, tombstones: pl.Series, key: bytes) -> pl.DataFrame:
    """Those of ``records`` (source, source_id, ...) that were erased; all their columns, in their order."""
    if tombstones.is_empty() or records.is_empty():
        return records.clear()
    return records.filter(token(records["source"], records["source_id"], key).is_in(tombstones.implode()))


def erase(state: State, records: pl.DataFrame, run: Run) -> State:
    """``state`` without ``records`` (source, source_id): not members, not founders of anything.

    A living OneID without records is retired at ``run.at``, with those that lead to it; nothing else changes, so a
    OneID that lost its founder has none until the next run. Records that the state does not know change nothing.
    """
    left = state.assignments.join(records, on=_RECORD, how="anti").sort(_RECORD)
    held = pl.col("current_oneid").is_in(left["oneid"].unique().implode())
    ends = pl.col("current_oneid").is_not_null() & ~held
    lost = records.select(pl.col(_RECORD).name.prefix("founder_"), lost=pl.lit(value=True)).unique()
    oneids = state.oneids.join(lost, on=_FOUNDER, how="left").with_columns(
        *(pl.when(pl.col("lost").is_null()).then(pl.col(name)).alias(name) for name in _FOUNDER),
        *(pl.when(~ends | ends.is_null()).then(pl.col(name)).alias(name) for name in ("current_oneid", "under_oneid")),
        since=pl.when(ends).then(pl.lit(run.at, dtype=ONEIDS["since"])).otherwise("since"),
    )
    return State(oneids.select(list(ONEIDS)).sort("oneid"), left)


def erased(before: State, after: State, run: Run) -> pl.DataFrame:
    """The events of an erasure, from the states before and after :func:`erase`; none names a member's number."""
    gone = before.assignments.join(after.assignments, on=_RECORD, how="anti").sort("oneid", "source")
    left = gone.select("oneid", "source", reason=pl.lit("erased"))
    led = before.oneids.filter(pl.col("current_oneid").is_not_null()).select("oneid", led="current_oneid")
    ended = led.join(after.oneids.filter(pl.col("current_oneid").is_null()), on="oneid", how="semi").sort("oneid")
    own = pl.col("oneid") == pl.col("led")
    retired = ended.select("oneid", reason=pl.when(own).then(pl.lit("erased")).otherwise(pl.lit("followed")))
    return pl.concat([_events(left, "left", run), _events(retired, "retired", run)])


def _events(frame: pl.DataFrame, event: str, run: Run) -> pl.DataFrame:
    """``frame`` (any of the columns of events) as :data:`oneid.identity.assignment.EVENTS`."""
    blank = {name: pl.lit(None, dtype=pl.String) for name in EVENTS if name not in frame.columns}
    stamped = frame.with_columns(**blank).with_columns(
        event=pl.lit(event), run_id=pl.lit(run.run_id), at=pl.lit(run.at, dtype=EVENTS["at"])
    )
    return conform(stamped.select(list(EVENTS)), EVENTS, event)

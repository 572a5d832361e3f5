"""A demo that lives on: what its five systems deliver day by day, and what is true of it.

Members join, change, leave, and some come back; every new row is written by the code that writes the demo's rows, with
the same habits and mistakes. Who tells a system something new has only that written anew; all else in the row stays as
it stands there, old spellings included. Other people's records stay as they are, and so become out of date.

>>> from oneid.demo import generate
>>> days = Days(generate(records=1000, seed=7), seed=1)
>>> day = days.next_day(new=0.02, deleted=0.01)
>>> dict(sorted(day.happened["what"].value_counts().iter_rows()))
{'changed': 10, 'deleted': 10, 'new': 20}
>>> day.delta["ec"].columns[-1]
'is_deleted'
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl

from oneid.demo import IDS, Demo, spoilt
from oneid.demo.chance import hit, tell
from oneid.demo.files import write_feeds
from oneid.demo.life import Life
from oneid.demo.naming.names import Ints
from oneid.demo.people import TODAY
from oneid.demo.rates import SYSTEM_SHARES, Rates
from oneid.demo.records import open_to, plain
from oneid.demo.slips import mistake
from oneid.demo.systems import WRITERS
from oneid.vocabulary.errors import UsageError

__all__ = ["DELETED", "HAPPENED", "Day", "Days"]

DELETED: Mapping[str, str] = MappingProxyType(
    {"point_card": "削除", "credit_card": "delete_flag", "prepaid": "deleted", "mail_list": "deleted",
     "ec": "is_deleted"}
)  # fmt: skip
"""Per system the column of its delta feed that has ``1`` in rows of deleted members and is empty in all others."""

HAPPENED: Mapping[str, pl.DataType | type[pl.DataType]] = MappingProxyType(
    {"source": pl.String, "source_id": pl.String, "what": pl.String, "why": pl.String, "old_id": pl.String}
)
"""The columns of :attr:`Day.happened`."""

_CHANGES: Mapping[str, tuple[float, tuple[str, ...]]] = MappingProxyType(
    {"move": (0.26, ("address",)), "marriage": (0.07, ("name", "kana")), "mobile": (0.17, ("phone",)),
     "mail": (0.17, ("email",)), "birth": (0.06, ("birth",)), "kana": (0.06, ("kana",)),
     "spelling": (0.21, ("name", "kana", "address"))}
)  # fmt: skip
"""What changes in a record: how often, and which fields are written anew."""
_CORRECTED = ("birth", "kana")
"""Changes that are written without a mistake."""
_FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"point_card": {"name": ("氏名",), "kana": ("フリガナ",), "birth": ("生年月日",), "phone": ("電話番号",),
                    "address": ("郵便番号", "住所")},
     "credit_card": {"name": ("full_name", "embossed_name"), "kana": ("full_name_kana",), "birth": ("date_of_birth",),
                     "phone": ("mobile_phone",), "email": ("email",),
                     "address": ("home_phone", "postal_code", "address1", "address2", "address3")},
     "prepaid": {"kana": ("kana_sei", "kana_mei"), "birth": ("birthday",), "phone": ("tel",), "email": ("mail",)},
     "mail_list": {"name": ("nickname",), "birth": ("birth_year", "birth_month"), "email": ("email",),
                   "address": ("zip",)},
     "ec": {"name": ("last_name", "first_name"), "kana": ("last_name_kana", "first_name_kana"),
            "birth": ("birthdate",), "phone": ("phone",), "email": ("email",),
            "address": ("zip_code", "prefecture", "city", "street", "building")}}
)  # fmt: skip
"""Per system the columns of each field."""

_NEW_PERSON = 0.5
"""New members who were no member of any system before."""
_RETURNS = 0.01
"""Deleted members who are back on the next day, with the id that they had."""
_MOBILE = "^(81|0)?[789]0[0-9]{8}$"


@dataclass(frozen=True, slots=True)
class Day:
    """What one day brings.

    ``full``: per system all its rows, spoilt as the demo's are (rows without an id, rows that stand there twice).
    ``delta``: per system only the rows of members that are new, changed, back, or deleted; the last column
    (:data:`DELETED`) marks the deleted, whose row is the last one known. ``truth``: system, member_id, person_id of
    every member of today. ``happened``: source, source_id, what (new, changed, deleted, returned, rekeyed), why (for
    new: new person, known person, reused id; for changed: move, marriage, mobile, mail, birth, kana, spelling) and
    old_id (of the rekeyed: the id until yesterday). Whoever takes a delta without a list of the rekeyed finds their
    old ids in it as deleted.
    """

    number: int
    date: date
    full: Mapping[str, pl.DataFrame]
    delta: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    happened: pl.DataFrame

    def write(self, folder: str | Path, delta: Collection[str] = ()) -> None:
        """Writes one file per system into ``folder``, named and encoded as the demo's: the delta feed of the systems
        in ``delta``, the full feed of the others.

        :raises OutputError: E321 where the folder cannot be made or written to, E307 where a file would be replaced
            that is no feed of that system.
        """
        feeds = {name: self.delta[name] if name in delta else rows for name, rows in self.full.items()}
        write_feeds(Path(folder), feeds, DELETED)


class Days:
    """A demo's world from its first day on; ``today`` is the last day, in the beginning the demo itself as day 0.

    The same demo, seed and calls give the same days. ``demo`` is not changed.
    """

    today: Day

    def __init__(self, demo: Demo, seed: int = 1) -> None:
        world = demo.world
        self._life = Life(world.people, world.activity, world.rates)
        self._rates = world.rates
        self._seed = seed
        self._rows: dict[str, pl.DataFrame] = {}
        for name, rows in demo.sources.items():
            column = IDS[name][0]
            person = demo.truth.filter(pl.col("system") == name).select(pl.col("member_id").alias(column), "person_id")
            clean = rows.filter(pl.col(column).is_not_null()).unique(column, keep="first", maintain_order=True)
            self._rows[name] = clean.join(person, on=column, how="left", maintain_order="left")
        self._gone = {name: rows.clear() for name, rows in self._rows.items()}
        self._next = {name: int(_numbers(name, rows).to_numpy().max()) for name, rows in self._rows.items()}
        self._ever = np.zeros(world.people.frame.height, dtype=np.bool_)
        self._ever[demo.truth["person_id"].to_numpy()] = True
        empty = {
            name: rows.with_columns(pl.lit(None, pl.String).alias(DELETED[name])) for name, rows in demo.sources.items()
        }
        self.today = Day(0, _date(0), demo.sources, empty, demo.truth, pl.DataFrame(schema=dict(HAPPENED)))

    def next_day(
        self, *, new: float = 0.01, changed: float = 0.01, deleted: float = 0.002, rekeyed: float = 0.0,
        reused: float = 0.0,
    ) -> Day:  # fmt: skip
        """The next day, which is ``today`` from now on.

        ``new``, ``changed``, ``deleted`` and ``rekeyed`` (members whose id changes) are shares of the members of the
        day before; no member is two of them. ``reused`` is the share of the new members who get the id of a deleted
        member, who is another person and can then not return; otherwise no id is ever given to a second person. All
        systems together have as many of each as the shares say, rounded; where too few records can change, fewer
        change.

        :raises UsageError: E424 for shares outside 0 to 1, or more than 1 of changed, deleted and rekeyed together.
        """
        shares = (new, changed, deleted, rekeyed, reused)
        if not all(0 <= share <= 1 for share in shares) or changed + deleted + rekeyed > 1:
            raise UsageError("E424", "the shares of a day must be 0 to 1, those of members together too")
        number = self.today.number + 1
        streams = np.random.SeedSequence((self._seed, number)).spawn(3)
        rng, *feeds = (np.random.default_rng(stream) for stream in streams)
        roster = self._roster()
        roster = roster[rng.permutation(roster.height)]
        leave, rename = round(deleted * roster.height), round(rekeyed * roster.height)
        told = [
            self._joined(rng, number, round(new * roster.height), reused),
            self._returned(rng),
            self._deleted(roster[:leave]),
            self._rekeyed(rng, roster[leave : leave + rename]),
            self._changed(rng, number, roster[leave + rename :], round(changed * roster.height)),
        ]
        happened = pl.concat([pl.DataFrame(schema=dict(HAPPENED)), *told], how="diagonal")
        truth = self._roster().rename({"source": "system", "source_id": "member_id", "person": "person_id"})
        full = {name: spoilt(feeds[0], rows.drop("person_id"), self._rates) for name, rows in self._rows.items()}
        delta = {name: spoilt(feeds[1], self._delta(name, happened), self._rates) for name in self._rows}
        self.today = Day(number, _date(number), full, delta, truth, happened)
        return self.today

    def _roster(self) -> pl.DataFrame:
        """source, source_id and person of every member, system by system in the order of the files."""
        return pl.concat(
            rows.select(source=pl.lit(name), source_id=IDS[name][0], person="person_id")
            for name, rows in self._rows.items()
        )

    def _joined(self, rng: np.random.Generator, number: int, count: int, reused: float) -> pl.DataFrame:
        """Lets ``count`` people become members, and says who."""
        sizes = rng.multinomial(count, np.array(list(SYSTEM_SHARES.values())))
        fresh = rng.binomial(sizes, _NEW_PERSON)
        while int((~self._ever & open_to(self._life.people, "credit_card")).sum()) < 3 * int(fresh.sum()):
            self._life.grow(rng, 4 * int(fresh.sum()))
            self._ever = np.append(self._ever, np.zeros(self._life.activity.size - self._ever.size, dtype=np.bool_))
        told = []
        for name, size, firsts in zip(SYSTEM_SHARES, sizes.tolist(), fresh.tolist(), strict=True):
            people = self._joiners(rng, name, size, firsts)
            if not people.size:
                continue
            ids, again = self._new_ids(rng, name, people.size), np.zeros(people.size, dtype=np.bool_)
            former = self._gone[name]
            former = former[rng.permutation(former.height)][: round(reused * people.size)]
            again[: former.height] = former["person_id"].to_numpy() != people[: former.height]
            ids = pl.concat([former[IDS[name][0]], ids[former.height :]]).zip_with(pl.Series(again), ids)
            taken = ids.filter(pl.Series(again)).implode()
            self._gone[name] = self._gone[name].filter(~pl.col(IDS[name][0]).is_in(taken))
            rows = self._written(rng, name, people, number, self._rates).insert_column(0, ids.alias(IDS[name][0]))
            self._rows[name] = pl.concat([self._rows[name], rows.with_columns(person_id=pl.Series(people))])
            knew = pl.Series(np.where(self._ever[people], "known person", "new person"), dtype=pl.String)
            why = pl.Series(["reused id"]).new_from_index(0, people.size).zip_with(pl.Series(again), knew)
            told.append(_told(name, ids, "new", why))
        for rows in self._rows.values():
            self._ever[rows["person_id"].to_numpy()] = True
        return pl.concat(told) if told else pl.DataFrame(schema=dict(HAPPENED))

    def _joiners(self, rng: np.random.Generator, name: str, size: int, firsts: int) -> Ints:
        """Who becomes a member of a system: ``firsts`` who were no member of anything, the rest known elsewhere, some
        of them here; the more active, the likelier.
        """
        people, activity = self._life.people, self._life.activity
        here = np.zeros(activity.size, dtype=np.bool_)
        here[self._rows[name]["person_id"].to_numpy()] = True
        open_ = open_to(people, name)
        key = np.log(activity) + rng.gumbel(size=activity.size)
        further = int(rng.binomial(size - firsts, self._rates.further_card))
        parts: list[Ints] = []
        for mask, wanted in ((~self._ever, firsts), (here, further), (self._ever & ~here, size - firsts - further)):
            able = np.flatnonzero(mask & open_)
            parts.append(able[np.argsort(-key[able], kind="stable")[:wanted]].astype(np.int64))
        return rng.permutation(np.concatenate(parts))

    def _written(self, rng: np.random.Generator, name: str, people: Ints, number: int, rates: Rates) -> pl.DataFrame:
        """The rows, without ids, that a system would make of these people if they joined on this day."""
        days = np.full(people.size, TODAY + number)
        said = plain(rng, self._life.people, people, name, since=days, day=days, rates=rates)
        return WRITERS[name](rng, mistake(rng, said, rates, name), rates)

    def _new_ids(self, rng: np.random.Generator, name: str, size: int) -> pl.Series:
        """Member ids that were never given, rising."""
        numbers = self._next[name] + np.cumsum(rng.integers(1, 4, size))
        self._next[name] = int(numbers[-1]) if size else self._next[name]
        return IDS[name][1] + pl.Series(numbers).cast(pl.String).str.zfill(7)

    def _returned(self, rng: np.random.Generator) -> pl.DataFrame:
        """Brings some of the deleted back as they were, and says whom."""
        told = []
        for name, gone in self._gone.items():
            back = pl.Series(hit(rng, gone.height, _RETURNS), dtype=pl.Boolean)
            self._rows[name] = pl.concat([self._rows[name], gone.filter(back)])
            self._gone[name] = gone.filter(~back)
            told.append(_told(name, gone.filter(back)[IDS[name][0]], "returned"))
        return pl.concat(told)

    def _deleted(self, members: pl.DataFrame) -> pl.DataFrame:
        told = []
        for name, rows in self._rows.items():
            ids = members.filter(pl.col("source") == name)["source_id"]
            leaves = pl.col(IDS[name][0]).is_in(ids.implode())
            self._gone[name] = pl.concat([self._gone[name], rows.filter(leaves)])
            self._rows[name] = rows.filter(~leaves)
            told.append(_told(name, ids, "deleted"))
        return pl.concat(told)

    def _rekeyed(self, rng: np.random.Generator, members: pl.DataFrame) -> pl.DataFrame:
        told = []
        for name, rows in self._rows.items():
            column = IDS[name][0]
            old = members.filter(pl.col("source") == name)["source_id"]
            new = self._new_ids(rng, name, len(old))
            self._rows[name] = rows.with_columns(pl.col(column).replace(old, new))
            told.append(_told(name, new, "rekeyed").with_columns(old_id=old))
        return pl.concat(told)

    def _changed(self, rng: np.random.Generator, number: int, members: pl.DataFrame, count: int) -> pl.DataFrame:
        """Lets things happen to people, has their records say so, and tells which records did."""
        due = self._due(rng, members, count)
        for kind, happens in self._happenings(rng, TODAY + number).items():
            happens(due.filter(pl.col("kind") == kind)["person"].unique(maintain_order=True).to_numpy())
        made = {}
        for name in self._rows:
            wanted = due.filter(pl.col("source") == name)
            if wanted.height:
                made[name] = self._rewritten(rng, name, wanted, number)
        if not made:
            return pl.DataFrame(schema=dict(HAPPENED))
        differs = pl.concat(frame.filter("differs").select("source", "source_id", "place") for frame in made.values())
        kept = differs.sort("place").head(count).select("source", "source_id")
        told = []
        for name, frame in made.items():
            new = frame.join(kept, on=["source", "source_id"], how="semi", maintain_order="left")
            rows, column = self._rows[name], IDS[name][0]
            at = rows.select(column).with_row_index("at").filter(pl.col(column).is_in(new[column].implode()))
            at = new.select(column).join(at, on=column, how="left", maintain_order="left")
            self._rows[name] = rows.with_columns(rows[part].scatter(at["at"], new[part]) for part in rows.columns)
            told.append(_told(name, new[column], "changed", new["kind"]))
        return pl.concat(told)

    def _happenings(self, rng: np.random.Generator, day: int) -> dict[str, Callable[[Ints], None]]:
        """What each kind of change does to people in the world; corrections do nothing to them."""
        life = self._life
        return {
            "move": lambda rows: life.move(rng, rows, day), "marriage": lambda rows: life.marry(rng, rows, day),
            "mobile": lambda rows: life.renumber(rng, rows, day), "mail": lambda rows: life.rebox(rng, rows),
        }  # fmt: skip

    def _due(self, rng: np.random.Generator, members: pl.DataFrame, count: int) -> pl.DataFrame:
        """Records to write anew (source, source_id, person, kind, place): of ``count`` people the first of ``members``
        and, where the change is one in their lives, as many of their other records as are kept up to date.
        """
        left = [
            self._rows[name].filter(withdrawn).select(source=pl.lit(name), source_id=IDS[name][0])
            for name, withdrawn in (
                ("point_card", pl.col("氏名").str.ends_with("（退会）")), ("ec", pl.col("last_name") == "退会"),
            )
        ]  # fmt: skip
        members = members.join(pl.concat(left), on=["source", "source_id"], how="anti", maintain_order="left")
        first = members.unique("person", keep="first", maintain_order=True).head(count)
        drawn = tell(rng, first.height, [share for share, _ in _CHANGES.values()])
        kind = pl.Series("kind", list(_CHANGES)).gather(drawn)
        shows = pl.DataFrame(
            [(name, kind_) for name, fields in _FIELDS.items() for kind_, (_, wanted) in _CHANGES.items()
             if any(field in fields for field in wanted)], schema=["source", "kind"], orient="row",
        )  # fmt: skip
        able = pl.Series(self._life.can_marry()[first["person"].to_numpy()])
        first = first.with_columns(kind.set((kind == "marriage") & ~able, "spelling"))
        shown = first.join(shows.with_columns(shown=True), on=["source", "kind"], how="left", maintain_order="left")
        kind = shown["kind"].set(shown["shown"].is_null(), "spelling")
        turns = first.select("person").with_columns(kind).with_row_index("turn")
        due = members.join(turns, on="person", maintain_order="left")
        too = pl.Series(hit(rng, due.height, self._rates.updated)) & pl.Series(
            due["kind"].is_in(["move", "marriage", "mobile", "mail"])
        )
        due = due.filter(due["person"].is_first_distinct() | too).join(shows, on=["source", "kind"], how="semi")
        return due.sort("turn", "source", "source_id").with_row_index("place").drop("turn")

    def _rewritten(self, rng: np.random.Generator, name: str, wanted: pl.DataFrame, number: int) -> pl.DataFrame:
        """These records with their changed columns written anew, and whether anything ``differs``."""
        column = IDS[name][0]
        rows = wanted.join(self._rows[name], left_on="source_id", right_on=column, maintain_order="left")
        people = rows["person"].to_numpy()
        told = replace(self._rates, missing=dict.fromkeys(self._rates.missing, 0.0), withdrawn=0.0, unknown_name=0.0)
        anew = self._written(rng, name, people, number, told)
        correct = rows["kind"].is_in(_CORRECTED).any()
        right = self._written(rng, name, people, number, told.scaled(0.0)) if correct else anew
        field = {part: field_ for field_, parts in _FIELDS[name].items() for part in parts}
        columns = {}
        for part, field_ in field.items():
            kinds = [kind for kind, (_, fields) in _CHANGES.items() if field_ in fields]
            changes = rows["kind"].is_in([kind for kind in kinds if kind not in _CORRECTED])
            if field_ == "phone":
                changes |= (rows["kind"] == "move") & _land_line(rows[part])
            corrected = rows["kind"].is_in([kind for kind in kinds if kind in _CORRECTED])
            columns[part] = right[part].zip_with(corrected, anew[part].zip_with(changes, rows[part]))
        differs = pl.any_horizontal(rows[part].ne_missing(new) for part, new in columns.items())
        return rows.with_columns(pl.col("source_id").alias(column), differs=pl.select(differs).to_series(), **columns)

    def _delta(self, name: str, happened: pl.DataFrame) -> pl.DataFrame:
        """The day's delta feed of a system, not yet spoilt."""
        column, mark = IDS[name][0], DELETED[name]
        told = happened.filter(pl.col("source") == name)
        gone = self._gone[name].filter(pl.col(column).is_in(told.filter(what="deleted")["source_id"].implode()))
        there = self._rows[name].filter(
            pl.col(column).is_in(told.filter(pl.col("what") != "deleted")["source_id"].implode())
        )
        rekeyed = told.filter(what="rekeyed")
        former = there.filter(pl.col(column).is_in(rekeyed["source_id"].implode()))
        former = former.with_columns(pl.col(column).replace(rekeyed["source_id"], rekeyed["old_id"]))
        marked = pl.concat([gone, former]).with_columns(pl.lit("1").alias(mark))
        return pl.concat([there.with_columns(pl.lit(None, pl.String).alias(mark)), marked]).drop("person_id")


def _told(name: str, ids: pl.Series, what: str, why: pl.Series | None = None) -> pl.DataFrame:
    reason = pl.lit(None, pl.String) if why is None else why
    return pl.DataFrame({"source_id": ids}).select(
        source=pl.lit(name), source_id="source_id", what=pl.lit(what), why=reason, old_id=pl.lit(None, pl.String)
    )


def _numbers(name: str, rows: pl.DataFrame) -> pl.Series:
    return rows[IDS[name][0]].str.strip_prefix(IDS[name][1]).cast(pl.Int64)


def _land_line(phones: pl.Series) -> pl.Series:
    """Whether a cell holds a phone that is no mobile one."""
    digits = phones.str.replace_many(list("０１２３４５６７８９"), list("0123456789")).str.replace_all("[^0-9]", "")
    return digits.is_not_null() & ~digits.fill_null("").str.contains(_MOBILE)


def _date(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=TODAY + number)

"""A world of synthetic members: five systems, the truth about them, and a config that reads them.

In: how many, and a seed. Out: the files of five systems, and what is true.

``rates`` how often what happens; ``naming`` what people are called, ``homes`` where they live, ``reach`` their numbers
and mail boxes, ``people`` all of it, ``life`` what happens to them; ``records`` their memberships and ``sharing`` what
they give for one another, ``slips`` the mistakes in these and ``forms`` their spellings, ``systems`` what each system
makes of them; ``days`` the same from day to day, ``chance`` whom something happens to, ``files`` how it is written.
Nobody here is real. What is too large to be held is drawn in :func:`blocks`, worlds of their own that share no person,
no number and no mail box.

>>> demo = generate(records=1000, seed=7)
>>> demo.sources["point_card"].columns
['会員番号', '氏名', 'フリガナ', '生年月日', '性別', '電話番号', '郵便番号', '住所', '入会日', 'ポイント残高']
>>> demo.truth.columns, demo.truth.height
(['system', 'member_id', 'person_id'], 1000)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from oneid.demo.files import ENCODINGS, write_demo
from oneid.demo.naming.names import Floats
from oneid.demo.people import People, draw_people
from oneid.demo.rates import RECORDS_PER_PERSON, SYSTEM_SHARES, Rates
from oneid.demo.reach import WHOLE, Boxes, Part
from oneid.demo.records import records as draw_records
from oneid.demo.slips import mistake
from oneid.demo.systems import WRITERS
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.forks import one_process

__all__ = ["ENCODINGS", "IDS", "Demo", "Rates", "World", "blocks", "generate", "spoilt", "write_files"]

IDS: Mapping[str, tuple[str, str]] = {
    "point_card": ("会員番号", "P"), "credit_card": ("member_id", "C"), "prepaid": ("member_id", "K"),
    "mail_list": ("member_id", "M"), "ec": ("member_id", "E"),
}  # fmt: skip
"""Per system the column of its member ids, and the letter that they begin with."""

_OFTEN = 40
"""Rows of a member who registers over and over."""
_BLOCK = 1_000_000
"""Records that are drawn at once; more are drawn in blocks."""
_MOST = 50_000_000
_FEWEST_PERSONS = 60
_WIDTH = 7
"""Digits of a member id, at least."""
_STEPS = 3
"""How much larger than the one before it a member's number is at most."""


@dataclass(frozen=True, slots=True)
class World:
    """What a demo was drawn from, for those who draw on: the people with all that is true of them, how eager each is
    to become a member of anything, and the rates.
    """

    people: People
    activity: Floats
    rates: Rates


@dataclass(frozen=True, slots=True)
class Demo:
    """What :func:`generate` makes.

    ``sources``: per system its rows, all text, in the order of the file. ``truth``: system, member_id, person_id, one
    row per member. ``households``: person_id, household_id. ``people``: what is true of each person today, for tests
    and explanations; ``world``: what it was drawn from. The last two are not written.
    """

    sources: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    households: pl.DataFrame
    people: pl.DataFrame
    world: World = field(repr=False)

    def write(self, folder: str | Path) -> Path:
        """Writes the sources, ``truth.csv``, ``households.csv`` and ``oneid.yaml`` into ``folder``, each file whole or
        not at all, and returns the path of the config.

        :raises OutputError: E321 where the folder cannot be made or written to, E307 where a file would be replaced
            that no demo wrote, or that was changed since.
        """
        return write_demo(Path(folder), _FILES, [self.frames()], _config())

    def frames(self) -> dict[str, pl.DataFrame]:
        """What is written, by the names of the files."""
        return {**self.sources, "truth": self.truth, "households": self.households}


_FILES = (*IDS, "truth", "households")


def _config() -> bytes:
    return resources.files("oneid.demo").joinpath("oneid.yaml").read_bytes()


def generate(records: int = 20_000, seed: int = 1, noise: float = 1.0) -> Demo:
    """Makes close to ``records`` members of five systems in one world, the same ones for the same arguments; a million
    takes about a gigabyte of memory.

    ``noise`` scales the rates of mistakes (see :class:`Rates`); 0 makes none, but forms still differ, people still
    marry and move, and fields are still left empty. Rows without an id and doubled rows come on top of ``records``.

    :raises UsageError: E424 for fewer than 100 or more than 50 million records, a negative seed or noise.
    """
    one_process()
    _refuse(records, seed, noise)
    persons = max(_FEWEST_PERSONS, _persons(records))
    return _drawn(np.random.SeedSequence(seed), _sizes(records), persons, Rates().scaled(noise))


def write_files(
    folder: str | Path, records: int = 20_000, seed: int = 1, noise: float = 1.0, *,
    progress: Callable[[str, float], None] | None = None, block: int = _BLOCK,
) -> Path:  # fmt: skip
    """Writes the files of :meth:`Demo.write` without holding more than ``block`` records, and returns the path of the
    config: what :func:`generate` makes if that is no more, else what :func:`blocks` makes. ``progress`` is told "make"
    and the share of the records that are written.

    :raises UsageError: E424 as :func:`generate`.
    :raises OutputError: E307, E321 as :meth:`Demo.write`.
    """
    made = blocks(records, seed, noise, block=block)

    def told() -> Iterator[dict[str, pl.DataFrame]]:
        done = 0
        for demo in made:
            yield demo.frames()
            done += demo.truth.height
            del demo  # before the next one is drawn
            if progress is not None:
                progress("make", done / records)

    return write_demo(Path(folder), _FILES, told(), _config())


def blocks(records: int, seed: int = 1, noise: float = 1.0, *, block: int = _BLOCK) -> Iterator[Demo]:
    """The members of :func:`generate` in parts of at most ``block`` records, one after the other: a single part is
    what that makes; of more each is drawn from a seed of its own, and no two share a member id, a person, a household,
    a mobile number, a shop or (but by chance) a mail box. All together have the sizes that one world has.

    The ids of persons and households go on from part to part; those in ``world`` begin with 0 in each.

    :raises UsageError: E424 as :func:`generate`.
    """
    one_process()
    _refuse(records, seed, noise)
    count = -(-records // block)
    return _drawn_in(count, records, seed, noise) if count > 1 else iter([generate(records, seed, noise)])


def _drawn_in(count: int, records: int, seed: int, noise: float) -> Iterator[Demo]:
    rates, boxes, largest = Rates().scaled(noise), Boxes(), _sizes(records)
    width = {name: max(_WIDTH, len(str(_STEPS * size))) for name, size in largest.items()}
    after = dict.fromkeys(IDS, 0)
    households = 0
    for nth, (first, last) in enumerate(pairwise(records * nth // count for nth in range(count + 1))):
        begun, done = _sizes(first), _sizes(last)
        sizes = {name: done[name] - begun[name] for name in done}
        persons = _persons(first)
        seeds = np.random.SeedSequence(seed, spawn_key=(nth,))
        demo = _drawn(seeds, sizes, _persons(last) - persons, rates, Part(nth, count, boxes))
        demo = _going_on(demo, persons, households, after, width)
        households = 1 + int(demo.households["household_id"].max())  # type: ignore[arg-type]
        tops = demo.truth.group_by("system").agg(pl.col("member_id").str.slice(1).cast(pl.Int64).max())
        after = dict(tops.iter_rows())
        yield demo
        del demo  # before the next one is drawn


def _going_on(
    demo: Demo, persons: int, households: int, members: Mapping[str, int], width: Mapping[str, int]
) -> Demo:  # fmt: skip
    """``demo`` with ids that go on after so many persons and households, and after the numbers of its systems' last
    members, which are written with ``width`` digits.
    """

    def later(system: str, column: str) -> pl.Expr:
        number = pl.col(column).str.slice(1).cast(pl.Int64) + members[system]
        return (IDS[system][1] + number.cast(pl.String).str.zfill(width[system])).alias(column)

    sources = {name: rows.with_columns(later(name, IDS[name][0])) for name, rows in demo.sources.items()}
    truth = [
        part.with_columns(later(system, "member_id"))
        for (system,), part in demo.truth.partition_by("system", maintain_order=True, as_dict=True).items()
    ]
    person, household = pl.col("person_id") + persons, pl.col("household_id") + households
    return replace(
        demo, sources=sources, truth=pl.concat(truth).with_columns(person),
        households=demo.households.with_columns(person, household), people=demo.people.with_columns(person, household),
    )  # fmt: skip


def _refuse(records: int, seed: int, noise: float) -> None:
    if not 100 <= records <= _MOST or seed < 0 or not 0 <= noise < float("inf"):
        raise UsageError("E424", "the demo needs 100 to 50,000,000 records, and a seed and a noise not below 0")


def _persons(records: int) -> int:
    return round(records / RECORDS_PER_PERSON)


def _sizes(records: int) -> dict[str, int]:
    """How many of so many records each system has."""
    sizes = {name: round(records * share) for name, share in SYSTEM_SHARES.items()}
    sizes["point_card"] += records - sum(sizes.values())
    return sizes


def _drawn(
    seeds: np.random.SeedSequence, sizes: Mapping[str, int], persons: int, rates: Rates, part: Part = WHOLE
) -> Demo:  # fmt: skip
    """A world of so many persons, and so many records of theirs by system."""
    world, *streams = (np.random.default_rng(stream) for stream in seeds.spawn(1 + len(WRITERS)))
    people = draw_people(world, persons, rates, part)
    activity = world.lognormal(0.0, 0.5, people.frame.height)
    sources, truth = {}, []
    for (name, write), rng in zip(WRITERS.items(), streams, strict=True):
        plain = draw_records(rng, people, activity, name, size=sizes[name], rates=rates)
        rows = write(rng, mistake(rng, plain, rates, name, part), rates)
        column, letter = IDS[name]
        number = pl.Series(np.cumsum(rng.integers(1, _STEPS + 1, rows.height))).cast(pl.String).str.zfill(_WIDTH)
        rows, who = often(rng, rows, plain["person_id"], rates) if name == "ec" else (rows, plain["person_id"])
        rows = rows.insert_column(0, (letter + number).alias(column))
        truth.append(plain.select(system=pl.lit(name), member_id=rows[column], person_id=who))
        sources[name] = spoilt(rng, rows, rates)
    facts = ("person_id", "household_id", "kind", "sex", "birth", "family", "given", "family_kana", "given_kana",
             "family_before")  # fmt: skip
    world_ = World(people, activity, rates)
    households = people.frame.select("person_id", "household_id")
    return Demo(sources, pl.concat(truth), households, people.frame.select(facts), world_)


def often(rng: np.random.Generator, rows: pl.DataFrame, who: pl.Series, rates: Rates) -> tuple[pl.DataFrame, pl.Series]:
    """``rows`` and whose they are, with some members standing in the place of forty later ones: the same row again, but
    for the day (the last two columns).
    """
    size = rows.height
    members = round(size * rates.registered_often)
    first = rng.integers(0, size // 2, members)
    again = first[:, None] + 1 + rng.permuted(np.tile(np.arange(size // 2 - 1), (members, 1)), axis=1)[:, : _OFTEN - 1]
    source = np.arange(size)
    source[again] = first[:, None]
    later = rows[source].with_columns(rows[name] for name in rows.columns[-2:])
    return later, who.gather(source)


def spoilt(rng: np.random.Generator, rows: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``rows`` with some of them a second time, letter for letter, and some without their id (the first column)."""
    size = rows.height
    if not size:
        return rows
    twice = rng.integers(0, size, max(1, round(size * rates.doubled)))
    nameless = rng.integers(0, size, max(1, round(size * rates.no_id)))
    lost = rows[nameless].with_columns(pl.lit(None, pl.String).alias(rows.columns[0]))
    place = np.concatenate([np.arange(size), np.minimum(twice + rng.integers(1, 50, twice.size), size), nameless])
    return pl.concat([rows, rows[twice], lost])[np.argsort(place, kind="stable")]

"""A world of synthetic members: five systems, the truth about them, and a config that reads them.

In: how many, and a seed. Out: the files of five systems, and what is true.

``rates`` how often what happens; ``naming`` what people are called, ``homes`` where they live, ``reach`` their numbers
and mail boxes, ``people`` all of it, ``life`` what happens to them; ``records`` their memberships and ``sharing`` what
they give for one another, ``slips`` the mistakes in these and ``forms`` their spellings, ``systems`` what each system
makes of them; ``days`` the same from day to day, ``chance`` whom something happens to, ``files`` how it is written.
Nobody here is real.

>>> demo = generate(records=1000, seed=7)
>>> demo.sources["point_card"].columns
['会員番号', '氏名', 'フリガナ', '生年月日', '性別', '電話番号', '郵便番号', '住所', '入会日', 'ポイント残高']
>>> demo.truth.columns, demo.truth.height
(['system', 'member_id', 'person_id'], 1000)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from oneid.demo.files import ENCODINGS, write_demo
from oneid.demo.naming.names import Floats
from oneid.demo.people import People, draw_people
from oneid.demo.rates import RECORDS_PER_PERSON, SYSTEM_SHARES, Rates
from oneid.demo.records import records as draw_records
from oneid.demo.slips import mistake
from oneid.demo.systems import WRITERS
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.forks import one_process

__all__ = ["ENCODINGS", "IDS", "Demo", "Rates", "World", "generate", "spoilt"]

IDS: Mapping[str, tuple[str, str]] = {
    "point_card": ("会員番号", "P"), "credit_card": ("member_id", "C"), "prepaid": ("member_id", "K"),
    "mail_list": ("member_id", "M"), "ec": ("member_id", "E"),
}  # fmt: skip
"""Per system the column of its member ids, and the letter that they begin with."""


_OFTEN = 40
"""Rows of a member who registers over and over."""


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
        config = resources.files("oneid.demo").joinpath("oneid.yaml").read_bytes()
        return write_demo(Path(folder), {**self.sources, "truth": self.truth, "households": self.households}, config)


def generate(records: int = 20_000, seed: int = 1, noise: float = 1.0) -> Demo:
    """Makes close to ``records`` members of five systems, the same ones for the same arguments.

    ``noise`` scales the rates of mistakes (see :class:`Rates`); 0 makes none, but forms still differ, people still
    marry and move, and fields are still left empty. Rows without an id and doubled rows come on top of ``records``.

    :raises UsageError: E424 for fewer than 100 or more than 20 million records, a negative seed or noise.
    """
    one_process()
    if not 100 <= records <= 20_000_000 or seed < 0 or not 0 <= noise < float("inf"):
        raise UsageError("E424", "the demo needs 100 to 20,000,000 records, and a seed and a noise not below 0")
    rates = Rates().scaled(noise)
    world, *streams = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(1 + len(WRITERS)))
    people = draw_people(world, max(60, round(records / RECORDS_PER_PERSON)), rates)
    activity = world.lognormal(0.0, 0.5, people.frame.height)
    sizes = {name: round(records * share) for name, share in SYSTEM_SHARES.items()}
    sizes["point_card"] += records - sum(sizes.values())
    sources, truth = {}, []
    for (name, write), rng in zip(WRITERS.items(), streams, strict=True):
        plain = draw_records(rng, people, activity, name, size=sizes[name], rates=rates)
        rows = write(rng, mistake(rng, plain, rates, name), rates)
        column, letter = IDS[name]
        number = pl.Series(np.cumsum(rng.integers(1, 4, rows.height))).cast(pl.String).str.zfill(7)
        rows, who = often(rng, rows, plain["person_id"], rates) if name == "ec" else (rows, plain["person_id"])
        rows = rows.insert_column(0, (letter + number).alias(column))
        truth.append(plain.select(system=pl.lit(name), member_id=rows[column], person_id=who))
        sources[name] = spoilt(rng, rows, rates)
    facts = (
        "person_id",
        "household_id",
        "kind",
        "sex",
        "birth",
        "family",
        "given",
        "family_kana",
        "given_kana",
        "family_before",
    )
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

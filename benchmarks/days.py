"""Lets a demo live on for some days, resolves it each day with one registry, and checks what OneIDs promise.

Usage: ``python benchmarks/days.py [--days 30] [--records 20000] [--feed full|delta|mixed] [--seed 1]
[--registry sqlite:///registry.db|postgresql+psycopg://...|none] [--folder DIR] [--print-only]``

Day 0 is the demo itself. On each further day 1 % of the members are new, 1 % change and 0.2 % are deleted; people
decide on a true and on a false pair of the review queue, and now and then join two strangers and part them the next
day. After each day these are counted, and all must be 0: rows that are neither in the merge map nor rejected nor known
members whom a delta feed leaves alone (*lost rows*); members without a OneID, and OneIDs of nobody (*lost members*);
OneIDs ever given that do not lead to one living OneID or to none (*aliases*); OneIDs whose records do not hang
together, or that several or no golden records have (*torn*); changes that no event tells (*untold*). Of the people none
of whose records changed and about whom nobody decided, at most 1 in 10,000 a day may get another OneID (*moved*).

At the end the full feeds of the last day are resolved with a copy of registry and outputs (on a server: with the
registry itself): who is together must be the same. ``--registry none`` keeps OneIDs in memory by
:func:`oneid.identity.assignment.assign` and makes a full run each day: what the registry's runs are measured against.
Exit 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from time import perf_counter

import polars as pl
import yaml
from promises import RECORD, Tables, alias_faults, apart, changes, lost_members, lost_rows, moved, torn, untold
from results import tell

import oneid
from oneid.demo import IDS, generate
from oneid.demo.days import DELETED, Day, Days
from oneid.evaluation.measures import quality
from oneid.identity.assignment import assign
from oneid.identity.state import Run, State
from oneid.vocabulary.oneids import PUBLIC_KEY

DELTA = {"full": frozenset[str](), "delta": frozenset(IDS), "mixed": frozenset(("credit_card", "prepaid", "ec"))}
"""The systems that send delta feeds, by what ``--feed`` says."""
MOST_MOVED = 1e-4
AGAIN = "again"
"""The name of the run at the end."""
TABLES = ("merge_map", "golden", "aliases", "events", "rejected", "review", "links")


class Lasting:
    """Runs with the registry that the config names; outputs go to ``base/out``."""

    def __init__(self, base: Path, registry: str) -> None:
        self.base, self.registry = base, registry

    def run(self, name: str, at: datetime) -> Tables:
        """Resolves ``base/oneid.yaml``, publishes, and reads what was published."""
        out = self.base / "out"
        last = out if (out / "run.json").is_file() else None
        oneid.resolve(self.base / "oneid.yaml", run_id=name, at=at, folder=last).write(out)
        return {table: pl.read_parquet(out / f"{table}.parquet") for table in TABLES}

    def again(self, folder: Path) -> Lasting:
        """The same registry and outputs once more in ``folder``; a server's database is not copied but used."""
        shutil.copytree(self.base, folder)
        return Lasting(folder, self.registry)

    def disagrees(self, told: pl.DataFrame, merge_map: pl.DataFrame) -> int:
        """Events that only the registry or only the outputs tell, and OneIDs (of 50) whose members differ there."""
        registry = importlib.import_module("oneid.registry").Registry.open(self.registry, base=self.base)
        try:
            names = ["run_id", "event", "oneid", "other_oneid", *RECORD, "reason"]
            kept: pl.DataFrame = registry.events().filter(pl.col("run_id") != AGAIN).select(names)
            wrong = kept.join(told, on=names, how="anti", nulls_equal=True).height
            wrong += told.select(names).join(kept, on=names, how="anti", nulls_equal=True).height
            living = merge_map["oneid"].unique().sort()
            for one in living.gather_every(max(1, len(living) // 50)):
                ours = merge_map.filter(pl.col("oneid") == one).select(RECORD).sort(RECORD)
                wrong += 0 if ours.equals(registry.members(one).select(RECORD).sort(RECORD)) else 1
        finally:
            registry.close()
        return wrong


class InMemory:
    """Full runs without a registry; OneIDs last by :func:`oneid.identity.assignment.assign`, kept in memory."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.state: State | None = None
        self.number = 0

    def run(self, name: str, at: datetime) -> Tables:
        """Resolves ``base/oneid.yaml`` and gives the tables with lasting OneIDs."""
        made = oneid.resolve(self.base / "oneid.yaml", keep=False).to_polars()
        rows = made["merge_map"].sort(RECORD)
        members = rows.with_row_index("rec").select(
            "rec", *RECORD, cluster=pl.col("oneid").rank("dense").cast(pl.UInt32)
        )
        self.number += 1
        given = assign(members, self.state, PUBLIC_KEY, Run(name, self.number, at))
        self.state = given.state
        lasting = given.state.assignments.select(*RECORD, lasting="oneid")
        merge_map = rows.join(lasting, on=RECORD, maintain_order="left").with_columns(oneid="lasting").drop("lasting")
        names = dict(zip(rows["oneid"], merge_map["oneid"], strict=True))
        golden = made["golden"].with_columns(pl.col("oneid").replace(names))
        return {**made, "merge_map": merge_map, "golden": golden, "events": given.events, "aliases": given.aliases}

    def again(self, folder: Path) -> InMemory:
        """The same configuration and OneIDs once more in ``folder``."""
        shutil.copytree(self.base, folder)
        other = InMemory(folder)
        other.state, other.number = self.state, self.number
        return other

    def disagrees(self, told: pl.DataFrame, merge_map: pl.DataFrame) -> int:
        """Nothing: there is no second place."""
        del told, merge_map
        return 0


Runner = Lasting | InMemory


@dataclass
class People:
    """What people decide: a true and a false pair of each day's review queue, and strangers joined for a day."""

    decided: list[dict[str, str]] = field(default_factory=list)
    joined: dict[tuple[str, str], str] = field(default_factory=dict)
    unmerged: int = 0
    broken: int = 0

    def _say(self, pair: Sequence[str], decision: str, day: str, reason: str) -> None:
        columns = ("source_l", "source_id_l", "source_r", "source_id_r")
        about = {
            "decision": decision,
            "by": "demo",
            "at": day,
            "reason": reason,
            "ticket": f"T-{len(self.decided) + 1}",
        }
        self.decided.append(dict(zip(columns, pair, strict=True)) | about)

    def pairs(self, day: str) -> pl.DataFrame:
        """The records that decisions of this day are about."""
        ends = [
            (row[f"source_{side}"], row[f"source_id_{side}"])
            for row in self.decided
            for side in "lr"
            if row["at"] == day
        ]
        return pl.DataFrame(ends, schema=dict.fromkeys(RECORD, pl.String), orient="row")

    def decide(self, number: int, day: str, tables: Tables, truth: pl.DataFrame) -> None:
        """Adds the day's decisions, made on the tables of the day before."""
        known = {tuple(list(row.values())[:4]) for row in self.decided}
        asked = tables["review"].select("source_l", "source_id_l", "source_r", "source_id_r")
        for side in "lr":
            theirs = truth.rename({"person_id": side, "source": f"source_{side}", "source_id": f"source_id_{side}"})
            asked = asked.join(theirs, on=[f"source_{side}", f"source_id_{side}"], maintain_order="left")
        for true, decision in ((True, "same"), (False, "different")):
            for pair in asked.filter((pl.col("l") == pl.col("r")) == true).rows():
                if pair[:4] not in known:
                    self._say(pair[:4], decision, day, "seen in review")
                    break
        if self.joined:
            (first, second) = self.joined
            self._say((*first, *second), "different", day, "joined by mistake")
        elif number % 3 == 1:
            self._join_strangers(number, day, tables["merge_map"], truth)

    def _join_strangers(self, number: int, day: str, merge_map: pl.DataFrame, truth: pl.DataFrame) -> None:
        alone = merge_map.filter(status="single").join(truth, on=RECORD).sort(RECORD)
        rows = alone[[(number * 97) % alone.height, (number * 97 + alone.height // 2) % alone.height]]
        if rows["person_id"].n_unique() == 2:
            ends = [(row["source"], row["source_id"]) for row in rows.iter_rows(named=True)]
            self._say((*ends[0], *ends[1]), "same", day, "a mistake")
            self.joined = dict(zip(ends, rows["oneid"], strict=True))

    def look(self, tables: Tables) -> None:
        """After a run: whether strangers joined by decision are one, and those parted again have their OneIDs back."""
        now = {row[:2]: row[2] for row in tables["merge_map"].select(*RECORD, "oneid").rows()}
        if not self.joined or not all(end in now for end in self.joined):
            self.joined = {}
            return
        together = len({now[end] for end in self.joined}) == 1
        if self.decided[-1]["decision"] == "same":
            self.broken += not together
            return
        leads = dict(tables["aliases"].select("oneid", "current_oneid").rows())
        self.unmerged += 1
        self.broken += together or any(now[end] != leads.get(was) for end, was in self.joined.items())
        self.joined = {}


def configure(base: Path, delta: frozenset[str], registry: str | None) -> None:
    """Writes the demo's config into ``base``, with the feeds, the registry and the decisions of the benchmark."""
    config = yaml.safe_load(resources.files("oneid.demo").joinpath("oneid.yaml").read_text(encoding="utf-8"))
    for name in delta:
        config["sources"][name] |= {"feed": "delta", "deleted": {"column": DELETED[name], "values": ["1"]}}
    config["decisions"] = "decisions.csv"
    if registry is not None:
        config["registry"] = registry
    (base / "oneid.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def write_decisions(base: Path, decided: Sequence[Mapping[str, str]]) -> None:
    """Writes ``decisions.csv``, of the columns that it has even where nobody has decided anything."""
    columns = ("source_l", "source_id_l", "source_r", "source_id_r", "decision", "by", "at", "reason", "ticket")
    frame = pl.DataFrame(decided, schema=dict.fromkeys(columns, pl.String))
    (base / "decisions.csv").write_bytes(frame.write_csv().encode())


@dataclass(frozen=True)
class Line:
    """What one day showed."""

    day: int
    records: int
    happened: int
    lost_rows: int
    lost_members: int
    aliases: int
    torn: int
    untold: int
    calm: int
    moved: int
    wrong: int
    precision: float
    recall: float
    seconds: float

    def broken(self) -> int:
        """How many promises are broken that must hold on every day."""
        return self.lost_rows + self.lost_members + self.aliases + self.torn + self.untold

    def cells(self) -> list[str]:
        """The line of the table."""
        faults = (self.lost_rows, self.lost_members, self.aliases, self.torn, self.untold)
        shares = (f"{self.precision:.4f}", f"{self.recall:.4f}", f"{self.seconds:.1f}")
        head = (f"{self.day}", f"{self.records:,}", f"{self.happened:,}")
        return [*head, *map(str, faults), f"{self.moved} of {self.calm:,}", str(self.wrong), *shares]


HEAD = ["day", "records", "happened", "lost rows", "lost members", "aliases", "torn", "untold", "moved of calm people",
        "wrong OneIDs", "precision", "recall", "seconds"]  # fmt: skip


@dataclass
class Watch:
    """The checks of each day, and what they need to remember of the days before."""

    delta: frozenset[str]
    lines: list[Line] = field(default_factory=list)
    events: list[pl.DataFrame] = field(default_factory=list)
    before: pl.DataFrame | None = None
    truth: pl.DataFrame = field(default_factory=pl.DataFrame)
    ever: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.String))

    def see(self, day: Day, tables: Tables, decided: pl.DataFrame, seconds: float) -> Line:
        """Checks the tables of a day; ``decided``: the records that the day's decisions are about."""
        merge_map, truth = tables["merge_map"], truth_of(day)
        feeds = {name: day.delta[name] if name in self.delta else rows for name, rows in day.full.items()}
        before = merge_map.clear() if self.before is None else self.before
        changed = changes(before, merge_map)
        self.ever = pl.concat([self.ever, merge_map["oneid"], tables["aliases"]["oneid"]]).unique()
        both = truth if self.truth.is_empty() else pl.concat([self.truth, truth]).unique()
        touched = pl.concat([day.happened.select(RECORD), decided])
        calm, others = moved(changed, both, touched)
        found = quality(merge_map, truth)
        line = Line(
            day.number, merge_map.height, day.happened.height, lost_rows(feeds, self.delta, self.before, tables),
            lost_members(truth, merge_map), alias_faults(self.ever, tables), torn(tables),
            untold(changed, tables["events"]), calm, others, found.wrong, found.precision, found.recall, seconds,
        )  # fmt: skip
        self.before, self.truth = merge_map, truth
        self.events.append(tables["events"])
        self.lines.append(line)
        return line


def truth_of(day: Day) -> pl.DataFrame:
    """source, source_id, person_id of the day's members."""
    return day.truth.rename({"system": "source", "member_id": "source_id"}).select(*RECORD, "person_id")


def live(
    world: Days, runner: Runner, delta: frozenset[str], days: int, registry: str | None
) -> tuple[Watch, People, int]:
    """Runs day 0 and ``days`` further days, then once more with full feeds: the checks, what people did, and how many
    records are then not with the same others.
    """
    base, watch, people = runner.base, Watch(delta), People()
    tables: Tables = {}
    configure(base, delta, registry)
    for number in range(days + 1):
        day = world.next_day() if number else world.today
        at = datetime.combine(day.date, time(3), UTC)
        today = day.date.isoformat()
        if number:
            people.decide(number, today, tables, watch.truth)
        write_decisions(base, people.decided)
        day.write(base, delta)
        begun = perf_counter()
        tables = runner.run(f"day-{number:03}", at)
        line = watch.see(day, tables, people.pairs(today), perf_counter() - begun)
        people.look(tables)
        print(" | ".join(line.cells()), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        other = runner.again(Path(folder) / "again")
        configure(other.base, frozenset(), registry)
        world.today.write(other.base)
        last = other.run(AGAIN, datetime.combine(world.today.date, time(3), UTC) + timedelta(hours=12))
    return watch, people, apart(tables["merge_map"], last["merge_map"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--feed", choices=list(DELTA), default="mixed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--registry", default="sqlite:///registry.db")
    parser.add_argument("--folder", type=Path, help="where to work (left out: a temporary folder)")
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    registry = None if args.registry == "none" else args.registry
    if registry is None and args.feed != "full":
        parser.error("without a registry every feed is a full one: --feed full")
    if args.folder is not None and args.folder.exists() and any(args.folder.iterdir()):
        parser.error("--folder is not empty: day 0 needs a fresh registry")
    folder = args.folder or Path(tempfile.mkdtemp(prefix="oneid-days-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        world = Days(generate(records=args.records, seed=args.seed), args.seed)
        runner: Runner = InMemory(folder) if registry is None else Lasting(folder, registry)
        watch, people, other = live(world, runner, DELTA[args.feed], args.days, registry)
        assert watch.before is not None
        disagree = runner.disagrees(pl.concat(watch.events), watch.before)
    finally:
        if args.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    later = watch.lines[1:]
    calm, others = sum(line.calm for line in later), sum(line.moved for line in later)
    note = (
        f"Moved: {others} of {calm:,} calm people and days ({1e4 * others / max(calm, 1):.2f} in 10,000 a day). "
        f"Decisions: {len(people.decided)}; joined by mistake and parted again: {people.unmerged}, not restored: "
        f"{people.broken}. Full feeds of the last day: {other} records with others. Registry and outputs differ in "
        f"{disagree} events and OneIDs."
    )
    title = f"{args.days} days of {args.records:,} demo records, {args.feed} feeds, seed {args.seed}, registry "
    title += (registry or "none").split(":")[0]
    tell(title, HEAD, [line.cells() for line in watch.lines], note=note, write=not args.print_only)
    broken = sum(line.broken() for line in watch.lines) + people.broken + other + disagree
    sys.exit(1 if broken or others > MOST_MOVED * calm else 0)


if __name__ == "__main__":
    main()

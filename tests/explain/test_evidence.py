"""What a folder says of pairs is what the run said, and what comparing all records with all evidence says."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest

import oneid
from lasting import World, clean, demo_config
from oneid.daily.intake import Records, unchanged
from oneid.daily.kept import Known
from oneid.demo import generate
from oneid.demo.days import DELETED, Days
from oneid.explain.evidence import Pair, RunEvidence, completed, evidence_in
from oneid.explain.onepair import explain_pair
from oneid.explain.oneperson import explain_oneid
from oneid.identity.decisions import Note
from oneid.outputs import runtables
from oneid.outputs.runtables import read_tables
from oneid.pairs import blocking, scoring
from oneid.records.columnfacts import Learned
from oneid.runs import acts, pipeline
from oneid.runs.pipeline import Given
from oneid.runs.preparing import RunSettings, prepare
from oneid.runs.stages import every_pair
from oneid.settings.configfile import from_dict
from oneid.vocabulary.errors import InputError, UsageError
from oneid.vocabulary.references import RecordRef

Ends = tuple[int, int]
Tables = Mapping[str, pl.DataFrame]


def some_pairs(tables: Tables, count: int, seed: int = 7) -> list[Ends]:
    """Links, refused ones, questions, pairs compared inside components, and as many that nobody compared."""
    chance = random.Random(seed)
    found: set[Ends] = set()
    for name in ("state/pairs", "state/inside", "state/equal", "state/decided"):
        ends = tables[name].select("left", "right").rows()
        found |= set(chance.sample(ends, min(count // 3, len(ends))))
    rows = tables["merge_map"].with_row_index("row")
    refused = tables["links"].filter(~pl.col("applied"))
    for side in ("l", "r"):
        ends_of = {"source": f"source_{side}", "source_id": f"source_id_{side}"}
        refused = refused.join(
            rows.select(pl.col("row").alias(side), "source", "source_id"), how="left",
            left_on=list(ends_of.values()), right_on=list(ends_of),
        )  # fmt: skip
    found |= {(min(pair), max(pair)) for pair in refused.select("l", "r").rows()[: count // 3]}
    for group in tables["merge_map"].with_row_index("row").group_by("oneid").agg("row")["row"].to_list():
        if len(group) > 3:
            found.add((min(group), max(group)))
    height = tables["merge_map"].height
    while len(found) < 2 * count:
        a, b = chance.sample(range(height), 2)
        found.add((min(a, b), max(a, b)))
    return sorted(found)


class Oracle:
    """All the evidence of a run: each pair is compared among all records."""

    def __init__(self, settings: RunSettings, records: Records, learned: Learned | None, tables: Tables) -> None:
        self.settings, self.tables = settings, tables
        self.evidence = every_pair(settings, records).evidence(learned)
        self.plan = every_pair(settings, records).plan()
        self.links = nx.Graph()
        self.oneids = tables["merge_map"]["oneid"].to_list()
        refs = {ref: row for row, ref in enumerate(records.ids.iter_rows())}
        ends = ["source_l", "source_id_l", "source_r", "source_id_r"]
        for a, b, c, d in tables["links"].filter("applied").select(ends).iter_rows():
            self.links.add_edge(refs[a, b], refs[c, d])

    def check(self, found: RunEvidence, pairs: Sequence[Ends]) -> None:
        """That a run says of all these pairs what comparing says: levels, score, rule, verdict, key, equality, path."""
        left, right = (np.array(side, dtype=np.uint32) for side in zip(*pairs, strict=True))
        evidence, schema = self.evidence, self.settings.schema
        patterns = evidence.patterns(left, right)
        every, counts = np.unique(patterns, return_counts=True)
        table = scoring.judge(self.settings.rules, schema, every, counts.tolist())
        by_pattern = {row["pattern"]: row for row in table.iter_rows(named=True)}
        candidate, kinds = evidence.met(left, right), evidence.alike.kinds()
        for at, (low, high) in enumerate(pairs):
            said, one = by_pattern[int(patterns[at])], found.pair(low, high)
            assert dict(one.levels) == {field: said[field] for field in schema.levels}, (low, high)
            assert one.score == said["score"]
            assert one.decided or (one.rule, str(one.verdict)) == (said["rule"], said["verdict"])
            assert (one.found in ("key", "equal")) == candidate[at]
            assert one.key == self._first(low, high)
            assert one.alike == (kinds[low] != 0 and kinds[low] == kinds[high])
            self._way(found, one)

    def _first(self, low: int, high: int) -> str | None:
        """The first blocking rule that brings two records together."""
        plan = self.plan
        ends = np.array([low], dtype=np.uint32), np.array([high], dtype=np.uint32)
        rules = (rule.name for number, rule in enumerate(plan.rules) if blocking.met(plan, *ends, number + 1)[0])
        return next(rules, None)

    def _way(self, found: RunEvidence, pair: Pair) -> None:
        """The path is one of fewest links; what is linked and apart has something against it."""
        who = found.who((pair.left, pair.right))
        said = explain_pair(found, who[pair.left][0], who[pair.right][0])
        assert said.oneids == (self.oneids[pair.left], self.oneids[pair.right])
        assert said.verdict is pair.verdict
        if said.together:
            assert len(said.path) == nx.shortest_path_length(self.links, pair.left, pair.right) + 1
            assert all(step.applied for step in said.steps)
            return
        assert said.path == ()
        assert bool(said.against) == bool(said.steps)
        assert "unknown" not in {one.kind for one in said.against}
        if pair.linked:
            assert [(step.left, step.right) for step in said.steps] == [(said.left, said.right)]


def in_folder(folder: Path) -> RunEvidence:
    return evidence_in(read_tables(folder))


def same_as(oracle: Oracle, folder: Path, count: int) -> RunEvidence:
    """What a folder says of some pairs is what comparing says; it says the same of the tables in memory."""
    found = in_folder(folder)
    oracle.check(found, some_pairs(oracle.tables, count))
    return found


def of_registry(world: World) -> Oracle:
    """The evidence of all that the last run of a registry knows, made anew."""
    tables = read_tables(world.out)
    known = Known.from_tables(tables)
    assert known is not None
    settings = replace(prepare(world.loaded()), remember=True)
    return Oracle(settings, unchanged(known), known.learned, tables)


@pytest.fixture(scope="module")
def days() -> Days:
    """Some hundred members of five systems, day by day."""
    return Days(generate(records=450, seed=3, noise=2.0), seed=1)


@pytest.fixture(scope="module")
def first(days: Days) -> dict[str, pl.DataFrame]:
    return {name: clean(name, rows) for name, rows in days.today.full.items()}


@pytest.fixture(scope="module")
def plain(first: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, oneid.Result]:
    """A run without a registry, in memory and in its folder."""
    result = oneid.resolve(first, demo_config())
    folder = tmp_path_factory.mktemp("plain")
    result.write(folder)
    return folder, result


@pytest.mark.parametrize("count", [30, pytest.param(90, marks=pytest.mark.slow)])
def test_without_a_registry(first: dict[str, pl.DataFrame], plain: tuple[Path, oneid.Result], count: int) -> None:
    """Pairs that the run compared and others: as the run in memory has them, and as comparing all records has them."""
    folder, result = plain
    settings = prepare(from_dict(demo_config()))
    done = pipeline.resolve(settings, Given(first), partial(pipeline.named, settings))
    assert done is not None
    found = same_as(Oracle(settings, done.records, done.pairs.learned, done.tables), folder, count)
    again = oneid.read_run(folder)
    for low, high in some_pairs(done.tables, count // 3, seed=8):
        a, b = (found.who((row,))[row][0] for row in (low, high))
        assert again.explain(a, b, show_pii=True) == result.explain(b, a, show_pii=True)
    for one in result.to_polars()["golden"]["oneid"].head(count // 3):
        assert again.explain(one) == result.explain(one)


@pytest.fixture(scope="module")
def small(days: Days, first: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A registry after a first run and a small one."""
    world = World(tmp_path_factory.mktemp("small") / "w", demo_config(*first))
    marks = {name: pl.lit(None, dtype=pl.String).alias(DELETED[name]) for name in first}
    world.run({name: rows.with_columns(marks[name]) for name, rows in first.items()})
    day = days.next_day(new=0.03, changed=0.03, deleted=0.01)
    result = world.run({name: clean(name, rows) for name, rows in day.delta.items()})
    assert result.run["registry"]["compared"] == "changes"
    return world


@pytest.mark.parametrize("count", [18, pytest.param(60, marks=pytest.mark.slow)])
def test_after_a_small_run(small: World, count: int) -> None:
    """What was not compared anew is explained as what was."""
    assert "known/recent/features" in read_tables(small.out)
    same_as(of_registry(small), small.out, count)


def test_a_run_in_memory_says_what_its_folder_says(
    small: World, first: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    """With a registry too, before anything is published and after."""
    feeds = {name: rows.head(1) if name == "ec" else rows.clear() for name, rows in first.items()}
    marked = {name: rows.with_columns(pl.lit(None, pl.String).alias(DELETED[name])) for name, rows in feeds.items()}
    with small.copy(tmp_path / "w").resolve(marked) as result:
        tables = result.to_polars()
        ends = some_pairs(tables, 12)
        rows = tables["merge_map"].select("source", "source_id").rows()
        asked = [(RecordRef(*rows[low]), RecordRef(*rows[high])) for low, high in ends]
        before = [result.explain(*pair) for pair in asked]
        result.write(tmp_path / "w" / "out")
    found = in_folder(tmp_path / "w" / "out")
    assert [explain_pair(found, *pair) for pair in asked] == before


@pytest.mark.slow
def test_after_acts(small: World, tmp_path: Path) -> None:
    """A merge, and a split of the same: what people said is the reason, and all else is as comparing has it."""
    world = small.copy(tmp_path / "w")
    asked = read_tables(world.out)["review"].row(0, named=True)
    left, right = (RecordRef(asked[f"source_{side}"], asked[f"source_id_{side}"]) for side in "lr")
    oneids = world.oneids()
    with acts.merge(world.loaded(), [oneids[str(left)], oneids[str(right)]], Note("t", reason="r"), world.out) as act:
        act.write(world.out)
    made = explain_pair(in_folder(world.out), left, right)
    assert made.together
    assert made.path
    one = explain_oneid(in_folder(world.out), made.oneids[0])
    assert [link for link in one.links if link.edge.decided]
    same_as(of_registry(world), world.out, 20)
    with acts.split(world.loaded(), made.oneids[0], [left], Note("t", reason="r"), world.out) as act:
        act.write(world.out)
    parted = explain_pair(in_folder(world.out), left, right)
    assert not parted.together
    decided = {one.kind for one in parted.against} | {parted.rule}
    assert "decision" in decided
    same_as(of_registry(world), world.out, 20)


@pytest.mark.slow
def test_after_an_erasure(small: World, tmp_path: Path) -> None:
    """Who was erased is not found, and nothing of them is in what a folder keeps; all others are explained."""
    world = small.copy(tmp_path / "w")
    found, merge_map = in_folder(world.out), read_tables(world.out)["merge_map"]
    gone = RecordRef(*merge_map.filter((pl.col("status") == "linked") & (pl.col("source") == "ec")).row(0)[:2])
    row = found.row(gone)
    (mail,) = [value for field, value in found.shown([row])[row].items() if field == "email"]
    others = merge_map.filter(pl.col("source") == "ec")["source_id"].to_list()
    act, _ = acts.erase(world.loaded(), records=[gone], folder=world.out)
    with act:
        act.write(world.out)
    found = in_folder(world.out)
    with pytest.raises(UsageError, match="E421"):
        found.row(gone)
    same_as(of_registry(world), world.out, 30)
    assert len(others) > 1
    held = [path.read_bytes() for path in world.out.rglob("*.arrow")]
    shown = [str(table.rows()) for name, table in read_tables(world.out).items() if name != "rejected"]
    for said in (gone.source_id, mail):
        assert not [1 for content in held if said.encode() in content]
        assert not [1 for text in shown if f"'{said}'" in text]


def test_a_damaged_file_is_told_and_not_read(plain: tuple[Path, oneid.Result], tmp_path: Path) -> None:
    """What is read of a folder has been compared with its checksum first."""
    folder, _ = plain
    shutil.copytree(folder, tmp_path / "out")
    asks = {
        "known/seen": lambda found: found.shown([0, 1]),
        "known/compared": lambda found: found.compared([(0, 1)]),
        "state/pairs": lambda found: found.pair(0, 1),
    }
    for name, ask in asks.items():
        (target,) = (tmp_path / "out" / ".runs").glob(f"*/{name}.parquet")
        whole = target.read_bytes()
        (tmp_path / "out" / f"{name}.parquet").unlink()
        target.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
        with pytest.raises(InputError, match="E252"):
            ask(in_folder(tmp_path / "out"))
        target.write_bytes(whole)


def test_rows_by_block_are_those_of_the_whole(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file with sums by block and of one without, as earlier versions left it, in any order and twice."""
    rows = np.array([5, 0, 3, 5], dtype=np.uint32)
    by_block, whole = in_folder(small.out), in_folder(small.out)
    few = [table.of(rows) for table in (by_block.features, by_block.values)]
    monkeypatch.setattr(runtables.Tables, "in_blocks", lambda _self, _name: False)
    for table, found in zip((whole.features, whole.values), few, strict=True):
        assert found.equals(table.of(rows))
        assert found.schema == table.of(np.arange(30, dtype=np.uint32)).schema


def test_a_run_of_an_earlier_version(plain: tuple[Path, oneid.Result], small: World) -> None:
    """One that kept no records says so; one with a registry that did not say its levels is read by those of now; one
    that did not keep which key made a pair says that a key did.
    """
    tables = read_tables(plain[0])
    bare = {name: tables[name] for name in tables if not name.startswith("known/")}
    with pytest.raises(UsageError, match="E413"):
        evidence_in(bare)  # type: ignore[arg-type]
    of_now = in_folder(small.out)
    about = {name: said for name, said in of_now.about.items() if name not in ("levels", "shown")}
    assert completed(about)["levels"] == of_now.about["levels"]
    old = RunEvidence(
        {**read_tables(small.out), "state/pairs": tables["state/pairs"].drop("key").head(1)}, of_now.about,
        (of_now.features, of_now.values), lambda: of_now.learning, of_now.run,
    )  # fmt: skip
    (pair,) = tables["state/pairs"].select("left", "right").head(1).rows()
    (one,) = [one for one in old.pairs(pair) if one.found == "key"]
    assert (one.found, one.key) == ("key", None)

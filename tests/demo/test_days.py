"""The demo's world day by day: coherent feeds, lasting ids, and checks that find what is broken."""

from __future__ import annotations

import importlib
import io
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import polars as pl
import pytest

from oneid.demo import ENCODINGS, IDS, Demo, generate
from oneid.demo.days import DELETED, Day, Days
from oneid.demo.life import Life
from oneid.identity import decisions
from oneid.settings.configfile import load
from oneid.vocabulary.errors import OutputError, UsageError
from paths import BENCHMARKS

RECORD = ["source", "source_id"]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(3000, seed=4)


@pytest.fixture(scope="module")
def lived(demo: Demo) -> list[Day]:
    """Day 0 and three days with much going on."""
    world = Days(demo, seed=2)
    return [
        world.today,
        world.next_day(new=0.05, changed=0.05, deleted=0.05),
        world.next_day(new=0.05, changed=0.05, deleted=0.05, rekeyed=0.02),
        world.next_day(new=0.05, reused=0.5),
    ]


def clean(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of members, each once, sorted by id."""
    return rows.drop_nulls(rows.columns[0]).unique(rows.columns[0]).sort(rows.columns[0])


def happened(day: Day, what: str, name: str | None = None) -> pl.DataFrame:
    return day.happened.filter((pl.col("what") == what) & ((pl.col("source") == name) if name else pl.lit(value=True)))


@pytest.mark.slow
def test_same_seed_same_days(demo: Demo, lived: list[Day]) -> None:
    """The same calls give the same days, another seed others; the demo stays as it was."""
    before = {name: rows.clone() for name, rows in demo.sources.items()}
    day, other = (Days(demo, seed).next_day(new=0.05, changed=0.05, deleted=0.05) for seed in (2, 3))
    assert day.happened.equals(lived[1].happened)
    assert day.truth.equals(lived[1].truth)
    for name in IDS:
        assert day.full[name].equals(lived[1].full[name])
        assert day.delta[name].equals(lived[1].delta[name])
    assert not day.happened.equals(other.happened)
    assert all(demo.sources[name].equals(rows) for name, rows in before.items())


def test_shares(lived: list[Day]) -> None:
    """All systems together have as many of each as the shares of the day before say."""
    size = lived[1].truth.height
    count = dict(lived[2].happened["what"].value_counts().iter_rows())
    assert {what: count[what] for what in ("new", "changed", "deleted", "rekeyed")} == {
        "new": round(0.05 * size), "changed": round(0.05 * size), "deleted": round(0.05 * size),
        "rekeyed": round(0.02 * size),
    }  # fmt: skip
    grown = lived[2].truth.height - size
    assert grown == count["new"] + count.get("returned", 0) - count["deleted"]
    assert not lived[2].happened.select(RECORD).is_duplicated().any()


def test_full_feeds_hold_everybody_alive(lived: list[Day]) -> None:
    for day in lived:
        assert not day.truth.select("system", "member_id").is_duplicated().any()
        for name, rows in day.full.items():
            ids = rows.to_series(0).drop_nulls()
            assert sorted(ids.unique()) == sorted(day.truth.filter(system=name)["member_id"])
            assert rows.columns == lived[0].full[name].columns
            assert rows.to_series(0).null_count() >= 1
            assert ids.is_duplicated().any()


def test_yesterday_and_the_delta_make_today(lived: list[Day]) -> None:
    """Known rows without those that the delta names, and its unmarked rows, are the full feed."""
    for before, day in pairwise(lived):
        for name, rows in day.delta.items():
            delta = clean(rows)
            column, mark = IDS[name][0], DELETED[name]
            assert delta.columns == [*day.full[name].columns, mark]
            assert set(delta[mark].unique()) <= {None, "1"}
            known = clean(before.full[name]).join(delta, on=column, how="anti")
            made = pl.concat([known, delta.filter(pl.col(mark).is_null()).drop(mark)]).sort(column)
            assert made.equals(clean(day.full[name]))


def test_the_delta_names_what_happened_and_nothing_else(lived: list[Day]) -> None:
    for day in lived[1:]:
        for name, rows in day.delta.items():
            marked = clean(rows).filter(pl.col(DELETED[name]) == "1")[IDS[name][0]]
            gone = [*happened(day, "deleted", name)["source_id"], *happened(day, "rekeyed", name)["old_id"]]
            assert sorted(marked) == sorted(gone)
            told = day.happened.filter(source=name)["source_id"]
            assert set(clean(rows)[IDS[name][0]]) - set(marked) == set(told) - set(
                happened(day, "deleted")["source_id"]
            )


def test_unchanged_rows_stay_letter_for_letter(lived: list[Day]) -> None:
    """A row of no event is the same as the day before; a changed one differs, and not in its id, dates or points."""
    for before, day in pairwise(lived):
        for name in IDS:
            column = IDS[name][0]
            told = day.happened.filter(source=name)
            now = clean(day.full[name])
            calm = now.join(told, left_on=column, right_on="source_id", how="anti")
            was = clean(before.full[name])
            assert calm.equals(was.join(calm, on=column, how="semi"))
            changed = now.join(told.filter(what="changed"), left_on=column, right_on="source_id", how="semi")
            old = was.join(changed, on=column, how="semi")
            assert changed.height == old.height
            assert not (changed.hash_rows() == old.hash_rows()).any()
            kept = [
                part for part in now.columns if part in {"入会日", "opened_on", "since", "points", "opt_in", "balance"}
            ]
            assert changed.select(kept).equals(old.select(kept))


def test_a_change_writes_only_its_own_fields(lived: list[Day]) -> None:
    """A new mail box changes the mail cell alone; a move neither name nor birth; a correction is without mistake."""
    columns = {
        "mail": {"email"}, "birth": {"date_of_birth"}, "kana": {"full_name_kana"}, "mobile": {"mobile_phone"},
        "marriage": {"full_name", "full_name_kana", "embossed_name"},
        "move": {"home_phone", "postal_code", "address1", "address2", "address3", "mobile_phone"},
    }  # fmt: skip
    met = set()
    for before, day in pairwise(lived):
        was, now = (clean(feed["credit_card"]) for feed in (before.full, day.full))
        for row in happened(day, "changed", "credit_card").iter_rows(named=True):
            if row["why"] in columns:
                met.add(row["why"])
                old, new = (rows.row(by_predicate=pl.col("member_id") == row["source_id"]) for rows in (was, now))
                differing = {part for part, a, b in zip(now.columns, old, new, strict=True) if a != b}
                assert differing
                assert differing <= columns[row["why"]]
    assert {"mail", "mobile", "marriage", "move"} <= met


def test_ids_stay_with_their_person(demo: Demo) -> None:
    """No id is given to a second person unless asked, also after many deletions; who returns has the old id."""
    world = Days(demo, seed=5)
    owner = dict(zip(demo.truth.select("system", "member_id").rows(), demo.truth["person_id"], strict=True))
    gone: set[tuple[str, str]] = set()
    returned = 0
    for _ in range(4):
        day = world.next_day(new=0.04, changed=0.0, deleted=0.12, rekeyed=0.02)
        for key, person in zip(day.truth.select("system", "member_id").rows(), day.truth["person_id"], strict=True):
            assert owner.setdefault(key, person) == person
        back = set(happened(day, "returned").select(RECORD).rows())
        returned += len(back)
        assert back <= gone
        assert not set(happened(day, "new").select(RECORD).rows()) & gone
        gone = (gone - back) | set(happened(day, "deleted").select(RECORD).rows())
    assert returned > 0


def test_deleted_members_come_back_once_and_as_they_were(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all return, the deleted of a day are back on the next, in both feeds, and not again after that."""
    monkeypatch.setattr("oneid.demo.days._RETURNS", 1.0)
    world = Days(demo, seed=6)
    days = [world.next_day(new=0, changed=0, deleted=share) for share in (0.1, 0, 0)]
    key = RECORD
    assert (
        happened(days[1], "returned").select(key).sort(key).equals(happened(days[0], "deleted").select(key).sort(key))
    )
    assert days[2].happened.is_empty()
    for name, sent in demo.sources.items():
        assert clean(days[1].full[name]).equals(clean(sent))
        assert clean(days[1].delta[name]).drop(DELETED[name]).equals(clean(days[0].delta[name]).drop(DELETED[name]))


def test_reused_ids_are_another_persons() -> None:
    """Also in a small world, where many of those who join were deleted before: they get an id of their own."""
    world = Days(generate(300, seed=1), seed=1)
    former = world.today.truth
    assert happened(world.next_day(deleted=0.6), "deleted").height == 180
    day = world.next_day(new=1.0, changed=0, deleted=0, reused=1.0)
    again = happened(day, "new").filter(why="reused id")
    both = again.join(former, left_on=RECORD, right_on=["system", "member_id"])
    both = both.join(day.truth, left_on=RECORD, right_on=["system", "member_id"])
    assert both.height > 50
    assert both.filter(pl.col("person_id") == pl.col("person_id_right")).is_empty()


def test_rekeyed_members_are_the_same_people(lived: list[Day]) -> None:
    before, day = lived[1], lived[2]
    told = happened(day, "rekeyed")
    was = told.join(before.truth, left_on=["source", "old_id"], right_on=["system", "member_id"], maintain_order="left")
    now = told.join(day.truth, left_on=RECORD, right_on=["system", "member_id"], maintain_order="left")
    assert told.height > 50
    assert was["person_id"].equals(now["person_id"])
    assert day.truth.join(told, left_on=["system", "member_id"], right_on=["source", "old_id"], how="semi").is_empty()


def test_new_members_are_new_and_known_people(lived: list[Day]) -> None:
    """About half were members of nothing; what the config reads of them is as full as of the others."""
    for before, day in pairwise(lived):
        new = happened(day, "new").join(day.truth, left_on=RECORD, right_on=["system", "member_id"])
        known = new["person_id"].is_in(before.truth["person_id"].implode())
        assert 0.3 < float(known.mean() or 0) < 0.7  # type: ignore[arg-type]
        assert not known.filter(new["why"] == "new person").any()
    card = clean(lived[1].full["credit_card"])
    new = card.join(happened(lived[1], "new", "credit_card"), left_on="member_id", right_on="source_id", how="semi")
    assert new["opened_on"].unique().to_list() == ["2026-11-02"]
    assert new.select("full_name", "full_name_kana", "date_of_birth").null_count().sum_horizontal().item() < new.height


def test_files(lived: list[Day], tmp_path: Path) -> None:
    """Full and delta feeds as files of the demo's names and encodings."""
    lived[1].write(tmp_path / "day", delta=["point_card", "ec"])
    read = {}
    for name in IDS:
        text = (tmp_path / "day" / f"{name}.csv").read_bytes().decode(ENCODINGS.get(name, "utf-8"))
        read[name] = pl.read_csv(io.StringIO(text.lstrip("\ufeff")), infer_schema=False)
    assert read["point_card"].equals(lived[1].delta["point_card"])
    assert read["ec"].columns[-1] == DELETED["ec"]
    assert read["prepaid"].equals(lived[1].full["prepaid"])
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="E321"):
        lived[1].write(tmp_path / "file" / "folder")


def test_unusable_shares(demo: Demo) -> None:
    world = Days(demo)
    for arguments in ({"new": -0.1}, {"reused": 1.5}, {"changed": 0.6, "deleted": 0.5}, {"new": float("nan")}):
        with pytest.raises(UsageError, match="E424"):
            world.next_day(**arguments)
    assert world.today.number == 0


def test_a_day_on_which_nothing_happens(demo: Demo) -> None:
    world = Days(demo)
    day = world.next_day(new=0, changed=0, deleted=0)
    assert day.happened.is_empty()
    assert all(rows.is_empty() for rows in day.delta.values())
    assert all(clean(day.full[name]).equals(clean(demo.sources[name])) for name in IDS)
    assert day.date - world.next_day().date == timedelta(days=-1)


def test_life_gives_nothing_to_a_second_person(demo: Demo) -> None:
    """Numbers and boxes stay unlike after growing and changing; a household moves as one; the old name is kept."""
    rng, life = np.random.default_rng(1), Life(demo.world.people, demo.world.activity, demo.world.rates)
    size = life.people.frame.height
    life.grow(rng, 500)
    frame = life.people.frame
    assert frame.height == size + 500 == life.activity.size
    assert frame["person_id"].to_list() == list(range(frame.height))
    assert not frame["household_id"][size:].is_in(frame["household_id"][:size].implode()).any()
    assert frame.group_by("home").agg(pl.col("household_id").n_unique())["household_id"].max() == 1
    main = frame["main"].to_numpy()
    assert (frame["household_id"].to_numpy()[main] == frame["household_id"].to_numpy()).all()
    rows = np.flatnonzero(life.can_marry())[:50]
    for what in (life.move, life.marry, life.renumber):
        what(rng, rows, 20_800)
    life.rebox(rng, rows)
    now = life.people.frame
    assert not now["mobile"].is_duplicated().any()
    boxes = pl.concat([now["mail"], now["mail_2"].drop_nulls(), now["mail_3"].drop_nulls()])
    assert not boxes.is_duplicated().any()
    assert now["home"].max() < life.people.homes.height  # type: ignore[operator]
    assert now.group_by("household_id").agg(pl.col("home").n_unique())["home"].max() == 1
    assert (now["home"] != frame["home"]).sum() >= 50
    assert now["family_before"].gather(rows).equals(frame["family"].gather(rows), check_names=False)
    assert now["mobile_before"].gather(rows).equals(frame["mobile"].gather(rows), check_names=False)
    assert not now["mail"].gather(rows).is_in(frame["mail"].implode()).any()
    assert demo.world.people.frame.height == size


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """The modules ``days`` and ``promises`` of the benchmarks."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("days"), importlib.import_module("promises")


def rows(text: str, *names: str) -> pl.DataFrame:
    """A frame of words, a row a line; ``-`` is null."""
    cells = [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")


LINK = ["source_l", "source_id_l", "source_r", "source_id_r", "applied"]
EVENT = ["event", "oneid", "other_oneid", "source", "source_id"]
BEFORE = rows("ec 1 A\nec 2 B\nmail 1 B\nmail 2 C", *RECORD, "oneid")
MAP = "ec 1 A\nec 2 A\nmail 1 A\nec 3 D"


def tables(**changed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A day on which B merged into A, C left and D came, and what a test changes in it."""
    links = rows("ec 1 ec 2 1\nec 2 mail 1 1\nec 3 ec 1 -", *LINK)
    return {
        "merge_map": rows(MAP, *RECORD, "oneid"),
        "links": links.with_columns(pl.col("applied").is_not_null()),
        "golden": rows("A\nD", "oneid"),
        "aliases": rows("A A\nB A\nC -\nD D", "oneid", "current_oneid"),
        "events": rows("created D - ec 3\nleft C - mail 2\nmerged B A - -\nretired C - - -", *EVENT),
        "rejected": rows("ec -", *RECORD),
        **changed,
    }


def test_a_sound_day_breaks_no_promise(benchmarks: tuple[ModuleType, ModuleType]) -> None:
    _, promises = benchmarks
    found = tables()
    full = {"ec": rows("1\n2\n3\n-", "id"), "mail": rows("1", "id")}
    delta = {"ec": rows("3\n-", "id"), "mail": rows("1", "id")}
    assert promises.lost_rows(full, frozenset(), BEFORE, found) == 0
    assert promises.lost_rows(delta, frozenset({"ec"}), BEFORE, found) == 0
    assert promises.lost_rows(delta, frozenset(), BEFORE, found) == 2
    assert promises.alias_faults(pl.Series(list("ABCD")), found) == 0
    assert promises.torn(found) == 0
    changed = promises.changes(BEFORE, found["merge_map"])
    assert changed.height == 4
    assert promises.untold(changed, found["events"]) == 0


@pytest.mark.parametrize(
    ("aliases", "faults"),
    [
        ("A A\nB A\nD D", 1),  # C, given once, is forgotten
        ("A A\nB C\nC -\nD D", 1),  # B leads to a retired one
        ("A A\nB A\nC C\nD D", 1),  # C leads to itself and is nobody's
        ("A A\nB A\nC -\nD A", 1),  # D lives and leads elsewhere
        ("A A\nB A\nC -\nD -", 1),  # D lives and is retired
        ("A A\nB A\nB D\nC -\nD D", 1),  # B leads to two
    ],
)
def test_wrong_aliases_are_found(benchmarks: tuple[ModuleType, ModuleType], aliases: str, faults: int) -> None:
    found = tables(aliases=rows(aliases, "oneid", "current_oneid"))
    assert benchmarks[1].alias_faults(pl.Series(list("ABCD")), found) == faults


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("merge_map", rows("ec 1 A\nec 2 A\nmail 1 A\nec 3 A", *RECORD, "oneid")),  # 3 is not linked; D has no record
        ("merge_map", rows("ec 1 A\nec 2 A\nmail 1 D\nec 3 D", *RECORD, "oneid")),  # a link crosses
        ("links", rows("ec 1 ec 2 1", *LINK).with_columns(pl.lit(value=True).alias("applied"))),
        ("golden", rows("A\nD\nD", "oneid")),
        ("golden", rows("A", "oneid")),
    ],
)
def test_torn_oneids_are_found(benchmarks: tuple[ModuleType, ModuleType], name: str, table: pl.DataFrame) -> None:
    assert benchmarks[1].torn(tables(**{name: table})) > 0


@pytest.mark.parametrize("left_out", range(3))
def test_changes_without_an_event_are_found(benchmarks: tuple[ModuleType, ModuleType], left_out: int) -> None:
    """Without the event that tells it, each change counts for each of its records; a move is told by record."""
    found = tables()
    changed = benchmarks[1].changes(BEFORE, found["merge_map"])
    events = found["events"].with_row_index().filter(pl.col("index") != left_out)
    assert benchmarks[1].untold(changed, events) == (1, 1, 2)[left_out]
    if left_out == 2:
        told = rows("moved B A ec 2\nmoved B A mail 1\njoined D - ec 3", *EVENT)
        assert benchmarks[1].untold(changed, pl.concat([events.drop("index"), told])) == 0


def test_members_moved_and_groups(benchmarks: tuple[ModuleType, ModuleType]) -> None:
    """Lost, invented and doubled members; calm people whose OneID changed; other groups."""
    _, promises = benchmarks
    truth = rows("ec 1 p\nec 2 q\nmail 1 q\nec 3 r", *RECORD, "person_id")
    found = tables()["merge_map"]
    assert promises.lost_members(truth, found) == 0
    assert promises.lost_members(truth, pl.concat([found.slice(1), found[1:2], BEFORE[3:]])) == 3
    changed = promises.changes(BEFORE, found)
    touched = rows("ec 3", *RECORD)
    assert promises.moved(changed, truth, touched) == (2, 1)
    assert promises.moved(changed, truth, rows("mail 1", *RECORD)) == (2, 0)
    renamed = found.with_columns(pl.col("oneid").replace({"A": "Z"})).reverse()
    assert promises.apart(found, renamed) == 0
    assert promises.apart(found, found.with_columns(oneid=pl.lit("A"))) == 1
    assert promises.apart(found, found.slice(1)) == 1


def test_configs_of_the_benchmark(benchmarks: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    """Delta systems name the column of the deleted, the others none; decisions can be read before anybody decides."""
    days, _ = benchmarks
    days.configure(tmp_path, days.DELTA["mixed"], "sqlite:///registry.db")
    days.write_decisions(tmp_path, [])
    config = load(tmp_path / "oneid.yaml")
    assert config.registry == "sqlite:///registry.db"
    assert {name for name, source in config.sources.items() if source.feed.mode == "delta"} == days.DELTA["mixed"]
    assert config.sources["ec"].feed.deleted_column == DELETED["ec"]
    assert config.sources["point_card"].feed.deleted_column is None
    assert decisions.read(tmp_path / "decisions.csv").is_empty()


class Kept:
    """What the benchmark asks of a registry, with events and members to answer with."""

    told: pl.DataFrame
    where: tuple[str, Path]

    @classmethod
    def open(cls, url: str, *, base: Path) -> Kept:
        cls.where = (url, base)
        return cls()

    def events(self) -> pl.DataFrame:
        return self.told

    def members(self, oneid: str) -> pl.DataFrame:
        return tables()["merge_map"].filter(oneid=oneid)

    def close(self) -> None:
        pass


def test_the_registry_is_compared_with_the_outputs(
    benchmarks: tuple[ModuleType, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of one side only and other members are counted; runs are read from the folder that they wrote."""
    days, _ = benchmarks
    monkeypatch.setitem(sys.modules, "oneid.registry", SimpleNamespace(Registry=Kept))
    told = tables()["events"].with_columns(run_id=pl.lit("day-001"), reason=pl.lit("why"))
    runner, merge_map = days.Lasting(tmp_path, "sqlite:///registry.db"), tables()["merge_map"]
    Kept.told = pl.concat([told, told[:1].with_columns(run_id=pl.lit("again"))])
    assert runner.disagrees(told, merge_map) == 0
    assert Kept.where == ("sqlite:///registry.db", tmp_path)
    Kept.told = told[1:]
    assert runner.disagrees(told, merge_map) == 1
    assert runner.disagrees(told[2:], merge_map.with_columns(oneid=pl.lit("A"))) == 2

    now = datetime(2026, 11, 1, tzinfo=UTC)
    last = []

    def resolve(config: Path, *, run_id: str, at: datetime, folder: Path | None) -> SimpleNamespace:
        assert (config, run_id, at) == (tmp_path / "oneid.yaml", "day-000", now)
        last.append(folder)
        return SimpleNamespace(write=write)

    def write(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "run.json").write_text("{}")
        for name in days.TABLES:
            pl.DataFrame({"table": [name]}).write_parquet(folder / f"{name}.parquet")

    monkeypatch.setattr(days, "oneid", SimpleNamespace(resolve=resolve))
    found = [runner.run("day-000", now) for _ in range(2)][-1]
    assert last == [None, tmp_path / "out"]
    assert {name: table.item() for name, table in found.items()} == {name: name for name in days.TABLES}
    assert (runner.again(tmp_path.parent / "copy").base / "out" / "golden.parquet").is_file()


@pytest.mark.slow
def test_days_with_oneids_in_memory(benchmarks: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    """Two days of full runs: no promise is broken, decisions are made and followed, an un-merge restores."""
    days, _ = benchmarks
    world, runner = Days(generate(500, seed=4), seed=2), days.InMemory(tmp_path)
    watch, people, other = days.live(world, runner, frozenset(), 2, None)
    assert [line.day for line in watch.lines] == [0, 1, 2]
    assert sum(line.broken() for line in watch.lines) == 0
    assert [line.happened > 0 for line in watch.lines] == [False, True, True]
    assert {row["decision"] for row in people.decided} == {"same", "different"}
    assert (people.unmerged, people.broken, other) == (1, 0, 0)
    assert {"merged", "split"} <= set(pl.concat(watch.events)["event"])
    assert runner.state is not None
    assert runner.state.oneids["born_run"].max() == 3

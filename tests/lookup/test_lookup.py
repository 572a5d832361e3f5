"""A look-up says what a run would say, and never guesses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from conftest import COLUMNS, PERSON_FIELDS, Said
from oneid.daily.dirtypairs import Keys
from oneid.daily.intake import declared_by
from oneid.daily.kept import Known, learned_in
from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.engines.overlay import Overlay
from oneid.identity.state import State
from oneid.kinds.compared import LEVELS, Compared
from oneid.lookup.answers import LookupResult
from oneid.lookup.columns import few, keys_of
from oneid.lookup.index import Index, Layout, single_features, tables
from oneid.lookup.lookup import Lookup
from oneid.outputs.runtables import Tables, read_tables
from oneid.pairs import blocking as block
from oneid.pairs import compare, scoring
from oneid.pairs.columns import columns_of
from oneid.pairs.onepattern import Judges
from oneid.records.columnfacts import Learned
from oneid.records.features import features_contract
from oneid.records.onerecord import features_of
from oneid.registry import Registry
from oneid.settings.config import Config
from oneid.settings.configfile import load
from oneid.settings.rules import BlockingRule, Interaction, Rule, Rules, When
from oneid.settings.rulesfile import load_rules
from oneid.sources.reading import read_source
from oneid.vocabulary.codes import code
from oneid.vocabulary.errors import InputError, RegistryError, UsageError
from oneid.vocabulary.language import in_language
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict
from strategies import thorough

ENGINE = LocalEngine(1)
Record = tuple[str, str, dict[str, str | None]]


def raw(config: Config) -> list[Record]:
    """Every record as its system has it: source, id, texts by column."""
    found: list[Record] = []
    for source in config.sources.values():
        rows = read_source(source, config).frame
        cells = rows.select(pl.col("^@.*$").name.map(lambda name: name[1:])).select(pl.col(list(source.columns)))
        found += [
            (source.name, id_, row) for id_, row in zip(rows["source_id"], cells.iter_rows(named=True), strict=True)
        ]
    return found


class World:
    """A demo of which some records are left out of the first run, and come with the second."""

    def __init__(self, folder: Path) -> None:
        config = generate(900, seed=11).write(folder / "all")
        text = config.read_text("utf-8") + "registry: sqlite:///../r.db\n"
        config.write_text(text, "utf-8")
        self.config = load(config)
        every = raw(self.config)
        self.new = every[7::15]
        some = folder / "some"
        some.mkdir()
        for path in config.parent.iterdir():
            (some / path.name).write_bytes(path.read_bytes())
        for name, source in self.config.sources.items():
            rows = read_source(source, self.config).frame
            out = [id_ for of, id_, _ in self.new if of == name]
            cells = rows.filter(~pl.col("source_id").is_in(out)).select(pl.col("^@.*$").name.map(lambda of: of[1:]))
            encoding = source.encoding or "utf-8"
            (some / f"{name}.csv").write_bytes(cells.write_csv().encode(encoding, errors="replace"))
        self.out = folder / "out"
        with oneid.resolve(some / "oneid.yaml", folder=self.out) as result:
            result.write(self.out)
        self.first = read_tables(self.out)
        self.lookup = Lookup(self.out)
        self.answers = [self.lookup.lookup(record, source=source) for source, _, record in self.new]
        with oneid.resolve(config, folder=self.out) as result:
            result.write(self.out)
        self.second = read_tables(self.out)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("lookup"))


def learned(found: Tables) -> Learned:
    return learned_in(found)


@pytest.mark.slow
def test_as_the_next_run(world: World) -> None:
    """Whom a look-up finds, the next run finds too; and it finds most of those that the run does."""
    before = {
        (row[0], row[1]): row[2] for row in world.first["merge_map"].select("source", "source_id", "oneid").rows()
    }
    after = {
        (row[0], row[1]): row[2] for row in world.second["merge_map"].select("source", "source_id", "oneid").rows()
    }
    known = set(before.values())
    joined = found = 0
    for (source, id_, _), answer in zip(world.new, world.answers, strict=True):
        run = after[source, id_]
        if answer.oneid is not None:
            assert run == answer.oneid, (source, id_, str(answer))
        joined += run in known
        found += run in known and answer.oneid is not None
    assert len(world.new) > 50
    assert found > 0.9 * joined > 20


def test_same_pairs_as_the_next_run(world: World) -> None:
    """A left-out record meets the records that the run pairs it with, with the same pattern, rule and score."""
    records = world.second["merge_map"].select("source", "source_id").rows()
    rows = {(source, source_id): number for number, (source, source_id) in enumerate(records)}
    pairs: dict[int, dict[int, int]] = {}
    for left, right, pattern in world.second["state/pairs"].select("left", "right", "pattern").iter_rows():
        pairs.setdefault(left, {})[right] = pairs.setdefault(right, {})[left] = pattern
    new = {rows[source, id_] for source, id_, _ in world.new}
    judged = {row["pattern"]: row for row in world.second["patterns"].iter_rows(named=True)}
    checked = 0
    for (source, id_, _), answer in zip(world.new, world.answers, strict=True):
        mine = pairs.get(rows[source, id_], {})
        if mine.keys() & new:
            continue  # two new records that meet: a look-up knows of one
        for one in answer.candidates:
            best = rows[one.records[0].source, one.records[0].source_id]
            run = judged[mine[best]]
            assert (run["score"], run["rule"]) == (one.score, one.rule)
            assert {field.field: field.level for field in one.fields} == {
                name: run[name] for name in Schema(LEVELS).levels if run[name] != "missing"
            }
            checked += 1
    assert checked > 40


def features_in(tables_: Tables) -> pl.DataFrame:
    known = Known.from_tables(tables_)
    assert known is not None
    return known.features.whole


def test_features(world: World) -> None:
    """Every record is read as the run read it, by what whole columns showed: splits, sounds, placeholders."""
    known = learned(world.second)
    wanted = {(row["source"], row["source_id"]): row for row in features_in(world.second).iter_rows(named=True)}
    for source, id_, record in raw(world.config)[::3]:
        spec = world.config.sources[source]
        made = features_of(record, spec, declared_by(world.config, source), known)
        assert made == wanted[source, id_]


def test_columns(world: World) -> None:
    """A few records from their texts compare as all columns do, and have the keys that blocking has."""
    index, known = Index(world.first), learned(world.first)
    assert known.borne is not None
    features = features_in(world.first)
    run = index.config.compared
    whole = columns_of(features, ENGINE, known.borne, {}, run)
    rows = np.random.default_rng(5).permutation(features.height)[:300].astype(np.uint32)
    some = few([index.parts(int(row)) for row in rows], index.layout, known.borne, run)
    left, right = np.zeros(299, np.uint32), np.arange(1, 300, dtype=np.uint32)
    for first in range(0, 300, 30):
        at = (left + np.uint32(first), right)
        mine, theirs = compare.compare(some, *at), compare.compare(whole, rows[at[0]], rows[at[1]])
        assert all((mine[name] == theirs[name]).all() for name in theirs)
    assert (some.parts["name"].count_key == whole.parts["name"].count_key[rows]).all()
    assert (some.parts["name"].count_kanji == whole.parts["name"].count_kanji[rows]).all()
    keys = world.first["known/base/numbers"]
    for row in rows.tolist():
        made = keys_of(index.parts(row), index.layout, known.borne, run)
        for name, found in made.items():
            places = [column for column in keys.columns if column.startswith(f"b:{name}:")]
            assert set(found) == {int(keys[column][row]) for column in places} - {0}, name


class Held(dict[str, pl.DataFrame]):
    """Tables that were never in a file."""

    def mapped(self, name: str) -> pa.Table:
        return self[name].rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())


RULES = load_rules("jp-members", Path())
CODES = code(pl.Series(["a", "b", "c", "d", None])).tolist()
PLACES = st.lists(st.tuples(*[st.sampled_from(CODES)] * 4), min_size=2, max_size=14)


@settings(deadline=None, max_examples=thorough(60))
@given(PLACES, st.integers(1, 5), st.integers(0, 14))
def test_blocks(rows: list[tuple[int, ...]], most: int, base: int) -> None:
    """The last record meets whom the blocking plan of all records pairs it with: caps, refining, several values; in
    whatever two parts the records are, and with another that is no more.
    """
    first, second, other, then = (np.array(column, np.uint64) for column in zip(*rows, strict=True))
    second = np.where(second == first, np.uint64(0), second)
    keys = {"phone": [first, second], "kanji": [other], "reading": [then]}
    blocking = (
        BlockingRule("phone", ("phone",), most, ("reading",)), BlockingRule("two", ("phone", "kanji"), most),
    )  # fmt: skip
    plan = block.plan(blocking, keys, ENGINE)
    paired = {(int(a), int(b)) for task in block.tasks(plan) for a, b in zip(*block.pairs(plan, task), strict=True)}
    last = len(rows) - 1
    rules = RULES.model_copy(update={"blocking": blocking})
    features = pl.DataFrame({"source_id": list(map(str, range(last)))}).select(
        pl.col(name) if name == "source_id" else pl.lit(None, kind).alias(name)
        for name, kind in features_contract(Compared()).items()
    )
    numbers = Keys({name: [codes[:last] for codes in places] for name, places in keys.items()}, {}).table()
    oneids = pl.Series([f"OID{row}" for row in range(last)], dtype=pl.String)
    place = np.arange(last, dtype=np.uint32) + (np.arange(last) >= base).astype(np.uint32)

    def parts(frame: pl.DataFrame) -> Overlay:
        more = pl.concat([frame[:base], frame[:1], frame[base:]])
        return Overlay((more[: base + 1], more[base + 1 :]), place, tuple(frame.columns))

    known = Known(features, parts(features), parts(features), parts(numbers), State.empty(), None)
    index = Index(Held(tables(known, oneids, rules, Config(sources={}))))  # type: ignore[arg-type]
    from oneid.lookup.lookup import _Run

    asked = _Run.__new__(_Run)
    asked.index = index
    own = {name: [int(codes[last]) for codes in places if codes[last]] for name, places in keys.items()}
    assert asked._met(own) == sorted(int(place[a]) for a, b in paired if b == last)


WHEN = st.builds(
    When,
    levels=st.dictionaries(st.just("birth"), st.sampled_from([("equal",), ("differs", "near")]), max_size=1),
    between=st.none() | st.just(("a", "b")), same_source=st.none() | st.booleans(),
)  # fmt: skip


@settings(deadline=None, max_examples=thorough(15))
@given(st.fixed_dictionaries({name: st.sampled_from(words) for name, words in LEVELS.items()}), WHEN, WHEN)
def test_judgements(levels: dict[str, str], when: When, other: When) -> None:
    """One pattern is judged as the table of patterns is, also by rules that ask for sources."""
    pairs = ("a+a", "a+b", "b+b")
    own = Rule(id="own", when=When(any_of=(when,), none_of=(other,)), verdict="review", why="")
    added = Interaction(when=other, bits=1.25)
    for rules in (RULES, RULES.model_copy(update={"rules": (own, *RULES.rules), "interactions": (added,)})):
        judges = Judges(rules)
        schema = Schema({scoring.SOURCES: pairs, **LEVELS})
        for number, pair in enumerate(pairs):
            numbers = {name: np.array([LEVELS[name].index(word)], np.uint8) for name, word in levels.items()}
            packed = schema.pack({scoring.SOURCES: np.array([number], np.uint8), **numbers})
            run = scoring.judge(rules, schema, packed, [1]).row(0, named=True)
            found = judges.of(levels, tuple(pair.split("+")))  # type: ignore[arg-type]
            assert (found.score, str(found.verdict), found.rule) == (run["score"], run["verdict"], run["rule"])
            assert judges.of(levels, tuple(pair.split("+"))) is found  # type: ignore[arg-type]
            assert judges.of(levels, tuple(reversed(pair.split("+")))) == found  # type: ignore[arg-type]


def test_no_source_is_no_source() -> None:
    """A record of no source meets no condition on sources, neither one nor its contrary."""
    for same in (True, False):
        own = Rule(id="own", when=When(same_source=same), verdict="never", why="")
        assert Judges(RULES.model_copy(update={"rules": (own,)})).of(dict.fromkeys(LEVELS, "missing")).rule == "score"


PEOPLE: list[dict[str, str]] = [
    {"id": "1", "name": "小鳥遊 凛", "birth": "1980-03-07", "phone": "090-1111-2222", "email": "rin@example.jp"},
    {"id": "2", "name": "小鳥遊 凛", "phone": "090-1111-2222", "email": "rin2@example.jp"},
    {"id": "3", "name": "東海林 守", "email": "mamoru@example.jp"},
    {"id": "4", "name": "東海林 守", "phone": "080-3333-4444"},
    {"id": "5", "name": "五十嵐 茜", "phone": "090-5555-6666", "email": "akane@example.jp"},
    {"id": "6", "name": "五十嵐 茜", "email": "akane@example.jp", "birth": "1990-01-02"},
    {"id": "7", "name": "鈴木 一郎", "phone": "080-7777-8888"},
    {"id": "8", "name": "株式会社青葉", "phone": "03-1234-5678", "card": "K-77"},
]


def resolved(folder: Path, rows: list[dict[str, str]], **more: Any) -> Path:
    """A registered run of some people; the config."""
    texts = [{column: row.get(column, "") for column in COLUMNS} for row in rows]
    pl.DataFrame(texts, schema=dict.fromkeys(COLUMNS, pl.String)).write_csv(folder / "people.csv")
    said = {"version": 1, "registry": "sqlite:///r.db", **more,
            "sources": {"people": {"path": "people.csv", "id": "id", "fields": PERSON_FIELDS}}}  # fmt: skip
    (folder / "oneid.yaml").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    with oneid.resolve(folder / "oneid.yaml", folder=folder / "out") as result:
        result.write(folder / "out")
    return folder / "oneid.yaml"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return resolved(tmp_path_factory.mktemp("people"), PEOPLE)


def oneids(config: Path) -> Mapping[str, str]:
    return dict(read_tables(config.parent / "out")["merge_map"].select("source_id", "oneid").iter_rows())


def ask(config: Path, **record: str) -> LookupResult:
    return oneid.open_lookup(config).lookup(record)


def test_a_clear_match(people: Path) -> None:
    """Its OneID, the rule with its reason, the records that say so, the levels, the strongest first."""
    found = ask(people, name="小鳥遊凛", phone="０９０－１１１１－２２２２")
    assert found.oneid == oneids(people)["1"] == oneids(people)["2"]
    assert found.verdict is Verdict.MATCH
    one = found.candidates[0]
    assert one.rule == "mobile-name"
    assert "mobile number" in one.why
    assert "携帯番号" in in_language(one.why, "ja")
    assert {str(record) for record in one.records} == {"people:1", "people:2"}
    assert {field.field: field.level for field in one.fields}["phone"] == "mobile_equal"


def test_a_notebook_shows_it_masked(people: Path) -> None:
    """The OneID, the rule and the levels; of what is held nothing, of what was asked the beginning, never as markup."""
    html = ask(people, name="小鳥遊凛", phone="０９０－１１１１－２２２２", email="<b>&x")._repr_html_()
    assert oneids(people)["1"] in html
    assert "mobile_equal" in html
    assert "***" in html
    assert not [text for text in ("小鳥遊", "1111", "<b>&x") if text in html]
    assert "none: no OneID" in ask(people, name="田中 実", phone="070-9999-0000")._repr_html_()


def test_nobody(people: Path) -> None:
    """No OneID, no candidate."""
    found = ask(people, name="田中 実", phone="070-9999-0000")
    assert (found.oneid, found.verdict, found.candidates) == (None, Verdict.NONE, ())
    assert str(found) == "none: no OneID"
    assert ask(people).oneid is None


def test_two_that_match(people: Path) -> None:
    """A record that fits two OneIDs is given neither."""
    known = oneids(people)
    assert known["3"] != known["4"]
    found = ask(people, name="東海林守", email="mamoru@example.jp", phone="08033334444")
    assert found.oneid is None
    assert found.verdict is Verdict.REVIEW
    assert {one.oneid for one in found.candidates} == {known["3"], known["4"]}
    assert {one.why for one in found.candidates} == {"several OneIDs match"}


def test_one_record_against(people: Path) -> None:
    """A match with one record of a OneID does not count where another of its records is surely another person's."""
    assert oneids(people)["5"] == oneids(people)["6"]
    record = {"name": "五十嵐茜", "phone": "090-5555-6666"}
    assert ask(people, **record).oneid == oneids(people)["5"]
    found = ask(people, **record, birth="1971-11-30")
    assert found.oneid is None
    assert (found.verdict, found.candidates[0].rule) == (Verdict.REVIEW, "mobile-name")
    assert found.candidates[0].why == "a record of this OneID is another person's"


def test_a_value_becomes_shared(people: Path) -> None:
    """The record itself shows that a mobile has two holders, as the next run would see."""
    found = ask(people, name="鈴木 花子", phone="080-7777-8888", birth="2001-02-03")
    assert [field.level for field in found.candidates[0].fields if field.field == "phone"] == ["mobile_shared"]


def test_own_fields(people: Path) -> None:
    """Identifiers of the config's own are asked for by their names, with or without a source."""
    for found in (
        ask(people, name="株式会社青葉", card="Ｋ－７７"),
        oneid.open_lookup(people).lookup({"name": "株式会社青葉", "card": "k-77", "id": "9"}, source="people"),
    ):
        assert {field.field: field.level for field in found.candidates[0].fields}["card"] == "equal"


def guarded(folder: Path, guards: str, rows: list[dict[str, str]]) -> Path:
    """A run by the preset's rules with other guards."""
    folder.mkdir()
    preset = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    assert "guards: {alarm: 500}" in preset
    (folder / "rules.yaml").write_text(preset.replace("guards: {alarm: 500}", f"guards: {guards}"), "utf-8")
    return resolved(folder, rows, rules="rules.yaml")


@pytest.mark.parametrize("guards", ["{one_per_source: [people]}", "{most_values: {email: 1}}", "{alarm: 1}"])
def test_guards(tmp_path: Path, guards: str) -> None:
    """One record per source, so many values per OneID, so many records: what a run would refuse is for people."""
    lookup = oneid.open_lookup(guarded(tmp_path / "in", guards, PEOPLE[2:3]))
    record: dict[str, str | None] = {"name": "東海林守", "email": "mamoru@example.jp", "email2": "second@example.jp"}
    found = lookup.lookup(record, source="people")
    assert (found.oneid, found.verdict) == (None, Verdict.REVIEW)
    assert found.candidates[0].why == "a guard of the rules keeps them apart"


def test_values_never_trusted(tmp_path: Path) -> None:
    """A number and an address that the rules never trust bring nobody together."""
    guards = "{never_trusted: {phone: ['080-3333-4444'], email: [mamoru@example.jp]}}"
    lookup = oneid.open_lookup(guarded(tmp_path / "in", guards, PEOPLE))
    for record in ({"phone": "080-3333-4444"}, {"email": "mamoru@example.jp"}):
        assert lookup.lookup(record).candidates == ()
    assert lookup.lookup({"phone": "080-7777-8888"}).candidates != ()


def test_masked(people: Path) -> None:
    """Text and JSON show no values unless asked to."""
    found = ask(people, name="小鳥遊 凛", email="rin@example.jp")
    for text in (str(found), json.dumps(found.as_dict(), ensure_ascii=False)):
        assert "小鳥遊凛" not in text
        assert "rin@" not in text
        assert "held" not in text or '"held": "***"' in text
    assert "rin@example.jp" in found.text(show_pii=True)
    assert found.as_dict(show_pii=True)["candidates"][0]["fields"]["name"]["held"].startswith("小鳥遊凛")


@pytest.mark.parametrize("asked", ["小鳥遊 凛", "小鳥遊 凜", "小鳥遊 蓮", "高梨 凛", "Rin Takanashi"])
def test_what_is_held_is_hidden_as_a_whole(people: Path, asked: str) -> None:
    """Whatever it is asked with, and however near: no part of it, nor its length, in any form that is shown."""
    found = ask(people, name=asked, email="rin@example.jp", phone="080-9999-9999")
    fields = [field for one in found.as_dict()["candidates"] for field in one["fields"].values()]
    assert fields
    assert {field["held"] for field in fields} <= {"***", ""}
    held = [field.held for one in found.candidates for field in one.fields if field.held]
    assert all(value not in text for value in held for text in (repr(found), str(found)))


def test_mistakes(people: Path, tmp_path: Path) -> None:
    """What cannot be asked, or not of this folder, is said with its code."""
    lookup = oneid.open_lookup(people)
    asked: list[tuple[str, dict[str, Any], str | None]] = [
        ("E480", {"name": "x"}, "peple"), ("E481", {"nam": "x"}, None), ("E481", {"nick": "x"}, "people"),
        ("E482", {"birth": 1980}, None),
    ]  # fmt: skip
    for wanted, record, source in asked:
        with pytest.raises(UsageError) as error:
            lookup.lookup(record, source=source)
        assert error.value.code == wanted
    (tmp_path / "people.csv").write_bytes((people.parent / "people.csv").read_bytes())
    bare_config = people.read_text("utf-8").replace('"registry": "sqlite:///r.db", ', "")
    (tmp_path / "oneid.yaml").write_text(bare_config, "utf-8")
    oneid.resolve(tmp_path / "oneid.yaml").write(tmp_path / "out")
    with pytest.raises(InputError) as old:
        Lookup(tmp_path / "out")
    assert old.value.code == "E254"
    assert not (tmp_path / "out/index").exists()
    with pytest.raises(RegistryError) as bare:
        oneid.open_lookup(tmp_path / "oneid.yaml")
    assert bare.value.code == "E628"
    with Registry.open("sqlite:///empty.db", base=tmp_path) as registry, pytest.raises(RegistryError) as none:
        registry.lookup({"name": "x"})
    assert none.value.code == "E632"


def test_a_newer_run(tmp_path: Path) -> None:
    """An open look-up goes on with the newer run, by itself; what was opened before and the registry say the same."""
    config = resolved(tmp_path, PEOPLE)
    lookup, old = oneid.open_lookup(config), read_tables(tmp_path / "out")
    record: dict[str, str | None] = {"name": "榊原 楓", "phone": "090-4321-4321"}
    with Registry.open("sqlite:///r.db", base=tmp_path, create=False) as registry:
        assert registry.lookup(record).oneid is lookup.lookup(record).oneid is None
        assert not lookup.refresh()
        resolved(tmp_path, [*PEOPLE, {"id": "9", "name": "榊原 楓", "phone": "090-4321-4321"}])
        found = oneids(config)["9"]
        assert lookup.lookup(record).oneid == found
        assert registry.lookup(record).oneid == found
    assert len(Index(old)) == len(PEOPLE)
    assert Index(old).parts(0)[1] == "1"
    assert lookup.run_id != old.run["run_id"]


def test_a_newer_run_that_cannot_be_read(tmp_path: Path) -> None:
    """The old run goes on answering; asking for the newer one says why."""
    config = resolved(tmp_path, PEOPLE[:2])
    lookup = oneid.open_lookup(config)
    (tmp_path / "out/run.json").write_text("{}", "utf-8")
    assert lookup.lookup({"name": "小鳥遊凛", "phone": "090-1111-2222"}).oneid is not None
    with pytest.raises(InputError) as error:
        lookup.refresh()
    assert error.value.code == "E251"


def test_the_files(people: Path) -> None:
    """The index lies uncompressed in one piece per column, is no CSV, and is copied with the run."""
    found = read_tables(people.parent / "out", verify=True)
    names = [name for name in found if name.startswith("index/")]
    assert len(names) == 9
    for name in names:
        table = found.mapped(name)
        assert all(column.num_chunks == 1 for column in table.columns)
        assert found[name].equals(pl.from_arrow(table))  # type: ignore[arg-type]


def test_command(people: Path, command: Callable[..., Said]) -> None:
    """Exit 0 for a clear match, 1 for none or review, 2 for mistakes; JSON; the folder in place of the config."""
    done = command("lookup", people, "name=小鳥遊凛", "email=rin@example.jp")
    assert done.code == 0
    assert done.out.startswith(f"match: {oneids(people)['1']}")
    done = command("lookup", people.parent / "out", "--json", "--show-pii", "name=田中 実")
    assert (done.code, json.loads(done.out)["verdict"]) == (1, "none")
    done = command("lookup", people, "--source", "people", "name=五十嵐茜", "phone=090-5555-6666", "birth=1971/11/30")
    assert (done.code, done.out.splitlines()[0]) == (1, "review: no OneID")
    for wrong in ("name", "=x"):
        done = command("lookup", people, wrong)
        assert (done.code, "E483" in done.err) == (2, True)


def test_layout() -> None:
    """A record with more values than any other is compared with all of them."""
    narrow = Layout(single_features(Compared()), {"phone": 1, "email": 1, "mailbox": 1})
    wide = narrow.grown({"phone": ["1", "2"], "email": None})
    assert wide.places == {"phone": 2, "email": 1, "mailbox": 1}
    parts = narrow.text({"phone": ["3"], "email": ["e"], "name": "n", "foreign": True, "other_splits": [1, 2]})
    moved = narrow.widened(parts, wide)
    assert moved == wide.text({"phone": ["3"], "email": ["e"], "name": "n", "foreign": True, "other_splits": [1, 2]})


def test_rules_travel() -> None:
    """Rules come back from JSON as they were."""
    assert Rules.model_validate_json(RULES.model_dump_json()) == RULES

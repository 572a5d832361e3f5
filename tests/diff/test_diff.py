"""What `oneid diff` says of other rules is what a full run by them says, and what it cannot know lies in its bounds."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import oneid
from oneid.cli import main
from oneid.clusters.clustering import Cap, cluster, components, outranked
from oneid.demo import generate
from oneid.diff import page as diffpage
from oneid.diff.difference import DIFF, Difference
from oneid.diff.possibleworlds import bounds
from oneid.diff.sides import diff_rules, diff_runs
from oneid.outputs.runjson import sealed
from oneid.pairs.judged import DECIDED, ScoredPairs
from oneid.runs import pipeline
from oneid.runs.pipeline import Done, Given
from oneid.runs.preparing import prepare
from oneid.runs.resolve import people_of
from oneid.settings.config import Config, Limits
from oneid.settings.configfile import load
from oneid.vocabulary.errors import OneIDError
from strategies import lanes, thorough

PRESET = (Path(oneid.__file__).parent / "settings/presets/jp-members.yaml").read_text("utf-8")


def without(text: str, rule: str) -> str:
    """The preset without one of its rules."""
    made, count = re.subn(rf"  - id: {rule}\n(    .*\n)+", "", text)
    assert count == 1
    return made


def with_rule(text: str, rule: str) -> str:
    """The preset with one more rule, before all others."""
    return text.replace("\nrules:\n", f"\nrules:\n{rule}", 1)


SEX = "  - {id: other-sex, when: {sex: [differs]}, verdict: never, why: another sex}\n"
SHOP = "  - {id: shop, when: {between: [ec, mail_list], email: [equal]}, verdict: match, why: the shop's mail list}\n"
SOUND = (
    "  - {id: loose, when: {name: [equal_rare, equal_common], birth: [missing]}, verdict: match, why: a name alone}\n"
)
RULES = {
    "fewer": without(PRESET, "name-postcode"),
    "threshold": PRESET.replace("match: 5, review: -2", "match: 2, review: -2"),
    "no veto": without(PRESET, "other-birth"),
    "veto": with_rule(PRESET, SEX),
    "between": with_rule(PRESET, SHOP),
    "loose": with_rule(without(PRESET, "other-birth"), SOUND),
    "alone": PRESET.replace("guards: {alarm: 500}", "guards: {alarm: 500, one_per_source: [ec, prepaid]}"),
    "alarm": PRESET.replace("guards: {alarm: 500}", "guards: {alarm: 4}"),
    "most": PRESET.replace("guards: {alarm: 500}", "guards: {alarm: 500, most_values: {email: 1, birth: 1}}"),
}


@dataclass(frozen=True, eq=False)
class World:
    folder: Path
    config: Config
    result: oneid.Result
    told: dict[str, Difference] = field(default_factory=dict)

    @property
    def run(self) -> Path:
        return self.folder / "out"

    def exact(self, name: str) -> Difference:
        if name not in self.told:
            self.told[name] = diff_rules(self.run, self.rules(RULES[name]), self.config)
        return self.told[name]

    def rules(self, text: str) -> Path:
        path = self.folder / "other.yaml"
        path.write_text(text, "utf-8")
        return path

    def full(self, text: str) -> Done:
        """A run by other rules, over the same records."""
        run = prepare(self.config.model_copy(update={"rules": str(self.rules(text).absolute())}))
        given = Given(people=people_of(self.config))
        done = pipeline.resolve(run, given, partial(pipeline.named, run))
        assert done is not None
        return done


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A demo with decisions, one of them on a pair that no blocking key makes, and its run."""
    folder = tmp_path_factory.mktemp("diff")
    generate(records=1500, seed=11, noise=2.5).write(folder)
    first = oneid.resolve(folder / "oneid.yaml").to_polars()
    ends = ["source_l", "source_id_l", "source_r", "source_id_r"]
    applied = first["links"].filter("applied")
    lone = first["merge_map"].filter(pl.col("status") == "single")
    far = [*lone.row(0)[:2], *lone.row(lone.height - 1)[:2]]
    said = [
        *((*row, "same") for row in first["review"].select(ends).head(3).iter_rows()),
        *((*row, "different") for row in applied.select(ends).head(3).iter_rows()),
        *((*row, "defer") for row in applied.select(ends).tail(3).iter_rows()),
        (*far, "same"),
    ]
    pl.DataFrame(said, schema=[*ends, "decision"], orient="row").write_csv(folder / "decisions.csv")
    with (folder / "oneid.yaml").open("a", encoding="utf-8") as file:
        file.write("decisions: decisions.csv\nregistry: sqlite:///registry.db\n")
    config = load(folder / "oneid.yaml")
    with oneid.resolve(config) as result:
        result.write(folder / "out")
    return World(folder, config, result)


def partition(labels: object) -> set[frozenset[int]]:
    frame = pl.DataFrame({"label": labels}).with_row_index("row")
    return {frozenset(rows) for rows in frame.group_by("label").agg("row")["row"].to_list()}


@pytest.mark.parametrize("name", lanes(RULES.keys(), "loose", "alone"))
def test_with_data_it_is_what_a_full_run_says(world: World, name: str) -> None:
    """The same clusters, links, review and merge map."""
    done = world.full(RULES[name])
    found = world.exact(name)
    new = found.records.join(found.table, on=["source", "source_id"], how="left", maintain_order="left")["oneid_new"]
    new = pl.DataFrame({"new": new, "old": world.result.to_polars()["merge_map"]["oneid"]})
    assert partition(new.select(pl.coalesce("new", "old")).to_series()) == partition(done.entities.clusters.labels)
    assert found.figures["oneids"][1] == np.unique(done.entities.clusters.labels).size
    assert found.figures["review"][1] == done.tables["review"].height
    links = done.tables["links"].filter("applied")["rule"].value_counts()
    assert dict(found.rules.filter(pl.col("links_new") > 0).select("rule", "links_new").iter_rows()) == dict(
        links.iter_rows()
    )
    assert not found.ranges
    assert found.about["unknown_pairs"] == 0
    assert found.about["birth_contradictions"] == done.identities.contradictions


def test_the_rules_of_these_tests_show_something(world: World) -> None:
    """Merges, splits, pairs that were never compared, and figures that are not certain."""
    assert world.exact("loose").figures["merged"] > 20
    assert world.exact("alone").figures["split"] > 20
    loose = diff_rules(world.run, world.rules(RULES["loose"]))
    assert loose.about["unknown_pairs"] > 0
    assert loose.ranges["oneids"].low < loose.ranges["oneids"].high


@pytest.mark.parametrize("name", [name for name in RULES if name != "most"])
def test_without_data_the_truth_lies_in_the_bounds(world: World, name: str) -> None:
    """Of every figure, and of every member that is said to be certain."""
    exact = world.exact(name)
    found = diff_rules(world.run, world.rules(RULES[name]))
    for figure, value in (("oneids", exact.figures["oneids"][1]), ("moved", exact.figures["moved"])):
        low, high = found.ranges.get(figure, (value, value))
        assert low <= value <= high
        told = found.figures[figure][1] if figure == "oneids" else found.figures[figure]
        assert low <= told <= high
    if not found.ranges:
        assert found.table.equals(exact.table)
    sure = found.table.filter("certain").drop("certain")
    assert sure.join(exact.table, on=sure.columns, how="anti", nulls_equal=True).is_empty()


def test_the_same_rules_change_nothing(world: World) -> None:
    """All pairs inside components are known from the run."""
    found = diff_rules(world.run, "jp-members")
    assert found.about["unknown_pairs"] == 0
    assert found.table.is_empty()
    assert found.figures["review"][2:] == [0, 0]
    assert found.figures["oneids"][0] == found.figures["oneids"][1] == world.result.to_polars()["golden"].height


@pytest.mark.slow
def test_a_deferred_pair_stays_apart(tmp_path: Path) -> None:
    """Where it is met inside a component alone, as a pair decided to be different; in a run and in a diff."""
    rules = re.sub(r"blocking:\n(  .*\n)+", "blocking:\n  - [email]\n  - [phone]\n", PRESET)
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    rows = [
        {"id": "1", "name": "佐藤 太郎", "birth": "1980-01-02", "phone": "090-1234-5678", "email": None},
        {"id": "2", "name": "佐藤 太郎", "birth": None, "phone": "090-1234-5678", "email": "taro@example.jp"},
        {"id": "3", "name": "佐藤 太郎", "birth": None, "phone": None, "email": "taro@example.jp"},
    ]
    fields = {name: name for name in ("name", "birth", "phone", "email")}
    ends = "source_l,source_id_l,source_r,source_id_r,decision\n"
    for decision, groups in (("defer", 2), ("different", 2), ("same", 1)):
        (tmp_path / "said.csv").write_text(f"{ends}ec,1,ec,3,{decision}\n", "utf-8")
        config = {"sources": {"ec": {"id": "id", "fields": fields}}, "rules": str(tmp_path / "rules.yaml"),
                  "decisions": str(tmp_path / "said.csv")}  # fmt: skip
        made = oneid.resolve({"ec": pl.DataFrame(rows)}, config)
        assert made.to_polars()["golden"].height == groups
        made.write(tmp_path / decision)
        assert diff_rules(tmp_path / decision, tmp_path / "rules.yaml").table.is_empty()
    (tmp_path / "said.csv").write_text(ends, "utf-8")
    assert oneid.resolve({"ec": pl.DataFrame(rows)}, config).to_polars()["golden"].height == 1


@pytest.mark.slow
def test_two_runs_say_what_one_run_and_rules_say(world: World, tmp_path: Path) -> None:
    """Members, OneIDs, causes, review and sizes; the second run is a first one, so records merge or split, not both."""
    for name in ("threshold", "alarm"):
        rules = str(world.rules(RULES[name]).absolute())
        oneid.resolve(world.config.model_copy(update={"rules": rules, "registry": None})).write(tmp_path / name)
        two, one = diff_runs(world.run, tmp_path / name), world.exact(name)
        assert two.table.equals(one.table)
        same = ("oneids", "several", "moved", "merged", "split", "review", "largest")
        assert {key: two.figures[key] for key in same} == {key: one.figures[key] for key in same}
        assert two.rules.equals(one.rules)


@pytest.mark.slow
def test_members_of_one_run_alone_are_told(world: World, tmp_path: Path) -> None:
    """Both as rows of the table with one OneID, and as counts."""
    folder = tmp_path / "fewer"
    shutil.copytree(world.folder, folder, ignore=shutil.ignore_patterns("out", "registry.*"))
    lines = (folder / "prepaid.csv").read_bytes().splitlines(keepends=True)
    (folder / "prepaid.csv").write_bytes(b"".join(lines[:-3]))
    oneid.resolve(folder / "oneid.yaml").write(folder / "out")
    found = diff_runs(world.run, folder / "out")
    assert (found.figures["added"], found.figures["removed"]) == (0, 3)
    assert found.table["oneid_new"].null_count() == 3
    back = diff_runs(folder / "out", world.run)
    assert (back.figures["added"], back.table["oneid_old"].null_count()) == (3, 3)


@pytest.mark.slow
def test_oneids_are_those_that_the_registry_gives(tmp_path: Path) -> None:
    """Over three runs: other rules, then a day with a changed feed, then the first rules again; nothing is unknown."""
    generate(records=1200, seed=4, noise=2.5).write(tmp_path)
    with (tmp_path / "oneid.yaml").open("a", encoding="utf-8") as file:
        file.write("registry: sqlite:///registry.db\n")
    (tmp_path / "loose.yaml").write_text(RULES["loose"], "utf-8")
    text = (tmp_path / "oneid.yaml").read_text("utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("rules: jp-members", "rules: loose.yaml"), "utf-8")

    def resolve(name: str) -> pl.DataFrame:
        with oneid.resolve(tmp_path / name) as result:
            result.write(tmp_path / "out")
            return result.to_polars()["merge_map"]

    def told(rules: str) -> pl.DataFrame:
        before = pl.read_parquet(tmp_path / "out/merge_map.parquet").select("source", "source_id", "oneid")
        found = diff_rules(tmp_path / "out", rules, load(tmp_path / "oneid.yaml"))
        moved = found.table.select("source", "source_id", "oneid_new")
        made = before.join(moved, on=["source", "source_id"], how="left", maintain_order="left")
        return made.select("source", "source_id", oneid=pl.coalesce("oneid_new", "oneid"))

    resolve("oneid.yaml")
    says = told(str(tmp_path / "loose.yaml"))
    assert resolve("other.yaml").select(says.columns).equals(says)
    lines = (tmp_path / "ec.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "ec.csv").write_bytes(b"".join(lines[:-4]))
    resolve("other.yaml")
    assert diff_rules(tmp_path / "out", str(tmp_path / "loose.yaml")).about["unknown_pairs"] == 0
    says = told("jp-members")
    assert resolve("oneid.yaml").select(says.columns).equals(says)


def test_a_few_files_are_enough(world: World, tmp_path: Path) -> None:
    """Those that name members and hold nothing else about them; a damaged one is refused."""
    for name in ("run.json", "merge_map.parquet", "patterns.parquet", "state/pairs.parquet", "state/inside.parquet",
                 "state/equal.parquet", "state/decided.parquet"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(world.run / name, tmp_path / name)
    rules = world.rules(RULES["loose"])
    assert diff_rules(tmp_path, rules).table.equals(diff_rules(world.run, rules).table)
    shutil.copy(tmp_path / "state/pairs.parquet", tmp_path / "state/inside.parquet")
    with pytest.raises(OneIDError, match="E252"):
        diff_rules(tmp_path, rules)
    (tmp_path / "state/inside.parquet").unlink()
    with pytest.raises(OneIDError, match=r"E493.*state/inside"):
        diff_rules(tmp_path, rules)


def changed_run(world: World, folder: Path, **said: object) -> Path:
    """The run with another run.json, without its sets, so that only what is needed is read."""
    shutil.copytree(world.run, folder, ignore=shutil.ignore_patterns(".runs"))
    run = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(sealed(json.dumps(run | said)), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("most: 30", "most: 31", "E490 the blocking keys"),
        ("guards: {alarm: 500}", "guards: {never_trusted: {email: [a@example.jp]}}", "E490 the values never trusted"),
        ("guards: {alarm: 500}", "guards: {one_per_source: [shop]}", "E134 .*shop"),
    ],
)
def test_rules_that_do_not_fit_are_refused(world: World, old: str, new: str, says: str) -> None:
    """Where they need other pairs or values; what helps is told."""
    with pytest.raises(OneIDError, match=says) as caught:
        diff_rules(world.run, world.rules(PRESET.replace(old, new)))
    assert caught.value.problems[0].hint


def test_values_that_a_run_did_not_keep_are_not_counted(world: World, tmp_path: Path) -> None:
    """With them, most_values is what it is in a full run; without them it is refused."""
    rules = world.rules(RULES["most"])
    assert diff_rules(world.run, rules).figures["moved"] == world.exact("most").figures["moved"] > 0
    folder = changed_run(world, tmp_path / "run")
    shutil.rmtree(folder / "known")
    with pytest.raises(OneIDError, match=r"E492 .*birth, email"):
        diff_rules(folder, rules)


def test_a_run_of_another_version_is_refused(world: World, tmp_path: Path) -> None:
    """So is one of other levels, and one that kept too little."""
    for name, said, says in (
        ("a", {"oneid_version": "0.0.1"}, "E491 .*0.0.1.*diff RUN_A RUN_B"),
        ("b", {"schema_hash": "other"}, "E491 .*levels"),
    ):
        with pytest.raises(OneIDError, match=says):
            diff_rules(changed_run(world, tmp_path / name, **said), "jp-members")
    folder = changed_run(world, tmp_path / "c")
    run = json.loads((folder / "run.json").read_text("utf-8"))
    del run["pairing"]
    (folder / "run.json").write_text(sealed(json.dumps(run)), "utf-8")
    with pytest.raises(OneIDError, match=r"E493 .*pairing"):
        diff_rules(folder, "jp-members")
    with pytest.raises(OneIDError, match="E251"):
        diff_rules(tmp_path / "nothing", "jp-members")


@pytest.mark.slow
def test_data_of_another_day_are_refused(world: World, tmp_path: Path) -> None:
    """Other members, and the same members with other values; those of the day are taken."""
    folder = tmp_path / "later"
    shutil.copytree(world.folder, folder, ignore=shutil.ignore_patterns("out"))
    run = changed_run(world, tmp_path / "run")
    shutil.rmtree(run / "known")
    assert diff_rules(run, "jp-members", load(folder / "oneid.yaml")).table.is_empty()
    lines = (folder / "ec.csv").read_bytes().splitlines(keepends=True)
    (folder / "ec.csv").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(OneIDError, match=r"E495 .*members"):
        diff_rules(run, "jp-members", load(folder / "oneid.yaml"))
    head = lines[0].decode().strip().split(",")
    number, mail = head.index("member_id"), head.index("email")
    cells = [line.decode().rstrip("\r\n").split(",") for line in lines]
    for row in cells[1:]:
        row[mail] = f"other{row[number]}@example.jp"
    (folder / "ec.csv").write_text("\n".join(",".join(row) for row in cells) + "\n", "utf-8")
    with pytest.raises(OneIDError, match=r"E495 .*values"):
        diff_rules(run, "jp-members", load(folder / "oneid.yaml"))


def test_new_oneids_of_a_secret_key_are_not_guessed(world: World, tmp_path: Path) -> None:
    """They are numbered, and that is said."""
    folder = changed_run(world, tmp_path / "secret", key="secret")
    found = diff_rules(folder, world.rules(RULES["alone"]))
    new = found.table.filter(pl.col("oneid_new").str.starts_with("new-"))
    assert new.height > 20
    assert new["oneid_new"].n_unique() > 20
    assert "secret" in " ".join(found.notes)
    plain = diff_rules(world.run, world.rules(RULES["alone"]))
    assert plain.table.drop("oneid_new").equals(found.table.drop("oneid_new"))


def test_causes_are_the_strongest_links(world: World) -> None:
    """A fragment that joined others did so by the new rule; what a guard parted is named by the link that held it."""
    loose = world.exact("loose").rows
    assert "loose" in loose.filter(pl.col("how") == "joined")["cause_rule"].to_list()
    assert loose["cause_rule"].null_count() == 0
    alone = world.exact("alone").rows.filter(pl.col("how") == "held")
    strongest = world.result.to_polars()["links"].filter("applied")
    rules = set(strongest["rule"])
    assert set(alone["cause_rule"]) <= rules
    assert alone.select("old", "new", "cause_rule").n_unique() == alone.select("old", "new").n_unique()


# --- the command ---------------------------------------------------------------------------------------------------


def call(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(main.app, ["diff", *map(str, words)], catch_exceptions=True)
    if isinstance(done.exception, OneIDError):
        return done.exception.exit_code, str(done.exception)
    return done.exit_code, done.output


def test_the_command_writes_table_and_page(world: World, tmp_path: Path) -> None:
    """The page needs no network; markup in data is shown as text; nothing else is left in the folder."""
    rules = world.rules(RULES["loose"].replace("id: loose", "id: <b>loose</b>"))
    code, text = call(world.run, "--rules", rules, "--out", tmp_path / "diff")
    assert code == 0
    assert "<b>loose</b>" in text
    assert sorted(path.name for path in (tmp_path / "diff").iterdir()) == ["diff.html", "diff.json", "diff.parquet"]
    table = pl.read_parquet(tmp_path / "diff/diff.parquet")
    assert dict(table.schema) == DIFF
    assert table.select("source", "source_id").equals(table.select("source", "source_id").sort("source", "source_id"))
    page = (tmp_path / "diff/diff.html").read_text("utf-8")
    assert "&lt;b&gt;loose&lt;/b&gt;" in page
    assert "<b>loose" not in page
    assert "<svg" in page
    assert not re.search(r"<script|<link|src=|href=|url\(|@import", page)


def test_a_notebook_shows_the_figures(world: World) -> None:
    """With what limits them, and no member."""
    found = diff_rules(world.run, world.rules(RULES["loose"]))
    html = found._repr_html_()
    assert f"{found.figures['moved']:,} of" in html
    assert "never compared" in html
    assert not [one for one in found.rows["source_id"].to_list() if one in html]


def test_formats_tell_the_same(world: World) -> None:
    """JSON is whole; Markdown has the figures and what limits them."""
    rules = world.rules(RULES["loose"])
    found = diff_rules(world.run, rules)
    code, text = call(world.run, "--rules", rules, "--format", "json")
    assert code == 0
    assert json.loads(text)["figures"] == json.loads(json.dumps(found.figures))
    _, text = call(world.run, "--rules", rules, "--format", "markdown")
    assert "never compared" in text
    assert f"{found.figures['moved']:,} of" in text
    assert diffpage.text(found) == call(world.run, "--rules", rules)[1]


def test_values_are_masked(world: World) -> None:
    """Without data there are none at all; with data no birth date or e-mail address stands in the sample."""
    sample = world.exact("loose").sample
    assert sample["email"].drop_nulls().str.contains(r"\*").all()
    assert not sample["birth"].drop_nulls().str.contains(r"\d{4}").any()
    assert not {"name", "email"} & set(diff_rules(world.run, world.rules(RULES["loose"])).sample.columns)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ("limits: {members_moved_pct: 0.01}\nversion: 1\n", "E503"),
        ("{largest: 2, members_moved_pct: 0.01}", "E501.*\n.*E503"),
        ("birth_contradictions_pct: 0", "E504"),
        ("members_moved_pct: 99", ""),
        ("version: 1\nsources: {}\n", ""),
        ("members_movd_pct: 99", "E102.*members_moved_pct"),
    ],
)
def test_limits_are_a_gate(world: World, tmp_path: Path, limits: str, says: str) -> None:
    """From a file of their own or a config; what was found is written all the same."""
    (tmp_path / "limits.yaml").write_text(limits, "utf-8")
    rules = world.rules(RULES["loose"])
    code, text = call(world.run, "--rules", rules, "--limits", tmp_path / "limits.yaml", "--out", tmp_path / "diff")
    assert re.search(says, text)
    assert code == (2 if "E102" in says else 1 if says else 0)
    assert (tmp_path / "diff").exists() == ("E102" not in says)


def test_the_gate_judges_the_worst_that_can_be(world: World) -> None:
    """A share of moved members between what is told and what may be is a breach."""
    found = diff_rules(world.run, world.rules(RULES["loose"]))
    told, worst = found.figures["moved"], found.ranges["moved"].high + 10
    found.ranges["moved"] = found.ranges["moved"]._replace(high=worst)
    limit = 100 * (told + worst) / 2 / found.figures["members"]
    with pytest.raises(OneIDError, match="E503"):
        found.check(Limits(members_moved_pct=limit))
    found.check(Limits(members_moved_pct=100 * worst / found.figures["members"]))


def test_wrong_calls_are_told(world: World) -> None:
    """One run needs other rules; two runs need neither rules nor data."""
    for words in (["--format", "json"], [world.run, "--rules", "jp-members"], [world.run, "--data", "oneid.yaml"]):
        assert call(world.run, *words)[1].startswith("E496")


# --- bounds --------------------------------------------------------------------------------------------------------


def made_pairs(rows: list[tuple[int, int, int]]) -> ScoredPairs:
    left, right, score = zip(*rows, strict=True) if rows else ((), (), ())
    return ScoredPairs(np.array(left, np.uint32), np.array(right, np.uint32), np.array(score, np.int32))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[int, ScoredPairs, ScoredPairs, ScoredPairs, list[Cap]]:
    """Few records with links, decided ones among them, never pairs, pairs that were never compared, and a cap."""
    size = draw(st.integers(2, 9))
    every = [(a, b) for a in range(size) for b in range(a + 1, size)]
    kinds = draw(st.lists(st.sampled_from(["link", "link", "never", "unknown", "none"]), min_size=len(every)))
    scores = draw(st.lists(st.sampled_from([1, 2, 3, int(DECIDED)]), min_size=len(every), max_size=len(every)))
    picked: dict[str, list[tuple[int, int, int]]] = {"link": [], "never": [], "unknown": [], "none": []}
    for (a, b), kind, score in zip(every, kinds, scores, strict=False):
        if kind == "unknown" and len(picked[kind]) >= 5:
            continue
        strength = score if kind == "link" else 0
        picked[kind].append((a, b, strength))
    made = [made_pairs(picked[kind]) for kind in ("link", "never", "unknown")]
    caps = []
    if draw(st.booleans()):
        held = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
        caps = [Cap([np.array(held, np.uint64)], draw(st.integers(1, 2)))]
    return size, made[0], made[1], made[2], caps


@given(worlds())
@settings(deadline=None, max_examples=thorough(200))
def test_every_world_lies_in_the_bounds(world: tuple[int, ScoredPairs, ScoredPairs, ScoredPairs, list[Cap]]) -> None:
    """Whatever pairs that were never compared turn out to be: cores are together, and groups apart."""
    size, links, never, unknown, caps = world
    label = components(size, links.left, links.right)
    within = unknown.take(label[unknown.left] == label[unknown.right])
    neutral = cluster(size, links, never, lambda _a, _b: ScoredPairs.none(), caps=caps)
    known = outranked(size, links, never.take(label[never.left] == label[never.right]))
    found = bounds(neutral.labels, label, links, known, outranked(size, links, within), caps)
    for chosen in range(2**within.left.size):
        mine = within.take(np.array([chosen >> at & 1 == 1 for at in range(within.left.size)], dtype=np.bool_))
        labels = cluster(size, links, never, lambda _a, _b, mine=mine: mine, caps=caps).labels
        for a in range(size):
            for b in range(a):
                assert found.cores[a] != found.cores[b] or labels[a] == labels[b]
                assert found.groups[a] == found.groups[b] or labels[a] != labels[b]
        sure = ~found.open
        assert (found.cores[sure] == labels[sure]).all()


def test_refusing_all_or_none_is_no_bound() -> None:
    """Records 0 and 3 are apart where none of the unknown pairs is a never pair, and where both are; not in between."""
    links = made_pairs([(0, 1, 9), (0, 2, 8), (0, 3, 7)])
    never, unknown = made_pairs([(2, 3, 0)]), made_pairs([(1, 2, 0), (1, 3, 0)])

    def labels(inside: ScoredPairs) -> list[int]:
        return cluster(4, links, never, lambda _a, _b: inside).labels.tolist()

    assert labels(ScoredPairs.none()) == [0, 0, 0, 3]
    assert labels(unknown) == [0, 0, 2, 3]
    assert labels(made_pairs([(1, 2, 0)])) == [0, 0, 2, 0]
    found = bounds(np.array(labels(ScoredPairs.none()), np.uint32), np.zeros(4, np.uint32), links, never, unknown)
    assert found.cores.tolist() == [0, 0, 2, 3]
    assert found.groups.tolist() == [0, 0, 0, 0]

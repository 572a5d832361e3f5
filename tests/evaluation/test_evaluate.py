"""Measuring: figures against counting pair by pair, mistakes and where they come from, the command."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.evaluation.evaluate import evaluate, read_merge_map, read_truth
from oneid.evaluation.measures import quality
from oneid.evaluation.mistakes import by_pattern, by_rule, by_source_pair, mistaken_pairs, same_pairs, threshold_curve
from oneid.settings.configfile import load
from oneid.vocabulary.errors import InputError, UsageError
from strategies import thorough


def frames(given_: dict[str, str], true: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    def frame(held, column):
        rows = [("s", record, value) for record, value in held.items()]
        return pl.DataFrame(rows, schema=dict.fromkeys(("source", "source_id", column), pl.String), orient="row")

    return frame(given_, "oneid"), frame(true, "person_id")


def test_by_hand() -> None:
    """Five records of three people under three OneIDs: one right pair of three made, one of two true pairs found."""
    found = quality(
        *frames({"a": "X", "b": "X", "c": "X", "d": "Y", "e": "Z"}, {"a": "1", "b": "1", "c": "2", "d": "3", "e": "3"})
    )
    assert (found.records, found.oneids, found.persons, found.lost, found.duplicated) == (5, 3, 3, 0, 0)
    assert (found.precision, found.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert found.f1 == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert found.b3_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.b3_recall == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 2) / 5)
    assert (found.wrong, found.largest, found.exact_persons) == (1, 3, 0)
    assert found.wrong_per_10k == pytest.approx(1e4 / 3)
    assert found.to_dict()["largest"] == 3


def test_lost_and_doubled_records() -> None:
    """A record without a OneID is lost and alone; one with two counts once; one without truth does not."""
    merge_map, truth = frames({"a": "X", "b": "X", "z": "X"}, {"a": "1", "b": "1", "c": "1"})
    found = quality(pl.concat([merge_map, merge_map.head(1)]), truth)
    assert (found.records, found.lost, found.duplicated) == (3, 1, 1)
    assert (found.precision, found.recall) == (1.0, pytest.approx(1 / 3))
    assert found.wrong == 0


def test_perfect_and_empty() -> None:
    """Everything right is 1; nothing at all is no mistake."""
    perfect = quality(*frames({"a": "X", "b": "X", "c": "Y"}, {"a": "1", "b": "1", "c": "2"}))
    assert (perfect.precision, perfect.recall, perfect.f1, perfect.b3_f1, perfect.exact_persons) == (1, 1, 1, 1, 1)
    empty = quality(*frames({}, {}))
    assert (empty.records, empty.precision, empty.recall, empty.largest) == (0, 1.0, 1.0, 0)


labels = st.lists(st.tuples(st.sampled_from("XYZ"), st.sampled_from("123")), min_size=1, max_size=10)


@given(labels)
@settings(max_examples=thorough(40), deadline=None)
def test_pairwise_figures_are_counts_of_pairs(rows) -> None:
    """Against counting all pairs."""
    given_ = {str(n): oneid for n, (oneid, _) in enumerate(rows)}
    true = {str(n): person for n, (_, person) in enumerate(rows)}
    pairs = list(combinations(given_, 2))
    made = [(a, b) for a, b in pairs if given_[a] == given_[b]]
    same = [(a, b) for a, b in pairs if true[a] == true[b]]
    right = len(set(made) & set(same))
    found = quality(*frames(given_, true))
    assert found.precision == (pytest.approx(right / len(made)) if made else 1.0)
    assert found.recall == (pytest.approx(right / len(same)) if same else 1.0)


def records_of(rows) -> pl.DataFrame:
    """Records from (source, oneid, person or None), numbered, ids a0, b1 ..."""
    found = [(n, source, f"{source}{n}", oneid, person) for n, (source, oneid, person) in enumerate(rows)]
    names = {"rec": pl.UInt32, **dict.fromkeys(("source", "source_id", "oneid", "person_id"), pl.String)}
    return pl.DataFrame(found, schema=names, orient="row")


def numbered(rows, **more) -> pl.DataFrame:
    """Pairs (left, right, ...) as a frame."""
    return pl.DataFrame(rows, schema={"left": pl.UInt32, "right": pl.UInt32, **more}, orient="row")


PATTERNS = pl.DataFrame(
    [
        (1, "equal_rare", "missing", 10, 900, "mobile-name", "match"),
        (2, "equal_common", "missing", 10, 100, "score", "review"),
        (3, "differs", "differs", 10, -900, "other-person", "never"),
    ],
    schema={
        "pattern": pl.UInt64, "name": pl.String, "birth": pl.String, "pairs": pl.UInt32, "score": pl.Int32,
        "rule": pl.String, "verdict": pl.String,
    },
    orient="row",
)  # fmt: skip

rows_of_records = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("XYZ"), st.sampled_from(["1", "2", "3", None])), max_size=12
)


@given(rows_of_records)
@settings(max_examples=thorough(60), deadline=None)
def test_mistakes_are_those_of_all_pairs(rows) -> None:
    """Wrong and missed pairs, and the counts by source, against looking at every pair of records with a truth."""
    records = records_of(rows)
    wrong, missed = set(), set()
    made, true = Counter(), Counter()
    for (i, one), (j, other) in combinations(enumerate(rows), 2):
        if one[2] is None or other[2] is None:
            continue
        sides = tuple(sorted((one[0], other[0])))
        made[sides] += one[1] == other[1]
        true[sides] += one[2] == other[2]
        if one[1] == other[1] and one[2] != other[2]:
            wrong.add((f"{one[0]}{i}", f"{other[0]}{j}"))
        if one[1] != other[1] and one[2] == other[2]:
            missed.add((f"{one[0]}{i}", f"{other[0]}{j}"))
    found = mistaken_pairs(records)
    for kind, wanted in (("wrong", wrong), ("missed", missed)):
        mine = found.filter(mistake=kind)
        assert mine.height == len(wanted)
        assert set(mine.select("source_id_l", "source_id_r").iter_rows()) == wanted
    counted = by_source_pair(records)
    for row in counted.iter_rows(named=True):
        sides = (row["source_l"], row["source_r"])
        assert (row["made"], row["true"]) == (made[sides], true[sides])
    assert (counted["wrong"].sum(), counted["missed"].sum()) == (len(wrong), len(missed))
    assert counted["made"].sum() == sum(made.values())


RECORDS = records_of(list(zip("abbabbabb", "XXXYZWVUT", [*"11233344", None], strict=True)))
PAIRS = numbered(
    [(0, 1, 1), (0, 2, 2), (1, 2, 1), (3, 4, 1), (3, 5, 2), (6, 7, 3), (7, 8, 1)], pattern=pl.UInt64
)  # fmt: skip
LINKS = numbered(
    [(0, 1, "mobile-name", 900), (1, 2, "mobile-name", 900), (3, 4, "mobile-name", 900), (7, 8, "decision", 9999)],
    rule=pl.String,
    score=pl.Int32,
)


def test_what_the_run_did_with_a_mistake() -> None:
    """A wrong pair was linked or chained; a missed one refused, left to review, barred or never compared."""
    found = mistaken_pairs(RECORDS, (PAIRS, PATTERNS, LINKS))
    told = {(row["source_id_l"], row["source_id_r"]): row for row in found.iter_rows(named=True)}
    assert {pair: (row["mistake"], row["how"], row["rule"]) for pair, row in told.items()} == {
        ("b1", "b2"): ("wrong", "linked", "mobile-name"),
        ("a0", "b2"): ("wrong", "chained", "score"),
        ("a3", "b4"): ("missed", "refused", "mobile-name"),
        ("a3", "b5"): ("missed", "review", "score"),
        ("b4", "b5"): ("missed", "not compared", None),
        ("a6", "b7"): ("missed", "never", "other-person"),
    }
    assert told["a6", "b7"]["evidence"] == "name differs, birth differs"
    assert found["mistake"].to_list() == ["wrong"] * 2 + ["missed"] * 4


def test_frequent_mistakes_come_first() -> None:
    """Mistakes of one kind and pattern are counted together and stand together."""
    records = records_of([("a", str(n), str(n // 2)) for n in range(8)])
    pairs = numbered([(0, 1, 1), (2, 3, 2), (4, 5, 2), (6, 7, 2)], pattern=pl.UInt64)
    found = mistaken_pairs(records, (pairs, PATTERNS, LINKS.head(0)))
    assert found.select("pattern", "alike").rows() == [(2, 3)] * 3 + [(1, 1)]


def test_rules_by_hand() -> None:
    """Links that stand, wrong ones among them, and refused ones; a record without truth counts nowhere."""
    found = by_rule(RECORDS, LINKS.select("left", "right", "rule"))
    assert found.rows(named=True) == [
        {"rule": "mobile-name", "links": 2, "wrong": 1, "precision": 0.5, "refused": 1, "refused_true": 1}
    ]


def test_patterns_and_thresholds_by_hand() -> None:
    """Pairs that the truth knows, per pattern; and what each threshold of the score would find of six true pairs."""
    found = by_pattern(RECORDS, PAIRS, PATTERNS)
    counts = {row["pattern"]: row for row in found.iter_rows(named=True)}
    told = {p: tuple(row[name] for name in ("pairs", "true", "wrong", "missed")) for p, row in counts.items()}
    assert told == {1: (3, 2, 1, 1), 2: (2, 1, 1, 1), 3: (1, 1, 0, 1)}
    assert found["pattern"].to_list() == [1, 2, 3]
    curve = threshold_curve(found, 5)
    assert curve["bits"].to_list() == [9.0, 1.0, -9.0]
    assert curve["pairs"].to_list() == [3, 5, 6]
    assert curve["precision"].to_list() == pytest.approx([2 / 3, 3 / 5, 4 / 6])
    assert curve["recall"].to_list() == pytest.approx([2 / 5, 3 / 5, 4 / 5])


def test_large_groups_are_not_listed(monkeypatch) -> None:
    """Pairs of a group above the limit are left out of lists."""
    monkeypatch.setattr("oneid.evaluation.mistakes.MOST_LISTED", 2)
    records = records_of([("a", "X", "1")] * 3 + [("a", "Y", "2")] * 2)
    assert same_pairs(records, "person_id").rows() == [(3, 4)]


def test_a_run_against_its_truth(demo) -> None:
    """Every table tells of the same mistakes, and the figures are those of :func:`quality`."""
    found = evaluate(demo.folder / "out", demo.folder / "truth.csv", config=load(demo.config))
    assert found.quality == quality(demo.result.to_polars()["merge_map"], demo.truth)
    assert found.notes == ()
    tables = found.tables
    sides, mistakes = tables["by_source_pair"], tables["mistakes"]
    assert sides["made"].sum() * found.quality.precision == pytest.approx((sides["made"] - sides["wrong"]).sum())
    for kind in ("wrong", "missed"):
        assert mistakes.filter(mistake=kind).height == sides[kind].sum()
        compared = mistakes.filter(pl.col("pattern").is_not_null(), mistake=kind).height
        assert tables["by_pattern"][kind].sum() == compared
    assert sides["missed"].sum() > 0
    assert mistakes.filter(how="linked").height == tables["by_rule"]["wrong"].sum()
    assert mistakes.filter(how="refused").height == tables["by_rule"]["refused_true"].sum()
    assert tables["by_rule"]["links"].sum() == demo.result.links["applied"].sum()
    curve = tables["thresholds"]
    assert curve["recall"][-1] == pytest.approx(found.coverage.compared)
    assert curve["pairs"][-1] == demo.result.to_polars()["state/pairs"].height
    assert tables["blocking"]["so_far"][-1] == pytest.approx(found.coverage.compared)
    assert found.coverage.compared < found.coverage.closure < 1


def test_without_the_run_or_the_config(demo, tmp_path) -> None:
    """A merge map alone gives figures, sources and mistakes; notes say what more would need; --run gives the rest."""
    path = tmp_path / "map.parquet"
    demo.result.to_polars()["merge_map"].select("oneid", "source_id", "source").write_parquet(path)
    alone = evaluate(path, demo.folder / "truth.csv")
    assert set(alone.tables) == {"by_source_pair", "mistakes"}
    assert ["--run DIR" in note or "--config CONFIG" in note for note in alone.notes] == [True, True]
    assert (alone.coverage, alone.estimate, alone.picture()) == (None, None, None)
    assert [title for title, _ in alone.shown()] == ["against the truth", "pairs by source", "pairs behind them"]
    whole = evaluate(path, demo.folder / "truth.csv", run=demo.folder / "out")
    assert whole.quality == alone.quality
    ends = ["mistake", "source_l", "source_id_l", "source_r", "source_id_r"]
    one, other = (found.tables["mistakes"].select(ends).sort(ends) for found in (whole, alone))
    assert one.equals(other)


def test_lost_records_are_missed(demo, tmp_path) -> None:
    """Records that a merge map lacks are lost; their pairs are among the missed."""
    path = tmp_path / "map.parquet"
    full = demo.result.to_polars()["merge_map"]
    full.filter(pl.col("source") != "ec").write_parquet(path)
    found = evaluate(path, demo.folder / "truth.csv", run=demo.folder / "out")
    assert found.quality.lost == (full["source"] == "ec").sum()
    missed = found.tables["by_source_pair"].filter(source_l="ec", source_r="ec")
    assert missed["missed"].to_list() == missed["true"].to_list()
    assert found.tables["mistakes"].filter(mistake="missed").height == found.tables["by_source_pair"]["missed"].sum()


def test_ids_that_csv_guards(people, tmp_path) -> None:
    """Ids are read as they were before ``--csv`` put a quote before what a spreadsheet would run."""
    merge_map = people.to_polars()["merge_map"].select("source", "source_id", "oneid")
    signs = merge_map.with_columns(source_id="-" + pl.col("source_id"))
    path = tmp_path / "map.csv"
    from oneid.outputs.tables.tablefiles import defused

    defused(signs).write_csv(path, include_bom=True)
    assert "'-E1" in path.read_text("utf-8")
    assert read_merge_map(path).equals(signs)


def test_truths_of_other_shapes(tmp_path) -> None:
    """Other names of columns, other columns, numbers as ids, rows twice and rows without a person."""
    frame = pl.DataFrame({"member_id": [7, 8, 8, 9], "tags": [["x"], [], [], []], "person_id": [1, 2, 2, None]})
    frame.with_columns(system=pl.lit("s")).write_parquet(tmp_path / "truth.parquet")
    read = read_truth(tmp_path / "truth.parquet")
    assert read.rows() == [("s", "7", "1"), ("s", "8", "2")]
    assert read.columns == ["source", "source_id", "person_id"]


@pytest.mark.parametrize(
    ("truth", "code", "words"),
    [
        ("source,source_id,person_id\nec,E1,1\nec,E1,2\n", "E261", "ec:E1"),
        ("source,source_id,person_id\nshop,E1,1\n", "E262", "no record"),
        ("source,member,person_id\nec,E1,1\n", "E206", "source_id or member_id"),
        ("", "E204", "empty"),
    ],
)
def test_truths_that_cannot_be_used(people, tmp_path, truth, code, words) -> None:
    """Each with its code, place and words; no traceback."""
    people.write(tmp_path / "out")
    (tmp_path / "truth.csv").write_text(truth, "utf-8")
    with pytest.raises(InputError, match=words) as caught:
        evaluate(tmp_path / "out", tmp_path / "truth.csv")
    assert caught.value.code == code
    assert "truth.csv" in str(caught.value)


@pytest.mark.slow
def test_files_that_do_not_go_together(people, demo, tmp_path) -> None:
    """A missing file, a merge map of another run, a config of other sources, and nothing to measure at all."""
    truth = tmp_path / "truth.csv"
    truth.write_text("source,source_id,person_id\nec,E1,1\n", "utf-8")
    people.to_polars()["merge_map"].write_parquet(tmp_path / "map.parquet")
    for arguments, code in (
        ({"truth": tmp_path / "truht.csv"}, "E201"),
        ({"truth": truth, "run": demo.folder / "out"}, "E263"),
        ({"truth": truth, "run": tmp_path}, "E251"),
        ({"truth": truth, "config": load(demo.config)}, "E262"),
    ):
        with pytest.raises(InputError) as caught:
            evaluate(tmp_path / "map.parquet", **arguments)
        assert caught.value.code == code
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="Parquet"):
        evaluate(tmp_path / "map.parquet", tmp_path / "broken.parquet")
    with pytest.raises(UsageError, match="only a run"):
        evaluate(tmp_path / "map.parquet")


def test_an_older_run_lacks_something(demo, tmp_path, monkeypatch) -> None:
    """Where the run stored too little a note says what is missing, and the rest is measured."""
    monkeypatch.setattr("oneid.evaluation.evaluate._NEEDED", ("merge_map", "state/keys"))
    found = evaluate(demo.folder / "out", demo.folder / "truth.csv")
    assert any("state/keys" in note for note in found.notes)
    assert found.quality is not None
    assert "by_rule" not in found.tables
    assert evaluate(demo.folder / "out").estimate is None


def test_the_command(demo, command, tmp_path) -> None:
    """Prints every table, writes them with a picture, and no personal data; exit code 0."""
    out = tmp_path / "deep/er"
    said = command(
        "evaluate", demo.folder / "out", demo.folder / "truth.csv", "--config", demo.config, "--out", out
    )  # fmt: skip
    assert said.code == 0
    titles = ("against the truth", "links by rule", "patterns with most mistakes", "pairs behind them", "score alone")
    for title in (*titles, "each blocking key", "estimated without the truth"):
        assert title in said.out
    names = ["blocking", "by_pattern", "by_rule", "by_source_pair", "mistakes", "thresholds"]
    files = [*(f"{name}.{end}" for name in names for end in ("csv", "parquet")), "evaluation.json", "thresholds.svg"]
    assert sorted(path.name for path in out.iterdir()) == sorted(files)
    about = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert about["quality"]["records"] == demo.truth.height
    assert 0 < about["estimate"]["compared_share"] < 1
    ET.parse(out / "thresholds.svg")
    people = demo.result.golden["name"].dropna().to_list()[:200]
    everything = "".join(path.read_text("utf-8") for path in out.glob("*.csv")) + said.out
    assert not [name for name in people if name in everything]
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    command("evaluate", demo.folder / "out", demo.folder / "truth.csv", "--config", demo.config, "--out", out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_the_command_without_a_truth(demo, command) -> None:
    """A run alone gives the estimate; a file alone is refused in one line."""
    said = command("evaluate", demo.folder / "out")
    assert said.code == 0
    assert "share compared, about" in said.out
    assert "against the truth" not in said.out
    refused = command("evaluate", Path("nowhere.parquet"))
    assert (refused.code, refused.err.split()[0]) == (2, "E430")


def test_ids_are_printed_as_they_are(command, tmp_path) -> None:
    """What looks like markup in an id is no markup."""
    (tmp_path / "map.csv").write_text("source,source_id,oneid\ns,[red]7,X\ns,8,Y\n", "utf-8")
    (tmp_path / "truth.csv").write_text("system,member_id,person_id\ns,[red]7,1\ns,8,1\n", "utf-8")
    said = command("evaluate", tmp_path / "map.csv", tmp_path / "truth.csv")
    assert said.code == 0
    assert "[red]7" in said.out


def test_a_folder_that_cannot_be_written(demo, command, tmp_path) -> None:
    """A file where the folder should be is told with its code."""
    (tmp_path / "file").write_text("", "utf-8")
    said = command("evaluate", demo.folder / "out", "--out", tmp_path / "file")
    assert (said.code, "E302" in said.err) == (2, True)

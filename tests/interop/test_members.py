"""The part of the bridge to recordlinkage that needs pandas alone, and the refusal where that does not work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import oneid
from conftest import PEOPLE_CONFIG, Demo, loaded, people_frames
from oneid.interop import recordlinkage as bridge
from oneid.interop.recordlinkage import Blocking, Evidence, Members
from oneid.pairs.scoring import explain_bits
from oneid.settings.rulesfile import load_rules

SHOPS = {shop: frame.to_pandas().set_index("id") for shop, frame in people_frames().items()}


@pytest.fixture(scope="module")
def shops() -> Members:
    """Both shops of the seven members; nothing below changes it."""
    return Members(SHOPS, PEOPLE_CONFIG)


@pytest.fixture(scope="module")
def ec(demo: Demo) -> pd.DataFrame:
    """The EC members of the demo, one row per id."""
    frame = pl.read_csv(demo.folder / "ec.csv", infer_schema=False).to_pandas()
    return frame.dropna(subset="member_id").drop_duplicates("member_id").set_index("member_id")


def pairs(*ends: tuple[Any, Any]) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(ends)


def partition(labels: pd.Series, cluster: pd.Series) -> set[frozenset[Any]]:
    return {frozenset(part) for _, part in labels.groupby(cluster.to_numpy())}


def test_candidates_of_two_frames_lie_across(shops: Members) -> None:
    """From the first frame to the second, whichever comes first by name, with the names that recordlinkage gives."""
    assert ("E1", "S1") in shops.candidates
    assert ("E4", "S2") in shops.candidates
    assert shops.candidates.names == ["id_1", "id_2"]
    assert all(a.startswith("E") and b.startswith("S") for a, b in shops.candidates)
    turned = Members(dict(reversed(SHOPS.items())), PEOPLE_CONFIG)
    assert sorted((b, a) for a, b in turned.candidates) == sorted(shops.candidates)


@pytest.mark.slow
def test_candidates_of_one_frame_come_once_the_later_record_first(ec: pd.DataFrame, demo: Demo) -> None:
    """As recordlinkage makes them; and they are those of a run."""
    members = Members({"ec": ec}, oneid.load_config(demo.config))
    made = members.candidates
    assert (made.codes[0] > made.codes[1]).all()
    assert made.is_unique
    again = Members({"ec": ec.iloc[::-1]}, oneid.load_config(demo.config)).candidates
    assert set(map(frozenset, again)) == set(map(frozenset, made))
    alone = oneid.resolve({"ec": ec.reset_index()}, one_source(demo))
    assert alone.run["candidate_pairs"] == len(made)


def one_source(demo: Demo) -> oneid.Config:
    config = oneid.load_config(demo.config)
    return config.model_copy(update={"sources": {"ec": config.sources["ec"]}})


def test_own_candidates_judged_are_a_run(ec: pd.DataFrame, demo: Demo) -> None:
    """The same clusters as of oneid.resolve, and its verdicts pair by pair."""
    members = Members({"ec": ec}, one_source(demo))
    made = members.judge(members.candidates)
    run = oneid.resolve({"ec": ec.reset_index()}, one_source(demo))
    assert made.clusters["id"].tolist() == ec.index.tolist()
    assert partition(made.clusters["id"], made.clusters["cluster"]) == partition(
        run.merge_map["source_id"], run.merge_map["oneid"]
    )
    linked = made.pairs[made.pairs["verdict"] == "match"]
    found = {frozenset(pair): row for pair, row in zip(linked.index, linked["score"], strict=True)}
    links = run.links
    assert found == {
        frozenset((a, b)): points
        for a, b, points in zip(links["source_id_l"], links["source_id_r"], links["score"], strict=True)
    }
    assert len(found) > 20


def test_judged_pairs_are_those_given_in_that_order(shops: Members) -> None:
    """Also pairs that no key makes, and pairs given twice; levels and verdicts stand beside them."""
    given = pairs(("E4", "S2"), ("E2", "S3"), ("E4", "S2"), ("E1", "S1"))
    made = shops.judge(given)
    assert made.pairs.index.equals(given)
    assert made.pairs["verdict"].tolist()[::3] == ["match", "match"]
    assert made.pairs["verdict"].iloc[1] == "never"
    assert made.pairs["together"].tolist() == [True, False, True, True]
    assert made.pairs.iloc[0].equals(made.pairs.iloc[2])
    assert made.pairs["birth"].tolist() == ["near", "differs", "near", "equal"]
    assert made.pairs["birth"].cat.categories[0] == "missing"
    assert made.clusters.to_numpy().tolist() == [
        ["ec", "E1", 0],
        ["ec", "E2", 1],
        ["ec", "E3", 2],
        ["ec", "E4", 3],
        ["store", "S1", 0],
        ["store", "S2", 3],
        ["store", "S3", 4],
    ]


def test_bits_add_up_to_the_score(ec: pd.DataFrame, demo: Demo) -> None:
    """With the base and the interactions, for every pair."""
    members = Members({"ec": ec}, one_source(demo))
    bits, made = members.bits(members.candidates), members.judge(members.candidates).pairs
    rules = load_rules("jp-members")
    for (_, held), (_, row) in zip(bits.iterrows(), made.iterrows(), strict=True):
        said = explain_bits(rules, {field: row[field] for field in members.fields})
        more = sum(value for name, value in said.items() if name not in members.fields)
        assert row["score"] == round(100 * (held.sum() + more))


RULES = """\
version: 1
blocking: [{keys: [phone], most: 30}]
base: 0
weights: {name: {equal_rare: 1}}
rules:
  - {id: one-phone, when: {phone: [mobile_equal, mobile_shared]}, verdict: match, why: one phone}
  - {id: two-births, when: {birth: [differs]}, verdict: never, why: two births}
thresholds: {match: 90, review: 80, never: -90}
"""


def test_a_never_pair_that_was_not_given_parts_its_cluster(tmp_path: Path) -> None:
    """B is linked to A and to C, who were born on two days: though nobody asked about A and C, all three are not one.
    The stronger link stands.
    """
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    frame = pd.DataFrame(
        {
            "name": ["佐藤 太郎", "佐藤 太郎", None],
            "birth": ["1980-01-02", None, "1991-12-31"],
            "phone": ["090-1111-2222"] * 3,
        },
        index=["A", "B", "C"],
    )
    config = {"sources": {"ec": {"fields": {name: name for name in frame}}}, "rules": str(tmp_path / "rules.yaml")}
    members = Members({"ec": frame}, config)
    assert ("C", "A") in members.candidates
    made = members.judge(pairs(("C", "B"), ("B", "A")))
    assert made.pairs["verdict"].tolist() == ["match", "match"]
    assert made.pairs["together"].tolist() == [False, True]
    assert made.clusters["cluster"].tolist() == [0, 0, 1]


def test_features_are_kept(shops: Members) -> None:
    """A feature frame stands for its index; its columns come first, those named like ours are renamed, none counts."""
    features = pd.DataFrame({"name": [0.5, 1.0], "shop": [0, 1]}, index=pairs(("E1", "S1"), ("E4", "S2")))
    made, plain = shops.judge(features).pairs, shops.judge(features.index).pairs
    assert made.columns.tolist() == ["name_feature", "shop", *plain.columns]
    assert made[plain.columns].equals(plain)
    assert made["shop"].tolist() == [0, 1]
    assert features.columns.tolist() == ["name", "shop"]


def test_no_pairs(shops: Members) -> None:
    """Everybody is alone."""
    made = shops.judge(shops.candidates[:0])
    assert made.pairs.empty
    assert "rule" in made.pairs
    assert made.clusters["cluster"].tolist() == list(range(7))


def test_numbers_are_labels_and_fields_are_guessed() -> None:
    """An unnamed index of integers, no config."""
    frame = SHOPS["ec"].reset_index(drop=True)
    members = Members({"ec": pd.concat([frame, frame], ignore_index=True)})
    assert members.candidates.names == [None, None]
    made = members.judge(members.candidates)
    assert made.clusters["id"].tolist() == list(range(8))
    assert made.clusters["cluster"].tolist() == [0, 1, 2, 3] * 2


def test_decisions_count(tmp_path: Path) -> None:
    """By the labels as ids."""
    head = "source_l,source_id_l,source_r,source_id_r,decision,by,at,reason,ticket\n"
    line = "ec,E1,store,S1,different,me,2026-01-01,two people,\n"
    (tmp_path / "decisions.csv").write_text(head + line, encoding="utf-8")
    members = Members(SHOPS, PEOPLE_CONFIG | {"decisions": str(tmp_path / "decisions.csv")})
    made = members.judge(pairs(("E1", "S1"), ("E4", "S2"))).pairs
    assert made["rule"].iloc[0] == "decision"
    assert made["verdict"].tolist() == ["never", "match"]
    assert made["together"].tolist() == [False, True]


EC = SHOPS["ec"]
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Members({}), "E441 0 frames"),
    (lambda: Members({"ec": people_frames()["ec"]}), "no pandas frame"),
    (lambda: Members({"ec": pd.concat([EC, EC])}), "E441 the index of 'ec' has no unique labels"),
    (lambda: Members({"ec": EC.set_index("name", append=True)}), "E441 the index"),
    (lambda: Members({"ec": EC.rename({"E1": None})}, PEOPLE_CONFIG), "E441 1 labels .* no id"),
    (lambda: Members({"ev": EC}, one_shop()), "E441 no source 'ev' .*Hint: .*ec"),
]


def one_shop() -> oneid.Config:
    return loaded({"sources": {"ec": {"id": "id", "fields": {"name": "name"}}}})


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_frames_that_cannot_be_members(call: Callable[[], object], says: str) -> None:
    """A UsageError with a hint, before anything is compared."""
    with pytest.raises(oneid.UsageError, match=says):
        call()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (pairs(("E1", "S1"), ("E9", "S1")), "E442 1 pairs have a first label"),
        (pairs(("S1", "E1")), "E442 1 pairs have a first label"),
        (pairs(("E1", "E2")), "E442 1 pairs have a second label"),
        (pd.Index(["E1"]), "E442 expected pairs"),
        (pd.DataFrame({"name": [1]}), "E442 expected pairs"),
    ],
)
def test_pairs_of_other_records(shops: Members, given: Any, says: str) -> None:
    """No value stands in the message."""
    with pytest.raises(oneid.UsageError, match=says) as caught:
        shops.judge(given)
    assert "E9" not in str(caught.value)


def test_a_record_with_itself(ec: pd.DataFrame, demo: Demo) -> None:
    """Is no pair."""
    members = Members({"ec": ec}, one_source(demo))
    with pytest.raises(oneid.UsageError, match="E442 a pair of a record with itself"):
        members.levels(pairs((ec.index[0], ec.index[0])))


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ({"recordlinkage": "0.14", "pandas": "3.0.1"}, r"E440 recordlinkage 0\.14 does not work here.*oneid-merge\["),
        ({"recordlinkage": "0.17", "pandas": "2.3.3"}, r"E440 recordlinkage 0\.17"),
        ({"recordlinkage": "0.16", "pandas": "3.0.1"}, r"E440 recordlinkage does not work with pandas 3\.0\.1"),
        ({"pandas": "2.3.3"}, "E440 recordlinkage is not installed.*pip install"),
    ],
)
def test_other_versions_are_refused(
    shops: Members, versions: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes a class of recordlinkage is told what to install."""

    def version(name: str) -> str:
        if name not in versions:
            raise bridge.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(bridge, "version", version)
    for make in (Blocking, Evidence):
        with pytest.raises(oneid.UsageError, match=says):
            make(shops)


def test_the_right_version_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.16 beside pandas 2."""
    monkeypatch.setattr(bridge, "version", {"recordlinkage": "0.16", "pandas": "2.3.3"}.__getitem__)
    bridge.usable()


def test_a_refused_version_is_not_imported() -> None:
    """The bridge asks for the version first; and oneid without the bridge never imports recordlinkage."""
    code = (
        "import sys, importlib.metadata as metadata\n"
        "import oneid; oneid.resolve; assert 'recordlinkage' not in sys.modules\n"
        "real = metadata.version\n"
        "metadata.version = lambda name: '0.14' if name == 'recordlinkage' else real(name)\n"
        "import oneid.interop.recordlinkage\n"
        "print('recordlinkage' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "False"

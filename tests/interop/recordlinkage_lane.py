"""The bridge inside recordlinkage, and recordlinkage as oracle. Run by ``make test-recordlinkage`` alone.

recordlinkage 0.16 needs pandas 2, so these tests have an environment of their own (``scripts/lane.py``), and this file
a name that the everyday suite does not collect.
"""

from __future__ import annotations

import contextlib
import io
import json
from functools import reduce
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oneid
from clusters.test_clustering import groups
from conftest import PEOPLE_CONFIG, people_frames
from oneid.clusters.clustering import components
from oneid.engines.local import LocalEngine
from oneid.kinds.name.levels import Text, one_edit
from oneid.pairs.blocking import pairs, plan, tasks
from oneid.pairs.columns import block_keys, columns_of
from oneid.settings.rules import BlockingRule
from oneid.vocabulary.codes import code
from pairs.test_oracle import RULES, near, people, words
from paths import ROOT

ENGINE = LocalEngine(1)
SHOPS = {shop: frame.to_pandas().set_index("id") for shop, frame in people_frames().items()}


def interop():
    """The library and the bridge; imported here, so that looking for doctests in this file needs neither."""
    import recordlinkage

    from oneid.interop import recordlinkage as bridge

    return recordlinkage, bridge


def unordered(found) -> set[frozenset]:
    return {frozenset(pair) for pair in found}


def test_linking() -> None:
    """Blocking makes the candidates of two frames, beside other index classes too."""
    recordlinkage, bridge = interop()
    members = bridge.Members(SHOPS, PEOPLE_CONFIG)
    blocking = bridge.Blocking(members)
    assert isinstance(blocking, recordlinkage.base.BaseIndexAlgorithm)
    made = recordlinkage.Index([blocking]).index(*SHOPS.values())
    assert made.equals(members.candidates)
    more = recordlinkage.Index([blocking, recordlinkage.index.Full()]).index(*SHOPS.values())
    assert len(more) == 4 * 3
    assert made.isin(more).all()
    assert more.names == made.names


def test_duplicates() -> None:
    """One frame: pairs of its lower triangle, as recordlinkage's own classes make them, so that their union has each
    once.
    """
    recordlinkage, bridge = interop()
    frame = pd.concat(SHOPS.values())
    members = bridge.Members({"all": frame}, {"sources": {"all": PEOPLE_CONFIG["sources"]["ec"]}})
    made = recordlinkage.Index([bridge.Blocking(members)]).index(frame)
    assert unordered(made) >= {frozenset(("E1", "S1")), frozenset(("E4", "S2"))}
    full = recordlinkage.Index([recordlinkage.index.Full()]).index(frame)
    assert made.isin(full).all()
    assert made.names == full.names
    both = recordlinkage.Index([bridge.Blocking(members), recordlinkage.index.Full()]).index(frame)
    assert len(both) == len(full)


def test_evidence_beside_other_features() -> None:
    """In Compare, in the given order of pairs, whole and alone; bits and levels."""
    recordlinkage, bridge = interop()
    members = bridge.Members(SHOPS, PEOPLE_CONFIG)
    made = pd.MultiIndex.from_product([index[::-1] for index in members.labels.values()])
    compare = recordlinkage.Compare([bridge.Evidence(members)])
    compare.exact("phone", "phone", label="phone as written")
    found = compare.compute(made, *SHOPS.values())
    assert found.drop(columns="phone as written").equals(members.bits(made))
    assert found.index.equals(made)
    assert found["name"].loc[("E1", "S1")] > 0 > found["name"].loc[("E2", "S1")]
    levels = bridge.Evidence(members, "levels")
    assert isinstance(levels, recordlinkage.base.BaseCompareFeature)
    assert levels.compute(made, *SHOPS.values()).equals(members.levels(made))
    assert recordlinkage.Compare([levels]).compute(made, *SHOPS.values()).equals(members.levels(made))
    assert members.judge(found).pairs.index.equals(made)


def test_evidence_is_that_of_all_records() -> None:
    """Whether a name is rare is asked of all records, not only of those in the pairs."""
    recordlinkage, bridge = interop()
    frame = pd.DataFrame({"name": ["小鳥遊 六花"] * 9, "birth": [f"19{year}-01-02" for year in range(80, 89)]})
    members = bridge.Members({"ec": frame}, {"sources": {"ec": {"fields": {"name": "name", "birth": "birth"}}}})
    one = pd.MultiIndex.from_tuples([(1, 0)])
    found = recordlinkage.Compare([bridge.Evidence(members, "levels")]).compute(one, frame)
    assert found["name"].tolist() == ["equal_common"]


def test_a_classifier_learns_from_the_bits() -> None:
    """Bits are numbers without gaps."""
    recordlinkage, bridge = interop()
    members = bridge.Members(SHOPS, PEOPLE_CONFIG)
    made = pd.MultiIndex.from_product(members.labels.values())
    same = pd.MultiIndex.from_tuples([("E1", "S1"), ("E4", "S2")])
    model = recordlinkage.LogisticRegressionClassifier()
    assert unordered(model.fit_predict(members.bits(made), same)) == unordered(same)


def test_other_frames_are_refused() -> None:
    """Whether there are too few, or they hold other records."""
    _, bridge = interop()
    members = bridge.Members(SHOPS, PEOPLE_CONFIG)
    ec, store = SHOPS.values()
    for frames in ((ec,), (store, ec), (ec, store.iloc[1:])):
        for call in (
            lambda frames=frames: bridge.Blocking(members).index(*frames),
            lambda frames=frames: bridge.Evidence(members).compute(members.candidates, *frames),
        ):
            with pytest.raises(oneid.UsageError, match="E441 these are not the frames"):
                call()


@given(people(30), st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_candidate_pairs(features: pl.DataFrame, most: int) -> None:
    """The union of recordlinkage's Block over the columns of effective keys (after over-large blocks were refined or
    left out), one Block for each two places of a field with several values.
    """
    recordlinkage, _ = interop()
    rules = [BlockingRule(rule.name, rule.keys, min(most, rule.most), rule.then) for rule in RULES.blocking]
    made = plan(rules, block_keys(columns_of(features, ENGINE)), ENGINE)
    index = recordlinkage.Index()
    columns = {}
    for rule, slots in enumerate(made.slots):
        names = [f"{rule}.{place}" for place in range(len(slots))]
        columns |= {
            name: [str(key) if key else None for key in slot.tolist()] for name, slot in zip(names, slots, strict=True)
        }
        index.add([recordlinkage.index.Block(a, b) for a in names for b in names])
    frame = pd.DataFrame(columns, index=range(features.height))
    found = [pair for task in tasks(made) for pair in zip(*(side.tolist() for side in pairs(made, task)), strict=True)]
    assert unordered(found) == {pair for pair in unordered(index.index(frame)) if len(pair) == 2}
    assert len(found) == len(set(found))


@given(st.lists(words, min_size=2, max_size=10))
@settings(max_examples=40, deadline=None)
def test_distances(values: list[str]) -> None:
    """One edit is a similarity of Damerau and Levenshtein above that of two edits."""
    recordlinkage, _ = interop()
    frame = pd.DataFrame({"value": values})
    every = recordlinkage.Index([recordlinkage.index.Full()]).index(frame)
    compare = recordlinkage.Compare()
    compare.string("value", "value", method="damerau_levenshtein", label="likeness")
    likeness = compare.compute(every, frame)["likeness"].to_numpy()
    longest = np.array([max(len(values[a]), len(values[b])) for a, b in every])
    shortest = np.array([min(len(values[a]), len(values[b])) for a, b in every])
    expected = (np.round((1 - likeness) * longest) <= 1) & (shortest >= 2) & (longest >= 3)
    left, right = (every.get_level_values(level).to_numpy().astype(np.uint32) for level in (0, 1))
    column = pl.Series(values)
    found = one_edit(Text(code(column), column), left, right, np.ones(left.size, np.bool_))
    assert found.tolist() == expected.tolist() == [near(values[a], values[b]) for a, b in every]


@given(
    st.integers(2, 20).flatmap(
        lambda size: st.tuples(st.just(size), st.lists(st.tuples(*[st.integers(0, size - 1)] * 2)))
    )
)
@settings(max_examples=40, deadline=None)
def test_components(problem: tuple[int, list[tuple[int, int]]]) -> None:
    """Those of recordlinkage's ConnectedComponents."""
    recordlinkage, _ = interop()
    size, drawn = problem
    links = sorted({(a, b) for a, b in drawn if a < b})
    left, right = (np.array([link[n] for link in links], dtype=np.uint32) for n in (0, 1))
    parts = []
    if links:
        made = recordlinkage.ConnectedComponents().compute(pd.MultiIndex.from_tuples(links))
        parts = [frozenset(reduce(set.union, map(set, part), set())) for part in made]
    found = groups(components(size, left, right))
    assert {part for part in found if len(part) > 1} == set(parts)
    assert found == {frozenset(part) for part in nx.connected_components(graph(size, links))}


def graph(size: int, links: list[tuple[int, int]]) -> nx.Graph:
    made = nx.Graph(links)
    made.add_nodes_from(range(size))
    return made


def test_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells of the example run from top to bottom, print, and find who is who."""
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((ROOT / "examples/recordlinkage.ipynb").read_text("utf-8"))
    names: dict[str, object] = {"__name__": "notebook"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
        assert out.getvalue(), number
        assert cell["outputs"], number
    assert names["precision"] >= 0.98
    assert names["recall"] >= 0.8

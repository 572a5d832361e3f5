"""What the folder says of pairs and records: from what a run kept, from its sources, or from its outputs alone."""

from __future__ import annotations

import polars as pl
import pytest

from conftest import Demo
from oneid.review.pairs import RunPairs
from oneid.settings.configfile import load
from oneid.vocabulary.errors import OneIDError
from review.conftest import Shop


def test_the_pairs_that_wait(shop: Shop) -> None:
    """Those of review.parquet in its order, each with its records' places and OneIDs."""
    pairs, table = shop.pairs(), pl.read_parquet(shop.out / "review.parquet")
    merge_map = pl.read_parquet(shop.out / "merge_map.parquet")
    assert pairs.waiting.height == table.height > 20
    for number, row in enumerate(table.iter_rows(named=True)):
        pair = pairs.pair(number)
        assert (str(pair.left), str(pair.right)) == tuple(
            f"{row[f'source_{side}']}:{row[f'source_id_{side}']}" for side in "lr"
        )
        assert pair.rows[0] < pair.rows[1]
        assert [pairs.ref(at) for at in pair.rows] == [pair.left, pair.right]
        assert list(pair.oneids) == [merge_map["oneid"][at] for at in pair.rows]
        assert all(at in pairs.members(oneid) for at, oneid in zip(pair.rows, pair.oneids, strict=True))


def test_evidence_is_that_of_explain(demo: Demo) -> None:
    """Levels, bits, score, rule and reason of every pair that waits: an independent reading of the same run."""
    pairs = RunPairs(demo.folder / "out")
    assert pairs.rules is not None
    for number in range(0, pairs.waiting.height, 7):
        pair = pairs.pair(number)
        found = demo.result.explain(str(pair.left), str(pair.right), show_pii=True)
        evidence, more = pairs.evidence(pair.pattern)
        assert [(one.field, one.level, one.bits) for one in evidence] == [
            (one.field, one.level, one.bits) for one in found.fields
        ]
        assert more == dict(found.extra)
        assert (pair.score, pair.rule, pairs.why(pair.rule)) == (found.score, found.rule, found.why)


def test_values(shop: Shop, demo: Demo) -> None:
    """What a run with a registry kept; what the sources of another say; what its outputs tell: each says the same of
    the records, the last only a part.
    """
    pairs = shop.pairs()
    golden = pl.read_parquet(shop.out / "golden_values.parquet")
    source, source_id = golden.select("source", "source_id").row(5)
    names = pairs.merge_map.with_row_index("row").filter(source=source, source_id=source_id)
    (seen,) = pairs.seen(names["row"].to_list())
    mine = golden.filter(source=source, source_id=source_id)
    for field, value in mine.select("field", "value").iter_rows():
        assert value in seen[field]
    assert not [name for name in seen if name.startswith("carried")]
    read = RunPairs(demo.folder / "out", load(demo.config))
    part = RunPairs(demo.folder / "out")
    assert (read.notes, part.notes) == ([], ["values"])
    rows = [at for number in range(5) for at in part.pair(number).rows]
    for whole, some in zip(read.seen(rows), part.seen(rows), strict=True):
        assert set(some) <= set(whole)
        assert all(set(texts) <= set(whole[name]) for name, texts in some.items())


@pytest.mark.slow
def test_data_of_another_run(demo: Demo, shop: Shop) -> None:
    """Values of others would be shown beside these records: refused."""
    other = load(shop.config)
    pairs = RunPairs(demo.folder / "out", other)
    with pytest.raises(OneIDError, match="E427"):
        pairs.seen([0])


def test_rules_that_are_not_those_of_the_run(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bits are told by rules that did not judge the pair: neither those of a config that was changed since, nor a
    preset of another version.
    """
    config = load(demo.config).model_copy(update={"rules": "person"})
    assert RunPairs(demo.folder / "out", config).rules is not None  # the preset that the run names
    monkeypatch.setattr("oneid.review.pairs.presets", lambda: ())
    pairs = RunPairs(demo.folder / "out", config)
    assert pairs.rules is None
    assert "rules" in pairs.notes
    evidence, more = pairs.evidence(pairs.pair(0).pattern)
    assert {one.bits for one in evidence} == {None}
    assert more == {}
    assert pairs.why("score") == ""


def test_history(shop: Shop) -> None:
    """With the registry that of all runs, without it that of this one."""
    oneid_ = shop.pairs().pair(0).oneids[0]
    assert shop.pairs().history(oneid_)["event"].to_list() == ["created"]
    with shop.registry() as registry:
        found = RunPairs(shop.out, None, registry).history(oneid_)
        assert found["event"].to_list() == ["created"]

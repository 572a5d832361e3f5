"""What a verdict would change is what the next run makes of it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import oneid
from oneid.review.books import Said
from oneid.review.effect import Effects
from oneid.review.pairs import RunPairs
from review.conftest import Shop

NOBODY: dict[tuple[int, int], str] = {}


def parts(folder: Path) -> dict[int, frozenset[int]]:
    """By record the records of its OneID."""
    table = pl.read_parquet(folder / "merge_map.parquet").with_row_index("row")
    groups = table.group_by("oneid").agg("row")["row"].to_list()
    return {row: frozenset(group) for group in groups for row in group}


def test_the_next_run_agrees(shop: Shop) -> None:
    """Verdicts on twelve pairs of other cases, of both kinds, at once: whoever changes, and into what, was foretold."""
    pairs, book = shop.pairs(), shop.book()
    effects, before = Effects(pairs), parts(shop.out)
    taken, decided, foretold = set[int](), {}, dict(before)
    for number in range(pairs.waiting.height):
        pair = pairs.pair(number)
        verdict = ("same", "different")[len(decided) % 2]
        change = effects.change(pair.rows, verdict, NOBODY)
        touched = {row for part in (*change.before, *change.after) for row in part}
        touched |= {row for oneid_ in pair.oneids for row in pairs.members(oneid_)}
        if touched & taken:
            continue
        assert change.exact
        assert change.unknown == 0
        assert {row for part in change.before for row in part} == {row for part in change.after for row in part}
        assert all(before[row] == frozenset(part) for part in change.before for row in part)
        taken |= touched
        decided[pair.rows] = verdict
        foretold |= {row: frozenset(part) for part in change.after for row in part}
        book.write([Said(pair.left, pair.right, verdict, "x", "2026-01-01T00:00:00+00:00")])
        if len(decided) == 12:
            break
    assert len(decided) == 12
    assert foretold != before
    book.close()
    oneid.resolve(shop.config).write(shop.out)
    assert parts(shop.out) == foretold


def test_verdicts_of_now_count(shop: Shop) -> None:
    """A pair that was decided to be one person changes nothing a second time; taken apart again it does."""
    pairs = shop.pairs()
    effects = Effects(pairs)
    pair = next(
        one for one in map(pairs.pair, range(pairs.waiting.height)) if effects.change(one.rows, "same", NOBODY).after
    )
    decided = {pair.rows: "same"}
    assert effects.change(pair.rows, "same", decided).after == ()
    assert effects.change(pair.rows, "different", decided).after
    links = effects.links(pair.rows, decided)
    assert [(link.verdict, link.decided) for link in links] == [("match", True)]
    assert effects.change(pair.rows, "same", NOBODY).moved >= 1


def test_without_rules(shop: Shop) -> None:
    """It is said whose records would come together, and that this is not exact."""
    pairs = shop.pairs()
    pairs.rules = None
    pair = pairs.pair(0)
    change = Effects(pairs).change(pair.rows, "same", NOBODY)
    sizes = sorted(len(pairs.members(one)) for one in pair.oneids)
    assert sorted(map(len, change.before)) == sizes
    assert [len(part) for part in change.after] == [sum(sizes)]
    assert not change.exact
    assert Effects(pairs).change(pair.rows, "different", NOBODY).after == ()


def test_without_what_was_kept(demo) -> None:
    """A run that kept no features tells how many pairs it does not know."""
    pairs = RunPairs(demo.folder / "out")
    effects = Effects(pairs)
    found = [effects.change(pairs.pair(number).rows, "same", NOBODY) for number in range(40)]
    assert any(change.unknown for change in found)
    assert any(not change.unknown for change in found)
    assert all(change.exact for change in found)


@pytest.mark.parametrize("verdict", ["same", "different", "defer"])
def test_no_record_is_lost(demo, verdict: str) -> None:
    pairs = RunPairs(demo.folder / "out")
    effects = Effects(pairs)
    effects.warm()
    for number in range(0, 60, 5):
        change = effects.change(pairs.pair(number).rows, verdict, NOBODY)
        assert sorted(row for part in change.before for row in part) == sorted(
            row for part in change.after for row in part
        )

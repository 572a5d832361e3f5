"""Tables in parts are the tables that they would be in one."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.engines.overlay import Overlay, Part

SCHEMA = {"a": pl.String, "b": pl.List(pl.String), "c": pl.Int16}
cells = st.fixed_dictionaries(
    {
        "a": st.none() | st.text(max_size=3),
        "b": st.none() | st.lists(st.text(max_size=2), max_size=2),
        "c": st.none() | st.integers(-5, 5),
    }
)
parts = st.lists(
    st.tuples(st.lists(cells, max_size=5), st.booleans(), st.sets(st.sampled_from(sorted(SCHEMA)), max_size=2)),
    min_size=1,
    max_size=3,
)


@settings(deadline=None)
@given(parts, st.data())
def test_like_one_table(found: list[tuple[list[dict[str, object]], bool, set[str]]], data: st.DataObject) -> None:
    """Whole, by row, by column; parts in memory or as Arrow, with columns missing, places in any order and again."""
    whole, held = [], []
    for number, (rows, arrow, without) in enumerate(found):
        frame = pl.DataFrame(rows, SCHEMA)
        lacking = set() if number == len(found) - 1 else without
        whole.append(frame.with_columns(pl.lit(None, SCHEMA[name]).alias(name) for name in lacking))
        part = frame.drop(lacking)
        made: Part = part
        if arrow:
            made = pa.table(part.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()))
        held.append(made)
    expected = pl.concat(whole)
    places = st.integers(0, expected.height - 1) if expected.height else st.nothing()
    place = np.array(data.draw(st.lists(places, max_size=8)) if expected.height else [], dtype=np.uint32)
    table = Overlay(tuple(held), place, tuple(SCHEMA))
    expected = expected[place]
    assert table.whole.equals(expected)
    assert len(table) == place.size
    assert Overlay(tuple(held), place, tuple(SCHEMA)).column("b").equals(expected["b"])
    rows_ = np.array(
        data.draw(st.lists(st.integers(0, place.size - 1), max_size=6)) if place.size else [], dtype=np.intp
    )
    assert table.of(rows_).equals(expected[rows_])
    assert table.of(rows_, ["c"]).equals(expected[rows_].select("c"))

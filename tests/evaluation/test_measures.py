"""A merge map against a truth, in whatever frames both come."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from oneid.evaluation.measures import quality
from oneid.vocabulary.errors import UsageError

MERGE_MAP = {"source": ["a", "a", "b", "b"], "source_id": ["1", "2", "1", "3"], "oneid": ["X", "Y", "X", "Y"]}
TRUTH = {"source": ["a", "a", "b", "b", "b"], "source_id": ["1", "2", "1", "3", "9"], "person_id": [1, 2, 1, 3, 3]}


def test_pandas_and_polars_give_the_same() -> None:
    """An index, numbers, categories and columns more change nothing; counted by hand."""
    merge_map, truth = pl.DataFrame(MERGE_MAP), pl.DataFrame(TRUTH)
    found = quality(merge_map, truth)
    assert (found.records, found.persons, found.lost, found.wrong) == (5, 3, 1, 1)
    assert (found.precision, found.recall) == (0.5, 0.5)
    mine = pd.DataFrame(MERGE_MAP, index=[7, 7, 8, 9]).astype({"source": "category"}).assign(more=None)
    theirs = pd.DataFrame(TRUTH).astype({"source_id": int})
    assert quality(mine, theirs) == found
    assert quality(merge_map, theirs) == found
    assert quality(mine, truth.with_columns(pl.col("source").cast(pl.Categorical))) == found


def test_a_missing_column_is_told() -> None:
    """By its name, with the one that is meant, in both kinds of frames."""
    wrong = {"source": ["a"], "source_id": ["1"], "person": ["p"]}
    for frame in (pl.DataFrame(wrong), pd.DataFrame(wrong)):
        with pytest.raises(UsageError, match="E411 no column 'person_id'"):
            quality(pl.DataFrame(MERGE_MAP), frame)

"""The questions about names that users ask: what goes in, what comes out, what is refused."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.kinds.name.possible import Split, possible_reading, possible_splits
from oneid.vocabulary.errors import UsageError
from strategies import thorough

NAMES = ["佐藤 太郎", "佐藤 太郎", None, "TARO SATO"]
READINGS = ["サトウ タロウ", "スズキ タロウ", "サトウ", "サトウ"]
VERDICTS = [True, False, None, None]


@pytest.mark.parametrize("container", [list, tuple, pd.Series, pl.Series])
def test_readings_come_back_in_the_container_of_the_names(container) -> None:
    """A list for any other sequence; a pandas Series keeps its index."""
    found = possible_reading(container(NAMES), READINGS)
    assert list(found) == VERDICTS
    assert isinstance(found, list if container is tuple else container)
    named = possible_reading(pd.Series(["佐藤"], index=["a"]), pd.Series(["サトウ"], index=["b"]))
    assert named.to_dict() == {"a": True}


@pytest.mark.parametrize("container", [list, tuple, pd.Series, pl.Series])
def test_splits_are_lists(container) -> None:
    """Of any container; readings may be left out, as a whole or one by one."""
    names = container(["佐藤太郎", None, "森下実"])
    for kana in (None, [None, None, "モリシタ ミノル"], pl.Series([None, None, "モリシタ ミノル"])):
        found = possible_splits(names, kana)
        assert [[split[:2] for split in splits] for splits in found] == [[("佐藤", "太郎")], [], [("森下", "実")]]
        assert all(isinstance(split, Split) for splits in found for split in splits)


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_nothing_in_nothing_out(values) -> None:
    """Columns without a value."""
    assert possible_reading(values, values) == values
    assert possible_splits(values) == possible_splits(values, values) == [[] for _ in values]


@pytest.mark.parametrize("ask", [possible_reading, possible_splits])
@pytest.mark.parametrize(("names", "kana"), [(["佐藤"], []), ([], ["サトウ"]), (["佐藤"], ["サトウ", "サトウ"])])
def test_as_many_readings_as_names(ask, names, kana) -> None:
    """Else the lengths are told, and no value."""
    with pytest.raises(UsageError, match=f"{len(names)} names and {len(kana)} readings") as error:
        ask(names, kana)
    assert error.value.code == "E403"
    assert "佐藤" not in str(error.value)


@pytest.mark.parametrize(
    ("kanji", "kana", "verdict"),
    [
        ("佐藤 太郎", "サトウ タロウ", True),
        ("佐藤 太郎", "タロウ サトウ", False),  # kana has the order of the name
        ("佐藤 太郎", "TARO SATO", True),  # Latin letters come in both
        ("佐藤太郎", "Taro Sato", True),
        ("佐藤太郎", "サトウ タロウ", True),
        ("佐藤 太郎", "サトウタロウ", True),
        ("林 林太郎", "ハヤシリン タロウ", False),  # the parts are read one by one
        ("林林太郎", "ハヤシリン タロウ", True),
        ("佐藤　太郎様", "ｻﾄｳ　ﾀﾛｳ", True),
        ("髙橋", "タカハシ", True),
        ("株式会社佐藤", "サトウ", None),
        ("サトウ", "サトウ", None),
    ],
)
def test_parts_and_order(kanji: str, kana: str, verdict: bool | None) -> None:
    """What the blank says, in the name and in its reading."""
    assert possible_reading([kanji], [kana]) == [verdict]


def test_a_written_blank_is_certain() -> None:
    """Just that split, with the share one, whatever the reading says; honorifics are no part of it."""
    assert possible_splits(["森 下実", "森下 実様"], ["モリシタ ミノル", None]) == [
        [Split("森", "下実", 1.0)],
        [Split("森下", "実", 1.0)],
    ]


def test_shares_of_a_doubtful_name() -> None:
    """Two splits, the likelier first, that add up to about one."""
    first, second = possible_splits(["林原一"])[0]
    assert (first[:2], second[:2]) == (("林原", "一"), ("林", "原一"))
    assert first.share > second.share > 0.03
    assert 0.95 < first.share + second.share <= 1 + 1e-9


texts = st.none() | st.text("佐藤太郎花子林一 　ﾊﾅｺサトウsato株式会社様", max_size=10) | st.text(max_size=10)


@given(st.lists(st.tuples(texts, texts), max_size=5))
@settings(deadline=None, max_examples=thorough(20))
def test_any_text(rows) -> None:
    """Any Python text, one answer each; splits put together are the name."""
    names, kana = [name for name, _ in rows], [reading for _, reading in rows]
    verdicts, splits = possible_reading(names, kana), possible_splits(names, kana)
    assert len(verdicts) == len(splits) == len(rows)
    for (name, reading), verdict, found in zip(rows, verdicts, splits, strict=True):
        assert verdict in (True, False, None)
        assert verdict is None or (name is not None and reading is not None)
        assert found == [] or name is not None
        assert all(split.family and split.given and 0 < split.share <= 1 for split in found)
        assert len({split.family + split.given for split in found}) <= 1

"""Equality codes: equal exactly where values are, 0 exactly where null."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from oneid.vocabulary.codes import both, code, distinct_pairs, equal, list_codes, mix, order
from strategies import texts

values = st.lists(st.none() | texts, min_size=1, max_size=12)


def series(column):
    return pl.Series(column, dtype=pl.String)


@given(values)
def test_codes_are_equal_where_values_are(column):
    """Whichever two rows are taken; null is 0 and equal to nothing."""
    codes = code(series(column))
    for a, x in zip(codes, column, strict=True):
        assert (a == 0) == (x is None)
        for b, y in zip(codes, column, strict=True):
            assert (a == b) == (x == y)
    assert equal(codes, codes).tolist() == [x is not None for x in column]


def test_codes_do_not_depend_on_other_rows_or_chunks():
    """A value has one code in whatever column it stands."""
    whole = series(["a", "b", None, "a"])
    chunked = pl.concat([whole.head(1), whole.tail(3)], rechunk=False)
    assert code(chunked).tolist() == code(whole).tolist()
    assert code(whole.tail(1))[0] == code(whole)[0]


@given(st.lists(st.lists(st.none() | st.sampled_from("abc"), max_size=4), min_size=1, max_size=6))
def test_list_codes_hold_each_value_once(column):
    """One array per place; a value that a record holds twice counts once; nulls and short lists are 0."""
    places = list_codes(pl.Series(column, dtype=pl.List(pl.String)))
    assert len(places) == max(1, *map(len, column))
    known = {letter: int(code(series([letter]))[0]) for letter in "abc"}
    for row, held in enumerate(column):
        codes = [int(place[row]) for place in places if place[row]]
        assert len(codes) == len(set(codes))
        assert set(codes) == {known[letter] for letter in held if letter}


def test_list_codes_of_a_null_list():
    """A null list holds nothing."""
    assert [place.tolist() for place in list_codes(pl.Series([None, None], dtype=pl.List(pl.String)))] == [[0, 0]]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=10))
def test_mix_is_one_to_one_and_ordered(rows):
    """Mixed keys are equal where all parts are, and 0 where any part is missing; the order of the parts matters."""
    parts = np.array(rows, dtype=np.uint64).T
    mixed = mix(*parts)
    for a, x in zip(mixed, rows, strict=True):
        assert (a == 0) == (0 in x)
        for b, y in zip(mixed, rows, strict=True):
            if a and b:
                assert (a == b) == (x == y)


def test_mix_of_one_part_and_of_a_turned_pair():
    """One part is itself; (a, b) is not (b, a), nor (a, a) nothing."""
    a, b = np.array([5], np.uint64), np.array([9], np.uint64)
    assert mix(a).tolist() == [5]
    assert mix(a, b)[0] != mix(b, a)[0]
    assert mix(a, a)[0] != 0
    assert a[0] == 5


def test_both_and_equal():
    """Missing is never equal, and both need both."""
    left, right = np.array([0, 0, 1, 1], np.uint64), np.array([0, 1, 1, 2], np.uint64)
    assert equal(left, right).tolist() == [False, False, True, False]
    assert both(left, right).tolist() == [False, False, True, True]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=15))
def test_distinct_pairs_lead_back_to_all(pairs):
    """One example for each unordered pair, and the inverse says which stands for whom."""
    left, right = np.array(pairs, dtype=np.uint64).T
    first, inverse = distinct_pairs(left, right)
    assert len(first) == len({frozenset(pair) for pair in pairs})
    for at, pair in enumerate(pairs):
        assert set(pairs[first[inverse[at]]]) == set(pair)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=40), st.sampled_from([0, 20, 40, 58]))
def test_order_is_a_stable_sort(parts, shift):
    """By all bits, also where codes agree in the upper ones alone; equal ones stay in their order."""
    codes = np.array([(high << shift) + low for high, low in parts], dtype=np.uint64)
    assert order(codes).tolist() == np.argsort(codes, kind="stable").tolist()


def test_order_of_many_codes():
    """As many as have no place beside all their bits."""
    rng = np.random.default_rng(1)
    codes = rng.choice(rng.integers(0, 2**64, 5_000, dtype=np.uint64), 20_000)
    assert (order(codes) == np.argsort(codes, kind="stable")).all()

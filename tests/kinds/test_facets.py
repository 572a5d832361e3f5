"""Facets, over the records of all cases: what is made of a few records or of one is what is made of whole columns."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import polars as pl
import pytest

from conftest import COLUMNS, COLUMNS_OF_PARTS, PERSON_FIELDS, loaded
from kinds.test_levels import CARD, ROWS, features, records
from oneid.engines.local import LocalEngine
from oneid.kinds.families import Families
from oneid.kinds.few import Few, OneRecord
from oneid.kinds.holders import Borne
from oneid.pairs.columns import Columns, block_keys, borne, columns_of
from oneid.records.columnfacts import Learned
from oneid.records.features import normalize_source
from oneid.records.onerecord import features_of as features_of_one
from oneid.records.together import combine
from oneid.sources.reading import read_source

ENGINE = LocalEngine(1)
NOBODY = Families(("people",), pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String}), latin=False)
FACETS = {facet.name: facet for facet in CARD.facets}
LISTS = [name for name, kind in CARD.features.items() if kind == pl.List(pl.String)]
SINGLE = [name for name in CARD.features if name not in LISTS]


@functools.cache
def whole() -> tuple[pl.DataFrame, Columns, Borne]:
    """All records of the cases as one population: features, columns, and what is counted."""
    frame = pl.concat(features())
    counted = borne(columns_of(frame, ENGINE, compared=CARD), frame["source"])
    return frame, columns_of(frame, ENGINE, counted, {}, CARD), counted


def plain(value: Any) -> str:
    """A value as look-ups hold it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "1" if value is True else "" if value in (None, False) else str(value)


@functools.cache
def texts() -> list[tuple[dict[str, str], dict[str, list[str]]]]:
    """Per record its features with one value, and those with several."""
    places = {name: max(1, whole()[0][name].list.len().max() or 0) for name in LISTS}
    return [
        (
            {name: plain(row[name]) for name in SINGLE},
            {name: [*(row[name] or []), *[""] * places[name]][: places[name]] for name in LISTS},
        )
        for row in whole()[0].iter_rows(named=True)
    ]


@pytest.mark.parametrize("name", [name for name, facet in FACETS.items() if facet.few is not None])
def test_a_few_records_compare_as_columns_do(name: str) -> None:
    """The records of each case both ways round, and each with those of other cases."""
    facet, (_, columns, counted) = FACETS[name], whole()
    single, listed = texts()[0]
    at = {feature: place for place, feature in enumerate(single)}
    for feature, values in listed.items():
        at[feature] = at.setdefault("", len(single))
        at[""] += len(values)
    rows = [[*one.values(), *(text for held in many.values() for text in held)] for one, many in texts()]
    few = facet.few(Few(rows, at, {feature: len(values) for feature, values in listed.items()}), counted)
    number = np.arange(len(rows), dtype=np.uint32)
    for other in (np.roll(number, 1), np.roll(number, -1), np.roll(number, 7), number):
        for one in facet.comparisons:
            found = one.compare(few, number, other)
            assert found.tolist() == one.compare(columns.parts[name], number, other).tolist(), one.field


@pytest.mark.parametrize("name", [name for name, facet in FACETS.items() if facet.keys_of_one is not None])
def test_one_record_has_the_keys_of_columns(name: str) -> None:
    """Each key of each record, whatever it lacks; all keys have a name."""
    facet, (_, columns, counted) = FACETS[name], whole()
    keys = facet.keys(columns.parts[name], counted.heard)
    assert set(keys) == set(facet.key_names) <= set(block_keys(columns))
    for row, (single, listed) in enumerate(texts()):
        found = facet.keys_of_one(OneRecord(single, listed), counted)
        assert set(found) == set(keys)
        for key, places in keys.items():
            assert set(found[key]) - {0} == {int(codes[row]) for codes in places} - {0}, (key, row)


def test_features_of_one_record_are_those_of_columns() -> None:
    """Some records of the cases whose parts are not known apart, by themselves and in a column of others."""
    config = loaded({"sources": {"people": {"id": "id", "fields": PERSON_FIELDS}}})
    source = config.sources["people"]
    every = [row for case in ROWS for row in records(case)[:2] if not row.keys() & set(COLUMNS_OF_PARTS)]
    distinct = [dict(said) for said in {tuple(sorted(row.items())): None for row in every}][::4]
    lone = ("タナカ", "たなか", "TANAKA", "ヤマモト", "サトウ", "ヌヌヌ", "田中")
    distinct += [{field: text} for field in ("name", "kana", "romaji", "nickname") for text in lone]
    assert len(distinct) > 50
    frame = pl.DataFrame(
        [{"id": f"{at:06}"} | row for at, row in enumerate(distinct)], schema=dict.fromkeys(COLUMNS, pl.String)
    )
    made = normalize_source(read_source(source, config, frame).frame, source, ENGINE).features
    wanted = combine([made], ENGINE, NOBODY, CARD).sort("source_id").select(*CARD.features)
    for row, expected in zip(distinct, wanted.iter_rows(named=True), strict=True):
        found = features_of_one({**row, "id": "1"}, source, (), Learned(families=NOBODY), CARD)
        assert {name: found[name] for name in CARD.features} == expected, row

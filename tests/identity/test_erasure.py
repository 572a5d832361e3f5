"""Erasures: tombstones by their specification, and a state without a trace."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b

import polars as pl

from identity.small import KEY, bearers, follow, frame_of, partition_of, run_of, wrong
from oneid.identity.erasure import erase, erased, erased_among, token, tombstones
from oneid.identity.state import EVENTS


def test_tokens_follow_their_specification() -> None:
    """The same from the standard library alone; the key, the source and where it ends all matter."""
    sources, ids = pl.Series(["ec", "会員", "ec:1"]), pl.Series(["1:x", "髙橋", "x"])
    for key in (KEY, b"k" * 100):
        short = key if len(key) <= 64 else blake2b(key).digest()
        expected = [
            b32encode(
                blake2b(
                    f"{len(source.encode())}:{source}:{source_id}".encode(),
                    digest_size=20, key=short, person=b"oneid tombstone",
                ).digest()
            ).decode()
            for source, source_id in zip(sources, ids, strict=True)
        ]  # fmt: skip
        assert token(sources, ids, key).to_list() == expected
        assert len(set(expected)) == 3
    assert token(pl.Series(["a"]), pl.Series(["1"]), b"x")[0] != token(*map(pl.Series, (["a"], ["1"])), KEY)[0]
    assert wrong(token, sources, ids, b"") == ["E415"]


def test_the_erased_are_known_again() -> None:
    """By tombstones alone; other columns and the order stay."""
    records = frame_of(("a", "1"), ("a", "2"), ("b", "1")).with_columns(row=pl.Series([3, 2, 1]))
    stones = token(pl.Series(["b", "a"]), pl.Series(["1", "1"]), KEY)
    assert erased_among(records, stones, KEY).rows() == [("a", "1", 3), ("b", "1", 1)]
    assert erased_among(records, stones, b"another key").is_empty()
    assert erased_among(records, stones.clear(), KEY).is_empty()


def test_an_erasure_leaves_no_trace() -> None:
    """Neither state nor events name the record; who was never there changes nothing; the time is told."""
    before = follow(partition_of("a1 b1", "b2"))[0].state
    gone = frame_of(("a", "1"), ("b", "2"), ("x", "9"))
    after = erase(before, gone, run_of(2))
    assert sorted(after.oneids.select("founder_source", "founder_source_id").rows(), key=str) == [(None, None)] * 2
    assert set(bearers(after)) == {("b", "1")}
    events = erased(before, after, run_of(2))
    assert events.schema == pl.Schema(dict(EVENTS))
    assert events["source_id"].null_count() == len(events) == 3
    assert sorted(events.select("event", "source", "reason").rows(), key=str) == [
        ("left", "a", "erased"), ("left", "b", "erased"), ("retired", None, "erased")
    ]  # fmt: skip
    retired = after.oneids.filter(pl.col("current_oneid").is_null())
    assert retired.select("under_oneid", "since").rows() == [(None, run_of(2).at)]
    untouched = erase(before, frame_of(("x", "9")), run_of(2))
    assert untouched.oneids.equals(before.oneids)
    assert untouched.assignments.equals(before.assignments)


def test_former_numbers_have_tombstones_without_their_number() -> None:
    """After those of the records themselves, in their own order."""
    made = tombstones(frame_of(("b", "1"), ("a", "1")), frame_of(("a", "8"), ("a", "7")), KEY)
    assert made.select("source", "source_id").rows() == [("b", "1"), ("a", "1"), ("a", None), ("a", None)]
    named = [("b", "1"), ("a", "1"), ("a", "7"), ("a", "8")]
    assert made["token"].to_list() == [token(pl.Series([a]), pl.Series([b]), KEY).item() for a, b in named]

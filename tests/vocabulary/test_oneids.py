"""The form of a OneID: what it is derived from, and that typing errors are found."""

from __future__ import annotations

from hashlib import blake2b

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.small import KEY, RECORDS, Record
from oneid.vocabulary.errors import InternalError, UsageError
from oneid.vocabulary.oneids import PUBLIC_KEY, check, derive

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_oneids_stand_for_good() -> None:
    """OneIDs given once are given forever: if this fails, every OneID ever published changes."""
    made = derive(pl.Series(["ec", "ec", "point_card", "会員"]), pl.Series(["E1", "E2", "", "髙橋"]), b"secret")
    assert made.to_list() == ["OIDQ4YZ46M02VQEC6", "OID70ZJNH8K3YES5Z", "OID5ZDZTV328KQCQS", "OIDZ4VDWNJSH74ACS"]
    one = (pl.Series(["ec"]), pl.Series(["E1"]))
    assert derive(*one, b"secret", 1).item() == "OID09A070K62E0ZT2"
    assert derive(*one, b"k" * 100).item() == "OID9Y7J7S9V8CAKA5"
    assert derive(*one, PUBLIC_KEY).item() == "OIDYXRFBE6GBDD9AC"


def test_derive_follows_its_specification() -> None:
    """The same from the standard library alone, symbol by symbol."""
    for source, source_id in RECORDS:
        text = f"2:{len(source.encode())}:{source}:{source_id}".encode()
        digest = blake2b(text, digest_size=9, key=KEY, person=b"oneid").digest()
        bits = int.from_bytes(digest, "big") >> 7
        codes = [bits >> (60 - 5 * place) & 31 for place in range(13)]
        total = 0
        for place, code in enumerate(reversed(codes)):
            doubled = code * (2 if place % 2 == 0 else 1)
            total += doubled // 32 + doubled % 32
        codes.append(-total % 32)
        expected = "OID" + "".join(SYMBOLS[code] for code in codes)
        assert derive(pl.Series([source]), pl.Series([source_id]), KEY, 2).to_list() == [expected]


def test_a_hundred_thousand_oneids_differ() -> None:
    ids = pl.select(pl.int_range(50_000).cast(pl.String)).to_series()
    sources = pl.concat([pl.repeat("a", 50_000, eager=True), pl.repeat("b", 50_000, eager=True)])
    made = derive(sources, pl.concat([ids, ids]), PUBLIC_KEY)
    assert made.n_unique() == 100_000
    assert made.str.contains(r"^OID[0-9A-HJKMNP-TV-Z]{14}$").all()
    assert all(check(oneid) for oneid in made.head(2000).to_list())
    spread = made.str.slice(3, 1).value_counts()["count"]
    assert len(spread) == 32
    assert spread.min() > 2800  # type: ignore[operator]


def test_the_length_keeps_source_and_id_apart() -> None:
    made = derive(pl.Series(["a", "a:b", "a:1"]), pl.Series(["b:c", "c", "2:b:c"]), KEY)
    assert made.n_unique() == 3


def test_key_generation_and_record_all_matter() -> None:
    one = [pl.Series(["a"]), pl.Series(["1"])]
    made = [derive(*one, KEY), derive(*one, b"other"), derive(*one, KEY, 1), derive(one[0], pl.Series(["2"]), KEY)]
    assert len({series.item() for series in made}) == 4
    assert derive(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String), KEY).to_list() == []


def test_what_derive_refuses() -> None:
    with pytest.raises(UsageError, match="E415"):
        derive(pl.Series(["a"]), pl.Series(["1"]), b"")
    with pytest.raises(InternalError, match="E911"):
        derive(pl.Series(["a"]), pl.Series([None], dtype=pl.String), KEY)


@given(st.sampled_from(RECORDS), st.integers(3, 16), st.sampled_from(SYMBOLS))
def test_every_wrong_symbol_is_found(record: Record, place: int, symbol: str) -> None:
    oneid = derive(pl.Series([record[0]]), pl.Series([record[1]]), KEY).item()
    wrong = oneid[:place] + symbol + oneid[place + 1 :]
    assert check(wrong) == (wrong == oneid)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5), st.integers(3, 15))
def test_swapped_neighbours_are_found(ids: list[int], place: int) -> None:
    """All but 0 with Z, as Luhn's scheme has it."""
    for oneid in derive(pl.Series(["a"] * len(ids)), pl.Series(map(str, ids)), KEY):
        swapped = oneid[:place] + oneid[place + 1] + oneid[place] + oneid[place + 2 :]
        assert check(swapped) == (swapped == oneid or {oneid[place], oneid[place + 1]} == {"0", "Z"})


@pytest.mark.parametrize(
    "text", ["", "OID", "OID00000000000000 ", "OID0000000000000", "XID00000000000000", "OID0000000000000U"]
)
def test_what_is_no_oneid(text: str) -> None:
    assert not check(text)
    assert check("OID00000000000000")

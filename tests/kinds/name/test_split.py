"""Where the family name ends, in kanji, kana and Latin letters."""

from __future__ import annotations

import functools
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.japanese.nametables import given_names, surnames
from oneid.kinds.name.known import split_lost
from oneid.kinds.name.possible import Split
from oneid.kinds.name.possible import possible_splits as splits_of
from oneid.kinds.name.spelling.normalizer import name
from oneid.kinds.name.split import given_first, possible_splits, split_kana, split_names
from paths import cases
from strategies import thorough

CASES = cases("split")
NAMES = cases("name")
UNSPACED = [row for row in NAMES if "family" in row and " " not in (row.get("raw") or " ")]
NOTHING = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})


def series(values) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def columns(names, family, given_) -> list[pl.Series]:
    none = [None] * len(names)
    return [series(names), series(family or none), series(given_ or none)]


def split(names, family=None, given_=None, seen=NOTHING) -> list[tuple]:
    return split_names(*columns(names, family, given_), seen).rows()


def shares(names, family=None, given_=None, seen=NOTHING) -> list[dict[int, float]]:
    """The share of each cut."""
    found = possible_splits(*columns(names, family, given_), seen)
    return [dict(zip(*row, strict=True)) for row in found.select("cuts", "shares").rows()]


@functools.cache
def together() -> list[list[Split]]:
    """The splits of all cases."""
    return splits_of([row["raw"] for row in CASES], [row.get("kana") for row in CASES])


@functools.cache
def wanted() -> list[list[tuple]]:
    """The parts of all splits that the cases name, folded."""
    texts = [text for row in CASES for text in row["splits"]]
    parts = iter(name(series(texts)).select("family", "given").rows())
    return [[next(parts) for _ in row["splits"]] for row in CASES]


@pytest.mark.parametrize(
    "at", [pytest.param(at, id=f"{row['raw']}={row.get('kana', '')}") for at, row in enumerate(CASES)]
)
def test_case(at: int) -> None:
    """The first split is the likeliest, the others are possible; what is not to be cut is not."""
    found = [(family, given_) for family, given_, _ in together()[at]]
    assert found[:1] == wanted()[at][:1]
    assert set(wanted()[at]) <= set(found)


def test_enough_cases() -> None:
    """The case file keeps its breadth, no question stands in it twice; a row alone says what it says among others."""
    assert len(CASES) >= 250
    assert len({(row["raw"], row.get("kana")) for row in CASES}) == len(CASES)
    for at, row in list(enumerate(CASES))[::71]:
        assert splits_of([row["raw"]], [row.get("kana")]) == [together()[at]]


@functools.cache
def split_of_names() -> list[tuple]:
    """The unspaced names of tests/kinds/name/cases/name.yaml, split by their scripts or by the reading of the family
    name.
    """
    made = name(series([row["raw"] for row in UNSPACED]))
    cut = split(made["normalized"].to_list(), [row.get("kana") for row in UNSPACED])
    told = made.select("family", "given").rows()
    return [parts if parts[0] is not None else found for parts, found in zip(told, cut, strict=True)]


@pytest.mark.parametrize(("at", "row"), [pytest.param(at, row, id=row["raw"]) for at, row in enumerate(UNSPACED)])
def test_name_case(at: int, row) -> None:
    """The names of tests/kinds/name/cases/name.yaml that have no blank."""
    assert split_of_names()[at][:2] == (row["family"], row["given"])


def test_the_reading_decides() -> None:
    """One text, two cuts: what the kana of the family name says, and a reading that only the kanji allow."""
    assert split(["森下実"] * 3, ["モリシタ", "モリ", None]) == [
        ("森下", "実", False, []),
        ("森", "下実", False, []),
        ("森下", "実", False, []),
    ]
    assert split(["朏健太"], ["ミカヅキ"])[0][:2] == ("朏", "健太")


def test_a_reading_that_fits_no_cut_changes_little() -> None:
    """Another person's reading beside a name does not move the cut."""
    assert split(["佐藤太郎"], ["ワタナベ"], ["ハナコ"])[0][:2] == ("佐藤", "太郎")


def test_family_names_that_only_the_data_shows() -> None:
    """A surname of no table is found where the data shows it apart, with or without a reading; unknown else."""
    assert split(["龘龘太郎"])[0] == (None, None, False, [])
    for reading in ("キキ", None):
        seen = pl.DataFrame({"kanji": ["龘龘", None, ""], "reading": [reading, "サ", "サ"]}, schema=NOTHING.schema)
        assert split(["龘龘太郎"], seen=seen)[0][:2] == ("龘龘", "太郎")


def test_names_that_are_not_cut() -> None:
    """A given name alone is told; a family name alone stays whole, unless a reading beside it says where it ends."""
    assert [row[2] for row in split(["花子", "佐藤太郎", None])] == [True, False, False]
    assert split(["長谷川", "勅使河原", "佐藤", "々"]) == [(None, None, False, [])] * 4
    assert split(["長谷川"], ["ハセ"], ["ガワ"])[0][:2] == ("長谷", "川")


def test_names_of_every_length() -> None:
    """Empty text, one character and very long texts stay whole."""
    assert split(["", "林", "佐藤太郎" * 3, "佐" * 10_000, "𠮷" * 11]) == [(None, None, False, [])] * 5


name_texts = st.text("佐藤林大久保太郎花子一", min_size=1, max_size=7)
any_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
kana_texts = st.sampled_from(["サトウ", "ハヤシ", "オオクボ", "タロウ", "ハナコ", "ヌ", ""]) | any_texts


@given(
    st.lists(
        st.tuples(st.none() | name_texts | any_texts, st.none() | kana_texts, st.none() | kana_texts),
        max_size=6,
    )
)
@example([(None, None, None), ("佐藤太郎", "サトウ", None), ("佐藤太郎", None, None)])
@settings(deadline=None, max_examples=thorough(20))
def test_splits_of_any_text(rows) -> None:
    """Parts put together are the name, both or neither; cuts differ, the likeliest first, with shares up to one; the
    others of split_names are the rest; no row depends on another.
    """
    names, family, given_ = ([row[at] for row in rows] for at in range(3))
    found = possible_splits(*columns(names, family, given_), NOTHING)
    parts = split(names, family, given_)
    assert found.height == len(parts) == len(rows)
    for text, cuts, share, part in zip(names, found["cuts"], found["shares"], parts, strict=True):
        first, last, _, others = part
        assert (cuts.len() == 0) == (first is None) == (last is None)
        assert others == cuts[1:].to_list()
        if first is not None:
            assert first + last == text
            assert len(first) == cuts[0]
            assert cuts.n_unique() == cuts.len() == share.len()
            assert share.to_list() == sorted(share, reverse=True)
            assert 0.8 < share.sum() <= 1 + 1e-9
            assert all(0 < cut < len(text) for cut in cuts)
    assert split(names[::-1], family[::-1], given_[::-1]) == parts[::-1]
    assert split(names[:1], family[:1], given_[:1]) == parts[:1]


KNOWN = surnames().filter(pl.col("kanji").str.len_chars() <= 3).head(3000).select("kanji", "reading").rows()
GIVEN = given_names().head(3000).select("kanji", "reading").rows()


@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.sampled_from(GIVEN)), min_size=5, max_size=40))
@settings(deadline=None, max_examples=thorough(8))
def test_more_evidence_never_lowers_the_right_split(people) -> None:
    """The reading of the family name, then that of the given name, then the data showing the family name apart."""
    names = [family + given_ for (family, _), (given_, _) in people]
    families, givens = [family[1] for family, _ in people], [given_[1] for _, given_ in people]
    nothing = shares(names)
    read = shares(names, families)
    both = shares(names, families, givens)
    seen = pl.DataFrame([family for family, _ in people], schema=NOTHING.schema, orient="row").unique()
    apart = shares(names, families, givens, seen)
    for at, ((family, _), _) in enumerate(people):
        cut = len(family)
        chain = [found[at].get(cut, 0.0) for found in (nothing, read, both, apart)]
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(chain))
        assert max(both[at], key=both[at].get) == cut or both[at][cut] > 0.03


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("サトウタロウ", ("サトウ", "タロウ")),
        ("タカハシハナコ", ("タカハシ", "ハナコ")),
        ("ハセガワヒロシ", ("ハセガワ", "ヒロシ")),
        ("ハヤシオサム", ("ハヤシ", "オサム")),
        ("タカナシリッカ", ("タカナシ", "リッカ")),
        ("ヌヌヌヌ", (None, None)),
        (None, (None, None)),
    ],
)
def test_unspaced_kana(whole, parts) -> None:
    """Known readings on both sides, else whole."""
    assert split_kana(series([whole])).rows() == [parts]


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("〓橋太郎", ("〓橋", "太郎")),
        ("佐藤和〓", ("佐藤", "和〓")),
        ("佐〓太郎", ("佐〓", "太郎")),
        ("林〓", ("林", "〓")),
        ("佐〓", None),
        ("〓〓太郎", ("〓〓", "太郎")),
        ("〓〓花", ("〓〓", "花")),
        ("〓〓曜日", None),
        ("〓", None),
    ],
)
def test_names_with_lost_characters(whole: str, parts: tuple[str, str] | None) -> None:
    """The commonest names that they may be; both are there, and something of one of them is known."""
    assert split_lost(whole) == parts


def test_order_of_latin_names() -> None:
    """What the tables make likelier; given name first where they know neither."""
    first, last = series(["taro", "sato", "zozomi", None]), series(["sato", "taro", "nunuka", "sato"])
    assert given_first(first, last).to_list() == [True, False, True, True]

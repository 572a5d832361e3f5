"""Kanji against kana: every case of the case file, and what holds of any text."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneid.japanese.extras import lexicon
from oneid.japanese.likelyreadings import candidates
from oneid.japanese.nametables import given_names, irregular_names, surnames
from oneid.japanese.readings import possible, verdicts_of
from oneid.japanese.romaji import fold_tokens
from oneid.kinds.name.possible import possible_reading
from paths import cases
from strategies import thorough

CASES = cases("reading")


def series(values) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def asked(kanji, readings, **options) -> list[bool | None]:
    return possible(series(kanji), series(readings), **options).to_list()


@functools.cache
def together() -> list[bool | None]:
    """What is said of all cases."""
    return possible_reading([row["kanji"] for row in CASES], [row["kana"] for row in CASES])


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch):
    """Puts a dictionary in the place of the installed one: a mapping of words to their readings, None for none."""

    def put(known: dict[str, list[str]] | None) -> None:
        def lookup(text: str) -> list[SimpleNamespace]:
            return [SimpleNamespace(reading_form=lambda sound=sound: sound) for sound in known.get(text, ())]

        monkeypatch.setattr(lexicon, "_lookup", lambda: None if known is None else lookup)
        lexicon.words.cache_clear()

    yield put
    monkeypatch.undo()
    lexicon.words.cache_clear()


@pytest.mark.parametrize(
    ("at", "row"), [pytest.param(at, row, id=f"{row['kanji']}={row['kana']}") for at, row in enumerate(CASES)]
)
def test_case(at: int, row) -> None:
    """As the expert says; what only the dictionary knows is refused without it."""
    wanted = row["possible"] and (row.get("with") != "dictionary" or lexicon.available())
    assert together()[at] is wanted


def test_enough_cases() -> None:
    """The case file keeps its breadth, no pair stands in it twice, and a row alone says what it says among others."""
    assert len(CASES) >= 600
    assert len({(row["kanji"], row["kana"]) for row in CASES}) == len(CASES)
    assert sum(row["possible"] is False for row in CASES) >= 90
    for at, row in list(enumerate(CASES))[::149]:
        assert possible_reading([row["kanji"]], [row["kana"]]) == [together()[at]]


def test_without_the_dictionary_no_other_case_changes(words) -> None:
    """The shipped tables alone decide every row that is not marked."""
    words(None)
    rows = [row for row in CASES if "with" not in row]
    assert possible_reading([row["kanji"] for row in rows], [row["kana"] for row in rows]) == [
        row["possible"] for row in rows
    ]


def test_the_dictionary_adds_and_takes_nothing_away(words) -> None:
    """A word that it knows is possible, also within a name; nothing else becomes so."""
    names, readings = (
        ["鵺鵼", "佐藤鵺鵼", "鵺鵼", "佐藤", "佐藤"],
        ["ヌエコ", "サトウヌエコ", "ヌエミ", "サトウ", "カトウ"],
    )
    words({})
    assert asked(names, readings)[3:] == [True, False]
    assert True not in asked(names[:3], readings[:3])
    words({"鵺鵼": ["ヌエコ", "キゴウ", ""]})
    assert asked(names, readings)[:2] == [True, True]
    assert asked(names, readings)[2] is not True
    assert asked(names, readings)[3:] == [True, False]
    assert asked(["鵺鵼"], ["ヌエコ"], irregular=False) != [True]


def test_the_words_of_a_dictionary(words) -> None:
    """Its readings in one order, without what stands for no reading; none where there is no dictionary."""
    words({"生": ["ナマ", "セイ", "キゴウ", "", "セイ"]})
    assert (lexicon.available(), lexicon.words("生"), lexicon.words("死")) == (True, ("セイ", "ナマ"), ())
    words(None)
    assert (lexicon.available(), lexicon.words("生")) == (False, ())


def test_what_is_in_the_tables_is_possible() -> None:
    """Each surname, given name and irregular name with its reading."""
    for table in (surnames(), given_names(), irregular_names()):
        assert possible(table["kanji"], table["reading"]).all()


def test_keys_may_be_asked_directly() -> None:
    """Distinct names with keys that are folded already."""
    names, readings = ["佐藤", "佐藤", "東海林", "佐々木"], ["サトウ", "カトウ", "ショウジ", "ササキ"]
    assert verdicts_of(names, fold_tokens(series(readings)).to_list()) == asked(names, readings)
    assert verdicts_of(["佐藤"], [None]) == [None]


def test_nothing_known_is_no_refusal() -> None:
    """Null where either is null or has nothing to read, or where a character is in no table; else a refusal."""
    names = ["佐藤", None, None, "佐藤", "\U0003134a太", "佐藤"]
    assert asked(names, [None, "サトウ", None, "！", "ヌタ", "ヌ"]) == [None, None, None, None, None, False]


def test_irregular_names_are_asked_for() -> None:
    """Without them the kanji must explain the reading with ease."""
    pairs = [("小鳥遊", "タカナシ"), ("四月一日", "ワタヌキ"), ("山田", "ヤマダ")]
    assert asked(*zip(*pairs, strict=True)) == [True, True, True]
    assert asked(*zip(*pairs, strict=True), irregular=False) == [False, False, True]


@pytest.mark.parametrize(
    ("kanji", "reading", "verdict"),
    [
        ("富士川", "フジカワ", True),
        ("富士川", "フジガワ", True),
        ("富士川", "フジパワ", False),
        ("一平", "イッペイ", True),
        ("平一", "ヘイッチ", False),
        ("高明", "タカアキ", True),
        ("高明", "タカキ", True),
        ("山上", "ヤマノウエ", True),
        ("犬坂", "イヌノサカ", True),
        ("犬坂", "イヌサカノ", False),
        ("山上", "ノヤマウエ", False),
        ("山上", "ヤマウエノ", False),
        ("佐々々木", "ササササキ", False),
        ("裕生", "ヒロオ", True),
        ("佐藤太郎", "サトウ", False),
        ("さくら", "サクラ", True),
        ("サくラ", "さクら", True),
        ("さくら", "サク", False),
        ("美つ子", "ミツコ", True),
    ],
)
def test_how_kanji_are_put_together(kanji: str, reading: str, verdict: bool) -> None:
    """Voicing, doubled and merged sounds, the ノ of surnames, kana: where they may be, and where not."""
    assert asked([kanji], [reading]) == [verdict]


kanji_texts = st.text("佐藤林大久保太郎花子一ノ々ヶあア", min_size=1, max_size=5) | st.text(max_size=6)
kana_texts = st.text("サトウタロウハナコイチノッンーsato ", max_size=8) | st.text(max_size=8)


@given(st.lists(st.tuples(st.none() | kanji_texts, st.none() | kana_texts), max_size=6))
@example([("佐藤", "サトウ"), ("佐藤", "カトウ"), ("佐藤", "サトウ")])
@example([("々", "サ"), ("", ""), ("ー", "ー"), ("\U0010fffd", "ア"), ("佐" * 300, "サ" * 300)])
@settings(deadline=None, max_examples=thorough(30))
def test_any_text_row_by_row(pairs) -> None:
    """As many answers as questions, of any text, and none depends on the others; null in, null out."""
    names, readings = [name for name, _ in pairs], [reading for _, reading in pairs]
    names = [name and name.encode("utf-8", "ignore").decode() for name in names]
    readings = [reading and reading.encode("utf-8", "ignore").decode() for reading in readings]
    for options in ({}, {"irregular": False}):
        found = asked(names, readings, **options)
        assert asked(names[::-1], readings[::-1], **options) == found[::-1]
        assert asked(names[:1], readings[:1], **options) == found[:1]
    for name, reading, verdict in zip(names, readings, asked(names, readings), strict=True):
        assert verdict is None or (name is not None and reading is not None)


@given(st.text("佐藤林大久保太郎花子", min_size=1, max_size=3), st.text("サトウタロハナコイチ", min_size=1, max_size=6))
@settings(deadline=None, max_examples=thorough(15))
def test_the_spelling_of_a_reading_never_matters(name: str, reading: str) -> None:
    """Kana and its key, hiragana and katakana."""
    hiragana = "".join(chr(ord(sign) - 0x60) for sign in reading)
    found = asked([name] * 3, [reading, hiragana, fold_tokens(series([reading]))[0]])
    assert found[0] == found[1] == found[2]


@given(st.lists(st.text("佐藤林大久保太郎花子一二宮", min_size=1, max_size=3), max_size=4), st.integers(1, 5))
@settings(deadline=None, max_examples=thorough(15))
def test_candidates_are_possible(names, most: int) -> None:
    """Each is a possible reading; shares are in order, at least 3 %, and no more than one in sum; at most so many."""
    for role in ("family", "given"):
        found = candidates(series([*names, None]), role, most)
        assert found.columns == ["kanji", "key", "share"]
        assert possible(found["kanji"], found["key"]).all()
        assert set(found["kanji"]) <= set(names)
        for _, rows in found.group_by("kanji", maintain_order=True):
            shares = rows["share"].to_list()
            assert shares == sorted(shares, reverse=True)
            assert len(shares) <= most
            assert min(shares) >= 0.03
            assert sum(shares) <= 1 + 1e-9
            assert rows["key"].n_unique() == len(shares)


def test_the_likeliest_readings() -> None:
    """Of names in the tables by their bearers, of others by their kanji, kana as it stands; none of what has none."""
    names = ["東", "裕子", "亜沙美子", "さくら", "???", "小々"]
    family = candidates(series(names), "family").group_by("kanji").agg("key")
    given_ = dict(candidates(series(names), "given").group_by("kanji").agg("key").rows())
    assert {"azuma", "higasi"} <= set(dict(family.rows())["東"])
    assert {"yuko", "hiroko"} <= set(given_["裕子"])
    assert given_["亜沙美子"][0] == "asamiko"
    assert given_["さくら"] == ["sakura"]
    assert "???" not in given_
    assert candidates(series([None]), "given").height == 0

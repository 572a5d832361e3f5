"""The fast path equals a slow, readable one on random records: candidate pairs, similarities, clusters.

The oracle takes the features (plain texts, one row per record) and goes pair by pair: sets of keys for blocking,
jellyfish for distances and sounds, networkx for components. Blocking is held to *effective* keys: a block above its
rule's ``most`` is refined by the rule's second key and, where still too large, makes no pair; only then do keys count.
With recordlinkage's own classes the same is done in ``tests/interop``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations, product
from random import Random
from typing import Any

import jellyfish
import networkx as nx
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.test_clustering import groups, strongest_first
from conftest import PERSON_FIELDS, features_of, loaded
from oneid.daily.intake import Records
from oneid.engines.local import LocalEngine
from oneid.engines.overlay import Overlay
from oneid.japanese.latin import metaphone
from oneid.japanese.likelyreadings import candidates
from oneid.japanese.romaji import unvoiced
from oneid.kinds.compared import LEVELS, Compared
from oneid.kinds.name.levels import Text, one_edit
from oneid.pairs import scoring
from oneid.pairs.blocking import pairs, plan, tasks
from oneid.pairs.columns import block_keys, columns_of
from oneid.pairs.compare import compare, pattern
from oneid.pairs.judged import ScoredPairs
from oneid.records.columnfacts import Learned
from oneid.runs import stages
from oneid.runs.preparing import RunSettings, prepare
from oneid.settings.rules import BlockingRule
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.codes import Codes, code
from oneid.vocabulary.contracts import REJECTED
from oneid.vocabulary.patterns import Schema
from pairs.test_blocking import Oracle
from strategies import Links, thorough

Row = dict[str, Any]
ENGINE = LocalEngine(1)
RULES = load_rules("jp-members")


VALUES: dict[str, tuple[str | None, ...]] = {
    "name": ("佐藤 太郎", "佐藤太郎", "佐藤 花子", "髙橋 健", "高橋 健", None),
    "kana": ("サトウ タロウ", "サトウ ハナコ", "タカハシ ケン", "タカハシ ツヨシ", None, None, None),
    "romaji": ("SATO TARO", "KEN TAKAHASHI", None, None),
    "birth": ("1980-01-02", "1980-02-01", "1991-12-31", None),
    "phone": ("090-1111-2222", "090-1111-2223", "080-1111-2222", "03-1234-5678", "0312345679", None),
    "phone2": ("090-1111-2222", "090-1111-2223", "03-1234-5678", None, None),
    "email": ("taro@example.com", "tarou@example.com", "taro@example.org", "hanako@example.com", None, None),
    "email2": ("taro@example.com", "hanako@example.com", None, None),
    "postcode": ("100-0005", "150-0001", None),
    "address": ("東京都千代田区丸の内1-1-1", "東京都渋谷区神宮前1丁目2番3号", None),
}
"""Few values, several of them a slip of the pen apart."""


@cache
def pool() -> pl.DataFrame:
    """The features of 400 records with values at random; normalized once, for that is the slow part, and by twenties,
    for in a longer column a birth date of so many names would be taken for a placeholder.
    """
    random = Random(2026)
    rows = [{field: random.choice(values) for field, values in VALUES.items()} for _ in range(400)]
    return pl.concat(features_of(rows[at : at + 20]) for at in range(0, len(rows), 20))


def people(most: int) -> st.SearchStrategy[pl.DataFrame]:
    """The features of 2 to ``most`` records, of which some may be the same."""
    return st.lists(st.integers(0, 399), min_size=2, max_size=most).map(lambda rows: pool()[rows])


@cache
def readings(kanji: str, role: str, most: int) -> list[tuple[str, float]]:
    found = candidates(pl.Series([kanji], dtype=pl.String), role, most)
    return [(unvoiced_text(key), share) for key, share in found.select("key", "share").rows()]


@cache
def unvoiced_text(key: str) -> str:
    return pl.DataFrame({"key": [key]}).select(unvoiced(pl.col("key"))).item()


def in_any_order(first: str | None, second: str | None) -> list[str]:
    return [" ".join(sorted((first, second)))] if first and second else []


def spoken(row: Row, heard: bool) -> list[str]:
    """What a name in kanji alone may sound like (the three likeliest), where ``heard`` says that there are names
    without kanji that could meet it; and what these sound like.
    """
    if not row["name"]:
        return in_any_order(*(row[key] and unvoiced_text(row[key]) for key in ("key_family", "key_given")))
    if not heard or row["key_family"] or row["key_given"] or not (row["family"] and row["given"]):
        return []
    likely: dict[tuple[str, str], float] = {}
    for (family, a), (given_, b) in product(
        readings(row["family"], "family", 2), readings(row["given"], "given", 3)
    ):  # the likelier of two readings that are one without voicing
        likely[family, given_] = max(likely.get((family, given_), 0), a * b)
    ranked = sorted(likely, key=lambda key: (-likely[key], key))
    return [key for pair in ranked[:3] for key in in_any_order(*pair)]


def keys_of(rows: list[Row]) -> list[dict[str, list[str]]]:
    """Per record the values of every blocking key, as texts; none is an empty list."""

    def together(*values: object) -> list[str]:
        return [" ".join(map(str, values))] if all(values) else []

    heard = any(not row["name"] and row["key_family"] and row["key_given"] for row in rows)
    return [
        {
            "email": row["email"] or [],
            "mailbox": list(dict.fromkeys(row["mailbox"] or [])),
            "phone": row["phone"] or [],
            "reading": in_any_order(row["key_family"], row["key_given"]),
            "spoken": spoken(row, heard),
            "kanji": together(row["name"]),
            "given": together(row["key_given"]),
            "birth": together(row["year"], row["month"], row["day"]),
            "birth_year_month": together(row["year"], row["month"]),
            "birth_month_day": together(row["month"], row["day"]),
            "birth_year": together(row["year"]),
            "postcode": together(row["postcode"]),
            "place": together(row["town"], row["block"]),
            "town": together(row["town"]),
        }
        for row in rows
    ]


def brute_force(rows: list[Row], rules: list[BlockingRule]) -> set[tuple[int, int]]:
    """All pairs of records that share an effective key."""
    keys = keys_of(rows)
    return set().union(*(Oracle(rule, keys).pairs for rule in rules))


some_rules = st.lists(st.sampled_from(RULES.blocking), min_size=1, max_size=6, unique_by=lambda rule: rule.name)


@given(people(30), some_rules, st.integers(2, 12))
@settings(max_examples=thorough(30), deadline=None)
def test_candidate_pairs(features: pl.DataFrame, chosen: list[BlockingRule], most: int) -> None:
    """By blocking rules of the preset, few at a time, their caps lowered so that blocks are refined and left out."""
    rules = [BlockingRule(rule.name, rule.keys, min(most, rule.most), rule.then) for rule in chosen]
    found = fast(rules, block_keys(columns_of(features, ENGINE)))
    assert len(found) == len(set(found))
    assert set(found) == brute_force(features.to_dicts(), rules)


def test_candidate_pairs_of_each_rule() -> None:
    """On 200 records every rule alone and uncapped makes pairs, and those of brute force: also what is seldom drawn."""
    features = pool().head(200)
    keys, rows = block_keys(columns_of(features, ENGINE)), features.to_dicts()
    for rule in RULES.blocking:
        alone = [BlockingRule(rule.name, rule.keys, 200)]
        found = fast(alone, keys)
        assert found, rule.name
        assert set(found) == brute_force(rows, alone), rule.name


def fast(rules: list[BlockingRule], keys: Mapping[str, Sequence[Codes]]) -> list[tuple[int, int]]:
    """The candidate pairs as a run makes them."""
    made = plan(rules, keys, ENGINE)
    return [pair for task in tasks(made) for pair in zip(*(side.tolist() for side in pairs(made, task)), strict=True)]


words = st.text("アァー太", min_size=1, max_size=4)
"""Of few characters, so that many pairs are near; none combines with its neighbour."""


def near(a: str, b: str) -> bool:
    """One edit or none, in values of at least two characters of which one has three.

    Up to one edit the distance of Damerau and Levenshtein is the OSA distance; from two on they differ (CA, ABC).
    """
    return min(len(a), len(b)) >= 2 and max(len(a), len(b)) >= 3 and jellyfish.damerau_levenshtein_distance(a, b) <= 1


@given(st.lists(words, min_size=1, max_size=8), st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99))))
@settings(deadline=None)
def test_one_edit(values: list[str], drawn: list[tuple[int, int]]) -> None:
    """Measured once per pair of distinct values, it is that of every pair of records."""
    column = pl.Series(values * 3)
    left, right = (np.array([ends[n] % len(column) for ends in drawn], dtype=np.uint32) for n in (0, 1))
    found = one_edit(Text(code(column), column), left, right, np.ones(left.size, np.bool_))
    assert found.tolist() == [near(column[a], column[b]) for a, b in zip(left.tolist(), right.tolist(), strict=True)]


syllables = st.sampled_from(
    ["oe", "ue", "ph", "th", "ck", "sch", "wr", "a", "e", "i", "o", "b", "d", "k", "m", "s", "x"]
)


@given(st.lists(st.none() | st.lists(syllables, min_size=1, max_size=4).map("".join), max_size=30))
@settings(deadline=None)
def test_sounds(values: list[str | None]) -> None:
    """Metaphone of the distinct words is that of each word."""

    def sound(word: str) -> str | None:
        said = jellyfish.metaphone(word.replace("ue", "u").replace("oe", "o"))
        return said + {"a": "A", "o": "O"}.get(word[-1], "") or None

    column = pl.Series(values * 2, dtype=pl.String)
    assert metaphone(column).to_list() == [value and sound(value) for value in column]


def mobiles(phones: set[str]) -> set[str]:
    return {phone for phone in phones if phone.startswith(("+8170", "+8180", "+8190"))}


def phone_level(a: set[str], b: set[str]) -> str:
    same = a & b
    if not (a and b):
        return "missing"
    if mobiles(same):
        return "mobile_equal"
    if same:
        return "land_equal_mobiles_differ" if mobiles(a) and mobiles(b) else "land_equal"
    if mobiles(a) and mobiles(b):
        return "near" if any(near(x, y) for x in a for y in b) else "mobiles_differ"
    return "differs"


def email_level(a: set[str], b: set[str]) -> str:
    if not (a and b):
        return "missing"
    if a & b:
        return "equal"
    boxes = [{mail.split("@")[0] for mail in mails} for mails in (a, b)]
    return "near" if any(near(x, y) for x in a for y in b) or boxes[0] & boxes[1] else "differs"


UNSHARED = {"mobile_shared": "mobile_equal", "land_shared": "land_equal", "shared": "equal"}
"""Whether a value is shared depends on all its holders; it is left aside here."""


@given(people(30))
@settings(max_examples=thorough(40), deadline=None)
def test_levels_of_phones_and_emails(features: pl.DataFrame) -> None:
    """All pairs of records, pair by pair, by sets of values."""
    every = list(combinations(range(features.height), 2))
    left, right = (np.array([pair[n] for pair in every], dtype=np.uint32) for n in (0, 1))
    found = compare(columns_of(features, ENGINE), left, right)
    for field, level in (("phone", phone_level), ("email", email_level)):
        held = [set(value or ()) for value in features[field].to_list()]
        names = [LEVELS[field][number] for number in found[field].tolist()]
        assert [UNSHARED.get(name, name) for name in names] == [level(held[a], held[b]) for a, b in every]


@cache
def judged(pattern: int) -> tuple[str, int]:
    """Verdict and score of one pattern."""
    table = scoring.judge(prepared().rules, Schema(LEVELS), np.array([pattern], dtype=np.uint64), [1])
    return table.select("verdict", "score").row(0)


def slow_clusters(features: pl.DataFrame, found: set[tuple[int, int]]) -> set[frozenset[int]]:
    """Every pair of records has its verdict. The candidate pairs that match make components; inside these no never
    pair may stay together, candidate or not, and no record that says less than two others may join them.
    """
    every = list(combinations(range(features.height), 2))
    ends = (np.array([pair[n] for pair in every], dtype=np.uint32) for n in (0, 1))
    patterns = pattern(Schema(LEVELS), columns_of(features, ENGINE), *ends).tolist()
    said = {pair: judged(code_) for pair, code_ in zip(every, patterns, strict=True)}
    links = {pair: said[pair][1] for pair in sorted(found) if said[pair][0] == "match"}
    components = list(nx.connected_components(nx.Graph(list(links))))
    inside = [pair for part in components for pair in combinations(sorted(part), 2)]
    never = {pair: 0 for pair in inside if said[pair][0] == "never"}
    words = Schema(LEVELS).table(np.array(patterns, dtype=np.uint64)).to_dicts()
    levels = dict(zip(every, words, strict=True))
    between = {
        (a, b): frozenset(
            c for c in part - {a, b} for one in Compared().comparisons
            for less in [one.bridged.get(levels[a, b][one.field], ())]
            if all(levels[min(c, end), max(c, end)][one.field] in less for end in (a, b))
        )
        for part in components for a, b in combinations(sorted(part), 2) if said[a, b][0] in ("none", "review")
    }  # fmt: skip
    return strongest_first(Links(features.height, as_pairs(links), as_pairs(never)), between)


def as_pairs(found: dict[tuple[int, int], int]) -> ScoredPairs:
    ends = np.array(list(found), dtype=np.uint32).reshape(-1, 2)
    return ScoredPairs(ends[:, 0], ends[:, 1], np.array(list(found.values()), dtype=np.int32))


@cache
def prepared() -> RunSettings:
    fields = {field: PERSON_FIELDS[field] for field in VALUES if field in PERSON_FIELDS}
    return prepare(loaded({"sources": {"people": {"id": "id", "fields": fields}}}), threads=1)


@given(people(30))
@settings(max_examples=thorough(8), deadline=None)
def test_clusters(features: pl.DataFrame) -> None:
    """A run's candidate pairs, verdicts and clusters are those of brute force, one judgement per pair, networkx and
    sets of records joined strongest link first.
    """
    ids = features.select("source", "source_id")
    every = np.ones(ids.height, np.bool_)
    run, nobody = prepared(), stages.People()
    records = Records(
        ids, Overlay.plain(features), Overlay.plain(ids), ids["source"].hash(), every, np.zeros(0, np.uint32),
        ids.clear(), pl.DataFrame(schema=REJECTED), {}, {}, "", Learned(),
    )  # fmt: skip
    compared = stages.compare(run, records, known=None)
    pairs, evidence = compared.pairs, compared.evidence
    judgements = stages.judge(run, records, nobody, pairs)
    entities = stages.cluster(run, records, None, nobody, pairs, evidence, judgements)
    found = brute_force(features.to_dicts(), list(run.rules.blocking))
    assert set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == found
    assert groups(entities.clusters.labels) == slow_clusters(features, found)

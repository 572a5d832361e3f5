"""Stories of people (``tests/ruletests/cases/people.yaml``): the verdicts of the jp-members preset are a careful
clerk's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import combinations
from pathlib import Path

import pytest

from oneid.ruletests import cases, check
from oneid.ruletests.cases import FIELDS, SEVERITIES, Case, Expect
from oneid.ruletests.worlds import Came, Outcome, World, bystanders, resolve, run_world, worlds
from oneid.settings import configfile
from oneid.settings.rulesfile import load_rules
from paths import CASE_FILES

CONFIG = configfile.load(Path(str(resources.files("oneid.demo").joinpath("oneid.yaml"))))
RULES = load_rules("jp-members")
STORIES = cases.load(CASE_FILES["people"], check.known_names(CONFIG, RULES)).cases


@cache
def all_worlds() -> list[World]:
    return worlds(STORIES, CONFIG)


def asking_all(story: Case) -> Case:
    """The story as one that asks about all its pairs."""
    return replace(story, expect=Expect(groups=frozenset(frozenset({letter}) for letter in story.letters)))


@cache
def told() -> dict[str, Outcome]:
    """What came of every pair of every story, by the story's id."""
    asked = [World(tuple(map(asking_all, world.cases)), world.rows) for world in all_worlds()]
    return {one.case.id: one for world in asked for one in resolve(world, CONFIG, RULES)}


def outcome(story: Case) -> Outcome:
    """What came of the pairs that a story asks about."""
    came = {frozenset((one.a, one.b)): one for one in told()[story.id].pairs}
    pairs = tuple(replace(came[frozenset((a, b))], a=a, b=b) for a, b, _ in story.asked)
    return Outcome(story, pairs, told()[story.id].groups)


def message(story: Case) -> str:
    found = check.told(outcome(story), RULES, "preset jp-members")
    return "" if found is None else str(found)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_story(story: Case) -> None:
    """The code says what the clerk says; where a story is known to fail, it still does."""
    assert outcome(story).holds == (story.severity != "known"), message(story)


def test_the_file_is_whole() -> None:
    """Enough stories, each with a reason, every kind of field, severity and verdict."""
    assert len(STORIES) >= 171
    assert all(story.why and story.records for story in STORIES)
    assert {story.severity for story in STORIES} == set(SEVERITIES)
    assert {field for story in STORIES for record in story.records.values() for field in record} == {"source", *FIELDS}
    verdicts = Counter(verdict for story in STORIES for verdict in story.expect.verdicts)
    assert min(verdicts.values()) >= 20
    assert sum(bool(story.expect.groups) for story in STORIES) >= 10


def test_the_worlds_hold_every_story_once() -> None:
    """Each in one world, and most of them in one together."""
    assert sorted(story.id for world in all_worlds() for story in world.cases) == sorted(story.id for story in STORIES)
    assert len(all_worlds()) <= 6


def test_nobody_of_another_story_comes_in() -> None:
    """No OneID and no question joins two stories, nor a story's record and a bystander."""
    for world in all_worlds():
        tables = run_world(world, CONFIG, RULES).tables
        together = tables["merge_map"].group_by("oneid").agg("source_id")["source_id"].to_list()
        asked = tables["review"].select("source_id_l", "source_id_r").rows()
        for ids in (*together, *asked):
            assert len({id_.split("\x1f")[0] for id_ in ids}) == 1, ids
        for ids in together:
            assert len(ids) == 1 or not any("\x1f+" in id_ for id_ in ids), ids


@pytest.mark.parametrize("story", STORIES[:: len(STORIES) // 3], ids=lambda story: story.id)
def test_alone_it_ends_the_same(story: Case) -> None:
    """A story in a world of its own ends as it does among the others."""
    (alone,) = resolve(worlds([asking_all(story)], CONFIG)[0], CONFIG, RULES)
    assert (alone.groups, alone.pairs) == (told()[story.id].groups, told()[story.id].pairs)


RARITY = {"rare": ("equal_rare", "variant_rare"), "common": ("equal_common", "variant_common"),
          "frequent": ("equal_frequent", "variant_common")}  # fmt: skip


def pair(story: Case, a: str, b: str) -> Came:
    return next(one for one in told()[story.id].pairs if (one.a, one.b) == (a, b))


@pytest.mark.parametrize("story", [story for story in STORIES if story.context], ids=lambda story: story.id)
def test_the_context_is_true(story: Case) -> None:
    """A value said to be shared is not evidence of one person, a name said to be frequent is seen to be."""
    for a, b in combinations(story.records, 2):
        levels = pair(story, a, b).levels
        for field in story.context.keys() & {"phone", "email"}:
            assert levels[field].endswith(("shared", "missing", "differs")), field
        if "name" in story.context and levels["name"].startswith(("equal_", "variant_")):
            assert levels["name"] in RARITY[story.context["name"]]
    if "shared" in story.context.values():
        assert len({row["name"] for row in bystanders(story, 0)}) >= 3


def test_a_wrong_verdict_is_told_with_its_evidence() -> None:
    """Where the clerk would have said otherwise, the story fails, naming its line, both verdicts and the levels."""
    married = next(story for story in STORIES if story.id == "married-same-mail")
    assert message(married) == ""
    other = replace(married, expect=replace(married.expect, verdicts=("never", "review")))
    assert f"people.yaml:{married.line}: error E160 married-same-mail (must)" in message(other)
    assert "expected never or review by email-birth, came match by email-birth" in message(other)
    assert "name given_equal +1.0, birth equal +11.2, email equal +10.4" in message(other)
    assert message(replace(married, expect=replace(married.expect, rule="mobile-birth")))
    group = next(story for story in STORIES if story.id == "family-card-and-main-member")
    assert message(group) == ""
    merged = replace(group, expect=Expect(groups=frozenset({frozenset("abc")})))
    assert "expected a b c, came a b | c" in message(merged)


def test_every_rule_has_its_stories() -> None:
    """Each rule of the preset decides a story that holds, and misses another by one condition."""
    from oneid.ruletests.rulecoverage import coverage

    found = coverage(RULES, [outcome(story) for story in STORIES])
    assert [one.rule.id for one in found if not (one.positive and one.negative)] == []

"""Stories of people (``tests/cases/people.yaml``): the verdicts of the jp-members preset are a careful clerk's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from conftest import CASES
from oneid.errors import ConfigError, Problems
from people_world import FIELDS, SEVERITIES, Expect, Story, World, bystanders, load, worlds

STORIES = load(CASES / "people.yaml")


@cache
def all_worlds() -> list[World]:
    return worlds(STORIES)


def home(story: Story) -> World:
    return next(world for world in all_worlds() if story.id in {one.id for one in world.stories})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_story(story: Story) -> None:
    """The code says what the clerk says; where a story is known to fail, it still does."""
    world = home(story)
    agrees = world.agrees(story)
    if story.severity == "known":
        assert not agrees, f"mended, make it must or should: {world.told(story)}"
    else:
        assert agrees, world.told(story)


def test_the_file_is_whole() -> None:
    """Enough stories, each with a reason, every kind of field, severity and verdict."""
    assert len(STORIES) >= 90
    assert all(story.why and story.records for story in STORIES)
    assert {story.severity for story in STORIES} == set(SEVERITIES)
    assert {field for story in STORIES for record in story.records.values() for field in record} == {"source", *FIELDS}
    verdicts = Counter(verdict for story in STORIES for verdict in story.expect.verdicts)
    assert min(verdicts.values()) >= 20
    assert sum(bool(story.expect.groups) for story in STORIES) >= 10


def test_the_worlds_hold_every_story_once() -> None:
    assert sorted(story.id for world in all_worlds() for story in world.stories) == sorted(
        story.id for story in STORIES
    )


def test_nobody_of_another_story_comes_in() -> None:
    """No OneID and no question joins two stories, nor a story's record and a bystander."""
    for world in all_worlds():
        who: dict[str, set[str]] = {}
        for id_, one in world.oneids.items():
            who.setdefault(one, set()).add(id_)
        for together in (*who.values(), *world.asked):
            stories = {id_.split(".")[0] for id_ in together}
            assert len(stories) == 1, together
        for together in who.values():
            assert len(together) == 1 or not any(id_.split(".")[1].isdigit() for id_ in together), together


@pytest.mark.parametrize("story", STORIES[:: len(STORIES) // 3], ids=lambda story: story.id)
def test_alone_it_ends_the_same(story: Story) -> None:
    """A story in a world of its own ends as it does among the others."""
    alone, among = worlds([story])[0], home(story)
    assert alone.groups(story) == among.groups(story)
    for pair in combinations(story.records, 2):
        assert alone.verdict(story, *pair) == among.verdict(story, *pair)


RARITY = {"rare": ("equal_rare", "variant_rare"), "common": ("equal_common", "variant_common"),
          "frequent": ("equal_frequent", "variant_common")}  # fmt: skip


@pytest.mark.parametrize("story", [story for story in STORIES if story.context], ids=lambda story: story.id)
def test_the_context_is_true(story: Story) -> None:
    """A value said to be shared is not evidence of one person, a name said to be frequent is seen to be."""
    for a, b in combinations(story.records, 2):
        levels = {field.field: field.level for field in home(story).explain(story, a, b).fields}
        for field in story.context.keys() & {"phone", "email"}:
            assert levels[field].endswith(("shared", "missing", "differs")), field
        if "name" in story.context and levels["name"].startswith(("equal_", "variant_")):
            assert levels["name"] in RARITY[story.context["name"]]
    if "shared" in story.context.values():
        assert len({row["name"] for row in bystanders(story, 0)}) >= 3


def test_a_wrong_verdict_is_told_with_its_evidence() -> None:
    """Where the clerk would have said otherwise, the story fails, naming its line, both verdicts and the levels."""
    pair = next(story for story in STORIES if story.id == "married-same-mail")
    world = home(pair)
    assert world.agrees(pair)
    other = replace(pair, expect=replace(pair.expect, verdicts=("never", "review")))
    assert not world.agrees(other)
    assert f"people.yaml:{pair.line} married-same-mail" in world.told(other)
    assert "expected never or review by email-birth, got match" in world.told(other)
    assert "name=given_equal birth=equal email=equal" in world.told(other)
    assert not world.agrees(replace(pair, expect=replace(pair.expect, rule="mobile-birth")))
    group = next(story for story in STORIES if story.id == "family-card-and-main-member")
    assert world.agrees(group)
    merged = replace(group, expect=Expect(groups=frozenset({frozenset("abc")})))
    assert not world.agrees(merged)
    assert "expected a b c, got a b | c" in world.told(merged)


GOOD = """version: 1
cases:
  - id: one
    why: because
    severity: must
    records: {a: {source: ec, phone: 0312345670}, b: {source: ec, name: no}}
    expect: {pair: [a, b], verdict: [none]}
"""


def test_scalars_stay_text(tmp_path: Path) -> None:
    """A leading zero stays, and ``no`` is a name."""
    (tmp_path / "people.yaml").write_text(GOOD, encoding="utf-8")
    (story,) = load(tmp_path / "people.yaml")
    assert (story.id, story.line) == ("one", 3)
    assert story.records == {"a": {"source": "ec", "phone": "0312345670"}, "b": {"source": "ec", "name": "no"}}


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("why", "reason", 4, "E102"),
        ("    why: because\n", "", 3, "E104"),
        ("severity: must", "severity: perhaps", 5, "E105"),
        ("phone:", "telephone:", 6, "E102"),
        ("a: {source: ec, ", "a: {", 6, "E104"),
        ("pair: [a, b]", "pair: [a, c]", 7, "E105"),
        ("verdict: [none]", "verdict: [perhaps]", 7, "E105"),
        ("{pair: [a, b], verdict: [none]}", "{groups: [[a]]}", 7, "E105"),
        ("    expect", "    context: {email: frequent}\n    expect", 7, "E105"),
        ("version: 1\n", "version: 1\nversion: 1\n", 2, "E106"),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_line(tmp_path: Path, old, new, line, code) -> None:
    (tmp_path / "people.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((ConfigError, Problems)) as caught:
        load(tmp_path / "people.yaml")
    problems = getattr(caught.value, "problems", [caught.value])
    assert (line, code) in [(problem.place.line, problem.code) for problem in problems]


def test_an_id_stands_once(tmp_path: Path) -> None:
    again = GOOD + GOOD.split("cases:\n")[1]
    (tmp_path / "people.yaml").write_text(again, encoding="utf-8")
    with pytest.raises(ConfigError, match="line 3"):
        load(tmp_path / "people.yaml")

"""Rules files: presets, files of one's own, and every mistake at once with code, line and hint."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from oneid.kinds.compared import LEVELS, Compared
from oneid.settings.rules import When
from oneid.settings.rulesfile import BLOCKING_KEYS, load_rules, presets
from oneid.settings.rulestext import to_yaml
from oneid.vocabulary.errors import ConfigError, OneIDError
from oneid.vocabulary.language import in_language

LEAST = """version: 1
blocking:
  - [email]
base: -5
weights: {name: {equal_rare: 7}}
thresholds: {match: 4, review: -2, never: -8}
"""


def problems(tmp_path: Path, text: str, fields=None) -> list[tuple[str, int | None, str, str | None]]:
    """Code, line, message and hint of every mistake."""
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    own = Compared.with_own((kind, field, {}) for field, kind in (fields or {}).items())
    with pytest.raises(OneIDError) as caught:
        load_rules("mine.yaml", tmp_path, own)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == len(caught.value.problems)
    for problem in caught.value.problems:
        assert isinstance(problem, ConfigError)
        assert problem.place.file == str(tmp_path / "mine.yaml")
    return [(problem.code, problem.place.line, problem.message, problem.hint) for problem in caught.value.problems]


@pytest.mark.parametrize("preset", presets())
def test_presets_load(preset: str) -> None:
    """Each has blocking keys, weights of every field that it weighs, and a version of its own."""
    rules = load_rules(preset)
    assert rules.name == preset
    assert rules.rules_version.startswith(f"{preset}@")
    assert {"name", "birth", "phone", "email", "address"} <= set(rules.weights)
    assert {key for line in rules.blocking for key in (*line.keys, *line.then)} <= set(BLOCKING_KEYS)
    assert not rules.needs_sources


def test_a_preset_copied_and_changed_works_from_a_path(tmp_path: Path) -> None:
    """The same rules under another name; a change shows, and changes the version."""
    text = resources.files("oneid.settings.presets").joinpath("jp-members.yaml").read_text("utf-8")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "changed.yaml").write_text(text.replace("match: 5,", "match: 9,"), encoding="utf-8")
    shipped, mine, changed = (
        load_rules("jp-members"),
        load_rules("mine.yaml", tmp_path),
        load_rules("changed.yaml", tmp_path),
    )
    assert mine.model_copy(update={"name": "jp-members"}) == shipped
    assert changed.thresholds.match == 9
    digests = {rules.rules_version.partition("@")[2] for rules in (mine, changed)}
    assert len(digests) == 2
    assert load_rules(str(tmp_path / "mine.yaml")) == mine


def test_reasons_in_both_languages(tmp_path: Path) -> None:
    """A text, or a mapping of language to text; what decides is the same, so the rules' version is too."""
    rule = "rules: [{{id: a, when: {{name: [equal_rare]}}, verdict: match, why: {why}}}]\n"
    made = {}
    for why in ("plain", "{en: one name, ja: 氏名が一致}", "{ja: 氏名が一致}"):
        (tmp_path / "mine.yaml").write_text(LEAST + rule.format(why=why), encoding="utf-8")
        made[why] = load_rules("mine.yaml", tmp_path)
    plain, both, japanese = (rules.rules[0].reason for rules in made.values())
    assert (plain, in_language(plain, "ja")) == ("plain", "plain")
    assert (both, in_language(both, "ja")) == ("one name", "氏名が一致")
    assert (japanese, in_language(japanese, "en")) == ("氏名が一致", "氏名が一致")
    assert len({rules.rules_version for rules in made.values()}) == 1
    (tmp_path / "moved.yaml").write_text("\n\n" + LEAST + rule.format(why="x").replace("match", "review"), "utf-8")
    assert load_rules("moved.yaml", tmp_path).rules_version.partition("@")[2] not in {
        rules.rules_version.partition("@")[2] for rules in made.values()
    }
    for rules in made.values():
        (tmp_path / "again.yaml").write_text(to_yaml(rules), encoding="utf-8")
        assert load_rules("again.yaml", tmp_path).rules[0].why == rules.rules[0].why


@pytest.mark.parametrize(("why", "code"), [("{}", "E104"), ("{fr: x}", "E102"), ("{en: ''}", "E105"), ("[x]", "E105")])
def test_a_reason_that_is_none(tmp_path: Path, why: str, code: str) -> None:
    text = LEAST + f"rules: [{{id: a, when: {{name: [equal_rare]}}, verdict: match, why: {why}}}]\n"
    assert code in {found[0] for found in problems(tmp_path, text)}


def test_the_least_rules_file(tmp_path: Path) -> None:
    """What is left out has its default."""
    (tmp_path / "mine.yaml").write_text("\ufeff" + LEAST, encoding="utf-8")
    rules = load_rules("mine.yaml", tmp_path)
    assert (rules.blocking[0].keys, rules.blocking[0].most, rules.blocking[0].then) == (("email",), 50, ())
    assert (rules.guards.alarm, rules.interactions, rules.rules) == (500, (), ())
    assert rules.weights == {"name": {"equal_rare": 7.0}}


def test_everything_that_a_rules_file_can_say(tmp_path: Path) -> None:
    """Each part is read as it stands; texts that are data are not guessed at."""
    text = (
        LEAST.replace("  - [email]\n", "  - {keys: [email, card], most: 7, then: [reading]}\n")
        + """
interactions:
  - {when: {name: [family_equal], none_of: [{sex: [differs]}]}, bits: -3.5}
rules:
  - id: linked
    when: {card: [equal], any_of: [{name: [equal_rare]}, {birth: [equal]}], between: [ec, shop]}
    verdict: match
    why: "a declared link: strong"
  - {id: inside, when: {name: [differs], same_source: true}, verdict: never, why: two members of one shop}
guards:
  alarm: 50
  one_per_source: [ec]
  most_values: {birth: 1, card: 2}
  never_trusted: {phone: [0312345678, no], card: [null]}
survivorship:
  sources: [ec, shop]
  groups:
    - {fields: [name, kana], order: [newest, longest]}
"""
    )
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    rules = load_rules("mine.yaml", tmp_path, Compared.with_own([("identifier", "card", {})]))
    assert (rules.blocking[0].keys, rules.blocking[0].most, rules.blocking[0].then) == (
        ("email", "card"),
        7,
        ("reading",),
    )
    assert rules.interactions[0].bits == -3.5
    linked, inside = rules.rules
    assert linked.when.between == ("ec", "shop")
    assert linked.when.any_of == (When(levels={"name": ("equal_rare",)}), When(levels={"birth": ("equal",)}))
    assert (inside.verdict, inside.when.same_source) == ("never", True)
    assert rules.needs_sources
    assert (rules.guards.alarm, rules.guards.one_per_source) == (50, ("ec",))
    assert rules.guards.most_values == {"birth": 1, "card": 2}
    assert rules.guards.never_trusted == {"phone": ("0312345678", "no"), "card": ("null",)}
    assert (rules.survivorship.sources, rules.survivorship.groups[0].order) == (("ec", "shop"), ("newest", "longest"))


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """Ten mistakes, ten lines, each with its place; words that are nearly right are named."""
    text = """version: 2
blocking:
  - [emial]
  - {keys: [phone], most: many}
base: strong
weights:
  nmae: {equal_rare: 7}
  birth: {equals: 7}
rules:
  - {id: a, when: {name: [differs]}, verdict: perhaps, why: x}
  - {id: a, when: {email: [equal]}, verdict: match, why: x}
thresholds: {match: 1, review: 2, never: 3}
guard: {}
"""
    found = problems(tmp_path, text)
    assert sorted((code, line) for code, line, _, _ in found) == sorted(
        [
            ("E105", 1),
            ("E131", 3),
            ("E105", 4),
            ("E105", 5),
            ("E131", 7),
            ("E132", 8),
            ("E105", 10),
            ("E133", 11),
            ("E105", 12),
            ("E102", 13),
        ]
    )
    hints = {line: hint for _, line, _, hint in found}
    assert "did you mean 'email'" in hints[3]
    assert "did you mean 'name'" in hints[7]
    assert "did you mean 'equal'" in hints[8]
    assert "did you mean 'guards'" in hints[13]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("base: -5\n", "", "E104", 1),
        ("base: -5", "base: [1]", "E105", 4),
        ("base: -5", "base: nan", "E105", 4),
        ("  - [email]\n", "  - {most: 3}\n", "E104", 3),
        ("  - [email]\n", "  - {keys: [email], most: 0}\n", "E105", 3),
        ("  - [email]\n", "  - {keys: [email], then: [emial]}\n", "E131", 3),
        ("blocking:\n  - [email]\n", "blocking: email\n", "E105", 2),
        ("{name: {equal_rare: 7}}", "{name: {equal_rare: much}}", "E105", 5),
        ("{name: {equal_rare: 7}}", "{name: 7}", "E105", 5),
        ("never: -8}", "never: -2}", "E105", 6),
        ("never: -8}", "}", "E104", 6),
        ("never: -8}\n", "never: -8}\nguards: {most_values: {brith: 1}}\n", "E131", 7),
        ("never: -8}\n", "never: -8}\nguards: {never_trusted: {emial: [x]}}\n", "E131", 7),
        ("never: -8}\n", "never: -8}\nguards: {never_trusted: {birth: ['1900-01-01']}}\n", "E131", 7),
        ("never: -8}\n", "never: -8}\nguards: {alarm: none}\n", "E105", 7),
        ("never: -8}\n", "never: -8}\nrules: [{id: a, when: {name: [equal]}, verdict: match, why: x}]\n", "E132", 7),
        ("never: -8}\n", "never: -8}\nrules: [{id: a, verdict: match, why: x}]\n", "E104", 7),
        ("never: -8}\n", "never: -8}\nrules: [{id: a, when: {between: [ec]}, verdict: match, why: x}]\n", "E105", 7),
        ("never: -8}\n", "never: -8}\nrules: [{id: a, when: {same_source: no}, verdict: match, why: x}]\n", "E105", 7),
        ("never: -8}\n", "never: -8}\nsurvivorship: {groups: [{fields: [name], order: [best]}]}\n", "E105", 7),
        ("never: -8}\n", "never: -8}\nsurvivorship: {groups: [{fields: [name]}]}\n", "E104", 7),
        ("never: -8}\n", "never: -8}\nbase: 3\n", "E106", 7),
        ("base: -5", "base: {", "E101", None),
    ],
)  # fmt: skip
def test_one_mistake(tmp_path: Path, old: str, new: str, code: str, line: int | None) -> None:
    """A mistake in an otherwise good file is the only one that is told, on its line."""
    assert old in LEAST
    found = problems(tmp_path, LEAST.replace(old, new))
    assert [part[0] for part in found] == [code]
    assert line is None or found[0][1] == line


def test_a_field_of_ones_own_is_known_only_where_the_config_has_it(tmp_path: Path) -> None:
    """As a weight, a level and a blocking key."""
    text = LEAST.replace("[email]", "[card]").replace("{name: {equal_rare: 7}}", "{card: {equal: 9, differs: -3}}")
    assert {code for code, *_ in problems(tmp_path, text)} == {"E131"}
    assert load_rules("mine.yaml", tmp_path, Compared.with_own([("identifier", "card", {})])).weights == {
        "card": {"equal": 9.0, "differs": -3.0}
    }


def test_no_such_rules(tmp_path: Path) -> None:
    """Neither a preset nor a file; a name that is nearly a preset's is told."""
    with pytest.raises(ConfigError) as caught:
        load_rules("jp-member", tmp_path)
    assert caught.value.code == "E130"
    assert caught.value.hint == "did you mean 'jp-members'?"
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ConfigError, match="no preset and no rules file"):
        load_rules("folder.yaml", tmp_path)


def test_not_text_and_empty(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and a file without a word."""
    (tmp_path / "mine.yaml").write_bytes("description: 名寄せ".encode("cp932"))
    with pytest.raises(ConfigError) as caught:
        load_rules("mine.yaml", tmp_path)
    assert caught.value.code == "E101"
    assert {code for code, *_ in problems(tmp_path, "# nothing\n")} == {"E104"}


def test_every_level_can_be_weighed(tmp_path: Path) -> None:
    """A file that weighs every level of every field."""
    weights = "".join(
        f"  {field}: {{{', '.join(f'{level}: 1' for level in names)}}}\n" for field, names in LEVELS.items()
    )
    text = LEAST.replace("weights: {name: {equal_rare: 7}}\n", "weights:\n" + weights)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    made = load_rules("mine.yaml", tmp_path).weights
    assert {field: tuple(levels) for field, levels in made.items()} == dict(LEVELS)

"""The catalogues: no text that people read lacks a language, and none stands there that nobody says."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from oneid.cli.language import FOREIGN, HEADINGS, HELP, split
from oneid.cli.main import app
from oneid.vocabulary.language import LANGUAGES, catalogue
from paths import ROOT

_SCRIPT = runpy.run_path(str(ROOT / "scripts/said_texts.py"))
OPEN, WORDS, collect = _SCRIPT["OPEN"], _SCRIPT["WORDS"], _SCRIPT["collect"]
Found = Any
SOURCE = ROOT / "src/oneid"
MESSAGES = SOURCE / "vocabulary/messages"
OTHERS = LANGUAGES[1:]
PLACE = re.compile(r"\{[^{}]*\}")
FORBIDDEN = ["源泉", "登録簿", "得点", "証拠", "関門", "歯止め", "マスクされ", "埋め草", "マージマップ"]
"""What ``wording`` says not to call things: sources, registry, scores, evidence, limits, masked, placeholders."""


@pytest.fixture(scope="module")
def found() -> Found:
    return collect(SOURCE)


def helps(command: Any) -> Iterator[str]:
    """Every paragraph of help of a command and of all below it."""
    for thing in (command, *command.params):
        for name in ("help", "short_help", "epilog", "rich_help_panel"):
            text = getattr(thing, name, None)
            yield from split(text) if isinstance(text, str) else ()
    for inner in getattr(command, "commands", {}).values():
        yield from helps(inner)


def of_commands() -> set[str]:
    return {*helps(get_command(app)), HELP, "Usage: ", *HEADINGS.values(), *FOREIGN}


def needed(found: Found) -> dict[str, set[str]]:
    """By text that has words, the rooms that say it."""
    rooms = {text: set(rooms) for text, rooms in found.texts.items()}
    for text in of_commands():
        rooms.setdefault(text, set()).add("cli")
    for text in WORDS:
        rooms.setdefault(text, set()).add("ruletests")
    return {text: rooms for text, rooms in rooms.items() if re.search("[A-Za-z]", PLACE.sub("", text))}


def files(language: str) -> dict[str, dict[str, str]]:
    """By room its catalogue."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (MESSAGES / language).glob("*.yaml")}


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_lacks_a_language(found: Found, language: str) -> None:
    assert sorted(set(needed(found)) - set(catalogue(language))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(found: Found, language: str) -> None:
    said = {*found.texts, *needed(found)}
    assert sorted(set(catalogue(language)) - said) == []


def test_every_text_is_followed(found: Found) -> None:
    """A message or hint is a constant, what ``said`` gives, or one of few that are listed with why."""
    assert sorted(found.unclear - OPEN) == []
    assert sorted(OPEN - found.unclear) == []


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_stands_in_the_file_of_its_room(found: Found, language: str) -> None:
    """What several rooms say stands in ``common``; each file is sorted."""
    rooms = needed(found) | {text: rooms for text, rooms in found.texts.items() if not text.strip(" ,;:")}
    for room, texts in files(language).items():
        homes = {text: next(iter(rooms.get(text, ()))) if len(rooms.get(text, ())) == 1 else "common" for text in texts}
        assert {text: home for text, home in homes.items() if home != room and text in rooms} == {}
        assert list(texts) == sorted(texts)


@pytest.mark.parametrize("language", OTHERS)
def test_places_are_the_same(language: str) -> None:
    """With the same forms of numbers, each as often."""
    wrong = {text: other for text, other in catalogue(language).items()
             if Counter(PLACE.findall(text)) != Counter(PLACE.findall(other))}  # fmt: skip
    assert wrong == {}


def test_japanese_is_worded_as_agreed() -> None:
    """No terms that are not ours; no half-width blank between Japanese and Latin letters; no English left."""
    japanese = "ぁ-んァ-ヶー一-龥々"
    apart = re.compile(rf"[{japanese}] [A-Za-z0-9]|[A-Za-z0-9] [{japanese}]")
    for text, said in catalogue("ja").items():
        assert not [word for word in FORBIDDEN if word in said], text
        assert not apart.search(said), said
        assert said == text or re.search(f"[{japanese}]", said) or len(text) < 40, text


def test_what_is_said_is_found(tmp_path: Path) -> None:
    """Constants, both sides of a condition, what a name stands for, rows that begin with a code; the rest is told."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room/module.py").write_text(
        'ROWS = (("E100", "first", "hint of first"),)\n'
        "def f(x, given):\n"
        '    message = "one" if x else "two"\n'
        "    if x:\n"
        '        raise UsageError("E101", message, hint=given or "three")\n'
        '    raise UsageError("E101", said("{n} is four", n=x), hint=f"lost {x}")\n'
        'def g(self):\n    self.wrong("five")\n'
        "    raise UsageError(self.code, made())\n",
        encoding="utf-8",
    )
    found = collect(tmp_path)
    assert set(found.texts) == {"first", "hint of first", "one", "two", "three", "{n} is four", "five"}
    assert found.unclear == {"room/module.py: f'lost {x}'", "room/module.py: made()"}
    assert found.texts["five"] == {"room"}
    assert found.codes == {"E100": ["first"], "E101": ["one", "two", "{n} is four"]}

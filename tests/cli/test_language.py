"""The language of a command: what chooses it, its help, and what Typer says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer import rich_utils
from typer.main import get_command

from oneid.cli.language import FOREIGN, HEADINGS, foreign, paragraphs, split, without_lang
from oneid.cli.main import app
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import catalogue, in_language, language, speaking


def test_lang_anywhere() -> None:
    """Before and behind the command, as one word or two; what follows ``--`` is no option."""
    for line in ("--lang ja demo", "demo --lang ja", "demo --lang=ja", "--lang=en demo --lang=ja"):
        assert without_lang(line.split()) == (["demo"], "ja")
    behind = ["normalize", "name", "--", "--lang", "x"]
    assert without_lang(behind) == (behind, None)


@pytest.mark.parametrize("line", [["--lang"], ["--lang", "fr"], ["--lang="]])
def test_no_language(line: list[str], command: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="E410 no language"):
        without_lang(line)
    said = command("demo", *line)
    assert (said.code, said.err.split()[0]) == (2, "E410")


def test_who_chooses(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, else ONEID_LANG, else the locale; afterwards the language is as before."""
    japanese, english = "E400 コマンド'x'はありません。", "E400 No such command 'x'."
    assert command("x").err.startswith(english)
    assert command("x", "--lang", "ja").err.startswith(japanese)
    monkeypatch.setenv("ONEID_LANG", "ja")
    assert command("x").err.startswith(japanese)
    assert command("x", "--lang", "en").err.startswith(english)
    monkeypatch.setenv("ONEID_LANG", "fr")
    assert command("x").err.startswith("E410 no language 'fr'")
    monkeypatch.delenv("ONEID_LANG")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LC_MESSAGES", "ja_JP.UTF-8")
    assert command("x").err.startswith(japanese)
    assert language() == "en"


def commands(command: Any, *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of the tree with the words that call it."""
    yield above, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *above, name)


TREE = dict(commands(get_command(app)))


def helps() -> set[str]:
    """Every paragraph of help there is."""
    found = {"Show this message and exit.", *HEADINGS.values()}
    for command in TREE.values():
        for thing in (command, *command.params):
            for name in ("help", "short_help", "epilog", "rich_help_panel"):
                text = getattr(thing, name, None)
                found |= set(split(text)) if isinstance(text, str) else set()
    return found


@pytest.mark.parametrize("called", TREE, ids=lambda called: " ".join(called) or "oneid")
def test_help_is_whole(called: tuple[str, ...], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut at 60 columns where words have no blanks, and afterwards English is as it was."""
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 60)
    english = command(*called, "--help").out
    said = command(*called, "--help", "--lang", "ja")
    assert (said.code, said.err) == (0, "")
    assert "使い方: " in said.out
    assert "…" not in said.out
    assert "このヘル" in said.out
    assert command(*called, "--help").out == english


def test_paragraphs() -> None:
    """Lines of one paragraph are joined, but not those that stand as they are."""
    assert split("One\ntwo.\n\n\b\nkept\n  so\n\nlast") == ["One two.", "\b\nkept\n  so", "last"]
    assert paragraphs("Show the\nversion and exit.\n\nx", "ja") == "バージョンを表示して終了\n\nx"


@pytest.mark.parametrize("template", FOREIGN)
def test_what_typer_says(template: str) -> None:
    """Each sentence is recognised for what it is, and none is taken for another."""
    text = template.format_map({name: f"'{name}'" for name in ("parameter", "name", "others", "words", "least", "most",
                                                               "word", "known", "reason")})  # fmt: skip
    made = foreign(text)
    assert made == text
    assert getattr(made, "template", None) == template
    assert in_language(made, "ja") != text


def test_inner_sentences() -> None:
    made = foreign("Invalid value for '--n': Input should be greater than or equal to 50")
    assert in_language(made, "ja") == "'--n'の値が不正です: 50以上を指定してください"
    with speaking("ja"):
        assert in_language(foreign("Something new.")) == "Something new."


def test_headings_are_typers() -> None:
    """A newer Typer may have other words: these are those of the installed one."""
    assert {name: getattr(rich_utils, name) for name in HEADINGS} == dict(HEADINGS)
    assert set(HEADINGS.values()) <= set(catalogue("ja"))

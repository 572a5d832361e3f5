"""The language of a command: which it is, its help in it, and the words of Typer.

Commands write English in their decorators. Before a command runs in another language, :func:`commands_in` goes through
the tree of commands that Typer has built, and says every help text in it as the catalogue has it, paragraph by
paragraph. What Typer itself says is in the catalogue too: headings of its help, and its errors, which come as finished
English sentences and are recognised by their shape (:func:`foreign`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from locale import getlocale
from typing import TYPE_CHECKING, Any, Final

from oneid.vocabulary.errors import known_language
from oneid.vocabulary.language import LANGUAGES, chosen, in_language, said

if TYPE_CHECKING:
    import typer

__all__ = ["FOREIGN", "HEADINGS", "commands_in", "foreign", "paragraphs", "spoken", "without_lang"]

HEADINGS: Final[Mapping[str, str]] = {
    "DEPRECATED_STRING": "(deprecated) ",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "REQUIRED_LONG_STRING": "[required]",
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
}
"""By their names in ``typer.rich_utils`` the words of Typer's help."""
HELP: Final = "Show this message and exit."
FOREIGN: Final = (
    "Invalid value for {parameter}: {reason}",
    "Invalid value: {reason}",
    "Missing argument {parameter}.",
    "Missing option {parameter}.",
    "Missing command.",
    "No such command {name}.",
    "No such command {name}. Did you mean {others}?",
    "No such option: {name}",
    "No such option: {name} (Possible options: {others})",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Got unexpected extra argument(s) ({words})",
    "Input should be a valid integer",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be greater than or equal to {least}",
    "Input should be less than or equal to {most}",
    "Input should be a finite number",
    "Unable to parse input string as an integer, exceeded maximum size",
    "Value error, {word} is not one of {known}.",
)
"""What Typer and Pydantic say of a command line, what says more behind what says less."""
_SENTENCE: Final = "reason"
"""What is filled in with a sentence of theirs again."""


def without_lang(argv: Sequence[str]) -> tuple[list[str], str | None]:
    """A command line without ``--lang LANGUAGE``, which may stand anywhere before ``--``, and that language. E410 where
    none follows.

    >>> without_lang(["report", "--lang", "ja", "run"]), without_lang(["report", "--", "--lang=ja"])
    ((['report', 'run'], 'ja'), (['report', '--', '--lang=ja'], None))
    """
    rest: list[str] = []
    wanted = None
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--lang" or word.startswith("--lang="):
            wanted = word[7:] if word != "--lang" else next(words, "")
            known_language(wanted)
        else:
            rest.append(word)
    return rest, wanted


def spoken(wanted: str | None) -> str:
    """The language of this command: ``wanted``, else ``ONEID_LANG``, else the locale's, else English. E410."""
    known_language(wanted or os.environ.get("ONEID_LANG") or LANGUAGES[0])
    return chosen(wanted, os.environ, getlocale()[0])


@contextmanager
def commands_in(language: str, app: typer.Typer) -> Iterator[Any]:
    """What runs a command, its help in a language."""
    command = _tree(app, language)
    if language == LANGUAGES[0]:
        yield command
        return
    from typer import rich_utils

    context = command.context_class

    class Formatter(context.formatter_class):  # type: ignore[name-defined, misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or in_language("Usage: ", language))

    made: Any = rich_utils._make_rich_text

    def folded(**words: Any) -> Any:  # noqa: ANN401
        text = made(**words)
        text.overflow = "fold"  # what has no blanks is broken anywhere, not cut
        return text

    changed: list[tuple[Any, str, object]] = [
        *((rich_utils, name, in_language(text, language)) for name, text in HEADINGS.items()),
        (rich_utils, "_make_rich_text", folded),
        (context, "formatter_class", Formatter),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changed]
    for owner, name, value in changed:
        setattr(owner, name, value)
    try:
        yield command
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


@cache
def _tree(app: typer.Typer, language: str) -> Any:  # noqa: ANN401 - see below
    """The commands with their help in a language, built once for all calls of a process."""
    from typer.main import get_command

    command = get_command(app)
    if language != LANGUAGES[0]:
        _translate(command, language)
    return command


def _translate(command: Any, language: str) -> None:  # noqa: ANN401 - Typer's copy of click is its own affair
    """Says the help of a command and of all below it in a language."""
    context = command.context_class(command, **command.context_settings)
    for thing in (command, *command.params, command.get_help_option(context)):
        for name in ("help", "short_help", "epilog", "rich_help_panel"):
            text = getattr(thing, name, None)
            if isinstance(text, str):
                setattr(thing, name, paragraphs(text, language))
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, language)


def paragraphs(text: str, language: str) -> str:
    """A help text in a language, one paragraph after the other; how its lines are broken is nothing to a catalogue."""
    return "\n\n".join(in_language(part, language) for part in split(text))


def split(text: str) -> list[str]:
    """The paragraphs of a help text, each in one line unless it begins with the sign that keeps lines."""
    parts = (part.strip("\n") for part in text.split("\n\n"))
    return [part if part.startswith("\b") else " ".join(part.split()) for part in parts if part.strip()]


def foreign(text: str) -> str:
    """What Typer said, so that it can be said in another language; a text of a shape that is not known as it is."""
    for template, shape in reversed(_shapes()):
        if found := shape.fullmatch(text):
            parts = {name: foreign(part) if name == _SENTENCE else part for name, part in found.groupdict().items()}
            return said(template, **parts)
    return text


@cache
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    shapes = []
    for template in FOREIGN:
        parts = re.split(r"\{(\w+)\}", template)
        shape = "".join(f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        shapes.append((template, re.compile(shape, re.DOTALL)))
    return shapes

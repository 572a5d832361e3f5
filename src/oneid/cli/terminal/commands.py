"""What all commands have in common: some options, how the config is named, and help with examples.

**The config** is the first word of a command that works on one, or what ``--config`` names (so it was called once), or
else ``oneid.yaml`` in the present folder. Where other words follow, the first is taken for a config by its look.

**Help** is the docstring of the command. The lines below ``Examples:`` at its end are shown last, as they would be
typed; a test runs them.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from copy import copy
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from typer import core
from typer.main import get_command

from oneid.cli.console import logging, say
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import in_language

__all__ = ["CONFIG", "EVERYWHERE", "Command", "Config", "Group", "OnConfig", "examples_of", "looks_like_config"]

CONFIG: Final = Path("oneid.yaml")
"""The config, where none is named."""
Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The config; left out: oneid.yaml in this folder.",
                                        show_default=False)]  # fmt: skip
"""The first parameter of a command that works on a config, of class :class:`OnConfig`."""

EVERYWHERE: Final = "Everywhere"
_CONTEXT: Final = {"help_option_names": ["-h", "--help"]}


# --- options of every command ----------------------------------------------------------------------------------------


def _quiet(value: bool) -> None:
    if value:
        logging().level = -1


def _verbose(value: bool) -> None:
    if value:
        logging().level = 1


def _form(value: Literal["text", "json"]) -> None:
    if value != "text":
        logging().form = value


def _everywhere(
    quiet: Annotated[
        bool,
        typer.Option(
            "-q", "--quiet", callback=_quiet, expose_value=False, rich_help_panel=EVERYWHERE, show_default=False,
            help="Say nothing but errors, and what was asked for.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v", "--verbose", callback=_verbose, expose_value=False, rich_help_panel=EVERYWHERE, show_default=False,
            help="Say more: times, and what was noted.",
        ),
    ] = False,
    log_format: Annotated[
        Literal["text", "json"],
        typer.Option(
            "--log-format", callback=_form, expose_value=False, rich_help_panel=EVERYWHERE, show_default=False,
            help="How progress and errors are told: in words, or one JSON object a line.",
        ),
    ] = "text",
) -> None:  # fmt: skip
    """The options that every command has; what they say is kept by :func:`oneid.cli.console.logging`."""


@cache
def _options() -> tuple[Any, ...]:
    """They, as Typer makes them of the function."""
    alone = typer.Typer(add_completion=False)
    alone.command()(_everywhere)
    return tuple(get_command(alone).params)


# --- classes of commands ----------------------------------------------------------------------------------------------


class Command(core.TyperCommand):
    """A command with the options that all have, ``-h``, and examples at the end of its help."""

    def __init__(self, name: str | None, **given: Any) -> None:  # noqa: ANN401 - Typer's
        given["params"] = [*(given.get("params") or ()), *map(copy, _options())]
        given["context_settings"] = {**_CONTEXT, **(given.get("context_settings") or {})}
        given["help"], self.examples = examples_of(given.get("help"))
        super().__init__(name, **given)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's
        """Prints the help, its examples at the end."""
        self.epilog = _shown(self.examples)
        super().format_help(ctx, formatter)


def looks_like_config(word: str) -> bool:
    """Whether a word looks like a config's name: ``.yaml`` or ``.yml``."""
    return word.lower().endswith((".yaml", ".yml"))


class OnConfig(Command):
    """A command whose first word is a config that may be left out. ``likely`` tells whether a word looks like one,
    where others follow.
    """

    likely = staticmethod(looks_like_config)

    def __init__(self, name: str | None, **given: Any) -> None:  # noqa: ANN401 - Typer's
        super().__init__(name, **given)
        next(param for param in self.params if param.param_type_name == "argument").required = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's
        """Parses the command line with the config in its place."""
        words = sum(param.param_type_name == "argument" for param in self.params)
        named, rest = self._named(args)
        first = next(self._words(rest), None)
        given = first is not None and (words == 1 or self.likely(rest[first]))
        if named is not None and given and words == 1:
            raise UsageError("E400", "the config is named twice", hint="name it once: as the first word, or --config")
        if named is not None or not given:
            rest = [named or str(CONFIG), *rest]
        return super().parse_args(ctx, rest)

    def _named(self, args: Sequence[str]) -> tuple[str | None, list[str]]:
        """What ``--config`` names, and the other arguments."""
        named, rest, end = None, list(args), list(args).index("--") if "--" in args else len(args)
        for at in reversed(range(end)):
            if rest[at] == "--config" and at + 1 < end:
                named = named or rest[at + 1]
                del rest[at : at + 2]
            elif rest[at].startswith("--config="):
                named = named or rest[at].partition("=")[2]
                del rest[at]
        return named, rest

    def _words(self, args: Sequence[str]) -> Iterator[int]:
        """The places of arguments that are neither options nor values of options."""
        takes = {name for param in self.params if not getattr(param, "is_flag", True) for name in param.opts}
        at = 0
        while at < len(args):
            if args[at] == "--":
                yield from range(at + 1, len(args))
                return
            if args[at] in takes:
                at += 1
            elif not args[at].startswith("-") or args[at] == "-":
                yield at
            at += 1


class Group(core.TyperGroup):
    """A group of such commands."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - Typer's
        given["context_settings"] = {**_CONTEXT, **(given.get("context_settings") or {})}
        super().__init__(**given)
        self.params = [*self.params, *map(copy, _options())]

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer's
        """The options. Typer's two for completion say what they say as ours do, and the help tells of them in a
        sentence, for they are long words.
        """
        ours = []
        for param in super().get_params(ctx):
            if isinstance(param, core.TyperOption) and str(param.name).endswith("_completion"):
                param = copy(param)  # noqa: PLW2901
                param.hidden, param.callback = True, partial(_completion, param.callback)
            ours.append(param)
        return ours


def _completion(of_typer: Callable[..., object] | None, ctx: Any, param: Any, wanted: bool) -> None:  # noqa: ANN401
    """What Typer does about completion; E400 where it knows none for the shell, in place of a line of its own."""
    if of_typer is None or not wanted or ctx.resilient_parsing:
        return
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()):
        try:
            of_typer(ctx, param, wanted)
        except SystemExit:
            pass
        except typer.Exit:
            hint = "bash, zsh, fish and PowerShell have it: call it from one of them"
            raise UsageError("E400", "this shell is not known to complete words", hint=hint) from None
    say(out.getvalue().rstrip())
    raise typer.Exit


# --- help -------------------------------------------------------------------------------------------------------------


def examples_of(help_: str | None) -> tuple[str, tuple[str, ...]]:
    r"""A docstring as what it says, and its examples.

    >>> examples_of("Do it.\n\nExamples:\n    oneid do it\n")
    ('Do it.', ('oneid do it',))
    """
    text, _, below = inspect.cleandoc(help_ or "").partition("\n\nExamples:\n")
    return text, tuple(line.strip() for line in below.splitlines() if line.strip())


def _shown(examples: tuple[str, ...]) -> str | None:
    """Examples as the end of a help, as they would be typed."""
    if not examples:
        return None
    return "\n".join([in_language("Examples:"), *("$ " + line.replace("[", "\\[") for line in examples)])

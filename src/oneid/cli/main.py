"""The command ``oneid``. Exit codes: 0 fine, 1 a check failed or a limit was breached, 2 bad input or usage, 3
internal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Final

import typer

from oneid.cli import explain, lookup, measure, report, resolve, review, sources
from oneid.cli.console import complain, log, logging, printing, say
from oneid.cli.language import commands_in, foreign, spoken, without_lang
from oneid.cli.registry.group import app as registry
from oneid.cli.terminal.commands import Command, Group, OnConfig
from oneid.vocabulary.errors import InternalError, OneIDError, UsageError, in_words, known_language, panicked
from oneid.vocabulary.language import LANGUAGES, said, speaking
from oneid.vocabulary.terminaltext import is_text
from oneid.vocabulary.version import VERSION

__all__ = ["app", "main"]

app = typer.Typer(
    name="oneid",
    cls=Group,
    help="One lasting OneID per person from the member records of separate systems.",
    epilog="oneid COMMAND -h shows examples. oneid --install-completion lets the tab key complete words in this shell; "
    "oneid --show-completion prints what it would install.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as shells have it."""


FAMILIES: Final[Mapping[str, tuple[tuple[Callable[..., None], type[Command]], ...]]] = {
    "Begin": (
        (resolve.demo, Command), (sources.init, Command), (sources.profile, OnConfig), (sources.normalize, Command),
    ),
    "Resolve and look": (
        (resolve.resolve, OnConfig), (explain.explain, explain.OnRunOrConfig), (report.report, Command),
        (lookup.lookup, lookup.OnConfigOrRun), (report.export, Command),
    ),
    "Check and measure": (
        (measure.check, OnConfig), (measure.diff, Command), (measure.evaluate, Command), (measure.train, OnConfig),
        (measure.schema, Command),
    ),
}  # fmt: skip
"""The commands by the panel of the help that they stand in."""

for panel, commands in FAMILIES.items():
    for function, kind in commands:
        app.command(cls=kind, rich_help_panel=panel)(function)
app.add_typer(review.app, rich_help_panel="Resolve and look")
app.add_typer(registry, rich_help_panel="OneIDs over time")


def _show_version(wanted: bool) -> None:
    if wanted:  # before other options are looked at, which takes three times as long
        say(f"oneid {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001 - its callback has shown it
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(metavar="|".join(LANGUAGES), help="The language of words; left out: ONEID_LANG, else the locale."),
    ] = None,
) -> None:
    """One lasting OneID per person from the member records of separate systems."""
    if lang is not None:  # of a whole command line it was taken before
        known_language(lang)


def main() -> None:
    """Entry point: runs a command and turns errors into one line and an exit code."""
    with printing() as ended:
        code = _run(sys.argv[1:], ended)
    if code:
        raise SystemExit(code)


def _refuse_bytes(argv: list[str]) -> None:
    if not all(map(is_text, argv)):
        hint = "rename the file, or set the locale to the one it was named in"
        raise UsageError("E409", "an argument is no text in the system's encoding", hint=hint)


def _run(argv: list[str], ended: Callable[[int], int]) -> int:
    """The exit code of a command, which has said what went wrong in the language that it was asked for."""
    if _wants_json(argv):  # also for what is wrong with the options themselves
        logging().form = "json"
    try:
        _refuse_bytes(argv)
        words, wanted = without_lang(argv)
        language = spoken(wanted)
    except OneIDError as error:
        complain(error)
        return ended(error.exit_code)
    with speaking(language):
        return ended(_ran([word for word in words if word != "--debug"], language, debug="--debug" in words))


def _wants_json(argv: Sequence[str]) -> bool:
    return "--log-format=json" in argv or ("--log-format", "json") in pairwise(argv)


def _log_traceback() -> None:
    from traceback import format_exc

    log("traceback", format_exc(), level="debug")


def _ran(argv: list[str], language: str, *, debug: bool) -> int:
    try:  # an Exit comes back as its code: Typer turns Ctrl-C into one
        with in_words(), commands_in(language, app) as run:
            code = int(run(argv, standalone_mode=False) or 0)
    except OneIDError as error:
        if debug:
            _log_traceback()
        complain(error)
        return error.exit_code
    except typer.Abort:
        return 2
    except typer.TyperException as error:
        if error.format_message():  # without arguments the help was shown
            complain(UsageError("E400", foreign(error.format_message()), hint="oneid --help, oneid COMMAND --help"))
        return 2
    except BaseException as error:
        if not (isinstance(error, Exception) or panicked(error)):
            raise
        if debug:
            _log_traceback()
        message = said("internal error: {kind}.", kind=type(error).__name__)
        complain(InternalError("E999", message, hint="run again with --debug and report it"))
        return 3
    if code == INTERRUPTED:
        stand = "stopped; the old outputs stand, or, if they were being published, the new ones: whole either way"
        complain(said(stand))
    return code

"""The commands ``oneid review ...``: a page on this machine on which people decide about pairs, or a sheet for them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oneid.cli.console import done, say, tell
from oneid.cli.options import variables
from oneid.cli.terminal.commands import Command, Group
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import language, said
from oneid.vocabulary.version import install

if TYPE_CHECKING:
    from oneid.review.books import Book
    from oneid.review.pairs import RunPairs

__all__ = ["app"]


class _Group(Group):
    """``oneid review RUN`` is ``oneid review page RUN``."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer's
        """With the command that is meant where none is named."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["page", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="review", cls=_Group, no_args_is_help=True,
    help="Decide about the pairs that wait: on a page of this machine (oneid review RUN), or in a spreadsheet.",
)  # fmt: skip

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Config = Annotated[Path | None, typer.Option(help="The run's config: its rules, and where verdicts go.")]
Decisions = Annotated[Path | None, typer.Option(help="A decisions file for the verdicts, in place of the config's.")]
ShowPii = Annotated[bool, typer.Option("--show-pii", help="Do not mask values.")]
Vars = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Fills {NAME} in paths of the config.")
]
LABELS = Path("labels.csv")


def _opened(run: Path, config: Path | None, file: Path | None, var: Sequence[str] | None) -> tuple[RunPairs, Book]:
    from oneid.outputs.runjson import run_of
    from oneid.review.books import RegistryBook, book_of
    from oneid.review.pairs import RunPairs
    from oneid.settings.configfile import ACTS, load

    reads = ("sources", *ACTS) if config is not None and not run_of(run).get("registry") else ACTS
    loaded = None if config is None else load(config, variables(var), reads=reads)
    book = book_of(run, loaded, file)
    registry = book.registry if isinstance(book, RegistryBook) else None
    return RunPairs(run, loaded, registry), book


@app.command(cls=Command)
def page(
    run: Run,
    label: Annotated[bool, typer.Option("--label", help="Draw pairs for labels (labels.csv) instead.")] = False,
    pairs: Annotated[int, typer.Option(min=1, max=100_000, help="With --label: how many are drawn.")] = 200,
    people: Annotated[int, typer.Option(min=1, max=100, help="How many links are made, one per browser.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Left out: any free one.")] = 0,
    config: Config = None,
    decisions: Decisions = None,
    show_pii: ShowPii = False,
    var: Vars = None,
) -> None:
    """Serve the page (``oneid review RUN``) until Ctrl-C: pairs side by side; every verdict is written at once.

    Examples:
        oneid review out --config oneid.yaml
        oneid review out --decisions decisions.csv --people 2
        oneid review out --label --pairs 100
    """
    if any(find_spec(name) is None for name in ("starlette", "uvicorn", "jinja2")):
        raise UsageError("E429", "the page needs the extra 'review'", hint=install("review"))
    from oneid.review.desk import Desk
    from oneid.review.web import Page, listen, serve
    from oneid.review.words import Words

    words = Words(language())
    found, book = _opened(run, config, decisions or (LABELS if label else None), var)
    try:
        desk = Desk(found, book, pairs if label else None)
        with listen(port) as at:
            shown = Page(desk, words, at.getsockname()[1], show_pii=show_pii, people=people, tell=tell)
            tell(said("{n:,} pairs wait; verdicts go to {place}", n=desk.queue.waiting, place=book.place))
            tell(said("open this in a browser of this machine; each link works once. Ctrl-C ends"))
            for link in shown.links:
                say(link)
            done()
            serve(shown, at)
    finally:
        book.close()


@app.command(cls=Command)
def export(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sheet to write (CSV).")],
    pairs: Annotated[int | None, typer.Option(min=1, help="At most so many cases; left out, all.")] = None,
    config: Config = None,
    decisions: Decisions = None,
    show_pii: ShowPii = False,
    var: Vars = None,
) -> None:
    """Write the pairs that wait into a sheet for a spreadsheet program, with columns to fill in.

    Examples:
        oneid review export out review-sheet.csv --config oneid.yaml
    """
    from oneid.review.desk import Desk
    from oneid.review.spreadsheet import sheet, write_sheet
    from oneid.review.words import Words

    words = Words(language())
    found, book = _opened(run, config, decisions, var)
    try:
        cases = Desk(found, book).open_cases(pairs)
        made = sheet(found, cases, words, show_pii=show_pii)
    finally:
        book.close()
    write_sheet(made, file)
    done()
    say(said("wrote {n:,} pairs to {file}", n=made.height, file=file))


@app.command("import", cls=Command)
def import_(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sheet as it was filled in (CSV).")],
    by: Annotated[str, typer.Option(help="Who decides, where a row does not say it.")] = "",
    config: Config = None,
    decisions: Decisions = None,
    var: Vars = None,
) -> None:
    """Take in a sheet that people filled in; all mistakes are told at once, and then nothing is taken in.

    Examples:
        oneid review import out review-sheet.csv --config oneid.yaml --by "A. Suzuki"
    """
    from oneid.review.spreadsheet import read_sheet, take_in

    found, book = _opened(run, config, decisions, var)
    try:
        count = take_in(read_sheet(file, found, by), book)
    finally:
        book.close()
    done()
    say(said("took in {n:,} decisions into {place}; the next run heeds them", n=count, place=book.place))

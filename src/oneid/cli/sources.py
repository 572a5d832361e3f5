"""The commands about sources, before any matching: ``oneid init``, ``oneid profile`` and ``oneid normalize``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oneid.cli.console import done, say, say_json, show
from oneid.cli.options import Format, Variables, variables
from oneid.cli.terminal.commands import Config
from oneid.cli.terminal.progress import progress
from oneid.vocabulary.language import said

__all__ = ["init", "normalize", "profile"]


def init(
    files: Annotated[list[Path], typer.Argument(help="The sources' files.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The config to write.")] = Path("oneid.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
) -> None:
    """Guess sources, encodings, ids and fields, and write a commented config.

    Examples:
        oneid init ec.csv point_card.csv
        oneid init *.csv -o mine.yaml --force
    """
    from oneid.cli.terminal.given import refuse_no_source
    from oneid.sources.guessing.configtext import init as write_config

    for file in files:
        refuse_no_source(file)
    left: list[str] = []
    write_config(files, output, force=force, tell=left.append)
    done()
    for note in left:
        say(note)
    say(said("wrote {file}; look it over, then: {command}", file=output, command=f"oneid profile {output}"))


def profile(config: Config, var: Variables = None, form: Format = "text") -> None:
    """Show what is filled, usable, placeholder, unreadable and shared, before any matching.

    Examples:
        oneid profile
        oneid profile oneid.yaml --format json
    """
    from oneid.cli.terminal.given import config_of
    from oneid.evaluation.profile import profile as profiled

    loaded = config_of(config, "profile", variables(var))
    with progress() as shown:
        frame = profiled(loaded, shown)
    if form == "json":
        say_json({"fields": frame.to_dicts()})
        return
    told = frame.drop("top_reason")  # it stands first in the reasons
    show(told.columns, ([_cell(value) for value in row] for row in told.iter_rows()), keys=2)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)


def normalize(
    kind: Annotated[str, typer.Argument(help="A field kind: name, birth, address ...")],
    values: Annotated[list[str], typer.Argument(help="Values to normalize.")],
) -> None:
    """Show what a normalizer makes of values, as JSON lines.

    Examples:
        oneid normalize birth S55.3.7 1980/3/7
        oneid normalize address 東京都新宿区西新宿2-8-1
    """
    from oneid.kinds.normalizing import normalize as normalized

    for row in normalized(kind, values, reasons=True).to_dict("records"):
        say_json(row, indent=None)

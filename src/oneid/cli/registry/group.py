"""The group ``oneid registry``: its commands by the panel of the help that they stand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import typer

from oneid.cli.registry import acts, readings, upkeep
from oneid.cli.terminal.commands import Group, OnConfig

__all__ = ["app"]

_PANELS: Final[Mapping[str, tuple[Callable[..., None], ...]]] = {
    "Look": (
        readings.show, readings.find, readings.log, readings.exposure, readings.receipt, readings.verify,
    ),
    "Change who is who": (
        acts.merge, acts.split, acts.decide, acts.rekey, acts.rename_source, acts.detach, acts.rollback, acts.erase,
    ),
    "Look after it": (upkeep.prune, upkeep.backup),
}  # fmt: skip

app = typer.Typer(
    name="registry",
    cls=Group,
    help="The OneIDs over time: look them up, split, merge, renumber, roll back, erase.",
    no_args_is_help=True,
)
for panel, commands in _PANELS.items():
    for function in commands:
        app.command(function.__name__.replace("_", "-"), cls=OnConfig, rich_help_panel=panel)(function)

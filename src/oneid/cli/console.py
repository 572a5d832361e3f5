"""What commands share: two consoles, results to ``out``, progress and errors to ``err``, and the option ``--var``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from oneid.vocabulary.errors import UsageError

__all__ = ["err", "out", "variables"]

out = Console(highlight=False, soft_wrap=True)
if not out.is_terminal:
    out = Console(highlight=False, soft_wrap=True, width=200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def variables(given: Sequence[str] | None) -> dict[str, str]:
    """``--var ds=2026-11-22`` as a mapping. E407 for what has no name or no value."""
    found: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError("E407", "a variable needs a name and a value", hint="--var ds=2026-11-22")
        found[name] = value
    return found

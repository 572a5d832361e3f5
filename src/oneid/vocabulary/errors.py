"""Every error a user can meet.

    OneIDError                  anything said to the user; never shown with a traceback
    ├── ConfigError    E1xx     the config or rules file is wrong            exit 2
    ├── InputError     E2xx     a source cannot be read or used              exit 2
    ├── OutputError    E3xx     results cannot be written                    exit 2
    ├── UsageError     E4xx     a call or command makes no sense             exit 2
    ├── LimitBreached  E5xx     a publish gate or a check failed             exit 1
    ├── RegistryError  E6xx     the registry cannot be read or written       exit 2
    ├── InternalError  E9xx     a promise of ours is broken: report it       exit 3
    └── Problems                several of the above, found in one go        the worst of its members

An error knows its ``code``, its ``place`` (file, line, and the path of keys or the cell inside it), what is wrong,
and, where there is one, a ``hint`` what to do. ``str(error)`` is the one line that users see.
Personal data never goes into an error: name the row and the column, not the value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "ConfigError",
    "InputError",
    "InternalError",
    "LimitBreached",
    "OneIDError",
    "OutputError",
    "Place",
    "Problems",
    "RegistryError",
    "UsageError",
    "did_you_mean",
    "raise_all",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is: a file, a line in it (from 1), and what inside (``sources.ec.fields.name``, ``row 12``)."""

    file: str | None = None
    line: int | None = None
    inside: str | None = None

    def __str__(self) -> str:
        where = "" if self.file is None else self.file
        if self.line is not None:
            where += f":{self.line}" if where else f"line {self.line}"
        if self.inside:
            where += f" ({self.inside})" if where else self.inside
        return where


class OneIDError(Exception):
    """The root of the tree; catch this to catch everything that OneID says on purpose."""

    exit_code = 2

    def __init__(self, code: str, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place and str(self.place) else ""
        hint = f" Hint: {self.hint}" if self.hint else ""
        return f"{where}{self.code} {self.message}{hint}"

    @property
    def problems(self) -> tuple[OneIDError, ...]:
        """The error as a list, so that one and several are handled alike."""
        return (self,)


class ConfigError(OneIDError):
    """The config or a rules file is wrong."""


class InputError(OneIDError):
    """A source cannot be read, or its rows cannot be used."""


class OutputError(OneIDError):
    """The results cannot be written."""


class UsageError(OneIDError):
    """A call or a command makes no sense."""


class LimitBreached(OneIDError):
    """A publish gate or a check failed; nothing was published."""

    exit_code = 1


class RegistryError(OneIDError):
    """The registry of OneIDs cannot be read or written, or refuses what it is asked to do."""


class InternalError(OneIDError):
    """A promise of ours is broken (a lost record, say). Nothing was published."""

    exit_code = 3


class Problems(OneIDError):
    """Several problems found in one go, one per line, in the order of their places."""

    def __init__(self, problems: Sequence[OneIDError]) -> None:
        self._problems = tuple(problem for group in problems for problem in group.problems)
        super().__init__(self._problems[0].code, f"{len(self._problems)} problems")
        self.exit_code = max(problem.exit_code for problem in self._problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self._problems)

    @property
    def problems(self) -> tuple[OneIDError, ...]:
        """The single problems, flat."""
        return self._problems


def raise_all(problems: Iterable[OneIDError]) -> None:
    """Raises nothing for none, the error itself for one, and :class:`Problems` for several."""
    found = list(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Problems(found)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the known words nearest to ``word``, or all of them where none is near and they are few.

    >>> did_you_mean("nmae", ["name", "kana"])
    "did you mean 'name'?"
    """
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(f"'{choice}'" for choice in near) + "?"
    if 0 < len(choices) <= 20:
        return "known here: " + ", ".join(choices)
    return None

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
and, where there is one, a ``hint`` what to do, both in English. ``str(error)`` is the one line that users see, in the
current language (:mod:`oneid.vocabulary.language`), without characters that a terminal would obey.
Personal data never goes into an error: name the row and the column, not the value.
"""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from oneid.vocabulary.language import LANGUAGES, chosen, in_language, joined, said, speak
from oneid.vocabulary.terminaltext import in_line

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
    "in_words",
    "known_language",
    "panicked",
    "raise_all",
    "use_language",
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
            where += f":{self.line}" if where else in_language(said("line {line}", line=self.line))
        if self.inside:
            inside = in_language(self.inside)
            where += f" ({inside})" if where else inside
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
        hint = f" {in_language('Hint:')} {in_language(self.hint)}" if self.hint else ""
        return in_line(f"{where}{self.code} {in_language(self.message)}{hint}")

    @property
    def problems(self) -> tuple[OneIDError, ...]:
        """The error as a list, so that one and several are handled alike."""
        return (self,)

    def __reduce__(self) -> tuple[object, ...]:
        """For other processes: a pool of workers, say, hands errors over."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[OneIDError], args: tuple[object, ...], state: dict[str, object]) -> OneIDError:
    """An error that was pickled."""
    made = kind.__new__(kind, *args)
    made.args = args
    made.__dict__.update(state)
    return made


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
        super().__init__(self._problems[0].code, said("{n} problems", n=len(self._problems)))
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


def panicked(error: BaseException) -> bool:
    """Whether an error is a panic of a library written in Rust, which is no ``Exception``: each has a type of its own
    of that name.
    """
    return type(error).__name__ == "PanicException"


@contextmanager
def in_words() -> Iterator[None]:
    """Says what the system refuses in the middle of anything (a name that is too long, a loop of links, no permission)
    as InputError E290, which names the file. For the outermost functions: others know better what they do.
    """
    try:
        yield
    except OSError as error:
        name = None if error.filename is None else os.fsdecode(error.filename)
        raise _refused(error.strerror or type(error).__name__, name) from error
    except ValueError as error:
        if "embedded null" not in str(error):
            raise
        raise _refused(os.strerror(errno.EINVAL), None) from error


def _refused(reason: str, name: str | None) -> InputError:
    hint = "look at the names and permissions of files and folders"
    message = said("the system refused a file: {reason}", reason=reason)
    return InputError("E290", message, place=Place(name), hint=hint)


def known_language(name: str) -> str:
    """The language that a name of it means (``ja``, ``ja_JP``): one of :data:`oneid.vocabulary.language.LANGUAGES`.
    UsageError E410 where it means none.
    """
    try:
        return chosen(name or " ", {})
    except ValueError:
        hint = said("languages are {names}", names=", ".join(LANGUAGES))
        raise UsageError("E410", said("no language '{name}'", name=name), hint=hint) from None


def use_language(name: str | None) -> None:
    """From here on errors, notes and explanations are in this language (``en`` or ``ja``), in this thread and in what
    ``asyncio`` starts from it; with None in the one that ``ONEID_LANG`` names, else in English, as at first. Tables,
    the registry and ``run.json`` are the same in all. Raises UsageError E410 for a language that there is not.
    """
    speak(None if name is None else known_language(name))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the known words nearest to ``word``, or all of them where none is near and they are few.

    >>> did_you_mean("nmae", ["name", "kana"])
    "did you mean 'name'?"
    """
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=3, cutoff=0.6)
    if near:
        return said("did you mean {words}?", words=joined(" or ", [f"'{choice}'" for choice in near]))
    if 0 < len(choices) <= 20:
        return said("known here: {words}", words=joined(", ", choices))
    return None

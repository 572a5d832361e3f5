"""What commands share: the one place that prints.

Results go to standard output, progress and errors to standard error. Whatever is printed is text: no markup is read
from it, characters that a terminal obeys are shown as signs, and what a CI system would take for an order is broken.
Only :func:`annotate` gives orders, those of a report that has escaped the text of others itself. On a terminal, and
where ``COLUMNS`` says how wide one is, nothing that is one word is cut (:mod:`oneid.cli.tables`).

What goes to standard error is a log: words for people, or, with ``--log-format json``, one JSON object a line with its
``time``, ``level``, ``event`` and ``message``, always in English (:func:`log`). Words that :func:`said` made are
printed in the language of the command, all others as they are.

Printing never fails in the middle of a command (:class:`Guarded`). What an encoding lacks is written as JSON escapes
it. Where standard output takes no more, the command ends as it would have; :func:`printing` says so then, and fails
the command if what it prints is all that it does.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from rich.console import Console
from rich.text import Text

from oneid.cli.tables import NAMES, folded, laid_out
from oneid.vocabulary.errors import OneIDError, OutputError
from oneid.vocabulary.language import Said, in_language, said, speaking
from oneid.vocabulary.terminaltext import as_json, unordered, visible

__all__ = [
    "Guarded", "Log", "annotate", "complain", "done", "err", "log", "logging", "printing", "say", "say_json", "show",
    "strong", "tell", "width", "write",
]  # fmt: skip

out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

_PIPE_CLOSED: Final = {errno.EPIPE, *([errno.EINVAL] if os.name == "nt" else [])}


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """For what an encoding lacks, the escapes that JSON has."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True)), error.end


codecs.register_error("oneid.escaped", _escaped)


class Guarded:
    """A text stream whose ``write`` and ``flush`` never raise: what is refused is kept as ``failure``, and what comes
    after it is dropped. Whoever closed the other end (``oneid ... | head``) has had enough: that is no failure.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._closed = False
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self._stream, name)

    def write(self, text: str, *, orders: bool = False) -> int:
        """Writes text; with ``orders`` as it is, else with orders to CI systems broken."""
        made = text if orders else unordered(text)
        encoding = self._stream.encoding or "utf-8"
        if not encoding.lower().startswith("utf"):
            made = made.encode(encoding, "oneid.escaped").decode(encoding)
        self._tried(lambda: self._stream.write(made))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Makes the system take what was written."""
        self._tried(self._stream.flush)

    def _tried(self, act: Callable[[], object]) -> None:
        if self._closed:
            return
        try:
            act()
        except (OSError, ValueError) as error:  # ValueError: it is closed
            self._closed = True
            if isinstance(error, OSError) and error.errno not in _PIPE_CLOSED:
                self.failure = error
            with suppress(OSError, ValueError):  # what is left in it shall not fail at the end of the process again
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, self._stream.fileno())
                os.close(nothing)


@dataclass
class Log:
    """How a command tells what goes on: in words or as JSON lines; ``level`` is -1 for errors alone, 0 as usual, 1 for
    more (with times).
    """

    form: Literal["text", "json"] = "text"
    level: int = 0


@dataclass
class Printing:
    """How printing goes: ``done`` is set when what the command is for is done, whatever becomes of its words."""

    done: bool = False
    log: Log = field(default_factory=Log)


_now = Printing()


def logging() -> Log:
    """How this command tells what goes on; what is set in it holds until the command ends."""
    return _now.log


def done() -> None:
    """From here on the exit code stands: what is printed only tells what was done."""
    _now.done = True


@contextmanager
def printing() -> Iterator[Callable[[int], int]]:
    """Guards both streams; gives a function that makes the exit code of a command from the one it would have: 2 where
    its answer could not be printed (E323).
    """
    global _now  # noqa: PLW0603 - one process has one standard output
    _now = Printing()
    real = sys.stdout, sys.stderr
    guarded = tuple(None if stream is None else Guarded(stream) for stream in real)

    def ended(code: int) -> int:
        first, _ = guarded
        if first is None:
            return code
        first.flush()
        if first.failure is None:
            return code
        reason = first.failure.strerror or type(first.failure).__name__
        hint = "free some space, or send it elsewhere"
        message = said("standard output cannot be written: {reason}", reason=reason)
        complain(OutputError("E323", message, hint=hint))
        return code if code or _now.done else 2

    sys.stdout, sys.stderr = guarded
    try:
        yield ended
    finally:
        for stream in guarded:
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = real


def width() -> int | None:
    """The columns that lines may have: those that ``COLUMNS`` says, else those of the terminal; None: any."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isascii() and wanted.isdecimal() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None if sys.stdout.isatty() else None
    except (OSError, ValueError, AttributeError):
        return None


def strong(text: str, style: str = "bold") -> Text:
    """Text that stands out."""
    return Text(visible(_worded(text)), style)


def _worded(text: str) -> str:
    return in_language(text) if isinstance(text, Said) else text


def _line(parts: Sequence[str | Text]) -> Text:
    return Text.assemble(*(part if isinstance(part, Text) else visible(_worded(part)) for part in parts))


def say(*parts: str | Text) -> None:
    """Prints a result, its parts one behind the other, and ends the line."""
    whole = _line(parts)
    for line in whole.split("\n") if whole else [whole]:
        begin = "  " + " " * (len(line.plain) - len(line.plain.lstrip(" ")))
        at = 0
        for number, text in enumerate(folded(line.plain, width(), begin)):
            shown = text.removeprefix(begin) if number else text
            at = line.plain.index(shown, at)
            part = line[at : at + len(shown)]
            out.print(Text.assemble(begin, part) if number else part)
            at += len(shown)


def tell(*parts: str | Text) -> None:
    """Prints what is no result: words about what goes on. With ``--quiet`` there are none."""
    if _now.log.form == "json":
        log("note", "".join(part.plain if isinstance(part, Text) else part for part in parts))
    elif _now.log.level >= 0:
        err.print(_line(parts))


def log(event: str, message: str, *, level: str = "info", **facts: object) -> None:
    """Logs what happened: ``message`` is for people; ``facts`` are for programs, numbers and names of ours, never a
    value of a cell. With ``--quiet`` only what is of level ``error`` or ``debug``.
    """
    if _now.log.level < 0 and level == "info":
        return
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if _now.log.form == "json":
        line = {"time": time, "level": level, "event": event, "message": str(message), **facts}
        err.print(Text(as_json(line, indent=None)))
    else:
        err.print(Text((f"{time} " if _now.log.level > 0 else "") + visible(_worded(message))))


def complain(error: Exception | str) -> None:
    """Prints an error in red; as JSON lines, one for each of several."""
    if _now.log.form == "text":
        err.print(strong(error if isinstance(error, str) else str(error), "red"))
    elif isinstance(error, OneIDError):
        for one in error.problems:
            with speaking("en"):
                place = str(one.place) if one.place else None
            facts = {"code": one.code, "place": place, "hint": one.hint}
            log("error", one.message, level="error", **{name: text for name, text in facts.items() if text})
    else:
        log("error", str(error), level="error")


def say_json(value: Any, *, indent: int | None = 2) -> None:  # noqa: ANN401
    """Prints JSON."""
    write(as_json(value, indent=indent) + "\n")


def write(text: str) -> None:
    """Prints a whole text as it is laid out."""
    _guarded().write(visible(text))


def annotate(text: str) -> None:
    """Prints orders to a CI system."""
    _guarded().write(visible(text), orders=True)


def _guarded() -> Guarded:
    stream: Any = sys.stdout
    return stream if isinstance(stream, Guarded) else Guarded(io.StringIO() if stream is None else stream)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], *, header: bool = True, keys: int = 1) -> None:
    """Prints a table; its columns are called as the language has it. The first ``keys`` of them name a row."""
    head = [visible(in_language(name) if name in NAMES else name) for name in columns]
    cells = ([visible(_worded(cell)) for cell in row] for row in rows)
    for line in laid_out(head, cells, width(), header=header, keys=keys):
        out.print(Text.assemble((line.text[: line.strong], "bold"), line.text[line.strong :]))

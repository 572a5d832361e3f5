"""Where verdicts are written: at once, and so that neither a crash nor a power cut takes one back.

A :class:`RegistryBook` writes into the registry, where the next run finds them; a :class:`FileBook` into a decisions
file (:mod:`oneid.identity.decisions`), which is replaced as a whole by one that has a line more. Both give a mark by
which just that verdict can be taken back.

====  ===========================================================================
E423  the folder is not of the last run of its registry
E426  it is not told where verdicts shall go
====  ===========================================================================
"""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Protocol

import polars as pl

from oneid.identity import decisions
from oneid.identity.decisions import COLUMNS
from oneid.outputs.folderlock import as_output_error
from oneid.outputs.runjson import run_of
from oneid.outputs.tables.tablefiles import defused
from oneid.registry import Registry
from oneid.registry.fromconfig import open_registry
from oneid.runs.clocks import believed
from oneid.settings.config import Config
from oneid.sources.encoding import to_utf8
from oneid.vocabulary.errors import Place, UsageError
from oneid.vocabulary.references import RecordRef

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["HEADER", "Book", "FileBook", "RegistryBook", "Said", "book_of"]

HEADER = (*COLUMNS, "by", "at", "reason", "ticket")
"""The columns of a decisions file that is made anew."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of two records; ``at`` is an ISO moment."""

    left: RecordRef
    right: RecordRef
    decision: str
    by: str
    at: str
    reason: str | None = None
    ticket: str | None = None

    def row(self) -> dict[str, str | None]:
        """By the columns of a decisions file."""
        said = {key: value for key, value in asdict(self).items() if key not in ("left", "right")}
        ends = (self.left.source, self.left.source_id, self.right.source, self.right.source_id)
        return dict(zip(COLUMNS, ends, strict=False)) | said


class Book(Protocol):
    """Where verdicts are written."""

    @property
    def place(self) -> str:
        """Its name for people, without a password."""

    def known(self) -> pl.DataFrame:
        """The decisions that count, as :func:`oneid.identity.decisions.combine` gives them."""

    def write(self, said: list[Said]) -> list[object]:
        """Writes verdicts, all of them or none; gives a mark for each."""

    def take_back(self, said: Said, mark: object) -> None:
        """Removes one that was written."""

    def close(self) -> None:
        """Ends it."""


class RegistryBook:
    """The registry whose last run is in ``folder``. Raises UsageError (E423) where that is not so."""

    def __init__(self, registry: Registry, folder: Path, config: Config | None = None) -> None:
        self._registry, self._config = registry, config
        said, head = run_of(folder), registry.head()
        made = said.get("registry") or {}
        if head is None or (made.get("number"), made.get("input")) != (head.number, head.input):
            registry.close()
            hint = "give the folder of the last run; oneid registry log --runs names it"
            raise UsageError("E423", "this is not the last run of its registry", place=Place(str(folder)), hint=hint)
        self._number = head.number
        self.registry = registry

    @property
    def place(self) -> str:
        """The registry's address."""
        return str(self._registry).removeprefix("Registry('").removesuffix("')")

    def known(self) -> pl.DataFrame:
        """Of the registry, and of the file that the config names."""
        taken = self._registry.decisions()
        taken = taken if taken.is_empty() else believed(taken, self._registry.runs())
        named = None if self._config is None else self._config.decisions
        lines = None if self._config is None or named is None else decisions.lines(self._config.path(named))
        return decisions.combine(lines, taken)

    def write(self, said: list[Said]) -> list[object]:
        """In one transaction. RegistryError E608 where a run was published meanwhile."""
        first = self._registry.decide(self._number, pl.DataFrame([one.row() for one in said], infer_schema_length=None))
        return [first + at for at in range(len(said))]

    def take_back(self, said: Said, mark: object) -> None:
        """In one transaction; E608 as above."""
        assert isinstance(mark, int)
        self._registry.decide(self._number, pl.DataFrame([said.row()]), mark)

    def close(self) -> None:
        """Lets go of the registry."""
        self._registry.close()


class FileBook:
    """A decisions file, made when the first verdict is written. Raises what reading it raises."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.known()
        if not self.path.parent.is_dir():
            hint = "make the folder first"
            raise UsageError("E426", "there is no such folder", place=Place(str(self.path.parent)), hint=hint)

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def known(self) -> pl.DataFrame:
        """The decisions of the file."""
        there = self.path.is_file() and self.path.stat().st_size > 0
        return decisions.read(self.path) if there else decisions.combine(None, None)

    def write(self, said: list[Said]) -> list[object]:
        """Adds lines at the end, in the file's own columns, separator and encoding."""
        with self._held() as (text, encoding):
            form = _Form.of(text)
            safe = defused(
                pl.DataFrame([one.row() for one in said], infer_schema_length=None).select("by", "reason", "ticket")
            )
            lines = [form.line(one.row() | told) for one, told in zip(said, safe.to_dicts(), strict=True)]
            old = text if not text or text.endswith("\n") else text + form.end
            self._replace((old or form.header()) + "".join(lines), encoding)
        return list[object](lines)

    def take_back(self, said: Said, mark: object) -> None:  # noqa: ARG002 - the mark is the line
        """Removes the last line of those words; where somebody took it away, nothing is left to do."""
        assert isinstance(mark, str)
        with self._held() as (text, encoding):
            before, found, after = text.rpartition(mark)
            if found:
                self._replace(before + after, encoding)

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _held(self) -> Iterator[tuple[str, str]]:
        """The text of the file and its encoding, while no other of us writes it."""
        with as_output_error(self.path.parent), self._locked():
            data = self.path.read_bytes() if self.path.is_file() else b""
            if not data.strip():
                yield "", "utf-8-sig"
                return
            read = to_utf8(data, None, str(self.path))
            encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else read.encoding
            yield read.utf8.decode().removeprefix("\ufeff"), encoding

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A lock on the file itself, which is another one after each writing: so it is looked at again."""
        if fcntl is None or not self.path.is_file():
            yield
            return
        while True:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                    yield
                    return

    def _replace(self, text: str, encoding: str) -> None:
        try:
            data = text.encode(encoding)
        except (UnicodeEncodeError, LookupError):  # a reason that the file's encoding has no signs for
            data = text.encode("utf-8-sig")
        aside = self.path.parent / f".oneid-{secrets.token_hex(8)}.part"
        try:
            with aside.open("xb") as file:
                if self.path.is_file():
                    aside.chmod(self.path.stat().st_mode & 0o777)
                file.write(data)
                _flush(file)
            aside.replace(self.path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        if os.name != "nt":
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@dataclass(frozen=True)
class _Form:
    """How the lines of a file are written."""

    columns: tuple[str, ...]
    delimiter: str
    end: str

    @classmethod
    def of(cls, text: str) -> _Form:
        """That of a text, by its first line."""
        first = next((line for line in text.splitlines() if line.strip(",;\t ")), "")
        if not first:
            return cls(HEADER, ",", "\n")
        delimiter = max(",\t;", key=first.count)
        (names,) = csv.reader([first], delimiter=delimiter)
        return cls(tuple(name.strip() for name in names), delimiter, "\r\n" if "\r\n" in text else "\n")

    def header(self) -> str:
        """The first line."""
        return self.line({name: name for name in self.columns})

    def line(self, row: dict[str, Any]) -> str:
        """One line. A cell may hold line breaks: it is quoted then."""
        made = io.StringIO()
        writer = csv.writer(made, delimiter=self.delimiter, lineterminator=self.end)
        writer.writerow([row.get(name) or "" for name in self.columns])
        return made.getvalue()


def book_of(folder: Path, config: Config | None, file: Path | None) -> Book:
    """Where verdicts on the pairs of a run go: into ``file``; else the registry of the config or the one that the
    folder says it is of; else the decisions file of the config. E426 where there is none of these.
    """
    if file is not None:
        return FileBook(file)
    if config is not None and config.registry is not None:
        return RegistryBook(open_registry(config), folder, config)
    if config is not None and config.decisions is not None:
        return FileBook(config.path(config.decisions))
    said = (run_of(folder).get("registry") or {}).get("file")
    if config is None and said is not None and (path := (folder.resolve() / said)).is_file():
        return RegistryBook(Registry.open(f"sqlite:///{path}", create=False), folder)
    hint = "--config CONFIG, whose registry or decisions file takes them, or --decisions FILE"
    raise UsageError("E426", "it is not told where verdicts shall go", place=Place(str(folder)), hint=hint)

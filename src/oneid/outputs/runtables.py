"""Reading a run's folder: the tables of the run that was last published there, all of the same run.

What is promised to readers, and how, is told in :mod:`oneid.outputs.runfolder`, which writes it.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa

from oneid.outputs.folderlock import as_output_error, lock
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runjson import altered, as_described, damaged, run_of
from oneid.outputs.tables.blocksums import Blocks, Damaged
from oneid.outputs.tables.parts import SINCE, SPANS, WHOLE, Base, is_part, places, rebuilt
from oneid.outputs.tables.tablefiles import MAPPED, Kept
from oneid.vocabulary.errors import InputError, OutputError, Place
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said

__all__ = ["Tables", "read_tables"]


_SUMS = ".sums"
_HINT = "put a backup of the folder in its place; or move it away and run with full feeds: with a registry OneIDs stay"


class _Lacking(InputError, KeyError):
    """A run without a table of that name: for whoever asks a mapping, and in words for people."""


class Tables(Mapping[str, pl.DataFrame]):
    """The tables of one run by name; each is read when it is first asked for, memory-mapped.

    No file is parsed before it is found to be as ``run.json`` describes it: libraries may crash on what is damaged, or
    read something else. Their files are held open, so that they stay readable when a later run replaces them. ``run``
    is what ``run.json`` says. A table that is there in parts (:mod:`oneid.outputs.tables.parts`) is one table here.
    """

    def __init__(self, files: Mapping[str, BinaryIO], run: Mapping[str, Any], folder: Path | None = None) -> None:
        self.run = dict(run)
        self._folder = folder
        self._files = dict(files)
        self.parted = tuple(name.removeprefix(SPANS) for name in files if name.startswith(SPANS))
        tables = (name for name in files if not (is_part(name) or name.endswith(_SUMS)))
        self._names = dict.fromkeys([*tables, *self.parted])
        self._blocks: dict[str, tuple[Blocks, pa.Table, int]] = {}
        self._sound: dict[str, tuple[object, ...]] = {}
        self._read: dict[str, pl.DataFrame] = {}
        self._coming: dict[str, Future[pl.DataFrame]] = {}
        self._looked: dict[str, Future[bool]] = {}
        weakref.finalize(self, _close, list(self._files.values()))

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._read:
            coming = self._coming.pop(name, None)
            self._read[name] = self._load(name) if coming is None else coming.result()
        return self._read[name]

    def _load(self, name: str) -> pl.DataFrame:
        if name in self.parted:
            return rebuilt(*(self._load(part + name) for part in (WHOLE, SINCE, SPANS)))
        file = self._verified(name)
        file.seek(0)
        read = pl.read_ipc if name.startswith(MAPPED) else pl.read_parquet
        try:
            return read(file)
        except (pl.exceptions.PolarsError, OSError):
            raise self._damaged(file) from None

    @staticmethod
    def _damaged(file: BinaryIO) -> InputError:
        return InputError("E252", "the file is damaged", place=Place(file.name), hint=_HINT)

    def verify(self, *names: str) -> None:
        """Compares the files of all tables, or of some, with what ``run.json`` says, if that was not done yet; of all
        also those that people see, where they are files of their own, as after copying. Raises InputError (E252), which
        names all that are damaged.
        """
        with ThreadPoolExecutor(2) as pool:
            files = self._in_files(names) if names else self._files
            wanted = sorted(files, key=lambda name: -os.fstat(self._files[name].fileno()).st_size)
            sound = pool.map(self._is_sound if names else self._is_sound_twice, wanted)
            lost = sorted(name for name, good in zip(wanted, sound, strict=True) if not good)
        if lost:
            folder = self._folder or Path(self._files[lost[0]].name).parents[lost[0].count("/")]
            what = ", ".join(map(self._file, lost))
            raise InputError("E252", said("damaged: {files}", files=what), place=Place(str(folder)), hint=_HINT)

    def known_sound(self, others: Tables) -> Tables:
        """The same; files that were compared as those of ``others`` are not read again for it."""
        for name, mark in others._sound.items():
            if name in self._files and mark == self._mark(name):
                self._sound[name] = mark
        return self

    def _file(self, name: str) -> str:
        if name.endswith(_SUMS):
            return name
        return f"{name}.arrow" if name.startswith(MAPPED) else f"{name}.parquet"

    def _mark(self, name: str) -> tuple[object, ...]:
        found = os.fstat(self._files[name].fileno())
        about = self.run["files"][self._file(name)]
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, about.get("sha256")

    def look_ahead(self, *names: str) -> None:
        """Begins to compare the files of some tables with what ``run.json`` says, which will be read later."""
        pool = ThreadPoolExecutor(2)
        begun = self._sound.keys() | self._looked.keys()
        files = [name + _SUMS if self.in_blocks(name) else name for name in self._in_files(names)]
        wanted = [name for name in files if name in self._files and name not in begun]
        self._looked |= {name: pool.submit(self._compared, name) for name in wanted}
        pool.shutdown(wait=False)

    def scan(self, name: str) -> pl.LazyFrame:
        """A table of which few rows or columns are wanted."""
        if name in self._read or name in self.parted or name.startswith(MAPPED):
            return self[name].lazy()
        file = self._verified(name)
        file.seek(0)
        return pl.scan_parquet(file)

    def _in_files(self, names: Iterable[str]) -> list[str]:
        """The names of files that tables are in."""
        parts = {name: [part + name for part in (WHOLE, SINCE, SPANS)] for name in self.parted}
        return [file for name in names for file in parts.get(name, [name])]

    def _is_sound(self, name: str) -> bool:
        looked = self._looked.pop(name, None)
        return self._compared(name) if looked is None else looked.result()

    def _compared(self, name: str) -> bool:
        if name not in self._sound:
            mark = self._mark(name)
            if not as_described(self._files[name], self.run["files"][self._file(name)]):
                return False
            self._sound[name] = mark
        return True

    def _is_sound_twice(self, name: str) -> bool:
        if not self._is_sound(name) or self._folder is None:
            return name in self._sound
        try:
            with (self._folder / self._file(name)).open("rb") as seen:
                same = os.path.samestat(os.fstat(seen.fileno()), os.fstat(self._files[name].fileno()))
                return same or as_described(seen, self.run["files"][self._file(name)])
        except OSError:  # taken away: the next run puts it there again
            return True

    def _held(self, name: str) -> BinaryIO:
        if name not in self._files:
            where = None if self._folder is None else Place(str(self._folder))
            raise _Lacking("E252", said("the run has no {file}", file=self._file(name)), place=where, hint=_HINT)
        return self._files[name]

    def _verified(self, name: str) -> BinaryIO:
        file = self._held(name)
        if not self._is_sound(name):
            raise self._damaged(file)
        return file

    def ahead(self, *names: str) -> None:
        """Begins to read some tables, one after the other, that will be asked for later."""
        pool = ThreadPoolExecutor(1)
        self._coming = {name: pool.submit(self._load, name) for name in names if name in self}
        pool.shutdown(wait=False)

    def kept(self, name: str) -> Kept:
        """A table, or a part of one, to be published again as it is."""
        file = self._held(name)
        about, sums = self.run["files"], self._files.get(name + _SUMS)
        beside = None if sums is None else (Path(sums.name), about[name + _SUMS])
        return Kept(Path(file.name), about[self._file(name)], lambda: self._load(name), beside)

    def based(self, name: str) -> Base:
        """What a later run can build a table on: the file of the whole table, its rows, and which of them and of those
        that came since this run has.
        """
        kept = self.kept(WHOLE + name if name in self.parted else name)
        return kept, kept.height, places(self._load(SPANS + name)) if name in self.parted else np.arange(kept.height)

    def mapped(self, name: str) -> pa.Table:
        """A table of ``index/`` or ``known/base/`` as it lies in its file: memory-mapped, shared by all processes."""
        return self._opened(self._verified(name))[0]

    def _opened(self, file: BinaryIO) -> tuple[pa.Table, int]:
        """The table that lies in an Arrow file, and the address at which the file lies in memory."""
        try:
            whole = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            return pa.ipc.open_file(whole).read_all(), whole.address
        except (pa.ArrowInvalid, OSError, ValueError):
            raise self._damaged(file) from None

    def in_blocks(self, name: str) -> bool:
        """Whether a table has sums by block; an earlier version made none."""
        return name + _SUMS in self._files

    def rows(self, name: str, rows: Sequence[int]) -> pl.DataFrame:
        """Some rows of a table that is :meth:`in_blocks`, in the given order. Of its file only the blocks in which they
        lie are read and compared: for few rows.
        """
        file = self._held(name)
        try:
            if name not in self._blocks:
                sums = self._verified(name + _SUMS)
                sums.seek(0)
                blocks = Blocks(file, self.run["files"][self._file(name)]["bytes"], sums.read())
                self._blocks[name] = (blocks, *self._opened(file))
            blocks, table, address = self._blocks[name]
            return blocks.rows(table, address, rows)
        except Damaged:
            raise self._damaged(file) from None

    def __contains__(self, name: object) -> bool:
        """Whether the run has a table; it is not read for that."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def read_tables(folder: Path, *, verify: bool = False) -> Tables:
    """The tables of the run that was last published into ``folder``, all of the same run.

    A publication that a crash cut short is finished first, if this process may write there. ``verify`` compares every
    file with its checksum; without ``.runs`` (the files were copied elsewhere) that is always done, for only so is it
    sure that they belong together. Raises InputError: E251 no run here, E252 files missing, damaged, or of two runs.
    """
    one_process()
    if (folder / ".runs" / "next").exists():
        with suppress(OutputError):
            _finish(folder)
    while True:
        run = run_of(folder)
        base = folder / ".runs" / str(run.get("set"))
        if "files" not in run and altered(folder):
            raise InputError("E252", said("damaged: {files}", files="run.json"), place=Place(str(folder)), hint=_HINT)
        if "files" not in run:
            raise InputError("E251", "no run was written here", place=Place(str(folder)))
        published = base.is_dir()
        files: dict[str, BinaryIO] = {}
        try:
            lost = damaged(base if published else folder, run["files"]) if verify or not published else []
            for name in () if lost else run["files"]:
                stem, _, kind = name.rpartition(".")
                if kind in ("parquet", "arrow", "sums"):
                    files[name if kind == "sums" else stem] = ((base if published else folder) / name).open("rb")
        except FileNotFoundError as error:
            _close(files.values())
            lost = [Path(str(error.filename)).name]
        except BaseException:
            _close(files.values())
            raise
        if not lost:
            return Tables(files, run, folder if published else None)
        if run_of(folder).get("set") == run.get("set"):
            hint = "write the run again, or copy the folder again, with all its files"
            what = said("missing, damaged, or of another run: {files}", files=", ".join(lost))
            raise InputError("E252", what, place=Place(str(folder)), hint=hint)
        # A new run was published meanwhile: read that one.


def _finish(folder: Path) -> None:
    """Publishes the run that ``next`` names, if it still does once the lock is held; clears nothing else away."""
    unfinished = RunFolder(folder)
    with as_output_error(folder):
        unlock = lock(folder / ".runs")
    try:
        if (folder / ".runs" / "next").exists():
            unfinished.recover()
    finally:
        unlock()


def _close(files: Iterable[BinaryIO]) -> None:
    for file in files:
        file.close()

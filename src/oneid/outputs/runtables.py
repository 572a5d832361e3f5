"""Reading a run's folder: the tables of the run that was last published there, all of the same run.

What is promised to readers, and how, is told in :mod:`oneid.outputs.runfolder`, which writes it.
"""

from __future__ import annotations

import mmap
import weakref
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa

from oneid.outputs.folderlock import as_output_error, lock
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runjson import damaged, run_of
from oneid.outputs.tablefiles import MAPPED, Kept
from oneid.vocabulary.errors import InputError, OutputError, Place

__all__ = ["Tables", "read_tables"]


class Tables(Mapping[str, pl.DataFrame]):
    """The tables of one run by name; each is read when it is first asked for, memory-mapped.

    Their files are held open, so that they stay readable when a later run replaces them. ``run`` is what ``run.json``
    says.
    """

    def __init__(self, files: Mapping[str, BinaryIO], run: Mapping[str, Any]) -> None:
        self.run = dict(run)
        self._files = dict(files)
        self._read: dict[str, pl.DataFrame] = {}
        self._coming: dict[str, Future[pl.DataFrame]] = {}
        weakref.finalize(self, _close, list(self._files.values()))

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._read:
            coming = self._coming.pop(name, None)
            self._read[name] = self._load(name) if coming is None else coming.result()
        return self._read[name]

    def _load(self, name: str) -> pl.DataFrame:
        file = self._files[name]
        file.seek(0)
        read = pl.read_ipc if name.startswith(MAPPED) else pl.read_parquet
        try:
            return read(file)
        except (pl.exceptions.PolarsError, OSError):
            raise self._damaged(file) from None

    @staticmethod
    def _damaged(file: BinaryIO) -> InputError:
        hint = "put a backup of the folder in its place, or write the run again"
        return InputError("E252", "the file is damaged", place=Place(file.name), hint=hint)

    def ahead(self, *names: str) -> None:
        """Begins to read some tables, one after the other, that will be asked for later."""
        pool = ThreadPoolExecutor(1)
        self._coming = {name: pool.submit(self._load, name) for name in names if name in self._files}
        pool.shutdown(wait=False)

    def kept(self, name: str) -> Kept:
        """A memory-mapped table, to be published again as it is."""
        file = self._files[name]
        return Kept(Path(file.name), self.run["files"][f"{name}.arrow"], lambda: self[name])

    def mapped(self, name: str) -> pa.Table:
        """A table of ``index/`` or ``known/base/`` as it lies in its file: memory-mapped, shared by all processes, read
        page by page.
        """
        file = self._files[name]
        try:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return pa.ipc.open_file(pa.py_buffer(whole)).read_all()
        except (pa.ArrowInvalid, OSError, ValueError):
            raise self._damaged(file) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def read_tables(folder: Path, *, verify: bool = False) -> Tables:
    """The tables of the run that was last published into ``folder``, all of the same run.

    A publication that a crash cut short is finished first, if this process may write there. ``verify`` compares every
    file with its checksum; without ``.runs`` (the files were copied elsewhere) that is always done, for only so is it
    sure that they belong together. Raises InputError: E251 no run here, E252 files missing, damaged, or of two runs.
    """
    if (folder / ".runs" / "next").exists():
        with suppress(OutputError):
            _finish(folder)
    while True:
        run = run_of(folder)
        base = folder / ".runs" / str(run.get("set"))
        if "files" not in run:
            raise InputError("E251", "no run was written here", place=Place(str(folder)))
        published = base.is_dir()
        files: dict[str, BinaryIO] = {}
        try:
            lost = damaged(base if published else folder, run["files"]) if verify or not published else []
            for name in () if lost else run["files"]:
                stem, _, kind = name.rpartition(".")
                if kind in ("parquet", "arrow"):
                    files[stem] = ((base if published else folder) / name).open("rb")
        except FileNotFoundError as error:
            _close(files.values())
            lost = [Path(str(error.filename)).name]
        if not lost:
            return Tables(files, run)
        if run_of(folder).get("set") == run.get("set"):
            hint = "write the run again, or copy the folder again, with all its files"
            what = f"missing, damaged, or of another run: {', '.join(lost)}"
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

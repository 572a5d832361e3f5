"""The output folder: all files of a run, or none of them.

**What is promised.** Whatever stops a run (an error, a full disk, ``kill -9``, the power), readers that go through
:func:`oneid.outputs.runtables.read_tables` see the outputs of one run, whole: those before, until the instant in which
``run.json`` is replaced, and the new ones from then on. Programs that open ``DIR/merge_map.parquet`` and its siblings
by name always find whole files; the names change one after the other (about a millisecond in all) between the commit
and ``run.json``, whose ``set`` and checksums tell which files belong together. A crash inside that moment is put right
by the next start, or the next :func:`oneid.outputs.runtables.read_tables`, whichever comes first.

**How.** Everything is on one file system, in this order, each step durable (``fsync``) before the next::

    DIR/.runs/staging/     every file of the run is written here, run.json with their checksums last
    DIR/.runs/<set>/       staging, renamed: whole, immutable, not yet valid           prepared
    DIR/.runs/links/       a hard link to each of its files (a copy where the file system has no links)
    DIR/.runs/ready        names <set>
    commit()               the registry's transaction, if there is one
    DIR/.runs/next         ready, renamed                                              committed
    DIR/<file>             links/<file>, renamed over the old one
    DIR/run.json           the same, last                                              published
    DIR/.runs/             next, the set before and what else is left over: removed

:meth:`RunFolder.recover` rolls forward if there is a ``next`` (or a ``ready`` run that the registry knows), else
discards. All that needs space happens before the commit, so a full disk cannot stop a run half-way. Ending with renames
of single files is the least that works everywhere: one symbolic link to a whole set would flip at once, but needs a
privilege on Windows, is lost by most copying and synchronising tools, and the file names are promised to be plain
files. Keeping the set beside the names, as links that cost no space, is what gives readers one atomic switch all the
same.

One process at a time may write: see :mod:`oneid.outputs.folderlock`.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from oneid.engines.mapped import let_go
from oneid.outputs.folderlock import LOCKS, as_output_error, lock
from oneid.outputs.ownfiles import NOTHING, Inputs, linked_sets, refuse_in_run, run_files
from oneid.outputs.runjson import altered, damaged, named, run_of, sealed, text_of
from oneid.outputs.tables.tablefiles import (
    PARQUET_ONLY,
    Encoder,
    Written,
    durable_text,
    file_in,
    sums,
    sync,
    write_table,
)
from oneid.vocabulary.errors import InternalError, OneIDError, OutputError, Place
from oneid.vocabulary.language import said

__all__ = ["RunFolder", "probe", "write_run"]

Step = Callable[[str], None]
_MADE = re.compile(r"staging|links|ready|damaged|.+\.[0-9a-f]{16}", re.DOTALL)
"""The names of what runs make under ``.runs`` beside the lock and ``next``."""


def write_run(
    folder: Path,
    tables: Mapping[str, Written],
    run: Mapping[str, object],
    csv: bool = False,
    *,
    files: Mapping[str, str] | None = None,
    inputs: Inputs = NOTHING,
) -> None:
    """Publishes the outputs of one run into ``folder``, made if missing: all of them, or none.

    ``tables``: by name (``merge_map``, ``state/pairs``), each written as ``<name>.parquet`` and, with ``csv``, as
    ``<name>.csv``. ``files``: further texts by file name (``report.html``). ``run``: what ``run.json`` says, at least
    ``run_id``; added to it are ``set`` and ``files`` (sha256, bytes and rows of each). Files that the run before wrote
    and this one does not are removed. The same run again, with the same contents, changes nothing.

    Raises OutputError: E301 no permission, E302 a file where a folder should be, E303 disk full, E304 another run is
    writing, E305 any other refusal of the system, E307 and E308 where it would replace what is not ours
    (:mod:`oneid.outputs.ownfiles`; ``inputs`` are the files that the config names); the old outputs then stand.
    """
    with RunFolder(folder, inputs=inputs) as target:
        target.write(tables, run, csv=csv, files=files)


def _write_named(
    staging: Path, name: str, tables: Mapping[str, Written], csv: bool, encoder: Encoder
) -> dict[str, dict[str, object]]:
    """Writes the table of that name, which is there no longer than that takes."""
    made = write_table(staging, name, tables[name], csv, encoder)
    let_go()
    return made


def probe(folder: Path, inputs: Inputs = NOTHING, *, csv: bool = False) -> None:
    """Tries whether a run could be written into ``folder`` and leaves no trace; raises OutputError as
    :func:`write_run` does. For before a long run.
    """
    with as_output_error(folder):
        refuse_in_run(folder, run_files(csv=csv), inputs)
        _refuse_strange(folder / ".runs", run_of(folder).get("set"))
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        finally:
            for path in made:
                with suppress(OSError):
                    path.rmdir()


class RunFolder:
    """A folder of outputs, locked and recovered while the ``with`` block lasts (so hold it over the whole run where
    there is a registry).

    ``committed`` says whether the registry knows a run, for a crash between its commit and ours; whoever passes
    ``commit`` to :meth:`write` must pass it. ``step`` is called with the name of each step before it is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        committed: Callable[[str], bool] | None = None,
        step: Step = lambda _name: None,
        inputs: Inputs = NOTHING,
    ) -> None:
        self._folder = folder
        self._runs = folder / ".runs"
        self._committed = committed
        self._step = step
        self._inputs = inputs
        self._unlock: Callable[[], None] | None = None
        self.left: OSError | None = None
        """Why something of the run before could not be removed."""

    def __enter__(self) -> Self:
        with as_output_error(self._folder):
            _refuse_strange(self._runs, run_of(self._folder).get("set"))
            self._runs.mkdir(parents=True, exist_ok=True)
            self._unlock = lock(self._runs)
        try:
            self.recover()
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unlock is not None:
            self._unlock()

    def recover(self) -> None:
        """Finishes a run that was committed and not yet published; removes what others left behind."""
        with as_output_error(self._folder):
            after = text_of(self._runs / "next")
            ready = text_of(self._runs / "ready")
            if after is None and ready is not None and self._committed is not None:
                about = run_of(self._runs / ready)  # not any set: that of the run before may be there still
                after = ready if "run_id" in about and self._committed(str(about["run_id"])) else None
            if after is not None:
                if "files" not in run_of(self._runs / after):
                    hint = said("remove {folder} and write the run again", folder=self._runs)
                    raise OutputError(
                        "E306", "a committed run is gone from .runs", place=Place(str(self._folder)), hint=hint
                    )
                self._link(after)
                self._publish(after)
            self._clear()

    def write(
        self,
        tables: Mapping[str, Written],
        run: Mapping[str, object],
        *,
        csv: bool = False,
        files: Mapping[str, str] | None = None,
        commit: Callable[[], None] | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """As :func:`write_run`. ``commit`` is called when everything is written and durable, nothing is visible yet,
        and nothing but a crash can go wrong any more: the place for the registry's own commit. If it raises, nothing
        happened, unless ``committed`` cannot be asked either: then the next start asks it. ``encoder``: one that was
        offered tables already.
        """
        done = False
        try:
            with as_output_error(self._folder):
                name = self._stage(tables, run, csv, files or {}, encoder or Encoder())
                if name is None:
                    return
                refuse_in_run(self._folder, run_of(self._runs / name)["files"], self._inputs)
                self._link(name)
                durable_text(self._runs / "ready", name)
                sync(self._runs)
            self._step("commit")
            if commit is not None:
                done = (
                    True  # an interrupt, or a mistake, in the middle of it leaves it to the registry and the next start
                )
                try:
                    commit()
                except OneIDError:
                    done = self._cannot_ask(str(run["run_id"]))
                    raise
            with as_output_error(self._folder, "the run is committed; the next start, or reading it, finishes it"):
                self._step("mark")
                (self._runs / "ready").replace(self._runs / "next")
                done = True
                sync(self._runs)
                self._publish(name)
        finally:
            if not done:
                with suppress(OSError):
                    self._clear()
        try:
            self._clear()
        except OSError as error:  # what cannot be removed now is removed by the next start
            self.left = error

    def _cannot_ask(self, run_id: str) -> bool:
        """Whether nobody can say now if a commit that failed came to pass after all: its server is gone."""
        try:
            if self._committed is not None:
                self._committed(run_id)
        except OneIDError:
            return True
        return False

    def _stage(
        self,
        tables: Mapping[str, Written],
        run: Mapping[str, object],
        csv: bool,
        files: Mapping[str, str],
        encoder: Encoder,
    ) -> str | None:
        """Writes everything and renames it to its set's name; None if that set is published already, undamaged."""
        staging = self._runs / "staging"
        staging.mkdir()
        made: dict[str, dict[str, object]] = {}
        with ThreadPoolExecutor(2) as pool:
            writing = []
            for name in tables:
                self._step(f"write {name}")
                too = csv and not name.startswith(PARQUET_ONLY)
                writing.append(pool.submit(_write_named, staging, name, tables, too, encoder))
            for done in writing:
                made |= done.result()
        for name, text in files.items():
            self._step(f"write {name}")
            path = file_in(staging, name)
            durable_text(path, text)
            made[name] = sums(path)
        if "run_id" not in run:
            raise InternalError("E932", "a run without a run_id cannot be written")
        run_id = str(run["run_id"])
        name = named(run_id, made)
        if run_of(self._folder).get("set") == name and not damaged(self._folder, made):
            shutil.rmtree(staging)
            return None
        self._step("describe")
        said = {name: value for name, value in run.items() if name != "sum"}
        about = json.dumps({**said, "set": name, "files": made}, default=_plain)
        durable_text(staging / "run.json", sealed(about))
        for path in {staging, *(place.parent for place in staging.rglob("*"))}:
            sync(path)
        self._step("prepare")
        if (self._runs / name).exists():
            (self._runs / name).replace(self._runs / "damaged")
        staging.replace(self._runs / name)
        sync(self._runs)
        return name

    def _link(self, name: str) -> None:
        """Makes everything ready to be renamed into place, and finds out what would stop it."""
        self._step("link")
        ready = self._runs / "links"
        shutil.rmtree(ready, ignore_errors=True)
        for file in [*run_of(self._runs / name)["files"], "run.json"]:
            source, link, place = self._runs / name / file, ready / file, self._folder / file
            for path in (link, place):
                path.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                raise FileExistsError(errno.EEXIST, "a folder is in the way", file)
            if not os.access(place.parent, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "not writable", file)
            try:
                os.link(source, link)
            except OSError:
                shutil.copyfile(source, link)
                sync(link)

    def _publish(self, name: str) -> None:
        """Renames the files of a set into place, ``run.json`` last. May be repeated after it was cut short."""
        ready = self._runs / "links"
        new = run_of(self._runs / name)["files"]
        for file in new:
            self._step(f"place {file}")
            (ready / file).replace(self._folder / file)
        for file in set(run_of(self._folder).get("files", ())) - set(new):
            self._step(f"remove {file}")
            (self._folder / file).unlink(missing_ok=True)
        for path in {(self._folder / file).parent for file in new} | {self._folder}:
            sync(path)
        self._step("switch")
        (ready / "run.json").replace(self._folder / "run.json")
        sync(self._folder)
        self._step("unmark")
        (self._runs / "next").unlink(missing_ok=True)
        sync(self._runs)

    def _clear(self) -> None:
        """Removes what runs made but the lock, the set that ``run.json`` names and the one that ``next`` names; where
        ``run.json`` is damaged, so that nobody can say which set it named, all sets stay.
        """
        keep = {*LOCKS, "next", run_of(self._folder).get("set"), text_of(self._runs / "next")}
        if not run_of(self._folder):  # damaged or lost: by its set alone a file can still be told to be ours
            keep |= linked_sets(self._folder)
        if altered(self._folder):
            sets = {path.parent.name for path in self._runs.glob("*/run.json")}
            keep |= sets - {"staging", "links", "damaged"}
        refused: list[OSError] = []
        for path in sorted(self._runs.iterdir()):
            if path.name not in keep and _MADE.fullmatch(path.name):
                self._step(f"clear {path.name}")
                try:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                except OSError as error:  # the others go all the same
                    refused.append(error)
        if refused:
            raise refused[0]


def _refuse_strange(runs: Path, named: str | None) -> None:
    """Refuses a folder ``.runs`` that is not ours (E307): all that we make there is removed sooner or later."""
    if not runs.is_dir():
        return
    names = {path.name for path in runs.iterdir()}
    if names and not names & {*LOCKS, named}:
        hint = "choose another folder, or move it away"
        raise OutputError("E307", "there is a folder .runs that no run of ours made", place=Place(str(runs)), hint=hint)


def _plain(value: object) -> object:
    """What JSON does not know: numbers of NumPy as numbers; paths and times as text."""
    return value.item() if isinstance(value, np.generic) else str(value)

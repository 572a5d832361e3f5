"""The whole tables of a run that left only what changed: made in its folder, or as files in another one.

==== ========================================================================================
E310 a publication into the folder is not finished; a run finishes it
==== ========================================================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from oneid.outputs.folderlock import as_output_error
from oneid.outputs.listedfiles import refuse_listed, written
from oneid.outputs.ownfiles import run_files
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runjson import unfinished
from oneid.outputs.runtables import Tables, read_tables
from oneid.outputs.tables.parts import is_part
from oneid.outputs.tables.tablefiles import Kept, defused
from oneid.vocabulary.errors import OutputError, Place

__all__ = ["copied", "people_see", "whole"]

LISTING: Final = "export.json"


def people_see(tables: Tables) -> list[str]:
    """The names of the tables of a run that are for people, without what changed and what the next run needs."""
    files = set(run_files(csv=False))
    return [name for name in tables if f"{name}.parquet" in files and "/" not in name]


def whole(folder: Path) -> list[str]:
    """Makes the whole tables of the run in ``folder``, where they were left out; their names. All else stays as it is.

    Raises InputError E251, E252 as :func:`oneid.outputs.runtables.read_tables`, OutputError as
    :func:`oneid.outputs.runfolder.write_run`, and E310.
    """
    if not read_tables(folder).parted:
        return []
    if unfinished(folder):
        hint = "oneid resolve finishes it"
        raise OutputError("E310", "a publication is not finished", place=Place(str(folder)), hint=hint)
    with RunFolder(folder) as target:
        tables = read_tables(folder)
        made: dict[str, pl.DataFrame | Kept] = {name: tables[name] for name in tables.parted}
        made |= {name: tables.kept(name) for name in tables if name not in made and not is_part(name)}
        run = {name: value for name, value in tables.run.items() if name not in ("set", "files")}
        target.write(made, run)
        return list(tables.parted)


def copied(folder: Path, target: Path, *, csv: bool) -> list[str]:
    """Writes the whole tables of the run in ``folder`` into ``target``, as Parquet or CSV, with ``export.json``, which
    lists them; their files. E307 where that would replace a file that no export of ours wrote, or that was changed.
    """
    tables = read_tables(folder)
    names = people_see(tables)
    files = {f"{name}.{'csv' if csv else 'parquet'}": name for name in names}
    with as_output_error(target):
        refuse_listed(target, [*files, LISTING], LISTING)
        with written(target, LISTING, lambda: {"run_id": tables.run["run_id"]}) as staging:
            for file, name in files.items():
                if csv:
                    defused(tables[name]).write_csv(staging / file, include_bom=True, line_terminator="\r\n")
                else:
                    tables[name].write_parquet(staging / file, compression="zstd")
    return list(files)

"""The statements by which a warehouse takes in what a run changed: PostgreSQL 15, BigQuery, Snowflake, DuckDB 1.4.

They take each file of ``changes/`` as a table of its name, ``changes_golden`` say, beside the table that they change.

E255  the run is of an earlier version, which told no changes
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from oneid.outputs.runtables import Tables
from oneid.outputs.tables.changes import KEYS
from oneid.outputs.tables.tablefiles import CHANGES
from oneid.vocabulary.errors import InputError

__all__ = ["merge", "merges"]

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")


def merges(run: Tables) -> str:
    """The statements for a run: one for each table that it tells changes of; where everything is new they empty the
    tables first. E255 for a run of an earlier version, which tells of none.
    """
    if "changes" not in run.run:
        hint = "run oneid resolve once more, and load what it writes"
        raise InputError("E255", "the run does not tell what changed", hint=hint)
    columns = {name: run.scan(CHANGES + name).collect_schema().names() for name in KEYS if CHANGES + name in run}
    anew = columns if run.run["changes"]["since"] is None else ()
    empty = [f"DELETE FROM {name} WHERE TRUE;\n" for name in anew]  # noqa: S608 - names of ours
    return "\n".join([*empty, *(merge(name, KEYS[name], every) for name, every in columns.items())])


def merge(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """The statement for one table; ``columns``: those of its changes.

    >>> print(merge("households", ("oneid",), ("op", "household_id", "oneid", "evidence")))
    MERGE INTO households AS t
    USING changes_households AS c
    ON t.oneid = c.oneid
    WHEN MATCHED AND c.op = 'delete' THEN DELETE
    WHEN MATCHED THEN UPDATE SET household_id = c.household_id, evidence = c.evidence
    WHEN NOT MATCHED AND c.op <> 'delete' THEN INSERT (household_id, oneid, evidence)
    VALUES (c.household_id, c.oneid, c.evidence);
    <BLANKLINE>
    """
    names = {name: name if _PLAIN.fullmatch(name) else f'"{name.replace(chr(34), chr(34) * 2)}"' for name in columns}
    held = [names[name] for name in columns if name != "op"]
    lines = [
        f"MERGE INTO {table} AS t",
        f"USING changes_{table} AS c",
        "ON " + " AND ".join(f"t.{names[name]} = c.{names[name]}" for name in key),
        "WHEN MATCHED AND c.op = 'delete' THEN DELETE",
        "WHEN MATCHED THEN UPDATE SET " + ", ".join(f"{n} = c.{n}" for n in held if n not in key),
        f"WHEN NOT MATCHED AND c.op <> 'delete' THEN INSERT ({', '.join(held)})",
        f"VALUES ({', '.join(f'c.{name}' for name in held)});",
    ]
    return "\n".join(lines) + "\n"

"""People's verdicts on pairs: they outrank every rule and survive every run.

A decisions file is CSV (UTF-8) with the columns ``source_l, source_id_l, source_r, source_id_r, decision``
(``same``, ``different`` or ``defer``) and, for people, ``by, at, reason, ticket``. The last line about a pair
counts. A decision about a record that no source holds today waits until the record returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from oneid.errors import InputError, OneIDError, Place, did_you_mean, raise_all
from oneid.model import RecordRef

__all__ = ["COLUMNS", "VERDICTS", "Decided", "check", "read"]

COLUMNS = ("source_l", "source_id_l", "source_r", "source_id_r", "decision")
VERDICTS = ("same", "different", "defer")

Decided = pl.DataFrame
"""Columns left, right (RecordRef order, as source and id), decision, line: one row per pair, the last line's."""


def read(path: Path) -> Decided:
    """Reads and checks a decisions file: E230 missing file, E231 unreadable, E232 columns, E233 a wrong line, E234
    contradictions; all wrong lines at once.
    """
    if not path.is_file():
        raise InputError("E230", "the decisions file is missing", place=Place(str(path)))
    try:
        frame = pl.read_csv(path, infer_schema=False, encoding="utf8").with_columns(pl.all().fill_null(""))
    except (pl.exceptions.PolarsError, OSError) as error:
        place = Place(str(path))
        raise InputError("E231", f"not a CSV file in UTF-8: {type(error).__name__}", place=place) from None
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise_all(
            InputError("E232", f"no column '{name}'", place=Place(str(path), 1), hint=did_you_mean(name, frame.columns))
            for name in missing
        )
    frame = frame.select(*COLUMNS).with_row_index("line", offset=2)
    raise_all(_wrong_lines(path, frame))
    later = pl.col("source_id_l") > pl.col("source_id_r")
    turn = (pl.col("source_l") > pl.col("source_r")) | ((pl.col("source_l") == pl.col("source_r")) & later)
    ends = {
        new: pl.when(turn).then(pl.col(theirs)).otherwise(pl.col(ours))
        for new, ours, theirs in (
            ("source_l", "source_l", "source_r"),
            ("source_id_l", "source_id_l", "source_id_r"),
            ("source_r", "source_r", "source_l"),
            ("source_id_r", "source_id_r", "source_id_l"),
        )
    }
    frame = frame.with_columns(**ends).unique(COLUMNS[:4], keep="last", maintain_order=True)
    check(path, frame)
    return frame


def _wrong_lines(path: Path, frame: pl.DataFrame) -> list[OneIDError]:
    wrong: list[OneIDError] = []
    for row in frame.filter(~pl.col("decision").is_in(VERDICTS)).iter_rows(named=True):
        hint = did_you_mean(row["decision"], VERDICTS)
        wrong.append(InputError("E233", "no such decision", place=Place(str(path), row["line"]), hint=hint))
    same = (pl.col("source_l") == pl.col("source_r")) & (pl.col("source_id_l") == pl.col("source_id_r"))
    empty = pl.any_horizontal(pl.col(name) == "" for name in COLUMNS[:4])
    for row in frame.filter(same | empty).iter_rows(named=True):
        wrong.append(InputError("E233", "a decision needs two records", place=Place(str(path), row["line"])))
    return wrong


def check(path: Path, frame: Decided) -> None:
    """Refuses a pair decided to be different that a chain of ``same`` decisions joins; names the chain (E234)."""
    import networkx as nx

    graph: nx.Graph[RecordRef] = nx.Graph()
    for row in frame.filter(pl.col("decision") == "same").iter_rows(named=True):
        graph.add_edge(*_ends(row))
    problems: list[OneIDError] = []
    for row in frame.filter(pl.col("decision") == "different").iter_rows(named=True):
        a, b = _ends(row)
        if a in graph and b in graph and nx.has_path(graph, a, b):
            chain: Sequence[RecordRef] = nx.shortest_path(graph, a, b)
            text = " = ".join(map(str, chain))
            message = f"{a} and {b} are decided to be different, but decisions make them the same: {text}"
            problems.append(
                InputError("E234", message, place=Place(str(path), row["line"]), hint="change one of these decisions")
            )
    raise_all(problems)


def _ends(row: dict[str, str]) -> tuple[RecordRef, RecordRef]:
    return RecordRef(row["source_l"], row["source_id_l"]), RecordRef(row["source_r"], row["source_id_r"])

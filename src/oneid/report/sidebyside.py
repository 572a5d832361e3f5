"""The records of one person side by side: a column each, a row per field.

What people see of a record is at hand in the run's process, and in the folder of a run with a registry. The folder of a
run without one has that of the compared fields; of others it has what the golden record, its values and the carried
columns say of a record, and that is all that the folder of an earlier version without a registry has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.kept import CARRIED
from oneid.daily.keptrows import SEEN, has_rows, rows_in
from oneid.outputs.runtables import Tables
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.masking import mask, mask_pair

__all__ = ["Seen", "side_by_side"]

Seen = Callable[[npt.NDArray[np.uint32]], pl.DataFrame]
"""Gives what people see of records by their rows in the merge map."""
_ABOUT = ("source", "source_id")
_OPEN = ("since", "updated", "customer", "rule", "score")
"""What is no personal data, and is not masked."""


def side_by_side(
    tables: Mapping[str, pl.DataFrame], oneid: str, seen: Seen | None = None, *, show_pii: bool = False
) -> tuple[list[str], dict[str, list[str]]]:
    """The fields, and by record (``source:id``) its texts, one per field; fields that no record has are left out, and
    what links each record stands behind them. Raises UsageError for an unknown OneID (E412).

    Masked unless ``show_pii``: of what is not as the first record has it, only what differs stays visible.
    """
    merge_map = tables["merge_map"]
    rows = (merge_map["oneid"] == oneid).arg_true()
    if rows.is_empty():
        raise UsageError("E412", "no such OneID in this run", hint="OneIDs are OID and 14 symbols")
    members = merge_map[rows].with_columns(pl.col("source").cast(pl.String))
    at = rows.to_numpy().astype(np.uint32)
    found = seen(at) if seen is not None else _kept(tables, at)
    whole = found is not None and (seen is not None or SEEN not in tables)
    held = {} if whole else _golden(tables, oneid, members)
    held |= {} if found is None else _texts(found)
    for name, texts in {"rule": members["rule"].cast(pl.String).to_list(), "score": _bits(members["score"])}.items():
        held[name] = [text or "" for text in texts]
    held = {name: texts for name, texts in held.items() if any(texts)}
    shown = [texts if show_pii or name in _OPEN else _masked(texts) for name, texts in held.items()]
    ids = [f"{source}:{id_}" for source, id_ in members.select(_ABOUT).iter_rows()]
    return list(held), {id_: [texts[place] for texts in shown] for place, id_ in enumerate(ids)}


def _kept(tables: Mapping[str, pl.DataFrame], rows: npt.NDArray[np.uint32]) -> pl.DataFrame | None:
    """What a folder keeps of records; None where it keeps nothing."""
    if not isinstance(tables, Tables) or not has_rows(tables):
        return None
    return rows_in(tables)[1].of(rows)


def _texts(found: pl.DataFrame) -> dict[str, list[str]]:
    names = [name for name in found.columns if name not in _ABOUT]
    return {name.removeprefix(CARRIED): [_text(value) for value in found[name].to_list()] for name in names}


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, list):
        return " / ".join(dict.fromkeys(str(one) for one in value if one is not None))
    return "" if value is None else str(value)


def _golden(tables: Mapping[str, pl.DataFrame], oneid: str, members: pl.DataFrame) -> dict[str, list[str]]:
    """What the golden record and its values say of each record."""
    place = {pair: at for at, pair in enumerate(members.select(_ABOUT).iter_rows())}
    texts: dict[str, list[list[str]]] = {}

    def add(field: str, of: tuple[str, str], value: object) -> None:
        if value is not None and of in place:
            held = texts.setdefault(field, [[] for _ in place])[place[of]]
            held += [str(value)] if str(value) not in held else []

    golden = tables["golden"].filter(pl.col("oneid") == oneid).row(0, named=True)
    for name, value in golden.items():
        if f"{name}_source" in golden:
            add(name, (str(golden[f"{name}_source"]), str(golden[f"{name}_source_id"])), value)
    for row in tables["golden_values"].filter(pl.col("oneid") == oneid).iter_rows(named=True):
        add(str(row["field"]), (str(row["source"]), str(row["source_id"])), row["value"])
    for row in tables["members"].filter(pl.col("oneid") == oneid).iter_rows(named=True):
        for name, value in row.items():
            if name not in (*_ABOUT, "oneid"):
                add(name, (str(row["source"]), str(row["source_id"])), value)
    return {name: [" / ".join(held) for held in columns] for name, columns in texts.items()}


def _bits(scores: pl.Series) -> list[str]:
    return ["" if score is None else f"{score / 100:+.2f}" for score in scores.to_list()]


def _masked(texts: Sequence[str]) -> list[str]:
    """Texts with what they share hidden: each against the first that there is."""
    first = next(text for text in texts if text)
    return [mask(text) if not text or text == first else mask_pair(first, text)[1] for text in texts]

"""For tests of your own: assertions on who is one person, and sample data.

>>> import pandas as pd
>>> from oneid import testing
>>> testing.assert_merge_map_equal(
...     pd.DataFrame({"source": ["ec", "ec"], "source_id": ["1", "2"], "oneid": ["a", "a"]}),
...     pd.DataFrame({"source": ["ec", "ec"], "source_id": ["1", "2"], "oneid": ["b", "b"]}),
...     ignore_oneids=True,
... )

In pytest, files ``*.oneid.yaml`` are tests too: see :mod:`oneid.pytest_plugin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import yaml

from oneid.demo import generate
from oneid.runs.resolve import resolve
from oneid.runs.result import Result, read_run
from oneid.settings.config import Config
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.references import RecordRef
from oneid.vocabulary.terminaltext import harmless, in_line

__all__ = ["Sample", "assert_different", "assert_merge_map_equal", "assert_same_person", "sample"]

_COLUMNS = ("source", "source_id", "oneid")
_SHOWN = 5

Who = Result | Config | Mapping[str, Any] | pd.DataFrame | pl.DataFrame | str | Path
"""A result, a merge map (pandas or Polars), the folder of a run, or a config, which is resolved first."""


@dataclass(frozen=True)
class Sample:
    """Members of five systems that exist nowhere. ``sources``: a frame for each, all text; ``config``: what their
    columns are, as :func:`oneid.resolve` takes it; ``truth``: source, source_id, person_id.
    """

    sources: Mapping[str, pd.DataFrame]
    config: Mapping[str, Any]
    truth: pd.DataFrame

    def resolve(self) -> Result:
        """The run on these sources."""
        return resolve(self.sources, self.config)


def sample(records: int = 300, seed: int = 1) -> Sample:
    """About ``records`` (100 or more) members, the same ones for the same arguments. Raises UsageError (E424)."""
    made = generate(records=records, seed=seed)
    config = yaml.safe_load(resources.files("oneid.demo").joinpath("oneid.yaml").read_text("utf-8"))
    for source in config["sources"].values():
        source.pop("path")
        source.pop("encoding", None)
    truth = made.truth.rename({"system": "source", "member_id": "source_id"})
    return Sample({name: frame.to_pandas() for name, frame in made.sources.items()}, config, truth.to_pandas())


def assert_same_person(who: Who, a: str | RecordRef, b: str | RecordRef) -> None:
    """Fails unless the records ``a`` and ``b`` (``source:id``) have one OneID; says, masked, why they have not."""
    __tracebackhide__ = True
    result, one, other = _two(who, a, b)
    if one != other:
        raise AssertionError(harmless(f"{a} and {b} are two persons, {one} and {other}{_why(result, a, b)}"))


def assert_different(who: Who, a: str | RecordRef, b: str | RecordRef) -> None:
    """Fails if the records ``a`` and ``b`` (``source:id``) have one OneID; says, masked, why they have."""
    __tracebackhide__ = True
    result, one, other = _two(who, a, b)
    if one == other:
        raise AssertionError(harmless(f"{a} and {b} are one person, {one}{_why(result, a, b)}"))


def assert_merge_map_equal(left: Who, right: Who, *, ignore_oneids: bool = False) -> None:
    """Fails unless both have the same records under the same OneIDs; with ``ignore_oneids``, unless the same records
    are together, whatever their OneIDs. Says which records are missing and which are together on one side alone.
    """
    __tracebackhide__ = True
    ours, theirs = _merge_map(_resolved(left)), _merge_map(_resolved(right))
    key = ["source", "source_id"]
    lines: list[str] = []
    for name, one, other in (("left", ours, theirs), ("right", theirs, ours)):
        alone = one.join(other, on=key, how="anti")
        lines += _listed(f"only in {name}", alone)
    both = ours.join(theirs, on=key, suffix="_right").sort(key)
    groups = both.select("oneid", "oneid_right").unique()
    for name, here, there in (("left", "oneid", "oneid_right"), ("right", "oneid_right", "oneid")):
        torn = groups.filter(pl.col(here).is_duplicated())[here].unique().sort()
        for oneid in torn.head(_SHOWN):
            members = both.filter(pl.col(here) == oneid).group_by(there, maintain_order=True).agg("source", "source_id")
            parts = (_members(source, id_) for _, source, id_ in members.iter_rows())
            lines.append(f"one person in {name} alone: {' | '.join(parts)}")
        lines += [f"... and {len(torn) - _SHOWN} more"] if len(torn) > _SHOWN else []
    if not ignore_oneids and not lines:
        lines += _listed("other OneIDs", both.filter(pl.col("oneid") != pl.col("oneid_right")))
    if lines:
        raise AssertionError(harmless("the merge maps differ\n" + "\n".join(lines)))


def _listed(what: str, rows: pl.DataFrame) -> list[str]:
    if rows.is_empty():
        return []
    shown = rows.sort("source", "source_id").head(_SHOWN)
    more = f" and {rows.height - _SHOWN} more" if rows.height > _SHOWN else ""
    return [f"{what}: {_members(shown['source'].to_list(), shown['source_id'].to_list())}{more}"]


def _members(sources: list[str], ids: list[str]) -> str:
    return " ".join(f"{source}:{id_}" for source, id_ in zip(sources, ids, strict=True))


def _resolved(who: Who) -> Result | pl.DataFrame:
    if isinstance(who, (Result, pl.DataFrame)):
        return who
    if isinstance(who, pd.DataFrame):
        return pl.DataFrame({name: pl.Series(who[name].tolist(), dtype=pl.String) for name in _COLUMNS if name in who})
    if isinstance(who, (str, Path)) and Path(who).is_dir():
        return read_run(who)
    config: Any = who
    return resolve(config)


def _merge_map(who: Result | pl.DataFrame) -> pl.DataFrame:
    frame = who.to_polars()["merge_map"] if isinstance(who, Result) else who
    lacking = [name for name in _COLUMNS if name not in frame.columns]
    if lacking:
        raise UsageError(
            "E416",
            said("no merge map: it lacks {columns}", columns=", ".join(lacking)),
            hint="pass a result or its merge_map",
        )
    return frame.select(_COLUMNS)


def _two(who: Who, a: str | RecordRef, b: str | RecordRef) -> tuple[Result | pl.DataFrame, str, str]:
    """Both OneIDs. AssertionError for a record that is not there, UsageError (E420) for what is no reference."""
    result = _resolved(who)
    frame = _merge_map(result)
    found = []
    for ref in (a, b):
        try:
            known = ref if isinstance(ref, RecordRef) else RecordRef.parse(ref)
        except ValueError:
            raise UsageError("E420", "not a reference to a record", hint="write source:id, as in ec:E1024") from None
        rows = frame.filter((pl.col("source") == known.source) & (pl.col("source_id") == known.source_id))["oneid"]
        if rows.is_empty():
            raise AssertionError(in_line(f"no record {known} is in the merge map"))
        found.append(str(rows[0]))
    return result, found[0], found[1]


def _why(result: Result | pl.DataFrame, a: str | RecordRef, b: str | RecordRef) -> str:
    if not isinstance(result, Result):
        return ""
    try:
        return f"\n{result.explain(a, b)}"
    except UsageError:  # a run of an earlier version kept no records
        return ""

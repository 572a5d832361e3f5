"""What a run gives: the tables of design, as pandas frames on demand, and what people ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import polars as pl

from oneid.daily.kept import PREFIX
from oneid.outputs import runfolder
from oneid.outputs.runtables import read_tables
from oneid.runs import gates
from oneid.settings.config import Limits
from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.masking import mask
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    import pandas as pd

    from oneid.runs.explain import Explainable, Explanation
    from oneid.runs.publishing import Publishing

__all__ = ["Result", "read_run"]

Frame = TypeVar("Frame", "pd.DataFrame", "pl.DataFrame")
_SHOWN_FIELDS = ("name", "kana", "birth", "phone", "email", "postcode", "address")


class Result:
    """The outcome of a run. Tables are pandas frames (``result.merge_map``); ``to_polars()`` gives them as Polars.

    ``run`` is what run.json holds: versions, hashes, counts, seconds, what was left out and why.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame],
        run: Mapping[str, Any],
        explainable: Explainable | None = None,
        limits: Limits | None = None,
        publishing: Publishing | None = None,
    ) -> None:
        self._tables = tables
        self.run = dict(run)
        self._explainable = explainable
        self.limits = limits or Limits()
        self._publishing = publishing

    def to_polars(self) -> dict[str, pl.DataFrame]:
        """All tables by name, as Polars frames; they share memory with this result."""
        return {name: self._tables[name] for name in self._tables if not name.startswith(PREFIX)}

    def _pandas(self, name: str) -> pd.DataFrame:
        return self._tables[name].to_pandas()

    @cached_property
    def merge_map(self) -> pd.DataFrame:
        """source, source_id, oneid, status, rule, score, via_source, via_source_id, run_id; one row per record."""
        return self._pandas("merge_map")

    @cached_property
    def golden(self) -> pd.DataFrame:
        """One row per OneID: golden fields, where each comes from, n_records, n_sources, customer."""
        return self._pandas("golden")

    @cached_property
    def households(self) -> pd.DataFrame:
        """OneIDs that live together: household_id, oneid, evidence. Households of one are not listed."""
        return self._pandas("households")

    @cached_property
    def links(self) -> pd.DataFrame:
        """The pairs that were linked, with pattern, score (hundredths of a bit), rule and verdict."""
        return self._pandas("links")

    @cached_property
    def review(self) -> pd.DataFrame:
        """The pairs that wait for a person, most valuable first."""
        return self._pandas("review")

    @cached_property
    def events(self) -> pd.DataFrame:
        """What happened to OneIDs in this run."""
        return self._pandas("events")

    @cached_property
    def aliases(self) -> pd.DataFrame:
        """Every OneID ever given: oneid, current_oneid (null: retired), since."""
        return self._pandas("aliases")

    @cached_property
    def patterns(self) -> pd.DataFrame:
        """The distinct evidence patterns with pairs, score, rule and verdict."""
        return self._pandas("patterns")

    def attach(self, frame: Frame, *, source: str, id: str) -> Frame:  # noqa: A002 - the name that the design fixes
        """``frame`` with a column ``oneid``, found by its column ``id`` as an id of ``source``; null where unknown.

        Rows, their order and a pandas index stay. Raises UsageError for an unknown source or column (E410, E411).
        """
        own = self._tables["merge_map"].filter(pl.col("source") == source).select("source_id", "oneid")
        if own.is_empty():
            known = self._tables["merge_map"]["source"].unique().sort().to_list()
            raise UsageError("E410", f"no source '{source}' in this run", hint=did_you_mean(source, known))
        if id not in frame.columns:
            raise UsageError("E411", f"no column '{id}'", hint=did_you_mean(id, map(str, frame.columns)))
        if isinstance(frame, pl.DataFrame):
            key = frame.select(source_id=pl.col(id).cast(pl.String))
            return frame.with_columns(key.join(own, on="source_id", how="left", maintain_order="left")["oneid"])
        found = dict(zip(own["source_id"].to_list(), own["oneid"].to_list(), strict=True))
        return frame.assign(oneid=frame[id].map(lambda value: found.get(str(value)), na_action="ignore"))

    def members(self, oneid: str) -> pd.DataFrame:
        """The records under one OneID, with the carried columns. Raises UsageError for an unknown OneID (E412)."""
        found = self._tables["members"].filter(pl.col("oneid") == oneid)
        if found.is_empty():
            raise UsageError("E412", "no such OneID in this run", hint="OneIDs are OID and 14 symbols")
        return found.to_pandas()

    def explain(self, a: str | RecordRef, b: str | RecordRef, *, show_pii: bool = False) -> Explanation:
        """Why two records (``source:id``) are one person or not, field by field, masked unless ``show_pii``.

        Only for a result of :func:`oneid.resolve` with ``keep``: a run read from files holds no field values (E413).
        """
        from oneid.runs.explain import explain_pair

        if self._explainable is None:
            raise UsageError("E413", "this run was read from files", hint="oneid explain CONFIG, or resolve again")
        return explain_pair(self._explainable, a, b, show_pii=show_pii)

    def summary(self) -> dict[str, Any]:
        """The counts of the run: records, rejected, OneIDs, households, links by rule, review pairs."""
        merge_map, links = self._tables["merge_map"], self._tables["links"]
        applied = links.filter(pl.col("applied"))["rule"].value_counts(sort=True)
        return {
            "records": {
                name: int(count) for name, count in merge_map["source"].value_counts().sort("source").iter_rows()
            },
            "rejected": self._tables["rejected"].height,
            "oneids": self._tables["golden"].height,
            "households": self._tables["households"]["household_id"].n_unique(),
            "linked_records": int((merge_map["status"] == "linked").sum()),
            "links_by_rule": dict(sorted(applied.iter_rows(), key=lambda row: (-row[1], row[0]))),
            "review": self._tables["review"].height,
            "largest": int(self._tables["golden"]["n_records"].max() or 0),  # type: ignore[arg-type]
        }

    def write(self, folder: str | Path, *, csv: bool = False) -> None:
        """Writes all files of the run into ``folder``, atomically: a crash leaves the former run whole.

        Where the config names a registry, it learns of the run in the same moment; of a run that brought nothing new
        there is nothing to write. The config's limits are gates: where the run breaches one, nothing is written
        (LimitBreached, E501 to E505).
        """
        path = Path(folder)
        if self._publishing is None:
            gates.check(self.limits, self._tables, self.run, _previous(path))
            runfolder.write_run(path, self._tables, self.run, csv)
        else:
            previous = _previous(path) or self._publishing.previous
            self._publishing.publish(
                path, self._tables, self.run, csv, lambda: gates.check(self.limits, self._tables, self.run, previous)
            )

    @property
    def published_in(self) -> Path:
        """The folder of the last run, where there is a registry and a run before (else E414)."""
        head = None if self._publishing is None else self._publishing.standing.head
        if head is None or head.folder is None:
            raise UsageError("E414", "there is no run before", hint="name a folder")
        return Path(head.folder)

    def close(self) -> None:
        """Lets go of the registry, where there is one: of its database and of the right to publish."""
        if self._publishing is not None:
            self._publishing.standing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        found = self.summary()
        records = sum(found["records"].values())
        return f"<oneid.Result {records} records, {found['oneids']} OneIDs, {found['review']} to review>"

    def _repr_html_(self) -> str:
        """Counts and the first golden records with several members, masked."""
        import html

        found = self.summary()
        many = self._tables["golden"].filter(pl.col("n_records") > 1).head(5)
        shown = [name for name in _SHOWN_FIELDS if name in many.columns]
        cells = "".join(f"<th>{html.escape(name)}</th>" for name in ("oneid", *shown, "n_records"))
        rows = ""
        for row in many.iter_rows(named=True):
            values = [row["oneid"], *(mask(str(row[name] or "")) for name in shown), row["n_records"]]
            rows += "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in values) + "</tr>"
        head = html.escape(repr(self)[1:-1])
        links = ", ".join(f"{html.escape(rule)} {count}" for rule, count in found["links_by_rule"].items())
        guessed = "".join(f"<pre>{html.escape(text)}</pre>" for text in self.run.get("guessed", ()))
        return f"{guessed}<p><b>{head}</b><br>links by rule: {links}</p><table><tr>{cells}</tr>{rows}</table>"


def _previous(folder: Path) -> gates.Previous | None:
    """The run that stands in a folder; None for a first run."""
    if not (folder / "run.json").is_file():
        return None
    tables = read_tables(folder)
    return gates.Previous(tables["merge_map"], tables.run)


def read_run(folder: str | Path) -> Result:
    """The last run that was written into ``folder``. Raises InputError where there is none or it is damaged."""
    path = Path(folder)
    tables = read_tables(path)
    return Result(tables, tables.run)

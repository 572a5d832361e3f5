"""What a run gives: the tables of design, as pandas frames on demand, and what people ask of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

import polars as pl

from oneid.daily.kept import PREFIX
from oneid.engines.mapped import Laid
from oneid.kinds.catalogue import in_short
from oneid.outputs import runfolder
from oneid.outputs.ownfiles import NOTHING, Inputs, given
from oneid.outputs.runtables import Tables, read_tables
from oneid.outputs.tables import changes
from oneid.outputs.tables.tablefiles import ToWrite, Written
from oneid.runs import gates
from oneid.settings.config import Limits
from oneid.vocabulary.errors import UsageError, did_you_mean, in_words
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.language import said
from oneid.vocabulary.masking import mask
from oneid.vocabulary.pages.markup import cell, code, fragment, paragraph, table
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    import pandas as pd

    from oneid.explain.answers import Explanation, OneIDExplanation
    from oneid.explain.evidence import RunEvidence
    from oneid.report.plots import Plots
    from oneid.runs.publishing import Publishing

__all__ = ["Result", "read_run"]


class Result:
    """The outcome of a run. Tables are pandas frames (``result.merge_map``); ``to_polars()`` gives them as Polars.

    ``run`` is what run.json holds: versions, hashes, counts, seconds, what was left out and why.
    """

    def __init__(
        self,
        tables: Mapping[str, pl.DataFrame],
        run: Mapping[str, Any],
        evidence: Callable[[], RunEvidence] | None = None,
        limits: Limits | None = None,
        publishing: Publishing | None = None,
        inputs: Inputs = NOTHING,
        rows: Mapping[str, Written] | None = None,
        *,
        dry_run: bool = False,
    ) -> None:
        self._made = tables
        self.run = dict(run)
        self._asked = evidence
        self.limits = limits or Limits()
        self._publishing = publishing
        self._inputs = inputs
        self._rows = rows or {}
        self._dry_run = dry_run

    @property
    def _tables(self) -> Mapping[str, pl.DataFrame]:
        one_process()
        return self._made

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

    def attach(
        self,
        frame: Any,  # noqa: ANN401 - a frame of any make
        *,
        source: str,
        id: str | None = None,  # noqa: A002 - the name that the design fixes
        into: str = "oneid",
    ) -> Any:  # noqa: ANN401 - as it was given
        """``frame`` with a column ``into``, found by its column ``id`` as an id of ``source``; null where unknown. A
        list or Series of ids gives a list or Series of OneIDs.

        Frames of pandas and Polars (lazy ones stay lazy) come back as such, all others as Arrow tables. Rows, their
        order and a pandas index stay. Ids may be text, numbers, floats that are whole numbers, UUIDs; where none at all
        is known, a warning says so. Raises UsageError for an unknown source or column (E410, E411), and InputError for
        floats that are no whole numbers (E208).
        """
        from oneid.lookup.attaching import attached

        own = self._tables["merge_map"].filter(pl.col("source") == source).select("source_id", "oneid")
        if own.is_empty():
            known = self._tables["merge_map"]["source"].unique().sort().to_list()
            raise UsageError(
                "E410", said("no source '{source}' in this run", source=source), hint=did_you_mean(source, known)
            )
        return attached(frame, own, id, into, source)

    def __getstate__(self) -> dict[str, Any]:
        """What goes into another process: tables and figures, without what is asked of the process of the run (the
        registry, explanations).
        """
        made = self._tables
        tables = made if isinstance(made, Laid) else {name: made[name] for name in made}
        kept = {"run": self.run, "limits": self.limits, "_inputs": self._inputs, "_dry_run": self._dry_run}
        return {**kept, "_made": tables, "_rows": self._rows, "_asked": None, "_publishing": None}

    def members(self, oneid: str) -> pd.DataFrame:
        """The records under one OneID, with the carried columns. Raises UsageError for an unknown OneID (E412)."""
        found = self._tables["members"].filter(pl.col("oneid") == oneid)
        if found.is_empty():
            raise UsageError("E412", "no such OneID in this run", hint="OneIDs are OID and 14 symbols")
        return found.to_pandas()

    def records(self, oneid: str, *, show_pii: bool = False) -> pd.DataFrame:
        """The records under one OneID side by side: a column per record (``source:id``), a row per field, and what
        links each; masked unless ``show_pii``. Raises UsageError for an unknown OneID (E412).

        In the process of the run, and from the folder of a run with a registry, every field is there; from another
        folder the compared ones, and of the rest what went into the golden record, with the record that it is of.
        """
        import pandas as pd

        from oneid.report.sidebyside import side_by_side

        seen = None if self._asked is None or isinstance(self._tables, Tables) else self._evidence.values.of
        fields, columns = side_by_side(self._tables, oneid, seen, show_pii=show_pii)
        return pd.DataFrame(columns, index=pd.Index(fields, name="field"))

    @property
    def plot(self) -> Plots:
        """The charts of the report, each in one line (``result.plot.scores()``): :class:`oneid.report.plots.Plots`."""
        from oneid.report.facts import facts
        from oneid.report.plots import Plots

        return Plots(partial(facts, self._tables, self.run))

    @overload
    def explain(self, a: str, b: None = None, *, show_pii: bool = False) -> OneIDExplanation: ...

    @overload
    def explain(self, a: str | RecordRef, b: str | RecordRef, *, show_pii: bool = False) -> Explanation: ...

    def explain(
        self, a: str | RecordRef, b: str | RecordRef | None = None, *, show_pii: bool = False
    ) -> Explanation | OneIDExplanation:
        """Why two records (``source:id``) are one person or not, field by field; or, given one OneID, all of it. Values
        are masked unless ``show_pii``.

        A run read from a folder answers as the run did. Raises UsageError: E418, E420, E422 for what is no record and
        no OneID, E412 and E421 for those that the run does not have; E413 for a run of :func:`oneid.resolve` without
        ``keep``, or of an earlier version, which kept no records.
        """
        from oneid.explain.arguments import asked
        from oneid.explain.onepair import explain_pair
        from oneid.explain.oneperson import explain_oneid

        one_process()
        if b is None:
            return explain_oneid(self._evidence, str(asked([a])[0]), show_pii=show_pii)
        return explain_pair(self._evidence, a, b, show_pii=show_pii)

    @cached_property
    def _evidence(self) -> RunEvidence:
        """What explaining asks of the run."""
        if self._asked is None:
            raise UsageError(
                "E413", "this run kept no records to explain", hint="resolve with keep, or read its folder"
            )
        return self._asked()

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

    @in_words()
    def write(self, folder: str | Path, *, csv: bool = False) -> None:
        """Writes all files of the run into ``folder``, atomically: a crash leaves the former run whole.

        Where the config names a registry, it learns of the run in the same moment; of a run that brought nothing new
        there is nothing to write. The config's limits are gates: where the run breaches one, nothing is written
        (LimitBreached, E501 to E505). Nor is a file replaced that no run of ours wrote, or that the config names
        (OutputError, E307, E308). Of a run made with ``dry_run`` all this is looked at, and nothing is written.
        """
        path = given(folder)
        if self._dry_run:
            from oneid.runs.lastfolder import refuse_unfinished

            refuse_unfinished(path)
        runfolder.probe(path, self._inputs, csv=csv)
        standing, publishing = _standing(path), self._publishing
        previous = None if standing is None else gates.Previous(standing["merge_map"], standing.run)
        if publishing is not None:
            previous = previous or publishing.previous
        if publishing is not None and publishing.publication is None:  # nothing new: it says what it said
            if self._dry_run:
                publishing.rehearse(path, lambda: None)
            else:
                publishing.publish(path, self._tables, self.run, csv, lambda: None, self._inputs)
            return
        found = gates.look(self.limits, self._tables, self.run, previous)
        refuse = partial(gates.check, self.limits, found)
        if not self._dry_run:
            self.run |= {"gates": gates.figures(self.limits, found), "before": gates.before(previous)}
        if publishing is not None and self._dry_run:
            publishing.rehearse(path, refuse)
        elif publishing is None:
            refuse()
            if not self._dry_run:
                before = {} if standing is None else standing.run
                self.run["changes"], tables = changes.told(standing, before, self.run, self._tables)
                runfolder.write_run(path, ToWrite(tables, self._rows), self.run, csv, inputs=self._inputs)
        else:
            publishing.publish(path, self._tables, self.run, csv, refuse, self._inputs)

    def export(self, to: str, *, prefix: str = "oneid_", schema: str | None = None) -> list[str]:
        """Writes the tables into the database at an address (or ``env:NAME``), each as ``prefix`` and its name, with
        keys and types; returns these names. All are replaced in one transaction, or none (OutputError, E325, E307).
        """
        from oneid.outputs.elsewhere.databases import export

        return export(self.to_polars(), to, prefix=prefix, schema=schema)

    @property
    def published_in(self) -> Path:
        """The folder of the last run, where there is a registry and a run before (else E414)."""
        standing = None if self._publishing is None else self._publishing.standing
        if standing is not None and standing.folder is not None:
            return standing.folder
        if standing is None or standing.head is None or standing.head.folder is None:
            raise UsageError("E414", "there is no run before", hint="name a folder")
        return Path(standing.head.folder)

    @property
    def told(self) -> tuple[str, ...]:
        """What was found, or done, when the registry was opened: that it is a copy of another one, say."""
        return () if self._publishing is None else self._publishing.standing.registry.notes

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
        found = self.summary()
        many = self._tables["golden"].filter(pl.col("n_records") > 1).head(5)
        shown = [name for name in in_short() if name in many.columns]
        rows = [
            [code(row["oneid"]), *(mask(str(row[name] or "")) for name in shown), row["n_records"]]
            for row in many.iter_rows(named=True)
        ]
        links = ", ".join(f"{rule} {count:,}" for rule, count in found["links_by_rule"].items())
        return fragment(
            *(f"<pre>{cell(text)}</pre>" for text in self.run.get("guessed", ())),
            f"<p><b>{cell(repr(self)[1:-1])}</b></p>",
            paragraph(f"links by rule: {links}") if links else "",
            table(["oneid", *shown, "n_records"], rows, "OneIDs of several records"),
        )


def _standing(folder: Path) -> Tables | None:
    """The run that stands in a folder; None for a first run."""
    return read_tables(folder) if (folder / "run.json").is_file() else None


@in_words()
def read_run(folder: str | Path) -> Result:
    """The last run that was written into ``folder``. Raises InputError where there is none or it is damaged."""
    path = Path(folder)
    tables = read_tables(path)
    return Result(tables, tables.run, partial(_evidence_in, tables))


def _evidence_in(tables: Tables) -> RunEvidence:
    from oneid.explain.evidence import evidence_in

    return evidence_in(tables)

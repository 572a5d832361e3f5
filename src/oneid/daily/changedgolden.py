"""Which golden records can be others than in the run before, and putting those between all that stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.intake import Records
from oneid.daily.kept import CARRIED, Known
from oneid.engines.overlay import Overlay
from oneid.golden.survivorship import Golden
from oneid.identity.reassignment import Change
from oneid.identity.sortedrows import order_of
from oneid.identity.state import Run
from oneid.outputs.tables.changes import NEW, Taken
from oneid.records import features
from oneid.settings.config import Config
from oneid.settings.rules import Rules
from oneid.vocabulary.localtime import JAPAN

__all__ = ["goes_on", "golden_fields", "regilded", "with_others", "withdrawn"]

Flags = npt.NDArray[np.bool_]
_NONE = np.iinfo(np.uint32).max


def goes_on(known: Known, records: Records, rules: Rules) -> bool:
    """Whether the golden records of the run before can be taken over for OneIDs that did not change."""
    if known.deciding != rules.rules_version:
        return False
    return set(golden_fields(records.values.columns)) <= set(known.outputs["golden"].columns)


def golden_fields(columns: Iterable[str]) -> list[str]:
    """Those columns of the values that golden records are made of."""
    others = ("source", "source_id", "since", "updated", "customer", features.UNTIL, features.WITHDRAWN)
    return [name for name in columns if name not in others and not name.startswith(CARRIED)]


def withdrawn(config: Config, values: Overlay, run: Run) -> list[pl.Series]:
    """Who has withdrawn: by the status, or because the last day as a member was before the day of the run (of Japan).
    Nothing where no source says either.
    """
    sources = config.sources.values()
    if not any(source.until or (source.status and source.status.withdrawn) for source in sources):
        return []
    day = run.at.astimezone(JAPAN).date()
    said = [values.column(features.WITHDRAWN)] if features.WITHDRAWN in values.columns else []
    over = [values.column(features.UNTIL) < day] if features.UNTIL in values.columns else []
    gone = [part.fill_null(value=False).alias(f"{place}") for place, part in enumerate([*said, *over])]
    return [pl.DataFrame(gone).select(withdrawn=pl.any_horizontal(pl.all())).to_series()]


def regilded(known: Known, records: Records, change: Change, out: Sequence[pl.Series]) -> Flags:
    """Which records are of OneIDs whose golden record can be another now; ``out``: who has withdrawn, if any source
    says so (Boolean, one per record).
    """
    touched = change.touched.copy()
    for now in out:  # a last day can have passed without any record having changed
        before = known.outputs["members"]
        nobody = pl.repeat(value=False, n=before.height, dtype=pl.Boolean, eager=True)
        then = before["withdrawn"] if "withdrawn" in before.columns else nobody
        same = now == then.gather(pl.Series(records.was).replace(_NONE, None))
        oneid = change.whole.state.assignments["oneid"]
        other = oneid.filter(~same.fill_null(value=False))
        touched |= oneid.is_in(other.unique().implode()).to_numpy()
    return touched


def with_others(made: Golden, oneids: pl.Series, known: Known, change: Change) -> tuple[Golden, Taken]:
    """The golden records ``made`` of the records of ``oneids``, with all others as they were; and which those are."""
    out = pl.concat([oneids, change.before.assignments["oneid"]]).unique()
    parts: dict[str, pl.DataFrame] = {}
    taken: dict[str, npt.NDArray[np.int64]] = {}
    for name, fresh in (("golden", made.records), ("golden_values", made.values)):
        old = known.outputs[name]
        stays = ~old["oneid"].is_in(out.implode()).to_numpy()
        order = order_of(old["oneid"], stays, fresh["oneid"])
        parts[name] = pl.concat([old.select(fresh.columns), fresh])[order]
        taken[name] = np.where(order < old.height, order, NEW)
    return Golden(parts["golden"], parts["golden_values"]), taken

"""Japanese blocking and comparing inside ``recordlinkage``, and its pairs judged by OneID.

    members = Members({"ec": ec, "mail": mail})           one or two pandas frames, read and normalized once
    pairs = Index([Blocking(members)]).index(ec, mail)    OneID's candidate pairs
    Compare([Evidence(members)]).compute(pairs, ec, mail) OneID's evidence, beside other features
    members.judge(pairs)                                  OneID's score, verdict, rule and clusters of any pairs

:class:`Members` and what it judges need pandas alone. :class:`Blocking` and :class:`Evidence` are made for
recordlinkage 0.16, which needs pandas 2 (``pip install "oneid-merge[recordlinkage]"``): beside pandas 3 pip takes
version 0.14, which fails there.

==== ==================================================================================================
E440 recordlinkage is missing, or not of a version that works
E441 frames whose index cannot name records, or other frames than those of the Members
E442 pairs that are none of the frames' records
==== ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from oneid.daily import statetables
from oneid.pairs import evidence
from oneid.pairs.alike import Alike
from oneid.pairs.judged import Judged
from oneid.pairs.scoring import SOURCES
from oneid.runs import stages
from oneid.runs.preparing import prepare
from oneid.runs.resolve import people_of
from oneid.settings.config import Config, Source
from oneid.settings.configfile import from_dict, kinds_said
from oneid.sources.frames import frame_to_text
from oneid.sources.guessing.guess import guess
from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import Schema
from oneid.vocabulary.references import Verdict
from oneid.vocabulary.version import install

__all__ = ["Blocking", "Evidence", "Judgement", "Members", "usable"]

Rows = npt.NDArray[np.uint32]

_LABEL = "record label"
"""The column in which a frame's index is handed to the pipeline as the id."""


def usable() -> None:
    """Returns where recordlinkage works here. Raises UsageError (E440) where it is missing or of another version."""
    hint = said("{install}, in an environment of its own: it needs pandas 2", install=install("recordlinkage"))
    try:
        found, pandas = version("recordlinkage"), version("pandas")
    except PackageNotFoundError:
        raise UsageError("E440", "recordlinkage is not installed", hint=hint) from None
    if found.split(".")[:2] != ["0", "16"]:
        raise UsageError("E440", said("recordlinkage {found} does not work here, 0.16 does", found=found), hint=hint)
    if int(pandas.split(".")[0]) > 2:
        raise UsageError("E440", said("recordlinkage does not work with pandas {pandas}", pandas=pandas), hint=hint)


def _bases() -> tuple[Any, Any]:
    """The base classes in recordlinkage; ``object`` where it does not work, which a Blocking or Evidence tells."""
    try:
        usable()
    except UsageError:
        return object, object
    from recordlinkage.base import BaseCompareFeature, BaseIndexAlgorithm  # noqa: PLC0415

    return BaseIndexAlgorithm, BaseCompareFeature


_INDEX, _FEATURE = _bases()


@dataclass(frozen=True)
class Judgement:
    """What OneID makes of pairs.

    ``pairs``: one row per given pair, in the given order and under the given index: a column of levels (category) per
    compared field, ``score`` (hundredths of a bit), ``verdict``, ``rule``, and ``together``: whether both records are
    in one cluster. Columns of a given feature frame come first; one that has a name of these ends in ``_feature``.

    ``clusters``: one row per record of the frames, in their order: ``source``, ``id`` (its label in the frame's index)
    and ``cluster`` (from 0, in the order of first records).
    """

    pairs: pd.DataFrame
    clusters: pd.DataFrame


class Members:
    """The records of one pandas frame (finding duplicates) or two (linking), normalized and blocked once.

    ``frames`` are frames by source name; each index must have unique labels, which are the ids of the records. All
    records are looked at together, so that it is known how frequent a name is and which values are shared.
    ``config`` is a mapping as for :func:`oneid.resolve` or a Config; of it ``fields``, ``customer``, ``null_values``,
    ``rules`` and ``decisions`` count. Where a source's ``fields`` are left out they are guessed. The frames are not
    kept: what is changed in them later is not seen.

    Raises UsageError E441, and ConfigError and InputError as :func:`oneid.resolve` does.
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame], config: Mapping[str, Any] | Config | None = None) -> None:
        if len(frames) not in (1, 2):
            raise UsageError(
                "E441", said("{n} frames were given", n=len(frames)), hint="one to find duplicates, two to link"
            )
        self.labels = {name: _labels(name, frame) for name, frame in frames.items()}
        held = {name: frame.assign(**{_LABEL: frame.index}) for name, frame in frames.items()}
        self._settings = prepare(_config(frames, config))
        self._records = stages.read(self._settings, held, erased=None, known=None)
        rejected = self._records.rejected
        if rejected.height:
            reasons = ", ".join(sorted(rejected["reason"].unique().to_list()))
            raise UsageError(
                "E441",
                said("{n} labels of the index cannot name records: {reasons}", n=rejected.height, reasons=reasons),
                hint="give each record a text or a whole number of its own, or leave it out",
            )  # fmt: skip
        compared = stages.compare(self._settings, self._records, known=None)
        assert isinstance(compared.evidence, evidence.Evidence)
        self._pairs, self._evidence = compared.pairs, compared.evidence
        rows = [_rows_of(name, frame, self._records.ids) for name, frame in held.items()]
        self._rows = rows if len(rows) == 2 else rows * 2

    @property
    def fields(self) -> tuple[str, ...]:
        """The compared fields."""
        return tuple(field for field in self._settings.schema.levels if field != SOURCES)

    @property
    def candidates(self) -> pd.MultiIndex:
        """OneID's candidate pairs by the blocking keys of its rules: of two frames those across, of one each pair once,
        the later record first, as recordlinkage has it.

        Keys are *effective* ones: a block above its rule's ``most`` is refined or left out
        (:mod:`oneid.pairs.blocking`).
        """
        place, side = self._places()
        first, second = place[self._pairs.left], place[self._pairs.right]
        if len(self.labels) == 2:
            across = side[self._pairs.left] != side[self._pairs.right]
            turned = side[self._pairs.left] == 1
            first, second = np.where(turned, second, first)[across], np.where(turned, first, second)[across]
        else:
            first, second = np.maximum(first, second), np.minimum(first, second)
        order = np.lexsort((second, first))
        ends: Any = self._sides()  # Any: the stubs of pandas take lists alone
        codes: Any = (first[order], second[order])
        return pd.MultiIndex(ends, codes, names=_names(*ends))

    def levels(self, pairs: pd.MultiIndex) -> pd.DataFrame:
        """The evidence of pairs: per compared field its level, a category (:data:`oneid.kinds.compared.LEVELS`).

        Raises UsageError (E442) for pairs of other records.
        """
        return self._frame(self._compared(*self._pair_rows(pairs)), pairs)

    def bits(self, pairs: pd.MultiIndex) -> pd.DataFrame:
        """The evidence of pairs in bits: per compared field the weight of its level in the rules, 0 where missing.

        The score is their sum, the rules' base, and the interactions that hold. Raises UsageError (E442).
        """
        weights = self._settings.rules.weights
        numbers = self._settings.schema.unpack(self._compared(*self._pair_rows(pairs)))
        bits = {
            field: np.array([weights.get(field, {}).get(level, 0.0) for level in self._settings.schema.levels[field]])
            for field in self.fields
        }
        return pd.DataFrame({field: each[numbers[field]] for field, each in bits.items()}, index=pairs)

    def judge(self, candidates: pd.MultiIndex | pd.DataFrame) -> Judgement:
        """Judges pairs, however they were found, and clusters the records by the links among them.

        ``candidates`` are pairs of labels, or a feature frame whose index they are; its columns are kept, they do not
        count. Verdicts are on whole clusters (:mod:`oneid.clusters.clustering`): all pairs inside one are compared,
        also those not given. Raises UsageError (E442) for pairs of other records.
        """
        pairs: Any = candidates.index if isinstance(candidates, pd.DataFrame) else candidates
        left, right = self._pair_rows(pairs)
        size = np.uint64(self._records.ids.height)
        keys = np.unique(left * size + right)
        ends = (keys // size).astype(np.uint32), (keys % size).astype(np.uint32)
        table = statetables.pairs((*ends, self._evidence.patterns(*ends)))
        asked = replace(self._pairs, table=table)
        nothing_met = evidence.Candidates.none()  # else pairs of the blocking keys would go unseen
        people = people_of(self._settings.config)
        judgements = stages.judge(self._settings, self._records, people, asked)
        entities = stages.cluster(
            self._settings, self._records, None, people, asked,
            replace(self._evidence, made=nothing_met, equal=Alike.none(0).links), judgements,
        )  # fmt: skip
        made = self._frame(self._compared(left, right), pairs)
        made = made.assign(**_said(judgements.judged, left * size + right, size))
        labels = entities.clusters.labels
        made["together"] = labels[left] == labels[right]
        if isinstance(candidates, pd.DataFrame):
            names = {name: f"{name}_feature" for name in candidates.columns if name in made.columns}
            made = pd.concat([candidates.rename(columns=names), made], axis=1)
        return Judgement(made, self._clusters(labels))

    def check(self, frames: Sequence[pd.DataFrame]) -> None:
        """Raises UsageError (E441) unless these frames have the records that this was made of."""
        same = len(frames) == len(self.labels)
        same = same and all(map(pd.Index.equals, (frame.index for frame in frames), self.labels.values()))
        if not same:
            hint = "hand over the same frames, in the same order"
            raise UsageError("E441", "these are not the frames that the Members were made of", hint=hint)

    def _sides(self) -> tuple[pd.Index[Any], pd.Index[Any]]:
        sides = tuple(self.labels.values())
        return sides[0], sides[-1]

    def _places(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
        """Per row of the features its place in its frame, and the number of that frame."""
        place = np.zeros(self._records.ids.height, dtype=np.intp)
        side = np.zeros(place.size, dtype=np.uint8)
        for number, rows in enumerate(self._rows[: len(self.labels)]):
            place[rows] = np.arange(rows.size)
            side[rows] = number
        return place, side

    def _pair_rows(self, pairs: pd.MultiIndex) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """The rows of the features that pairs are of, the smaller first."""
        if not isinstance(pairs, pd.MultiIndex) or pairs.nlevels != 2:
            raise UsageError("E442", "expected pairs of labels", hint="a pandas MultiIndex of two levels")
        ends = []
        for number, (labels, rows) in enumerate(zip(self._sides(), self._rows, strict=True)):
            at = labels.get_indexer(pairs.get_level_values(number))
            if (at < 0).any():
                side = ("first", "second")[number]
                lost = int((at < 0).sum())
                raise UsageError(
                    "E442",
                    said("{lost} pairs have a {side} label that is not in the frame's index", lost=lost, side=side),
                )
            ends.append(rows[at].astype(np.uint64))
        if (ends[0] == ends[1]).any():
            raise UsageError("E442", "a pair of a record with itself", hint="leave such pairs out")
        return np.minimum(*ends), np.maximum(*ends)

    def _compared(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
        return self._evidence.patterns(left.astype(np.uint32), right.astype(np.uint32))

    def _frame(self, patterns: npt.NDArray[np.uint64], pairs: pd.MultiIndex) -> pd.DataFrame:
        schema: Schema = self._settings.schema
        numbers: Mapping[str, Any] = schema.unpack(patterns)
        made = {
            field: pd.Categorical.from_codes(numbers[field], pd.Index(schema.levels[field])) for field in self.fields
        }
        return pd.DataFrame(made, index=pairs)

    def _clusters(self, labels: npt.NDArray[np.uint32]) -> pd.DataFrame:
        parts = [
            pd.DataFrame({"source": name, "id": index.to_numpy(), "cluster": labels[rows]})
            for (name, index), rows in zip(self.labels.items(), self._rows, strict=False)
        ]
        made = pd.concat(parts, ignore_index=True)
        return made.assign(cluster=pd.factorize(made["cluster"])[0])


class Blocking(_INDEX):  # type: ignore[misc,valid-type]  # no types there
    """An index class for ``recordlinkage.Index``: the :attr:`Members.candidates`.

    ``index(frame)`` or ``index(left, right)`` must be given the frames that the Members were made of (E441). Raises
    UsageError E440 where recordlinkage does not work.
    """

    def __init__(self, members: Members) -> None:
        usable()
        super().__init__()
        self.members = members

    def _link_index(self, df_a: pd.DataFrame, df_b: pd.DataFrame) -> pd.MultiIndex:
        self.members.check([df_a, df_b])
        return self.members.candidates

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        self.members.check([df_a])
        return self.members.candidates


class Evidence(_FEATURE):  # type: ignore[misc,valid-type]  # no types there
    """A compare class for ``recordlinkage.Compare``: one column per field that OneID compares, named as the field.

    ``values`` chooses :meth:`Members.bits`, numbers that classifiers can use, or :meth:`Members.levels`, categories.
    What is compared are the records of the Members: of the frames given to ``compute`` only the labels count. Raises
    UsageError E440 where recordlinkage does not work.
    """

    def __init__(self, members: Members, values: Literal["bits", "levels"] = "bits") -> None:
        usable()
        super().__init__([], [], label=list(members.fields))
        self.members = members
        self._of = {"bits": members.bits, "levels": members.levels}[values]

    def compute(self, pairs: pd.MultiIndex, x: pd.DataFrame, x_link: pd.DataFrame | None = None) -> pd.DataFrame:
        """The columns for ``pairs``. Raises UsageError E441 for other frames than those of the Members, E442."""
        self.members.check([x] if x_link is None else [x, x_link])
        return self._of(pairs)

    def _compute(self, left_on: tuple[pd.DataFrame], _right_on: tuple[pd.DataFrame]) -> pd.DataFrame:
        pairs: Any = left_on[0].index  # Compare gives frames without columns, under the pairs
        return self._of(pairs)


def _labels(name: str, frame: object) -> pd.Index[Any]:
    if not isinstance(frame, pd.DataFrame):
        raise UsageError("E441", said("'{name}' is a {kind}, no pandas frame", name=name, kind=type(frame).__name__))
    if frame.index.nlevels != 1 or not frame.index.is_unique:
        raise UsageError(
            "E441",
            said("the index of '{name}' has no unique labels", name=name),
            hint="drop_duplicates, then set_index to a column of ids",
        )
    return frame.index


def _names(left: pd.Index[Any], right: pd.Index[Any]) -> list[Any]:
    """The names of the levels of pairs, as recordlinkage makes them."""
    same = left.name is not None and left.name == right.name
    return [f"{left.name}_1", f"{left.name}_2"] if same else [left.name, right.name]


def _config(frames: Mapping[str, pd.DataFrame], config: Mapping[str, Any] | Config | None) -> Config:
    """The config of these frames alone: whatever has to do with files, dates and leaving out rows is left out."""
    if not isinstance(config, Config):
        given = dict((config or {}).get("sources") or {})
        kinds = kinds_said(config or {})
        for name, frame in frames.items():
            own = dict(given.get(name) or {})
            given[name] = {**own, "fields": own.get("fields") or guess(name, frame, kinds), "id": _LABEL}
        config = from_dict({"version": 1, **(config or {}), "sources": given})
    sources = {}
    for name in frames:
        known = config.sources.get(name)
        if known is None:
            raise UsageError(
                "E441", said("no source '{name}' in the config", name=name), hint=did_you_mean(name, config.sources)
            )
        sources[name] = Source(
            name=name, id=(_LABEL,), fields=known.fields, customer=known.customer, null_values=known.null_values
        )
    return Config(
        sources=sources, rules=config.rules, decisions=config.decisions, kinds=config.kinds, base=config.base,
        file=config.file,
    )  # fmt: skip


def _rows_of(name: str, frame: pd.DataFrame, records: pl.DataFrame) -> Rows:
    """Per record of a frame its row among all records."""
    ids = frame_to_text(frame, [_LABEL], [_LABEL], name).rename({_LABEL: "source_id"})
    rows = records.with_row_index("row").filter(source=name)
    return ids.join(rows, on="source_id", how="left", maintain_order="left")["row"].to_numpy()


def _said(found: Judged, keys: npt.NDArray[np.uint64], size: np.uint64) -> dict[str, npt.NDArray[Any]]:
    """Score, verdict and rule of pairs, all of which were judged; ``keys`` are left * size + right."""
    judged = found.left.astype(np.uint64) * size + found.right
    order = np.argsort(judged)
    at = order[np.searchsorted(judged, keys, sorter=order)]
    verdicts = np.array([str(verdict) for verdict in Verdict], dtype=object)
    return {
        "score": found.score[at],
        "verdict": verdicts[found.verdict[at]],
        "rule": np.array(found.rules, dtype=object)[found.rule[at]],
    }

"""What there is to say of a pair of records and of a OneID, as plain values; :mod:`oneid.explain.answers` says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oneid.vocabulary.references import RecordRef, Verdict

__all__ = [
    "Against", "Edge", "FieldEvidence", "GoldenValue", "Graph", "Link", "Member", "Node", "OneIDFacts", "PairFacts",
    "Step",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """One compared field: both values as shown, the level, and the bits it adds to the score."""

    field: str
    left: str
    right: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Step:
    """A link on the way from one record to another. ``applied``: both ends have one OneID; else it was refused.
    ``score`` in hundredths of a bit; what people decided (``decided``) outranks any.
    """

    left: RecordRef
    right: RecordRef
    score: int
    rule: str
    applied: bool
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Against:
    """Something that keeps apart two OneIDs which a link would join. ``kind``:

    ``decision`` and ``deferred``: people said so of ``left`` and ``right``; ``never``: these two are never one person,
    by ``rule``; ``one_per_source``: the source ``field`` has each person once; ``bridge``: ``via`` says less than both,
    which contradict each other; ``undecided``: ``via`` is as close to the one as to the other; ``values``: together
    they would hold ``count`` values of ``field``, more than ``most``; ``size``: a component was too large, so that its
    threshold was raised; ``unknown``: people put OneIDs back as they were.
    """

    kind: str
    left: RecordRef | None = None
    right: RecordRef | None = None
    via: RecordRef | None = None
    rule: str = ""
    why: str = ""
    field: str = ""
    score: int | None = None
    count: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A record in a graph, with its OneID; ``asked``: it is one that was asked for."""

    ref: RecordRef
    oneid: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair in a graph. ``applied``: a link that holds; ``alone``: without it the OneID falls in two; ``weakest``: of
    the links that hold none has a lesser score. Others were refused (``match``), wait for people (``review``), or are
    never one person (``never``).
    """

    left: RecordRef
    right: RecordRef
    score: int
    rule: str
    verdict: Verdict
    applied: bool
    decided: bool = False
    alone: bool = False
    weakest: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """The records of one OneID or two, with the pairs among them that say something."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class PairFacts:
    """Everything there is to say about a pair.

    ``path`` is the chain of links that joins two records of one OneID; ``steps`` are these links, or, where the two
    have two OneIDs and a chain of links leads from one to the other all the same, those of that chain, some of which
    were refused: ``against`` says why. ``candidate``: a blocking key (``key_rule``), or being equal, brought them
    together; ``found`` is ``key``, ``equal``, ``inside`` (they came into one component) or empty: never compared by
    the run. ``limits``: the bits from which a score is a match and a question, and up to which it is never.
    """

    left: RecordRef
    right: RecordRef
    fields: tuple[FieldEvidence, ...]
    extra: tuple[tuple[str, float], ...]
    score: int
    rule: str
    why: str
    verdict: Verdict
    oneids: tuple[str, str]
    candidate: bool
    path: tuple[RecordRef, ...]
    key_rule: str | None
    equal: bool = False
    found: str = ""
    steps: tuple[Step, ...] = ()
    against: tuple[Against, ...] = ()
    limits: tuple[float, float, float] = (0.0, 0.0, 0.0)
    graph: Graph | None = None
    run_id: str = ""
    masked: bool = True

    @property
    def together(self) -> bool:
        """Whether both records have one OneID."""
        return self.oneids[0] == self.oneids[1]


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """A field of the golden record as shown, and the record that it is of."""

    field: str
    value: str
    ref: RecordRef


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a OneID: what people see of it by compared field, and the strongest link that holds it there."""

    ref: RecordRef
    status: str
    values: Mapping[str, str]
    rule: str | None = None
    score: int | None = None
    via: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A pair of a OneID's record field by field: a link that holds, or with a record of another OneID (``other``) one
    that was refused, or a question for people.
    """

    edge: Edge
    fields: tuple[FieldEvidence, ...]
    other: str | None = None


@dataclass(frozen=True, slots=True)
class OneIDFacts:
    """A whole OneID: its golden record, its records, the ``links`` that hold them (``more``: so many are not listed),
    and what is doubtful: pairs with records of other OneIDs.
    """

    oneid: str
    sources: int
    golden: tuple[GoldenValue, ...]
    members: tuple[Member, ...]
    links: tuple[Link, ...]
    doubtful: tuple[Link, ...]
    more: int = 0
    graph: Graph | None = None
    run_id: str = ""
    masked: bool = True

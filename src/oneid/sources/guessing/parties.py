"""Whose columns are the member's, where a row tells of several people: who orders and who receives, bill and ship.

The first party that has a name is the member: whoever no word is said of (氏名, 自宅住所), who orders, who is billed,
who receives. What is said of nobody in particular goes with it; what is said of the others is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oneid.sources.guessing.columns import Column, Kinds
from oneid.sources.headerwords import PERSONS
from oneid.vocabulary.language import said

__all__ = ["Party", "members"]


@dataclass(frozen=True, slots=True)
class Party:
    """The party that is taken for the member, empty where the row tells of nobody; and the ``others`` that it tells of
    as well.
    """

    name: str
    others: tuple[str, ...] = ()


def members(columns: Sequence[Column], known: Kinds) -> tuple[Party, list[Column]]:
    """Who is the member, and the columns with the roles of everybody else taken away and bare names settled."""
    there = {
        party: {column.kind for column in columns if column.head.party == party and column.role} for party in PERSONS
    }
    taken = ""
    for turn in sorted({kind.tells for kind in known.values()} - {0}):
        telling = {name for name, kind in known.items() if kind.tells == turn}
        taken = taken or next((party for party in PERSONS if there[party] & telling), "")
    others = tuple(party for party in PERSONS[:-1] if party not in (taken, "self") and there[party])
    settled = []
    for column in columns:
        if column.head.party not in ("self", taken) and (column.role or column.named):
            settled.append(replace(column, role="", named="", why=_OTHERS.get(column.head.party, column.why)))
        else:
            settled.append(_settled(column, columns))
    return Party(taken, others), settled


_OTHERS = {
    "orderer": said("of who orders, who may be somebody else"),
    "billed": said("of who pays, who may be somebody else"),
    "recipient": said("of who receives, who may be somebody else"),
    "partner": said("of a company"),
}


def _settled(column: Column, columns: Sequence[Column]) -> Column:
    """A column called no more than somebody's name (注文者名): the given name, where a family name stands beside it."""
    if not column.head.bare or not column.role:
        return column
    family = f"{column.role}.family"
    beside = any(other.role == family and other.head.party == column.head.party for other in columns)
    return replace(column, role=f"{column.role}.given") if beside else column

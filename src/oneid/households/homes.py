"""What each record says of where its person lives and with whom, as equality codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from oneid.engines.mapped import let_go
from oneid.kinds.base import Residence, Tie
from oneid.kinds.compared import Compared
from oneid.kinds.shapes import Features
from oneid.records.features import CARD
from oneid.vocabulary.codes import Codes, list_codes, mix

__all__ = ["OF_CARDS", "OF_PLACES", "TIES", "Homes", "homes"]

OF_CARDS: Final = "family_card"
OF_PLACES: Final = "address"
TIES: Mapping[str, Tie] = Compared().ties
"""The evidence that every run has beside cards and addresses, by the name that its codes are kept by."""


@dataclass(frozen=True, slots=True)
class Homes:
    """What each record says of where its person lives and with whom: equality codes by record, 0 where it says nothing.

    ``names``: the family name in each of its spellings; ``residence``: the home; ``cards``: main members, and ``held``:
    by the names of ``ties`` what else ties people to one home, both one array per place in a list of values.
    """

    names: Sequence[Codes]
    residence: Residence
    cards: Sequence[Codes]
    held: Mapping[str, Sequence[Codes]]
    ties: Mapping[str, Tie] = field(default_factory=lambda: TIES)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence, the strongest first."""
        return (OF_CARDS, OF_PLACES, *(tie.evidence for tie in self.ties.values()))

    def columns(self) -> dict[str, Codes]:
        """One column per array, named ``m:name:place``."""
        found: dict[str, Codes] = {}
        residence = {each.name: getattr(self.residence, each.name) for each in fields(Residence)}
        for name, held in {"names": self.names, **residence, "cards": self.cards, **self.held}.items():
            for place, codes in enumerate([held] if isinstance(held, np.ndarray) else held):
                found[f"m:{name}:{place}"] = codes
        return found

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, Codes], place: npt.NDArray[np.uint32], compared: Compared | None = None
    ) -> Homes:
        """What :meth:`columns` gave, other columns left out, for the records at some places."""
        found: dict[str, list[Codes]] = {}
        for column, codes in columns.items():
            part, _, rest = column.partition(":")
            if part == "m":
                found.setdefault(rest.partition(":")[0], []).append(codes[place])
        ties = (compared or Compared()).ties
        around = found.get("around", [])
        single = {each.name: found[each.name][0] for each in fields(Residence) if each.name != "around"}
        held = {name: found.get(name, []) for name in ties}
        return cls(found["names"], Residence(around=around, **single), found.get("cards", []), held, ties)


def homes(features: Features, compared: Compared | None = None) -> Homes:
    """What :func:`oneid.households.households.households` needs of the features: 8 bytes per record and array, so that
    the features themselves can go. ``compared``: what the run compares.
    """
    run = compared or Compared()
    found = []
    for facet in run.facets:
        if facet.home is not None:
            found.append(facet.home(facet.of(features, facet.lives_by)))
            let_go()
    residence = next(one.residence for one in found if one.residence is not None)
    held = {name: codes for one in found for name, codes in one.ties.items()}
    cards = [
        mix(place, np.full(place.size, 1 + number, dtype=np.uint64))  # one number in two fields is two numbers
        for number, name in enumerate(sorted(name for name in features.columns if name.startswith(CARD)))
        for place in list_codes(features.select([name])[name])
    ]
    names = [codes for one in found for codes in one.names]
    return Homes(names, residence, cards, {name: held[name] for name in run.ties}, run.ties)

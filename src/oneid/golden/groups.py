"""Which fields of a golden record come from one record together, and by which criteria it is chosen: as the rules say,
else as kinds say of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oneid.kinds.base import Kind, Survival
from oneid.kinds.catalogue import KINDS
from oneid.settings.rules import Survivorship
from oneid.vocabulary.errors import ConfigError
from oneid.vocabulary.language import said

__all__ = ["DEFAULT_GROUPS", "DEFAULT_ORDER", "EVERY", "LEADS", "Group", "Kinds", "every", "plan"]

DEFAULT_ORDER: Final = ("newest", "most_frequent", "most_complete", "longest")
"""The criteria of fields that no group of the rules names."""

Kinds = Mapping[str, Kind]
"""The kind of each field; of fields that are left out nothing is known."""


def _named(kinds: Kinds) -> dict[str, Survival]:
    """How the fields survive that are named as their kinds: those of one's own stand for themselves."""
    return {name: kind.survival for name, kind in kinds.items() if name == kind.name}


def _default_groups(kinds: Kinds) -> tuple[tuple[str, ...], ...]:
    groups: dict[str, tuple[str, ...]] = {}
    for name, survival in _named(kinds).items():
        if survival.beside:
            groups[survival.beside] = (*groups.get(survival.beside, ()), name)
    return tuple(groups.values())


def _leads(kinds: Kinds) -> tuple[str, ...]:
    return tuple(name for name, survival in _named(kinds).items() if survival.leads)


def every(kinds: Kinds) -> tuple[str, ...]:
    """The fields of which every value is listed."""
    return tuple(sorted(name for name, kind in kinds.items() if kind.survival.every))


DEFAULT_GROUPS: Final = _default_groups(KINDS)
"""Fields that come from one record together where no group of the rules names them."""

LEADS: Final = _leads(KINDS)
"""Fields that come first in their group wherever the rules list them, so that no record with but a postcode decides."""

EVERY: Final = every(KINDS)
"""The fields of which ``golden_values`` lists every value."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that come from one record together, in the order in which they decide; criteria; the order of sources."""

    fields: tuple[str, ...]
    order: tuple[str, ...]
    sources: tuple[str, ...]


def plan(survivorship: Survivorship, names: Sequence[str], kinds: Kinds) -> list[Group]:
    """The groups that choose ``names``: those of the rules, then the default ones, each cut down to what is left."""
    given = [(tuple(group.fields), tuple(group.order)) for group in survivorship.groups]
    listed = [name for fields, _ in given for name in fields]
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise ConfigError("E172", said("fields in more than one survivorship group: {twice}", twice=", ".join(twice)))
    default = [*_default_groups(kinds), *((name,) for name in names)]
    left, made, leads = set(names), list[Group](), _leads(kinds)
    for fields, order in [*given, *((fields, DEFAULT_ORDER) for fields in default)]:
        here = tuple(sorted((name for name in fields if name in left), key=lambda name: name not in leads))
        left -= set(here)
        if here:
            made.append(Group(here, order, survivorship.sources))
    return made

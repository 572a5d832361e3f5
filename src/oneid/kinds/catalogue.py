"""The kinds that are there: those of this package, and those of others, loaded by name or found as entry points.

A kind of one's own is a :class:`~oneid.kinds.base.Kind` in a module of one's own, named in the config
(``kinds: [mypackage.plates:PLATE]``), or offered to all configs by an installed package as an entry point of the group
``oneid.kinds``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from oneid.kinds.address.kind import ADDRESS, POSTCODE
from oneid.kinds.base import Kind
from oneid.kinds.birth.date import DATE
from oneid.kinds.birth.kind import BIRTH
from oneid.kinds.email.kind import EMAIL
from oneid.kinds.guarded import bounded, guarded, place_of
from oneid.kinds.name.kind import KANA, NAME, NICKNAME, ROMAJI
from oneid.kinds.phone.kind import PHONE
from oneid.kinds.plain.category import CATEGORY
from oneid.kinds.plain.identifier import IDENTIFIER as _IDENTIFIER
from oneid.kinds.plain.number import NUMBER
from oneid.kinds.plain.text import TEXT
from oneid.kinds.sex.kind import SEX
from oneid.vocabulary.errors import ConfigError, did_you_mean
from oneid.vocabulary.language import said

__all__ = ["GROUP", "IDENTIFIER", "KINDS", "STANDARD", "in_short", "kinds_of"]

GROUP = "oneid.kinds"
"""The entry point group of kinds."""

_ALL = (
    NAME, KANA, ROMAJI, NICKNAME, BIRTH, SEX, PHONE, EMAIL, POSTCODE, ADDRESS, _IDENTIFIER, TEXT, CATEGORY, NUMBER,
    DATE,
)  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.name: bounded(kind) for kind in _ALL}
"""The kinds of this package, by name, in the order in which they are listed everywhere."""

IDENTIFIER = KINDS[_IDENTIFIER.name]
"""Ids, of the record or of others."""

_DECISIONS = tuple(kind.decision for kind in _ALL if kind.decision is not None)

STANDARD: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.facet is not None)
"""The fields that are named as their kinds: those of a person that any source may have."""


def in_short(kinds: Mapping[str, Kind] | None = None) -> tuple[str, ...]:
    """The fields that short tables show, of ``kinds`` (left out: those that are there)."""
    return tuple(name for name, kind in (kinds_of() if kinds is None else kinds).items() if kind.in_short)


def kinds_of(named: Iterable[str] = ()) -> Mapping[str, Kind]:
    """The kinds of a config: those of this package, those of installed packages, and those ``named`` ``module:NAME``.

    Raises ConfigError: E111 for what cannot be loaded or is no kind, E112 for two kinds of one name, E113 for one that
    cannot be right (:mod:`oneid.kinds.guarded`).
    """
    return _kinds_of(tuple(named))


@cache
def _kinds_of(named: tuple[str, ...]) -> Mapping[str, Kind]:
    found = dict(KINDS)
    raw = dict(KINDS)
    for place in dict.fromkeys([*_offered(), *named]):
        kind = _loaded(place)
        known = raw.setdefault(kind.name, kind)
        if known is not kind:
            hint = "give it another name"
            raise ConfigError(
                "E112", said("the kind '{name}' of {place} is there already", name=kind.name, place=place), hint=hint
            )
        found.setdefault(kind.name, bounded(guarded(kind, _DECISIONS)))
    return found


@cache
def _offered() -> tuple[str, ...]:
    return tuple(sorted(point.value for point in entry_points(group=GROUP)))


def _loaded(place: str) -> Kind:
    module, colon, name = (part.strip() for part in place.partition(":"))
    if not (module and colon and name):
        raise ConfigError(
            "E111", said("'{place}' names no kind", place=place), hint="write module:NAME, as in mypackage.plates:PLATE"
        )
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        hint = "is the package installed, or its folder on PYTHONPATH?"
        raise ConfigError(
            "E111", said("the kind '{place}' cannot be loaded: {reason}", place=place, reason=str(error)), hint=hint
        ) from error
    except (Exception, SystemExit) as error:
        at = place_of(error)
        told = f"{type(error).__name__}{f' in {at}' if at else ''}"
        hint = said("python -c 'import {module}' shows what is wrong", module=module)
        raise ConfigError(
            "E111",
            said("the kind '{place}' cannot be loaded: its module raises {told}", place=place, told=told),
            hint=hint,
        ) from error
    kind = getattr(found, name, None)
    if not isinstance(kind, Kind):
        near = did_you_mean(name, [key for key, value in vars(found).items() if isinstance(value, Kind)])
        raise ConfigError(
            "E111", said("'{place}' is no kind", place=place), hint=near or "it is to be an oneid.kinds.Kind"
        )
    return kind

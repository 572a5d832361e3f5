"""Field kinds: what the program knows of a name, a phone number, a date, in one place each.

In: columns of text as a source has them. Out: normalized values, features, evidence levels, blocking keys.

``base`` what a kind is, with ``shapes``; ``catalogue`` those that are there, ``guarded`` those of others; ``compared``
what a run compares; ``texts``, ``holders``, ``families``, ``few`` and ``quick`` tools of kinds, the last two for
look-ups; ``normalizing`` and ``containers`` for users; and the kinds: ``name``, ``birth``, ``sex``, ``phone``,
``email``, ``address`` and ``plain``, for whatever else a field may be.

From here comes what a kind of one's own is made with: a :class:`Kind` of a normalizer (:func:`each`) and evidence
levels (:func:`judged`), with the :class:`Header` by which its columns are known.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneid.kinds.base import Betrayal, Header, Kind, Option, Survival
    from oneid.kinds.plain.author import each, judged

__all__ = ["Betrayal", "Header", "Kind", "Option", "Survival", "each", "judged"]

_HOMES = {
    "Betrayal": "base", "Header": "base", "Kind": "base", "Option": "base", "Survival": "base",
    "each": "plain.author", "judged": "plain.author",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Loaded when they are first used, as the names of :mod:`oneid` are."""
    if name not in _HOMES:
        raise AttributeError(f"module 'oneid.kinds' has no attribute '{name}'")
    value = getattr(import_module(f"oneid.kinds.{_HOMES[name]}"), name)
    globals()[name] = value
    return value

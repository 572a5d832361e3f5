"""Kinds that are not of this package, held to what a kind promises: whatever they do, users meet an error of ours.

==== =====================================================================================================
E113 a kind of one's own fails: a function of it raised an error, or gave something else than it must
==== =====================================================================================================

The error names the kind, what of it failed and, where a function raised, file and line; no cell value, for an
exception's own text may hold one. The exception is the cause of ours, for whoever writes the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Decision, Facet, Kind, Option
from oneid.kinds.shapes import Options
from oneid.vocabulary.errors import ConfigError, OneIDError, Place
from oneid.vocabulary.patterns import MISSING

__all__ = ["guarded", "place_of"]

_HOME = Path(__file__).parent.parent
_NEEDED = {"normalized": pl.String, "display": pl.String, "reason": pl.String}
_FRAMES = ("normalize", "reads", "completed", "checked")
"""What gives a normalizer's frame for the first thing it is given."""
_MOST_LEVELS = 255


def guarded(kind: Kind, decisions: Iterable[Decision] = ()) -> Kind:
    """The kind, whose functions raise E113 where they fail. Raises it at once for what is wrong in the kind itself.

    ``decisions``: what columns may decide; what a column of another kind decided would not be kept for the runs after.
    """
    if not re.fullmatch(r"[^\W\d]\w*", kind.name):
        raise _wrong(kind.name, "its name must be letters, digits and _, and not begin with a digit")
    given = {one.name: getattr(kind, one.name) for one in fields(kind)}
    made: dict[str, Any] = {}
    for name, function in given.items():
        if name in _FRAMES and function is not None:
            made[name] = _framed(_Guard(kind.name, name), function)
        elif name == "from_parts" and function is not None:
            made[name] = _framed(_Guard(kind.name, name), function, parts=True)
        elif name != "own" and callable(function):
            made[name] = _Guard(kind.name, name).calling(function)
    if kind.decision is not None and all(kind.decision is not one for one in decisions):
        raise _wrong(kind.name, "its 'decision' is none of this package's (such as oneid.kinds.birth.kind.DATES)")
    made["options"] = {name: _option(_Guard(kind.name, name), option) for name, option in kind.options.items()}
    return replace(kind, **made, facet=None, own=_owning(kind.name, kind.own))


def place_of(error: BaseException) -> Place | None:
    """Where an error was raised: the innermost line of its traceback that is neither ours nor a library's."""
    found = None
    at: TracebackType | None = error.__traceback__
    while at is not None:
        file = Path(at.tb_frame.f_code.co_filename)
        if _HOME not in file.parents and "site-packages" not in file.parts and file.suffix == ".py":
            found = Place(file.name, at.tb_lineno)
        at = at.tb_next
    return found


def _wrong(kind: str, what: str, place: Place | None = None) -> ConfigError:
    hint = "this is for whoever wrote the kind; leave its fields out of the config until it is mended"
    return ConfigError("E113", f"the kind '{kind}' fails: {what}", place=place, hint=hint)


@dataclass(frozen=True)
class _Guard:
    """A function of a kind, by name."""

    kind: str
    name: str

    def wrong(self, what: str) -> ConfigError:
        return _wrong(self.kind, f"{self.name} {what}")

    def raised(self, error: BaseException) -> ConfigError:
        return _wrong(self.kind, f"{self.name} raised {type(error).__name__}", place_of(error))

    def calling(self, function: Callable[..., Any], check: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """The function; ``check`` is given what it gave and what it was given, and raises or returns what is used."""

        def call(*given: Any) -> Any:  # noqa: ANN401
            try:
                made = function(*given)
            except OneIDError:
                raise
            except (Exception, pl.exceptions.PanicException) as error:
                raise self.raised(error) from error
            return made if check is None else check(made, *given)

        return call


def _option(guard: _Guard, option: Option) -> Option:
    """An option, whose reading may refuse a text by ValueError."""

    def checked(text: str) -> Any:  # noqa: ANN401
        try:
            return option.parse(text)
        except (ValueError, OneIDError):
            raise
        except Exception as error:
            raise guard.raised(error) from error

    return replace(option, parse=checked)


def _framed(guard: _Guard, function: Callable[..., Any], *, parts: bool = False) -> Callable[..., Any]:
    def check(frame: object, first: Any, *_others: object) -> pl.DataFrame:  # noqa: ANN401
        return _frame(guard, frame, len(first[0] if parts else first))

    return guard.calling(function, check)


def _frame(guard: _Guard, frame: object, height: int) -> pl.DataFrame:
    """A normalizer's frame as it must be."""
    if not isinstance(frame, pl.DataFrame):
        raise guard.wrong(f"gave no Polars DataFrame, but {type(frame).__name__}")
    if frame.height != height:
        raise guard.wrong(f"gave {frame.height} rows for {height} values")
    for name, dtype in (_NEEDED | {"more": pl.List(pl.String)}).items():
        if name not in frame.columns:
            if name in _NEEDED:
                raise guard.wrong(f"gave no column '{name}'")
        elif frame.schema[name] == pl.Null:
            frame = frame.with_columns(pl.col(name).cast(dtype))
        elif frame.schema[name] != dtype:
            raise guard.wrong(f"gave the column '{name}' as {frame.schema[name]}, not {dtype}")
    if (frame["normalized"].is_null() == frame["reason"].is_null()).any():
        raise guard.wrong("gave values without 'reason' for being null, or a reason beside a value")
    return frame


def _owning(kind: str, function: Callable[[str, Options], Facet]) -> Callable[[str, Options], Facet]:
    """What makes the facet of a field, whose functions are guarded too."""
    guard = _Guard(kind, "own")

    def check(facet: object, field: str, _options: Options) -> Facet:
        if not isinstance(facet, Facet):
            raise guard.wrong(f"gave no Facet, but {type(facet).__name__}")
        compared = [one.field for one in facet.comparisons]
        strange = [name for name in (*compared, *facet.key_names) if not name.startswith(field)]
        strange += [name for name in facet.features if not name.startswith(f"x:{field}")]
        if strange or field not in compared:
            raise guard.wrong(f"gave a Facet with a name that is not its field's ({field}, x:{field})")
        found = {one.name: getattr(facet, one.name) for one in fields(facet)}
        calls: dict[str, Any] = {
            name: _Guard(kind, name).calling(made) for name, made in found.items() if callable(made)
        }
        calls |= {"make": _making(kind, facet), "keys": _keyed(kind, facet)}
        return replace(facet, **calls, comparisons=tuple(_comparing(kind, one) for one in facet.comparisons))

    return guard.calling(function, check)


def _comparing(kind: str, one: Comparison) -> Comparison:
    """A comparison whose levels are checked."""
    guard = _Guard(kind, "compare")
    wrong = [level for level in one.levels if not re.fullmatch(r"[^\W\d]\w*", level)]
    if one.words[:1] != (MISSING,) or len(one.words) < 2 or len(one.words) > _MOST_LEVELS or wrong:
        raise guard.wrong(f"has levels that are none: the first is '{MISSING}', then come 1 to 254, each a word")
    said = [level for line in (*one.order, *one.also.values(), one.apart, one.open, one.finds) for level in line]
    unknown = [level for level in said if level not in one.levels]
    if unknown or one.also.keys() & one.levels.keys():
        raise guard.wrong(f"speaks of a level that it does not have: {', '.join(unknown) or 'see also'}")

    def check(levels: Any, _columns: object, left: Any, _right: object) -> Any:  # noqa: ANN401
        if not isinstance(levels, np.ndarray) or levels.shape != left.shape or levels.dtype.kind not in "ui":
            raise guard.wrong(f"gave no array of {left.size} level numbers")
        if levels.size and not 0 <= int(levels.min()) <= int(levels.max()) < len(one.words):
            raise guard.wrong(f"gave a level number that is not 0 to {len(one.words) - 1}")
        return levels.astype(np.uint8)

    return replace(one, compare=guard.calling(one.compare, check))


def _making(kind: str, facet: Facet) -> Callable[..., Any]:
    guard = _Guard(kind, "make")

    def check(made: Any, _found: object, height: int) -> Any:  # noqa: ANN401
        for name, column in made.items() if isinstance(made, Mapping) else [("", None)]:
            dtype = facet.features.get(name)
            if not isinstance(column, pl.Series) or len(column) != height or column.dtype != dtype:
                raise guard.wrong("gave other columns than the features of its facet")
        return made

    return guard.calling(facet.make, check)


def _keyed(kind: str, facet: Facet) -> Callable[..., Any]:
    guard = _Guard(kind, "keys")

    def check(made: Any, *_given: object) -> Any:  # noqa: ANN401
        if not isinstance(made, Mapping) or not made.keys() <= facet.key_names.keys():
            raise guard.wrong("gave other keys than those that its facet names")
        for codes in (codes for places in made.values() for codes in places):
            if not isinstance(codes, np.ndarray) or codes.dtype != np.uint64:
                raise guard.wrong("gave keys that are no codes (arrays of 64-bit integers)")
        return made

    return guard.calling(facet.keys, check)

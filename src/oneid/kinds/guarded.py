"""Kinds held to what a kind promises: no text takes them long, and whatever those that are not of this package do,
users meet an error of ours.

==== =====================================================================================================
E113 a kind of one's own fails: a function of it raised an error, or gave something else than it must
==== =====================================================================================================

The error names the kind, what of it failed and, where a function raised, file and line; no cell value, for an
exception's own text may hold one. The exception is the cause of ours, for whoever writes the kind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Decision, Facet, Kind, Option
from oneid.kinds.shapes import Options, Row
from oneid.vocabulary.errors import ConfigError, OneIDError, Place
from oneid.vocabulary.language import said, verbatim
from oneid.vocabulary.patterns import MISSING

__all__ = ["TOO_LONG", "bounded", "guarded", "place_of"]

TOO_LONG = "overlong"
"""The reason of a value that has more characters than any value of its kind (:attr:`Kind.longest`)."""

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


def bounded(kind: Kind) -> Kind:
    """The kind, to whose functions a text of more characters than its values have (:attr:`Kind.longest`) is null, with
    the reason ``overlong``: some patterns take time that grows faster than the text.
    """
    most = kind.longest
    if not most:
        return kind
    one: dict[str, Any] = {
        name: _bounded(most, function)
        for name in (*_FRAMES[:3], "from_parts")
        if (function := getattr(kind, name)) is not None
    }
    one |= {
        name: _unusual(most, function)
        for name in ("usual", "usual_by", "usual_parts")
        if (function := getattr(kind, name)) is not None
    }
    if kind.decision is not None:
        parts = kind.decision.read_parts
        read_parts = None if parts is None else _bounded(most, parts)
        one["decision"] = replace(kind.decision, read=_bounded(most, kind.decision.read), read_parts=read_parts)
    return replace(kind, **one)


def _bounded(most: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """A normalizer of a column, or of several together, that is shown no text which is too long."""

    @wraps(function)
    def read(first: Any, *others: Any) -> Any:  # noqa: ANN401
        columns = [first] if isinstance(first, pl.Series) else list(first)
        long = [_long(column, most) for column in columns]
        if not any(far.any() for far in long):
            return function(first, *others)
        short = [pl.select(pl.when(~far).then(column)).to_series().alias(column.name)
                 for far, column in zip(long, columns, strict=True)]  # fmt: skip
        made = function(short[0] if isinstance(first, pl.Series) else short, *others)
        frame, more = (made, ()) if isinstance(made, pl.DataFrame) else (made[0], made[1:])
        told = pl.fold(pl.lit(value=False), lambda a, b: a | b, [pl.lit(far) for far in long])
        reason = pl.when(told & pl.col("normalized").is_null()).then(pl.lit(TOO_LONG)).otherwise("reason")
        frame = frame.with_columns(reason.alias("reason"))
        return (frame, *more) if more else frame

    return read


def _unusual(most: int, function: Callable[..., Row | None]) -> Callable[..., Row | None]:
    """A quick reader to which no text is usual that is too long."""

    @wraps(function)
    def read(*given: Any) -> Row | None:  # noqa: ANN401
        return None if any(isinstance(text, str) and _is_long(text, most) for text in given) else function(*given)

    return read


def _long(column: pl.Series, most: int) -> pl.Series:
    """Which texts have more than so many characters, once NFKC has spelled them out; those of few bytes have not."""
    text = column.cast(pl.String)
    asked = (text.str.len_bytes() > most).fill_null(value=False)
    rows = asked.arg_true()
    if rows.is_empty():
        return asked
    some = text.gather(rows)
    plain = some.str.len_chars() <= most  # else it is too long as it stands, and need not be spelled out
    short = pl.select(pl.when(plain).then(some)).to_series().str.normalize("NFKC").str.len_chars() <= most
    return asked.scatter(rows, ~(plain & short.fill_null(value=False)))


def _is_long(text: str, most: int) -> bool:
    if len(text) * 4 <= most or len(text.encode(errors="replace")) <= most:
        return False
    return len(text) > most or len(unicodedata.normalize("NFKC", text)) > most


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
    return ConfigError("E113", said("the kind '{kind}' fails: {what}", kind=kind, what=what), place=place, hint=hint)


@dataclass(frozen=True)
class _Guard:
    """A function of a kind, by name."""

    kind: str
    name: str

    def wrong(self, what: str) -> ConfigError:
        return _wrong(self.kind, said("{name} {what}", name=self.name, what=verbatim(what)))

    def raised(self, error: BaseException) -> ConfigError:
        return _wrong(
            self.kind, said("{name} raised {kind}", name=self.name, kind=type(error).__name__), place_of(error)
        )

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
        raise guard.wrong(said("gave no Polars DataFrame, but {kind}", kind=type(frame).__name__))
    if frame.height != height:
        raise guard.wrong(said("gave {rows} rows for {height} values", rows=frame.height, height=height))
    for name, dtype in (_NEEDED | {"more": pl.List(pl.String)}).items():
        if name not in frame.columns:
            if name in _NEEDED:
                raise guard.wrong(said("gave no column '{name}'", name=name))
        elif frame.schema[name] == pl.Null:
            frame = frame.with_columns(pl.col(name).cast(dtype))
        elif frame.schema[name] != dtype:
            raise guard.wrong(
                said("gave the column '{name}' as {type}, not {dtype}", name=name, type=frame.schema[name], dtype=dtype)
            )
    if (frame["normalized"].is_null() == frame["reason"].is_null()).any():
        raise guard.wrong("gave values without 'reason' for being null, or a reason beside a value")
    return frame


def _owning(kind: str, function: Callable[[str, Options], Facet]) -> Callable[[str, Options], Facet]:
    """What makes the facet of a field, whose functions are guarded too."""
    guard = _Guard(kind, "own")

    def check(facet: object, field: str, _options: Options) -> Facet:
        if not isinstance(facet, Facet):
            raise guard.wrong(said("gave no Facet, but {kind}", kind=type(facet).__name__))
        compared = [one.field for one in facet.comparisons]
        strange = [name for name in (*compared, *facet.key_names) if not name.startswith(field)]
        strange += [name for name in facet.features if not name.startswith(f"x:{field}")]
        if strange or field not in compared:
            raise guard.wrong(
                said("gave a Facet with a name that is not its field's ({field}, x:{field})", field=field)
            )
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
        raise guard.wrong(
            said("has levels that are none: the first is '{missing}', then come 1 to 254, each a word", missing=MISSING)
        )
    spoken = [level for line in (*one.order, *one.also.values(), one.apart, one.open, one.finds) for level in line]
    unknown = [level for level in spoken if level not in one.levels]
    if unknown or one.also.keys() & one.levels.keys():
        raise guard.wrong(
            said("speaks of a level that it does not have: {unknown}", unknown=", ".join(unknown) or said("see also"))
        )

    def check(levels: Any, _columns: object, left: Any, _right: object) -> Any:  # noqa: ANN401
        if not isinstance(levels, np.ndarray) or levels.shape != left.shape or levels.dtype.kind not in "ui":
            raise guard.wrong(said("gave no array of {n} level numbers", n=left.size))
        if levels.size and not 0 <= int(levels.min()) <= int(levels.max()) < len(one.words):
            raise guard.wrong(said("gave a level number that is not 0 to {most}", most=len(one.words) - 1))
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

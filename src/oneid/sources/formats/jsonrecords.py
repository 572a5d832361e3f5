"""Objects of JSON as columns of text: one a line, in an array, or in an array somewhere inside an object.

A value within an object is called ``a.b``, one of several objects in a list ``a.b`` too (several values), and one of a
certain object in a list ``a.0.b``. A list of plain values is several values; what is deeper stays JSON. Of lines, and
of an array that is all of a large file, never more than a piece is in memory beside the columns.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

import polars as pl

from oneid.sources.columnnames import check_columns
from oneid.sources.columntypes import several
from oneid.sources.formats.contents import PIECE, Contents
from oneid.sources.formats.table import Request, Table, numbered
from oneid.sources.formats.texts import FileText
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["read_json"]

_FOR_KEYS = 1000
_LARGE = 1 << 26
_DEEPEST = 4
_AT_ONCE = 1 << 26
"""An array of more bytes is read element by element, if nothing is around it."""
_MOST = 1 << 29
"""What stands around an array is read with it, up to so many bytes. No single element has more."""

_PIECE = PIECE
_LONGEST_WORD = 16
"""So near to its end a text may be broken because it was cut: ``-Infin``, ``\\u30``."""
_BLANKS = re.compile(r"[ \t\r\n]*")

Objects = Sequence[Any]


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=lambda _text: None)


def read_json(text: FileText, request: Request, place: Place) -> Table:
    """The wanted keys of objects as columns. A line, or an element of an array, that is no object is unreadable."""
    if _is_large_array(text.contents, request):
        return _of_array(text.contents, request, place)
    whole = _whole(text.contents, request, place)
    if whole is None:
        return _of_lines(text.contents, request, place)
    objects, notes = _records(whole, request, place)
    good = [one if isinstance(one, dict) else None for one in objects]
    unreadable = tuple(number for number, one in enumerate(good, 1) if one is None)
    kept = [one for one in good if one is not None]
    names = _names(kept, request.columns)
    check_columns(names, request.columns, place, request.wanted_by)
    wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
    frame = _picked(kept, wanted)
    return Table(frame, numbered(frame.height, unreadable), unreadable, tuple(notes))


def _whole(contents: Contents, request: Request, place: Place) -> Any:  # noqa: ANN401 - any JSON
    """The one value that the file is; None where it has one a line."""
    head = contents.head(1 << 16).lstrip()
    first, _, rest = head.partition(b"\n")
    alone = _loaded(first.decode(errors="replace")) is not None
    if request.layout.records is None and (head[:1] not in (b"[", b"{") or (alone and rest.strip())):
        return None
    if contents.size > _MOST:
        told = said("JSON of more than {n} MiB is read only as an array or as lines", n=_MOST >> 20)
        hint = "write the array alone, or JSON lines, one object a line, in a file named .jsonl"
        raise InputError("E210", told, place=place, hint=hint)
    found = _loaded(contents.whole().decode())
    if found is not None:
        return found
    lines = [line.strip() for line in head.splitlines()[:3]]
    if request.layout.records is None and (alone or head.startswith(b"{") or any(_is_object(line) for line in lines)):
        return None if len(first.strip()) > 1 else _refuse(place)
    return _refuse(place)


def _is_object(line: bytes) -> bool:
    return isinstance(_loaded(line.decode(errors="replace")), dict)


def _refuse(place: Place) -> NoReturn:
    raise InputError("E210", "the file cannot be read as JSON", place=place, hint="was it written to the end?")


def _loaded(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        found, end = _DECODER.raw_decode(text, re.match(r"\s*", text).end())  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return None
    return found if not text[end:].strip() else None


def _records(whole: Any, request: Request, place: Place) -> tuple[Objects, list[str]]:  # noqa: ANN401 - any JSON
    """The objects of members within a value: where the config says, else the list that names most of the wanted
    columns, or holds most.
    """
    said_in = request.layout.records
    if said_in is not None:
        found = whole
        for key in (part for part in said_in.split(".") if part):
            if isinstance(found, dict):
                found = found.get(key)
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = None
        if not isinstance(found, list):
            told = said("there is no list at '{records}'", records=said_in)
            raise InputError("E210", told, place=place, hint=said("look at 'records' of the source in the config"))
        return found, []
    if isinstance(whole, list):
        return whole, []
    ranked = sorted(_lists(whole, ""), key=lambda one: (-_named(one[1], request.columns), -len(one[1])))
    alone = [whole] if isinstance(whole, dict) else []
    if not ranked or _named(alone, request.columns) > _named(ranked[0][1], request.columns):
        return alone, []
    key, objects = ranked[0]
    return objects, [said("the objects in '{key}' are read", key=key)] if re.fullmatch(r"[\w.\-]{1,60}", key) else []


def _lists(value: Any, path: str, deep: int = 0) -> Iterator[tuple[str, list[Any]]]:  # noqa: ANN401 - any JSON
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield path, value
    elif isinstance(value, dict) and deep < _DEEPEST:
        for key, inner in value.items():
            yield from _lists(inner, f"{path}.{key}" if path else key, deep + 1)


def _named(objects: Objects, columns: Sequence[str] | None) -> int:
    seen = {name for one in objects[:20] if isinstance(one, dict) for name in _paths(one, "")}
    return len(seen & set(columns or ()))


def _paths(value: dict[str, Any], before: str, deep: int = 0) -> Iterator[str]:
    """The names of what stands in an object."""
    for key, inner in value.items():
        name = f"{before}{key}"
        rows = inner if isinstance(inner, list) else [inner]
        objects = [one for one in rows if isinstance(one, dict)]
        if objects and deep < _DEEPEST:
            for one in objects[:3]:
                yield from _paths(one, f"{name}.", deep + 1)
        else:
            yield name


def _names(objects: Objects, columns: Sequence[str] | None) -> list[str]:
    """The names of columns: those of the first objects, and such of ``columns`` as any object has."""
    names = dict.fromkeys(name for one in objects[:_FOR_KEYS] for name in _paths(one, ""))
    late = [name for name in columns or () if name not in names]
    return [*names, *(name for name in late if any(_pick(one, name) is not None for one in objects))]


def _pick(value: Any, name: str) -> Any:  # noqa: ANN401 - any JSON
    """What is called so in an object; None where nothing is."""
    if isinstance(value, list):
        head, _, rest = name.partition(".")
        if head.isdigit():
            one = value[int(head[:9])] if int(head[:9]) < len(value) else None
            return _pick(one, rest) if rest else one
        found = [_pick(one, name) for one in value if isinstance(one, dict)]
        return [one for one in found if one is not None] or None
    if not isinstance(value, dict):
        return None
    if name in value:
        return value[name]
    for at, sign in enumerate(name):
        if sign == "." and name[:at] in value and (inner := _pick(value[name[:at]], name[at + 1 :])) is not None:
            return inner
    return None


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """A value as text. Half of a pair of surrogates, which no text may hold, is shown as such."""
    if value is None or isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value):
        text = several([one for one in map(_text, value) if one])
    else:
        text = _nested(value)
    return text if text is None or text.isascii() else text.encode(errors="replace").decode()


def _nested(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A value as JSON again, its numbers as they were."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}:{_nested(inner)}" for key, inner in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_nested, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _picked(objects: Objects, wanted: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, [_text(_pick(one, name)) for one in objects], pl.String) for name in wanted])


# --- a large array, element by element ---------------------------------------------------------------------------


def _is_large_array(contents: Contents, request: Request) -> bool:
    """Whether nothing is around an array that is too large to be read at once. What begins like one and goes on with an
    object a line, is lines.
    """
    head = contents.head(1 << 16).lstrip()
    if contents.size <= _AT_ONCE or request.layout.records is not None or head[:1] != b"[":
        return False
    first, _, rest = head.partition(b"\n")
    if _loaded(first.decode(errors="replace")) is not None and rest.strip():
        return False
    return len(first.strip()) == 1 or not any(_is_object(line.strip()) for line in head.splitlines()[:3])


def _of_array(contents: Contents, request: Request, place: Place) -> Table:
    """The elements that are objects, as :func:`read_json` reads those of a small array."""
    firsts = (one for objects in _elements(contents, place) for one in objects if isinstance(one, dict))
    names = list(dict.fromkeys(name for one in islice(firsts, _FOR_KEYS) for name in _paths(one, "")))
    wanted = list(dict.fromkeys(names if request.columns is None else request.columns))
    frames = [pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))]
    unreadable: list[int] = []
    before = 0
    for objects in _elements(contents, place):
        unreadable += [number for number, one in enumerate(objects, before + 1) if not isinstance(one, dict)]
        before += len(objects)
        frames.append(_picked([one for one in objects if isinstance(one, dict)], wanted))
        late = [name for name in wanted if name not in names and frames[-1].get_column(name).count()]
        names += late
    check_columns(names, request.columns, place, request.wanted_by)
    frame = pl.concat(frames)
    return Table(frame, numbered(frame.height, unreadable), tuple(unreadable))


def _elements(contents: Contents, place: Place) -> Iterator[list[Any]]:
    """The elements of the array that a file is, those that end in a piece of it at a time. E210 where it is broken."""
    decoder, pieces = codecs.getincrementaldecoder("utf-8")(), contents.pieces(0, _PIECE)
    text, awaited, many = "", "[", 1
    while piece := b"".join(islice(pieces, many)):
        text += decoder.decode(piece)
        try:
            found, end, awaited = _taken(text, awaited)
        except (ValueError, RecursionError):
            _refuse(place)
        text, many = text[end:], 1 if end else 2 * many  # a long element is not begun again at every piece
        if len(text) > _MOST:
            _refuse(place)
        if found:
            yield found
    if awaited or text.strip():
        _refuse(place)


def _taken(text: str, awaited: str) -> tuple[list[Any], int, str]:
    """The elements that end within a text, at which place what follows them begins, and what is awaited there: ``[``,
    the ``first`` element or the end, ``,`` or the end, an ``element``, or nothing, after the end. ValueError and
    RecursionError for what no text behind it can mend.
    """
    found: list[Any] = []
    at = 0
    while awaited:
        begin = _behind_blanks(text, at)
        sign = text[begin : begin + 1]
        if not sign:
            break
        if sign == "]" and awaited in ("first", ","):
            at, awaited = begin + 1, ""
        elif awaited in ("[", ","):
            if sign != awaited:
                raise ValueError
            at, awaited = begin + 1, "first" if sign == "[" else "element"
        else:
            try:
                one, end = _DECODER.raw_decode(text, begin)
            except json.JSONDecodeError as error:
                if error.pos < len(text) - _LONGEST_WORD and not error.msg.startswith("Unterminated string"):
                    raise
                break
            if _behind_blanks(text, end) == len(text):  # a number may go on
                break
            found.append(one)
            at, awaited = end, ","
    return found, at, awaited


def _behind_blanks(text: str, at: int) -> int:
    return _BLANKS.match(text, at).end()  # type: ignore[union-attr]


# --- one object a line ---------------------------------------------------------------------------------------------


def _of_lines(contents: Contents, request: Request, place: Place) -> Table:
    """A line an object; what is read of a large file is what is wanted of it, a piece at a time."""
    names: list[str] | None = None
    wanted: list[str] = list(dict.fromkeys(request.columns or ()))
    late: set[str] = set()
    frames: list[pl.DataFrame] = []
    unreadable: list[int] = []
    before = 0
    for piece in _whole_lines(contents):
        lines, good = _lines(piece)
        if names is None:
            firsts = [found for line in lines.filter(good).head(_FOR_KEYS) if (found := _loaded(line)) is not None]
            names = _names(firsts, None)
            wanted = wanted or names
            late = set(wanted) - set(names)
        named = {name for name in late if json.dumps(name.split(".")[-1], ensure_ascii=False).encode() in piece}
        names += sorted(named, key=wanted.index)
        late -= named
        frame, also = _columns(lines.filter(good), wanted, plain=not any("." in name for name in wanted))
        numbers = pl.Series(range(before + 1, before + len(lines) + 1), dtype=pl.UInt32)
        unreadable += sorted([*numbers.filter(~good), *numbers.filter(good).filter(also)])
        frames.append(frame.filter(~also))
        before += len(lines)
    check_columns(names or [], request.columns, place, request.wanted_by)
    frame = pl.concat(frames) if frames else pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    return Table(frame, numbered(frame.height, unreadable), tuple(unreadable))


def _columns(lines: pl.Series, wanted: Sequence[str], *, plain: bool) -> tuple[pl.DataFrame, pl.Series]:
    """The values of the keys as text; and which lines cannot be read after all."""
    none = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(lines))
    if plain:
        try:
            kind = pl.Struct(dict.fromkeys(wanted, pl.String))
            return lines.str.json_decode(dtype=kind).struct.unnest(), none
        except pl.exceptions.PolarsError:  # a value is a list or an object
            pass
    objects = [_loaded(line) for line in lines]
    return _picked([one or {} for one in objects], wanted), pl.Series(
        [one is None for one in objects], dtype=pl.Boolean
    )


def _whole_lines(contents: Contents) -> Iterator[bytes]:
    """The text in pieces that end with a line."""
    rest: list[bytes] = []
    for piece in contents.pieces(0, _LARGE):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, piece[:cut]])
            rest = []
        rest.append(piece[cut:])
    if any(rest):
        yield b"".join(rest)


def _lines(utf8: bytes) -> tuple[pl.Series, pl.Series]:
    """The lines of a piece of text that are not blank, and which of them are objects."""
    lines = pl.Series("line", [utf8.decode()]).str.split("\n").explode().str.strip_chars()
    lines = lines.filter(lines != "")
    return lines, lines.str.starts_with("{") & lines.str.json_path_match("$").is_not_null()

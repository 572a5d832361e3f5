"""Fields from columns: which column, or which together, and in which order.

One value of a field comes from the fullest of the columns that may be it; a kind with many columns takes them all.
Columns none of which can be read alone are tried together, as TEL1, TEL2 and TEL3 are. The lines of an address are
joined from the prefecture to the building; a column that says the whole of it once more is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from oneid.sources.columnnames import just
from oneid.sources.guessing.columns import Column, Kinds, best, read_share

__all__ = ["columns_of", "fields_of", "texts_of"]

_LINES = {"prefecture": 0, "city": 1, "town": 2, "": 3, "street": 3, "building": 4}
"""The order of the parts of an address, as it is written in Japan."""
_FULLER = 0.2
_READABLE = 0.5
_MOST = 0.8


def fields_of(columns: Sequence[Column], rows: pl.DataFrame, kinds: Kinds) -> dict[str, object]:
    """Column specs in the grammar of the config by field, in the order of kinds; ``rows`` are some of the rows."""
    fields: dict[str, object] = {}
    for name, kind in kinds.items():
        if not any(column.share for column in columns if name in (column.kind, column.named)):
            continue
        mine = [column for column in columns if column.kind == name]
        whole = [column for column in mine if not column.part]
        parts = {part: found for part in kind.parts if (found := [one for one in mine if one.part == part])}
        spec = _joined(whole, parts, rows) if kind.joins else _one_of(whole, parts, many=kind.many_columns)
        if spec is None and kind.zeros:
            spec = _pieces([column for column in columns if column.named == name], rows, name, kinds)
        if spec is not None:
            fields[name] = spec
    return _stood_for(fields, {column.name: column for column in columns}, kinds)


def _stood_for(fields: dict[str, object], by_name: Mapping[str, Column], kinds: Kinds) -> dict[str, object]:
    """A nickname is a name where there is no other; an empty one beside a name tells nothing."""
    for name, kind in kinds.items():
        if name not in fields or not kind.stands_for:
            continue
        if kind.stands_for not in fields:
            fields = {kind.stands_for: fields.pop(name), **fields}
        elif not any(by_name[column].share for column in columns_of(fields[name])):
            del fields[name]
    return fields


def _one_of(whole: Sequence[Column], parts: Mapping[str, Sequence[Column]], *, many: bool) -> object:
    """The parts where there are two, or nothing else, unless the whole is much fuller; else what is whole."""
    if many and whole:
        names = [column.name for column in whole]
        return names if len(names) > 1 else names[0]
    chosen = {part: best(found) for part, found in parts.items()}
    if len(chosen) > 1 or (chosen and not whole):
        fullest = max(column.share for column in chosen.values())
        if not whole or best(whole).share <= fullest + _FULLER:
            return {part: column.name for part, column in chosen.items()}
    return best(whole).name if whole else None


def _pieces(columns: Sequence[Column], rows: pl.DataFrame, name: str, kinds: Kinds) -> object:
    """Columns that are one value together, called alike but for their numbers, else all that are called so."""
    filled = [column for column in columns if column.share and not column.head.code]
    groups: dict[str, list[Column]] = {}
    for column in filled:
        groups.setdefault(re.sub(r"\d+|市外局番|市内局番|加入者番号|_", "", column.head.text), []).append(column)
    tried = sorted(groups.values(), key=lambda group: -max(column.share for column in group))
    for group in [*tried, filled]:
        names = [column.name for column in group]
        if len(names) > 1 and read_share(texts_of(rows, names), name, kinds) >= _READABLE:
            return {"join": names}
    return None


def texts_of(rows: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Some columns as one text, as a joined field is read."""
    joined = pl.concat_str([just(name) for name in names], separator=" ", ignore_nulls=True)
    texts = rows.head(200).select(joined.alias("value")).to_series()
    return texts.filter(texts.str.strip_chars() != "")


def _joined(whole: Sequence[Column], parts: Mapping[str, Sequence[Column]], rows: pl.DataFrame) -> object:
    """The lines of an address in their order; parts, where each is clear and the building is one of them."""
    lines = [*whole, *(column for found in parts.values() for column in found)]
    ends = [column for part in ("prefecture", "city") for column in parts.get(part, ())]
    complete = [column for column in whole if column.share and _says_again(column, ends, whole, rows)]
    if complete:
        rest = [column for column in lines if column not in complete and column not in ends]
        streets = [column for column in rest if column.part != "building" and column.share]
        if streets and all(_holds(column, streets[:1], rows) for column in complete):
            lines, whole = [*ends, *rest], [column for column in whole if column not in complete]
        else:
            lines, whole, parts = [best(complete), *rest], [best(complete), *rest], {}
    lines = [column for column in lines if not _repeats(column, lines, rows)]
    whole = [column for column in whole if column in lines]
    parts = {part: kept for part, found in parts.items() if (kept := [one for one in found if one in lines])}
    if not ends and not whole and all(column.part == "building" for column in lines):
        return None
    if len(lines) < 2:
        return lines[0].name if lines else None
    clear = {part: found[0].name for part, found in parts.items() if len(found) == 1}
    if not whole and len(clear) == len(lines) and "building" in clear:
        return clear
    return {"join": [column.name for column in sorted(lines, key=lambda one: (_LINES.get(one.part, 3), one.place))]}


def _says_again(column: Column, ends: Sequence[Column], whole: Sequence[Column], rows: pl.DataFrame) -> bool:
    """Whether a column repeats what prefecture and city say, or is one of several that begin with a prefecture."""
    if any(end.share for end in ends):
        return _holds(column, ends, rows)
    starts = [one for one in whole if _begins(one)]
    return len(starts) > 1 and column in starts


def _holds(column: Column, others: Sequence[Column], rows: pl.DataFrame) -> bool:
    """Whether what stands in other columns stands in a column too, in four of five rows."""
    cells = just(column.name)
    seen = [
        rows.select(cells.str.contains(just(other.name).str.strip_chars(), literal=True).alias("held"))
        .to_series()
        .drop_nulls()
        for other in others
        if other.share
    ]
    return all(len(one) > 0 and int(one.sum()) >= _MOST * len(one) for one in seen)


def _repeats(column: Column, lines: Sequence[Column], rows: pl.DataFrame) -> bool:
    """Whether a street says what another line says: more than that, or the same behind it."""
    if column.part not in ("", "street") or not column.share:
        return False
    others = [one for one in lines if one is not column and one.part in ("", "street", "town") and one.share]
    return any(
        _holds(column, [one], rows) and (one.place < column.place or not _holds(one, [column], rows)) for one in others
    )


def _begins(column: Column) -> bool:
    starts = column.values.str.contains(r"^(〒[\d-]+\s*)?(東京都|北海道|京都府|大阪府|\S{2,3}県)")
    return int(starts.sum()) >= _MOST * len(starts)


def columns_of(spec: object) -> list[str]:
    """The columns that a spec names."""
    if isinstance(spec, dict):
        return [column for value in spec.values() for column in columns_of(value)]
    return [str(column) for column in spec] if isinstance(spec, list) else [str(spec)]

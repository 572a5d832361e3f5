"""One raw record to its features in about a millisecond: for look-ups from a form or a call centre.

:func:`features_of` is :func:`oneid.records.features.normalize_source` and :func:`oneid.records.together.combine` over
again for a single record, in plain Python over :mod:`oneid.kinds.quick`, which asks the columns' normalizers for what
is in no usual spelling. The two must agree; ``tests/records/test_onerecord.py`` holds them to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from oneid.japanese.quickkeys import fold, sound
from oneid.japanese.quicktext import Row
from oneid.kinds.birth.datecolumn import DateColumn
from oneid.kinds.birth.normalizer import birth_by, birth_parts_by
from oneid.kinds.name.quicksplit import given_first, split_kana, split_kanji
from oneid.kinds.quick import read, read_parts, usual
from oneid.kinds.sex import sex_by
from oneid.records.columnfacts import Column, Families, Learned
from oneid.records.features import FEATURES, own_column
from oneid.settings.config import FieldSpec, Source

__all__ = ["features_of"]

_SEPARATORS = (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
_BLANKS = "".join(map(chr, _SEPARATORS))
"""White space as Unicode defines it; ``str.strip`` would take off a few separators more."""

_PARTS = {"name": ("family", "given"), "kana": ("family", "given"), "birth": ("year", "month", "day")}
_PLACE = ("prefecture", "city", "town", "street", "building")
_IN_KANA = re.compile("[ぁ-ゖァ-ヺー]+")
_LONGEST_NICKNAME = 4
"""A name of up to so many characters that is no whole name may be a handle; that of :mod:`oneid.records.together`."""

Cells = Mapping[str, str | None]
Rows = list[Row]
Found = Mapping[str, Rows]


def features_of(
    record: Cells, source: Source, declared: Sequence[str] = (), learned: Learned | None = None
) -> dict[str, Any]:
    """The features of one raw record of ``source``: a value for each column of :data:`oneid.records.features.FEATURES`,
    then those of the source's own fields.

    ``record`` maps the source's column names to texts as the system holds them; a column that is left out is missing.
    ``source_id`` is null where the record has no id yet. ``declared`` is that of ``normalize_source``.

    The values are what reading, normalizing and combining give for a table of this one record, by what whole columns
    ``learned``. Where that is left out it is not asked: dates of birth and contacts that too many hold, which of day
    and month stands first, family names that only the data knows, the sound of kana where others have Latin names.
    """
    known = learned or Learned()
    cells = _cells(record, source)
    found = _found(cells, source, known)
    source_id = _source_id(record, source)
    made: dict[str, Any] = {"source": source.name, "source_id": source_id, "customer": _customer(cells, source, found)}
    made |= _split(_names(found), known.families)
    made |= _others(found)
    features = {column: made.get(column) for column in FEATURES}
    for field, spec in source.fields.items():
        if field != spec.kind:
            features[own_column(spec)] = _listed(found[field], "normalized")
    for column in declared:
        ids = read("identifier", source_id)
        features[column] = _listed([*found.get(column.partition(":")[2], ()), ids], "normalized")
    return features


def _text(text: str | None) -> str | None:
    """A cell as reading gives it: without NUL characters, half a surrogate pair as ``?``."""
    if text is None:
        return None
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    return text.replace("\0", "")


def _cells(record: Cells, source: Source) -> Cells:
    """The cells that normalizing looks at, null where nothing is in them: see :mod:`oneid.sources.reading`."""
    judged = [column for spec in source.fields.values() for column in spec.columns]
    cells: dict[str, str | None] = {}
    for column in judged:
        text = _text(record.get(column))
        trimmed = (text or "").strip(_BLANKS)
        cells[column] = text if trimmed and trimmed not in source.null_values else None
    if source.customer.column is not None and source.customer.column not in cells:
        cells[source.customer.column] = _text(record.get(source.customer.column)) or None
    return cells


def _source_id(record: Cells, source: Source) -> str | None:
    """The id as reading gives it, composite ones joined; null where a part is missing."""
    parts = [_text(record.get(column)) or "" for column in source.id]
    if not all(part.strip(_BLANKS) for part in parts):
        return None
    return parts[0] if len(parts) == 1 else ":".join(re.sub(r"([\\:])", r"\\\1", part) for part in parts)


def _found(cells: Cells, source: Source, learned: Learned) -> Found:
    """The normalizers' rows of every field, one per value; the postcode comes first, for the addresses."""
    codes = [read("postcode", cells[column]) for column in _columns(source, "postcode")]
    code = _first(codes, "normalized")
    found = {field: _read(cells, spec, code) for field, spec in source.fields.items()}
    for field, spec in source.fields.items():
        if spec.kind in ("birth", "sex"):
            found[field] = _by_column(found[field], cells, source.name, spec, learned)
        shams = learned.placeholders.get(Column.of(source.name, spec))
        if shams:
            found[field] = [_without(row, shams, spec.kind) for row in found[field]]
    return found


def _by_column(rows: Rows, cells: Cells, source: str, spec: FieldSpec, learned: Learned) -> Rows:
    """The rows of births and sexes, those read anew that the column decides: see :mod:`oneid.records.fields`."""
    if spec.shape == "parts":
        column = learned.dates.get(Column.of(source, spec))
        if column is None or (_alone(column) and not _late(rows[0], column)):
            return rows
        parts = [pl.Series("value", [_part(cells, spec, part)], dtype=pl.String) for part in _PARTS["birth"]]
        year, month, day = parts
        return [birth_parts_by(year, month, day, column)[0].row(0, named=True)]
    made: Rows = []
    texts: list[tuple[tuple[str, ...], str | None]] = [((name,), cells[name]) for name in spec.columns]
    if spec.shape != "values":
        texts = [(spec.columns, _joined(cells[name] for name in spec.columns))]
    for row, (columns, text) in zip(rows, texts, strict=True):
        key, value = Column.of(source, spec, *columns), pl.Series("value", [text], dtype=pl.String)
        column = learned.dates.get(key)
        if spec.kind == "sex" and learned.sexes.get(key) and not spec.values:
            made.append(sex_by(value, None, other_codes=True)[0].row(0, named=True))
        elif column is not None and text is not None and not _plainly(row, text, column):
            made.append(birth_by(value, column)[0].row(0, named=True))
        else:
            made.append(row)
    return made


def _alone(column: DateColumn) -> bool:
    """Whether a column decides nothing: its values are read as each is alone."""
    return column == DateColumn(column.span)


def _late(row: Row, column: DateColumn) -> bool:
    """Whether a date is later than the column's may be."""
    return row["normalized"] is not None and row["normalized"] > column.span.latest.isoformat()


def _plainly(row: Row, text: str, column: DateColumn) -> bool:
    """Whether a date is read as it is alone, whatever the column decides."""
    if _late(row, column):
        return False
    if _alone(column):
        return True
    frequent = row["normalized"] in {day.isoformat() for day in column.frequent}
    return not frequent and usual("birth", text) is not None  # whole dates, the year or an era first


def _without(row: Row, shams: Sequence[str], kind: str) -> Row:
    """A row without the values that are placeholders."""
    left = dict(row)
    if row["normalized"] in shams:
        gone = ("normalized", *{"birth": ("year", "month", "day"), "email": ("local",)}.get(kind, ()))
        left |= dict.fromkeys(gone)
    if row.get("more"):
        left["more"] = [value for value in row["more"] if value not in shams]
    return left


def _columns(source: Source, field: str) -> Iterable[str]:
    return source.fields[field].columns if field in source.fields else ()


def _read(cells: Cells, spec: FieldSpec, code: str | None) -> Rows:
    """The rows of one field."""
    if spec.shape == "parts" and spec.kind in _PARTS:
        return [read_parts(spec.kind, [_part(cells, spec, part) for part in _PARTS[spec.kind]])]
    if spec.shape == "parts" and spec.kind == "address":
        texts: list[str | None] = [_joined(_part(cells, spec, part) for part in _PLACE)]
    elif spec.shape == "values":
        texts = [cells[column] for column in spec.columns]
    else:
        texts = [_joined(cells[column] for column in spec.columns)]
    return [read(spec.kind, text, words=spec.values, postcode=code) for text in texts]


def _part(cells: Cells, spec: FieldSpec, part: str) -> str | None:
    return cells[spec.parts[part]] if part in spec.parts else None


def _joined(texts: Iterable[str | None]) -> str | None:
    return " ".join(text for text in texts if text is not None) or None


def _first(rows: Iterable[Row], column: str) -> Any:  # noqa: ANN401
    """The first usable value of several."""
    return next((row[column] for row in rows if row[column] is not None), None)


def _listed(rows: Rows, column: str, more: str | None = None) -> list[str] | None:
    """The values of several rows, each once; null where there is none."""
    values = [value for row in rows for value in (row[column], *(row[more] or () if more else ())) if value is not None]
    return list(dict.fromkeys(values)) or None


def _customer(cells: Cells, source: Source, found: Found) -> str:
    """Person or company: see :func:`oneid.records.features.normalize_source`."""
    customer = source.customer
    if "name" in found and found["name"][0]["kind"] == "company":
        return "company"
    if customer.column is not None and cells[customer.column] in customer.company_values:
        return "company"
    return customer.kind


_NOBODY = dict.fromkeys(("normalized", "display", "family", "given", "script", "kind"))


def _names(found: Found) -> dict[str, Any]:
    """Names by script, readings, Latin spellings and handle, as the normalize stage gives them."""
    name: Row = found["name"][0] if "name" in found else _NOBODY
    script, kind = name["script"], name["kind"]
    kanji = script == "kanji" and kind in ("person", "company")
    latin = script == "latin" and kind in ("person", "company")
    kanas = list(found.get("kana", ()))
    romajis = list(found.get("romaji", ()))
    if script == "kana" and kind == "person":
        kanas.append(read("kana", name["display"]))
    shown = name["display"] if script == "latin" and kind == "person" else None
    if shown is not None:
        romajis.append(read("romaji", shown))
    handle = name["display"] if kind == "nickname" else None
    if handle is None and "nickname" in found:
        handle = found["nickname"][0]["display"]
    return {
        "name": name["normalized"] if kanji else None, "family": name["family"] if kanji else None,
        "given": name["given"] if kanji else None, "script": script, "kind": kind,
        "kana_family": _first(kanas, "family"), "kana_given": _first(kanas, "given"),
        "kana_whole": _first(kanas, "normalized"), "nickname": handle,
        "romaji_first": _first(romajis, "first"), "romaji_last": _first(romajis, "last"),
        "romaji_cut": _first(romajis, "truncated"), "latin": _in_latin(name, shown, found),
        "latin_family": name["family"] if latin else None, "latin_given": name["given"] if latin else None,
    }  # fmt: skip


def _in_latin(name: Row, shown: str | None, found: Found) -> str | None:
    """A name in Latin letters where the source has it in no Japanese script."""
    if "kana" in found and found["kana"][0]["normalized"] is not None:
        return None
    japanese = name["script"] in ("kanji", "kana") and name["kind"] != "nickname"
    if shown is None and not japanese and "romaji" in found:
        return found["romaji"][0]["display"]  # type: ignore[no-any-return]
    return shown


def _split(names: dict[str, Any], seen: Families | None) -> dict[str, Any]:
    """The names with unspaced ones split, and their keys: what :func:`oneid.records.together.combine` makes of one
    record.
    """
    if names["kana_family"] is None and names["kana_given"] is None and names["kana_whole"] is not None:
        names["kana_family"], names["kana_given"] = split_kana(names["kana_whole"])
    whole = names["family"] is None and names["given"] is None and names["name"] is not None
    if whole and names["kind"] == "person":
        names |= _split_kanji(names, seen)
    return names | _keys(names) | _sounds(names, kana=seen is not None and seen.latin)


def _split_kanji(names: Mapping[str, Any], seen: Families | None) -> dict[str, Any]:
    """An unspaced name in parts; a bare given name without kana becomes a nickname."""
    name = names["name"]
    split = split_kanji(name, names["kana_family"], names["kana_given"], seen)
    if names["kana_family"] is None and (split.whole_given or split.family is None) and len(name) <= _LONGEST_NICKNAME:
        return {"name": None, "nickname": name, "kind": "nickname"}
    return {"family": split.family, "given": split.given, "other_splits": split.others or None}


def _keys(names: Mapping[str, Any]) -> dict[str, Any]:
    """The spelling-free keys: from the kana, else from the romaji with its order made out."""
    nickname = names["nickname"]
    keys: dict[str, Any] = {
        "nickname_key": fold(nickname) if nickname is not None and _is_kana(nickname) else None,
        "key_family": fold(names["kana_family"]), "key_given": fold(names["kana_given"]),
        "from_romaji": False, "cut_family": False, "cut_given": False,
    }  # fmt: skip
    first, last = names["romaji_first"], names["romaji_last"]
    spelled = first is not None or names["latin_family"] is not None or names["latin_given"] is not None
    if not spelled or (keys["key_family"] is not None and keys["key_given"] is not None):
        return keys
    turned = given_first(first, last)
    family, given = fold(names["latin_family"]), fold(names["latin_given"])
    if family is None and given is None:  # one part alone is no whole name
        family, given = (last, first) if turned else (first, last)
    silent = names["kana_family"] is None and names["kana_given"] is None
    cut = silent and bool(names["romaji_cut"])
    return keys | {
        "key_family": keys["key_family"] if keys["key_family"] is not None else family,
        "key_given": keys["key_given"] if keys["key_given"] is not None else given,
        "from_romaji": silent and first is not None, "cut_family": cut and turned, "cut_given": cut and not turned,
    }  # fmt: skip


def _is_kana(text: str) -> bool:
    """Whether a handle is nothing but kana."""
    if _IN_KANA.fullmatch(text):
        return True
    if text.isascii():
        return False
    written = pl.Series([text]).str.contains(r"^[\p{Hiragana}\p{Katakana}ー]+$")  # Python knows no scripts
    return bool(written.item())


def _sounds(names: Mapping[str, Any], *, kana: bool) -> dict[str, Any]:
    """How a name in Latin letters sounds, and one in ``kana`` where any could meet it."""
    text = names["latin"]
    if text is None and kana:
        return {"foreign": False, **{f"sound_{part}": sound(names[f"kana_{part}"]) for part in ("family", "given")}}
    if text is None:
        return {"foreign": False}
    if names["latin_family"] is not None and names["latin_given"] is not None:
        text = f"{names['latin_family']}, {names['latin_given']}"  # the order that the source knows
    heard = read("latin", text)
    spoken = {part: heard[f"sound_{part}"] or sound(names[f"kana_{part}"]) for part in ("family", "given")}
    return {
        "foreign": True, "sound_family": spoken["family"], "sound_given": spoken["given"],
        "phonetic_family": heard["phonetic_family"], "phonetic_given": heard["phonetic_given"],
    }  # fmt: skip


def _others(found: Found) -> dict[str, Any]:
    """Birth, sex, contacts and place."""
    birth: Row = found["birth"][0] if "birth" in found else {}
    place: Row = found["address"][0] if "address" in found else {}
    emails = found.get("email", [])
    boxes = _listed(emails, "local")
    city = place.get("city")
    return {
        "year": birth.get("year"), "month": birth.get("month"), "day": birth.get("day"),
        "sex": _first(found.get("sex", ()), "normalized"),
        "phone": _listed(found.get("phone", []), "normalized", "more"),
        "email": _listed(emails, "normalized", "more"), "mailbox": boxes,
        "postcode": _first(found.get("postcode", ()), "normalized"),
        "town": None if city is None else city + (place["town"] or ""),
        "block": place.get("block"), "building": place.get("building"), "room": place.get("room"),
    }  # fmt: skip

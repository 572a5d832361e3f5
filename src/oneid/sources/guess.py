"""Guesses what the columns of a source are, and writes a first config from that: ``oneid init``.

A column is taken for a field where its header says so and its content does not contradict it
(:mod:`oneid.sources.headers`). What was guessed stands in the config to be read and corrected, with the reason beside
it: how full a column is and what shape its values have (``漢漢 漢漢漢``, ``999-9999-9999``), never a value.

E311: the config exists already (``force`` overwrites it). E312: it cannot be written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from oneid.kinds.base import Kind
from oneid.kinds.catalogue import kinds_of
from oneid.outputs.textfile import write_text
from oneid.sources.files import Request, Table, find_files, read_file
from oneid.sources.frames import frame_to_text
from oneid.sources.headers import DATES, column_role, shape
from oneid.vocabulary.errors import InputError, OutputError, Place, raise_all

__all__ = ["Guess", "guess", "guess_source", "init"]

_SAMPLE = 1000

_HEAD = """\
# What oneid reads and where it writes, guessed from {files}.
# Read it through, correct it, then look at the data with: oneid profile {name}
version: 1
sources:
"""

_TAIL = """\
rules: jp-members
# key: env:ONEID_KEY               # a secret; without it anyone can work out member numbers from OneIDs
# decisions: decisions.csv         # people's verdicts
# limits: {source_rows_drop_pct: 20, members_moved_pct: 1, largest: 12}
"""

Kinds = Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Guess:
    """What the columns of one source seem to be.

    ``id`` is empty where no column serves; ``fields`` has the grammar of the config; ``why`` says for each field and
    date, and for ``id``, how full it is and which shape is most frequent; ``unused`` are the other columns.
    """

    name: str
    id: tuple[str, ...]
    fields: dict[str, object]
    dates: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    def as_mapping(self) -> dict[str, object]:
        """The source as :func:`oneid.settings.configfile.from_dict` reads it."""
        return {**({"id": list(self.id)} if self.id else {}), "fields": self.fields, **self.dates}

    def __str__(self) -> str:
        told = {"id": ", ".join(self.id) or "(none found)", **self.fields, **self.dates}
        lines = [f"{self.name}:"] + [f"  {key}: {spec}  # {self.why.get(key, '')}" for key, spec in told.items()]
        return "\n".join([*lines, f"  not used: {', '.join(self.unused)}"] if self.unused else lines)


def guess(name: str, frame: object, kinds: Kinds | None = None) -> dict[str, object]:
    """The fields of a data frame of any make, as a mapping of field to column spec in the grammar of the config.

    ``kinds``: those that fields may have; left out, all that are there (:func:`oneid.kinds.catalogue.kinds_of`).

    >>> guess("ec", pl.DataFrame({"id": ["1"], "last_name": ["佐藤"], "first_name": ["花子"], "gender": ["F"]}))
    {'name': {'family': 'last_name', 'given': 'first_name'}, 'sex': 'gender'}
    """
    return guess_source(name, frame, kinds).fields


def guess_source(name: str, frame: object, kinds: Kinds | None = None) -> Guess:
    """The id, fields and dates of a data frame of any make; ``kinds`` as for :func:`guess`. Raises E207, E212 or E213
    as :mod:`oneid.sources.frames` does.
    """
    known = kinds_of() if kinds is None else kinds
    text = frame_to_text(frame, None, (), name)
    roles = {column: column_role(column, text.get_column(column), known) for column in text.columns}
    ids = _id(text, roles)
    by_role: dict[str, list[str]] = {}
    for column, role in roles.items():
        if role and column not in ids:
            by_role.setdefault(role, []).append(column)
    dates = {role: by_role[role][0] for role in DATES if role in by_role}
    fields = _fields(by_role, text.columns, known)
    used = {key: _columns(spec) for key, spec in {**fields, **dates, "id": list(ids)}.items()}
    why = {key: _why(text, columns) for key, columns in used.items() if columns}
    taken = {column for columns in used.values() for column in columns}
    unused = tuple(column for column in text.columns if column not in taken)
    return Guess(name, ids, fields, dates, why, unused)


def _id(text: pl.DataFrame, roles: Mapping[str, str | None]) -> tuple[str, ...]:
    """The column that numbers the members: named so and unique, else unique and of id-like values, else named so."""
    named = [column for column, role in roles.items() if role == "id"]
    unique = [column for column in text.columns if _is_unique(text.get_column(column))]
    plain = [
        column
        for column in unique
        if roles[column] is None and text.get_column(column).str.contains(r"^[A-Za-z]{0,4}[-_]?\d+$").all()
    ]
    best = [column for column in named if column in unique] or plain or named
    return tuple(best[:1])


def _is_unique(column: pl.Series) -> bool:
    return bool(len(column)) and not column.null_count() and column.n_unique() == len(column)


def _fields(by_role: Mapping[str, list[str]], order: Sequence[str], kinds: Kinds) -> dict[str, object]:
    """Column specs by field, in the order of kinds."""
    fields: dict[str, object] = {}
    for name, kind in kinds.items():
        parts = {part: by_role[f"{name}.{part}"] for part in kind.parts if f"{name}.{part}" in by_role}
        whole = by_role.get(name, [])
        if spec := _joined(whole, parts, order) if kind.joins else _one_of(whole, parts, many=kind.many_columns):
            fields[name] = spec
    for name, kind in kinds.items():
        if name in fields and kind.stands_for and kind.stands_for not in fields:
            fields = {kind.stands_for: fields.pop(name), **fields}
    return fields


def _one_of(whole: Sequence[str], parts: Mapping[str, Sequence[str]], *, many: bool) -> object:
    """The parts where there are two, or nothing else; else the columns that are whole values, the first or ``many``."""
    if len(parts) > 1 or (parts and not whole):
        return {part: found[0] for part, found in parts.items()}
    if len(whole) == 1 or not many:
        return whole[0] if whole else None
    return list(whole)


def _joined(whole: Sequence[str], parts: Mapping[str, Sequence[str]], order: Sequence[str]) -> object:
    """Parts where each is clear, else all columns joined in their order."""
    columns = [*whole, *(column for found in parts.values() for column in found)]
    if len(columns) < 2:
        return columns[0] if columns else None
    if not whole and all(len(found) == 1 for found in parts.values()):
        return {part: found[0] for part, found in parts.items()}
    return {"join": sorted(columns, key=list(order).index)}


def _columns(spec: object) -> list[str]:
    if isinstance(spec, dict):
        return [column for value in spec.values() for column in _columns(value)]
    return [str(column) for column in spec] if isinstance(spec, list) else [str(spec)]


def _why(text: pl.DataFrame, columns: Sequence[str]) -> str:
    """How full the columns are together and the most frequent shape of the fullest."""
    values = {column: text.get_column(column).drop_nulls() for column in columns}
    filled = {column: found.filter(found.str.strip_chars() != "") for column, found in values.items()}
    fullest = max(columns, key=lambda column: len(filled[column]))
    percent = 100 * len(filled[fullest]) // max(1, text.height)
    if not len(filled[fullest]):
        return "empty; by its header"
    shapes = pl.Series(
        [shape(cell) for cell in filled[fullest].sort().gather_every(1 + len(filled[fullest]) // _SAMPLE)]
    )
    common = shapes.value_counts().sort(["count", shapes.name], descending=[True, False])
    return f"{percent} % filled, mostly like {common.row(0)[0]}"


def init(files: Sequence[str | Path], output: str | Path, *, force: bool = False) -> str:
    """Guesses a config for ``files``, writes it to ``output`` in one piece and returns its text. Fields may have all
    kinds that are there: those of this package, and of others that are installed.

    Raises :class:`~oneid.vocabulary.errors.OutputError` E311 where ``output`` exists (unless ``force``) and E312 where
    it cannot be written, and the E2xx of :mod:`oneid.sources.reading` for files that cannot be read, all in one go.
    """
    output = Path(output)
    if output.exists() and not force:
        hint = "choose another name, or --force to overwrite it"
        raise OutputError("E311", "the config exists already", place=Place(str(output)), hint=hint)
    problems: list[InputError] = []
    blocks: list[str] = []
    names: list[str] = []
    paths = []
    for file in files:
        try:
            found = find_files(Path(file))
        except InputError as error:
            problems.append(error)
        else:
            paths += found
    for path in paths:
        try:
            table = read_file(path, Request(None))
            guess = guess_source(_free_name(path, names), table.frame)
        except InputError as error:
            problems.append(error)
            continue
        names.append(guess.name)
        blocks.append(_block(path, output.parent, table, guess))
    raise_all(problems)
    listed = ", ".join(_quoted(path.name) for path in paths)
    text = _HEAD.format(files=listed, name=output.name) + "".join(blocks) + _TAIL
    write_text("E312", "the config cannot be written", output, text)
    return text


def _free_name(path: Path, taken: Iterable[str]) -> str:
    """A source name from a file's name, numbered where it is taken."""
    stem = re.sub(r"[^\w.\-]+", "_", path.stem).strip("_.-") or "source"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _block(path: Path, folder: Path, table: Table, guess: Guess) -> str:
    """One source as commented YAML, lines indented under ``sources``."""
    relative = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    lines = [f"  {_quoted(guess.name)}:", f"    path: {_quoted(relative)}"]
    if table.encoding is not None and table.encoding != "utf-8":
        lines.append(f"    encoding: {table.encoding}   # detected")
    lines += [f"    # {note}" for note in table.notes if not note.startswith("encoding")]
    if table.unreadable:
        lines.append(f"    # {len(table.unreadable)} rows have too few or too many cells: they would be rejected")
    lines.append(_id_line(table, guess))
    lines.append("    fields:" if guess.fields else "    fields: {}   # no column was recognised: name them here")
    lines += [f"      {name}: {_spec(spec)}   # {guess.why[name]}" for name, spec in guess.fields.items()]
    lines += [f"    {name}: {_spec(column)}   # {guess.why[name]}" for name, column in guess.dates.items()]
    if guess.unused:
        lines.append(
            f"    # carry: {_spec(list(guess.unused))}   # not used; carried columns go along into members.parquet"
        )
    return "\n".join(lines) + "\n"


def _id_line(table: Table, guess: Guess) -> str:
    if not guess.id:
        return "    id:   # no column is unique: name the one that numbers the members, or several in a list"
    (column,) = guess.id
    values = table.frame.get_column(column)
    missing = values.null_count() + int((values.str.strip_chars() == "").sum())
    doubled = len(values) - values.n_unique()
    told = "unique" if not (missing or doubled) else f"{missing} missing, {doubled} repeated: see duplicate_id"
    return f"    id: {_quoted(column)}   # {told}; {guess.why['id']}"


def _spec(spec: object) -> str:
    """A column spec in YAML's flow style."""
    if isinstance(spec, dict):
        return "{" + ", ".join(f"{key}: {_spec(value)}" for key, value in spec.items()) + "}"
    if isinstance(spec, (list, tuple)):
        return "[" + ", ".join(_spec(value) for value in spec) + "]"
    return _quoted(str(spec))


def _quoted(text: str) -> str:
    """A YAML scalar that any reader takes for this text; JSON's quotes are YAML's."""
    words = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
    plain = re.fullmatch(r"[^\W\d][\w.\-/]*", text) and text.lower() not in words
    return text if plain else json.dumps(text, ensure_ascii=False)

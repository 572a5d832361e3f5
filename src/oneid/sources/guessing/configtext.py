"""Writes a first config: ``oneid init``. What it writes, the next command reads.

A source goes in with all that was guessed of it and why. A file that tells of no people, that is empty, or of which
nothing numbers the members is left out, with a word in a comment: as a source it would be refused.

E311: the config exists already (``force`` overwrites it). E312: it cannot be written. E315: no file can be a source.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from oneid.kinds.catalogue import kinds_of
from oneid.outputs.ownfiles import Inputs, refuse_file, settles
from oneid.outputs.textfile import write_text
from oneid.sources.columnnames import refuse_headerless
from oneid.sources.files import Request, Table, find_files, parts_of, read_path
from oneid.sources.formats.contents import unpacked_name
from oneid.sources.guessing.columns import sample_rows
from oneid.sources.guessing.guess import Guess, guess_text
from oneid.vocabulary.errors import InputError, OutputError, Place, raise_all
from oneid.vocabulary.language import in_language, said

__all__ = ["init"]

_HEAD = """\
# {origin}
# {next}
version: 1
sources:
"""

_TAIL = """\
rules: jp-members
# key: env:ONEID_KEY               # {key}
# decisions: decisions.csv         # {decisions}
# limits: {{source_rows_drop_pct: 20, members_moved_pct: 1, largest: 12}}
"""

_OF_OTHERS = ({"source", "source_id"}, {"source_l", "source_id_l"}, {"oneid", "source_id"})
"""The columns of tables about records of other sources: truths, decisions, merge maps."""


def init(
    files: Sequence[str | Path],
    output: str | Path,
    *,
    force: bool = False,
    tell: Callable[[str], None] | None = None,
) -> str:
    """Guesses a config for ``files``, with comments in the current language, writes it to ``output`` in one piece and
    returns its text. Fields may have all kinds that are there: those of this package, and of others that are installed.
    Which files were left out, and why, goes to ``tell`` as well.

    Raises :class:`~oneid.vocabulary.errors.OutputError` E311 where ``output`` exists (unless ``force``), E307 where
    what is there is no config, E308 where it is one of ``files``, E312 where it cannot be written, and the E2xx of
    :mod:`oneid.sources.reading` for files that cannot be read, all in one go; E315 where all are left out.
    """
    output = Path(output)
    if output.exists() and not force:
        hint = "choose another name, or --force to overwrite it"
        raise OutputError("E311", "the config exists already", place=Place(str(output)), hint=hint)
    problems: list[InputError] = []
    paths: list[Path] = []
    for file in files:
        try:
            paths += _tables(Path(file))
        except InputError as error:
            problems.append(error)
    refuse_file(output, settles("version", "sources"), Inputs(tuple(paths)))
    blocks: list[str] = []
    names: list[str] = []
    left: dict[Path, InputError] = {}
    for path in paths:
        try:
            table, guess = _guessed(path, names)
        except InputError as error:
            if error.code in ("E204", "E315"):
                left[path] = error
            else:
                problems.append(error)
            continue
        names.append(guess.name)
        blocks.append(_block(path, output.parent, table, guess))
    if problems or not blocks:
        raise_all([*problems, *left.values()])
    notes = [said("left out: {file}: {reason}", file=path.name, reason=error.message) for path, error in left.items()]
    for note in notes:
        (tell or _untold)(note)
    listed = [path.name for path in paths]
    text = _head(listed, output.name) + "".join(f"  # {_comment(note)}\n" for note in notes) + "".join(blocks) + _tail()
    write_text("E312", "the config cannot be written", output, text)
    return text


def _untold(_note: str) -> None:
    """Nobody is told."""


def _tables(path: Path) -> list[Path]:
    """The sources that a path is: a folder is one, and so is a ZIP of parts of one table."""
    if path.is_dir():
        return [path]
    found: list[Path] = []
    for file in find_files(path):
        parts, one = parts_of(file, Request(None))
        found += [file] if one else parts
    return found


def _guessed(path: Path, names: Sequence[str]) -> tuple[Table, Guess]:
    """A file and what it seems to be; ``names`` are taken. E204, E315: it is to be left out."""
    table = read_path(path, Request(None, sampled=True))
    place = Place(str(path))
    if len(table.unreadable) > table.readable:
        refuse_headerless(table.frame, place, unreadable=len(table.unreadable))
    refuse_headerless(sample_rows(table.frame), place)
    columns = {name.strip().lower() for name in table.frame.columns}
    if any(columns >= others for others in _OF_OTHERS):
        raise InputError("E315", "it tells of records of other sources, not of people", place=place)
    if not table.readable:
        raise InputError("E315", "there is a header but no row", place=place)
    guess = guess_text(_free_name(path, names), table.frame, kinds_of(), table.numbers, table.whole)
    if not guess.fields:
        hint = "what of it is a name, an address, a number? write the source by hand"
        raise InputError("E315", "no column of it tells of people", place=place, hint=hint)
    if not guess.id:
        hint = "give each row a number of its own, or write the source by hand with the columns that are one together"
        raise InputError("E315", "nothing in it numbers the members, and nothing tells its rows apart", place=place,
                         hint=hint)  # fmt: skip
    return table, guess


def _head(files: Sequence[str], name: str) -> str:
    listed = ", ".join(map(_quoted, files))
    origin = said("What oneid reads and where it writes, guessed from {files}.", files=listed)
    following = said("Read it through, correct it, then look at the data with: oneid profile {name}", name=name)
    return _HEAD.format(origin=_comment(origin), next=_comment(following))


def _tail() -> str:
    key = said("a secret; without it anyone can work out member numbers from OneIDs")
    return _TAIL.format(key=in_language(key), decisions=in_language(said("people's verdicts")))


def _free_name(path: Path, taken: Iterable[str]) -> str:
    """A source name from a file's name, numbered where it is taken."""
    stem = re.sub(r"[^\w.\-]+", "_", unpacked_name(path.resolve()).stem).strip("_.-") or "source"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _block(path: Path, folder: Path, table: Table, guess: Guess) -> str:
    """One source as commented YAML, lines indented under ``sources``."""
    relative = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    lines = [f"  {_quoted(guess.name)}:", f"    path: {_quoted(_literal(relative))}"]
    if table.encoding is not None and table.encoding != "utf-8":
        lines.append(f"    encoding: {table.encoding}   # {in_language(said('detected'))}")
    lines += [f"    {key}: {_spec(value)}" for key, value in table.told.items()]
    lines += [f"    # {_comment(note)}" for note in table.notes if not note.startswith("encoding")]
    if table.unreadable:
        note = said("{n} rows have too few or too many cells: they would be rejected", n=len(table.unreadable))
        lines.append(f"    # {_comment(note)}")
    if guess.party:
        lines.append(f"    # {_comment(guess.party)}")
    why = {name: _comment(text) for name, text in guess.why.items()}
    ids = guess.id[0] if len(guess.id) == 1 else list(guess.id)
    lines.append(f"    id: {_spec(ids)}   # {why['id']}")
    for name in guess.more.keys() - {"status"}:
        lines.append(f"    {name}: {_spec(guess.more[name])}   # {why[name]}")
    lines.append("    fields:")
    lines += [f"      {name}: {_spec(spec)}   # {why[name]}" for name, spec in guess.fields.items()]
    rest = {**guess.dates, **{name: guess.more[name] for name in guess.more.keys() & {"status"}}}
    lines += [f"    {name}: {_spec(spec)}   # {why[name]}" for name, spec in rest.items()]
    told: set[str] = set()
    for reason, columns in guess.left_out.items():
        left = said("left out: {columns}: {reason}", columns=_spec(list(columns)), reason=reason)
        lines.append(f"    # {_comment(left)}")
        told |= set(columns)
    if carry := [column for column in guess.unused if column not in told]:
        carried = in_language(said("not used; carried columns go along into members.parquet"))
        lines.append(f"    # carry: {_spec(carry)}   # {carried}")
    return "\n".join(lines) + "\n"


def _literal(path: str) -> str:
    """A path as the config writes it: what looks like a variable stands as a pattern that is only this."""
    return glob.escape(path).replace("{", "[{]") if re.search(r"\{[^\W\d]\w*\}", path) else path


def _comment(text: str) -> str:
    """A text of ours in the current language, on one line."""
    return "".join(sign if sign.isprintable() else " " for sign in in_language(text))


def _spec(spec: object) -> str:
    """A column spec in YAML's flow style."""
    if isinstance(spec, dict):
        return "{" + ", ".join(f"{key}: {_spec(value)}" for key, value in spec.items()) + "}"
    if isinstance(spec, (list, tuple)):
        return "[" + ", ".join(_spec(value) for value in spec) + "]"
    return _quoted(str(spec))


def _quoted(text: str) -> str:
    """A YAML scalar that any reader takes for this text: JSON's quotes are YAML's, but YAML also takes breaks of lines
    for such, and control characters for none of a text, that JSON leaves as they are.
    """
    words = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
    if re.fullmatch(r"[^\W\d][\w.\-/]*", text) and text.lower() not in words:
        return text
    signs = (sign if sign.isprintable() else _escaped(sign) for sign in json.dumps(text, ensure_ascii=False))
    return "".join(signs)


def _escaped(sign: str) -> str:
    """A character by its number, as YAML writes it in double quotes."""
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"

"""The files of a ZIP, by their names: a ZIP is a folder, and a path may go into it (``export.zip/members.csv``).

Files that begin with a dot or that macOS puts beside are none. Names that do not tell their encoding are UTF-8
or cp932, as Windows in Japanese writes them. E201 where a name is not there; E210 where the ZIP is broken, locked, or
holds several files of which none is named.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from oneid.settings.config import FORMATS
from oneid.vocabulary.errors import InputError, Place, did_you_mean
from oneid.vocabulary.language import said

__all__ = ["BROKEN", "Member", "differing", "find_within", "member", "tables", "way_into"]

BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError)
"""What unpacking may raise."""
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a ZIP: its bytes, its name, how many bytes it is packed into, and how many other files are beside."""

    stream: IO[bytes]
    name: str
    packed: int
    beside: int = 0


def way_into(path: Path) -> tuple[Path, str] | None:
    """The ZIP that a path goes into, and the name in it; None for any other path."""
    for folder in path.parents:
        if folder.suffix.lower() == ".zip" and folder.is_file():
            return folder, path.relative_to(folder).as_posix()
    return None


def find_within(book: Path, name: str) -> list[Path]:
    """The paths of the file of a ZIP that has that name, or of those whose names match it as a pattern. E201, E210."""
    there = _named(book)
    found = [name] if name in there else sorted(one for one in there if fnmatchcase(one, name))
    if found:
        return [book / one for one in found]
    hint = did_you_mean(name, list(there)) or _listed(sorted(there))
    raise InputError("E201", "there is no such file in the ZIP", place=Place(str(book / name)), hint=hint)


def tables(book: Path) -> list[Path]:
    """The paths of the files of data in a ZIP, where they are several; else the ZIP itself. E210."""
    found = sorted(name for name in _named(book) if _is_data(name))
    return [book / name for name in found] if len(found) > 1 else [book]


def differing(book: Path, paths: Sequence[Path]) -> InputError:
    """E210 for a ZIP with several tables."""
    told = said("the ZIP holds {n} tables of different columns, and which is meant is not known", n=len(paths))
    inner = paths[0].relative_to(book).as_posix()
    names = _listed([path.relative_to(book).as_posix() for path in paths])
    hint = said("{names}: name one in 'path', as in {name}/{inner}", names=names, name=book.name, inner=inner)
    return InputError("E210", told, place=Place(str(book)), hint=hint)


def member(file: IO[bytes], place: Place, name: str | None) -> Member:
    """The file of that name in a ZIP; without a name the only one, or the only one of data. E201, E210."""
    book = _book(file)
    parts = _parts(book)
    if "[Content_Types].xml" in parts:
        hint = "is it a spreadsheet? write 'format: xlsx', or give its name the ending .xlsx"
        raise InputError("E210", "the file is a document of an office program", place=place, hint=hint)
    data = [one for one in parts if _is_data(one)]
    named = [one for one in parts if one == name] if name is not None else data if len(data) == 1 else list(parts)
    if len(named) != 1:
        told = said("the ZIP holds {n} files, and which is meant is not known", n=len(named))
        hint = "unpack it into a folder, and name that folder or the file in 'path'"
        raise InputError("E210", told, place=place, hint=hint)
    part = parts[named[0]]
    if part.flag_bits & 1:
        hint = "unpack it with its password, and name the unpacked file in 'path'"
        raise InputError("E210", "the ZIP is locked with a password", place=place, hint=hint)
    return Member(book.open(part), named[0], part.compress_size, 0 if name is not None else len(parts) - 1)


def _named(path: Path) -> dict[str, zipfile.ZipInfo]:
    place = Place(str(path))
    try:
        with path.open("rb") as file:
            return _parts(_book(file))
    except BROKEN:
        hint = "was it written to the end, or broken on the way? unpack it by hand to see"
        told = said("the file cannot be unpacked ({packed})", packed="zip")
        raise InputError("E210", told, place=place, hint=hint) from None


def _book(file: IO[bytes]) -> zipfile.ZipFile:
    for encoding in ("utf-8", "cp932"):
        try:
            return zipfile.ZipFile(file, metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
    return zipfile.ZipFile(file)


def _parts(book: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by the way to them within the ZIP, which leads nowhere else. ValueError where two have one."""
    found: dict[str, zipfile.ZipInfo] = {}
    for part in book.infolist():
        parts = [step for step in PurePosixPath(part.filename).parts if step not in ("/", "..")]
        if part.is_dir() or not parts or parts[0] == "__MACOSX" or any(step[0] == "." for step in parts):
            continue
        name = "/".join(parts)
        if name in found:
            raise ValueError
        found[name] = part
    return found


def _is_data(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in FORMATS


def _listed(names: Sequence[str]) -> str:
    """Some of the names, and that there are more."""
    more = [] if len(names) <= _NAMED else ["..."]
    return said("it holds {names}", names=", ".join([*names[:_NAMED], *more]))

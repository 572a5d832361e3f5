"""The demo's files, and which of the files in a folder are a demo's, so that nobody else's is written over.

The config lists the checksums of the files beside it, as comments; a file that is not as listed is somebody's own. A
feed of a later day replaces one with the same header. Where writing was cut short, the config that was to come last
still lies beside the files that have come.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from oneid.vocabulary.errors import OutputError, Place
from oneid.vocabulary.language import said

__all__ = ["ENCODINGS", "write_demo", "write_feeds"]

ENCODINGS: Mapping[str, str] = {"point_card": "cp932", "prepaid": "utf-8-sig"}
"""Encodings of the files that are not plain UTF-8."""

_CONFIG = "oneid.yaml"
_PART = ".oneid-{}.part"
_LISTED = "# The files of this demo as it wrote them; with others it is not written over.\n"
_LINE = re.compile(rb"# (\w+\.csv) ([0-9a-f]{64})\n")


def write_demo(folder: Path, names: Sequence[str], blocks: Iterable[Mapping[str, pl.DataFrame]], config: bytes) -> Path:
    """Writes for each name ``<name>.csv`` in the encoding of that system, and the config; gives the config's path. Each
    of the ``blocks`` has more rows of all the files. It is made when those before it are written, and the first of them
    after it is clear that the files may be replaced; the files appear when the last is written.

    :raises OutputError: E307 where a file would be replaced that no demo wrote so, E321 where one cannot be written.
    """
    path = folder / _CONFIG
    try:
        left = sorted(folder.glob(_PART.format("?" * 16)))
        known = [_listed(file, config) for file in (path, *left)]
        files = [*(f"{name}.csv" for name in names), _CONFIG]
        _refuse(folder, [name for name in files if _there(folder / name) and not _is_one(folder / name, known)])
        folder.mkdir(parents=True, exist_ok=True)
        _publish(folder, _with_config(blocks, config))
        for file in left:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritten(folder, error) from None
    return path


def _with_config(blocks: Iterable[Mapping[str, pl.DataFrame]], config: bytes) -> Iterator[tuple[str, bytes]]:
    """What the files get, by name, the config last, with the checksums of those before it."""
    sums: dict[str, hashlib._Hash] = {}
    for name, content in _texts(blocks):
        sums.setdefault(name, hashlib.sha256()).update(content)
        yield name, content
    lines = "".join(f"# {name} {found.hexdigest()}\n" for name, found in sums.items())
    yield _CONFIG, config + f"{_LISTED}{lines}".encode()


def _texts(blocks: Iterable[Mapping[str, pl.DataFrame]]) -> Iterator[tuple[str, bytes]]:
    """The frames as what files get, by name; a block is let go before the next one is asked for."""
    begins = True
    for frames in blocks:
        for name in frames:
            yield f"{name}.csv", _csv(frames[name], ENCODINGS.get(name, "utf-8"), begins=begins)
        begins = False
        del frames


def _publish(folder: Path, contents: Iterable[tuple[str, bytes]]) -> None:
    """Writes all beside their targets, so that nobody ever sees half a file, then moves them in order; a name that
    comes again gets more of its file. Where the moving stops, a config stays as it lies if anything was moved.
    """
    parts: dict[str, Path] = {}
    moved = 0
    try:
        for name, content in contents:
            more = name in parts
            part = parts.setdefault(name, folder / _PART.format(secrets.token_hex(8)))
            with part.open("ab" if more else "xb") as file:  # as the umask has it
                file.write(content)
        for name, part in parts.items():
            part.replace(folder / name)
            moved += 1
    except BaseException:
        for name, part in parts.items():
            if not (moved and name == _CONFIG):
                part.unlink(missing_ok=True)
        raise


def write_feeds(folder: Path, frames: Mapping[str, pl.DataFrame], optional: Mapping[str, str]) -> None:
    """Writes each frame as ``<name>.csv``, the feed of a day; ``optional`` names by system a column that some lack.

    :raises OutputError: E307 where a file would be replaced that is no feed of that system, E321 as :func:`write_demo`.
    """
    try:
        strange = []
        for name, frame in frames.items():
            path = folder / f"{name}.csv"
            if _there(path) and not _header(path, ENCODINGS.get(name, "utf-8")) ^ set(frame.columns) <= {
                optional[name]
            }:
                strange.append(path.name)
        _refuse(folder, strange)
        folder.mkdir(parents=True, exist_ok=True)
        _publish(folder, _texts([frames]))
    except OSError as error:
        raise _unwritten(folder, error) from None


def _listed(path: Path, config: bytes) -> dict[str, str]:
    """The checksums that a demo's config lists, wherever it lies, and its own; nothing where it is not as a demo wrote
    it.
    """
    if not path.is_file() or path.is_symlink():
        return {}
    begin = config + _LISTED.encode()
    with path.open("rb") as file:
        if file.read(len(begin)) != begin:
            return {}
        lines = file.read()
    if _LINE.sub(b"", lines):
        return {}
    found = {name.decode(): checksum.decode() for name, checksum in _LINE.findall(lines)}
    return {**found, _CONFIG: hashlib.sha256(begin + lines).hexdigest()}


def _is_one(path: Path, known: Sequence[Mapping[str, str]]) -> bool:
    """Whether a file is as one of the lists says."""
    found = _sum(path)
    return found is not None and any(one.get(path.name) == found for one in known)


def _refuse(folder: Path, names: list[str]) -> None:
    if names:
        message = said("no demo wrote what would be replaced, or it was changed since: {names}", names=", ".join(names))
        hint = "write to another folder, or move what is there away"
        raise OutputError("E307", message, place=Place(str(folder)), hint=hint)


def _unwritten(folder: Path, error: OSError) -> OutputError:
    message = said("the demo cannot be written to {folder}: {reason}", folder=folder, reason=error.strerror)
    return OutputError("E321", message)


def _there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _sum(path: Path) -> str | None:
    if path.is_symlink():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(path: Path, encoding: str) -> set[str]:
    with path.open("rb") as file:
        first = file.readline(4096)
    return set(first.decode(encoding, "replace").rstrip("\r\n").split(","))


def _csv(frame: pl.DataFrame, encoding: str, *, begins: bool) -> bytes:
    if encoding == "cp932":
        return frame.write_csv(include_header=begins, line_terminator="\r\n").encode("cp932")
    return frame.write_csv(include_header=begins, include_bom=begins and encoding == "utf-8-sig").encode("utf-8")

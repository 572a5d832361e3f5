"""The bytes of a file, unpacked: in memory where they are few, else in a file of ours that nobody else can open.

What is packed by gzip, bzip2, xz, Zstandard or in a ZIP (:mod:`oneid.sources.formats.archives`) is told by its first
bytes, whatever its name says. It is unpacked piece by piece; what unpacks beyond measure is refused (E210), as
:mod:`oneid.sources.workbooks` does with spreadsheets.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from oneid.sources.formats import archives
from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["PACKED", "Contents", "Spill", "opened", "unpacked_name"]

PIECE = 1 << 23
IN_MEMORY = 1 << 28
"""Contents of more bytes than these are kept in a file."""
_LARGE = 1 << 28
_MOST_PACKED = 200

PACKED = {
    ".gz": "gzip", ".gzip": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".zstd": "zstd", ".zip": "zip",
}  # fmt: skip
_FIRST_BYTES = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip",
}  # fmt: skip
_BROKEN = (*archives.BROKEN, pa.ArrowException)


@dataclass(slots=True)
class Contents:
    """Bytes in memory, or in a file that is gone with this value."""

    data: bytes | None = None
    file: IO[bytes] | None = None
    size: int = 0
    packed: str | None = None
    """How they were packed."""
    name: str | None = None
    """What the file is called within its pack, where that tells."""
    beside: int = 0
    """How many other files are in the pack, which are not read."""

    def close(self) -> None:
        """Gives up the file, if there is one."""
        if self.file is not None:
            self.file.close()

    def __del__(self) -> None:
        self.close()

    @classmethod
    def of(cls, data: bytes) -> Contents:
        """Bytes in memory."""
        return cls(data, None, len(data))

    def head(self, count: int) -> bytes:
        """The first bytes."""
        return next(self.pieces(0, count), b"")

    def whole(self) -> bytes:
        """All bytes in one."""
        return self.data if self.data is not None else b"".join(self.pieces())

    def pieces(self, start: int = 0, piece: int = PIECE) -> Iterator[bytes]:
        """All bytes from ``start`` on, so many at a time."""
        if self.data is not None:
            for at in range(start, len(self.data), piece):
                yield self.data[at : at + piece]
            return
        assert self.file is not None
        at = start
        while True:
            self.file.seek(at)
            found = self.file.read(piece)
            if not found:
                return
            yield found
            at += len(found)

    def count(self, byte: bytes, start: int = 0) -> int:
        """How often a single byte stands there."""
        return sum(piece.count(byte) for piece in self.pieces(start))


class Spill:
    """Takes bytes piece by piece and gives them back as :class:`Contents`."""

    def __init__(self) -> None:
        self._few: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Takes further bytes."""
        self.size += len(piece)
        if self._file is None and self.size > IN_MEMORY:
            self._file = tempfile.TemporaryFile(prefix="oneid-")  # noqa: SIM115 - whoever has the contents closes it
            self._file.writelines(self._few)
            self._few.clear()
        if self._file is None:
            self._few.append(piece)
        else:
            self._file.write(piece)

    def contents(self) -> Contents:
        """All that was taken."""
        if self._file is None:
            return Contents.of(b"".join(self._few))
        file, self._file = self._file, None
        return Contents(None, file, self.size)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()


def unpacked_name(path: Path) -> Path:
    """A path without the ending that says how the file is packed.

    >>> unpacked_name(Path("members.csv.gz")).name, unpacked_name(Path("members.csv")).name
    ('members.csv', 'members.csv')
    """
    return path.with_suffix("") if path.suffix.lower() in PACKED else path


def opened(path: Path, stream: IO[bytes] | None = None) -> Contents:
    """The bytes of a file (or of ``stream``), unpacked; ``path`` may go into a ZIP. E202 where it cannot be opened,
    E210 where it cannot be unpacked.
    """
    place = Place(str(path))
    try:
        if stream is not None:
            return _of_stream(stream, place)
        book, name = archives.way_into(path) or (path, None)
        with book.open("rb") as file:
            packed = _packed(file.read(6))
            file.seek(0)
            if packed:
                return _unpacked(file, packed, place, name)
            size = path.stat().st_size
            if size <= IN_MEMORY:
                return Contents.of(file.read())
        return Contents(None, path.open("rb"), size)
    except OSError as error:
        raise InputError("E202", said("cannot be opened: {reason}", reason=error.strerror), place=place) from None


def _of_stream(stream: IO[bytes], place: Place) -> Contents:
    """All that a stream gives, kept, for it can be read once."""
    spill = Spill()
    while piece := stream.read(PIECE):
        spill.write(piece)
    found = spill.contents()
    packed = _packed(found.head(6))
    if not packed:
        return found
    with tempfile.TemporaryFile(prefix="oneid-") as file:
        for piece in found.pieces():
            file.write(piece)
        file.seek(0)
        return _unpacked(file, packed, place)


def _packed(first: bytes) -> str | None:
    return next((name for start, name in _FIRST_BYTES.items() if first.startswith(start)), None)


def _unpacked(file: IO[bytes], packed: str, place: Place, wanted: str | None = None) -> Contents:
    size = file.seek(0, 2)
    file.seek(0)
    hint = "was it written to the end, or broken on the way? unpack it by hand to see"
    broken = InputError("E210", said("the file cannot be unpacked ({packed})", packed=packed), place=place, hint=hint)
    spill = Spill()
    name, beside = None, 0
    try:
        if packed == "zip":
            found = archives.member(file, place, wanted)
            inner, name, size, beside = found.stream, found.name, found.packed, found.beside
        else:
            inner = _stream(file, packed)
        while piece := inner.read(PIECE):
            spill.write(piece)
            _refuse_bomb(spill.size, size, place)
    except InputError:
        raise
    except _BROKEN:
        raise broken from None
    contents = spill.contents()
    contents.packed, contents.name, contents.beside = packed, name, beside
    return contents


def _refuse_bomb(unpacked: int, packed: int, place: Place) -> None:
    """Refuses what unpacks beyond measure. E210."""
    if unpacked > _LARGE and unpacked > _MOST_PACKED * max(1, packed):
        hint = "it holds little but repetition; if that is right, unpack it by hand"
        told = said("it unpacks to more than {size:,} MiB", size=_LARGE >> 20)
        raise InputError("E210", told, place=place, hint=hint)


def _stream(file: IO[bytes], packed: str) -> Any:  # noqa: ANN401 - one of four readers
    if packed == "gzip":
        return gzip.GzipFile(fileobj=file)
    if packed == "bzip2":
        return bz2.BZ2File(file)
    if packed == "xz":
        return lzma.LZMAFile(file)
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")

"""The text of a file as UTF-8 without NUL characters, in memory where it is short, else piece by piece.

Of a file in cp932 of which few cells are looked at, the bytes may be kept as they are, known to be text: what divides
cells and rows is one byte in both, and never the second of two.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from oneid.sources.encoding import detect, fits_none, is_not, is_plainly_cp932, to_utf8
from oneid.sources.formats.contents import PIECE, Contents, Spill
from oneid.vocabulary.errors import Place

__all__ = ["FileText", "decoded"]

AS_IT_IS = 1 << 22
"""Of fewer bytes it is not worth while."""


@dataclass(frozen=True, slots=True)
class FileText:
    """UTF-8 without BOM, and the encoding it came in; ``nuls``: how many NUL characters were taken out; ``coded``: the
    encoding it still is in, if it was left as it is.
    """

    contents: Contents
    encoding: str
    detected: bool
    nuls: int = 0
    coded: str | None = None

    def utf8(self) -> FileText:
        """The same in UTF-8."""
        return self if self.coded is None else decoded(self.contents, None, "")


def decoded(contents: Contents, declared: str | None, file: str, *, as_it_is: bool = False) -> FileText:
    """The text of a file, from the encoding ``declared`` or else detected; with ``as_it_is`` it may be left
    :attr:`~FileText.coded`. E203.
    """
    if contents.data is not None:
        if as_it_is and declared is None and contents.size >= AS_IT_IS and is_plainly_cp932(contents.data):
            return FileText(contents, "cp932", detected=True, coded="cp932")
        text = to_utf8(contents.data, declared, file)
        nuls = text.utf8.count(0)
        utf8 = text.utf8.replace(b"\0", b"") if nuls else text.utf8
        return FileText(Contents.of(utf8), text.encoding, text.detected, nuls)
    line = 1
    order = (declared,) if declared is not None else _likely(contents)
    for encoding in order:
        found = _decoded(contents, encoding)
        if not isinstance(found, int):
            return FileText(found[0], encoding, declared is None, found[1])
        line = max(line, found)
    if declared is None:
        raise fits_none(order[0], Place(file, line))
    raise is_not(declared, detect(_lines(contents.head(PIECE))), Place(file, line))


def _lines(head: bytes) -> bytes:
    """The whole lines of the beginning, so that no character is cut in two."""
    end = head.rfind(b"\n") + 1
    return head[: end + (head[:PIECE].count(0) > len(head) // 50 and end % 2)] if end else head


def _likely(contents: Contents) -> tuple[str, ...]:
    """The encodings to try, the likeliest first."""
    found = detect(_lines(contents.head(PIECE)))
    return tuple(dict.fromkeys([*([found] if found else []), "utf-8", "cp932", "euc-jp"]))


def _decoded(contents: Contents, encoding: str) -> tuple[Contents, int] | int:
    """The text as UTF-8 and how many NUL characters were taken out; the line of the first byte that does not decode."""
    utf8 = codecs.lookup(encoding).name == "utf-8"
    plain = _plain(contents) if utf8 else None
    if plain is not None:
        return plain or (contents, 0)
    decoder = codecs.getincrementaldecoder(encoding)()
    spill, nuls, line, began = Spill(), 0, 1, False
    done = 0
    for piece in contents.pieces():
        done += len(piece)
        try:
            text = decoder.decode(piece, done >= contents.size)
        except UnicodeDecodeError as error:
            return line + bytes(error.object[: error.start]).count(b"\n")
        except UnicodeError:
            return line
        line += text.count("\n")
        if not began and text:
            text, began = text.removeprefix("\ufeff"), True
        nuls += text.count("\0")
        spill.write(text.replace("\0", "").encode())
    return spill.contents(), nuls


def _plain(contents: Contents) -> int | None:
    """0 for UTF-8 without BOM and NUL characters, which can be taken as it is; the line of the first byte that does not
    decode; None where there is something to take out.
    """
    if contents.head(3) == codecs.BOM_UTF8:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, done = 1, 0
    for piece in contents.pieces():
        if b"\0" in piece:
            return None
        done += len(piece)
        try:
            decoder.decode(piece, done >= contents.size)
        except UnicodeDecodeError as error:
            return line + bytes(error.object[: error.start]).count(b"\n")
        line += piece.count(b"\n")
    return 0

"""Which encoding a file of text is in, and its bytes as UTF-8.

Japanese systems export UTF-8 (with or without BOM), cp932 (what is sold as Shift_JIS), EUC-JP, UTF-16 and ISO-2022-JP.
A declared encoding is used strictly. Otherwise the order is: a byte order mark; the escape sequences of ISO-2022-JP in
a 7-bit file; UTF-16 by where its zero bytes stand; strict UTF-8 over the whole file; cp932 against EUC-JP by strict
decoding and, where both decode, by plausibility (:func:`_strangeness`); the library charset-normalizer last.
"""

from __future__ import annotations

import codecs
import struct
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from oneid.vocabulary.errors import InputError, Place
from oneid.vocabulary.language import said

__all__ = ["Text", "detect", "fits_cp932", "fits_none", "is_not", "is_plainly_cp932", "is_utf8", "to_utf8"]

_CHUNK = 1 << 23
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IN_CACHE = 1 << 16
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(D")


@dataclass(frozen=True, slots=True)
class Text:
    """The bytes of a file as UTF-8 without BOM, and the encoding they came in."""

    utf8: bytes
    encoding: str
    detected: bool


def to_utf8(data: bytes, declared: str | None = None, file: str | None = None) -> Text:
    """``data`` as UTF-8, from the encoding ``declared`` or else detected.

    Raises :class:`~oneid.vocabulary.errors.InputError` E203 with the line of the first byte that does not decode, and a
    hint naming the encoding that would work.
    """
    reading = _read(data) if declared is None else None
    if reading is not None:
        return Text(reading[1], reading[0], detected=True)
    if declared is None:
        name, line = _nearest(data)
        raise fits_none(name, Place(file, line))
    text = _decode(data, declared)
    if text is not None:
        return Text(text, declared, detected=False)
    raise is_not(declared, detect(data), Place(file, _bad_line(data, declared)))


def fits_none(nearest: str, place: Place) -> InputError:
    """E203 for a file that no encoding fits, at the line of the first byte that the ``nearest`` does not decode."""
    hint = said("repair that line, or give the source's 'encoding'; the rest reads best as {name}", name=nearest)
    return InputError("E203", "no encoding fits the whole file", place=place, hint=hint)


def is_not(declared: str, other: str | None, place: Place) -> InputError:
    """E203 for a file that is not in the encoding ``declared`` but, as it seems, in the ``other``."""
    hint = said("no encoding fits")
    if other:
        hint = said("the file reads as {other}: write 'encoding: {other}', or leave it out", other=other)
    message = said("the file is not {declared}: a byte on this line does not decode", declared=declared)
    return InputError("E203", message, place=place, hint=hint)


def detect(data: bytes) -> str | None:
    """The encoding of ``data`` as a Python codec name, None where none fits the whole.

    >>> detect("会員番号,氏名".encode("cp932")), detect("会員番号,氏名".encode("euc_jp"))
    ('cp932', 'euc-jp')
    """
    reading = _read(data)
    return None if reading is None else reading[0]


def _read(data: bytes) -> tuple[str, bytes] | None:
    """The encoding that was detected and the text in UTF-8."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _first(data, name)
    if data.isascii() and any(escape in data for escape in _ESCAPES):
        return _first(data, "iso-2022-jp", "iso-2022-jp-ext")
    wide, share = _utf16_without_bom(data)
    order = (*wide, "utf-8") if share >= 0.25 else ("utf-8", *wide)
    if (reading := _first(data, *order)) is not None:
        return reading
    readings = [reading for name in ("cp932", "euc-jp") if (reading := _first(data, name)) is not None]
    if len(readings) > 1:
        readings.sort(key=lambda reading: _strangeness(reading[1]))
    return readings[0] if readings else _last_resort(data)


def _first(data: bytes, *names: str) -> tuple[str, bytes] | None:
    """The first of the encodings in which every byte decodes, and the text."""
    for name in names:
        if (text := _decode(data, name)) is not None:
            return name, text
    return None


def _decode(data: bytes, encoding: str) -> bytes | None:
    """``data`` as UTF-8, chunk by chunk so that no second copy as str is held; None where a byte does not decode."""
    if codecs.lookup(encoding).name == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8) if is_utf8(data) else None
    decoder = codecs.getincrementaldecoder(encoding)()
    made: list[bytes] = []
    try:
        for start in range(0, len(data), _CHUNK):
            made.append(decoder.decode(data[start : start + _CHUNK], start + _CHUNK >= len(data)).encode())
    except UnicodeError:
        return None
    return b"".join(made).removeprefix(codecs.BOM_UTF8)


def is_utf8(data: bytes) -> bool:
    r"""Whether every byte decodes, told without making a text of it.

    >>> is_utf8("佐藤".encode()), is_utf8("佐藤".encode("cp932")), is_utf8(b"\xed\xa0\x80")
    (True, False, False)
    """
    ends = pa.py_buffer(struct.pack("=2q", 0, len(data)))  # an array of a list would load pandas
    whole = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def is_plainly_cp932(data: bytes) -> bool:
    """Whether :func:`to_utf8` would find cp932, told without making a text of it; False where that is not plain."""
    if data.isascii() or b"\0" in data or any(data.startswith(bom) for bom, _ in _BOMS):
        return False
    return not is_utf8(data) and fits_cp932(data) and _decode(data, "euc-jp") is None


def fits_cp932(data: bytes) -> bool:
    r"""Whether every byte decodes, in a third of the time that decoding takes.

    Within a run of bytes that may be the first of two, every other one is: which, an addition of all bits tells at
    once, as backslashes are told from what they escape in Langdale and Lemire, "Parsing gigabytes of JSON per second".

    >>> fits_cp932("髙橋ｱｷﾗ,ソ".encode("cp932")), fits_cp932("髙橋".encode()), fits_cp932(b"\x83"), fits_cp932(b"\x83,")
    (True, False, False, False)
    """
    known, at = _pairs_of_cp932(), 0
    every_other = int.from_bytes(b"\xaa" * (_IN_CACHE // 8 + 1), "little")
    while at < len(data):
        block = np.frombuffer(data, np.uint8, min(_IN_CACHE, len(data) - at), at)
        able = (block ^ 0x20) - np.uint8(0xA1) < 0x3C  # 81 to 9F, E0 to FC
        bits = int.from_bytes(np.packbits(able, bitorder="little").tobytes(), "little")
        firsts = (((bits << 1 | every_other) - bits) ^ every_other) & bits
        packed = np.frombuffer(firsts.to_bytes(_IN_CACHE // 8 + 1, "little"), np.uint8)
        first = np.unpackbits(packed, count=len(block), bitorder="little").view(np.bool_)
        size = len(block) - int(first[-1])  # a pair that the end cuts in two is looked at with what follows
        places = np.flatnonzero(first[:-1])
        pairs = block[places].astype(np.uint16) << 8 | block[places + 1]
        if not size or not known.take(pairs).all():
            return False
        at += size
    return True


@cache
def _pairs_of_cp932() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which two bytes, as a number, are a character. Any byte that cannot be the first of two is one by itself."""
    known = np.zeros(1 << 16, np.bool_)
    for first in (*range(0x81, 0xA0), *range(0xE0, 0xFD)):
        for second in (*range(0x40, 0x7F), *range(0x80, 0xFD)):
            try:
                known[first << 8 | second] = len(bytes((first, second)).decode("cp932")) == 1
            except UnicodeError:
                continue
    return known


def _bad_line(data: bytes, encoding: str) -> int:
    """The line, from 1, of the first byte that does not decode."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return data[: error.start].decode(encoding, errors="ignore").count("\n") + 1
    except UnicodeError:
        pass
    return 1


def _utf16_without_bom(data: bytes) -> tuple[tuple[str, ...], float]:
    """UTF-16 where a fiftieth of the bytes are zeros and nearly all on one side of each unit; the zeros' share."""
    sample = data[:_CHUNK]
    zeros = sample.count(0)
    share = zeros / max(1, len(sample))
    if len(data) % 2 or share < 0.02:
        return (), share
    odd = sample[1::2].count(0)
    return ("utf-16-le",) if odd * 10 >= zeros * 9 else ("utf-16-be",) if odd * 10 <= zeros else (), share


def _strangeness(utf8: bytes) -> float:
    """The share of characters that seldom stand in member data, half-width kana counted as a quarter.

    Ordinary are kana, full-width Latin, and the kanji of JIS X 0208 level 1 (rows 16 to 47: the common ones). Read as
    cp932, EUC-JP text gives half-width punctuation (its hiragana begin with byte A4, half-width comma in cp932) and
    kanji of level 2; read as EUC-JP, the half-width kana of cp932 give kanji of level 2.
    """
    counts = Counter(utf8[:_CHUNK].decode(errors="ignore"))
    total = strange = 0.0
    for character, count in counts.items():
        if not character.isascii():
            total += count
            strange += count * _rarity(character)
    return strange / total if total else 0.0


def _rarity(character: str) -> float:
    if "ｦ" <= character <= "ﾟ":
        return 0.25
    if "｡" <= character <= "･":
        return 1.0
    code = character.encode("euc_jp", errors="replace")
    ordinary = len(code) == 2 and (code[0] in range(0xA1, 0xA9) or code[0] in range(0xB0, 0xD0))
    return 0.0 if ordinary else 1.0


def _last_resort(data: bytes) -> tuple[str, bytes] | None:
    """What charset-normalizer says.

    None where the file is Japanese but for a few broken bytes: a wrong guess would turn every name into nonsense.
    """
    if _nearest_share(data)[0] < 0.01:
        return None
    from charset_normalizer import from_bytes  # noqa: PLC0415 - seldom needed, slow to import

    best = from_bytes(data[: 1 << 20]).best()
    return None if best is None else _first(data, best.encoding)


def _nearest_share(data: bytes) -> tuple[float, str]:
    """The least share of characters that do not decode, over the usual encodings, and the encoding that has it."""
    sample = data[:_CHUNK]

    def broken(name: str) -> float:
        text = sample.decode(name, errors="replace")
        return text.count("\ufffd") / max(1, sum(not character.isascii() for character in text))

    return min((broken(name), name) for name in ("utf-8", "cp932", "euc-jp"))


def _nearest(data: bytes) -> tuple[str, int]:
    name = _nearest_share(data)[1]
    return name, _bad_line(data, name)

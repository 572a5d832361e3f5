"""How a OneID is spelled: derived from the record that founds it, and checked for typing errors."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from oneid.vocabulary.errors import InternalError, UsageError

__all__ = ["PUBLIC_KEY", "check", "derive", "keyed_digests"]

PUBLIC_KEY: Final = b"OneID public key: anyone can compute these OneIDs"
"""The key where none is given. It keeps nothing secret: member numbers are few and regular, so whoever has a OneID can
try all member numbers of a source until one gives it. Give a secret key wherever OneIDs leave the house."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_SYMBOLS: Final = np.frombuffer(_ALPHABET.encode(), dtype=np.uint8)
_DOUBLED: Final = np.array([2 * code // 32 + 2 * code % 32 for code in range(32)], dtype=np.uint8)
_LENGTH: Final = 17


def derive(sources: pl.Series, source_ids: pl.Series, key: bytes, generation: int = 0) -> pl.Series:
    """The OneID of each founding record: two String Series of n without nulls -> one of n, named ``oneid``.

    ``OID``, 13 symbols of Crockford's base 32 (https://www.crockford.com/base32.html) and a check symbol (Luhn modulo
    32, https://en.wikipedia.org/wiki/Luhn_mod_N_algorithm: it finds every wrong symbol and every swap of neighbours
    except 0 with Z). The 65 bits are the first of BLAKE2b (RFC 7693), keyed, personalised ``oneid``, of
    ``generation:length of source in bytes:source:source_id`` in UTF-8; the length keeps (``a``, ``b:c``) and
    (``a:b``, ``c``) apart. Two of a million OneIDs coincide with probability 1.4e-8; the second is then
    bumped (:func:`oneid.identity.assignment.assign`). A key longer than the 64 bytes that BLAKE2b takes is hashed
    first; an empty one is refused (E415).

    The hash is the one pass in plain Python (0.8 s per million): it must be a keyed cryptographic hash, so that member
    numbers cannot be found from OneIDs, and no column library has one.

    >>> derive(pl.Series(["ec"]), pl.Series(["E1"]), b"secret").to_list()
    ['OIDQ4YZ46M02VQEC6']
    """
    if not key:
        raise UsageError("E415", "the key for OneIDs is empty", hint="give a secret, or leave the key out altogether")
    if sources.null_count() or source_ids.null_count():
        raise InternalError("E911", "a OneID cannot be made from a record without source or id")
    length = pl.lit(sources).str.len_bytes().cast(pl.String)
    message = pl.concat_str(pl.lit(f"{generation}:"), length, pl.lit(":"), pl.lit(sources), pl.lit(":"), source_ids)
    digests = keyed_digests(pl.select(message).to_series(), key, 9, b"oneid")
    return _spell(np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 9))


def keyed_digests(texts: pl.Series, key: bytes, size: int, person: bytes) -> list[bytes]:
    """BLAKE2b (RFC 7693) of each text in UTF-8, ``size`` bytes, keyed and personalised; a key of more than 64 bytes is
    hashed first.
    """
    keyed = blake2b(key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=size, person=person)
    digests = []
    for text in texts.cast(pl.Binary).to_list():
        hashed = keyed.copy()
        hashed.update(text)
        digests.append(hashed.digest())
    return digests


def _spell(digests: npt.NDArray[np.uint8]) -> pl.Series:
    """(n, 9) bytes -> n OneIDs, from the first 65 bits of each."""
    rows = len(digests)
    head = np.ascontiguousarray(digests[:, :8]).view(">u8").reshape(rows).astype(np.uint64)
    codes = np.empty((rows, 14), dtype=np.uint8)
    for place in range(12):
        codes[:, place] = (head >> np.uint64(59 - 5 * place)) & np.uint64(31)
    codes[:, 12] = ((head & np.uint64(15)) << np.uint64(1)).astype(np.uint8) | (digests[:, 8] >> 7)
    total = _DOUBLED[codes[:, 0:13:2]].sum(axis=1, dtype=np.uint16) + codes[:, 1:13:2].sum(axis=1, dtype=np.uint16)
    codes[:, 13] = (32 - total % 32) % 32
    text = np.empty((rows, _LENGTH), dtype=np.uint8)
    text[:, :3] = np.frombuffer(b"OID", dtype=np.uint8)
    text[:, 3:] = _SYMBOLS[codes]
    offsets = np.arange(rows + 1, dtype=np.int64) * _LENGTH
    array = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(text))
    return pl.Series("oneid", array, dtype=pl.String)


def check(oneid: str) -> bool:
    """Whether ``oneid`` has the form of a OneID and the right check symbol (whether it was ever given, it cannot say).

    >>> check("OIDQ4YZ46M02VQEC6"), check("OIDQ4YZ46M02VQEC7"), check("oidq4yz46m02vqec6")
    (True, False, False)
    """
    if len(oneid) != _LENGTH or not oneid.startswith("OID"):
        return False
    codes = [_ALPHABET.find(symbol) for symbol in oneid[3:]]
    return min(codes) >= 0 and (sum(map(int, _DOUBLED[codes[0:13:2]])) + sum(codes[1:13:2]) + codes[13]) % 32 == 0

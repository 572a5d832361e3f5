"""Codes under a secret, for tables that outlive the records which their codes are of.

Equality codes are hashes that anybody can compute, so whoever holds the code of a number finds the number by trying
all. Codes that stand row by row with the record that they were made of go when it goes. What was learned of all
records, and which values are shared, stays; so there codes are written as Speck 64/128 makes them of a random key
(Beaulieu and others, https://eprint.iacr.org/2013/404, which has the test below), and in the order of what comes out,
for the order of codes says something of them too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from oneid.vocabulary.codes import Codes

__all__ = ["keyed", "new_secret", "unkeyed"]

Words = npt.NDArray[np.uint32]
Step = Callable[[Words, Words, np.uint32], tuple[Words, Words]]

_ROUNDS = 27
_CHUNK = 1 << 15
_MASK = 0xFFFFFFFF


def new_secret() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(16)


def keyed(codes: Codes, secret: bytes) -> Codes:
    """Codes (n) under a secret of 16 bytes: n others, equal where these are.

    >>> secret = bytes.fromhex("0001020308090a0b10111213 18191a1b")
    >>> [hex(code) for code in keyed(np.array([0x3B7265747475432D], np.uint64), secret).tolist()]
    ['0x8c6fa548454e028b']
    """
    return _through(codes, _round_keys(secret), _round)


def unkeyed(codes: Codes, secret: bytes) -> Codes:
    """The codes of which :func:`keyed` made these."""
    return _through(codes, _round_keys(secret)[::-1], _round_back)


def _round(x: Words, y: Words, key: np.uint32) -> tuple[Words, Words]:
    x = ((x >> np.uint32(8) | x << np.uint32(24)) + y) ^ key
    return x, (y << np.uint32(3) | y >> np.uint32(29)) ^ x


def _round_back(x: Words, y: Words, key: np.uint32) -> tuple[Words, Words]:
    y = x ^ y
    y = y >> np.uint32(3) | y << np.uint32(29)
    x = (x ^ key) - y
    return x << np.uint32(8) | x >> np.uint32(24), y


def _through(codes: Codes, keys: Sequence[np.uint32], step: Step) -> Codes:
    """All rounds over the upper and lower halves of so many codes at a time as the processor's cache holds."""
    made = np.empty_like(codes)
    for start in range(0, codes.size, _CHUNK):
        part = codes[start : start + _CHUNK]
        halves = (part >> np.uint64(32)).astype(np.uint32), part.astype(np.uint32)
        for key in keys:
            halves = step(*halves, key)
        made[start : start + _CHUNK] = halves[0].astype(np.uint64) << np.uint64(32) | halves[1]
    return made


def _round_keys(secret: bytes) -> list[np.uint32]:
    key, *rest = (int.from_bytes(secret[at : at + 4], "little") for at in range(0, 16, 4))
    made = []
    for number in range(_ROUNDS):
        made.append(np.uint32(key))
        more = (((rest[0] >> 8 | rest[0] << 24) + key) & _MASK) ^ number
        rest = [*rest[1:], more]
        key = ((key << 3 | key >> 29) & _MASK) ^ more
    return made

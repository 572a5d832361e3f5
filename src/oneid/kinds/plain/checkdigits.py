"""Check digits of identifiers: which numbers were mistyped, told by the number itself.

==================  ==================================================================================================
``luhn``            payment and member cards (ISO/IEC 7812-1, annex B)
``mod10_weight3``   EAN, JAN, GTIN and the like: digits weigh 3 and 1 in turn (GS1 General Specifications)
``mod11``           ISBN-10, ISSN and the like: digits weigh 1, 2, 3 ... from the end, the last may be X (ISO 2108)
``mod97``           IBAN: letters are numbers, the first four characters come last (ISO 13616, ISO/IEC 7064)
``verhoeff``        Verhoeff, Error Detecting Decimal Codes (1969): finds any wrong digit and any two exchanged
``damm``            Damm, Total anti-symmetrische Quasigruppen (2004): likewise
``jp_individual``   Individual Numbers (マイナンバー), 12 digits, the last checks (総務省令第85号 of 2014, article 5)
``jp_corporate``    Corporate Numbers (法人番号), 13 digits, the first checks (財務省令第70号 of 2014, article 2)
==================  ==================================================================================================

Each scheme is a function of a matrix of character codes, one row per identifier of one length, to which are right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["SCHEMES", "right"]

Signs = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
_ZERO, _NINE, _A, _Z, _X = (np.uint8(ord(sign)) for sign in "09AZX")


def _digits(signs: Signs) -> tuple[npt.NDArray[np.int64], Flags]:
    """The digits, and which rows are nothing else."""
    whole = ((signs >= _ZERO) & (signs <= _NINE)).all(axis=1)
    return (signs.astype(np.int64) - int(_ZERO)) % 10, _flags(whole)


def _flags(said: npt.ArrayLike) -> Flags:
    return np.asarray(said, dtype=np.bool_)


def _luhn(signs: Signs) -> Flags:
    digits, whole = _digits(signs)
    doubled = digits[:, -2::-2] * 2
    total = digits[:, ::-2].sum(axis=1) + (doubled // 10 + doubled % 10).sum(axis=1)
    return _flags(whole & (total % 10 == 0))


def _weight3(signs: Signs) -> Flags:
    digits, whole = _digits(signs)
    return _flags(whole & ((digits[:, ::-2].sum(axis=1) + 3 * digits[:, -2::-2].sum(axis=1)) % 10 == 0))


def _mod11(signs: Signs) -> Flags:
    ten = signs[:, -1] == _X
    plain = signs.copy()
    plain[ten, -1] = _ZERO
    digits, whole = _digits(plain)
    digits[ten, -1] = 10
    weights = np.arange(signs.shape[1], 0, -1)
    return _flags(whole & (digits @ weights % 11 == 0))


def _mod97(signs: Signs) -> Flags:
    turned = np.roll(signs, -4, axis=1)
    digit, letter = (turned >= _ZERO) & (turned <= _NINE), (turned >= _A) & (turned <= _Z)
    numbers = np.where(digit, turned - _ZERO, turned - _A + np.uint8(10)).astype(np.int64)
    rest = np.zeros(signs.shape[0], dtype=np.int64)
    for place in range(signs.shape[1]):
        rest = (rest * np.where(letter[:, place], 100, 10) + numbers[:, place]) % 97
    headed = letter[:, -4:-2].all(axis=1) & digit[:, -2:].all(axis=1) if signs.shape[1] > 4 else np.zeros(1, np.bool_)
    return _flags(headed & (digit | letter).all(axis=1) & (rest == 1))


_DIHEDRAL = np.array([
    [(a + b) % 5 + 5 * (b >= 5) if a < 5 else (a - b) % 5 + 5 * (b < 5) for b in range(10)] for a in range(10)
])  # fmt: skip
"""The multiplication table of the symmetries of a pentagon: turns 0 to 4, reflections 5 to 9."""
_PERMUTED = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])
_PERMUTATIONS = list(accumulate(range(7), lambda made, _: made[_PERMUTED], initial=np.arange(10)))


def _verhoeff(signs: Signs) -> Flags:
    digits, whole = _digits(signs)
    state = np.zeros(signs.shape[0], dtype=np.int64)
    for place in range(signs.shape[1]):
        state = _DIHEDRAL[state, _PERMUTATIONS[place % 8][digits[:, -1 - place]]]
    return _flags(whole & (state == 0))


_ROWS = "0317598642 7092154863 4206871359 1750983426 6123045978 3674209581 5869720134 8945362017 9438617205 2581436790"
_QUASIGROUP = np.array([[int(digit) for digit in row] for row in _ROWS.split()])


def _damm(signs: Signs) -> Flags:
    digits, whole = _digits(signs)
    state = np.zeros(signs.shape[0], dtype=np.int64)
    for place in range(signs.shape[1]):
        state = _QUASIGROUP[state, digits[:, place]]
    return _flags(whole & (state == 0))


def _individual(signs: Signs) -> Flags:
    if signs.shape[1] != 12:
        return np.zeros(signs.shape[0], dtype=np.bool_)
    digits, whole = _digits(signs)
    weights = np.array([6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
    rest = digits[:, :-1] @ weights % 11
    return _flags(whole & (digits[:, -1] == np.where(rest <= 1, 0, 11 - rest)))


def _corporate(signs: Signs) -> Flags:
    if signs.shape[1] != 13:
        return np.zeros(signs.shape[0], dtype=np.bool_)
    digits, whole = _digits(signs)
    weights = np.array([2, 1] * 6)
    return _flags(whole & (digits[:, 0] == 9 - digits[:, 1:] @ weights % 9))


SCHEMES: Mapping[str, Callable[[Signs], Flags]] = {
    "luhn": _luhn,
    "mod10_weight3": _weight3,
    "mod11": _mod11,
    "mod97": _mod97,
    "verhoeff": _verhoeff,
    "damm": _damm,
    "jp_individual": _individual,
    "jp_corporate": _corporate,
}
"""The schemes by the names that a config may give."""


def right(scheme: str, values: pl.Series) -> pl.Series:
    """Which identifiers (String, as normalized: upper case, no blanks and hyphens) have the right check digit.

    False for those of fewer than two characters or with other signs than digits, or what else the scheme allows; null
    where there is none.

    >>> right("luhn", pl.Series(["4111111111111111", "4111111111111112", None])).to_list()
    [True, False, None]
    """
    found = np.zeros(len(values), dtype=np.bool_)
    plain = values.str.contains(r"^[0-9A-Z]{2,64}$").fill_null(value=False)
    at = plain.arg_true().to_numpy()
    texts = values.gather(at)
    sizes = texts.str.len_bytes().to_numpy()
    for size in np.unique(sizes).tolist():
        mine = at[sizes == size]
        joined = "".join(values.gather(mine).to_list()).encode()
        signs = np.frombuffer(joined, dtype=np.uint8).reshape(mine.size, size)
        found[mine] = SCHEMES[scheme](signs)
    return pl.select(pl.when(values.is_not_null()).then(pl.Series(found))).to_series()

"""Numbers, compared as numbers: equal, within a tolerance, or a slip of the pen apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import polars as pl

from oneid.japanese.text import is_placeholder
from oneid.kinds.base import Facet, Kind, Option
from oneid.kinds.plain.own import NEAR, Values, best, own
from oneid.kinds.plain.tidied import judged, tidied
from oneid.kinds.shapes import Levels, Options, Rows
from oneid.kinds.texts import few_edits, level_of_pairs
from oneid.vocabulary.codes import equal
from oneid.vocabulary.language import said
from oneid.vocabulary.patterns import MISSING

__all__ = ["NUMBER", "NUMBER_LEVELS", "number"]

NUMBER_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "The numbers are equal.",
    "within": "They differ by no more than the tolerance; without a tolerance there is no such pair.",
    "near": NEAR,
    "differs": "They are further apart.",
}

_LEVEL = {word: np.uint8(number_) for number_, word in enumerate(NUMBER_LEVELS)}
_ORDER = (("equal", "within", "differs"), ("equal", "near", "differs"))


def number(values: pl.Series) -> pl.DataFrame:
    """Decimal numbers as text of one form: no separators, signs of money, leading or trailing zeros; ``-`` for minus.

    A minus may be written -, ▲, △ or as brackets. Exponents are refused (``not_a_number``): a spreadsheet that wrote
    them has lost digits.

    >>> number(pl.Series(["￥１，２３４.50", "▲5", "(3)", "007", "1e5"]))["normalized"].to_list()
    ['1234.5', '-5', '-3', '7', None]
    """
    raw = pl.col("display").str.replace_all("[ ,¥円+]", "").str.replace(r"^\(([0-9.]+)\)$", "-$1")
    frame = tidied(values).with_columns(raw=raw.str.replace("^[▲△−‐–ー]", "-"))
    parts = pl.col("raw").str.extract_groups(r"^(?<minus>-?)0*(?<whole>[0-9]*)\.?(?<part>[0-9]*)$")
    frame = frame.with_columns(parts=parts).unnest("parts")
    frame = frame.with_columns(pl.col("part").str.strip_chars_end("0"), pl.col("whole").replace("", "0"))
    frame = frame.with_columns(
        pl.when(pl.col("part") != "").then("." + pl.col("part")).otherwise(pl.lit("")).alias("part")
    )
    amount = pl.concat_str("whole", "part")
    sign = pl.when(amount == "0").then(pl.lit("")).otherwise("minus")
    value = pl.when(pl.col("raw").str.contains("[0-9]")).then(pl.concat_str(sign, amount))
    return judged(frame, value, is_placeholder(pl.col("display")), "not_a_number")


def _tolerance(text: str) -> str:
    """The tolerance as the config says it, checked: ``5`` or ``0.5``, or a share such as ``5%``."""
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([%％]?)", text.strip())
    share = found is not None and bool(found[2])
    if found is None or not Fraction(found[1]) or (share and Fraction(found[1]) >= 100):
        raise ValueError(said("expected a number above 0, such as 5, or a share below 100 %, such as 5%"))
    return found[1] + ("%" if share else "")


_UNSURE = 1e-9


def _within(tolerance: str, lefts: Sequence[str], rights: Sequence[str]) -> Levels:
    """1 for the pairs of numbers that differ by no more than the tolerance, else 0; exactly: what floating point leaves
    open is counted in fractions.
    """
    a, b = (pl.Series(texts, dtype=pl.String).cast(pl.Float64).to_numpy() for texts in (lefts, rights))
    share = Fraction(tolerance[:-1]) / 100 if tolerance.endswith("%") else None
    most = np.maximum(np.abs(a), np.abs(b))
    allowed = np.full(a.size, float(tolerance)) if share is None else most * float(share)
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
        found = apart <= allowed
        unsure = ~(np.abs(apart - allowed) > _UNSURE * np.maximum(most, allowed))
    for at in np.flatnonzero(unsure).tolist():
        x, y = Fraction(lefts[at]), Fraction(rights[at])
        found[at] = abs(x - y) <= (Fraction(tolerance) if share is None else share * max(abs(x), abs(y)))
    return np.asarray(found, dtype=np.uint8)


def _judge(values: Values, a: int, b: int, left: Rows, right: Rows, tolerance: str) -> Levels:
    """The levels of pairs of numbers."""
    first, second = values.places[a], values.places[b]
    same = equal(first.codes[left], second.codes[right])
    result = np.where(same, _LEVEL["equal"], _LEVEL["differs"])
    if tolerance:
        inside = level_of_pairs(first, second, left, right, ~same, partial(_within, tolerance))
        result[inside.astype(np.bool_)] = _LEVEL["within"]
    result[few_edits(first, left, right, result == _LEVEL["differs"], second)] = _LEVEL["near"]
    return result


def _own(field: str, options: Options | None = None) -> Facet:
    """The facet of a field of numbers."""
    judge = partial(_judge, tolerance=(options or {}).get("tolerance", ""))
    return own(field, NUMBER_LEVELS, partial(best, judge=judge), order=_ORDER)


_ABOUT = "How far apart two numbers of one person may be: `5`, or `5%` of the larger one."

NUMBER = Kind("number", number, _own, options={"tolerance": Option(_tolerance, _ABOUT)})
"""Numbers."""

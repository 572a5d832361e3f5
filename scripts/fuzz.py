"""Throws mutated values at every normalizer and asks all promises of ``scripts/contract.py`` of them.

Usage: ``python scripts/fuzz.py [--minutes 10] [--seed N] [--kind KIND ...]``

Seeds are the values of ``tests/**/cases/*.yaml`` and random Unicode. A batch that raises or breaks a promise is cut
down to the fewest and shortest values that still do; they are printed with escapes, and the exit code is 1. With
nothing found it is 0, after one line of counts per kind. The same seed makes the same batches, as far as the time
reaches.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from contract import HALF_WIDTH, NORMALIZERS, PROPERTIES

from oneid.kinds.address.normalizer import address
from oneid.kinds.birth.normalizer import birth_parts
from oneid.kinds.name.spelling.kana import kana_parts
from oneid.kinds.name.spelling.normalizer import name_parts
from oneid.kinds.normalizing import NORMALIZERS as KINDS

TESTS = Path(__file__).resolve().parent.parent / "tests"
BATCH = 2000
PATIENCE = 10.0
"""Seconds after which cutting down a failure ends with what is left."""

Texts = list[str | None]
Check = Callable[[str, pl.Series], pl.Series]


def _parts(kind: str, values: pl.Series) -> pl.Series:
    """Values as parts beside one another: one row each, and a reason exactly where nothing is usable."""
    other = values.reverse()
    if kind == "name":
        frame = name_parts(values, other)
    elif kind == "kana":
        frame = kana_parts(values, other)
    elif kind == "birth":
        frame = birth_parts(values, other, values)
    elif kind == "address":
        frame = address(values, KINDS["postcode"](other)["normalized"])
    else:
        return pl.repeat(value=False, n=len(values), eager=True)
    assert frame.height == len(values)
    return frame["normalized"].is_null() != frame["reason"].is_not_null()


CHECKS: dict[str, Check] = {**PROPERTIES, "parts": _parts}


def texts_in(found: Any) -> list[str]:  # noqa: ANN401
    """All texts of a case file, whatever its form."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, dict):
        return [text for value in found.values() for text in texts_in(value)]
    return [text for value in found for text in texts_in(value)] if isinstance(found, list) else []


def seeds() -> dict[str, list[str]]:
    """Per kind the texts of its case file, and under ``""`` those of all."""
    known = {
        path.stem: texts_in(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(TESTS.glob("**/cases/*.yaml"))
    }
    every = sorted({text for texts in known.values() for text in texts})
    return {"": every} | {kind: sorted(set(known.get(kind, every))) for kind in NORMALIZERS}


def _any_character(dice: random.Random) -> str:
    """Any code point that UTF-8 can hold, the low ones and the awkward ones more often."""
    reach = dice.choice((0x80, 0x300, 0x3100, 0xA000, 0x10000, 0x110000))
    code = dice.randrange(reach)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


AWKWARD: list[str] = [
    *"\x00\t\n\r\x1b\x7f\x85\xa0\xad\u0300\u0301\u034f\u061c\u200b\u200d\u200e\u2028\u202e\u2060\u3000\u3099\u309a\u3164",
    *"\ufe0f\ufeff\uffa0\ufffd\uffff\ue000\uf8ff\U000e0100\U000f0000\U0010ffff\U0001f468゛゜ﾞﾟ々〆ー〓?*$\\(){}[]^|+・々ゝヾ㍿㍼㈱㌔",
    "1" * 20, "９" * 30, "0" * 40, "9999999999999999999", "18446744073709551616", "1e308", "-0", "+" * 9, "一" * 12,
    "千" * 9, "十百", "-" * 15, " " * 9, "様" * 5, "@" * 3, "(" * 9, "１丁目", "昭和", "㍻", "-81", "/0", "株式会社",
]  # fmt: skip


def _other_encoding(dice: random.Random, text: str) -> str:
    """The text as a program reads it that takes cp932 for UTF-8, or the other way round."""
    written, read = dice.choice((("utf-8", "cp932"), ("cp932", "utf-8"), ("utf-8", "latin-1"), ("euc_jp", "cp932")))
    return text.encode(written, "replace").decode(read, "replace")


def _piece(dice: random.Random, text: str) -> tuple[int, int]:
    begin = dice.randrange(len(text) + 1)
    return begin, min(len(text), begin + dice.choice((1, 1, 1, 2, 4, 9)))


def mutated(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """``text`` after one change."""
    begin, end = _piece(dice, text)
    piece = text[begin:end]
    change = dice.randrange(11)
    if change == 0:
        return text[:begin] + text[end:]
    if change == 1:
        return text[:begin] + piece * dice.choice((2, 2, 3, 50)) + text[end:]
    if change == 2:
        return text[:begin] + _any_character(dice) + text[begin if dice.random() < 0.5 else end :]
    if change == 3:
        return text[:begin] + dice.choice(AWKWARD) + text[begin if dice.random() < 0.5 else end :]
    if change == 4:
        other = dice.choice(others)
        first, last = _piece(dice, other)
        return text[:begin] + (other[first:last] if dice.random() < 0.5 else other[first:]) + text[end:]
    if change == 5:
        wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in piece)
        return text[:begin] + wide.translate(HALF_WIDTH) + text[end:]
    if change == 6:
        return text[:begin] + unicodedata.normalize(dice.choice(("NFD", "NFKD", "NFC", "NFKC")), piece) + text[end:]
    if change == 7:
        return _other_encoding(dice, text)
    if change == 8:
        return text[:begin] + dice.choice((piece.upper(), piece.lower(), piece.swapcase(), piece[::-1])) + text[end:]
    if change == 9:
        return text[:begin] + str(dice.randrange(10 ** dice.randrange(1, 25))) + text[end:]
    return dice.choice(others) + dice.choice(" 　,、/・()-") + text


def batch(dice: random.Random, own: Sequence[str], every: Sequence[str]) -> Texts:
    """A column of distinct values: seeds after a few changes, wild texts, one very long text, a few nulls."""
    found: Texts = [None, ""]
    for _ in range(BATCH):
        if dice.random() < 0.08:
            text = "".join(_any_character(dice) for _ in range(dice.choice((1, 2, 5, 30))))
        else:
            text = dice.choice(own if dice.random() < 0.85 else every)
        for _ in range(dice.choice((0, 1, 1, 2, 3, 6))):
            text = mutated(dice, text, own)
        found.append(text[:300])
    found.append((dice.choice(own) + dice.choice(AWKWARD)) * dice.randrange(1, 500))
    return list(dict.fromkeys(found))


def breaks(check: Check, kind: str, values: Texts) -> str | None:
    """How a column breaks a promise, or None."""
    try:
        found = check(kind, pl.Series("value", values, dtype=pl.String))
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {str(error)[:300]}"
    except BaseException as error:  # a panic of Polars is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return f"{type(error).__name__}: {str(error)[:300]}"
    return "a row breaks it" if found.any() else None


def alone(check: Check, kind: str, values: Texts) -> Texts:
    """One value that breaks the promise by itself, if one of the first such rows does; else the whole column."""
    try:
        rows = check(kind, pl.Series("value", values, dtype=pl.String)).arg_true().to_list()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        rows = []
    return next(([values[row]] for row in rows[:20] if breaks(check, kind, [values[row]])), values)


def fewest(check: Check, kind: str, values: Texts) -> Texts:
    """The values of a column that are needed to break the promise: halves, quarters and so on are left out."""
    values = alone(check, kind, values)
    size, until = max(1, len(values) // 2), time.monotonic() + PATIENCE
    while True:
        at = 0
        while at < len(values) and len(values) > 1 and time.monotonic() < until:
            rest = values[:at] + values[at + size :]
            if rest and breaks(check, kind, rest):
                values = rest
            else:
                at += size
        if size == 1:
            return values
        size //= 2


def shortest(check: Check, kind: str, values: Texts) -> Texts:
    """The same values with as few characters as break the promise."""
    until = time.monotonic() + PATIENCE
    for row, value in enumerate(values):
        kept = value or ""
        size = max(1, len(kept) // 2)
        while kept:
            at = 0
            while at < len(kept) and time.monotonic() < until:
                shorter = kept[:at] + kept[at + size :]
                if breaks(check, kind, [*values[:row], shorter, *values[row + 1 :]]):
                    kept = shorter
                    values = [*values[:row], kept, *values[row + 1 :]]
                else:
                    at += size
            if size == 1:
                break
            size //= 2
    return values


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until the time is over or ten failures are found; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=list(NORMALIZERS), help="only this kind; may be repeated")
    args = parser.parse_args(arguments)
    known, dice = seeds(), random.Random(args.seed)
    kinds = args.kind or list(NORMALIZERS)
    end = time.monotonic() + 60 * args.minutes
    counts = dict.fromkeys(kinds, 0)
    failures: dict[tuple[str, str], str] = {}
    rounds = 0
    while rounds == 0 or (time.monotonic() < end and len(failures) < 10):
        rounds += 1
        for kind in kinds:
            values = batch(dice, known[kind], known[""])
            for name, check in CHECKS.items():
                if (kind, name) in failures or not breaks(check, kind, values):
                    continue
                small = shortest(check, kind, fewest(check, kind, values))
                failures[kind, name] = ascii(small)
                print(f"{kind}: {name}: {small!a}: {breaks(check, kind, small)}", flush=True)
            counts[kind] += len(values)
            if rounds > 1 and time.monotonic() >= end:
                break
    for kind, count in counts.items():
        print(f"{kind:<10} {count:>9,} values, {sum(k == kind for k, _ in failures)} promises broken")
    print(f"{sum(counts.values()):,} values in {rounds:,} rounds, seed {args.seed}: {len(failures)} broken")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())

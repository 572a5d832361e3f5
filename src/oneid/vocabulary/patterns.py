"""Evidence patterns: the levels of all fields of a pair, packed into one integer.

A :class:`Schema` lists the fields and, for each, its levels. A pattern is the mixed-radix number whose digits are
the level numbers, first field most significant. A million records give millions of pairs but only some thousands of
distinct patterns, so that weights, rules and verdicts work on a table of patterns that fits on a screen.

Level 0 is always ``missing``: the field says nothing. Missing is never equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.errors import ConfigError

__all__ = ["LEVELS", "MISSING", "ORDER", "Schema", "plain_levels"]

MISSING = "missing"

LEVELS: Mapping[str, tuple[str, ...]] = {
    "name": (
        MISSING,
        "equal_rare",  # family and given name agree; few records bear that name
        "equal_common",
        "equal_frequent",  # ... a name that dozens of records bear
        "variant_rare",  # agree but for a soft kanji variant, another reading of the same kanji, or the order of romaji
        "variant_common",
        "homophone",  # given names sound alike and are written with other kanji
        "close",  # one edit in one part, the other part equal
        "swapped",  # family and given name have changed places
        "given_only",  # the given names agree, a family name is missing
        "given_equal",  # the given names agree, the family names differ: marriage, or chance
        "family_equal",  # the family names agree, the given names differ: relatives
        "differs",
    ),
    "nickname": (MISSING, "equal"),
    "birth": (
        MISSING,
        "equal",
        "near",  # one digit, two digits exchanged, day and month exchanged, or the neighbouring era
        "partial_equal",  # one side knows two of year, month and day, and they agree
        "partial_weak",  # only one component can be compared, and it agrees
        "differs",
    ),
    "phone": (
        MISSING,
        "mobile_equal",
        "mobile_shared",  # a mobile whose holders contradict each other
        "land_equal",
        "land_shared",
        "land_equal_mobiles_differ",
        "near",  # one digit apart
        "differs",
        "mobiles_differ",
    ),
    "email": (
        MISSING,
        "equal",
        "shared",  # an address whose holders contradict each other
        "near",  # one edit apart, or the same mailbox name at another provider
        "differs",
    ),
    "address": (
        MISSING,
        "equal_full",  # town, block, and building or room
        "equal_street",  # town and block; building or room missing on a side
        "room_differs",  # town and block, but another room
        "same_town",
        "same_postcode",
        "differs",
    ),
    "sex": (MISSING, "equal", "differs"),
}
"""The levels of the fields that every run has, in pattern order."""

ORDER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "name": (
        ("equal_rare", "equal_common", "equal_frequent", "differs"),
        ("equal_rare", "variant_rare", "variant_common", "differs"),
        ("equal_rare", "close", "family_equal"),
        ("equal_rare", "given_equal", "family_equal"),
    ),
    "birth": (("equal", "near", "differs"), ("equal", "partial_equal", "partial_weak", "differs")),
    "phone": (
        ("mobile_equal", "mobile_shared", "mobiles_differ"),
        ("mobile_equal", "land_equal", "land_shared", "mobiles_differ"),
        ("mobile_equal", "near", "mobiles_differ"),
    ),
    "email": (("equal", "shared", "differs"), ("equal", "near", "differs")),
    "address": (("equal_full", "same_town", "differs"), ("equal_street", "same_town", "differs")),
    "sex": (("equal", "differs"),),
}
"""Which levels say more than which others: along each line of a field, evidence for one person does not grow. Levels
that stand on no common line are not compared, and what a household shares may say less than its place here: that is
what interactions are for.
"""


def plain_levels() -> tuple[str, ...]:
    """The levels of an identifier or a field of one's own."""
    return (MISSING, "equal", "near", "differs")


@dataclass(frozen=True)
class Schema:
    """The fields of a pattern with their levels. Configurations beyond 2**63 patterns are refused (E120)."""

    levels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(LEVELS))

    def __post_init__(self) -> None:
        if self.size > 2**63:
            raise ConfigError(
                "E120",
                f"{len(self.levels)} compared fields make {self.size:.1e} patterns, more than 2^63",
                hint="compare fewer fields of your own",
            )

    @property
    def size(self) -> int:
        """How many patterns there can be."""
        size = 1
        for levels in self.levels.values():
            size *= len(levels)
        return size

    @cached_property
    def hash(self) -> str:
        """Names this schema; stored patterns of another schema cannot be read with it."""
        text = ";".join(f"{name}={','.join(levels)}" for name, levels in self.levels.items())
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def index(self, name: str, level: str) -> int:
        """The number of a level."""
        return self.levels[name].index(level)

    def pack(self, levels: Mapping[str, npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint64]:
        """Level numbers per field (arrays of one length; a missing field is level 0) to patterns."""
        size = len(next(iter(levels.values())))
        code = np.zeros(size, dtype=np.uint64)
        for name, names in self.levels.items():
            code *= np.uint64(len(names))
            if name in levels:
                code += levels[name]
        return code

    def unpack(self, patterns: npt.NDArray[np.uint64]) -> dict[str, npt.NDArray[np.uint8]]:
        """Patterns to level numbers per field.

        >>> schema = Schema()
        >>> one = schema.pack({"name": np.array([1], np.uint8), "sex": np.array([2], np.uint8)})
        >>> {name: int(level[0]) for name, level in schema.unpack(one).items() if level[0]}
        {'sex': 2, 'name': 1}
        """
        rest = patterns.astype(np.uint64, copy=True)
        levels = {}
        for name, names in reversed(list(self.levels.items())):
            rest, digit = np.divmod(rest, np.uint64(len(names)))
            levels[name] = digit.astype(np.uint8)
        return levels

    def table(self, patterns: npt.NDArray[np.uint64]) -> pl.DataFrame:
        """Distinct patterns as a frame: ``pattern`` and one column of level names per field."""
        levels = self.unpack(patterns)
        columns: dict[str, pl.Series] = {"pattern": pl.Series(patterns, dtype=pl.UInt64)}
        for name, names in self.levels.items():
            columns[name] = pl.Series(np.array(names, dtype=object)[levels[name]], dtype=pl.String)
        return pl.DataFrame(columns)

"""Evidence patterns: the levels of all fields of a pair, packed into one integer.

A :class:`Schema` lists the fields and, for each, its levels. A pattern is the mixed-radix number whose digits are
the level numbers, first field most significant. A million records give millions of pairs but only some thousands of
distinct patterns, so that weights, rules and verdicts work on a table of patterns that fits on a screen.

Level 0 is always ``missing``: the field says nothing. Missing is never equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.vocabulary.errors import ConfigError
from oneid.vocabulary.language import said

__all__ = ["MISSING", "Schema"]

MISSING = "missing"
"""Level 0 of every field."""


@dataclass(frozen=True)
class Schema:
    """The fields of a pattern with their levels. Configurations beyond 2**63 patterns are refused (E120)."""

    levels: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if self.size > 2**63:
            raise ConfigError(
                "E120",
                said(
                    "{fields} compared fields make {size:.1e} patterns, more than 2^63",
                    fields=len(self.levels),
                    size=self.size,
                ),
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

        >>> schema = Schema({"name": ("missing", "equal", "differs"), "sex": ("missing", "equal", "differs")})
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

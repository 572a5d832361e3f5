"""The shapes of what kinds hand on: arrays of pairs, columns of features, what normalizers say of fields and of
values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = [
    "Contract", "Features", "Flags", "Found", "FoundRow", "Frames", "Levels", "Options", "Row", "Rows", "Words",
]  # fmt: skip

Rows = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.uint8]
Contract = Mapping[str, "pl.DataType | type[pl.DataType]"]
Frames: TypeAlias = list[pl.DataFrame]
"""What a normalizer makes of a field, one frame per value."""
Found = Mapping[str, Frames]
"""The frames of a source's fields, by field."""
Row: TypeAlias = Mapping[str, Any]
"""What a normalizer says of one value: its columns by name."""
FoundRow = Mapping[str, Sequence[Row]]
"""The rows of one record's fields, by field, one per value."""

Words = Mapping[str, tuple[str, ...]]
Options = Mapping[str, Any]
"""What a config says of a field, by option."""


class Features(Protocol):
    """What is known of records, column by column, so that not all need be in memory: a frame is such, and
    :class:`oneid.engines.overlay.Overlay`.
    """

    @property
    def columns(self) -> Sequence[str]:
        """The names of the features."""

    @property
    def height(self) -> int:
        """How many records there are."""

    def select(self, columns: Sequence[str], /) -> pl.DataFrame:
        """Some features of all records."""

    def slice(self, offset: int, length: int | None = None) -> Features:
        """All features of some records that follow each other."""

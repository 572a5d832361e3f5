"""Makes what look-ups of Japanese places need of ``towns.csv.xz``, beside it in ``src/oneid/japanese/data``.

Each process that reads an address needs these tables, and to make them takes it a second of computing; to read them a
few hundredths. So they are shipped as Parquet::

    python scripts/make_place_index.py

cities
    prefecture, city: each once, prefectures in the order of their codes. The number of a row is an *area*.
town_places
    area, town: what can be found. The number of a row is a *place*; ``twin_of`` is the place of another town of that
    city which folds alike, null for nearly all.
town_keys
    area, key, target: the ways to write each place, folded as texts are.
postcodes
    postcode, code_area, code_place (-1: several): what a postcode of one city stands for.

A change of the towns, of the variants of kanji or of the code that folds them needs this script again, after
``make_place_data.py`` or ``make_variant_data.py``; a test compares the files with what it makes.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from oneid.japanese.places import _table as with_marks
from oneid.japanese.places import cities, city_index, folded_names, prefectures, town_index, towns
from oneid.kinds.address.postal import resolved

DATA = Path(__file__).resolve().parents[1] / "src/oneid/japanese/data"


def all_cities() -> pl.DataFrame:
    """``cities``."""
    order = pl.col("prefecture").replace_strict(prefectures(), range(47), return_dtype=pl.Int8)
    return towns().select("prefecture", "city").unique().sort(order, "city")


def all_postcodes() -> pl.DataFrame:
    """``postcodes``, by the other three."""
    return resolved(towns()).sort("postcode")


def _town_names() -> pl.DataFrame:
    """(area, town, key, rank): the ways to write each town of a city; a smaller rank is nearer to the official name."""
    ids = cities().with_row_index("area").with_columns(pl.col("area").cast(pl.Int64))
    table = with_marks().filter(pl.col("town") != "").group_by("prefecture", "city", "town").agg(pl.col("oaza").max())
    plain = table.join(ids, on=["prefecture", "city"]).sort("area", "town").with_columns(rank=pl.lit(0))
    plain = plain.with_columns(folded_names(plain["town"]).alias("key"))
    official = pl.when(pl.col("oaza") == 1).then("大字" + pl.col("town")).otherwise(pl.col("town"))
    plain = plain.select("area", official.alias("town"), "key", "rank")
    jo = r"^(.*?)([0-9]+)条([東西南北]?)$"
    base, number, side = (pl.col("key").str.extract(jo, group) for group in (1, 2, 3))
    ward = plain.select("area", base.alias("base"), "town", (base + number).alias("stem"), side.alias("side"))
    ward = ward.drop_nulls("base")
    sided = ward.filter(pl.col("side") != "", pl.col("base") != "").select(
        "area", "town", (pl.col("stem") + pl.col("side")).alias("key")
    )
    bare = ward.filter(pl.col("side") == "", pl.col("base").str.len_chars() > 1)
    bare = bare.join(plain.select("area", pl.col("key").alias("base")), on=["area", "base"], how="anti")
    bare = bare.select("area", "town", (pl.col("stem") + "-").alias("key"))
    ken = bare.with_columns(pl.col("key").str.replace("^([0-9]+)軒", "${1}-"))
    chome = r"^(.*?)([0-9]+)丁目$"
    whole = plain.with_columns(pl.col("key").str.extract(chome, 1).alias("base")).drop_nulls("base")
    whole = whole.join(plain.select("area", pl.col("key").alias("base")), on=["area", "base"], how="anti")
    whole = whole.select("area", "town", pl.col("key").str.replace(chome, "${1}${2}-").alias("key"))
    linked = plain.with_columns(pl.col("key").str.replace_all(r"(\p{Han})[ケノ](\p{Han})", "${1}${2}"))
    quarter = pl.concat([_without(plain, "千代田区", "神田"), _without(plain, "中央区", "日本橋")])
    road = plain.filter(pl.col("key").str.ends_with("通り")).with_columns(pl.col("key").str.strip_suffix("り"))
    ranked = ((sided, 1), (bare, 1), (ken, 1), (whole, 1), (linked, 2), (road, 2), (quarter, 3))
    more = [frame.select("area", "town", "key", rank=pl.lit(rank)) for frame, rank in ranked]
    ways = pl.concat([plain.select("area", "town", "key", "rank"), *more])
    return ways.sort("area", "key", "rank", "town")


def _without(plain: pl.DataFrame, city: str, quarter: str) -> pl.DataFrame:
    """(area, town, key): the towns of a ward of Tokyo without the name of the old ward that most of them carry."""
    here = (pl.col("prefecture") == "東京都") & (pl.col("city") == city)
    area = cities().with_row_index("area").filter(here)["area"].item()
    short = pl.col("key").str.extract(f"^{quarter}([^0-9]{{2,}})$").alias("key")
    return plain.filter(pl.col("area") == area).select("area", "town", short).drop_nulls("key")


def all_towns() -> tuple[pl.DataFrame, pl.DataFrame]:
    """``town_places`` and ``town_keys``, by the cities."""
    ways = _town_names()
    best = pl.col("rank").min().over("area", "key")
    ways = ways.filter(pl.col("rank") == best).unique(["area", "key", "town"], maintain_order=True)
    clear = (pl.col("rank") == 0) | (pl.len().over("area", "key") == 1)
    ways = ways.filter(clear)
    first = pl.struct("area", "key").is_first_distinct()
    others = ways.filter(~first).select("area", "key", pl.col("town").alias("other"))
    ways = ways.filter(first)
    ways = ways.with_columns(pl.col("area").alias("home"))
    shared = city_index().members.join(ways, left_on="city_id", right_on="area").select("area", "town", "key", "home")
    clear = pl.col("home").n_unique().over("area", "key") == 1
    shared = shared.with_columns(home=pl.when(clear).then(pl.col("home")).otherwise(pl.col("area")))
    shared = shared.sort("area", "key", "town").unique(["area", "key"], keep="first", maintain_order=True)
    ways = pl.concat([ways.select("area", "key", "home", "town"), shared.select("area", "key", "home", "town")])
    places = ways.select(pl.col("home").alias("area"), "town").unique(maintain_order=True).with_row_index("target")
    places = places.with_columns(pl.col("target").cast(pl.Int64))
    found = ways.join(places, left_on=["home", "town"], right_on=["area", "town"])
    keys = found.select("area", "key", "target")
    twins = others.join(found, on=["area", "key"]).select("area", "other", pl.col("target").alias("place"))
    every = places.select("area", "town", twin_of=pl.lit(None, pl.Int64))
    return pl.concat([every, twins.select("area", pl.col("other").alias("town"), twin_of="place")]), keys


def write(name: str, table: pl.DataFrame) -> None:
    """Writes one of the tables."""
    table.write_parquet(DATA / f"{name}.parquet", compression="zstd", compression_level=19, statistics=False)


def main() -> None:
    """Each table is made by those before it."""
    write("cities", all_cities())
    cities.cache_clear()
    places, keys = all_towns()
    write("town_places", places)
    write("town_keys", keys)
    town_index.cache_clear()
    write("postcodes", all_postcodes())


if __name__ == "__main__":
    main()

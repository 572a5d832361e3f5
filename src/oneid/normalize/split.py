"""Where the family name ends: unspaced kanji names split by what is known.

Each place where a name can be cut is a candidate. A candidate is worth the commonness of the family name it makes,
more where the record's own kana is a known reading of it, and a little for the usual lengths. Known are the family
names that the data itself shows apart, and a shipped table of surnames with readings. Where no candidate makes a
known family name the name stays whole; a whole that is itself a given name is a nickname.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import polars as pl

from oneid.normalize.kanji import fold_hard
from oneid.normalize.romaji import fold

__all__ = ["given_first", "given_names", "split_kana", "split_names", "surnames"]

LONGEST_FAMILY = 5
READING_BONUS = 12.0
"""Worth of a family name whose known reading is the record's kana: more than any commonness (natural logarithm)."""

_LENGTHS = {(2, 2): 0.8, (2, 1): 0.5, (1, 2): 0.0, (2, 3): 0.3, (3, 2): 0.0, (1, 1): 0.0, (3, 1): -0.5, (1, 3): -0.5}
"""How usual lengths of family and given name are, a natural logarithm; others -1.5. From the shipped name tables."""


def _names(file: str, columns: tuple[str, ...]) -> pl.DataFrame:
    text = resources.files("oneid.data").joinpath(file).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    frame = pl.DataFrame({column: [row[column] for row in rows] for column in columns})
    return frame.with_columns(fold_hard(pl.col("kanji")), pl.col("weight").cast(pl.Float64))


@cache
def surnames() -> pl.DataFrame:
    """The shipped surnames: kanji (hard tier folded), reading (katakana), weight (bearers per 100,000 people)."""
    return _names("surnames.csv", ("kanji", "reading", "weight"))


@cache
def given_names() -> pl.DataFrame:
    """The shipped given names: kanji (hard tier folded), reading (katakana), sex (m, f), weight (relative)."""
    return _names("given_names.csv", ("kanji", "reading", "sex", "weight"))


def split_names(names: pl.Series, kana_family: pl.Series, seen: pl.DataFrame) -> pl.DataFrame:
    """Splits folded, unspaced kanji names.

    ``names`` and ``kana_family`` (strict kana of the family name, null where unknown) have one length; ``seen`` has the
    family names that the data shows apart, with columns kanji, reading (may be null). Returns family, given (null where
    the name stays whole) and whole_given (the whole is a given name), of the same height.
    """
    table = _known(seen)
    weights = table.group_by("kanji").agg(pl.col("weight").sum())
    pairs = table.select("kanji", "reading").drop_nulls().unique().with_columns(known_reading=pl.lit(value=True))
    frame = pl.DataFrame({"name": names, "kana": kana_family})
    distinct = frame.unique().drop_nulls("name").with_columns(length=pl.col("name").str.len_chars().cast(pl.Int32))
    best = distinct.with_columns(worth=pl.lit(None, dtype=pl.Float64), cut=pl.lit(None, dtype=pl.Int32))
    for cut in range(1, LONGEST_FAMILY + 1):
        candidates = (
            distinct.lazy()
            .filter(pl.col("length") > cut)
            .with_columns(kanji=pl.col("name").str.slice(0, cut))
            .join(weights.lazy(), on="kanji", how="left")
            .join(pairs.lazy(), left_on=["kanji", "kana"], right_on=["kanji", "reading"], how="left")
            .filter(pl.col("weight").is_not_null())
            .with_columns(
                new=pl.col("weight").log()
                + (pl.col("length") - cut).replace_strict(_usual(cut), default=-1.5, return_dtype=pl.Float64)
                + pl.when(pl.col("known_reading")).then(READING_BONUS).otherwise(0.0)
            )
            .select("name", "kana", "new")
            .collect()
        )
        best = (
            best.join(candidates, on=["name", "kana"], how="left", nulls_equal=True)
            .with_columns(
                cut=pl.when(pl.col("new") > pl.col("worth").fill_null(-1e9)).then(cut).otherwise(pl.col("cut")),
                worth=pl.max_horizontal("worth", "new"),
            )
            .drop("new")
        )
    best = best.with_columns(
        family=pl.when(pl.col("cut").is_not_null()).then(pl.col("name").str.slice(0, pl.col("cut"))),
        given=pl.when(pl.col("cut").is_not_null()).then(pl.col("name").str.slice(pl.col("cut"))),
        whole_given=pl.col("name").is_in(given_names()["kanji"].unique().implode())
        & (pl.col("worth").fill_null(-1e9) < READING_BONUS / 3),
    )
    return frame.join(best, on=["name", "kana"], how="left", nulls_equal=True, maintain_order="left").select(
        "family", "given", pl.col("whole_given").fill_null(value=False)
    )


def _usual(cut: int) -> dict[int, float]:
    return {given: worth for (family, given), worth in _LENGTHS.items() if family == cut}


def _known(seen: pl.DataFrame) -> pl.DataFrame:
    """The shipped surnames and those of the data; one that only the data shows weighs as one of the rarest."""
    shipped = surnames().select("kanji", "reading", "weight")
    own = seen.select("kanji", "reading").unique().drop_nulls("kanji").filter(pl.col("kanji") != "")
    fresh = own.join(shipped, on=["kanji", "reading"], how="anti", nulls_equal=True)
    return pl.concat([shipped, fresh.with_columns(weight=pl.lit(0.3))])


@cache
def _weights(column: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Commonness of family and of given readings, as strict ``kana`` or as folding ``key``."""
    reading = pl.col("reading") if column == "kana" else fold(pl.col("reading"))
    return tuple(  # type: ignore[return-value]
        table.select(word=reading, weight="weight").group_by("word").agg(pl.col("weight").sum().log())
        for table in (surnames(), given_names())
    )


def split_kana(wholes: pl.Series) -> pl.DataFrame:
    """Splits unspaced strict kana into family and given: known family and given readings, the commonest together.

    Returns family and given of the same height, null where no cut makes both a known family and a known given reading.
    """
    frame = wholes.to_frame("whole")
    families, givens = _weights("kana")
    distinct = frame.unique().drop_nulls()
    cuts = [
        distinct.lazy()
        .filter(pl.col("whole").str.len_chars() > cut + 1)
        .with_columns(family=pl.col("whole").str.slice(0, cut), given=pl.col("whole").str.slice(cut))
        .join(families.lazy(), left_on="family", right_on="word")
        .join(givens.lazy(), left_on="given", right_on="word", suffix="_given")
        .with_columns(worth=pl.col("weight") + pl.col("weight_given"))
        for cut in range(1, 8)
    ]
    best = (
        pl.concat(cuts)
        .sort("whole", "worth", "family", descending=[False, True, False])
        .unique("whole", keep="first", maintain_order=True)
        .select("whole", "family", "given")
        .collect()
    )
    return frame.join(best, on="whole", how="left", maintain_order="left").select("family", "given")


def given_first(first: pl.Series, last: pl.Series) -> pl.Series:
    """Whether the given name stands first, for pairs of folding keys: what the name tables make likelier.

    Cards are mostly embossed given name first; where the tables know neither order, that is assumed.
    """
    families, givens = _weights("key")
    frame = pl.DataFrame({"first": first, "last": last})
    distinct = frame.unique().drop_nulls()
    unknown = -3.0
    for side in ("first", "last"):
        for table, role in ((families, "family"), (givens, "given")):
            named = table.rename({"word": side, "weight": f"{side}_{role}"})
            distinct = distinct.join(named, on=side, how="left")
    worth = {name: pl.col(name).fill_null(unknown) for name in distinct.columns[2:]}
    turned = worth["last_family"] + worth["first_given"] >= worth["first_family"] + worth["last_given"]
    known = distinct.select("first", "last", turned=turned)
    joined = frame.join(known, on=["first", "last"], how="left", maintain_order="left")
    return joined["turned"].fill_null(value=True)

"""The likeliest readings of names in kanji, for finding records that may belong together."""

from __future__ import annotations

import heapq
import math
from functools import cache

import polars as pl

from oneid.japanese.nametables import given_names, kanji_readings, surnames
from oneid.japanese.readings import folded, kana_run, plain, verdicts_of
from oneid.japanese.romaji import fold_tokens

__all__ = ["candidates"]

_BEAM = 8


@cache
def borne(role: str) -> pl.DataFrame:
    """The readings of the names in the shipped table of a role: kanji, key, share (of the bearers of those kanji)."""
    table = surnames() if role == "family" else given_names()
    keyed = table.select("kanji", "weight", key=fold_tokens(table["reading"]))
    summed = keyed.group_by("kanji", "key").agg(pl.col("weight").sum())
    return summed.select("kanji", "key", share=pl.col("weight") / pl.col("weight").sum().over("kanji"))


@cache
def keys_of(role: str, least: float = 0.0) -> frozenset[str]:
    """The folding keys of the readings in the shipped table of a role (``family`` or ``given``) that have at least so
    many bearers per 100,000, however they are written.
    """
    table = surnames() if role == "family" else given_names()
    keyed = pl.DataFrame({"key": fold_tokens(table["reading"]), "weight": table["weight"]}).drop_nulls()
    return frozenset(keyed.group_by("key").agg(pl.col("weight").sum()).filter(pl.col("weight") >= least)["key"])


def candidates(names: pl.Series, role: str, most: int = 3) -> pl.DataFrame:
    """The likeliest readings of distinct names in kanji: columns kanji, key (folding key), share; at most ``most`` rows
    for each name, the likeliest first.

    ``role`` is ``family`` or ``given``. Shares are those of the shipped table's bearers, for other names estimated from
    the readings of their kanji; what has less than 3 % is left out. Names that cannot be read at all have no row.

    >>> candidates(pl.Series(["東海林"]), "family", 2).rows()[0][:2]
    ('東海林', 'syozi')
    """
    asked = pl.DataFrame({"kanji": names}).drop_nulls().unique()
    known = asked.join(borne(role), on="kanji")
    rest = asked.join(known, on="kanji", how="anti")["kanji"].sort()
    made = [(text, sound, share) for text in rest for sound, share in _guesses(plain(text))]
    schema = {"kanji": pl.String, "sound": pl.String, "share": pl.Float64}
    guessed = pl.DataFrame(made, schema=schema, orient="row")
    keys = pl.Series("key", folded(guessed["sound"].to_list()), dtype=pl.String)
    guessed = guessed.select("kanji", "share").with_columns(keys).drop_nulls()
    guessed = guessed.group_by("kanji", "key").agg(pl.col("share").sum()).filter(pl.col("share") >= 0.03)
    likely = verdicts_of(guessed["kanji"].to_list(), guessed["key"].to_list())  # not イッ before ミ
    guessed = guessed.filter(pl.Series(likely, dtype=pl.Boolean)).select(known.columns)
    ranked = pl.concat([known, guessed]).sort("kanji", "share", "key", descending=[False, True, False])
    return ranked.filter(pl.col("share") >= 0.03).group_by("kanji", maintain_order=True).head(most)


def _guesses(kanji: str) -> list[tuple[str, float]]:
    """Readings put together from those of the kanji, with their share of all such readings."""
    beam: list[tuple[float, str]] = [(0.0, "")]
    place = 0
    while place < len(kanji):
        run = kana_run(kanji, place)
        if run:
            beam = [(worth, sound + run) for worth, sound in beam]
            place += len(run)
            continue
        readings = kanji_readings().get(kanji[place], {})
        whole = sum(readings.values())
        grown = [
            (worth + math.log(count / whole), sound + reading)
            for worth, sound in beam
            for reading, count in readings.items()
        ]
        beam = heapq.nlargest(_BEAM, grown)
        place += 1
    return [(sound, math.exp(worth)) for worth, sound in beam if sound]

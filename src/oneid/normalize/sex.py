"""Sex as written in member records: male or female."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from oneid.errors import UsageError, did_you_mean
from oneid.normalize.text import as_text, is_placeholder, on_distinct, tidy

__all__ = ["sex"]

_MALE = """
    男 男性 男子 男児 男の子 男の人 おとこ オトコ おとこのこ ♂ m male man men boy 1 01 1.0 1男 1男性 m男 m男性 男m
    男性m 男male
"""
_FEMALE = """
    女 女性 女子 女児 女の子 女の人 おんな オンナ おんなのこ ♀ f female w woman women girl 2 02 2.0 2女 2女性 f女 f女性
    女f 女性f 女female
"""
_UNKNOWN = (
    "0 00 9 09 0.0 9.0 3 x u o その他 そのほか 他 回答しない 答えたくない other others nonbinary non-binary diverse"
)

_WORDS = {
    **dict.fromkeys(_MALE.split(), "male"),
    **dict.fromkeys(_FEMALE.split(), "female"),
    **dict.fromkeys(_UNKNOWN.split(), "unknown"),
}


def sex(values: pl.Series, mapping: Mapping[str, Sequence[str]] | None = None) -> pl.DataFrame:
    """``male`` or ``female``; ``display`` is the tidy text.

    Known are Japanese and English words, M and F, and the codes of ISO 5218: 1 male, 2 female, 0 unknown, 9 not
    applicable. ``mapping`` (``{"male": [...], "female": [...]}``, compared without width, case and blanks) replaces all
    of these: a source's own code 1 for female must not meet ours. Raises UsageError (E403) for another key.

    Reasons: ``missing``; ``placeholder``: 不明 and the like; ``unknown``: 0, 9, その他, 回答しない; ``not_a_sex``.

    >>> sex(pl.Series(["男性", "Ｆ", "9", "?", "abc"]))["normalized"].to_list()
    ['male', 'female', None, None, None]
    >>> sex(pl.Series(["0", "1"]), {"male": ["0"], "female": ["1"]})["normalized"].to_list()
    ['male', 'female']
    """
    words = _WORDS if mapping is None else _own_words(mapping)
    return on_distinct(lambda distinct: _sex(distinct, words), as_text(values))


def _own_words(mapping: Mapping[str, Sequence[str]]) -> dict[str, str]:
    words: dict[str, str] = {}
    for value, spellings in mapping.items():
        if value not in ("male", "female"):
            hint = did_you_mean(value, ["male", "female"])
            raise UsageError("E406", "a mapping of sex has the keys male and female", hint=hint)
        texts = pl.Series("raw", list(spellings), dtype=pl.String).to_frame().select(_bare(tidy(pl.col("raw"))))
        words |= dict.fromkeys(texts.to_series().drop_nulls().to_list(), value)
    return words


def _bare(expr: pl.Expr) -> pl.Expr:
    return expr.str.to_lowercase().str.replace_all(r"[ ()\[\]:/_,]+", "")


def _sex(values: pl.Series, words: Mapping[str, str]) -> pl.DataFrame:
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("display"))
    found = _bare(pl.col("display")).replace_strict(
        list(words), list(words.values()), default=None, return_dtype=pl.String
    )
    frame = frame.with_columns(found=found)
    known = pl.col("found").is_in(["male", "female"])
    return frame.select(
        normalized=pl.when(known).then("found"),
        display="display",
        reason=pl.when(pl.col("display").is_null())
        .then(pl.lit("missing"))
        .when(known)
        .then(None)
        .when(pl.col("found") == "unknown")
        .then(pl.lit("unknown"))
        .when(is_placeholder(pl.col("display")))
        .then(pl.lit("placeholder"))
        .otherwise(pl.lit("not_a_sex")),
    )

"""Sex as written in member records: male or female."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from oneid.japanese.text import as_text, is_placeholder, on_distinct, tidy
from oneid.vocabulary.errors import UsageError, did_you_mean

__all__ = ["sex", "sex_by"]

_MALE = """
    男 男性 男子 男児 男の子 男の人 おとこ オトコ おとこのこ オトコノコ だんせい ダンセイ ♂ m male man men boy mr mister
    1 01 1.0 m男 m男性 男m 男性m 男male male男 male男性 男性male 男♂ 男士 남 남자 남성
"""
_FEMALE = """
    女 女性 女子 女児 女の子 女の人 おんな オンナ おんなのこ オンナノコ じょせい ジョセイ ♀ f female w woman women girl
    mrs ms miss 2 02 2.0 f女 f女性 女f 女性f 女female female女 female女性 女性female 女♀ 女士 여 여자 여성
"""
_UNKNOWN = (
    "0 00 9 09 0.0 9.0 3 x u o その他 そのほか 他 回答しない 答えたくない 選択しない 未選択 無回答 "
    "回答を希望しない どちらでもない ノンバイナリー xジェンダー "
    "other others nonbinary non-binary diverse notspecified prefernottosay notknown"
)

_WORDS = {
    **dict.fromkeys(_MALE.split(), "male"),
    **dict.fromkeys(_FEMALE.split(), "female"),
    **dict.fromkeys(_UNKNOWN.split(), "unknown"),
}


def sex(values: pl.Series, mapping: Mapping[str, Sequence[str]] | None = None) -> pl.DataFrame:
    """``male`` or ``female``; ``display`` is the tidy text.

    Known are Japanese and English words, M and F, and the codes of ISO 5218 and JIS X 0303: 1 male, 2 female, 0
    unknown, 9 not applicable; of a code with a word the word counts (0:男). ``mapping`` (``{"male": [...], "female":
    [...]}``, compared without width, case and blanks) replaces all of these: a source's own code 1 for female must not
    meet ours. Raises UsageError (E406) for another key.

    A column that holds the bare codes 0 and 1, each at least ten times, and never a 2 follows another list, in which 1
    may be female or "no": its codes are refused.

    Reasons: ``missing``; ``placeholder``: 不明 and the like; ``unknown``: 0, 9, その他, 回答しない; ``ambiguous``:
    codes 0 and 1 without a 2; ``not_a_sex``.

    >>> sex(pl.Series(["男性", "Ｆ", "9", "?", "abc"]))["normalized"].to_list()
    ['male', 'female', None, None, None]
    >>> sex(pl.Series(["0", "1"]), {"male": ["0"], "female": ["1"]})["normalized"].to_list()
    ['male', 'female']
    """
    return sex_by(values, mapping)[0]


def sex_by(
    values: pl.Series, mapping: Mapping[str, Sequence[str]] | None = None, other_codes: bool | None = None
) -> tuple[pl.DataFrame, bool]:
    """:func:`sex` by what the column decided before, or decides now where ``other_codes`` is None; and the decision:
    whether its bare codes follow another list and are refused.
    """
    words = _WORDS if mapping is None else _own_words(mapping)
    raw = as_text(values)
    made = on_distinct(lambda distinct: _sex(distinct, words), raw)
    if mapping is not None:
        return made, False
    refused = _other_codes(made) if other_codes is None else other_codes
    return (_without_codes(made) if refused else made), refused


_CODES = {"0": "0", "00": "0", "0.0": "0", "1": "1", "01": "1", "1.0": "1", "2": "2", "02": "2", "2.0": "2"}
_LEAST = 10


def _other_codes(made: pl.DataFrame) -> bool:
    """Whether 0 and 1 are common and 2 never comes: no list with 1 and 2 is used."""
    counts = dict(made["display"].value_counts().iter_rows())
    held = {code: sum(counts.get(text, 0) for text, same in _CODES.items() if same == code) for code in "012"}
    return not held["2"] and min(held["0"], held["1"]) >= _LEAST


def _without_codes(made: pl.DataFrame) -> pl.DataFrame:
    """Bare codes as ambiguous."""
    coded = pl.col("display").is_in(list(_CODES)).fill_null(value=False)
    return made.with_columns(
        normalized=pl.when(~coded).then("normalized"),
        reason=pl.when(coded).then(pl.lit("ambiguous")).otherwise("reason"),
    )


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
    return expr.str.to_lowercase().str.replace_all(r"[ ()\[\]:/_,'\"=;・]+|\.$", "")


def _sex(values: pl.Series, words: Mapping[str, str]) -> pl.DataFrame:
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("display"))
    bare = _bare(pl.col("display"))
    found = bare.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)
    if words is _WORDS:
        word = bare.str.replace(r"^[0-9]{1,2}[.-]?([^0-9.].*)$", "$1").str.replace(r"^([^0-9.]+)[.-]?[0-9]{1,2}$", "$1")
        found = pl.coalesce(found, word.replace_strict(list(words), list(words.values()), default=None))
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

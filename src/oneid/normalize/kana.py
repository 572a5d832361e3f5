"""Kana readings of names: full-width katakana, and the folding keys on which other spellings meet.

``normalized`` is *strict*: キヤ and キャ, オオ and オー, ヅ and ズ stay what was written. What staff and old systems
mix up is folded only in the keys (:func:`oneid.normalize.romaji.fold`).
"""

from __future__ import annotations

import polars as pl

from oneid.normalize.romaji import fold_tokens, name_keys
from oneid.normalize.text import HYPHENS, as_text, is_placeholder, katakana, on_distinct, tidy

__all__ = ["kana", "kana_parts", "readings", "readings_parts"]

_VOICED = dict(zip("カキクケコサシスセソタチツテトハヒフヘホ", "ガギグゲゴザジズゼゾダヂヅデドバビブベボ", strict=True))


def _repeats() -> dict[str, str]:
    """Kana with an iteration mark, spelled out: スヽ is スス, スヾ is スズ."""
    every = [chr(code) for code in range(ord("ァ"), ord("ヴ") + 1)]
    return {kana + "ヽ": kana * 2 for kana in every} | {kana + "ヾ": kana + _VOICED.get(kana, kana) for kana in every}


_REPEATS = _repeats()
_LONG = "[" + HYPHENS.replace("-", r"\-").replace("~", r"\~") + "]+"
_STRICT = "^[ァ-ヺ][ァ-ヺー]*(?: [ァ-ヺ][ァ-ヺー]*)*$"
_SEPARATORS = r"[ ・･·•‧,、.。=/_]+"


def kana(values: pl.Series) -> pl.DataFrame:
    """Readings of names as full-width katakana without blanks.

    Half-width kana with its voiced marks, hiragana and katakana become full-width katakana, iteration marks are spelled
    out, hyphen-likes after a kana become ー. Blanks, middle dots, commas and the like part the name. ``display`` is
    the same with one blank between the parts, or the tidy text where it is no kana.

    Extras (String): ``family`` and ``given``, strict kana of the parts, only where there are exactly two; ``key``, the
    folded parts sorted and joined by one space (what :func:`~oneid.normalize.romaji.romaji` gives for the same name in
    Latin letters); ``key_family`` and ``key_given``, the folded parts.

    Reasons: ``missing``, ``placeholder``, ``not_kana`` (any other character, or no kana at all).

    >>> kana(pl.Series(["ｻﾄｳ ﾀﾛｳ", "せｰら", "佐藤"])).select("normalized", "family", "key", "reason").rows()
    [('サトウタロウ', 'サトウ', 'sato taro', None), ('セーラ', None, 'sera', None), (None, None, None, 'not_kana')]
    """
    return _with_keys(readings(values))


def readings(values: pl.Series) -> pl.DataFrame:
    """:func:`kana` without the keys, for a caller that folds once for all sources.

    Most readings are two words with one blank between, and the words are few: they are read over distinct words. What
    is not two plain words is read whole.
    """
    text = as_text(values).str.replace_all("\u3000", " ", literal=True)
    plain = text.str.contains(r"^[^ ]+ [^ ]+$").fill_null(value=False)
    words = text.to_frame("x").select(pl.when(plain).then(pl.col("x").str.split_exact(" ", 1))).unnest("x")
    family, given = (on_distinct(_strict, words[name]) for name in words.columns)
    whole = pl.concat_str("family", pl.lit(" "), "given")
    frame = pl.DataFrame({
        "family": family["normalized"], "given": given["normalized"],
        "one": family["parts"] == family["normalized"], "other": given["parts"] == given["normalized"],
    })  # fmt: skip
    frame = frame.with_columns(parts=whole).with_columns(
        fast=(pl.col("one") & pl.col("other") & ~is_placeholder(pl.col("parts"), dummies=True)).fill_null(value=False)
    )
    frame = frame.select(
        normalized=pl.concat_str("family", "given"),
        display="parts",
        reason=pl.lit(None, dtype=pl.String),
        family="family",
        given="given",
        fast="fast",
    )
    slow = (~frame["fast"]).arg_true().alias("row")
    if slow.is_empty():
        return frame.drop("fast")
    read = _whole(as_text(values).gather(slow)).with_columns(slow)
    plain_rows = frame.with_row_index("row").filter("fast").drop("fast")
    return pl.concat([plain_rows, read.select(plain_rows.columns)]).sort("row").drop("row")


def _whole(values: pl.Series) -> pl.DataFrame:
    """Readings as whole texts, however they are separated."""
    frame = _strict(values)
    parts = pl.col("parts").str.split(" ")
    two = pl.col("parts").str.count_matches(" ") == 1
    frame = frame.with_columns(family=pl.when(two).then(parts.list.first()), given=pl.when(two).then(parts.list.last()))
    return frame.select("normalized", "display", "reason", "family", "given")


def _with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Readings with the folding keys of whole and parts; what is in no two parts has the key of its words."""
    words = frame.select(pl.when(pl.col("normalized").is_not_null()).then("display"))["display"]
    keys = name_keys(words)
    known = pl.col("family").is_not_null()
    return _columns(
        frame.with_columns(
            key=keys["key"],
            key_family=pl.when(known).then(keys["first"]),
            key_given=pl.when(known).then(keys["last"]),
        )
    )


def kana_parts(family: pl.Series, given: pl.Series) -> pl.DataFrame:
    """:func:`kana` for family and given readings that stand in columns of their own, with the same columns.

    A part that is missing or unusable is null and the other one is used alone; ``reason`` then is null. Where neither
    is usable, the reason is that of the part that is not merely missing, the family part first. Inside a part, blanks
    and middle dots are dropped from ``family`` and ``given``. ``display`` omits a placeholder beside a usable part.

    >>> kana_parts(pl.Series(["ｻﾄｳ"]), pl.Series(["たろう"])).select("normalized", "display", "key").rows()
    [('サトウタロウ', 'サトウ タロウ', 'sato taro')]
    """
    frame = readings_parts(family, given)
    frame = frame.with_columns(key_family=fold_tokens(frame["family"]), key_given=fold_tokens(frame["given"]))
    first = pl.min_horizontal("key_family", "key_given")
    last = pl.when(pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()).then(
        pl.max_horizontal("key_family", "key_given")
    )
    key = pl.when(first.is_not_null()).then(pl.concat_str([first, last], separator=" ", ignore_nulls=True))
    return _columns(frame.with_columns(key=key))


def readings_parts(family: pl.Series, given: pl.Series) -> pl.DataFrame:
    """:func:`kana_parts` without the keys, for a caller that folds once for all sources."""
    left, right = on_distinct(_strict, family), on_distinct(_strict, given)
    frame = pl.DataFrame({
        "family": left["normalized"], "given": right["normalized"], "left": left["display"], "right": right["display"],
        "left_reason": left["reason"], "right_reason": right["reason"],
    })  # fmt: skip
    known = pl.col("family").is_not_null() | pl.col("given").is_not_null()
    shown = [
        pl.when(known & (pl.col(f"{side}_reason") == "placeholder")).then(None).otherwise(pl.col(side))
        for side in ("left", "right")
    ]
    return frame.with_columns(
        normalized=pl.when(known).then(pl.concat_str("family", "given", ignore_nulls=True)),
        display=pl.concat_str(shown, separator=" ", ignore_nulls=True).replace("", None),
        reason=pl.when(~known).then(
            pl.when(pl.col("left_reason") == "missing").then("right_reason").otherwise("left_reason")
        ),
    ).select("normalized", "display", "reason", "family", "given")


def _strict(values: pl.Series) -> pl.DataFrame:
    """Columns normalized, display, reason and parts (the strict kana with one blank between the parts)."""
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("tidy")).with_row_index("row")
    frame = frame.with_columns(parts=katakana(pl.col("tidy")))
    odd = frame.filter(~pl.col("parts").str.contains(_STRICT))
    if len(odd):
        text = pl.col("parts").str.replace_many(_REPEATS, leftmost=True)
        text = text.str.replace_all(rf"(^| ){_LONG}( |$)", " ").str.replace_all(rf"([ァ-ヺ]){_LONG}", "${1}ー")
        text = text.str.replace_all(_SEPARATORS, " ").str.strip_chars(" ")
        frame = frame.update(odd.select("row", parts=text), on="row")
    frame = frame.with_columns(
        reason=pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(pl.col("parts"), dummies=True))
        .then(pl.lit("placeholder"))
        .when(~pl.col("parts").str.contains(_STRICT))
        .then(pl.lit("not_kana")),
    )
    fit = pl.col("reason").is_null()
    return frame.select(
        normalized=pl.when(fit).then(pl.col("parts").str.replace_all(" ", "", literal=True)),
        display=pl.when(fit).then("parts").otherwise("tidy"),
        reason="reason",
        parts=pl.when(fit).then("parts"),
    )


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("normalized", "display", "reason", "family", "given", "key", "key_family", "key_given")

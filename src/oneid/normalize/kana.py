"""Kana readings of names: full-width katakana, and the folding keys on which other spellings meet.

``normalized`` is *strict*: キヤ and キャ, オオ and オー, ヅ and ズ stay what was written. What staff and old systems
mix up is folded only in the keys (:func:`oneid.normalize.romaji.fold`).
"""

from __future__ import annotations

import polars as pl

from oneid.normalize.romaji import fold_tokens, name_keys
from oneid.normalize.text import HYPHENS, as_text, is_placeholder, katakana, tidy

__all__ = ["kana", "kana_parts"]

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
    frame = _strict(values)
    parts = pl.col("parts").str.split(" ")
    two = pl.col("parts").str.count_matches(" ") == 1
    frame = frame.with_columns(family=pl.when(two).then(parts.list.first()), given=pl.when(two).then(parts.list.last()))
    keys = name_keys(frame["parts"])
    frame = frame.with_columns(
        key=keys["key"],
        key_family=pl.when(pl.col("family").is_not_null()).then(keys["first"]),
        key_given=pl.when(pl.col("family").is_not_null()).then(keys["last"]),
    )
    return _columns(frame)


def kana_parts(family: pl.Series, given: pl.Series) -> pl.DataFrame:
    """:func:`kana` for family and given readings that stand in columns of their own, with the same columns.

    A part that is missing or unusable is null and the other one is used alone; ``reason`` then is null. Where neither
    is usable, the reason is that of the part that is not merely missing, the family part first. Inside a part, blanks
    and middle dots are dropped from ``family`` and ``given``. ``display`` omits a placeholder beside a usable part.

    >>> kana_parts(pl.Series(["ｻﾄｳ"]), pl.Series(["たろう"])).select("normalized", "display", "key").rows()
    [('サトウタロウ', 'サトウ タロウ', 'sato taro')]
    """
    left, right = _strict(family), _strict(given)
    frame = pl.DataFrame({
        "family": left["normalized"], "given": right["normalized"], "left": left["display"], "right": right["display"],
        "left_reason": left["reason"], "right_reason": right["reason"],
    })  # fmt: skip
    frame = frame.with_columns(key_family=fold_tokens(frame["family"]), key_given=fold_tokens(frame["given"]))
    known = pl.col("family").is_not_null() | pl.col("given").is_not_null()
    first = pl.min_horizontal("key_family", "key_given")
    last = pl.when(pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()).then(
        pl.max_horizontal("key_family", "key_given")
    )
    shown = [
        pl.when(known & (pl.col(f"{side}_reason") == "placeholder")).then(None).otherwise(pl.col(side))
        for side in ("left", "right")
    ]
    return _columns(
        frame.with_columns(
            normalized=pl.when(known).then(pl.concat_str("family", "given", ignore_nulls=True)),
            display=pl.concat_str(shown, separator=" ", ignore_nulls=True).replace("", None),
            key=pl.when(first.is_not_null()).then(pl.concat_str([first, last], separator=" ", ignore_nulls=True)),
            reason=pl.when(~known).then(
                pl.when(pl.col("left_reason") == "missing").then("right_reason").otherwise("left_reason")
            ),
        )
    )


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

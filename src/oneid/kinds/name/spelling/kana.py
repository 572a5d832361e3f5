"""Kana readings of names: full-width katakana, and the folding keys on which other spellings meet.

``normalized`` is *strict*: キヤ and キャ, オオ and オー, ヅ and ズ stay what was written. What staff and old systems
mix up is folded only in the keys (:func:`oneid.japanese.romaji.fold`).
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.romaji import fold_tokens, name_keys
from oneid.japanese.text import (
    DUMMY_WORDS,
    HYPHENS,
    NULL_WORDS,
    as_text,
    is_placeholder,
    katakana,
    on_distinct,
    on_tokens,
    tidy,
)

__all__ = ["kana", "kana_parts", "readings", "readings_parts", "strip_marks"]

_VOICED = dict(zip("カキクケコサシスセソタチツテトハヒフヘホ", "ガギグゲゴザジズゼゾダヂヅデドバビブベボ", strict=True))


def _repeats() -> dict[str, str]:
    """Kana with an iteration mark, spelled out: スヽ is スス, スヾ is スズ."""
    every = [chr(code) for code in range(ord("ァ"), ord("ヴ") + 1)]
    return {kana + "ヽ": kana * 2 for kana in every} | {kana + "ヾ": kana + _VOICED.get(kana, kana) for kana in every}


_REPEATS = _repeats()
_UNMARKED = {marked: plain for plain, marked in _VOICED.items()} | dict(
    zip("パピプペポヴヷヸヴヹヺ", "ハヒフヘホウワヰウヱヲ", strict=True)
)
_HYPHENS_ONLY = HYPHENS.replace("ー", "").replace("-", r"\-").replace("~", r"\~")
_LONG = f"[ー{_HYPHENS_ONLY}]+"
_LONG_ALREADY = (
    r"([オコソトノホモヨロゴゾドボポョウクスツヌフムユルグズヅブプュ]ウ|[エケセテネヘメレゲゼデベペ]イ|[ンッ])"
    rf"[{_HYPHENS_ONLY}]+"
)
"""A hyphen where no vowel is left to lengthen parts two words: サトウ-タロウ, ジャン-ポール."""

_STRICT = "^[ァ-ヺ][ァ-ヺー]*(?: [ァ-ヺ][ァ-ヺー]*)*$"
_SEPARATORS = r"[ ・･·•‧⋅∙,、.。=/_]+"
_QUOTES = "\"'“”‘’`´「」"
_QUOTED = f"(^| )[{_QUOTES}]+|[{_QUOTES}]+( |$)"
"""Quotes around a word; inside it they are part of no name."""
_HONORIFIC_SIGN = "[様殿]"
_HONORIFIC = "(?: ?(?:様|殿)| サマ)+$"
_LABELS = (
    "セイ メイ", "ミョウジ ナマエ", "シメイ", "ナマエ", "ミョウジ", "カナ シメイ", "シメイ カナ",
)  # fmt: skip
"""What forms show in the field, with a blank between, where no name has this form."""

_STAND_INS = sorted(
    {word.replace(" ", "") for word in pl.Series(sorted(NULL_WORDS | DUMMY_WORDS)).to_frame("x")
     .select(katakana(pl.col("x")))["x"]}
)  # fmt: skip


def kana(values: pl.Series) -> pl.DataFrame:
    """Readings of names as full-width katakana without blanks.

    Half-width kana with its voiced marks, hiragana and katakana become full-width katakana, iteration marks are spelled
    out, a voiced mark behind a blank goes back to its kana. Hyphen-likes after a kana become ー, or part words where
    no vowel is left to lengthen (サトウ-タロウ). Blanks, middle dots, commas and the like part the name; 様, 殿 and
    サマ at its end and quotes around it are left out. ``display`` is the same with one blank between the parts, or the
    tidy text where it is no kana.

    Extras (String): ``family`` and ``given``, strict kana of the parts, only where there are exactly two; ``key``, the
    folded parts sorted and joined by one space (what :func:`~oneid.japanese.romaji.romaji` gives for the same name in
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
    raw = as_text(values)
    halves = raw.to_frame().lazy().select(pl.col("raw").str.replace("\u3000", " ", literal=True).str.splitn(" ", 2))
    words = halves.unnest("raw").collect()
    first, second = words["field_0"], words["field_1"]
    read = _words(pl.concat([pl.select(pl.when(second.is_not_null()).then(first)).to_series(), second]))
    frame = pl.DataFrame({"family": read[: len(raw)], "given": read[len(raw) :]})
    both = pl.col("family").is_not_null() & pl.col("given").is_not_null()
    whole = pl.concat_str("family", "given")
    shown = pl.concat_str("family", pl.lit(" "), "given")
    alike = pl.col("family").str.slice(0, 1) == pl.col("given").str.slice(0, 1)
    odd = pl.when(alike).then((pl.col("family") == pl.col("given")) | _same_thrice(whole)).otherwise(statement=False)
    odd |= whole.is_in(_STAND_INS) | whole.is_in(_LABELS) | shown.is_in(_LABELS) | (pl.col("given") == "サマ")
    fast = both & ~odd
    frame = (
        frame.lazy()
        .select(
            normalized=whole,
            display=shown,
            reason=pl.lit(None, dtype=pl.String),
            family="family",
            given="given",
            fast=fast.fill_null(value=False),
        )
        .collect()
    )
    slow = (~frame["fast"]).arg_true().alias("row")
    frame = frame.drop("fast")
    if slow.is_empty():
        return frame
    careful = _whole(raw.gather(slow)).with_columns(slow)
    plain = frame.with_row_index("row").with_columns(pl.col("row").cast(slow.dtype)).join(careful, on="row", how="anti")
    return pl.concat([plain, careful.select(plain.columns)]).sort("row").drop("row")


def _words(words: pl.Series) -> pl.Series:
    """Strict kana of words that are one plain word each and no placeholders, null for all others."""
    return on_tokens(words, _one_word)


def _one_word(words: pl.Series) -> pl.Series:
    plain = words.str.contains("^[ァ-ヺ][ァ-ヺー]*$") & ~words.str.contains("ーー", literal=True)
    odd = (~plain).fill_null(value=False).arg_true()
    if not odd.is_empty():
        strict = _strict(words.gather(odd))
        strict = strict.with_columns(marked=words.gather(odd).str.contains(_HONORIFIC_SIGN))  # it ends whole names only
        whole = (pl.col("normalized") == pl.col("parts")) & ~pl.col("marked")
        alone = strict.select(pl.when(whole).then("normalized")).to_series()
        words = words.clone().scatter(odd, alone)
    word = pl.col("word")
    sham = word.is_in(_STAND_INS) | _same_thrice(word)
    return words.alias("word").to_frame().lazy().select(pl.when(~sham).then(word)).collect().to_series()


def _same_thrice(expr: pl.Expr) -> pl.Expr:
    return (expr.str.strip_chars(expr.str.slice(0, 1)) == "") & (expr.str.len_chars() >= 3)


def _whole(values: pl.Series) -> pl.DataFrame:
    """Readings as whole texts, however they are separated."""
    frame = _strict(values)
    parts = pl.col("parts").str.split(" ")
    two = pl.col("parts").str.count_matches(" ") == 1
    frame = frame.with_columns(family=pl.when(two).then(parts.list.first()), given=pl.when(two).then(parts.list.last()))
    return frame.select("normalized", "display", "reason", "family", "given")


def _with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Readings with the folding keys of whole and parts; what is in no two parts has the key of its words."""
    both = fold_tokens(pl.concat([frame["family"], frame["given"]]))
    one, other = pl.col("key_family"), pl.col("key_given")
    pair = pl.concat_str(pl.min_horizontal(one, other), pl.max_horizontal(one, other), separator=" ")
    frame = frame.with_columns(key_family=both[: frame.height], key_given=both[frame.height :])
    known = one.is_not_null() & other.is_not_null()
    frame = frame.with_columns(key=pl.when(known).then(pair).otherwise(pl.coalesce(one, other)))
    rest = (frame["normalized"].is_not_null() & frame["family"].is_null()).arg_true()
    if not rest.is_empty():
        frame = frame.with_columns(frame["key"].scatter(rest, name_keys(frame["display"].gather(rest))["key"]))
    return _columns(frame)


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
    # トウロク ナシ in two columns is no reading either.
    written = katakana(pl.concat_str("left", "right").str.replace_all(" ", "", literal=True))
    nobody = written.is_in(_STAND_INS) & pl.all_horizontal(pl.col("left", "right").is_not_null())
    frame = frame.with_columns(
        pl.when(~nobody.fill_null(value=False)).then(pl.col("family", "given")),
        left_reason=pl.when(nobody).then(pl.lit("placeholder")).otherwise("left_reason"),
    )
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
    odd = frame.filter(~pl.col("parts").str.contains(_STRICT) | pl.col("parts").str.contains("ーー| サマ$"))
    if len(odd):
        mended = _mended(pl.col("parts"))
        # A remark that is all there is stays: サマ alone is no name without its honorific.
        frame = frame.update(odd.select("row", parts=pl.when(mended != "").then(mended).otherwise("parts")), on="row")
    words = pl.col("parts").str.split(" ")
    first, last = words.list.first(), words.list.last()
    again = (pl.col("parts").str.count_matches(" ") == 1) & (first == last)
    stand_in = is_placeholder(pl.col("parts"), dummies=True) | pl.col("parts").is_in(_LABELS)
    stand_in |= again & (is_placeholder(first, dummies=True))
    letters = pl.col("parts").str.replace_all(" ", "", literal=True)
    stand_in |= letters.is_in(_LABELS)
    frame = (
        frame.lazy()
        .with_columns(
            reason=pl.when(pl.col("tidy").is_null())
            .then(pl.lit("missing"))
            .when(stand_in | _same_thrice(letters))
            .then(pl.lit("placeholder"))
            .when(~pl.col("parts").str.contains(_STRICT))
            .then(pl.lit("not_kana")),
        )
        .collect()
    )
    fit = pl.col("reason").is_null()
    return frame.select(
        normalized=pl.when(fit).then(letters),
        display=pl.when(fit).then("parts").otherwise("tidy"),
        reason="reason",
        parts=pl.when(fit).then("parts"),
    )


def _mended(text: pl.Expr) -> pl.Expr:
    """Kana as it was meant: marks back at their kana, repeats and long vowels spelled out, one blank between parts."""
    text = text.str.replace_all("([ァ-ヺ]) +([\u3099\u309a])", "${1}${2}").str.normalize("NFC")
    text = text.str.replace_many(_REPEATS, leftmost=True).str.replace_all(_QUOTED, "$1$2").str.strip_chars(" ")
    text = text.str.replace_all(rf"(^| ){_LONG}( |$)", " ").str.replace_all(_LONG_ALREADY, "$1 ")
    text = text.str.replace_all(rf"([ァ-ヺ]){_LONG}", "${1}ー").str.replace_all(_SEPARATORS, " ")
    return text.str.strip_chars(" ").str.replace(_HONORIFIC, "").str.strip_chars(" ")


def strip_marks(expr: pl.Expr) -> pl.Expr:
    """Strict kana without its voiced marks, as a system that dropped them would hold it: ガ is カ, パ is ハ, ヴ is ウ.

    >>> pl.select(strip_marks(pl.lit("ワタナベパヴ"))).item()
    'ワタナヘハウ'
    """
    return expr.str.replace_many(_UNMARKED, leftmost=True)


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("normalized", "display", "reason", "family", "given", "key", "key_family", "key_given")

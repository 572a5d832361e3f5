"""Names: tidied, folded, and seen for what they are: a person's, a company's, or a nickname.

``normalized`` is the name without blanks in folded form: kanji with the hard variant tier folded (髙橋 is 高橋),
kana as full-width katakana, Latin letters in lower case with single blanks. Honorifics (様, 殿, 御中, Mr.) and
remarks in brackets are left out, of ``display`` too, which else keeps the characters as written.

Extra columns: ``family`` and ``given`` (folded; null where the text itself does not separate them, see
:mod:`oneid.normalize.split`), ``script`` (``kanji``, ``kana`` or ``latin``) and ``kind`` (``person``, ``company`` or
``nickname``: handles, single words, anything with digits or signs).

Reasons: ``missing``, ``placeholder`` (不明, 匿名希望, ゲスト, test ...), ``no_letters``.
"""

from __future__ import annotations

import polars as pl

from oneid.normalize.kanji import fold_hard
from oneid.normalize.text import DUMMY_WORDS, NULL_WORDS, katakana, on_distinct, tidy

__all__ = ["COMPANY", "PLACEHOLDERS", "name", "name_parts"]

PLACEHOLDERS = (
    NULL_WORDS | DUMMY_WORDS | {"会員", "お客様", "名無しの権兵衛", "no name", "-", "--", "---", "?", "??", "???"}
)
"""Values of a name field that name nobody, compared without case; our own list."""

COMPANY = (
    r"株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|\((?:株|有|同|資|名|医|財|社|学|宗|福)\)|医療法人|(?:一般|公益)?[社財]団法人|学校法人|宗教法人|"
    r"社会福祉法人|特定非営利活動法人|NPO法人|農業協同組合|協同組合|カブシキ(?:ガ|カ)イシャ|ユウゲンガイシャ|^カ\)|\(カ$|"
    r"(?i:(?-u:\b)(?:inc|corp|corporation|co\.?,? ?ltd|ltd|llc|gmbh|k\.k)(?-u:\b))"
)
"""Company forms, written out and abbreviated as banks and registers do; ㈱ and ㈲ arrive here as (株) and (有)."""

_COMPANY_HINTS = (
    "会社", "法人", "組合", "(", "ガイシャ", "カイシャ", "カ)", "inc", "corp", "ltd", "llc", "gmbh", "k.k",
)  # fmt: skip
"""What every match of COMPANY holds; looking for these is ten times faster than the expression."""

_HAN = r"\p{Han}々〆"
_HONORIFIC = (
    r"(?:\s+(?:様|殿|さま|さん|御中|氏|先生|ちゃん|くん|君|サマ|サン)|(?:様|殿|御中)|([\p{Han}])(?:さま|さん))$"
)
_TITLE = r"(?i)^(?:mrs?|ms|miss|dr|prof)(?:\.\s*|\s+)"
_KANA_NAME = r"^[\p{Hiragana}\p{Katakana}ー・\s]+$"
_LATIN_NAME = r"^[\p{Latin}][\p{Latin}\s.,'’\-‐]*$"
_KANJI_NAME = rf"^[{_HAN}ヶケヵカノ之]+[\p{{Hiragana}}\p{{Katakana}}ー]*$"


def _company(text: pl.Expr) -> pl.Expr:
    hinted = pl.when(text.str.contains_any(list(_COMPANY_HINTS), ascii_case_insensitive=True)).then(text)
    return hinted.str.contains(COMPANY).fill_null(value=False)


def _clean(text: pl.Expr) -> pl.Expr:
    """Without remarks in brackets, honorifics and titles; a remark that is all there is stays."""
    bare = text.str.replace_all(r"\s*[(\[【「][^)\]】」]*[)\]】」]\s*", " ").str.strip_chars()
    text = pl.when((bare == "") | _company(text)).then(text).otherwise(bare)
    text = text.str.replace(_HONORIFIC, "${1}").str.replace(_TITLE, "")
    return text.str.strip_chars()


def _repeat_marks(folded: pl.Series) -> pl.Series:
    """々 replaced by the character before it, so that 佐々木 and 佐佐木 meet; only over the distinct names that have
    it.
    """
    with_mark = folded.filter(folded.str.contains("々", literal=True)).unique()
    if with_mark.is_empty():
        return folded
    spelled = []
    for text in with_mark.to_list():
        chars: list[str] = []
        for char in text:
            chars.append(chars[-1] if char == "々" and chars else char)
        spelled.append("".join(chars))
    return folded.replace(with_mark, pl.Series(spelled, dtype=pl.String))


def _folded(text: pl.Expr, script: pl.Expr) -> pl.Expr:
    bare = text.str.replace_all(r"\s+", "")
    return (
        pl.when(script == "kanji")
        .then(fold_hard(bare).str.replace_many(["ヶ", "ヵ", "ケ"], ["ケ", "カ", "ケ"]))
        .when(script == "kana")
        .then(katakana(bare))
        .otherwise(text.str.to_lowercase())
    )


def _script(text: pl.Expr) -> pl.Expr:
    return (
        pl.when(text.str.contains(rf"[{_HAN}]"))
        .then(pl.lit("kanji"))
        .when(text.str.contains(r"[\p{Hiragana}\p{Katakana}]"))
        .then(pl.lit("kana"))
        .when(text.str.contains(r"\p{L}"))
        .then(pl.lit("latin"))
    )


def _kind(tokens: pl.Expr) -> pl.Expr:
    """The kind by shape alone: what is no company and not built like a name is a nickname."""
    text, two = pl.col("clean"), tokens >= 2
    person = (
        pl.when(pl.col("script") == "kanji")
        .then(two & ~text.str.contains(r"[\p{N}\p{S}!?#*_]") | text.str.contains(_KANJI_NAME))
        .when(pl.col("script") == "kana")
        .then(text.str.contains(_KANA_NAME) & (two | (text.str.len_chars() >= 5)))
        .otherwise(text.str.contains(_LATIN_NAME) & two)
    )
    return (
        pl.when(_company(pl.col("display")))
        .then(pl.lit("company"))
        .when(person)
        .then(pl.lit("person"))
        .otherwise(pl.lit("nickname"))
    )


def _read(text: pl.Series) -> pl.DataFrame:
    """display, clean, script, reason and folded ``whole`` of one column of names or parts of names."""
    frame = text.to_frame("value").lazy()
    frame = frame.select(display=tidy(pl.col("value"))).with_columns(clean=_clean(pl.col("display")))
    frame = frame.with_columns(
        script=_script(pl.col("clean")),
        # of both forms: what is left of お客様 without its honorific would pass for a name
        placeholder=pl.any_horizontal(pl.col("clean", "display").str.to_lowercase().is_in(sorted(PLACEHOLDERS))),
    )
    frame = frame.with_columns(
        reason=pl.when(pl.col("display").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("placeholder"))
        .then(pl.lit("placeholder"))
        .when(pl.col("script").is_null())
        .then(pl.lit("no_letters"))
    )
    usable = pl.col("reason").is_null()
    frame = frame.with_columns(clean=pl.when(usable).then("clean"), script=pl.when(usable).then("script"))
    made = frame.with_columns(whole=_folded(pl.col("clean"), pl.col("script"))).drop("placeholder").collect()
    return made.with_columns(whole=_repeat_marks(made["whole"]))


def name(values: pl.Series) -> pl.DataFrame:
    """Normalizes whole names; two kanji words are taken as family and given name."""
    frame = (
        _read(values).lazy().with_columns(words=pl.col("clean").str.split(" "), display=pl.coalesce("clean", "display"))
    )
    frame = frame.with_columns(two=pl.col("words").list.len() == 2)
    frame = frame.with_columns(kind=pl.when(pl.col("reason").is_null()).then(_kind(pl.col("words").list.len())))
    split = (pl.col("script") == "kanji") & pl.col("two") & (pl.col("kind") == "person")
    made = frame.with_columns(
        family=pl.when(split).then(pl.col("words").list.first()), given=pl.when(split).then(pl.col("words").list.last())
    ).collect()
    parts = {part: _repeat_marks(_fold_distinct(made[part])) for part in ("family", "given")}
    return _ordered(made.with_columns(normalized=pl.col("whole"), **parts))


def _fold_distinct(part: pl.Series) -> pl.Series:
    """Parts of kanji names folded over their distinct values: they are few."""
    distinct = part.drop_nulls().unique()
    folded = distinct.to_frame("value").select(_folded(pl.col("value"), pl.lit("kanji"))).to_series()
    return part.replace_strict(distinct, folded, default=None, return_dtype=pl.String)


def name_parts(family: pl.Series, given: pl.Series) -> pl.DataFrame:
    """Normalizes names whose parts are known apart; a part that names nobody (``-``, 不明) is left out."""
    read = [on_distinct(_read, part) for part in (family, given)]
    both = pl.concat(
        [frame.select(pl.all().name.prefix(f"{part}_")) for part, frame in zip(("family", "given"), read, strict=True)],
        how="horizontal",
    ).lazy()
    shown = pl.concat_str("family_clean", "given_clean", separator=" ", ignore_nulls=True)
    frame = both.with_columns(clean=shown.replace("", None))
    # Where neither part can be used: what was refused says more than what was not there.
    worst = pl.when(pl.col("family_reason") == "missing").then("given_reason").otherwise("family_reason")
    frame = frame.with_columns(
        display=pl.col("clean"),
        script=_script(pl.col("clean")),
        reason=pl.when(pl.col("clean").is_null()).then(worst),
        separator=pl.when(_script(pl.col("clean")) == "latin").then(pl.lit(" ")).otherwise(pl.lit("")),
    )
    both_there = pl.col("family_whole").is_not_null() & pl.col("given_whole").is_not_null()
    joined = pl.concat_str(
        "family_whole", pl.when(both_there).then("separator").otherwise(pl.lit("")), "given_whole", ignore_nulls=True
    )
    made = frame.with_columns(
        family=pl.col("family_whole"),
        given=pl.col("given_whole"),
        normalized=pl.when(pl.col("reason").is_null()).then(joined),
        kind=pl.when(pl.col("reason").is_null()).then(
            pl.when(_company(pl.col("clean"))).then(pl.lit("company")).otherwise(pl.lit("person"))
        ),
    ).collect()
    return _ordered(made)


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("normalized", "display", "reason", "family", "given", "script", "kind")

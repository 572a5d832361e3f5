"""What all normalizers share: tidy text, hyphen-likes, kanji numerals, words that stand for "no value".

Everything here works on Polars expressions or whole Series and never looks at one value at a time. The order that
normalizers keep: :func:`tidy` first, then :func:`is_placeholder`, then the module's own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

__all__ = [
    "DUMMY_WORDS",
    "HYPHENS",
    "NULL_WORDS",
    "all_same",
    "apart",
    "as_text",
    "hyphens",
    "is_placeholder",
    "kanji_digits",
    "katakana",
    "on_distinct",
    "on_tokens",
    "placeholders_among",
    "settled",
    "tidy",
    "words",
]

_REMOVED = (
    r"[\p{Cf}\x00-\x08\x0E-\x1F\x7F-\x84\x86-\x9F\u{034F}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{180B}-\u{180D}\u{3164}"
    r"\u{FFA0}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]+"
)
"""Characters without a shape of their own: controls that are no blanks, formats (zero-width, bidi, soft hyphen, BOM),
variation selectors of every plane, and the fillers that Unicode calls default ignorable."""

_SPACING_MARKS = {"゛": "\u3099", "゜": "\u309a"}
"""Voiced marks that stand alone: NFKC would put a blank before them, so they become the combining ones first."""

_RADICALS = dict(zip("⺠⻁⻄⻑⻘⻝⻤⻨⻩⻫⻭⻯⻲⻆⺒", "民虎西長青食鬼麦黄斉歯竜亀角巳", strict=True))
"""CJK radicals that PDF files give for the whole character; NFKC knows only two of this block."""

HYPHENS = "-˗‐‑‒–—―⁃−─━゠ー〜~﹘﹣－ｰ～"
"""Everything that people type for a hyphen between numbers. It includes the long vowel mark, so it is for numbers."""

_HYPHEN_CLASS = "[" + HYPHENS.replace("-", r"\-").replace("~", r"\~") + "]"


def words(text: str) -> tuple[str, ...]:
    """The words of a list that stands as a block of text."""
    return tuple(text.split())


NULL_WORDS: frozenset[str] = frozenset(
    words("""
    不明 不詳 未定 未入力 未登録 未記入 未設定 未回答 未確認 無回答 回答なし 回答しない 記入なし 登録なし 入力なし
    なし 無し 無 ナシ 該当なし 該当無し 特になし 非公開 非表示 空白 空欄 ブランク 同上 ふめい フメイ
    ミトウロク ミニュウリョク ミニユウリヨク トウロクナシ ニュウリョクナシ ニユウリヨクナシ
    ミキニュウ ミキニユウ キニュウナシ キニユウナシ ガイトウナシ カイトウナシ ミカイトウ
    トクニナシ ヒコウカイ ヒヒョウジ クウハク クウラン カナナシ ヨミナシ ヨミフメイ フリガナナシ
    ナマエナシ ナマエフメイ シメイフメイ ミカクニン ミテイ フショウ フシヨウ
    n/a na n.a n.a. #n/a nan nat null none nil nothing unknown undefined unspecified missing tbd tba blank empty
    not-available not-applicable 〃 #name? #value! #ref! #div/0! #null! #num! \\n
""")
) | {"not available", "not applicable", "no data"}
"""Words that mean "no value" in any field, lower case: the defaults of spreadsheets, databases and forms."""

DUMMY_WORDS: frozenset[str] = frozenset(
    words("""
    テスト てすと テストテスト test tests testtest テストユーザー テストユーザ テスト太郎 テスト花子
    テストタロウ テストハナコ
    ダミー だみー dummy sample example サンプル さんぷる 名無し 名無しさん ななしさん ナナシサン 匿名 匿名希望 トクメイ
    anonymous ほげ ホゲ ほげほげ hoge hogehoge fuga piyo foo bar foobar asdf asdfg qwerty xxx xxxx xxxxx abc abcd
    退会 退会済 退会済み 退会者 退会会員 タイカイ タイカイズミ カイイン 会員 抹消 削除済 削除済み 解約 解約済 withdrawn
    氏名 名前 フリガナ ふりがな 姓名 user username guest ゲスト
""")
)
"""Words that people and testers type into name-like fields instead of a name, lower case. カナ, セイ and メイ, which
forms show as labels, are not here: they are given names."""

_READINGS = 8
"""How often a form that changes when it is read is read again; two or three times are enough for any text met."""

_KANJI_DIGITS = dict(zip("〇零○一二三四五六七八九壱弐参", "000123456789123", strict=True))

_DECIMAL_STEPS: tuple[tuple[str, str], ...] = (
    (r"(^|[^0-9])([十百千])", "${1}1$2"),  # 十 alone is one ten
    (r"(^|[^0-9])([十百千])", "${1}1$2"),  # once more: a match ends where the next one would begin
    (r"十([^0-9]|$)", "十0$1"),
    (r"百([0-9])([^十0-9]|$)", "百0十$1$2"),
    (r"百([^0-9]|$)", "百0十0$1"),
    (r"千([0-9])十", "千0百$1十"),
    (r"千([0-9])([^百十0-9]|$)", "千0百0十$1$2"),
    (r"千([^0-9]|$)", "千0百0十0$1"),
    (r"([0-9])[十百千]", "$1"),
)
"""Place-value kanji to digits: each step spells out a place that the writer left out, the last drops the units."""

_HIRAGANA = {f"{kana}\u3099": voiced for kana, voiced in zip("わゐゑを", "ヷヸヹヺ", strict=True)} | {
    chr(code): chr(code + 0x60) for code in [*range(0x3041, 0x3097), 0x309D, 0x309E]
}

_TO_KATAKANA = str.maketrans({kana: other for kana, other in _HIRAGANA.items() if len(kana) == 1})


def as_text(values: pl.Series) -> pl.Series:
    """``values`` as a String Series named ``raw``; an all-null Series of no type becomes String nulls.

    >>> as_text(pl.Series([None])).dtype
    String
    """
    return values.cast(pl.String).alias("raw")


def tidy(expr: pl.Expr) -> pl.Expr:
    r"""Text as people meant it: NFKC, no invisible characters, blanks of every kind one space, none at the ends.

    Empty text becomes null. NFKC folds CJK compatibility ideographs (U+F900 to U+FAFF) too; 髙 and 﨑 have no such
    mapping and stay. Applying it twice changes nothing.

    >>> pl.select(tidy(pl.lit("\u3000ｶﾞ\u200bｸ゛  Ａ\t1 "))).item()
    'ガグ A 1'
    """
    clean = (
        expr.str.replace_all(_REMOVED, "")
        .str.replace_many(_SPACING_MARKS | _RADICALS, leftmost=True)
        .str.normalize("NFKC")
    )
    return clean.str.replace_all(r"\s+", " ").str.strip_chars(" ").replace("", None)


def hyphens(expr: pl.Expr) -> pl.Expr:
    """Every hyphen-like character as ``-``. For numbers only: the long vowel mark is among them.

    >>> pl.select(hyphens(pl.lit("045ー123−4567"))).item()
    '045-123-4567'
    """
    return expr.str.replace_all(_HYPHEN_CLASS, "-")


def katakana(expr: pl.Expr) -> pl.Expr:
    """Hiragana as katakana, one for one; everything else stays.

    >>> pl.select(katakana(pl.lit("さとう ヴぃ"))).item()
    'サトウ ヴィ'
    """
    return expr.str.replace_many(_HIRAGANA, leftmost=True)


def kanji_digits(expr: pl.Expr) -> pl.Expr:
    """Kanji numerals as decimal digits: positional (一九八〇) and with 十百千 up to 9,999.

    For texts known to be numbers or dates; a place name such as 八王子 would become 8王子.

    >>> pl.select(kanji_digits(pl.lit("昭和五十五年十二月二十日、千九百八年、百一"))).item()
    '昭和55年12月20日、1908年、101'
    """
    out = expr.str.replace_many(_KANJI_DIGITS, leftmost=True)
    for pattern, replacement in _DECIMAL_STEPS:
        out = out.str.replace_all(pattern, replacement)
    return out


def all_same(expr: pl.Expr) -> pl.Expr:
    """Whether the text is one character over and over (also when it is only one character long).

    >>> pl.select(all_same(pl.lit("0000")), b=all_same(pl.lit("0001"))).row(0)
    (True, False)
    """
    return expr.str.strip_chars(expr.str.slice(0, 1)) == ""


@cache
def _stand_ins(dummies: bool) -> pl.Series:
    """The words that :func:`is_placeholder` knows, in every spelling."""
    words = NULL_WORDS | DUMMY_WORDS if dummies else NULL_WORDS
    plain = {word.replace(" ", "") for word in words}
    spelled = {form for word in plain for form in (word, word.replace("ー", "-"), word.translate(_TO_KATAKANA))}
    return pl.Series(sorted(spelled))


def is_placeholder(expr: pl.Expr, *, dummies: bool = False) -> pl.Expr:
    """Whether tidy text stands for "no value": a null word (brackets around it ignored), or no letter and no digit.

    ``dummies`` adds the words that stand where a name should be (:data:`DUMMY_WORDS`), and three or more times the
    same character.

    >>> pl.DataFrame({"x": ["(不明)", "---", "ア"]}).select(is_placeholder(pl.col("x")))["x"].to_list()
    [True, True, False]
    """
    bare = (
        expr.str.to_lowercase()
        .str.replace_all(" ", "", literal=True)
        .str.strip_chars("()[]{}<>「」【】『』〈〉《》\"'*")
    )
    found = bare.is_in(_stand_ins(dummies).implode()) | ~expr.str.contains(r"[\p{L}\p{N}]") | expr.str.contains("^ー+$")
    if dummies:
        found = found | (all_same(expr.str.to_lowercase()) & (expr.str.len_chars() >= 3))
    return found


def placeholders_among(texts: pl.Series, where: pl.Series, *, dummies: bool = False) -> pl.Series:
    """:func:`is_placeholder` for the rows ``where`` it may matter, False for all others: most rows need no asking.

    >>> placeholders_among(pl.Series(["なし", "なし", "x"]), pl.Series([True, False, True])).to_list()
    [True, False, False]
    """
    rows = where.fill_null(value=False).arg_true()
    found = texts.alias("text").gather(rows).to_frame().select(is_placeholder(pl.col("text"), dummies=dummies))
    none = pl.select(pl.repeat(value=False, n=len(texts), dtype=pl.Boolean)).to_series()
    return none.scatter(rows, found.to_series().fill_null(value=False))


def on_distinct(function: Callable[..., pl.DataFrame], *series: pl.Series) -> pl.DataFrame:
    """``function(*series)``, computed over the distinct rows only and gathered back to full height.

    ``function`` must treat each row by itself. Worth it where values repeat (birth, postcode, sex); for near-unique
    columns (phone, e-mail, name) it costs more than it saves.

    >>> on_distinct(lambda s: pl.DataFrame({"n": s.str.len_chars()}), pl.Series(["a", "bb", "a"]))["n"].to_list()
    [1, 2, 1]
    """
    names = [f"c{number}" for number in range(len(series))]
    rows = pl.DataFrame([values.cast(pl.String).alias(name) for name, values in zip(names, series, strict=True)])
    distinct = rows.unique(maintain_order=True).with_row_index("at")
    at = rows.join(distinct, on=names, how="left", nulls_equal=True, maintain_order="left")["at"]
    return function(*distinct.select(names).get_columns())[at]


def on_tokens(tokens: pl.Series, function: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """``function(tokens)`` for parts of names: over the distinct ones where they repeat, else over all as they stand.

    ``function`` treats each token by itself, gives as many as it takes, and may meet nulls. Finding the distinct tokens
    costs little; bringing what they gave back to their places costs more than it saves where most are distinct.

    >>> on_tokens(pl.Series(["sato", None, "sato"]), lambda s: s.str.to_uppercase()).to_list()
    ['SATO', None, 'SATO']
    """
    frame = tokens.cast(pl.String).alias("token").to_frame()
    distinct = frame.lazy().unique().collect()["token"]
    if 2 * len(distinct) > len(tokens):
        return function(frame["token"])
    known = pl.DataFrame({"token": distinct, "made": function(distinct)})
    return frame.join(known, on="token", how="left", nulls_equal=True, maintain_order="left")["made"]


def apart(
    raw: pl.Series, plainly: Callable[[pl.Series], pl.DataFrame], read: Callable[[pl.Series], pl.DataFrame]
) -> pl.DataFrame:
    """``read(raw)``, with ``read`` run only over the texts that ``plainly`` leaves without a ``normalized`` value.

    Most values of a column are written in the one usual way; ``plainly`` reads those with a pattern or two, and must
    give for them exactly what ``read`` would. Both return frames with the same columns. A null has the reason
    ``missing`` and else what ``plainly`` gives; ``read`` never sees one.
    """
    frame = plainly(raw)
    missing = pl.when(raw.is_null()).then(pl.lit("missing")).alias("reason")
    rows = (frame["normalized"].is_null() & raw.is_not_null()).arg_true().alias("row")
    if rows.is_empty():
        return frame.with_columns(missing)
    careful = read(raw.gather(rows)).select(frame.columns)
    at = pl.int_range(frame.height, dtype=pl.UInt32, eager=True)
    at = at.scatter(rows, pl.int_range(frame.height, frame.height + len(rows), dtype=pl.UInt32, eager=True))
    return pl.concat([frame.with_columns(missing), careful], how="vertical_relaxed", rechunk=True)[at]


def settled(
    frame: pl.DataFrame, rows: pl.Series, read: Callable[[pl.Series], pl.DataFrame], reason: str
) -> pl.DataFrame:
    """``frame`` with every ``normalized`` of ``rows`` (ascending) read again until it is its own normal form.

    For texts so odd that the form made of them means something else when it is read: what it means then stands. A row
    that changes takes all columns of that reading but ``display``. ``read`` makes a frame with the columns of
    ``frame``. What does not come to rest is refused with ``reason``.

    >>> cut = lambda s: pl.DataFrame({"normalized": s.str.strip_suffix("a"), "display": s, "reason": None})
    >>> settled(cut(pl.Series(["xaaa", "b"])), pl.Series([0, 1]), cut, "endless").rows()
    [('x', 'xaaa', None), ('b', 'b', None)]
    """
    shown = frame["display"]
    for turn in range(_READINGS):
        before = frame["normalized"].gather(rows)
        again = read(before.alias("raw")).select(frame.columns)
        moved = again["normalized"].ne_missing(before) & before.is_not_null()
        if not moved.any():
            break
        rows, again = rows.filter(moved), again.filter(moved)
        if turn == _READINGS - 1:
            nothing = read(pl.Series("raw", [None] * len(rows), dtype=pl.String))
            again = nothing.select(frame.columns).with_columns(reason=pl.lit(reason))
        after = np.arange(frame.height, frame.height + len(rows))
        at = pl.Series(np.arange(frame.height)).scatter(rows, after)
        frame = pl.concat([frame, again], how="vertical_relaxed", rechunk=True)[at].with_columns(shown)
    return frame

"""Names in Latin letters, and :func:`fold`, the one folding key on which Latin and kana spellings of a name meet.

Why a key of its own: 佐藤 is embossed SATO, SATOH, SATOU or SATOO, typed さとう, printed ｻﾄｳ; ショウジ is SHOJI
(passport), shouji (Hepburn by kana), syouzi (kunrei-shiki) or SHOHJI. The key is *coarser than a name*: it collides on
vowel length (小野 オノ and 大野 オオノ, ユキ and ユウキ), as the passport spelling itself does. It is right for finding
candidates and for "one may be a spelling of the other", not for "these are equal".

How: kana is spelled out in kunrei-shiki, whose consonants are regular, then both scripts go through the same ordered
replacements, :data:`STEPS`. A later step never makes text that an earlier one would change, so that folding a key
again gives the key.
"""

from __future__ import annotations

import polars as pl

from oneid.normalize.text import as_text, is_placeholder, katakana, tidy

__all__ = ["STEPS", "fold", "fold_tokens", "name_keys", "romaji"]

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "g": "ガギグゲゴ", "s": "サシスセソ", "z": "ザジズゼゾ", "t": "タチツテト",
    "d": "ダヂヅデド", "n": "ナニヌネノ", "h": "ハヒフヘホ", "b": "バビブベボ", "p": "パピプペポ", "m": "マミムメモ",
    "r": "ラリルレロ", "v": "ヷヸヴヹヺ",
}  # fmt: skip
_I_ROW = {row[1]: consonant for consonant, row in _ROWS.items() if consonant not in ("", "v")} | {"ヂ": "z"}
_FOREIGN = {
    "ウィ": "wi", "ウェ": "we", "ウォ": "wo", "イェ": "ye", "シェ": "sye", "ジェ": "zye", "チェ": "tye",
    "ツァ": "tsa", "ツィ": "tsi", "ツェ": "tse", "ツォ": "tso", "ティ": "ti", "ディ": "di", "トゥ": "tu", "ドゥ": "du",
    "テュ": "tyu", "デュ": "dyu", "ファ": "fa", "フィ": "fi", "フェ": "fe", "フォ": "fo", "フュ": "fyu",
    "ヴァ": "va", "ヴィ": "vi", "ヴェ": "ve", "ヴォ": "vo", "ヴュ": "vyu", "クァ": "kwa", "クィ": "kwi", "クェ": "kwe",
    "クォ": "kwo", "グァ": "gwa",
}  # fmt: skip
_SINGLE = {
    "ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ャ": "ya", "ュ": "yu", "ョ": "yo", "ワ": "wa", "ヮ": "wa", "ヰ": "i",
    "ヱ": "e", "ヲ": "o", "ン": "n", "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o", "ヵ": "ka", "ヶ": "ke",
    "ッ": "_",
}  # fmt: skip


def _kana_table() -> dict[str, str]:
    """Kana to kunrei-shiki, longest kana first. Large ヤユヨ stand for small ones where only old systems write so."""
    table: dict[str, str] = {"ジユキ": "ziyuki"}
    for kana, consonant in _I_ROW.items():
        table |= {kana + "ヨウ": consonant + "you", kana + "ヨー": consonant + "you"}
        if kana in "シジチニヒリ":  # ミユウ and キユウ are names themselves
            table |= {
                kana + "ユウ": consonant + "yuu",
                kana + "ユー": consonant + "yuu",
                kana + "ユン": consonant + "yun",
            }
    for kana, consonant in _I_ROW.items():
        for small, sound in (("ャ", "ya"), ("ュ", "yu"), ("ョ", "yo")):
            table[kana + small] = consonant + sound
    table |= {"ジユ": "zyu", **_FOREIGN}
    for consonant, row in _ROWS.items():
        table |= {kana: consonant + vowel for kana, vowel in zip(row, "aiueo", strict=True)}
    return table | _SINGLE


_KANA = _kana_table()

_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
"""Letters that have no decomposition in Unicode but a usual spelling in ASCII."""

STEPS: tuple[tuple[str, str], ...] = (
    # One letter for sounds that Japanese does not tell apart, or that spellings swap (VERONICA, ベロニカ).
    ("l", "r"), ("v", "b"), ("q", "k"), ("x", "ks"), ("f", "h"),
    # チ: CHI, TI; ッチ: TCHI (passport), CCHI (typed), TTI. A CH before no vowel is foreign: Christ.
    ("cch", "tch"), ("c+h+([aueo])", "ty$1"), ("c+h+y", "ty"), ("c+h+i", "ti"), ("c+yi?", "ty"), ("c", "k"),
    # ジ ヂ and ズ ヅ: JI, ZI, DI, DJI; ZU, DU, DZU. ジャ: JA, JYA, ZYA, DYA.
    ("j+y*([aueo])", "zy$1"), ("j+", "z"), ("d+([iu])", "z$1"), ("d+y", "zy"), ("d+z", "z"),
    # シ: SHI, SI; シャ: SHA, SYA. ツ: TSU, TU. ヲ: WO, O.
    ("s+h+([aueo])", "sy$1"), ("s+h+", "s"), ("hh+", "h"), ("tsu", "tu"), ("w+o", "o"),
    # The H of OH and its like marks a long vowel where no vowel follows: SATOH, OHNO, YUHKO, and JOHN for ジョン.
    ("([aeiou])h+([^aeiouh]|$)", "$1$2"),
    # イエ, エ: the old spelling YE (INOUYE for イノウエ).
    ("^(?:y+e+)+", "e"), ("([aeiou])(?:y+e+)+", "${1}e"),
    # ン: NAMBA and NANBA, HOMMA and HONMA, and the NN of a keyboard before a consonant (HONNMA).
    ("m+([bp])", "n$1"), ("mm+", "nm"), ("nn+([^aeiouyn]|$)", "n$1"),
    # Vowel length: OU, OO, UU, AA, II, EE as one. EI stays (KEIKO is never KEKO).
    ("aa+", "a"), ("ii+", "i"), ("uu+", "u"), ("ee+", "e"), ("o[ou]+", "o"),
    # キャ written キヤ: no two names differ in this alone. Not ヒヤ (大日山 オオヒヤマ is not オヤマ).
    ("([kgsztnbpmr])iya", "${1}ya"),
    # ッ written ツ before タ, サ and パ (ハツトリ); not before カ: イッキ and イツキ are two names.
    ("([aeiou])tu([tsp])", "$1$2$2"),
)  # fmt: skip
"""The ordered replacements on lower-case ASCII: (regular expression, replacement)."""


def fold(expr: pl.Expr) -> pl.Expr:
    """The folding key of one token in kana or Latin letters: lower-case ASCII, or null where no letter is left.

    Blanks, marks and characters of other scripts are dropped, so ask first whether the token is what you think it is.
    Folding is idempotent.

    >>> frame = pl.DataFrame({"x": ["サトウ", "SATOH", "ｼﾞｭﾝｲﾁ", "JUN'ICHI", "ツジ", "TSUJI", "ｼﾖｳｺ", "SHOHKO"]})
    >>> frame.select(fold(pl.col("x")))["x"].to_list()
    ['sato', 'sato', 'zyuniti', 'zyuniti', 'tuzi', 'tuzi', 'syoko', 'syoko']
    """
    out = katakana(tidy(expr)).str.replace_many(_KANA, leftmost=True)
    out = out.str.to_lowercase().str.replace_many(_LATIN, leftmost=True).str.normalize("NFKD")
    out = out.str.replace_all("[^a-z_]+", "").str.replace_all("_+([b-df-hj-np-tv-z])", "$1$1").str.replace_all("_", "")
    for pattern, replacement in STEPS:
        out = out.str.replace_all(pattern, replacement)
    return out.replace("", None)


def fold_tokens(tokens: pl.Series) -> pl.Series:
    """:func:`fold` over the distinct tokens only: names are near unique, their parts are not."""
    name = tokens.name
    distinct = pl.DataFrame({name: tokens.unique()})
    keys = distinct.with_columns(fold(pl.col(name)).alias("key"))
    return tokens.to_frame().join(keys, on=name, how="left", maintain_order="left")["key"]


def name_keys(texts: pl.Series) -> pl.DataFrame:
    """The keys of blank-separated names: ``key`` (folded tokens, sorted, one blank between), ``first`` and ``last``.

    Null where the text is null or nothing of it can be folded.
    """
    rows = texts.alias("token").to_frame().with_row_index("row").with_columns(pl.col("token").str.split(" "))
    tokens = rows.explode("token", empty_as_null=True)
    tokens = tokens.with_columns(key=fold_tokens(tokens["token"]))
    tokens = tokens.filter(pl.col("key").is_not_null())
    ends = tokens.group_by("row").agg(
        first=pl.col("key").first(), last=pl.col("key").last(), count=pl.len(), least=pl.col("key").min(),
        greatest=pl.col("key").max(),
    )  # fmt: skip
    many = ends.filter(pl.col("count") > 2).select("row")
    sorted_many = (
        tokens.join(many, on="row", how="semi").sort("row", "key").group_by("row").agg(many=pl.col("key").str.join(" "))
    )
    pair = pl.concat_str("least", "greatest", separator=" ")
    return (
        rows.select("row")
        .join(ends, on="row", how="left")
        .join(sorted_many, on="row", how="left")
        .sort("row")
        .select(
            key=pl.when(pl.col("count") == 1).then("first").when(pl.col("count") == 2).then(pair).otherwise("many"),
            first="first",
            last="last",
        )
    )


_EMBOSSED = 26
"""Characters that the name line of a payment card holds; systems that feed it cut longer names there."""

_NAME = r"^[\p{Latin}\p{Katakana}\p{Hiragana}\p{M}ー'’‘`´.,・ \-‐‑]+$"
_TITLES = r"^(?:(?:mr|mrs|ms|miss|dr) )+|(?: (?:mr|mrs|ms|miss|dr))+$"


def romaji(values: pl.Series) -> pl.DataFrame:
    """Names in Latin letters (kana is accepted too), in any spelling and order.

    ``normalized`` is the :func:`fold` key of every token, sorted and joined by one space: TARO SATO, SATO TARO and
    サトウ タロウ give ``sato taro``. Blanks, commas, dots and middle dots part tokens; hyphens and apostrophes do not
    (KEN-ICHI is one name). The titles MR, MRS, MS, MISS and DR are removed at either end. ``display`` is the tidy text.

    Extras: ``first``, ``last`` (String): the keys of the first and the last token as written, equal for one token;
    ``truncated`` (Boolean): the text is exactly 26 characters long, so an embossed name may be cut.

    Giving ``normalized`` back in gives itself, unless it happens to spell a placeholder (ナ is a name, NA is none).

    Reasons: ``missing``, ``placeholder``, ``not_romaji`` (kanji, digits, other scripts, or no letter at all).

    >>> romaji(pl.Series(["SATO, Taro", "MR TARO SATOH", "佐藤", None])).select("normalized", "reason").rows()
    [('sato taro', None), ('sato taro', None), (None, 'not_romaji'), (None, 'missing')]
    """
    frame = as_text(values).to_frame().select(tidy(pl.col("raw")).alias("display"))
    text = pl.col("display")
    frame = frame.with_columns(
        reason=pl.when(text.is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(text, dummies=True))
        .then(pl.lit("placeholder"))
        .when(~text.str.contains(_NAME))
        .then(pl.lit("not_romaji")),
        truncated=(text.str.len_chars() == _EMBOSSED).fill_null(False),
    )
    bare = text.str.to_lowercase().str.replace_all("[ .,・]+", " ").str.strip_chars(" ")
    names = frame.select(pl.when(pl.col("reason").is_null()).then(bare.str.replace_all(_TITLES, "")))
    keys = name_keys(names.to_series())
    unfit = keys["key"].is_null() & frame["reason"].is_null()
    frame = frame.with_columns(reason=pl.when(unfit).then(pl.lit("not_romaji")).otherwise("reason"))
    return pl.concat([keys.select(normalized="key"), frame, keys.select("first", "last")], how="horizontal").select(
        "normalized", "display", "reason", "first", "last", "truncated"
    )

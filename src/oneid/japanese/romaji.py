"""Names in Latin letters, and :func:`fold`, the one folding key on which Latin and kana spellings of a name meet.

Why a key of its own: 佐藤 is embossed SATO, SATOH, SATOU or SATOO, typed さとう, printed ｻﾄｳ; ショウジ is SHOJI
(passport), shouji (Hepburn by kana), syouzi (kunrei-shiki) or SHOHJI. The key is *coarser than a name*. It is right for
finding candidates and for "one may be a spelling of the other", not for "these are equal". Different names that it
does not tell apart, because passports or old systems do not:

- the length of O and U (小野 オノ and 大野 オオノ, ユキ and ユウキ, ヒロ and ヒロオ) and of E;
- the length of A but before KI (マヤ and マアヤ meet, マサキ and マサアキ do not);
- the length of I inside a word (シナ and シイナ meet; 井田 イダ and 飯田 イイダ, フジ and フジイ do not);
- ヅ ズ and ヂ ジ; ヴ and ブ; small and large kana where only one of them makes a name (ミヤ and ミャ, チエ and チェ);
- ツ and ッ before タ, サ and パ (勝田 カツタ and 刈田 カッタ).

How: kana is spelled out in kunrei-shiki, whose consonants are regular, then both scripts go through the same ordered
replacements, :data:`STEPS`. A later step never makes text that an earlier one would change, so that folding a key
again gives the key. Sources: the spellings of the passport office (Hepburn, 旅券法施行規則), the cabinet's table of
1954 (kunrei-shiki, with Hepburn and nihon-shiki in its second part), and what cards and forms show.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from oneid.japanese.text import DUMMY_WORDS, NULL_WORDS, apart, as_text, is_placeholder, katakana, on_tokens, tidy

__all__ = [
    "KUNREI",
    "LETTERS",
    "STEPS",
    "fold",
    "fold_tokens",
    "name_keys",
    "over_lines",
    "prefix_of",
    "romaji",
    "unvoiced",
]

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
    "ッ": "_", "フ": "fu",
}  # fmt: skip


def _kana_table() -> dict[str, str]:
    """Kana to kunrei-shiki, longest kana first. Large ヤユヨ stand for small ones where only old systems write so."""
    table: dict[str, str] = {"ジユキ": "ziyuki"}
    for kana, consonant in _I_ROW.items():
        for large, sound in (("ヨ", "yo"), ("ユ", "yu")):
            if kana + large != "ミユ":  # ミユウ and ミユ are names themselves
                ends = (("ウ", "u"), ("ー", "u"), ("ン", "n"))
                table |= {kana + large + end: consonant + sound + kept for end, kept in ends}
    for kana, consonant in _I_ROW.items():
        for small, sound in (("ャ", "ya"), ("ュ", "yu"), ("ョ", "yo")):
            table[kana + small] = consonant + sound
    table |= {"ジユ": "zyu", **_FOREIGN}
    for consonant, row in _ROWS.items():
        table |= {kana: consonant + vowel for kana, vowel in zip(row, "aiueo", strict=True)}
    table |= _SINGLE
    voiced = {row[0][at]: row[1][at] for row in _VOICED_ROWS for at in range(len(row[0]))}
    single = {kana: latin for kana, latin in table.items() if len(kana) == 1}
    repeats = {kana + "ヽ": latin * 2 for kana, latin in single.items()}
    repeats |= {kana + "ヾ": latin + single[voiced.get(kana, kana)] for kana, latin in single.items()}
    return repeats | table


_VOICED_ROWS = (("カキクケコサシスセソタチツテト", "ガギグゲゴザジズゼゾダヂヅデド"), ("ハヒフヘホ", "バビブベボ"))
KUNREI = _kana_table()
"""Katakana in kunrei-shiki, longer kana first to be matched; ッ is ``_`` and ー has no letter."""

LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "ng",
    "ĸ": "k", "ŧ": "t", "ə": "e",
}  # fmt: skip
"""Letters that have no decomposition in Unicode but a usual spelling in ASCII."""

_ONE_SOUND = {"l": "r", "v": "b", "q": "k", "x": "ks"}
"""One letter for sounds that Japanese does not tell apart, or that spellings swap (VERONICA, ベロニカ)."""

STEPS: tuple[tuple[str, str], ...] = (
    # ウィ written ウイ, ウェ written ウエ.
    ("w+([ie])", "u$1"),
    # チ: CHI, TI; ッチ: TCHI (passport), CCHI (typed), TTI. A CH before no vowel is foreign: Christ.
    ("cch", "tch"), ("c+h+([aueo])", "ty$1"), ("c+h+y", "ty"), ("c+h+i", "ti"), ("c+yi?", "ty"), ("c", "k"),
    # ジ ヂ and ズ ヅ: JI, ZI, DI, DJI; ZU, DU, DZU. ジャ: JA, JYA, ZYA, DYA.
    ("j+y*([aueo])", "zy$1"), ("j+", "z"), ("d+([iu])", "z$1"), ("d+y", "zy"), ("d+z", "z"),
    # シ: SHI, SI; シャ: SHA, SYA. ツ: TSU, TU. ヲ: WO, O.
    ("sh+([aueo])", "sy$1"), ("sh+", "s"), ("hh+", "h"), ("tsu", "tu"), ("w+o", "o"),
    # The H of OH and its like marks a long vowel where no vowel follows: SATOH, OHNO, YUHKO, and JOHN for ジョン;
    # at the beginning also before I, E and U (OHISHI, OHE, OHUCHI for オオイシ, オオエ, オオウチ), and in KOHICHI.
    ("^o[ou]*hu", "ou"), ("^o[ou]*h([ie])", "o$1"), ("([aeiou])h+([^aeiouh]|$)", "$1$2"), ("([ou])hi+ti", "${1}iti"),
    # イエ, エ: the old spelling YE (INOUYE for イノウエ).
    ("^(?:y+e+)+", "e"), ("([aeiou])(?:y+e+)+", "${1}e"),
    # フ: FU, HU. ファ written フア, フィ written フイ.
    ("hu", "fu"), ("fu+([aieo])", "f$1"),
    # ン: NAMBA and NANBA, HOMMA and HONMA, and the NN of a keyboard before a consonant (HONNMA).
    ("m+([bp])", "n$1"), ("mm+", "nm"), ("nn+([^aeiouyn]|$)", "n$1"),
    # Vowel length: OU, OO, UU, AA, II, EE as one. EI stays (レイナ is not レナ); so do AA before KI, which begins アキ,
    # and II at either end of a word, which is two of its parts (飯田, 藤井).
    ("aa+ki", "a_aki"), ("aa+", "a"), ("_", ""), (r"\Bii+\B", "i"), ("iii+", "ii"), ("uu+", "u"), ("ee+", "e"),
    ("o[ou]+", "o"),
    # キャ written キヤ: no two names differ in this alone. Not ヒヤ (大日山 オオヒヤマ is not オヤマ). シェ: シエ.
    ("([kgsztnbpmr])iya", "${1}ya"), ("([szt])ie", "${1}ye"),
    # ッ written ツ before タ, サ and パ (ハツトリ); not before カ: イッキ and イツキ are two names.
    ("([aeiou])tu([tsp])", "$1$2$2"),
)  # fmt: skip
"""The ordered replacements on lower-case ASCII: (regular expression, replacement). They see one token a line."""

_UNVOICE: tuple[tuple[str, str], ...] = (
    ("g", "k"), ("[bpf]", "h"), ("d", "t"), ("z", "s"), ("tt([iuy])", "ss$1"), ("t([iuy])", "s$1"),
    # What fold does before voiceless sounds only.
    ("hh+", "h"), ("hu+([aieo])", "h$1"), ("hiya", "hya"), ("^oh([ie])", "o$1"), ("([ou])hisi", "${1}isi"),
    ("aa+", "a"), ("siyu", "syu"),
    ("([aeiou])su([st])", "$1$2$2"),
)  # fmt: skip

_CUTS = (
    ("$", ""), ("kh?$", "t"), ("(?:kk|tkh?)$", "tt"), ("ts$", "t"), ("ts?$", "s"), ("tukh?$", "tt"), ("d$", "z"),
    ("w$", ""), ("w$", "u"), ("y$", ""), ("ii?y?$", "y"), ("m$", "n"), ("tu$", "t"), ("tu$", "s"), ("tu$", "p"),
    ("fu$", "f"), ("ii$", "i"), ("ak$", "aak"), ("hi$", "i"), ("hi(?:t|kh?)$", "it"),
)  # fmt: skip
"""How the key of a token that was cut inside a sound may go on: C|HI is k but ti, NAM|BA is nam but nanba."""


def _spelled(text: pl.Expr) -> pl.Expr:
    """Tidy text with one token a line, as keys."""
    out = katakana(text).str.replace_many(KUNREI, leftmost=True)
    out = out.str.to_lowercase().str.replace_many(LETTERS, leftmost=True).str.normalize("NFKD")
    return _keyed(out)


def _spelled_usual(text: pl.Expr) -> pl.Expr:
    """:func:`_spelled` of nothing but katakana, ASCII letters, hyphens and apostrophes (:data:`_USUAL`)."""
    return _keyed(text.str.replace_many(KUNREI, leftmost=True).str.to_lowercase())


def _keyed(out: pl.Expr) -> pl.Expr:
    out = out.str.replace_all(r"[^a-z_\n]+", "").str.replace_many(_ONE_SOUND)
    return _stepped(out.str.replace_all("_+([b-df-hj-np-tv-z])", "$1$1").str.replace_all("_", "", literal=True), STEPS)


def _stepped(text: pl.Expr, steps: tuple[tuple[str, str], ...]) -> pl.Expr:
    for pattern, replacement in steps:
        text = text.str.replace_all("(?m)" + pattern, replacement)
    return text


def fold(expr: pl.Expr) -> pl.Expr:
    """The folding key of one token in kana or Latin letters: lower-case ASCII, or null where no letter is left.

    Blanks, marks and characters of other scripts are dropped, so ask first whether the token is what you think it is.
    Folding is idempotent. :func:`fold_tokens` gives the same for a Series, many times faster.

    >>> frame = pl.DataFrame({"x": ["サトウ", "SATOH", "ｼﾞｭﾝｲﾁ", "JUN'ICHI", "ツジ", "TSUJI", "ｼﾖｳｺ", "SHOHKO"]})
    >>> frame.select(fold(pl.col("x")))["x"].to_list()
    ['sato', 'sato', 'zyuniti', 'zyuniti', 'tuzi', 'tuzi', 'syoko', 'syoko']
    """
    return _spelled(tidy(expr)).replace("", None)


def unvoiced(expr: pl.Expr) -> pl.Expr:
    """A coarser key than that of :func:`fold`, made from it: voiced and unvoiced spellings of a name meet.

    For kana that lost its voiced marks (ヤマサキ for ヤマザキ) and names read in two ways (ナカジマ, ナカシマ). G is K;
    B, P and F are H; ザ ゼ ゾ are サ セ ソ; ダ デ ド are タ テ ト; ジ, シ, チ are one, and so are ズ, ス, ツ, since
    ヅ and ズ have one folding key, which must meet both ツ and ス. Real names that meet: ゴトウ and コトウ, ナガタ and
    ナカタ, チダ and シダ, カズオ and カツオ, シエ and チエ. Weak evidence only. ヴ that became ウ does not meet.

    >>> frame = pl.DataFrame({"x": ["yamazaki", "yamasaki", "itizu", "isitu", "kobayasi", "kohayasi"]})
    >>> frame.select(unvoiced(pl.col("x")))["x"].to_list()
    ['yamasaki', 'yamasaki', 'isisu', 'isisu', 'kohayasi', 'kohayasi']
    """
    return _stepped(expr, _UNVOICE)


def prefix_of(cut: pl.Series, whole: pl.Series) -> pl.Series:
    """Whether each key of ``cut`` may be the key of a name whose writing was cut, ``whole`` being that of the name.

    Both are :func:`fold` keys of one token, n each. A cut may fall inside a sound, whose key then ends differently:
    MATSUMOTOC|HI, NAM|BA and KI|YOSHI are known. A whole is a prefix of itself. Null where either is null. The shorter
    the cut, the less the answer says; ask for three letters or more.

    >>> prefix_of(pl.Series(["mituk", "nam", "sato"]), pl.Series(["mitutika", "nanba", "saito"])).to_list()
    [True, True, False]
    """
    frame = pl.DataFrame({"cut": cut, "whole": whole})
    ways = [pl.col("cut").str.replace(pattern, replacement) for pattern, replacement in _CUTS]
    begins = [(way != "") & pl.col("whole").str.starts_with(way) for way in ways]
    return frame.lazy().select(pl.any_horizontal(begins).alias("prefix")).collect().to_series()


_USUAL = r"[^A-Za-zァ-ヺー'\n-]"


def over_lines(texts: pl.Series, function: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """``function`` over all texts as one long text with a line for each: hundreds of expressions cost one call each.

    ``function`` must keep line breaks and look at nothing beyond them. ``texts`` have no line breaks and no nulls.
    """
    if texts.is_empty():
        return texts.cast(pl.String)
    lines = pl.DataFrame({"x": texts}).lazy().select(function(pl.col("x").str.join("\n")).str.split("\n").explode())
    return lines.collect().to_series()


def fold_tokens(tokens: pl.Series) -> pl.Series:
    """:func:`fold` of a Series, over its distinct tokens where they repeat: names are near unique, their parts not."""
    return on_tokens(tokens, _folded)


def _folded(tokens: pl.Series) -> pl.Series:
    texts = tokens.alias("token").fill_null("")
    usual = not (texts.str.contains(_USUAL).any() or texts.str.contains("\n", literal=True).any())
    if not usual:
        texts = texts.to_frame().select(tidy(pl.col("token")).fill_null("")).to_series()
    return over_lines(texts, _spelled_usual if usual else _spelled).replace("", None)


def name_keys(texts: pl.Series) -> pl.DataFrame:
    """The keys of blank-separated names: ``key`` (folded tokens, sorted, one blank between), ``first`` and ``last``.

    Null where the text is null or nothing of it can be folded.
    """
    column = texts.alias("text").to_frame()
    halves = column.lazy().select(pl.col("text").str.splitn(" ", 2)).collect().to_series()
    first, rest = halves.struct.field("field_0"), halves.struct.field("field_1")
    both = fold_tokens(pl.concat([first, rest]))
    frame = pl.DataFrame({"first": both[: len(first)], "last": both[len(first) :]})
    two = pl.col("first").is_not_null() & pl.col("last").is_not_null()
    pair = pl.concat_str(pl.min_horizontal("first", "last"), pl.max_horizontal("first", "last"), separator=" ")
    frame = frame.select(
        key=pl.when(two).then(pair).otherwise(pl.coalesce("first", "last")),
        first=pl.coalesce("first", "last"),
        last=pl.coalesce("last", "first"),
    )
    more = rest.str.contains(" ", literal=True).fill_null(value=False).arg_true()
    if more.is_empty():
        return frame
    long = _long_keys(texts.gather(more)).with_columns(row=more)
    return (
        frame.with_row_index("row")
        .with_columns(pl.col("row").cast(more.dtype))
        .update(long, on="row", how="left", include_nulls=True)
        .drop("row")
    )


def _long_keys(texts: pl.Series) -> pl.DataFrame:
    """:func:`name_keys` of names of any number of tokens."""
    rows = texts.alias("token").to_frame().with_row_index("row").with_columns(pl.col("token").str.split(" "))
    tokens = rows.explode("token", empty_as_null=True)
    tokens = tokens.with_columns(key=fold_tokens(tokens["token"])).filter(pl.col("key").is_not_null())
    ends = tokens.group_by("row").agg(
        first=pl.col("key").first(), last=pl.col("key").last(), key=pl.col("key").sort().str.join(" ")
    )
    return rows.select("row").join(ends, on="row", how="left", maintain_order="left").select("key", "first", "last")


_EMBOSSED = 26
"""Characters that the name line of a payment card holds (ISO/IEC 7813, track 1: 2 to 26); systems that feed it cut
longer names there.
"""

_NAME = r"^[\p{Latin}\p{Katakana}\p{Hiragana}\p{M}ー'’‘`´.,・/ \-‐‑]+$"
_TITLE_WORDS = ("mr", "mrs", "ms", "miss", "dr", "prof", "sama")
_TITLES = "^(?:(?:{0}) )+|(?: (?:{0}))+$".format("|".join(_TITLE_WORDS))
_TITLED = "(?:^| )(?:{})(?: |$)".format("|".join(_TITLE_WORDS))
_PLAIN = "^([A-Za-z]{2,}) ([A-Za-z]{2,})$"
_CARD_WORDS = frozenset(
    ["noname", "cardholder", "cardmember", "valuedcustomer", "valuedmember", "giftcard", "prepaidcard", "prepaidmember"]
)
"""What cards that bear no name are embossed with instead, without blanks; our own list."""

_STAND_INS = sorted({word.replace(" ", "") for word in NULL_WORDS | DUMMY_WORDS if word.isascii()} | _CARD_WORDS)


def romaji(values: pl.Series) -> pl.DataFrame:
    """Names in Latin letters (kana is accepted too), in any spelling and order.

    ``normalized`` is the :func:`fold` key of every token, sorted and joined by one space: TARO SATO, SATO TARO and
    サトウ タロウ give ``sato taro``. Blanks, commas, dots, middle dots and the slash of a card's magnetic stripe
    (SATO/TARO) part tokens; hyphens and apostrophes do not (KEN-ICHI is one name). The titles MR, MRS, MS, MISS, DR,
    PROF and SAMA are removed where other tokens are left. ``display`` is the tidy text.

    Extras: ``first``, ``last`` (String): the keys of the first and the last token as written, equal for one token;
    ``truncated`` (Boolean): the text is exactly 26 characters long, so an embossed name may be cut: its ``last`` then
    agrees with a name of which it is a prefix (:func:`prefix_of`).

    Giving ``normalized`` back in gives itself, unless it happens to spell a placeholder (ナ is a name, NA is none).

    Reasons: ``missing``, ``placeholder``, ``not_romaji`` (kanji, digits, other scripts, or no letter at all).

    >>> romaji(pl.Series(["SATO, Taro", "MR TARO SATOH", "佐藤", None])).select("normalized", "reason").rows()
    [('sato taro', None), ('sato taro', None), (None, 'not_romaji'), (None, 'missing')]
    """
    return apart(as_text(values), _plainly, _read)


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Names of two plain words that are no titles and no placeholders; all else is null."""
    text = pl.col("raw")
    lower = text.str.to_lowercase()
    plain = text.str.contains(_PLAIN) & ~lower.str.replace(" ", "", literal=True).is_in(_STAND_INS)
    plain &= ~lower.str.contains(_TITLES)
    frame = raw.to_frame().lazy().select(raw=pl.when(plain).then(text)).collect()
    keys = name_keys(frame.to_series())
    titled = pl.any_horizontal(pl.col("first", "last").is_in(_TITLE_WORDS)).fill_null(value=False)
    keys = keys.with_columns(pl.when(~titled).then(pl.all()))
    return keys.select(
        normalized="key",
        display=frame["raw"],
        reason=pl.lit(None, dtype=pl.String),
        first="first",
        last="last",
        truncated=(frame["raw"].str.len_bytes() == _EMBOSSED).fill_null(value=False),
    )


def _untitled(texts: pl.Series) -> pl.Series:
    """Names of several tokens without those whose keys are titles (MSH, サマ), where others are left."""
    rows = texts.alias("token").to_frame().with_row_index("row").with_columns(pl.col("token").str.split(" "))
    tokens = rows.explode("token", empty_as_null=True)
    tokens = tokens.with_columns(titled=fold_tokens(tokens["token"]).is_in(_TITLE_WORDS).fill_null(value=False))
    known = pl.col("token").filter(~pl.col("titled"))
    left = tokens.group_by("row", maintain_order=True).agg(
        pl.when(known.len() > 0).then(known.str.join(" ")).otherwise(pl.col("token").str.join(" ")).first()
    )
    return left["token"]


def _read(raw: pl.Series) -> pl.DataFrame:
    """Names in any form."""
    frame = raw.to_frame().select(tidy(pl.col("raw")).alias("display"))
    text = pl.col("display")
    letters = text.str.to_lowercase().str.replace_all(" ", "", literal=True)
    frame = frame.with_columns(
        reason=pl.when(text.is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(text, dummies=True) | letters.is_in(sorted(_CARD_WORDS)))
        .then(pl.lit("placeholder"))
        .when(~text.str.contains(_NAME))
        .then(pl.lit("not_romaji")),
        truncated=(text.str.len_chars() == _EMBOSSED).fill_null(value=False),
    )
    bare = text.str.to_lowercase().str.replace_all("[ .,・/]+", " ").str.strip_chars(" ")
    names = frame.select(pl.when(pl.col("reason").is_null()).then(bare.str.replace_all(_TITLES, ""))).to_series()
    keys = name_keys(names)
    titled = keys["key"].str.contains(_TITLED).fill_null(value=False).arg_true()
    if not titled.is_empty():
        keys = name_keys(names.scatter(titled, _untitled(names.gather(titled))))
    unfit = keys["key"].is_null() & frame["reason"].is_null()
    embossed = keys["key"].is_in(sorted(_CARD_WORDS)).fill_null(value=False)  # NOUNAME
    keys = keys.select(pl.when(~embossed).then(pl.all()))
    frame = frame.with_columns(
        reason=pl.when(unfit).then(pl.lit("not_romaji")).when(embossed).then(pl.lit("placeholder")).otherwise("reason")
    )
    return pl.concat([keys.select(normalized="key"), frame, keys.select("first", "last")], how="horizontal").select(
        "normalized", "display", "reason", "first", "last", "truncated"
    )

"""Names of people that are written in Latin letters: their parts, how they sound, and where they meet katakana.

``José García`` and ``JOSE GARCIA``, ``O'Brien`` and ``OBRIEN``, ``SMITH, John`` and ``John Smith`` are one name. Names
in other scripts are refused rather than transliterated: there is no one way to write Иван in Latin letters.

Sources: the particles, titles and family names below are our own lists of the most frequent ones; the phonetic code is
Metaphone (L. Philips, 1990) as jellyfish computes it; :mod:`oneid.japanese.sound` holds the key for katakana.
"""

from __future__ import annotations

import jellyfish
import polars as pl

from oneid.japanese.romaji import LETTERS
from oneid.japanese.sound import heard
from oneid.japanese.text import DUMMY_WORDS, NULL_WORDS, apart, as_text, is_placeholder, on_tokens, settled, tidy

__all__ = ["EASTERN", "PARTICLES", "latin", "metaphone"]

_TITLES = ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "rev", "fr", "capt")
_GENERATIONS = ("jr", "sr", "ii", "iii", "iv")
_DEGREES = ("phd", "md", "esq", "mba", "msc", "bsc", "cpa", "dds")
PARTICLES = (
    *("van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "do", "du", "la", "las", "los", "ter"),
    *("ten", "op", "zu", "zur", "al", "el", "bin", "binti", "bint", "ibn", "ben", "abu", "st"),
)
"""Words that stand before a family name and belong to it: Dutch, German, Romance, Arabic, Malay."""

_FAMILY_FIRST = (
    *("nguyen", "tran", "pham", "huynh", "phan", "vu", "vo", "dang", "bui", "duong", "ngo", "truong", "dinh"),
    *("wang", "zhang", "zhao", "huang", "zhou", "wu", "xu", "zhu", "guo", "chen", "liu", "yang", "cheng", "tsai"),
    *("hsu", "chang", "wong", "cheung", "leung", "choi", "jeong", "jung", "kang", "yoon", "hwang"),
)
"""Family names of Vietnam, China and Korea that are hardly ever given names: at the beginning they tell the order."""

EASTERN = (*_FAMILY_FIRST, "kim", "lee", "li", "lin", "park", "choe", "zheng", "sun", "luo", "gao", "xie", "song")
"""The same with further ones, for pairs of words of which no other is a Japanese name."""

_PLAIN = "^[A-Za-z]{2,} [A-Za-z]{2,}$"
_SPECIAL = sorted({*_TITLES, *_GENERATIONS, *_DEGREES, *PARTICLES})
_STAND_INS = sorted({word.replace(" ", "") for word in NULL_WORDS | DUMMY_WORDS if word.isascii()})
_MARKS = "['’‘`´ʻʼ‐‑–-]"
_LEFT = r"(?:^| )(?:ph|{})(?: |$)".format("|".join((*_TITLES, *_GENERATIONS, *_DEGREES)))
_END = "(?:{}|{})".format("|".join(_GENERATIONS), "|".join(_DEGREES))


def latin(values: pl.Series) -> pl.DataFrame:
    """Names in Latin letters, of n people, with their parts.

    ``normalized``: lower-case ASCII words with one blank between, given name first where a comma told the family name;
    diacritics stripped (Müller is ``muller``; Mueller stays, and meets it in the phonetic columns), hyphens and
    apostrophes closed up (Jean-Paul, O'Brien), remarks in brackets, titles and degrees left out, Jr., II and III kept.
    ``display``: the tidy text.

    Extras: ``tokens`` and ``middle`` (List(String)); ``family`` and ``given``, null where the name is one word or its
    order is unknown, particles being one word with the family name (``vanderberg``); ``suffix`` (jr, sr, ii, iii, iv: a
    father and his son differ in this alone); ``phonetic_family``, ``phonetic_given`` (:func:`metaphone`);
    ``sound_family``, ``sound_given`` (:func:`oneid.japanese.sound.sound`, which gives the same for katakana).

    The last word is taken as the family name, unless the first is one of Vietnam, China or Korea that is no given name.
    Two family names (García Márquez) cannot be told from a middle name: the last one is ``family``.

    Reasons: ``missing``, ``placeholder``, ``not_latin`` (any other letter, a digit, or no letter at all).

    >>> latin(pl.Series(["SMITH, John M.", "Nguyễn Văn An"])).select("normalized", "family", "given").rows()
    [('john m smith', 'smith', 'john'), ('nguyen van an', 'nguyen', 'an')]
    """
    frame = apart(as_text(values), _plainly, _read)
    both = pl.concat([frame["family"], frame["given"]])
    keys = on_tokens(both, _keys).struct.unnest()
    at = {"family": slice(None, frame.height), "given": slice(frame.height, None)}
    return frame.with_columns(
        keys[kind][span].alias(f"{kind}_{part}") for kind in ("phonetic", "sound") for part, span in at.items()
    )


def _keys(tokens: pl.Series) -> pl.Series:
    return pl.DataFrame({"phonetic": _metaphones(tokens), "sound": heard(tokens)}).to_struct()


def metaphone(tokens: pl.Series) -> pl.Series:
    """How each lower-case Latin word sounds in English: Metaphone, with ``ue`` as ``u``, ``oe`` as ``o``, and a final
    A or O kept. Null where nothing is left. Computed over the distinct words.

    Metaphone was taken since it joins the most spellings of one name: of 40 such pairs 31 (Catherine and Katherine,
    Smith and Smyth, Philip and Phillip, Steven and Stephen, Brown and Braun), NYSIIS 27 (not Smith and Smyth), the
    match rating codex 14 (not Catherine and Katherine). It also joins names that differ in vowels (Brown and Brian,
    Martin and Morton: 29 of 40 look-alikes; NYSIIS 21, Soundex 30), hence the final vowel, which parts Paul and Paula,
    Mary and Mario; so ask for some likeness of the letters beside it. Sean and Shaun do not meet here; they do in
    :func:`oneid.japanese.sound.sound`.

    >>> metaphone(pl.Series(["catherine", "katherine", "paul", "paula", None])).to_list()
    ['K0RN', 'K0RN', 'PL', 'PLA', None]
    """
    return on_tokens(tokens, _metaphones)


def _metaphones(tokens: pl.Series) -> pl.Series:
    token = pl.col("token")
    frame = tokens.alias("token").to_frame()
    spelled = frame.select(token.str.replace_many({"ue": "u", "oe": "o"})).to_series()
    codes = [word and jellyfish.metaphone(word) for word in spelled.to_list()]
    end = pl.when(token.str.ends_with("a")).then(pl.lit("A")).when(token.str.ends_with("o")).then(pl.lit("O"))
    code = pl.concat_str("code", end.otherwise(pl.lit(""))).replace("", None)
    return frame.with_columns(code=pl.Series(codes, dtype=pl.String)).select(code).to_series()


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Names of two plain words, neither of which means something else; all others are null."""
    text = pl.col("raw")
    frame = raw.to_frame().lazy().with_columns(lower=text.str.to_lowercase())
    frame = frame.with_columns(words=pl.col("lower").str.splitn(" ", 2)).with_columns(
        first=pl.col("words").struct.field("field_0"), last=pl.col("words").struct.field("field_1")
    )
    plain = text.str.contains(_PLAIN) & ~pl.col("first").is_in(_SPECIAL) & ~pl.col("last").is_in(_SPECIAL)
    plain &= ~pl.col("lower").str.replace(" ", "", literal=True).is_in(_STAND_INS)
    frame = frame.with_columns(plain=plain.fill_null(value=False))
    frame = frame.with_columns(
        pl.when("plain").then(pl.col(name)).alias(name) for name in ("raw", "lower", "first", "last")
    )
    turned, known = pl.col("first").is_in(_FAMILY_FIRST), pl.col("last").is_in(_FAMILY_FIRST)
    open_ = turned & known & (pl.col("first") != pl.col("last"))
    empty = pl.lit([], dtype=pl.List(pl.String))
    return frame.select(
        normalized="lower",
        display="raw",
        reason=pl.lit(None, dtype=pl.String),
        tokens=pl.when("plain").then(pl.concat_list("first", "last")),
        family=pl.when(open_).then(None).when(turned).then("first").otherwise("last"),
        given=pl.when(open_).then(None).when(turned).then("last").otherwise("first"),
        middle=pl.when("plain").then(empty),
        suffix=pl.lit(None, dtype=pl.String),
    ).collect()


def _letters(text: pl.Expr) -> pl.Expr:
    """Tidy text in lower-case ASCII where it is Latin at all, without remarks in brackets and closed-up marks."""
    text = text.str.replace_all(r"\s*[(\[{][^)\]}]*[)\]}]\s*", " ").str.to_lowercase()
    text = text.str.replace_many(LETTERS, leftmost=True).str.normalize("NFKD").str.replace_all(r"\p{M}+", "")
    text = text.str.replace_all(r"(^|[ ,])ph\.? ?d(?:\.|$)", "${1}phd ").str.replace_all(
        r"(^|[ ,])m\.d(?:\.|$)", "${1}md "
    )
    text = text.str.replace_all(_MARKS, "").str.replace_all(r"[ .・]+", " ").str.replace_all("(?: ?, ?)+", ",")
    return text.str.strip_chars(" ,")


def _read(raw: pl.Series) -> pl.DataFrame:
    """Names in any form; one in which a title or degree is left is read again (PhD, Meyer)."""
    made = _read_once(raw)
    rows = made["normalized"].str.contains(_LEFT).fill_null(value=False).arg_true()
    return made if rows.is_empty() else settled(made, rows, _read_once, "not_latin")


def _read_once(raw: pl.Series) -> pl.DataFrame:
    titles = "|".join(_TITLES)
    frame = raw.to_frame().lazy().select(display=tidy(pl.col("raw"))).with_columns(text=_letters(pl.col("display")))
    frame = frame.with_columns(
        reason=pl.when(pl.col("display").is_null())
        .then(pl.lit("missing"))
        .when(is_placeholder(pl.col("display"), dummies=True))
        .then(pl.lit("placeholder"))
        .when(~pl.col("text").str.contains("^[a-z][a-z ,]*$"))
        .then(pl.lit("not_latin"))
    ).with_columns(text=pl.when(pl.col("reason").is_null()).then("text"))
    text = pl.col("text").str.replace_all(f",({_END})(?-u:\\b)", " $1")
    text = text.str.replace(f"^(?:(?:{titles}) )+([a-z])", "$1").str.replace(f",(?:(?:{titles}) )+([a-z])", ",$1")
    text = text.str.replace(f"([a-z])(?:[ ,](?:{titles}))+$", "$1")
    end = f"^(.*?[a-z])((?: {_END})+)$"
    frame = frame.with_columns(text=text).with_columns(
        body=pl.col("text").str.replace(end, "$1"), end=pl.col("text").str.extract(end, 2)
    )
    suffix = pl.col("end").str.extract(r"(?-u:\b)({})(?-u:\b)".format("|".join(_GENERATIONS)), 1)
    made = _parts(frame.with_columns(suffix=suffix))
    # Once more: what is left of A.B.C or A-A-A spells a word that stands for a name.
    empty = pl.col("normalized").is_not_null() & is_placeholder(pl.col("normalized"), dummies=True)
    made = made.with_columns(reason=pl.when(empty).then(pl.lit("placeholder")).otherwise("reason"))
    kept = ("normalized", "tokens", "family", "given", "middle", "suffix")
    return made.with_columns(
        pl.when(pl.col("reason").is_null()).then(pl.col(name)).alias(name) for name in kept
    ).collect()


def _parts(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The parts of names whose ``body`` has no title and no suffix any more."""
    comma = pl.col("body").str.count_matches(",", literal=True) == 1
    left, right = pl.col("body").str.extract("^([^,]+),", 1), pl.col("body").str.extract(",([^,]+)$", 1)
    plain = pl.col("body").str.replace_all(",", " ", literal=True)
    frame = frame.with_columns(
        told=pl.when(comma).then(left),
        name=pl.when(comma).then(pl.concat_str(right, pl.lit(" "), left)).otherwise(plain),
    )
    words = pl.col("name").str.split(" ")
    particles = "|".join(PARTICLES)
    cut = f"^(.+?) ((?:(?:{particles}) )*[a-z]+)$"
    bare = (
        pl.col("name").str.contains(f"^(?:(?:{particles}) ){{2,}}[a-z]+$") & ~comma
    )  # van der Berg, and no given name
    frame = frame.with_columns(
        words=words,
        rest=pl.when(comma).then(right).when(~bare).then(pl.col("name").str.extract(cut, 1)),
        tail=pl.when(bare).then("name").otherwise(pl.coalesce("told", pl.col("name").str.extract(cut, 2))),
        first=pl.col("name").str.extract("^([a-z]+) ", 1),
        last=pl.col("name").str.extract(" ([a-z]+)$", 1),
    )
    ahead = pl.col("told").is_null() & pl.col("first").is_in(_FAMILY_FIRST)
    known = pl.col("last").is_in(_FAMILY_FIRST)
    unknown = ahead & known & (pl.col("first") != pl.col("last"))
    turned, rest = ahead & ~known, pl.col("rest").str.split(" ")
    inside = pl.col("words").list.slice(1, pl.col("words").list.len() - 2)
    family = pl.when(turned).then("first").otherwise("tail").str.replace_all(" ", "", literal=True)
    there = pl.col("reason").is_null()
    empty = pl.lit([], dtype=pl.List(pl.String))
    return frame.select(
        normalized=pl.when(there).then(pl.concat_str("name", "suffix", separator=" ", ignore_nulls=True)),
        display="display",
        reason="reason",
        tokens=pl.when(there).then("words"),
        family=pl.when(~unknown).then(family),
        given=pl.when(unknown).then(None).when(turned).then("last").otherwise(rest.list.first()),
        middle=pl.when(unknown | (there & pl.col("rest").is_null()))
        .then(empty)
        .when(turned)
        .then(inside)
        .otherwise(rest.list.slice(1)),
        suffix="suffix",
    )

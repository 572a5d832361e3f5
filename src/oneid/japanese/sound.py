"""A key on which a foreign name in Latin letters meets its katakana spelling: JOHN SMITH and ジョン・スミス.

Katakana writes what is heard: the consonants are kept, vowels are changed and put in between, R and L are one, TH is S,
V is B, and R before a consonant is a long vowel. So the key is the skeleton of consonants, each in its class, with a
``-`` before it where the word begins with a vowel, H, W or Y.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.romaji import KUNREI, over_lines
from oneid.japanese.text import katakana, on_tokens, tidy

__all__ = ["heard", "sound"]

_HEARD = {"チ": "ci", "ツ": "tsu", "ティ": "ti", "ー": ""} | {
    kana: latin.replace("ty", "c") for kana, latin in KUNREI.items() if "チ" in kana and len(kana) > 1
}
_KANA = KUNREI | _HEARD

_KANA_WORDS = {"イ": "リ"}
"""The Korean and Chinese 李 is written LEE and LI, and read イ or リ."""

_LATIN_WORDS = {
    "alejandro": "アレハンドロ", "angel": "アンヘル", "brooks": "ブルックス", "bruno": "ブルーノ",
    "castillo": "カスティーヨ", "charles": "チャールズ", "charlotte": "シャーロット", "christian": "クリスチャン",
    "duong": "ズオン", "esther": "エスター", "guillermo": "ギジェルモ", "jan": "ヤン", "javier": "ハビエル",
    "jeong": "チョン", "jesus": "ヘスス", "jimenez": "ヒメネス", "joao": "ジョアン", "joaquin": "ホアキン",
    "johannes": "ヨハネス", "jorge": "ホルヘ", "jose": "ホセ", "juan": "フアン", "jung": "チョン", "lee": "リー",
    "louis": "ルイス", "matthew": "マシュー", "michel": "ミシェル", "michelle": "ミシェル", "pierre": "ピエール",
    "rachel": "レイチェル", "rhee": "リ", "shrestha": "シュレスタ", "stephen": "スティーブン",
    "stewart": "スチュアート", "stuart": "スチュアート", "thanh": "タン", "thapa": "タパ", "theodore": "セオドア",
    "theresa": "テレサ", "thi": "ティ", "trudy": "トルーディ", "yi": "リ",
}  # fmt: skip
"""Words whose usual katakana does not follow the rules below; our own list."""

_LATIN_STEPS: tuple[tuple[str, str], ...] = (
    # What is silent or odd at the beginning: WRIGHT, KNIGHT, GNEISS, XAVIER, NGUYEN.
    ("^wr", "r"), ("^kn", "n"), ("^gn", "n"), ("^ps", "s"), ("^x", "s"), ("^ng", "g"), ("^gh", "g"),
    ("^mc", "mak"), ("^thom", "tom"),
    # Two letters for one sound. CH is K in MICHAEL and CHRIS.
    ("tch", "C"), ("sch", "s"), ("ch([rl])", "k$1"), ("ch(ae|ol)", "k$1"), ("ch", "C"), ("zh", "C"),
    ("[st]h", "s"), ("ph", "f"), ("gh", ""), ("ck", "k"), ("dg([ei])", "s$1"), ("x", "ks"), ("qu", "k"), ("q", "C"),
    # Soft C and G; hard in MIGUEL, HIGGINS, GIBSON.
    ("s?c([eiy])", "s$1"), ("c", "k"), ("gu([eiy])", "G$1"), ("gg", "G"), ("^gi([bls])", "Gi$1"), ("g([eiy])", "s$1"),
    ("[jz]", "s"), ("v", "b"), ("l", "r"), ("ds$", "s"), ("dt$", "t"),
    # LAMB; CAMPBELL, THOMPSON. E at the end is silent: ROSE, MOORE.
    ("mb$", "m"), ("mp?b", "nb"), ("mp", "np"), ("([aeiou][bdfgkmnprst])e$", "$1"),
    ("bb+", "b"), ("dd+", "d"), ("ff+", "f"), ("kk+", "k"), ("mm+", "m"), ("nn+", "n"), ("pp+", "p"), ("rr+", "r"),
    ("ss+", "s"), ("tt+", "t"),
    # R and L before a consonant, before U and at the end.
    (r"\Br([^aeioyr\n]|$)", "$1"), (r"\Br([^aeioyr\n]|$)", "$1"),
)  # fmt: skip

_KANA_STEPS: tuple[tuple[str, str], ...] = (("_", ""), ("[zj]", "s"), ("v", "b"), ("nn+", "n"), (r"\Bru", ""))

_SKELETON: tuple[tuple[str, str], ...] = (
    ("ngu?$", "n"), ("^[aeiouyhw]+", "-"), ("[aeiouyhw]+", ""), ("G", "g"), ("C", "c"), ("^-$", ""),
)  # fmt: skip


def sound(tokens: pl.Series) -> pl.Series:
    """The skeleton of each of n words in Latin letters or kana; null where no consonant is left or it is neither.

    Weak evidence: of 278 pairs of frequent names and their katakana (``tests/japanese/cases/sound.yaml``) 266 meet; of
    the 72,000 other pairs of the same names 3.5 in 1,000 do, most of them of one or two consonants (リサ and REYES),
    some of them one name in two languages. A given name and a family name should both meet. Names whose only consonants
    are weak (HALL, WU) have no key.

    >>> sound(pl.Series(["smith", "スミス", "catherine", "キャサリン", "william", "ウィリアム", "佐藤"])).to_list()
    ['sms', 'sms', 'ksrn', 'ksrn', '-rm', '-rm', None]
    """
    return on_tokens(tokens, heard)


def heard(tokens: pl.Series) -> pl.Series:
    """:func:`sound` of every token as it stands, for a caller that has taken the distinct ones."""
    texts = tokens.alias("text")
    if texts.str.contains("[^a-zァ-ヺー]").any():
        texts = texts.to_frame().lazy().select(katakana(tidy(pl.col("text"))).str.to_lowercase()).collect()["text"]
    texts = texts.replace(_LATIN_WORDS | _KANA_WORDS)
    keys = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    for script, way in (("^[ァ-ヺー]+$", _of_kana), ("^[a-z]+$", _of_latin)):
        rows = texts.str.contains(script).fill_null(value=False).arg_true()
        keys = keys.scatter(rows, over_lines(texts.gather(rows), way))
    return keys.replace("", None)


def _of_latin(text: pl.Expr) -> pl.Expr:
    return _steps(text, _LATIN_STEPS + _SKELETON)


def _of_kana(text: pl.Expr) -> pl.Expr:
    return _steps(text.str.replace_many(_KANA, leftmost=True), _KANA_STEPS + _SKELETON)


def _steps(text: pl.Expr, steps: tuple[tuple[str, str], ...]) -> pl.Expr:
    for pattern, replacement in steps:
        text = text.str.replace_all("(?m)" + pattern, replacement)
    return text

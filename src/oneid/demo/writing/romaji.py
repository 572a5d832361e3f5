"""Katakana to Latin letters as passports, embossers and schools write them; apart from the matcher's folding."""

from __future__ import annotations

from typing import Literal

import polars as pl

__all__ = ["Style", "hiragana", "latin"]

Style = Literal["hepburn", "oh", "kept", "kunrei"]
"""``hepburn``: long vowels dropped (passport rule); ``oh``: OH; ``kept``: OU as in kana; ``kunrei``: SI, TU, OU."""

_ROWS = {
    "": "アイウエオ", "K": "カキクケコ", "S": "サシスセソ", "T": "タチツテト", "N": "ナニヌネノ", "H": "ハヒフヘホ",
    "M": "マミムメモ", "R": "ラリルレロ", "G": "ガギグゲゴ", "Z": "ザジズゼゾ", "D": "ダヂヅデド", "B": "バビブベボ",
    "P": "パピプペポ",
}  # fmt: skip
_KUNREI = {row[i]: consonant + "AIUEO"[i] for consonant, row in _ROWS.items() for i in range(5)} | {
    "ヤ": "YA", "ユ": "YU", "ヨ": "YO", "ワ": "WA", "ヲ": "O", "ン": "N", "ヂ": "ZI", "ヅ": "ZU", "ヴ": "BU", "ッ": "Q",
    "ー": "", "ァ": "A", "ィ": "I", "ゥ": "U", "ェ": "E", "ォ": "O", "ャ": "YA", "ュ": "YU", "ョ": "YO",
}  # fmt: skip
_KUNREI_TWO = {
    kana + small: latin[:-1] + "Y" + vowel
    for kana, latin in _KUNREI.items() if kana in "キシチニヒミリギジヂビピ"
    for small, vowel in zip("ャュョ", "AUO", strict=True)
} | {
    "ファ": "FA", "フィ": "FI", "フェ": "FE", "フォ": "FO", "ティ": "TI", "ディ": "DI", "ヴァ": "VA", "ヴィ": "VI",
    "ヴェ": "VE", "ヴォ": "VO", "ウィ": "WI", "ウェ": "WE", "シェ": "SHE", "ジェ": "JE", "チェ": "CHE",
}  # fmt: skip
_HEPBURN = _KUNREI | {"シ": "SHI", "チ": "CHI", "ツ": "TSU", "フ": "FU", "ジ": "JI", "ヂ": "JI", "ヴ": "VU"}
_HEPBURN_TWO = _KUNREI_TWO | {
    kana + small: latin + vowel
    for kana, latin in {"シ": "SH", "チ": "CH", "ジ": "J", "ヂ": "J"}.items()
    for small, vowel in zip("ャュョ", "AUO", strict=True)
}
_LONG = {"hepburn": ("O", "U"), "oh": ("OH", "U"), "kept": ("OU", "UU"), "kunrei": ("OU", "UU")}
_HIRAGANA = {chr(code): chr(code - 0x60) for code in range(ord("ァ"), ord("ヴ") + 1)}


def latin(kana: pl.Expr, style: Style = "hepburn") -> pl.Expr:
    """Capital Latin letters of katakana without spaces.

    >>> names = pl.DataFrame({"kana": ["サトウ", "オオノ", "シンペイ", "ハットリ", "イノウエ", "ツヅキ"]})
    >>> names.select(latin(pl.col("kana")))["kana"].to_list()
    ['SATO', 'ONO', 'SHIMPEI', 'HATTORI', 'INOUE', 'TSUZUKI']
    >>> names.select(latin(pl.col("kana"), "oh"))["kana"].to_list()
    ['SATOH', 'OHNO', 'SHIMPEI', 'HATTORI', 'INOUE', 'TSUZUKI']
    >>> names.select(latin(pl.col("kana"), "kunrei"))["kana"].to_list()
    ['SATOU', 'OONO', 'SINPEI', 'HATTORI', 'INOUE', 'TUZUKI']
    """
    table = _KUNREI_TWO | _KUNREI if style == "kunrei" else _HEPBURN_TWO | _HEPBURN
    text = kana.str.replace_many(list(table), list(table.values()), leftmost=True)
    text = text.str.replace_all("QCH", "TCH", literal=True).str.replace_all("Q([A-Z])", "${1}${1}")
    if style != "kunrei":
        text = text.str.replace_all("N([BMP])", "M${1}")
    if style in ("hepburn", "oh"):
        o, u = _LONG[style]
        text = text.str.replace_all("OUE", "O@E", literal=True).str.replace_all("O[OU]", o)
        text = text.str.replace_all("UU", u, literal=True).str.replace_all("@", "U", literal=True)
    return text


def hiragana(kana: pl.Expr) -> pl.Expr:
    """Katakana as hiragana.

    >>> pl.select(hiragana(pl.lit("サトウ ケン"))).item()
    'さとう けん'
    """
    return kana.str.replace_many(list(_HIRAGANA), list(_HIRAGANA.values()))

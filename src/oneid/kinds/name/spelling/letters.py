"""Letters of names that came through damaged: escapes, lost characters, look-alikes of the other script.

A character that a system could not hold arrives as ``?``, 〓, □, U+FFFD or as a private character. Each becomes the one
wildcard 〓 (GETA MARK, the printer's sign for a missing type) where the rest is built like a Japanese name.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

import polars as pl

from oneid.japanese.quicktext import Pattern
from oneid.japanese.text import tidy

__all__ = [
    "DAMAGED",
    "HAN",
    "KANA",
    "MARKS",
    "SIGNS",
    "STARS",
    "WILDCARD",
    "looks_alike",
    "repaired",
    "undisguised",
    "wildcards",
]

WILDCARD = "〓"

MARKS = "■□☐●○◎◯◆◇"
"""Signs that stand for a lost character, and that lists are ticked off with."""

STARS = "★☆△▲▽▼_"
"""Signs that stand for a lost character in a name of two words in kanji only; elsewhere they adorn a nickname."""

SIGNS = rf"?〓{MARKS}〇▢▯\u{{FFFC}}\u{{FFFD}}\p{{Co}}"
"""What stands for a lost character, as members of a character class; \\p{Co} are the private characters (gaiji). 〇,
the numeral, is written for ○.
"""

HAN = r"\p{Han}々〆"
KANA = r"\p{Hiragana}\p{Katakana}ー"

_ESCAPED = r"&#[0-9]{1,7};|&#x[0-9a-f]{1,6};|\\u[0-9a-f]{4}(?:\\u[0-9a-f]{4})?|&(?:amp|quot|apos|nbsp|lt|gt);"
_ENTITIES = {"amp": "&", "quot": '"', "apos": "'", "nbsp": " ", "lt": "<", "gt": ">"}

_NEXT = "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
_MOJIBAKE = f"[\u00c2-\u00c8\u00ce-\u00df]{_NEXT}|[\u00e0-\u00ef]{_NEXT}{{2}}|[\u00f0-\u00f4]{_NEXT}{{3}}"
"""The bytes of one UTF-8 character, each shown as a character of Windows-1252 or Latin-1. É, Ê and Ë begin none: they
stand before a quote or dash in names, and would lead to phonetic signs."""

DAMAGED = rf"[&\\＆＼﹠﹨]|{_MOJIBAKE}"
"""What every text holds that :func:`repaired` changes in more than width and blanks."""

_CASES = ascii_lowercase + ascii_uppercase
_WIDE = "".join(chr(ord(char) + 0xFEE0) for char in _CASES)
_UPPER, _LOWER = (str.maketrans(_CASES + _WIDE, 4 * form) for form in (ascii_uppercase, ascii_lowercase))
"""Letters of any width and case in upper and in lower case."""

_ACCENT = "[\u0300-\u036f]"
"""A mark that makes one letter with the one before it."""

_MAY_END = f"{_NEXT}|[SsZz]\u030c|[Yy]\u0308"
"""What the last byte of a misread character may be, whole or as a letter and its mark."""

_USUAL = r"[\x00-\x7f\s\u200b-\u200f\ufeff\uff01-\uff5e]*"
_MISREAD = Pattern(f"(?:{_USUAL}(?:{_MOJIBAKE}))+{_USUAL}")
"""Text of which every character beyond ASCII, whatever its width, is part of such a sequence."""


def _char(code: int, text: str) -> str:
    return chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else text


def _spelled(match: re.Match[str]) -> str:
    """The character that an escape names; an escape that names none stays."""
    text = match[0].lower()
    if text.startswith("&#x"):
        return _char(int(text[3:-1], 16), match[0])
    if text.startswith("&#"):
        return _char(int(text[2:-1]), match[0])
    if text.startswith("&"):
        return _ENTITIES[text[1:-1]]
    codes = [int(code, 16) for code in text.split("\\u")[1:]]
    if len(codes) == 2 and 0xD800 <= codes[0] < 0xDC00 <= codes[1] < 0xE000:
        return chr(0x10000 + (codes[0] - 0xD800) * 0x400 + codes[1] - 0xDC00)
    return "".join(_char(code, f"\\u{code:04x}") for code in codes)


def _octets(match: re.Match[str]) -> str:
    try:
        found = b"".join(bytes([ord(char)]) if ord(char) < 0x100 else char.encode("cp1252") for char in match[0])
        return found.decode("utf-8")
    except UnicodeError:
        return match[0]


def _utf8(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or Latin-1, read again; other text stays."""
    return re.sub(_MOJIBAKE, _octets, text) if _MISREAD.fullmatch(text) else text


def repaired(raw: pl.Series) -> pl.Series:
    r"""Tidy text with character references (``&#39640;``, ``\u9ad8``) and UTF-8 read as Latin-1 turned back, where that
    is exact; over and over, as text may have been escaped more than once. Only the few rows that need it are looked at.

    >>> repaired(pl.Series(["&amp;#39640;橋", "JosÃ©", "José"])).to_list()
    ['高橋', 'José', 'José']
    """
    text = raw.alias("text").to_frame().lazy().select(tidy(pl.col("text"))).collect()["text"]
    damaged = (
        raw.str.contains(DAMAGED)
        | text.str.contains(_MOJIBAKE)
        | (raw.str.contains(_ACCENT) & raw.str.contains(_MAY_END))
    )
    rows = damaged.fill_null(value=False).arg_true()
    if rows.is_empty():
        return text
    settled = [_settled(value) for value in raw.gather(rows).to_list()]
    return text.scatter(rows, pl.Series(settled, dtype=pl.String))


def _ambiguous(value: str) -> bool:
    """Whether letters with marks of their own (c, then a cedilla) look like misread UTF-8 in upper or lower case: what
    such a text says would hang on its case.
    """
    if not re.search(_ACCENT, value):
        return False
    forms = (value, value.translate(_UPPER), value.translate(_LOWER))
    clean = [pl.select(tidy(pl.lit(form))).item() or "" for form in forms]
    return any(_utf8(form) != form for form in clean)


def _settled(value: str) -> str | None:
    if _ambiguous(value):
        return WILDCARD
    text: str | None = _utf8(value)
    while text:
        clean = pl.select(tidy(pl.lit(text))).item()
        if clean is None:
            return None
        text = re.sub(_ESCAPED, _spelled, _utf8(clean), flags=re.IGNORECASE)
        if text == clean:
            return text
    return None


def wildcards(text: pl.Expr) -> pl.Expr:
    """``text`` with every sign of a lost character as 〓 where the rest is built like a kanji or kana name, else null.

    At least one letter must be left. A question mark at the end asks, unless two words or three kanji stand before it;
    kana, which every system holds, are lost to other signs only, and in the middle of two words.

    >>> names = pl.DataFrame({"x": ["?橋 太郎", "誰?", "■太郎■", "???"]})
    >>> names.select(wildcards(pl.col("x")))["x"].to_list()
    ['〓橋 太郎', None, None, None]
    """
    marked = text.str.replace_all(f"[{SIGNS}{STARS}]", WILDCARD)
    asks = text.str.ends_with("?")
    unspaced = ~text.str.contains(" ", literal=True)
    framed = unspaced & text.str.contains(f"^[{MARKS}].*[{MARKS}]$")
    word = rf"[{HAN}{WILDCARD}ヶケヵカノッツつの之]+[{KANA}]*"
    kanji = marked.str.contains(rf"^{word}(?: (?:{word}|[{KANA}{WILDCARD}]+[{HAN}]?))?$") & marked.str.contains(
        rf"[{HAN}]"
    )
    sure = marked.str.contains(rf"^[{HAN}{WILDCARD}]+$") & (text.str.count_matches(rf"[{HAN}]") >= 3)
    two = marked.str.contains(rf"^[{HAN}{WILDCARD}]+ [{HAN}{WILDCARD}]+$")
    sure |= two
    kana = marked.str.contains(rf"^[{KANA}{WILDCARD}]+ [{KANA}{WILDCARD}]+$|^[{KANA}{WILDCARD}]{{5,}}$")
    kana &= marked.str.contains(rf"[{KANA}]")
    kana &= ~text.str.contains(r"^\?|\?$") & (~unspaced | ~text.str.contains("?", literal=True))
    starred = text.str.contains(f"[{STARS}]")
    return pl.when(~framed & ((kanji & (~asks | sure)) | kana) & (~starred | two)).then(marked)


_HAN_WORD = rf"[{HAN}]"
_LOOKALIKES: tuple[tuple[str, str], ...] = (
    # katakana that stand for a kanji: before 子 they may be a name of the old way (カ子 Kane, ト子 Tone)
    (rf"({_HAN_WORD})ニ( |$|{_HAN_WORD})", "${1}二$2"),
    (rf"(^| )ニ([{HAN}--子])", "${1}二$2"),
    (rf"({_HAN_WORD})[ー―─━—]( |$|{_HAN_WORD})", "${1}一$2"),
    (rf"(^| )[ー―─━—]({_HAN_WORD})", "${1}一$2"),
    (rf"({_HAN_WORD})ロ( |$|{_HAN_WORD})", "${1}口$2"),
    (rf"({_HAN_WORD})ハ( |$|[{HAN}--子])", "${1}八$2"),
    (rf"(^| )ハ([{HAN}--子])", "${1}八$2"),
    (r"(^| )エ藤", "${1}工藤"),
    (r"(^| )カ([丸石武斗蔵造松三雄道])", "${1}力$2"),
    (r"(^| )ト部", "${1}卜部"),
    (r"(^| )タ([凪陽霧映輝])", "${1}夕$2"),
    # kanji that stand for a katakana: a numeral at the end of a word may be meant (ケン二)
    ("([ァ-ヺ])一([ァ-ヺ])", "${1}ー$2"),
    *(
        (f"([ァ-ヺー]){kanji}([ァ-ヺー])", f"${{1}}{kana}$2")
        for kanji, kana in zip("力口二工夕卜八", "カロニエタトハ", strict=True)
    ),
    *(
        (f"(^| ){kanji}([ァ-ヺー]{{2}})", f"${{1}}{kana}$2")
        for kanji, kana in zip("力口二工夕卜八", "カロニエタトハ", strict=True)
    ),
    *((f"([ァ-ヺー]{{2}}){kanji}( |$)", f"${{1}}{kana}$2") for kanji, kana in zip("力工夕卜", "カエタト", strict=True)),
)
"""Characters that look alike in both scripts, read by what stands beside them; where that settles nothing they stay."""

_LOOKALIKE = rf"[{HAN}][ニロハー―─━—]|[ニハエカタトー―─━—][{HAN}]|[ァ-ヺー][一力口二工夕卜八]|[力口二工夕卜八][ァ-ヺー]"


def looks_alike(text: pl.Expr) -> pl.Expr:
    """Whether a character of one script stands where :func:`undisguised` may take it for one of the other."""
    return text.str.contains(_LOOKALIKE)


def undisguised(text: pl.Series) -> pl.Series:
    """Names with katakana among kanji, and kanji among katakana, read as the look-alike that is meant.

    >>> undisguised(pl.Series(["山ロ 健ー", "ニ宮 花子", "タナ力", "田中 カ子", "ケン二"])).to_list()
    ['山口 健一', '二宮 花子', 'タナカ', '田中 カ子', 'ケン二']
    """
    rows = text.str.contains(_LOOKALIKE).fill_null(value=False).arg_true()
    while not rows.is_empty():
        before = text.gather(rows)
        expr = pl.col("text")
        for pattern, meant in _LOOKALIKES:
            expr = expr.str.replace_all(pattern, meant)
        after = before.alias("text").to_frame().lazy().select(expr).collect()["text"]
        text = text.clone().scatter(rows, after)
        rows = rows.filter(before != after)
    return text

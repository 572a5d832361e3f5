"""What the readers of single values share: patterns of the columns' readers as Python's, tables of characters, words.

The readers here are the columns' readers (in :mod:`oneid.kinds`) over again for spellings that need little reading, so
they take patterns, lists and tables from there. A text is looked at here only where each of its characters is of a
block on which Python's Unicode tables and those of Polars agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from oneid.japanese.kanji import _tables
from oneid.japanese.text import _DECIMAL_STEPS, _KANJI_DIGITS, _TO_KATAKANA, DUMMY_WORDS, NULL_WORDS

__all__ = [
    "HAN", "STAND_INS", "Pattern", "Row", "any_of", "compiled", "kanji_digits", "katakana", "narrow", "pattern",
    "replacement", "same_throughout", "tidy", "variants",
]  # fmt: skip

Row: TypeAlias = Mapping[str, Any]
"""What a normalizer says of one value: its columns by name."""

STAND_INS = frozenset(
    form
    for word in NULL_WORDS | DUMMY_WORDS
    for plain in (word.replace(" ", ""), word)
    for form in (plain, plain.replace("ー", "-"), plain.translate(_TO_KATAKANA))
)
"""Every spelling of the words that stand for "no value" or for a name, lower case."""

Found: TypeAlias = "re.Match[str] | None"


class Pattern:
    """What :func:`re.compile` gives, its methods as attributes; compiled at the first use, for the readers have some
    three hundred, which takes a quarter of a second that most commands would spend for nothing.

    >>> digits = Pattern("[0-9]+")
    >>> vars(digits)
    {'text': '[0-9]+', 'flags': 0}
    >>> digits.sub("#", "tel 03-1234")
    'tel #-#'
    >>> digits.fullmatch is digits.fullmatch
    True
    """

    search: Callable[[str], Found]
    match: Callable[[str], Found]
    fullmatch: Callable[[str], Found]
    sub: Callable[..., str]
    split: Callable[..., list[Any]]
    findall: Callable[[str], list[Any]]
    finditer: Callable[[str], Iterator[re.Match[str]]]

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text, self.flags = text, flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method of re.Pattern
        """Asked for what is not there yet: compiles, and keeps all methods at hand."""
        if name not in Pattern.__annotations__:
            raise AttributeError(name, name=name, obj=self)
        made = re.compile(self.text, self.flags)
        vars(self).update((method, getattr(made, method)) for method in Pattern.__annotations__)
        return vars(self)[name]


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
HAN = r"㐀-䶿一-鿿\U00020000-\U0002A6DF\uFA0E\uFA0F\uFA11\uFA13\uFA14\uFA1F\uFA21\uFA23\uFA24\uFA27-\uFA29"
"""Kanji, as members of a character class: the first three blocks, and the twelve that stand among compatibility
characters and are none.
"""
_COMPATIBLE = r"\uF900-\uFA6D\uFA70-\uFAD9"
_AGREED = re.compile(
    rf"[ -~\u3000\uFF01-\uFF5E\uFF66-\uFF9F{HAN}{_COMPATIBLE}々〆〇ぁ-ゖァ-ヺー‐-―−─━・、。「」『』【】Ⅰ-Ⅻ㈱㈲]*"
)
"""ASCII, its wide forms, kana, kanji, compatibility ones, hyphens, brackets, and some signs that NFKC spells out."""
_BLANKS = re.compile(" +")
_UNICODE = re.compile(r"\\u\{([0-9A-Fa-f]+)\}")
_WITHOUT = re.compile(r"(\[(?:[^\[\]])*)&&\[\^([^\[\]]*)\]\]")
_SCRIPTS = {
    r"\p{Han}": HAN, r"\p{Hiragana}": "ぁ-ゖ", r"\p{Katakana}": "ァ-ヺ", r"\p{Latin}": "A-Za-z", r"\p{M}": "",
    r"\p{L}": f"A-Za-z{HAN}ぁ-ゖァ-ヺー",
}  # fmt: skip
"""The characters of the blocks looked at that Unicode's classes hold."""
_CLASSES = re.compile(r"\\p\{\w+\}|\\.|\[(?:\\.|&&\[[^\]]*\]|[^\]\\])*\]")
_EDGE = "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
_LESS = re.compile(r"\[([^\[\]]*)--([^\[\]]*)\]")
_GROUP = re.compile(r"\$(?:\{([0-9]+)\}|([0-9]+))")


def pattern(rust: str) -> str:
    r"""A pattern of Rust's ``regex``, as Polars takes it, as one of Python's; for what differs and is used:
    ``\u{3400}``, one class without another, ``\b`` of ASCII, and the classes of scripts (of the blocks looked at).

    >>> pattern(r"[ァ-ヺ&&[^ノヶ]]ー*")
    '(?![ノヶ])[ァ-ヺ]ー*'
    """
    plain = _UNICODE.sub(lambda match: re.escape(chr(int(match[1], 16))), rust)
    plain = _CLASSES.sub(lambda match: _of_scripts(match[0]), plain)
    plain = _LESS.sub(r"(?![\2])[\1]", plain)
    return _WITHOUT.sub(r"(?![\2])\1]", plain).replace(r"(?-u:\b)", _EDGE)


def _of_scripts(part: str) -> str:
    """A class, or one of Unicode's that stands alone, with the characters of the blocks looked at."""
    if not part.startswith("["):
        return f"[{_SCRIPTS[part]}]" if part in _SCRIPTS else part
    for script, members in _SCRIPTS.items():
        part = part.replace(script, members)
    return part


def compiled(rust: str) -> Pattern:
    r""":func:`pattern`, to be compiled. ``$`` at the end means the end: not also before a line break."""
    return Pattern(pattern(rust).replace("$", r"\Z"))


def replacement(rust: str) -> str:
    r"""What Rust's ``replace`` puts for a match, for Python's.

    >>> replacement("${1}0$2")
    '\\g<1>0\\g<2>'
    """
    return _GROUP.sub(lambda match: rf"\g<{match[1] or match[2]}>", rust)


def any_of(words: Any) -> Pattern:  # noqa: ANN401
    """A pattern that finds any of some words."""
    return Pattern("|".join(re.escape(word) for word in words))


def narrow(text: str) -> str:
    """Full-width ASCII and the wide blank as ASCII.

    >>> narrow("１９８０／３／７")
    '1980/3/7'
    """
    return text.translate(_WIDE)


def katakana(text: str) -> str:
    """Hiragana as katakana, one for one."""
    return text.translate(_TO_KATAKANA)


def tidy(text: str) -> str | None:
    """:func:`oneid.japanese.text.tidy` of a text of usual characters; null for every other text, and for a blank one.

    >>> tidy(" 三田２－８\u3000ｶﾞｰﾃﾞﾝ "), tidy("\u200b")
    ('三田2-8 ガーデン', None)
    """
    if not _AGREED.fullmatch(text):
        return None
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip(" ") or None


def same_throughout(text: str) -> bool:
    """Whether a text is one character over and over; also an empty one and a single character."""
    return not text.strip(text[:1])


@cache
def variants(tier: str) -> Mapping[int, str]:
    """The kanji variants of a tier (``hard``, ``soft``) for ``str.translate``."""
    return str.maketrans(dict(_tables()[tier]))


_DIGITS = str.maketrans(_KANJI_DIGITS)
_STEPS = tuple((compiled(step), replacement(to)) for step, to in _DECIMAL_STEPS)


def kanji_digits(text: str) -> str:
    """:func:`oneid.japanese.text.kanji_digits` of one text.

    >>> kanji_digits("二十一番")
    '21番'
    """
    text = text.translate(_DIGITS)
    for step, to in _STEPS:
        text = step.sub(to, text)
    return text

"""Words of pages by key, in each language: a page may be in another language than the command that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from oneid.vocabulary.errors import known_language
from oneid.vocabulary.language import LANGUAGES

__all__ = ["LANGUAGES", "Say", "Words"]

Words = Mapping[str, tuple[str, str]]
"""By key the words in the languages of :data:`LANGUAGES`, with places to fill in braces."""


@dataclass(frozen=True)
class Say:
    """Says words in one language of :data:`LANGUAGES`; others are refused (E410). Each room has one with its words.

    >>> class Hello(Say):
    ...     words = {"hello": ("hello {name}", "{name}さん")}
    >>> Hello("ja")("hello", name="佐藤")
    '佐藤さん'
    """

    words: ClassVar[Words] = {}
    language: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "language", known_language(self.language))

    def __call__(self, key: str, /, **filled: object) -> str:
        """The words of a key."""
        return self.words[key][LANGUAGES.index(self.language)].format(**filled)

"""The nouns of OneID, each a type of its own so that they cannot be taken for one another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from oneid.vocabulary.terminaltext import is_text

__all__ = ["OneID", "RecordRef", "Score", "Verdict"]

OneID = NewType("OneID", str)
"""``OID``, 13 symbols and a check symbol; see :mod:`oneid.identity.assignment`."""

Score = NewType("Score", int)
"""Evidence in hundredths of a bit, an integer so that no threshold depends on rounding."""


class Verdict(StrEnum):
    """What a pair's pattern says of the pair."""

    MATCH = "match"
    REVIEW = "review"
    NONE = "none"
    NEVER = "never"


@dataclass(frozen=True, slots=True, order=True)
class RecordRef:
    """A member of a source, written ``source:id``."""

    source: str
    source_id: str

    @classmethod
    def parse(cls, text: str) -> RecordRef:
        """Reads ``source:id``; the id may hold further colons.

        >>> RecordRef.parse("ec:E:7")
        RecordRef(source='ec', source_id='E:7')
        """
        source, colon, source_id = text.partition(":")
        if not (source and colon and source_id) or not is_text(text):
            raise ValueError(text)
        return cls(source, source_id)

    def __str__(self) -> str:
        return f"{self.source}:{self.source_id}"

"""The words of the reference in each language: ``reference_words.yaml``, ``reference_words.ja.yaml``, and docstrings.

English is what docstrings and the first file say. Another language has every word of that file again, the words for
what only the code says in English, and ``reference_said.ja.yaml``: from the English text of docstrings to its own. What
commands and errors say is in the catalogues of the program itself. Where a word is missing or left over,
:meth:`Tongue.part`, :meth:`Tongue.docstring` and :func:`refuse_unasked` stop the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from reference_text import prose

from oneid.cli.language import paragraphs
from oneid.vocabulary.language import Said, in_language

__all__ = ["ENGLISH", "JAPANESE", "TONGUES", "Tongue", "refuse_unasked"]

HERE = Path(__file__).parent
LEVELS = ("levels", "name", "birth", "phone", "email", "address", "own", "text", "category", "number", "date")
"""The parts of a word file that tell of evidence levels: of all fields, of one field, and of fields of one's own."""


class Tongue:
    """A language: its name, what stands before ``.md`` in the names of its pages, and its words by part."""

    def __init__(self, language: str, end: str) -> None:
        self.language = language
        self.end = end
        self.file = HERE / f"reference_words{end}.yaml"
        self.words: Mapping[str, Mapping[str, Any]] = yaml.safe_load(self.file.read_text("utf-8"))
        self.said_file = HERE / f"reference_said{end}.yaml"
        self.said: Mapping[str, Mapping[str, str]] = (
            yaml.safe_load(self.said_file.read_text("utf-8")) if self.said_file.exists() else {}
        )
        self.asked: set[tuple[str, str]] = set()

    def part(self, part: str, known: Iterable[str]) -> Mapping[str, str]:
        """The words about ``known``, exactly these."""
        have, want = set(self.words[part]), set(known)
        if have != want:
            lacking, gone = sorted(want - have), sorted(have - want)
            said = f"missing {lacking or 'nothing'}, no longer there {gone or 'nothing'}"
            raise SystemExit(f"{self.file.name}, {part}: {said}")
        self.asked |= {(part, name) for name in want}
        return self.words[part]

    def frame(self, key: str, **filled: object) -> str:
        """Headings, heads of tables and sentences between them."""
        return self._one("frame", key).format(**filled)

    def doc(self, key: str, docstring: str | None) -> str:
        """What a module is about: its docstring, or the words of the language for it."""
        return prose(docstring) if self is ENGLISH else self._one("docs", key).strip()

    def docstring(self, part: str, docstring: str | None) -> str:
        """What a docstring says, or what the language has for each of its paragraphs; code stays as it is."""
        told = prose(docstring)
        if not self.said:
            return told
        blocks = re.split(r"(^```.*?^```$)", told, flags=re.M | re.S)
        made = [block if block.startswith("```") else self._paragraphs(part, block) for block in blocks]
        return "\n\n".join(filter(None, (block.strip("\n") for block in made)))

    def _paragraphs(self, part: str, text: str) -> str:
        made = []
        for paragraph in filter(str.strip, text.split("\n\n")):
            english = " ".join(paragraph.split())
            if english not in self.said[part]:
                raise SystemExit(f"{self.said_file.name}, {part}: missing {english}")
            self.asked.add((part, english))
            made.append(self.said[part][english])
        return "\n\n".join(made)

    def help(self, text: str) -> str:
        """The help of a command or an option."""
        return text if self is ENGLISH else paragraphs(text, self.language)

    def message(self, text: str) -> str:
        """What an error says."""
        return text if self is ENGLISH else in_language(text, self.language)

    def heading(self, key: str) -> str:
        """A heading of the second order."""
        return f"## {self.frame(key)}"

    def of_code(self, part: str, key: str, english: str) -> str:
        """A sentence that the code says in English."""
        return english if self is ENGLISH else self._one(part, key)

    def level(self, field: str, kind: str, level: str, english: str) -> str:
        """What a level of a field says; ``field`` is empty for a field of one's own of this kind."""
        if self is ENGLISH:
            said = english or self.words["levels"].get(level, "")
            if not said:
                raise SystemExit(f"{self.file.name}, levels: missing {level} of {field or kind}")
            return said[:1].upper() + said[1:]
        parts = (field, "levels") if field else (kind, "own", "levels")
        part = next((part for part in parts if level in self.words.get(part, ())), "levels")
        return self._one(part, level)

    def why(self, reason: Said) -> str:
        """The reason of a rule."""
        return reason.within(self.language)

    def _one(self, part: str, key: str) -> str:
        if key not in self.words.get(part, ()):
            raise SystemExit(f"{self.file.name}, {part}: missing {key}")
        self.asked.add((part, key))
        return str(self.words[part][key])


ENGLISH = Tongue("en", "")
JAPANESE = Tongue("ja", ".ja")
TONGUES = (ENGLISH, JAPANESE)


def refuse_unasked() -> None:
    """Stops at words of the Japanese files that no page asked for."""
    parts = ("frame", "docs", "presets", "keys", *LEVELS)
    known = {(part, key) for part in parts for key in JAPANESE.words[part]}
    known |= {(part, key) for part, texts in JAPANESE.said.items() for key in texts}
    if gone := sorted(f"{part}: {key}" for part, key in known - JAPANESE.asked):
        raise SystemExit(f"{JAPANESE.file.name}, {JAPANESE.said_file.name}: no longer there {gone}")

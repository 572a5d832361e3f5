"""Names and their readings: what :mod:`~oneid.kinds.name.spelling.normalizer` and
:mod:`~oneid.kinds.name.spelling.kana` make of usual spellings.

Usual are: names in kanji, kana and ASCII (:mod:`oneid.kinds.name.spelling.quickany` takes what is more than plain),
readings of one or two words of kana in any width. Names with a sign of a lost character or with further letters are
left to the columns' readers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from oneid.japanese.quicktext import HAN, STAND_INS, Pattern, Row, any_of, compiled, katakana, same_throughout, variants
from oneid.kinds.name.spelling.company import HINTS
from oneid.kinds.name.spelling.households import apart
from oneid.kinds.name.spelling.kana import _LABELS
from oneid.kinds.name.spelling.kana import _STAND_INS as _NO_READINGS
from oneid.kinds.name.spelling.letters import _LOOKALIKE
from oneid.kinds.name.spelling.normalizer import _JOINED_PLAIN, _NOT_PLAIN, _PLAIN, PLACEHOLDERS
from oneid.kinds.name.spelling.quickany import careful, is_company

__all__ = ["kana", "kana_parts", "name", "name_parts"]

_KANJI = compiled(_PLAIN)
_MORE, _JOINED = any_of(_NOT_PLAIN), compiled(_JOINED_PLAIN)
_ALIKE = compiled(_LOOKALIKE)
_HINTED = Pattern("|".join(map(re.escape, HINTS)), re.IGNORECASE)
_FOREIGN = Pattern(f"[{HAN}々〆]+ [^{HAN}々〆]+ ")
_HALF = Pattern("[ｦ-ﾟ]+")
_WORD = Pattern("[ァ-ヺ][ァ-ヺー]*")
_READABLE = Pattern("[ぁ-ゖァ-ヺーｦ-ﾟ]+")
_SHAM_READINGS = STAND_INS | frozenset(_NO_READINGS) | frozenset(_LABELS) | {"サマ"}


_NOTHING = (None, None, None)


def _named(
    row: tuple[str | None, str | None, str | None],
    parts: tuple[str | None, str | None],
    *what: str,
    beside: tuple[str | None, str | None, str | None] = _NOTHING,
) -> Row:
    """A name's row of normalized, display and reason; family and given; script and kind; what stands beside it."""
    script, kind = what or (None, None)
    reading, romaji, second = beside
    return {
        "normalized": row[0], "display": row[1], "reason": row[2], "family": parts[0], "given": parts[1],
        "script": script, "kind": kind, "lost": False, "reading": reading, "romaji": romaji, "second": second,
    }  # fmt: skip


def _kanji(text: str) -> tuple[str, str] | None:
    """Folded form with its blank and display of a plain name in kanji, maybe hiragana near its end."""
    if not _KANJI.match(text) or _MORE.search(text) or text in PLACEHOLDERS or text.endswith("寺"):
        return None
    display = text.replace("\u3000", " ", 1)
    whole = display.translate(variants("hard"))
    joined = whole.replace(" ", "")
    if _MORE.search(joined) or joined in PLACEHOLDERS:
        return None
    while (doubled := re.sub("([^々])々", r"\1\1", whole)) != whole:
        whole = doubled
    return whole, display


def name(text: str) -> Row | None:
    """A whole name (:func:`oneid.kinds.name.spelling.normalizer.name`); null for the few that are left to it."""
    row = _once(text)
    if row is None or row["normalized"] is None or row["script"] == "latin":
        return row
    form = row["normalized"]
    if form == row["display"].lower() or not _odd(form):
        return row
    again = _once(form)  # what the form without blanks means when it is read stands
    return row if again is not None and again["normalized"] == form else None


def _once(text: str) -> Row | None:
    """A whole name, its form not yet read again."""
    plain = _kanji(text)
    if plain:
        family, _, given = plain[0].partition(" ")
        parts = (family, given) if given else (None, None)
        return _named((family + given, plain[1], None), parts, "kanji", "person")
    made = careful(text)
    if made is None or made.reason:
        return made and _named((None, made.display, made.reason), (None, None))
    whole, script, kind = str(made.whole), str(made.script), str(made.kind)
    form = whole if script == "latin" else whole.replace(" ", "")
    words = whole.split(" ")
    apart = script == "kanji" and kind == "person" and (len(words) == 2 or (len(words) > 2 and _FOREIGN.match(whole)))
    parts = (words[0], "".join(words[1:])) if apart else (None, None)
    return _named((form, made.display, None), parts, script, kind, beside=made.beside)


def _odd(form: str) -> bool:
    """Whether a form without blanks may mean something else than its parts did."""
    plain = _JOINED.search(form) and not _MORE.search(form) and not _ALIKE.search(form)
    return not plain or form in PLACEHOLDERS or bool(re.search("[々ゝヽゞヾ]", form))


class _Part(NamedTuple):
    normalized: str | None
    display: str | None
    script: str | None
    hint: bool
    reason: str | None
    written: str | None = None


def _part(text: str | None) -> _Part | None:
    """One part of a name; ``hint`` where it may be that of a body."""
    if text is None:
        return _Part(None, None, None, False, "missing")
    plain = _kanji(text)
    if plain:
        return _Part(plain[0].replace(" ", ""), plain[1], "kanji", False, None)
    made = careful(text)
    if made is None or made.reason:
        return made and _Part(None, None, None, bool(_HINTED.search(made.display)), made.reason)
    whole = made.whole if made.script == "latin" or made.whole is None else made.whole.replace(" ", "")
    written = made.written and made.written.replace(" ", "").replace("ヶ", "ケ").replace("ヵ", "カ")
    return _Part(whole, made.display, made.script, bool(_HINTED.search(made.display)), None, written)


def name_parts(family: str | None, given: str | None) -> Row | None:
    """A name whose parts are known apart (:func:`oneid.kinds.name.spelling.normalizer.name_parts`); null for the few
    left to it.
    """
    family, given = apart(family, given)
    first, last = _part(family), _part(given)
    if first is None or last is None:
        return None
    display = " ".join(part.display for part in (first, last) if part.display) or None
    if display is None:
        worst = last.reason if first.reason == "missing" else first.reason
        return _named((None, None, worst), (None, None))
    script = next((script for script in ("kanji", "kana") if script in (first.script, last.script)), "latin")
    if script == "kanji":  # kana beside kanji stay as they are written
        first, last = (
            part._replace(normalized=part.written) if part.script == "kana" else part for part in (first, last)
        )
    gap = " " if script == "latin" and first.normalized and last.normalized else ""
    joined = (first.normalized or "") + gap + (last.normalized or "")
    kind = "company" if (first.hint or last.hint) and is_company(display) else "person"
    return _named((joined, display, None), (first.normalized, last.normalized), script, kind)


def _spoken(word: str) -> str | None:
    """A word of kana in any width as strict katakana; null where it is anything else, or may be a stand-in."""
    if not _WORD.fullmatch(word):
        if not _READABLE.fullmatch(word):
            return None
        word = katakana(_HALF.sub(lambda match: unicodedata.normalize("NFKC", match[0]), word))
        if not _WORD.fullmatch(word):
            return None
    sham = "ーー" in word or word in _SHAM_READINGS or (len(word) >= 3 and same_throughout(word))
    return None if sham else word


def _read(family: str | None, given: str | None, whole: str, display: str) -> Row:
    return {"normalized": whole, "display": display, "reason": None, "family": family, "given": given}


def kana(text: str) -> Row | None:
    """A reading of one or two words in kana (:func:`oneid.kinds.name.spelling.kana.readings`); null for any other
    text.
    """
    first, blank, second = text.replace("\u3000", " ", 1).partition(" ")
    family = _spoken(first)
    if family is None or not blank:
        return None if family is None else _read(None, None, family, family)
    given = _spoken(second)
    if given is None or given == family:
        return None
    whole, shown = family + given, f"{family} {given}"
    if whole in _SHAM_READINGS or shown in _SHAM_READINGS or (len(whole) >= 3 and same_throughout(whole)):
        return None
    return _read(family, given, whole, shown)


def kana_parts(family: str | None, given: str | None) -> Row | None:
    """A reading whose parts are known apart (:func:`oneid.kinds.name.spelling.kana.readings_parts`); null where one
    part is in no usual spelling, or none is there.
    """
    parts = [None if text is None else _spoken(text) for text in (family, given)]
    there = [part for part in parts if part is not None]
    if not there or len(there) < (family is not None) + (given is not None):
        return None
    if len(there) > 1 and "".join(there) in _NO_READINGS:
        return None
    return _read(parts[0], parts[1], "".join(there), " ".join(there))

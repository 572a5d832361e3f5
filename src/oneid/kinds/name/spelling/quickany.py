"""One name with more to it than a plain one: an honorific or a remark, a company, katakana among kanji, a handle.

What :func:`oneid.kinds.name.spelling.normalizer._careful` does with a column, step by step with the same patterns, for
texts of kanji, kana and ASCII. What it need not know (lost characters, look-alikes of the other script, misread UTF-8)
it leaves alone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from oneid.japanese.quicktext import HAN, Pattern, compiled, katakana, replacement, tidy, variants
from oneid.kinds.name.spelling.cells import ARRANGED, TWOFOLD, arranged, twofold
from oneid.kinds.name.spelling.company import _BODY, _FORMS, _PERSON, COMPANY, HINTS
from oneid.kinds.name.spelling.households import HOUSEHOLD, household
from oneid.kinds.name.spelling.letters import _LOOKALIKE, _LOOKALIKES
from oneid.kinds.name.spelling.normalizer import _AROUND, _DUMMY, PLACEHOLDERS
from oneid.kinds.name.spelling.persons import (
    _CAPTURED,
    _CLOSE,
    _COUPLE,
    _HANDLE,
    _HANDLE_WORD,
    _HINTS,
    _KANA_NAME,
    _KANJI_ONE,
    _KANJI_WORDS,
    _LATIN_HANDLE,
    _LEGAL,
    _OPEN,
    _OTHER_NAME,
    _TRAILING,
)

__all__ = ["Careful", "careful", "is_company"]

_LEFT_ALONE = compiled(r"[_?&\\〓□〇ゝヽゞヾ]")
_TOLD, _ARRANGED, _HOUSED = compiled(TWOFOLD), compiled(ARRANGED), compiled(HOUSEHOLD)
_ALIKE = compiled(_LOOKALIKE)
_MEANT = tuple((compiled(pattern), replacement(meant)) for pattern, meant in _LOOKALIKES)
_DOTTED = Pattern(f"(?<=[{HAN}々〆ぁ-ゖァ-ヺー])[・=゠](?=[{HAN}々〆ぁ-ゖァ-ヺー])")
_REMARKS, _BODIES = (Pattern("|".join(map(re.escape, words)), re.IGNORECASE) for words in (_HINTS, HINTS))
_COMPANY, _BODY_NAME, _SHAM = map(compiled, (COMPANY, _BODY, _DUMMY))
_LEGAL_FORM = compiled(rf"[<\[【「『〔〈]\s?([{_LEGAL}])\s?[>\]】」』〕〉]")
_BRACKET, _REMARK, _OPENED, _CLOSED = map(compiled, (
    f"[{_OPEN}{_CLOSE}]", rf"\s*[{_OPEN}][^{_OPEN}{_CLOSE}]*[{_CLOSE}]\s*", rf"(\S)\s*[{_OPEN}].*$", f"[{_CLOSE}]",
))  # fmt: skip
_AFTER = compiled(_TRAILING)
_KEPT = tuple((compiled(pattern), replacement(kept)) for pattern, kept in _CAPTURED)
_HANDLES = tuple(map(compiled, (_HANDLE, _HANDLE_WORD)))
_TWO = Pattern(r"\S[\s・]\S")
_BUILT = {"kanji": tuple(map(compiled, (_KANJI_ONE, _KANJI_WORDS))), "kana": (compiled(_KANA_NAME),)}
_OTHER, _SLOGAN, _PAIR = map(compiled, (_OTHER_NAME, _LATIN_HANDLE, _COUPLE))
_BEHIND = compiled(_PERSON)
_FORM = Pattern("|".join(map(re.escape, _FORMS)), re.IGNORECASE)
_LEGAL_ENDS = tuple((compiled(pattern), form) for pattern, form in (
    (r"^株\s|\s株$", "株式会社"), (r"(商[店事会])株$", r"\1株式会社"), (r"^\(?カ\)|\(カ\)?$", "カブシキガイシャ"),
    (r"^\(?ユ\)|\(ユ\)?$", "ユウゲンガイシャ"),
))  # fmt: skip


class Careful(NamedTuple):
    """Tidy and bare text, and where it is usable its folded form with its blanks, script and kind; else the reason."""

    display: str
    whole: str | None
    script: str | None
    kind: str | None
    reason: str | None
    written: str | None = None
    """Kana as they are written, where that is all there is."""
    beside: tuple[str | None, str | None, str | None] = (None, None, None)
    """Reading, romaji and second name."""


def is_company(text: str) -> bool:
    """Whether tidy text names a body: :func:`oneid.kinds.name.spelling.company.is_company`."""
    return bool(_BODIES.search(text) and (_COMPANY.search(text) or _BODY_NAME.search(text)))


def _once(text: str) -> str:
    text = _LEGAL_FORM.sub(r"(\1)", text)
    if _BRACKET.search(text) and not is_company(text):
        left = _CLOSED.sub(" ", _OPENED.sub(r"\1", _REMARK.sub(" ", text), count=1)).strip(" ")
        inside = _BRACKET.sub(" ", text).strip(" ")
        text = left if re.search(r"\w", left.replace("_", "")) else inside or text
    text = _AFTER.sub("", text, count=1) or text
    for pattern, kept in _KEPT:
        text = pattern.sub(kept, text, count=1)
    return re.sub(" +", " ", text).strip(" ")


def _bare(text: str) -> str:
    if not _REMARKS.search(text):
        return text
    while (after := _once(text)) != text:
        text = after
    return text


def _undisguised(text: str) -> str:
    while _ALIKE.search(text):
        before = text
        for pattern, meant in _MEANT:
            text = pattern.sub(meant, text)
        if text == before:
            break
    return text


def _placeholder(text: str) -> bool:
    lower = text.lower()
    return lower in PLACEHOLDERS or lower.strip(_AROUND) in PLACEHOLDERS or bool(_SHAM.search(lower))


def _script(text: str) -> str | None:
    if re.search(f"[{HAN}々〆]", text):
        return "kanji"
    if re.search("[ぁ-ゖァ-ヺ]", text):
        return "kana"
    return "latin" if re.search("[A-Za-zー]", text) else None


def _kind(text: str, script: str | None) -> str:
    if is_company(text):
        return "company"
    if any(handle.search(text) for handle in _HANDLES):
        return "nickname"
    two = bool(_TWO.search(text))
    if script in _BUILT:
        person = any(built.search(text) for built in _BUILT[script])
        person = person and (script == "kanji" or two or len(text) >= 5)
    else:
        person = bool(_OTHER.search(text)) and two and not _SLOGAN.search(text)
    return "person" if person else "nickname"


def _several(text: str) -> bool:
    words = text.split(" ")
    again = len(words) == 4 and words[0] == words[2] and re.match(f"[{HAN}々〆]+ ", text)
    return bool(_PAIR.search(text) or again)


def _company_form(text: str) -> str:
    whole = _FORM.sub(lambda match: _FORMS[match[0].upper()], _BEHIND.sub("", text, count=1))
    for pattern, form in _LEGAL_ENDS:
        whole = pattern.sub(form, whole, count=1)
    return whole if whole.strip() else text


def careful(text: str) -> Careful | None:
    """What a name says, as :func:`oneid.kinds.name.spelling.normalizer._careful`; null for texts that are left to
    it.
    """
    display = tidy(text)
    if display is None or _LEFT_ALONE.search(display):
        return None
    cell = twofold(display) if _TOLD.search(display) else None
    clean = _bare(cell.name if cell else display)
    if not clean or _LEFT_ALONE.search(clean):
        return None
    if _HOUSED.search(clean):
        clean = household(clean) or clean
    shown, clean = clean, _undisguised(clean)
    if _placeholder(shown) or _placeholder(display):
        return Careful(shown, None, None, None, "placeholder")
    if _ARRANGED.search(clean) and not is_company(clean) and not any(end.search(clean) for end in _HANDLES):
        parts = arranged(clean)
        clean = " ".join(parts) if parts else clean
    script = _script(clean)
    if script is None:
        return Careful(shown, None, None, None, "no_letters")
    kind = _kind(clean, script)
    if kind != "company" and _several(clean):
        return Careful(shown, None, None, None, "several")
    named = _company_form(clean) if kind == "company" else _DOTTED.sub(" ", clean) if kind == "person" else clean
    written = unicodedata.normalize("NFC", named.lower()) if script == "kana" else None
    return Careful(shown, _folded(named), script, kind, None, written, cell[1:] if cell else (None, None, None))


def _folded(text: str) -> str:
    """The folded form, 々 spelled out."""
    script, lower = _script(text), unicodedata.normalize("NFC", text.lower())
    if script == "kana":
        return katakana(lower)
    if script != "kanji":
        return lower
    whole = lower.translate(variants("hard")).replace("ヶ", "ケ").replace("ヵ", "カ")
    while (doubled := re.sub(f"([{HAN}〆])々", r"\1\1", whole)) != whole:
        whole = doubled
    return whole

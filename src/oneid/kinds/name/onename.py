"""The name features of one record, in plain Python: :mod:`oneid.kinds.name.features` and
:mod:`oneid.kinds.name.together` over again, for look-ups. Tests hold them to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from oneid.japanese import quickkeys
from oneid.japanese.latin import latin
from oneid.japanese.quickkeys import fold, sound
from oneid.japanese.quicktext import Pattern, compiled, katakana
from oneid.japanese.romaji import romaji
from oneid.kinds.families import Families
from oneid.kinds.name.features import BEHIND, SEVERAL
from oneid.kinds.name.known import (
    LONE,
    SPELLED,
    SPELLED_KANA,
    known_keys,
    lone_families,
    split_lost,
    surname_kanji,
)
from oneid.kinds.name.matching.parts import LOST
from oneid.kinds.name.matching.words import generation, words_of
from oneid.kinds.name.quicksplit import given_first, split_kana, split_kanji
from oneid.kinds.name.spelling import quick
from oneid.kinds.name.spelling.kana import readings
from oneid.kinds.quick import first_of, one
from oneid.kinds.shapes import FoundRow, Row

__all__ = ["make_one"]

_SPELLED, _SPELLED_KANA, _LONE = map(compiled, (SPELLED, SPELLED_KANA, LONE))
_SEVERAL_WORDS = compiled(SEVERAL)
_ENDS = Pattern(BEHIND.replace("$", r"\Z"))
_OTHER = Pattern(
    r"\A[^A-Za-zÀ-ɏ\u2E80-\u2FDF々〆〇\u3021-\u3029\u3038-\u303B㐀-䶿一-鿿\uF900-\uFAFF"
    r"\U00016FF0-\U00016FF6\U00020000-\U0003FFFF\u3041-\u30FF\u31F0-\u31FF\uFF66-\uFF9F]+\Z"
)
"""What stands in no script looked at: that of :mod:`oneid.kinds.name.features` for Python, which knows no scripts."""
_IN_KANA = Pattern("[ぁ-ゖァ-ヺー]+")
_LONGEST_NICKNAME = 4
"""A name of up to so many characters that is no whole name may be a handle; that of
:mod:`oneid.kinds.name.together`.
"""


_NOBODY = dict.fromkeys(("normalized", "display", "family", "given", "script", "kind", "reading", "romaji", "second"))


def make_one(found: FoundRow, families: Families | None = None) -> dict[str, Any]:
    """The features of one record's name; ``families`` are the family names to split by, where they are known."""
    return _split(_names(found), families)


def _names(found: FoundRow) -> dict[str, Any]:
    """Names by script, readings, Latin spellings and handle, as the normalize stage gives them."""
    name: Row = found["name"][0] if "name" in found else _NOBODY
    script, kind = name["script"], name["kind"]
    named = kind in ("person", "company")
    kanji = script == "kanji" and named
    latin = script == "latin" and kind in ("person", "company")
    kanas = list(found.get("kana", ()))
    romajis = list(found.get("romaji", ()))
    if script == "kana" and kind == "person":
        kanas.append(one(quick.kana, readings, name["display"]))
    shown = name["display"] if script == "latin" and kind == "person" else None
    if named and name["reading"] is not None:
        kanas.append(one(quick.kana, readings, name["reading"]))
    romajis += [
        one(quickkeys.romaji, romaji, text) for text in (shown, name["romaji"] if named else None) if text is not None
    ]
    worn = script == "kana" and kind == "person" and LOST in name["normalized"]
    handle = name["display"] if kind == "nickname" or worn else None
    if handle is None and "nickname" in found:
        handle = found["nickname"][0]["display"]
    return {
        "name": name["normalized"] if kanji else None, "family": name["family"] if kanji else None,
        "given": name["given"] if kanji else None, "script": script, "kind": kind,
        **{f"kana_{part}": _first_of(kanas, part, name) for part in ("family", "given")},
        "kana_whole": first_of(kanas, "normalized"), "nickname": handle,
        "romaji_first": first_of(romajis, "first"), "romaji_last": first_of(romajis, "last"),
        "romaji_cut": first_of(romajis, "truncated"), "latin": _in_latin(name, shown, found),
        "latin_family": name["family"] if latin else None, "latin_given": name["given"] if latin else None,
        "second": name["second"] if named else None,
        **_worded(name if shown is not None else _NOBODY, [row["display"] for row in (*kanas, *romajis)]),
    }  # fmt: skip


def _first_of(kanas: Sequence[Row], part: str, name: Row) -> str | None:
    """A part of the first usable reading, else what a name in kana that is known in parts has there."""
    found: str | None = first_of(kanas, part)
    told = name["script"] == "kana" and name["kind"] == "person"
    return name[part] if found is None and told else found


def _worded(other: Row, shown: Sequence[str | None]) -> dict[str, str | None]:
    """The words of a name of three and more, or in another script, and its generation."""
    text = next((text for text in shown if text and _SEVERAL_WORDS.search(text)), None)
    if text is None and other["normalized"] is not None and _OTHER.search(other["normalized"]):
        text = other["display"]
    if text is None:
        return {"words": None, "suffix": None}
    return {"words": words_of(text), "suffix": generation(text) if _ENDS.search(text) else None}


def _in_latin(name: Row, shown: str | None, found: FoundRow) -> str | None:
    """A name in Latin letters where the source has it in no Japanese script."""
    if "kana" in found and found["kana"][0]["normalized"] is not None:
        return None
    japanese = name["script"] in ("kanji", "kana") and name["kind"] != "nickname"
    if shown is None and not japanese and "romaji" in found:
        return found["romaji"][0]["display"]  # type: ignore[no-any-return]
    return shown


def _split(names: dict[str, Any], seen: Families | None) -> dict[str, Any]:
    """The names with unspaced ones split, and their keys: what :func:`oneid.records.together.combine` makes of one
    record.
    """
    if names["kana_family"] is None and names["kana_given"] is None and names["kana_whole"] is not None:
        names["kana_family"], names["kana_given"] = split_kana(names["kana_whole"])
    whole = names["family"] is None and names["given"] is None and names["name"] is not None
    if whole and names["kind"] == "person":
        names |= _split_kanji(names, seen)
    names |= _split_second(names["second"], seen)
    names |= _keys(names) | _sounds(names, kana=seen is not None and seen.latin)
    for part in ("family", "given"):
        _spell(names, part)
    _make_lone(names)
    return names | {"unsure": _unsure(names)}


def _split_second(second: str | None, seen: Families | None) -> dict[str, str | None]:
    """What somebody is called beside the name, in parts."""
    if second is None:
        return {"second": None, "second_family": None, "second_given": None}
    family, blank, given = second.partition(" ")
    parts: tuple[str | None, str | None] = (family, given.replace(" ", ""))
    if not blank:
        parts = split_kanji(second, None, None, seen)[:2]
    return {"second": second.replace(" ", ""), "second_family": parts[0], "second_given": parts[1]}


def _spell(names: dict[str, Any], part: str) -> None:
    """A part in kana or Latin letters has its sound from that."""
    text = names[part]
    if text is None or names[f"key_{part}"] is not None or not _SPELLED.search(text):
        return
    names[f"key_{part}"] = fold(text)
    if names[f"kana_{part}"] is None and _SPELLED_KANA.search(text):
        names[f"kana_{part}"] = katakana(text)


def _make_lone(names: dict[str, Any]) -> None:
    """A handle that is nothing but a family name in kana or Latin letters becomes that family name."""
    text, heard = names["nickname"], names["kana_whole"]
    nobody = all(names[key] is None for key in ("name", "key_family", "key_given"))
    if nobody and heard is not None and fold(heard) in lone_families():
        names |= {"key_family": fold(heard)}
    elif nobody and names["kind"] == "nickname" and _LONE.search(text or "") and fold(text) in lone_families():
        names |= {"key_family": fold(text), "kind": "person", "nickname": None, "nickname_key": None}


def _unsure(names: Mapping[str, Any]) -> bool:
    """Whether nothing tells which of two words without kanji is the family name."""
    family, given = names["key_family"], names["key_given"]
    if names["name"] is not None or family is None or given is None or names["latin_family"] is not None:
        return False
    families, givens = _known()
    return family not in families and given not in givens


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    families, givens = known_keys()
    return frozenset(families), frozenset(givens)


@cache
def _surnames() -> frozenset[str]:
    return frozenset(surname_kanji())


def _split_kanji(names: Mapping[str, Any], seen: Families | None) -> dict[str, Any]:
    """An unspaced name in parts; a bare given name without kana becomes a nickname."""
    name = names["name"]
    split = split_kanji(name, names["kana_family"], names["kana_given"], seen)
    lost = split_lost(name) if LOST in name else None
    if lost:
        split = split._replace(family=lost[0], given=lost[1])
    if split.family is None and not split.whole_given and name in _surnames():
        return {"family": name, "given": None, "other_splits": split.others or None}
    if names["kana_family"] is None and (split.whole_given or split.family is None) and len(name) <= _LONGEST_NICKNAME:
        return {"name": None, "nickname": name, "kind": "nickname"}
    return {"family": split.family, "given": split.given, "other_splits": split.others or None}


def _keys(names: Mapping[str, Any]) -> dict[str, Any]:
    """The spelling-free keys: from the kana, else from the romaji with its order made out."""
    nickname = names["nickname"]
    keys: dict[str, Any] = {
        "nickname_key": fold(nickname) if nickname is not None and _is_kana(nickname) else None,
        "key_family": fold(names["kana_family"]), "key_given": fold(names["kana_given"]),
        "from_romaji": False, "cut_family": False, "cut_given": False,
    }  # fmt: skip
    first, last = names["romaji_first"], names["romaji_last"]
    spelled = first is not None or names["latin_family"] is not None or names["latin_given"] is not None
    if not spelled or (keys["key_family"] is not None and keys["key_given"] is not None):
        return keys
    turned = given_first(first, last)
    family, given = fold(names["latin_family"]), fold(names["latin_given"])
    if family is None and given is None:  # one part alone is no whole name
        family, given = (last, first) if turned else (first, last)
    silent = names["kana_family"] is None and names["kana_given"] is None
    cut = silent and bool(names["romaji_cut"])
    return keys | {
        "key_family": keys["key_family"] if keys["key_family"] is not None else family,
        "key_given": keys["key_given"] if keys["key_given"] is not None else given,
        "from_romaji": silent and first is not None, "cut_family": cut and turned, "cut_given": cut and not turned,
    }  # fmt: skip


def _is_kana(text: str) -> bool:
    """Whether a handle is nothing but kana."""
    if _IN_KANA.fullmatch(text):
        return True
    if text.isascii():
        return False
    written = pl.Series([text]).str.contains(r"^[\p{Hiragana}\p{Katakana}ー]+$")  # Python knows no scripts
    return bool(written.item())


def _sounds(names: Mapping[str, Any], *, kana: bool) -> dict[str, Any]:
    """How a name in Latin letters sounds, and one in ``kana`` where any could meet it."""
    text = names["latin"]
    if text is None and kana:
        return {"foreign": False, **{f"sound_{part}": sound(names[f"kana_{part}"]) for part in ("family", "given")}}
    if text is None:
        return {"foreign": False}
    if names["latin_family"] is not None and names["latin_given"] is not None:
        text = f"{names['latin_family']}, {names['latin_given']}"  # the order that the source knows
    heard = one(quickkeys.latin, latin, text)
    spoken = {part: heard[f"sound_{part}"] or sound(names[f"kana_{part}"]) for part in ("family", "given")}
    return {
        "foreign": True, "sound_family": spoken["family"], "sound_given": spoken["given"],
        "phonetic_family": heard["phonetic_family"], "phonetic_given": heard["phonetic_given"],
    }  # fmt: skip

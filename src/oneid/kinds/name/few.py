"""Names of a few records, from their texts: what :mod:`oneid.kinds.name.columns` makes of columns, over again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.likelyreadings import borne, candidates
from oneid.japanese.quicktext import Pattern, compiled, replacement, variants
from oneid.japanese.readings import verdicts_of
from oneid.japanese.romaji import _UNVOICE
from oneid.kinds.few import Few, OneRecord, coded, mixed
from oneid.kinds.holders import Borne
from oneid.kinds.name.columns import MOST_READINGS
from oneid.kinds.name.known import SPELLED
from oneid.kinds.name.levels import Names, Split
from oneid.kinds.name.matching.connected import connected, unconnected
from oneid.kinds.name.matching.parts import LOST, Part
from oneid.kinds.name.rarity import _shares, bearers

__all__ = ["few", "keys_of_one", "seen", "warm"]

_STEPS = tuple((compiled(step), replacement(to)) for step, to in _UNVOICE)
_LEAST_SHARE = 0.03
_MOST_FAMILIES = 2


@lru_cache(maxsize=65536)
@lru_cache(maxsize=16_384)
def _unvoiced(key: str) -> str:
    """:func:`oneid.japanese.romaji.unvoiced` of one key."""
    for step, to in _STEPS:
        key = step.sub(to, key)
    return key


@cache
def _soft() -> Mapping[int, str]:
    return variants("soft")


def few(made: Few, borne: Borne) -> Names:
    """The names of some records, to be compared."""
    pairs = zip(made.texts("name"), made.texts("family"), made.texts("given"), strict=True)
    whole = [_whole(name, first, last) for name, first, last in pairs]
    family, given = _part(made, "family"), _part(made, "given")
    key = made.both("key_family", "key_given")
    coded([*whole, *key])
    return Names(
        kanji=made.text(whole),
        lost=np.array([LOST in text for text in whole], dtype=np.bool_),
        family=family,
        given=given,
        key=made.coder(key),
        from_romaji=made.flags("from_romaji"),
        foreign=made.flags("foreign"),
        unsure=made.flags("unsure"),
        words=made.text(made.texts("words")),
        heard=(made.texts("sound_family"), made.texts("sound_given")),
        suffix=made.text(made.texts("suffix")),
        sound=made.coder(made.both("sound_family", "sound_given")),
        count_kanji=_bearers(whole, made.texts("family"), made.texts("given"), "kanji", borne),
        count_key=_bearers(key, made.texts("key_family"), made.texts("key_given"), "key", borne),
        nickname=made.text(made.texts("nickname")),
        nickname_key=made.codes("nickname_key"),
        several=np.array(
            [bool(cuts or (a and b)) for cuts, a, b in zip(*map(made.texts, _OF_OTHERS), strict=True)], np.bool_
        ),
        others=lambda rows: [
            Split(other.there[rows], other.family.of(rows), other.given.of(rows))
            for other in (*_second_names(made, family, given), *_others(made, whole, family, given))
        ],
    )


_OF_OTHERS = ("other_splits", "second_family", "second_given")


def _whole(name: str, family: str, given: str) -> str:
    """A whole name; a part alone is nobody's."""
    return "" if bool(family) != bool(given) else name


_SPELLED, _WITH_SOUND = compiled(SPELLED), Pattern("[ぁ-ゖァ-ヺa-zà-ɏ]")


@lru_cache(maxsize=16_384)
def _softened(text: str, part: str) -> str:
    soft = text.translate(_soft())
    return connected(soft) if part == "family" else soft


_bare = lru_cache(maxsize=16_384)(unconnected)


def _part(made: Few, part: str) -> Part:
    written, key = made.texts(part), made.texts("key_" + part)
    spelled = [bool(sound and _SPELLED.search(text)) for text, sound in zip(written, key, strict=True)]
    family = ["" if is_ else text for text, is_ in zip(written, spelled, strict=True)]
    soft = [_softened(text, part) for text in family]
    return Part(
        kanji=made.text(family),
        soft=made.coder(soft),
        bare=made.coder([_bare(text) for text in soft] if part == "family" else soft),
        spelled=np.array(spelled, dtype=np.bool_),
        mixed=np.array([bool(_WITH_SOUND.search(text)) for text in family], dtype=np.bool_),
        kana=made.text(made.texts("kana_" + part)),
        key=made.text(key),
        unvoiced=made.coder([_unvoiced(text) for text in key]),
        phonetic=made.codes("phonetic_" + part),
        cut=made.flags("cut_" + part),
    )


def _others(made: Few, whole: Sequence[str], family: Part, given: Part) -> list[Split]:
    """The further possible splits: see :mod:`oneid.kinds.name.columns`."""
    cuts = [text.split(",") if text else [] for text in made.texts("other_splits")]
    found = []
    for place in range(max(map(len, cuts), default=0)):
        there = [len(each) > place for each in cuts]
        parts = []
        for part, role, which in ((family, "family", slice(0, 1)), (given, "given", slice(1, 2))):
            kanji = [
                "".join((name[: int(cut[place])], name[int(cut[place]) :])[which]) if is_ else own
                for name, cut, is_, own in zip(whole, cuts, there, made.texts(role), strict=True)
            ]
            soft = [_softened(text, role) for text in kanji]
            parts.append(replace(part, kanji=made.text(_unspelled(kanji, part, there)), soft=made.coder(soft)))
        found.append(Split(np.array(there, dtype=np.bool_), *parts))
    return found


def _unspelled(kanji: Sequence[str], part: Part, there: Sequence[bool]) -> list[str]:
    """Kanji of a part, none where it is spelled and no other split makes it another."""
    spelled = part.spelled.tolist()
    return ["" if is_ and not own else text for text, is_, own in zip(kanji, spelled, there, strict=True)]


def _second_names(made: Few, family: Part, given: Part) -> list[Split]:
    """What people are called beside their names: see :mod:`oneid.kinds.name.columns`."""
    texts = made.texts("second_family"), made.texts("second_given")
    there = np.array([bool(first and last) for first, last in zip(*texts, strict=True)], dtype=np.bool_)
    if not there.any():
        return []
    parts = []
    for part, role, held in ((family, "family", texts[0]), (given, "given", texts[1])):
        kanji = [text if is_ else str(own or "") for text, is_, own in zip(held, there, part.kanji.values, strict=True)]
        soft = np.where(there, made.coder([_softened(text, role) for text in held]), part.soft)
        kana, key = (
            made.text(["" if is_ else str(text or "") for text, is_ in zip(column.values, there, strict=True)])
            for column in (part.kana, part.key)
        )
        parts.append(part.renamed(there, made.text(kanji), soft, kana, key))
    return [Split(there, *parts)]


@cache
def _share(role: str, kind: str) -> Mapping[str, float]:
    return dict(_shares(role, kind).iter_rows())


def warm() -> None:
    """Reads the tables of names that comparing needs."""
    for role in ("family", "given"):
        for kind in ("kanji", "key"):
            _share(role, kind)
    verdicts_of(["山田"], ["tanaka"])
    _spoken("山田", "太郎")


def _bearers(
    names: Sequence[str], families: Sequence[str], givens: Sequence[str], kind: str, borne: Borne
) -> npt.NDArray[np.float32]:
    """How many records count as bearing each name: see :mod:`oneid.kinds.name.rarity`."""
    of_family, of_given = _share("family", kind), _share("given", kind)
    likely = np.array([of_family.get(text, 0.0) for text in families], dtype=np.float32)
    likely *= np.array([of_given.get(text, 0.0) for text in givens], dtype=np.float32)
    held = borne.of(kind).of(coded(names))
    return bearers(held, likely, borne.records)


def keys_of_one(record: OneRecord, borne: Borne) -> dict[str, list[int]]:
    """The blocking keys of one record, as :func:`oneid.kinds.name.columns.keys` gives them for the whole."""
    part = record.single
    name = _whole(part["name"], part["family"], part["given"])
    reading = " ".join(sorted((part["key_family"], part["key_given"])))
    reading = reading if part["key_family"] and part["key_given"] else ""
    unvoiced = [_unvoiced(part["key_family"]), _unvoiced(part["key_given"])]
    sounds = unvoiced if reading and not name else []
    silent = part["family"] and part["given"] and not part["key_family"] and not part["key_given"] and borne.heard
    spoken = _spoken(part["family"], part["given"]) if silent else [tuple(sounds)] if sounds else []
    single = (reading, name, part["key_given"])
    asked = ["", *single, *(text for pair in spoken for text in pair)]
    code_of = dict(zip(asked, record.codes_of(asked), strict=True))
    keys = {name: [code_of[text]] for name, text in zip(("reading", "kanji", "given"), single, strict=True)}
    return {**keys, "spoken": [mixed(*sorted(code_of[text] for text in pair)) for pair in spoken]}


def seen(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What people see of a name in look-ups: kanji and kana, else the spelling-free reading."""
    held = [texts[name][0] for name in ("name", "kana_family", "kana_given")]
    if not any(held):
        held = [texts[name][0] for name in ("key_family", "key_given")]
    return {"name": " ".join(text for text in held if text), "nickname": texts["nickname"][0]}


@lru_cache(maxsize=4096)
def _read(name: str, role: str, most: int) -> tuple[tuple[str, float], ...]:
    """The likeliest readings of a name and their shares: :func:`oneid.japanese.likelyreadings.candidates` of one."""
    known = borne(role).filter(pl.col("kanji") == name).select("key", "share").rows()
    if not known:
        known = candidates(pl.Series([name]), role, most).select("key", "share").rows()
    likely = sorted(((key, share) for key, share in known if share >= _LEAST_SHARE), key=lambda one: (-one[1], one[0]))
    return tuple(likely[:most])


def _spoken(family: str, given: str) -> list[tuple[str, str]]:
    """The likely readings of a name in kanji alone, without voicing: see :mod:`oneid.kinds.name.columns`."""
    found: dict[tuple[str, str], float] = {}
    for family_key, family_share in _read(family, "family", _MOST_FAMILIES):
        for given_key, given_share in _read(given, "given", MOST_READINGS):
            found.setdefault((_unvoiced(family_key), _unvoiced(given_key)), family_share * given_share)
    return sorted(found, key=lambda pair: (-found[pair], pair))[:MOST_READINGS]

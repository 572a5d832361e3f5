"""The comparison columns of a few records, from their texts, in a tenth of a millisecond.

:func:`few` gives what :func:`oneid.pairs.columns.columns_of` gives for the same features, but for the codes: equality
is all that codes are for, so here they are Python's hashes. What columns make of parts of names (soft forms, unvoiced
keys, mobile or not) is made per text and remembered; :func:`keys_of` gives the blocking keys of one record by the codes
that the index has. Tests hold both to their columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.daily.dirtypairs import HELD
from oneid.japanese.quicktext import compiled, replacement, variants
from oneid.japanese.readings import _tables as _readings
from oneid.japanese.readings import candidates, verdicts_of
from oneid.japanese.romaji import _UNVOICE
from oneid.kinds.name.levels import LOST, Names, Part, Split, Text
from oneid.kinds.name.rarity import Borne, _shares, bearers
from oneid.kinds.phone import _MOBILE
from oneid.lookup.index import Layout
from oneid.pairs.columns import MOST_READINGS
from oneid.pairs.compare import Columns, Places
from oneid.records.features import CUSTOM
from oneid.vocabulary.codes import Codes, code

__all__ = ["coded", "few", "keys_of", "mixed", "warm"]

Coder = Callable[[Sequence[str]], Codes]
Flags = npt.NDArray[np.bool_]

_IS_MOBILE = re.compile(rf"\+81{_MOBILE}")
_STEPS = tuple((compiled(step), replacement(to)) for step, to in _UNVOICE)
_LEAST_SHARE = 0.03
_MOST_FAMILIES = 2


def _hashes(texts: Sequence[str]) -> Codes:
    return np.array([hash(text) if text else 0 for text in texts], dtype=np.int64).view(np.uint64)


@lru_cache(maxsize=65536)
def _unvoiced(key: str) -> str:
    """:func:`oneid.japanese.romaji.unvoiced` of one key."""
    for step, to in _STEPS:
        key = step.sub(to, key)
    return key


@cache
def _soft() -> Mapping[int, str]:
    return variants("soft")


class _Text(Text):
    """A column whose texts become a Series when they are asked for, which few are."""

    def __init__(self, codes: Codes, texts: Sequence[str]) -> None:
        vars(self).update(codes=codes, texts=texts)

    @cached_property
    def values(self) -> pl.Series:
        return pl.Series([text or None for text in vars(self)["texts"]], dtype=pl.String)


class _Few:
    """Rows of texts by feature, and the arrays made of them."""

    def __init__(self, rows: Sequence[Sequence[str]], layout: Layout, coder: Coder) -> None:
        self.columns = list(zip(*rows, strict=True))
        self.layout = layout
        self.coder = coder

    def texts(self, name: str, place: int = 0) -> Sequence[str]:
        return self.columns[self.layout.at[name] + place]

    def codes(self, name: str, place: int = 0) -> Codes:
        return self.coder(self.texts(name, place))

    def flags(self, name: str) -> Flags:
        return np.array([text == "1" for text in self.texts(name)], dtype=np.bool_)

    def numbers(self, name: str, dtype: type[np.integer[Any]]) -> npt.NDArray[Any]:
        return np.array([int(text or 0) for text in self.texts(name)], dtype=dtype)

    def text(self, values: Sequence[str]) -> Text:
        return _Text(self.coder(values), values)

    def listed(self, name: str) -> list[Text]:
        return [self.text(self.texts(name, place)) for place in range(self.layout.places[name])]

    def part(self, part: str) -> Part:
        family, key = self.texts(part), self.texts("key_" + part)
        return Part(
            kanji=self.text(family),
            soft=self.coder([text.translate(_soft()) for text in family]),
            kana=self.text(self.texts("kana_" + part)),
            key=self.text(key),
            unvoiced=self.coder([_unvoiced(text) for text in key]),
            phonetic=self.codes("phonetic_" + part),
            cut=self.flags("cut_" + part),
        )

    def both(self, first: str, second: str) -> list[str]:
        """The texts of both in one order, empty where one is."""
        pairs = zip(self.texts(first), self.texts(second), strict=True)
        return [" ".join(sorted((a, b))) if a and b else "" for a, b in pairs]


def few(rows: Sequence[Sequence[str]], layout: Layout, borne: Borne) -> Columns:
    """The comparison columns of some records, whose texts are in ``layout``; no value is marked as shared."""
    made = _Few(rows, layout, _hashes)
    unmarked = {name: [np.zeros(len(rows), dtype=np.bool_) for _ in range(layout.places[name])] for name in HELD}
    return Columns(
        names=_names(made, borne),
        year=made.numbers("year", np.int16),
        month=made.numbers("month", np.int8),
        day=made.numbers("day", np.int8),
        phones=made.listed("phone"),
        mobile=[
            np.array([bool(_IS_MOBILE.match(text)) for text in made.texts("phone", place)], dtype=np.bool_)
            for place in range(layout.places["phone"])
        ],
        phone_shared=unmarked["phone"],
        emails=made.listed("email"),
        mailbox=[made.codes("mailbox", place) for place in range(layout.places["mailbox"])],
        email_shared=unmarked["email"],
        places=Places(**{name: made.codes(name) for name in ("town", "block", "building", "room", "postcode")}),
        sex=made.codes("sex"),
        company=np.array([text == "company" for text in made.texts("customer")], dtype=np.bool_),
        others={
            name.removeprefix(CUSTOM): made.listed(name) for name in layout.places if name.startswith(CUSTOM)
        },
    )  # fmt: skip


def _names(made: _Few, borne: Borne) -> Names:
    whole = made.texts("name")
    family, given = made.part("family"), made.part("given")
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
        sound=made.coder(made.both("sound_family", "sound_given")),
        count_kanji=_bearers(whole, made.texts("family"), made.texts("given"), "kanji", borne),
        count_key=_bearers(key, made.texts("key_family"), made.texts("key_given"), "key", borne),
        nickname=made.codes("nickname"),
        nickname_key=made.codes("nickname_key"),
        others=tuple(_others(made, whole, family, given)),
    )


def _others(made: _Few, whole: Sequence[str], family: Part, given: Part) -> list[Split]:
    """The further possible splits: see :func:`oneid.pairs.columns.columns_of`."""
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
            soft = made.coder([text.translate(_soft()) for text in kanji])
            parts.append(
                Part(made.text(kanji), soft, part.kana, part.key, part.unvoiced, part.phonetic, part.cut)
            )  # fmt: skip
        found.append(Split(np.array(there, dtype=np.bool_), *parts))
    return found


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
    held = (borne.kanji if kind == "kanji" else borne.key).of(coded(names))
    return bearers(held, likely, borne.records)


_codes: dict[str, int] = {"": 0}
_MOST_CODES = 65_536


def coded(texts: Sequence[str]) -> Codes:
    """The codes that columns have, 0 for an empty text. Those made last are remembered: a column has a fixed cost."""
    if len(_codes) > _MOST_CODES:
        _codes.clear()
        _codes[""] = 0
    fresh = [text for text in dict.fromkeys(texts) if text not in _codes]
    if fresh:
        _codes.update(zip(fresh, code(pl.Series(fresh, dtype=pl.String)).tolist(), strict=True))
    return np.array([_codes[text] for text in texts], dtype=np.uint64)


_ODD, _ALL = 0x9E3779B97F4A7C15, (1 << 64) - 1


def mixed(*parts: int) -> int:
    """:func:`oneid.vocabulary.codes.mix` of single codes.

    >>> from oneid.vocabulary.codes import mix
    >>> mixed(5, 7) == int(mix(np.array([5], np.uint64), np.array([7], np.uint64))[0]), mixed(5, 0)
    (True, 0)
    """
    if not all(parts):
        return 0
    made = parts[0]
    if len(parts) == 1:
        return made
    for part in parts[1:]:
        made = ((made ^ (made >> 29)) * _ODD + part) & _ALL
    return ((made ^ (made >> 29)) * _ODD) & _ALL or 1


def keys_of(row: Sequence[str], layout: Layout, borne: Borne) -> dict[str, list[int]]:
    """The blocking keys of one record, as :func:`oneid.pairs.columns.block_keys` gives them for the whole."""
    at = layout.at
    part = {name: row[place] for name, place in at.items()}
    year, month, day = (int(part[name] or 0) for name in ("year", "month", "day"))
    reading = " ".join(sorted((part["key_family"], part["key_given"])))
    reading = reading if part["key_family"] and part["key_given"] else ""
    listed = {name: row[at[name] : at[name] + count] for name, count in layout.places.items()}
    unvoiced = [_unvoiced(part["key_family"]), _unvoiced(part["key_given"])]
    sounds = unvoiced if reading and not part["name"] else []
    silent = part["family"] and part["given"] and not part["key_family"] and not part["key_given"] and borne.heard
    spoken = _spoken(part["family"], part["given"]) if silent else [tuple(sounds)] if sounds else []
    single = {"reading": reading, "kanji": part["name"], "given": part["key_given"], "postcode": part["postcode"],
              "town": part["town"], "block": part["block"]}  # fmt: skip
    asked = ["", *single.values(), *(text for texts in listed.values() for text in texts)]
    asked += [text for pair in spoken for text in pair]
    code_of = dict(zip(asked, coded(asked).tolist(), strict=True))
    one = {name: code_of[text] for name, text in single.items()}
    keys: dict[str, list[int]] = {
        "email": [code_of[text] for text in listed["email"]],
        "mailbox": [code_of[text] for text in listed["mailbox"]],
        "phone": [code_of[text] for text in listed["phone"]],
        "spoken": [mixed(*sorted(code_of[text] for text in pair)) for pair in spoken],
        "birth": [mixed(year, month, day)], "birth_year_month": [mixed(year, month)],
        "birth_month_day": [mixed(month, day)], "birth_year": [mixed(year, year)],
        "place": [mixed(one["town"], one["block"])],
        **{name: [one[name]] for name in ("reading", "kanji", "given", "postcode", "town")},
        **{name.removeprefix(CUSTOM): [code_of[text] for text in listed[name]] for name in listed if CUSTOM in name},
    }  # fmt: skip
    if part["customer"] == "company":
        keys = {name: [mixed(key, 1) for key in found] for name, found in keys.items()}
    return {name: list(dict.fromkeys(key for key in found if key)) for name, found in keys.items()}


@lru_cache(maxsize=4096)
def _read(name: str, role: str, most: int) -> tuple[tuple[str, float], ...]:
    """The likeliest readings of a name and their shares: :func:`oneid.japanese.readings.candidates` of one."""
    known = _readings(role).filter(pl.col("kanji") == name).select("key", "share").rows()
    if not known:
        known = candidates(pl.Series([name]), role, most).select("key", "share").rows()
    likely = sorted(((key, share) for key, share in known if share >= _LEAST_SHARE), key=lambda one: (-one[1], one[0]))
    return tuple(likely[:most])


def _spoken(family: str, given: str) -> list[tuple[str, str]]:
    """The likely readings of a name in kanji alone, without voicing: see :func:`oneid.pairs.columns.spoken`."""
    found: dict[tuple[str, str], float] = {}
    for family_key, family_share in _read(family, "family", _MOST_FAMILIES):
        for given_key, given_share in _read(given, "given", MOST_READINGS):
            found.setdefault((_unvoiced(family_key), _unvoiced(given_key)), family_share * given_share)
    return sorted(found, key=lambda pair: (-found[pair], pair))[:MOST_READINGS]

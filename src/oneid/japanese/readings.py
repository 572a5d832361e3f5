"""Kanji against kana: may these kanji be read so?

The best single guess of a reading is wrong for a quarter of real names (大翔 is ヒロト, ハルト, ダイト, ツバサ ...), so
nothing here makes one. :func:`possible` asks whether a given reading lies within the *set* of readings that the kanji
allow; :func:`oneid.japanese.likelyreadings.candidates` lists the few likeliest, for finding candidate pairs.

Everything happens on folding keys (:func:`oneid.japanese.romaji.fold`), so kana and romaji are read alike. A key is
matched from left to right against the readings of each kanji, with the sound changes of compounds: voicing (川 カワ,
ガワ), doubled consonants (一平 イッペイ), merged vowels (高明 タカアキ), ノ between the kanji of a surname (井上).
Names whose kanji do not explain their reading (小鳥遊 タカナシ) are a table of their own.

Sources of the tables: ``scripts/make_reading_data.py``. With the extra ``reading`` the words of SudachiDict are asked
too, where the tables do not explain a reading (:mod:`oneid.japanese.extras.lexicon`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

import polars as pl

from oneid.japanese.extras import lexicon
from oneid.japanese.nametables import given_names, irregular_names, kanji_readings, surnames
from oneid.japanese.romaji import fold_tokens

__all__ = ["possible", "ruled_out", "verdicts_of"]

Form: TypeAlias = tuple[str, float]
"""A reading as folding key, with the natural logarithm of its share among the readings of its kanji."""

Wholes: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""Names or words that are read as a whole, by their first character: the kanji and the key."""

Forms: TypeAlias = Mapping[str, Sequence[Form]]
"""Readings by their first letter."""

_DOUBLED = ("tu", "ti", "ku", "ki")
"""Ends of readings that become a doubled consonant before another kanji."""

_VOICED = {"k": "g", "s": "z", "t": "d", "h": "b", "f": "b"}
_VOICING, _NO, _WHOLE, _SILENT = -1.5, -4.0, -3.0, -2.0
"""What voicing, an inserted ノ, a name or word read as a whole, and a kanji whose one vowel is merged into the sound
before it weigh (natural logarithms)."""

_CHANCE, _CHANCE_GIVEN, _CHANCE_FAMILY = (-5.0, -0.8), (-3.0, -0.7), (-2.0, -0.6)
"""A reading is refused where its worth is no more than so much and so much for each letter of its key: there, chance
explains a match as well. The longer a reading, the less will chance. Stricter are the limits of common given names
and of surnames in the tables, whose other readings would be known (``benchmarks/readings.py``)."""

_COMMON_GIVEN = 20.0
"""Bearers per 100,000 from which a given name is common."""

_PLAINLY = 0.85
"""The share of the refused worth at which a name's reading is called regular."""

_NEVER = -1e9


class _Kanji(NamedTuple):
    """The forms of one kanji by their first letter: where a name begins with it, and where it stands further on."""

    first: Forms
    later: Forms


class _Spoken(NamedTuple):
    """What stands in names beside single kanji: names and words read as a whole, and runs of kana."""

    wholes: Wholes
    runs: Mapping[str, Forms]


def _changed(form: Form) -> Iterator[Form]:
    """A form and what it becomes behind another kanji: カワ, ガワ; ヘイ, ベイ, ペイ."""
    key, worth = form
    yield form
    if key.startswith(("ti", "tu", "ty")):
        yield "z" + key[1:], worth + _VOICING
    elif key[0] in _VOICED:
        yield _VOICED[key[0]] + key[1:], worth + _VOICING
    if key[0] in "hf":
        yield "p" + key[1:], worth + _VOICING


def _by_letter(forms: Iterator[Form] | Sequence[Form]) -> dict[str, list[Form]]:
    best: dict[str, float] = {}
    for key, worth in forms:
        best[key] = max(worth, best.get(key, _NEVER))
    found: dict[str, list[Form]] = defaultdict(list)
    for key, worth in best.items():
        found[key[0]].append((key, worth))
    return dict(found)


@cache
def _keys() -> dict[str, str | None]:
    """The folding keys of all readings of kanji."""
    kana = pl.Series(sorted({reading for readings in kanji_readings().values() for reading in readings}))
    return dict(zip(kana, fold_tokens(kana), strict=True))


@cache
def _kanji(sign: str) -> _Kanji | None:
    """The forms of a kanji; None where it is in no table."""
    readings = kanji_readings().get(sign)
    if readings is None:
        return None
    whole = sum(readings.values()) + 1
    keyed = [(_keys()[reading], math.log(count / whole)) for reading, count in readings.items()]
    forms = [(key, worth) for key, worth in keyed if key]
    later = [changed for form in forms for changed in _changed(form)]
    return _Kanji(_by_letter(forms), _by_letter(later))


_FEW = 64


def folded(texts: Sequence[str]) -> list[str | None]:
    """The folding keys of some texts; a few of them one by one, for a look-up has but a few."""
    if len(texts) > _FEW:
        return fold_tokens(pl.Series(texts, dtype=pl.String)).to_list()
    from oneid.japanese.quickkeys import fold  # stands above the normalizers

    return [fold(text) for text in texts]


def _wholes(names: Sequence[tuple[str, str]]) -> Wholes:
    fresh = sorted({reading for _, reading in names} - _heard().keys())
    if fresh:
        _heard().update(zip(fresh, folded(fresh), strict=True))
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kanji, reading in names:
        key = _heard()[reading]
        if key is not None:
            found[kanji[0]].append((kanji, key))
    return dict(found)


@cache
def _heard() -> dict[str, str | None]:
    """The folding keys of the readings of tables and dictionary met so far: a call for a few words is dear."""
    return {}


@cache
def _irregular() -> Wholes:
    return _wholes(irregular_names().select("kanji", "reading").unique().sort("kanji", "reading").rows())


def _of_words(names: Sequence[str]) -> Wholes:
    """What the dictionary says of the words in these names: of two kanji and more, or of the name itself."""
    parts = {
        name[i:j] for name in names for i in range(len(name)) for j in range(i + 1, len(name) + 1)
        if j - i > 1 or j - i == len(name)
    }  # fmt: skip
    return _wholes([(part, sound) for part in sorted(parts) for sound in lexicon.words(part)])


def _ends(key: str, at: int, forms: Forms, *, last: bool) -> Iterator[tuple[int, float]]:
    """Where in the key a kanji's readings may end that begin at ``at``, with their worth."""
    for form, worth in forms.get(key[at : at + 1], ()):
        if key.startswith(form, at):
            yield at + len(form), worth
        if last:
            continue
        stem = at + len(form) - 2  # 一 イチ before ペイ: i-ti becomes ip
        if form.endswith(_DOUBLED) and stem > at and key.startswith(form[:-2], at):
            double = key[stem : stem + 2]
            if len(double) == 2 and double[0] == double[1] and double[0] in "kstp":
                yield stem + 1, worth
        if len(form) > 1 and form[-1] == "i" and key.startswith(form[:-1] + "y", at):  # キヨウ is キョウ, チエ is チェ
            yield at + len(form) - 1, worth
            yield at + len(form), worth
    before = key[at - 1 : at]
    for vowel in (before, "u") if before == "o" else (before,):  # タカ and アキ: one a
        if vowel and vowel in "aiueo":
            for form, worth in forms.get(vowel, ()):
                if key.startswith(form[1:], at):
                    yield at + len(form) - 1, worth + (_SILENT if len(form) == 1 else 0.0)


def kana_run(kanji: str, place: int) -> str:
    """The kana that begin at a place of the name and stand for themselves; inside a run of kana there are none."""
    if place and _is_kana(kanji[place - 1]):
        return ""
    end = place
    while end < len(kanji) and _is_kana(kanji[end]):
        end += 1
    return kanji[place:end]


def _is_kana(sign: str) -> bool:
    return "ぁ" <= sign <= "ヺ" or sign == "ー"


def _runs(names: Iterable[str]) -> dict[str, Forms]:
    """The forms of every run of kana in these names."""
    runs = sorted({run for name in names for place in range(len(name)) if (run := kana_run(name, place))})
    if not runs:
        return {}
    keys = folded(runs)
    return {run: _by_letter([(key, 0.0)]) if key else {} for run, key in zip(runs, keys, strict=True)}


@cache
def _beginnings(sign: str) -> tuple[str, ...]:
    """How the reading of a name can begin whose first kanji this is, irregular names apart."""
    readings = _kanji(sign)
    forms = [form for letter in readings.first.values() for form, _ in letter] if readings else []
    doubled = {form[:-2] for form in forms if form.endswith(_DOUBLED)}
    return tuple({*forms, *doubled, *(form[:-1] + "y" for form in forms if form[-1] == "i")})


@cache
def _endings(sign: str) -> tuple[str, ...]:
    """How the reading of a name can end whose last kanji this is, irregular names apart."""
    forms = {form for side in _kanji(sign) or () for letter in side.values() for form, _ in letter}
    return tuple(forms | {form[1:] for form in forms if form[0] in "aiueo"})


def _hopeless(kanji: str, key: str, wholes: Wholes) -> bool:
    """Whether the first or the last kanji alone rules the reading out: so it is for most wrong readings."""
    if not kanji:
        return True
    first, last = kanji[0], kanji[-1]
    if not (_kanji(first) and _kanji(last)) or _is_kana(first) or _is_kana(last):
        return False
    if not (key.startswith(_beginnings(first)) or any(kanji.startswith(name) for name, _ in wholes.get(first, ()))):
        return True
    if key.endswith(_endings(last)):
        return False
    return not any(kanji.endswith(name) for sign in set(kanji) for name, _ in wholes.get(sign, ()))


def ruled_out(kanji: str, key: str) -> bool:
    """Whether the first or the last kanji of a name cannot be read as the key begins or ends, whatever stands between;
    a character that is in no table rules nothing out.

    >>> ruled_out("〓郎", "kenta"), ruled_out("〓郎", "ziro"), ruled_out("健〓", "ziro")
    (True, False, True)
    """
    begins, ends = (tuple(filter(None, forms)) for forms in (_beginnings(kanji[0]), _endings(kanji[-1])))
    return bool((begins and not key.startswith(begins)) or (ends and not key.endswith(ends)))


def _worth(kanji: str, key: str, spoken: _Spoken) -> float | None:
    """The worth of the likeliest way to read ``kanji`` as ``key``; None where a kanji is in no table."""
    if _hopeless(kanji, key, spoken.wholes):
        return None if any(_kanji(sign) is None and not _is_kana(sign) for sign in kanji) else _NEVER
    states: list[dict[int, float]] = [{} for _ in range(len(kanji) + 1)]
    states[0][0] = 0.0
    unknown = False
    for place, sign in enumerate(kanji):
        unknown |= _kanji(sign) is None and not _is_kana(sign)
        for at, worth in states[place].items():
            for size, end, more in _steps(kanji, place, key, at, spoken):
                reached = states[place + size]
                reached[end] = max(worth + more, reached.get(end, _NEVER))
    found = states[-1].get(len(key))
    if found is None:
        return None if unknown else _NEVER
    return found


def _steps(kanji: str, place: int, key: str, at: int, spoken: _Spoken) -> Iterator[tuple[int, int, float]]:
    """What may be read next: how many characters of the name, where in the key that ends, and its worth."""
    sign, last = kanji[place], place == len(kanji) - 1
    run = kana_run(kanji, place) if _is_kana(sign) else ""
    if run:
        for end, worth in _ends(key, at, spoken.runs[run], last=place + len(run) == len(kanji)):
            yield len(run), end, worth
    readings = _kanji(sign)
    if readings is not None:
        for end, worth in _ends(key, at, readings.later if place else readings.first, last=last):
            yield 1, end, worth
            if not last and key.startswith("no", end):
                yield 1, end + 2, worth + _NO
    for name, sound in spoken.wholes.get(sign, ()):
        if kanji.startswith(name, place) and key.startswith(sound, at):
            yield len(name), at + len(sound), _WHOLE


def _spelled(kanji: str) -> str:
    signs: list[str] = []
    for sign in kanji:
        signs.append(signs[-1] if sign == "々" and signs else sign)
    return "".join(signs)


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Kanji and keys of the names in the tables: most pairs that are asked for, and possible without looking."""
    names = pl.concat([table.select("kanji", "reading") for table in (surnames(), given_names())]).unique()
    keys = fold_tokens(names["reading"])
    return frozenset(zip((_spelled(kanji) for kanji in names["kanji"]), keys, strict=True))


@cache
def _settled() -> dict[str, tuple[float, float]]:
    """The limits of names whose readings the tables know: surnames, and common given names."""
    weights = given_names().group_by("kanji").agg(pl.col("weight").sum())
    given = {_spelled(kanji): weight for kanji, weight in weights.rows()}
    family = {_spelled(kanji) for kanji in surnames()["kanji"].unique()}
    limits = {kanji: _CHANCE_GIVEN for kanji, weight in given.items() if weight >= _COMMON_GIVEN}
    return limits | {kanji: _CHANCE_FAMILY for kanji in family if kanji not in given}


def possible(kanji: pl.Series, reading: pl.Series, *, irregular: bool = True) -> pl.Series:
    """Whether each ``reading`` is a possible reading of the ``kanji`` beside it: Boolean, of the same height.

    ``kanji``: family names, given names or whole names, without blanks, hard tier folded; kana among them (ノ, なつみ)
    stands for itself. ``reading``: the same in kana or Latin letters, without blanks. Null where either is null, and
    where a reading is not explained while a character is in no table: nothing is known then.
    ``irregular=False`` asks whether the kanji, each read for itself, explain the reading with ease.

    >>> possible(pl.Series(["佐藤", "東海林", "佐藤"]), pl.Series(["サトウ", "ショウジ", "カトウ"])).to_list()
    [True, True, False]
    """
    frame = pl.DataFrame({"kanji": kanji, "reading": reading})
    distinct = frame.unique(maintain_order=True).drop_nulls()
    verdicts = verdicts_of(distinct["kanji"].to_list(), fold_tokens(distinct["reading"]).to_list(), irregular=irregular)
    distinct = distinct.with_columns(pl.Series("possible", verdicts, dtype=pl.Boolean))
    return frame.join(distinct, on=["kanji", "reading"], how="left", maintain_order="left")["possible"]


def verdicts_of(kanji: Sequence[str], keys: Sequence[str | None], *, irregular: bool = True) -> list[bool | None]:
    """:func:`possible` for distinct pairs whose readings are folding keys already."""
    asked = list(zip(map(plain, kanji), keys, strict=True))
    wholes = _irregular() if irregular else {}
    known = _known() if irregular else frozenset()
    share = 1.0 if irregular else _PLAINLY
    spoken = _Spoken(wholes, _runs({name for name, _ in asked}))
    verdicts = [True if pair in known else _verdict(*pair, spoken, share) for pair in asked]
    if irregular and lexicon.available():
        open_ = [at for at, verdict in enumerate(verdicts) if not verdict]
        spoken = spoken._replace(wholes=_of_words([asked[at][0] for at in open_]))
        for at in open_:
            verdicts[at] = _verdict(*asked[at], spoken) or verdicts[at]
    return verdicts


def plain(kanji: str) -> str:
    """A name with its 々 spelled out."""
    return _spelled(kanji) if "々" in kanji else kanji


def _verdict(kanji: str, key: str | None, spoken: _Spoken, share: float = 1.0) -> bool | None:
    if key is None:
        return None
    worth = _worth(kanji, key, spoken)
    once, each = _settled().get(kanji, _CHANCE)
    return None if worth is None else worth > (once + each * len(key)) * share

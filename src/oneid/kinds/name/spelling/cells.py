"""Cells that hold a name twice, and names of which each part is in another script.

A name may stand beside its own spelling (WANG XIAOMING 王 暁明, 山田太郎(ヤマダタロウ)) or beside another name
of the same person: the 通称 of foreign members, 金 哲洙(金本 哲夫). And the parts of one name may be in different
scripts, with or without a blank: やまだ太郎, 加藤ジュリア恵美, マリア 田中. What is known of family names tells these
from handles.

One text at a time: columns ask for the few texts that may be such cells, single records for theirs, so that both hear
the same.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import polars as pl

from oneid.japanese.nametables import given_names, kanji_places, surnames
from oneid.japanese.quickkeys import fold
from oneid.japanese.quicktext import HAN, Pattern, variants
from oneid.japanese.readings import verdicts_of
from oneid.japanese.romaji import fold_tokens
from oneid.kinds.name.spelling.letters import WILDCARD

__all__ = ["ARRANGED", "TWOFOLD", "Cell", "arranged", "marked_only", "twofold"]

_KANJI = f"{HAN}々〆{WILDCARD}"
_KANA = "ぁ-ゖァ-ヺー"
_LATIN = "A-Za-zÀ-ɏ"
_OPEN, _CLOSE = r"(\[【「『<〈《{〔", r")\]】」』>〉》}〕"
_LABELS = (
    r"通称名?|通名|本名|別名|別称|芸名|雅号|ペンネーム|英語?名|漢字名?|ローマ字名?|カナ|フリガナ|ふりがな|読み|aka"
)

_HAN_, _KANA_ = r"[\p{Han}々〆]", r"[\p{Hiragana}\p{Katakana}ー]"
TWOFOLD = (
    rf"[{_OPEN}]|通称|通名|本名|"
    r"[A-Za-z]+[\s,]+[A-Za-z]+[\s/|・、,;]*[\p{Han}々〆\p{Katakana}]|"
    r"[\p{Han}々〆\p{Katakana}][\s/|・、,;]*[A-Za-z]+[\s,]+[A-Za-z]|"
    rf"{_HAN_}\S* ?[/| ] ?{_KANA_}{{2,}}|{_KANA_}{{2,}} ?[/| ] ?{_HAN_}"
)
"""What every cell holds that :func:`twofold` reads (Rust's ``regex``)."""

_SIGNED = r"!#%*+,/0-9:;<>@^_`|~★☆△▲▽▼♪♫♥♡♦※→⇒♂♀♯…、。\-"
"""Signs and digits that people put around a name, or between its parts."""

ARRANGED = (
    rf"^[\p{{Hiragana}}\p{{Katakana}}ーA-Za-zÀ-ɏ'’・.\- ]+{_HAN_}|"
    rf"^{_HAN_}+[\p{{Katakana}}ーA-Za-zÀ-ɏ]{{2,}}{_HAN_}|^{_HAN_}+[A-Za-zÀ-ɏ]{{2,}}$|"
    rf"{_HAN_}.*[{_SIGNED}]|[{_SIGNED}].*{_HAN_}"
)
"""What every name holds that :func:`arranged` reads (Rust's ``regex``)."""

_FOREIGN = frozenset(
    "金李朴崔鄭姜趙尹張林韓呉徐申権黄安宋柳洪全高文孫梁裴白許南沈廬盧河郭成車周禹具閔辛任羅池陳王劉楊呂蔡曹潘葉蒋陸"
    "唐馮董程魏蘇丁余杜鍾汪田范石姚譚廖鄒熊賀龔"
)
"""Family names of one kanji that members of Korean and Chinese descent bear beside a 通称; our own list."""

_MARKED = Pattern(f"[{_SIGNED}]+")
_LABEL = Pattern(rf"(?i)^(?:{_LABELS})\s*[::]?\s*")
_LABELLED = Pattern(r"\s+(通称名?|通名|本名|別名)\s*[::]?\s*(\S.*)$")
_BRACKETED = Pattern(rf"^([^{_OPEN}{_CLOSE}]+?)\s*[{_OPEN}]([^{_OPEN}{_CLOSE}]+)[{_CLOSE}]\s*(?:様|殿)?$")
_BRACKETED_FIRST = Pattern(rf"^[{_OPEN}]([^{_OPEN}{_CLOSE}]+)[{_CLOSE}]\s*([^{_OPEN}{_CLOSE}]+?)\s*(?:様|殿)?$")
_BETWEEN = r"[\s/|・、,;]*"
_BORDER = Pattern(
    rf"(?<=[{_LATIN}]){_BETWEEN}(?=[{_KANJI}{_KANA}])|(?<=[{_KANJI}{_KANA}]){_BETWEEN}(?=[{_LATIN}])|\s*[/|]\s*"
)
_KINDS = (
    ("latin", Pattern(rf"[{_LATIN}][{_LATIN}'’.,-]*")),
    ("kana", Pattern(rf"[{_KANA}・]+")),
    ("kanji", Pattern(rf"(?!々)[{_KANJI}{_KANA}]*[{_KANJI}][{_KANJI}{_KANA}]*")),
)
_RUN = Pattern(rf"[{_KANJI}]+|[ぁ-ゖー]+|[ァ-ヺー]+|[{_LATIN}'’.-]+")
_LEAST_HEARD = 2.0
"""Bearers per 100,000 from which a family name is known by its sound: ねこ is a family name, but hardly anybody's."""
_LEAST_USED = 4
"""In so many given names a kanji stands that is taken for one of a given name."""
_LEAST_KANA = 5
"""A reading in one word has at least so many letters."""


class Cell(NamedTuple):
    """The name that a cell is of; its reading in kana and its Latin spelling beside it; another name, folded, its parts
    with a blank between where they are known apart.
    """

    name: str
    reading: str | None = None
    romaji: str | None = None
    second: str | None = None


@cache
def _families() -> tuple[frozenset[str], frozenset[str]]:
    """The shipped family names, and the folding keys of the readings that are not rare."""
    table = surnames()
    keyed = pl.DataFrame({"key": fold_tokens(table["reading"]), "weight": table["weight"]}).drop_nulls()
    heard = keyed.group_by("key").agg(pl.col("weight").sum()).filter(pl.col("weight") >= _LEAST_HEARD)
    return frozenset(table["kanji"]), frozenset(heard["key"])


@cache
def _called() -> frozenset[str]:
    """The folding keys of the shipped given names."""
    return frozenset(fold_tokens(given_names()["reading"]).drop_nulls())


@cache
def _frequent() -> frozenset[str]:
    """Family names that are no rare ones in Japan."""
    return frozenset(surnames().group_by("kanji").agg(pl.col("weight").sum()).filter(pl.col("weight") >= 20)["kanji"])


@cache
def _givens() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The shipped given names, and the kanji that given names begin and end with."""
    places = kanji_places()
    begin, end = (places.filter(pl.col(f"given_{place}") >= _LEAST_USED)["kanji"] for place in ("first", "last"))
    return frozenset(given_names()["kanji"]), frozenset(begin), frozenset(end)


def _folded(text: str) -> str:
    whole = text.lower().translate(variants("hard")).replace("ヶ", "ケ").replace("ヵ", "カ")
    while (doubled := re.sub(f"([{_KANJI}])々", r"\1\1", whole)) != whole:
        whole = doubled
    return whole


def _kind(word: str) -> str | None:
    return next((kind for kind, shape in _KINDS if shape.fullmatch(word)), None)


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """The runs of words of one script; empty where a word is in none."""
    found: list[tuple[str, list[str]]] = []
    for word in text.split(" "):
        kind = _kind(word)
        if kind is None:
            return []
        words = [part for part in word.split("・") if part] if kind == "kana" else [word]
        if not words:
            return []
        if found and found[-1][0] == kind:
            found[-1][1].extend(words)
        else:
            found.append((kind, words))
    return found


def _whole(kind: str, words: list[str], *, alone: bool = False) -> bool:
    """Whether words are a whole name: of two words, or of one that is more than a family or given name."""
    if len(words) > 1:
        return True
    if kind == "kanji":
        return len(words[0]) > 1 and _folded(words[0]) not in _families()[0]
    return kind == "kana" and len(words[0]) >= _LEAST_KANA and alone


def _spelled(kanji: list[str], words: list[str]) -> bool:
    """Whether kana may be the reading of a name: of two words, or possible."""
    if len(words) > 1 or verdicts_of([_folded("".join(kanji))], [fold("".join(words))])[0] is not False:
        return True
    families, (first, *rest) = _families()[0], kanji
    known = first in _frequent() and _folded("".join(rest)) in _givens()[0]
    return first[0] in _FOREIGN and first[:2] not in families and not known


@lru_cache(maxsize=4096)
def twofold(text: str) -> Cell | None:
    """What a tidy cell says that holds a name twice, in two scripts or as 通称; null for every other cell.

    >>> twofold("WANG XIAOMING 王 暁明"), twofold("佐藤 太郎(退会)")
    (Cell(name='王 暁明', reading=None, romaji='WANG XIAOMING', second=None), None)
    >>> twofold("金 哲洙(通称:金本 哲夫)")
    Cell(name='金 哲洙', reading=None, romaji=None, second='金本 哲夫')
    """
    bracketed = _BRACKETED.match(text) or _BRACKETED_FIRST.match(text)
    if bracketed and (parts := _parts(bracketed[1].strip(" "), bracketed[2].strip(" "))):
        return Cell(" ".join(parts))
    if bracketed and not text.startswith(tuple(_OPEN)):
        inside = bracketed[2].strip(" ")
        label = _LABEL.match(inside)
        return _beside(bracketed[1].strip(" "), inside[label.end() :] if label else inside, bool(label))
    labelled = _LABELLED.search(text)
    if labelled and labelled.start():
        return _beside(text[: labelled.start()], labelled[2], True)
    return _side_by_side(text)


def _parts(one: str, other: str) -> tuple[str, str] | None:
    """Family and given name of which one stands in brackets: 山田(太郎), 「山田」太郎, 花子(鈴木)."""
    ways = {
        (family, given)
        for family, given in ((one, other), (other, one))
        if _is_kanji(family) and _folded(family) in _frequent() and _is_given(given)
    }
    return ways.pop() if len(ways) == 1 else None


def _is_given(word: str) -> bool:
    """Whether a word is a given name of the tables, and no family name."""
    if _is_kanji(word):
        return _folded(word) in _givens()[0] - _families()[0]
    return bool(re.fullmatch(f"[{_KANA}]{{2,}}", word)) and fold(word) in _called() - _families()[1]


def _beside(outer: str, inner: str, labelled: bool) -> Cell | None:
    """A name and what stands in brackets behind it."""
    one, other = _blocks(outer), _blocks(inner)
    if len(one) != 1 or len(other) != 1:
        return None
    (kind, words), (kind_, words_) = one[0], other[0]
    if kind in ("latin", "kana") and kind_ == "kanji":
        if not (_whole(kind, words, alone=True) and _whole(kind_, words_)):
            return None
        return Cell(inner, **{"romaji" if kind == "latin" else "reading": outer})
    if kind == "kana" and kind_ == "latin" and _whole(kind, words, alone=True) and len(words_) > 1:
        return Cell(outer, romaji=inner)
    if kind == "latin" and kind_ == "kana" and len(words) > 1 and _whole(kind_, words_, alone=True):
        return Cell(inner, romaji=outer)
    if kind != "kanji" or not _whole(kind, words):
        return None
    if kind_ == "latin":
        return Cell(outer, romaji=inner) if len(words_) > 1 else None
    if kind_ == "kana":
        fit = _whole(kind_, words_, alone=True) and _spelled(words, words_)
        return Cell(outer, reading=inner) if fit else None
    foreign = outer[0] in _FOREIGN and _second_of_foreigner(words, words_)
    foreign |= inner[0] in _FOREIGN and _second_of_foreigner(words_, words)
    return Cell(outer, second=_folded(inner)) if _whole(kind_, words_) and (labelled or foreign) else None


def _second_of_foreigner(words: list[str], second: list[str]) -> bool:
    """Whether the second name begins with a Japanese family name, and the first one with none of two kanji, nor is it
    a Japanese name itself (林 太郎).
    """
    families = _families()[0]
    if words[0] in _frequent() and _folded("".join(words[1:])) in _givens()[0]:
        return False
    begins = second[0] in families if len(second) > 1 else any(second[0][:size] in families for size in (2, 3))
    first = words[0]
    return begins and (len(first) == 1 if len(words) > 1 else first[:2] not in families)


def _side_by_side(text: str) -> Cell | None:
    """A name in two or three scripts, one behind the other."""
    blocks = _blocks(_BORDER.sub(" ", text))
    kinds = [kind for kind, _ in blocks]
    if not 2 <= len(blocks) <= 3 or len(set(kinds)) != len(kinds):
        return None
    said = dict(blocks)
    parts = {kind: " ".join(words) for kind, words in blocks}
    if not all(_whole(kind, words, alone=True) for kind, words in blocks):
        return None
    if "kanji" in said and "kana" in said and not _spelled(said["kanji"], said["kana"]):
        return None
    main = "kanji" if "kanji" in said else "kana"
    reading = parts.get("kana") if main == "kanji" else None
    return Cell(parts[main], reading=reading, romaji=parts.get("latin"))


@lru_cache(maxsize=4096)
def arranged(text: str) -> tuple[str, str] | None:
    """Family and given name of a tidy name whose parts are in different scripts and stand together, or with the family
    name last; null where it is none, or is read so anyway.

    >>> arranged("やまだ太郎"), arranged("加藤ジュリア恵美"), arranged("マリア 田中"), arranged("ねこ日和")
    (('やまだ', '太郎'), ('加藤', 'ジュリア恵美'), ('田中', 'マリア'), None)
    """
    if _MARKED.search(text):
        return _unsigned(text)
    words = [word for word in re.split("[ ・]", text) if word]
    if len(words) > 1:
        return _turned(words)
    runs = _RUN.findall(text)
    if len(runs) < 2 or "".join(runs) != text:
        return None
    first, last = runs[0], runs[-1]
    if _is_kanji(first):
        family = _folded(first) in _families()[0] or first in _FOREIGN
        named = not _hiragana(runs[1]) and len(runs[1]) > 1 and (len(runs) == 2 or _given(runs[2:]))
        return (first, text[len(first) :]) if family and named else None
    if fold(first) in _families()[1] and len(first) > 1 and _given(runs[1:]):
        return first, text[len(first) :]
    if _is_kanji(last) and not _hiragana(first) and len(first) > 1 and _folded(last) in _families()[0]:
        return last, text[: -len(last)]
    return None


def _unsigned(text: str) -> tuple[str, str] | None:
    """Family and given name where signs or digits stand around a name or between its parts (★佐藤太郎★, 佐藤_太郎),
    and both are known; a sign may also stand for a character of the family name.
    """
    words = [word for word in _MARKED.sub(" ", text).split(" ") if word]
    families, givens = _families()[0], _givens()[0]
    if len(words) == 1 and _is_kanji(words[0]):
        words = _cut(words[0]) or words
    if len(words) == 2 and _folded(words[0]) in givens - families and _folded(words[1]) in families - givens:
        words.reverse()
    if len(words) != 2 or not _is_kanji(words[0]) or _folded(words[0]) not in families:
        return None
    family, given = words
    if _is_kanji(given):
        known = _folded(given) in givens
    else:
        known = bool(re.fullmatch(f"[{_KANA}]{{2,}}", given)) and family in _frequent() and fold(given) in _called()
    lost = _lost_at(text, _folded(family))
    return (family, given) if known and not lost else None


def _lost_at(text: str, family: str) -> bool:
    """Whether a sign beside a family name may be a character of it, for there is such a name."""
    first = re.search(f"[{_KANJI}]+", text)
    before = bool(first and _MARKED.fullmatch(text[: first.start()]))
    after = bool(first and " " in text and _MARKED.match(text[first.end() :]))
    longer = [name for name in _families()[0] if len(name) == len(family) + 1] if before or after else ()
    return any((before and name.endswith(family)) or (after and name.startswith(family)) for name in longer)


def _turned(words: list[str]) -> tuple[str, str] | None:
    """A name whose last word is a family name in kanji, behind given names in kana or Latin letters."""
    last, others = words[-1], words[:-1]
    kinds = {_kind(word) for word in others}
    if not _is_kanji(last) or not kinds <= {"kana", "latin"} or _folded(last) not in _families()[0]:
        return None
    if len(others) == 1 and (fold(others[0]) in _families()[1] or _folded(last) in _givens()[0]):
        return None
    return last, "".join(others)


def _is_kanji(run: str) -> bool:
    return bool(re.fullmatch(f"[{_KANJI}]+", run))


def _hiragana(run: str) -> bool:
    return "ぁ" <= run[0] <= "ゖ"


def _given(runs: list[str]) -> bool:
    """Whether runs of several scripts are like a given name."""
    names, begin, end = _givens()
    if len(runs) == 1 and _is_kanji(runs[0]):
        folded = _folded(runs[0])
        return folded in names or (len(folded) in (2, 3) and folded[0] in begin and folded[-1] in end)
    return all(not _is_kanji(run) or len(run) <= 3 for run in runs)


def _cut(whole: str) -> list[str] | None:
    """Family and given name of kanji without a blank, where both are known."""
    families, givens = _families()[0], _givens()[0]
    sizes = [size for size in (2, 3, 1) if _folded(whole[:size]) in families and _folded(whole[size:]) in givens]
    return [whole[: sizes[0]], whole[sizes[0] :]] if sizes else None


def marked_only(text: str) -> bool:
    """Whether a sign before a name marks the whole (●佐藤 太郎) and stands for no character of it (●橋 太郎): without
    it there is a family name of the tables, with any character in its place there is none.
    """
    families = _families()[0]
    words = text[1:].strip(" ").split(" ")
    first = _folded(words[0])
    if len(words) > 1:
        return first in families and not any(len(name) == len(first) + 1 and name.endswith(first) for name in families)
    return any(first[:size] in families and first[size:] in _givens()[0] for size in (2, 3))

"""Names as people, forms and old hosts write them: kana for kanji, titles, holes, half a name."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import among, choice, drawn, hit, put, tell
from oneid.demo.naming.names import Ints
from oneid.demo.naming.romaji import hiragana
from oneid.demo.rates import Rates
from oneid.demo.slips.values import NEAREST

__all__ = ["written"]

_AHEAD = ("医学博士 ", "代表 ", "社長 ", "Dr.", "弁護士 ", "故 ")
_BEHIND = ("様", " 様", "さん", "先生", "殿", "さま", "氏", "ちゃん", "　様")
_LAST = {
    "子": "コ", "美": "ミ", "江": "エ", "代": "ヨ", "恵": "エ", "郎": "ロウ", "男": "オ", "夫": "オ", "也": "ヤ",
    "香": "カ", "太": "タ", "介": "スケ", "人": "ト", "樹": "キ", "一": "イチ", "奈": "ナ", "菜": "ナ", "絵": "エ",
}  # fmt: skip
"""Characters that end given names and are often the only kanji left, and how they are read there."""
_NO_KANA = (("ナシ", ""), ("ナシ", "ナシ"), ("フメイ", ""), ("フメイ", "フメイ"), ("ミトウロク", ""), ("カナ", "ナシ"))
_BETWEEN = {"ノ": "之の", "之": "ノの", "の": "ノ之", "ッ": "ツ", "ツ": "ッ", "ヶ": "ケが", "ケ": "ヶが", "が": "ヶケ"}
_SAYS_NO = "野乃之能濃信伸延則典法紀徳憲納軒後登昇"
"""Kanji whose own reading has ノ, so that the ノ is not between two kanji."""
_LARGE = dict(zip("ァィゥェォャュョッ", "アイウエオヤユヨツ", strict=True))
_HOLES = ("●", "〓", "?", "■", "＊", "□")


def _in_kana(rng: np.random.Generator, size: int, said: str, hiragana_of: float) -> pl.Expr:
    """A name in hiragana or katakana, so many of them in hiragana."""
    return among(tell(rng, size, (hiragana_of, 1 - hiragana_of)), [hiragana(pl.col(said)), pl.col(said)])


def _kana_for_kanji(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates, known: Ints) -> pl.DataFrame:
    """One part of the name in kana (佐藤 ゆうこ, やまだ太郎), most of one (さち子), or all of it."""
    size = known.size
    rated = [rates.given_in_kana, rates.family_in_kana, rates.half_in_kana, rates.name_in_kana]
    given, family, half, both = (known[rows] for rows in drawn(rng, size, rated))
    frame = put(frame, given, given=_in_kana(rng, given.size, "given_said", 0.8))
    frame = put(frame, family, family=_in_kana(rng, family.size, "family_said", 0.6))
    last = pl.col("given").str.slice(-1)
    end = last.replace_strict(_LAST, default=None, return_dtype=pl.String)
    fits = pl.col("given_said").str.ends_with(end) & (pl.col("given").str.len_chars() > 1)
    head = pl.col("given_said").str.head(pl.col("given_said").str.len_chars().cast(pl.Int64) - end.str.len_chars())
    fits &= head.str.len_chars() > 0
    frame = put(frame, half, given=pl.when(fits).then(hiragana(head) + last).otherwise("given"))
    style = tell(rng, both.size, (0.5, 0.5))
    parts = {part: among(style, [hiragana(pl.col(f"{part}_said")), pl.col(f"{part}_said")])
             for part in ("family", "given")}  # fmt: skip
    return put(frame, both, **parts)


def _between(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """ノ, ツ and ヶ inside family names written in another way, and a ノ that is only heard put in (井ノ上)."""
    inner = f"^.+[{''.join(_BETWEEN)}].+$"
    spelled = np.flatnonzero(frame["family"].str.contains(inner).fill_null(value=False).to_numpy())
    spelled = spelled[hit(rng, spelled.size, rates.between_kanji)]
    head, tail = pl.col("family").str.head(1), pl.col("family").str.slice(1)
    ways = [tail.str.replace_many(list(_BETWEEN), [forms[nth % len(forms)] for forms in _BETWEEN.values()])
            for nth in range(2)]  # fmt: skip
    frame = put(frame, spelled, family=head + among(tell(rng, spelled.size, (1, 1)), ways))
    some = np.flatnonzero(hit(rng, frame.height, rates.no_put_in))
    heard = pl.col("family_said").str.contains("^.+ノ.+$") & ~pl.col("family").str.contains(f"[{_SAYS_NO}ノの]")
    heard &= pl.col("family").str.contains(r"^\p{Han}{2}$")
    way = pl.Series(["ノ", "之", "の"]).gather(tell(rng, some.size, (6, 2, 2)))
    return put(frame, some, family=pl.when(heard).then(head + way + tail).otherwise("family"))


def _holes(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """A mark in the place of a character that a system does not have (●橋)."""
    letters = sorted({*NEAREST, *NEAREST.values()})
    for part in ("family", "given"):
        rows = np.flatnonzero(hit(rng, frame.height, rates.gaiji_hole))
        ways = [pl.col(part).str.replace_many(letters, [hole] * len(letters)) for hole in _HOLES]
        frame = put(frame, rows, **{part: among(tell(rng, rows.size, (4, 4, 4, 1, 1, 1)), ways)})
    return frame


def written(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``frame`` with the columns family, given, family_kana and given_kana as they come out of forms and hosts."""
    known = np.flatnonzero(frame["family_row"].to_numpy() >= 0)
    frame = _holes(rng, _between(rng, _kana_for_kanji(rng, frame, rates, known), rates), rates)
    rated = [rates.title_ahead, rates.title_behind, rates.family_alone, rates.no_kana]
    ahead, behind, alone, none = (known[rows] for rows in drawn(rng, known.size, rated))
    frame = put(frame, ahead, family=choice(rng, ahead.size, _AHEAD) + pl.col("family"))
    frame = put(frame, behind, given=pl.col("given") + choice(rng, behind.size, _BEHIND))
    frame = put(frame, alone, given=pl.lit(""), given_kana=pl.lit(""))
    word = rng.integers(0, len(_NO_KANA), none.size)
    first, last = (pl.Series([words[nth] for words in _NO_KANA]).gather(word) for nth in range(2))
    frame = put(frame, none, family_kana=pl.lit(first), given_kana=pl.lit(last))
    large = np.flatnonzero(hit(rng, frame.height, rates.large_kana))
    kana = ("family_kana", "given_kana")
    return put(
        frame, large, **{name: pl.col(name).str.replace_many(list(_LARGE), list(_LARGE.values())) for name in kana}
    )

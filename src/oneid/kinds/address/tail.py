"""What stands behind the place of an address: 小字, the numbers of the block, building, floor and room; and the few
tools for columns of texts that the reading of addresses shares.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.kanji import fold_hard

__all__ = ["begins", "named", "numbered", "on", "pick", "rooms", "taken", "where"]

_Ints: TypeAlias = npt.NDArray[np.int64]

_COUNTER = r"(?:丁目+|丁|番地|番|地割|号地|区画|画地)"
_MARK = "[甲乙丙戊己庚辛壬癸イロハニホヘトチリヌルヲワカヨタレソツネナラムウオクヤマフコエテアサキユメミシヱヒモセス]"
"""Letters that tell lots of one number apart; not ノ, which links, nor 丁, which counts."""
_LINK = rf"(?:{_COUNTER}+[-のノ之]*(?:[東西南北]|{_MARK}[-のノ]?)?|[-のノ之]+(?:{_MARK}[-のノ]?)?)"
_BEFORE = "\ue001"
"""Stands behind a first number that is a lot of its own (第1号958-4)."""
_UNIT = f"(?:線|条|区|街区|組|割|番町|番丁|字|部|号{_BEFORE})"
_LOT = rf"(?:[^0-9]{{0,12}}?第?[0-9]+{_UNIT}[東西南北]?)*[^0-9]*?"
_NUMBERED = (
    rf"^({_LOT})第?([0-9]+(?:{_LINK}[0-9]+)*)((?:{_COUNTER}|号|線)*)"
    rf"(?:[-のノ ]?(?:({_MARK})号?($| |[-のノ]?[0-9])|([東西南北])$))?(.*)$"
)
"""小字, the chain of numbers, the counter that ends it, the letter behind it, the rest."""

_SPELLED = (
    (r"([東西南北]?[0-9]+)号([東西南北]?)([0-9]+)線", "${2}${3}線${1}号"),
    (rf"^(?:字|字?第)([0-9]+号)-?((?:[東西南北]|{_MARK})?[0-9])", f"${{1}}{_BEFORE}${{2}}"),
    (rf"^([0-9]+号)-?((?:[東西南北]|{_MARK})?[0-9]+[-番地のノ])", f"${{1}}{_BEFORE}${{2}}"),
    (r"([0-9]線[東西南北]?[-の]?[0-9]+号)-?([0-9])", f"${{1}}{_BEFORE}${{2}}"),
    (r"(番地?)第([0-9]+)(番|号)?$", "${1}${2}"),
    (rf"^([0-9]+)({_MARK})-?([0-9]+(?:[-番号 ]|$))", "${1}-${2}${3}"),
    (r"^([^0-9]*[0-9]+(?:[-丁目番地のノ]+[0-9]+)?)-([東西南北][0-9]{1,3}(?:[-番号 ]|$))", "${1}丁目${2}"),
)
"""Spellings of lots that are made alike before the numbers are read."""
_HIRA = "いろはにほへとちりぬるをわかよたれそつねならむうおくやまふこえてあさきゆめみし"
_LETTERS = dict(
    zip(_HIRA, "イロハニホヘトチリヌルヲワカヨタレソツネナラムウオクヤマフコエテアサキユメミシ", strict=True)
)

_LAST = rf"(?:((?:{_COUNTER}+[-のノ之]*|[-のノ之]+){_MARK})[-のノ]?|{_LINK})?[0-9]+$"
"""The last number of a chain and what links it; the letter before it belongs to the lot."""
_OVERLONG = (
    r"^(?:((?:[0-9]{3,}|[6-9][0-9])-[0-9]+)-([1-9][0-9]{2,}(?:-.+)?)|([0-9]+-[^-]*[0-9]-[^-]*[0-9])-([0-9].*)"
    rf"|((?:(?:[0-9]+-){{2,}}|[0-9]{{3,}}-){_MARK})([1-9][0-9]{{2,}}))$"
)
"""A block and the room behind it: no 丁目 is above 60, a block has at most three numbers, and a letter behind two, or
behind one that is no 丁目, tells lots apart.
"""

_NO_LOT = "(?:(?:官有)?無番地|番外地|番地(?:なし|無し))"

_NOTES = r"^(?:番地?)?(?:地先|地内|先|内|付近|近傍|以下余白|旧住所)$|^[^0-9 ]{1,12}(?:様|殿|御中)$"
"""What clerks write behind an address and is no building; the addressee."""

_WORD = r"[\p{L}\p{N}]"

_SOMEBODYS = r"^([^0-9様]{1,8})方$"

_EDGES = " -ーの.,"

_BOX = "私書[箱函]|P\\.?O\\.?BOX|局留"
_BUILDING = r"[ァ-ヺー]{3}|[A-Z]|ビル|荘$|棟$|寮$|(?:^|[^業通卸])団地|会館|住宅|号室|階|地下$|アパ"
_ROOM = (
    r"^(?:([0-9]{1,5}[A-Z]?)(?: |号室)([^0-9 ].*)|(.*?)[- ]*([0-9]{1,5}[A-Z]?)(?:号室|号|室)"
    r"|(.*?)[- ]+([0-9]{1,5}[A-Z]?)|([0-9]{1,5}[A-Z]?)|(.*?[^0-9 -])([0-9]{3,4}[A-Z]?)|(.*荘)([0-9]{1,2})"
    r"|([A-Z])(?:号室?|区画|号地|画地)?)$"
)
"""Building and room: the room before the building; with 号室; after a hyphen or blank; alone; three or four digits at
the end of a name."""


def on(series: pl.Series, expr: pl.Expr) -> pl.Series:
    """``expr``, in which ``pl.col("x")`` is the series, as a Series; lazily, so that what it repeats is done once."""
    return series.to_frame("x").lazy().select(expr.alias("x")).collect()["x"]


def where(series: pl.Series, pattern: str, expr: pl.Expr) -> pl.Series:
    """``expr`` on the texts that contain ``pattern``, the others as they are: dear steps only where they are needed."""
    at = series.str.contains(pattern).fill_null(value=False).arg_true()
    return series.clone().scatter(at, on(series.gather(at), expr)) if len(at) else series


def pick(values: pl.Series, at: _Ints) -> pl.Series:
    """``values`` at the given rows, null for -1."""
    rows = pl.Series(at)
    return values.gather(rows.set(rows < 0, None)) if len(values) else values


def taken(texts: pl.Series, pattern: str) -> _Ints:
    """How many characters ``pattern`` takes from the beginning of each text."""
    found = on(texts, pl.col("x").str.extract(pattern, 0).str.len_chars().fill_null(0).cast(pl.Int64)).to_numpy()
    return found.copy()


def begins(texts: pl.Series, starts: pl.Series) -> pl.Series:
    """Whether each text begins with its start; False where either is null."""
    frame = pl.DataFrame([texts.alias("text"), starts.alias("start")])
    return frame.select(pl.col("text").str.starts_with(pl.col("start")).fill_null(value=False)).to_series()


def numbered(rest: pl.Series) -> list[pl.Series]:
    """The texts behind the place, cut into koaza, block and rest."""
    apart = r"^[0-9]{1,2}(?: [0-9]{1,2}){1,2}$"
    rest = where(rest, apart, pl.col("x").str.replace_all(" ", "-", literal=True))
    parts = _spelled(rest).to_frame("x").with_columns(pl.col("x").str.extract_groups(_NUMBERED).alias("cut"))
    parts = parts.unnest("cut").rename({"1": "koaza", "2": "chain", "3": "term", "4": "letter"})
    tail = pl.concat_str("5", "7", ignore_nulls=True).alias("tail")
    parts = parts.with_columns(tail, pl.coalesce("letter", "6").alias("letter")).drop("5", "6", "7")
    koaza, chain, term, tail = (pl.col(name) for name in ("koaza", "chain", "term", "tail"))
    counted = pl.concat_str(chain, term).str.contains("丁目|番地") | koaza.str.contains("^(?:大字|小字|字)")
    room = (
        ((term == "") & tail.str.contains(r"^(?:階(?:[^下上]|$)|F(?:[^A-Z]|$)|室|棟|館|番館)"))
        | (term.str.ends_with("号") & tail.str.contains(r"^(?:室|棟|館)"))
        | ((term == "番") & tail.str.starts_with("館"))
        | chain.str.contains("番地?-[0-9]{3,}$")
    )
    house = (koaza.str.contains(_BUILDING) & ~counted) | koaza.str.contains(_BOX)
    parts = parts.with_columns(house.fill_null(value=True).alias("building"),
                               room.fill_null(value=False).alias("room"))  # fmt: skip
    building, room = pl.col("building"), pl.col("room")
    last = pl.concat_str(chain.str.extract("([0-9]+)$"), term, tail)
    parts = parts.with_columns(
        pl.when(~building).then(koaza).alias("koaza"),
        pl.when(building).then(None).when(room).then(chain.str.replace(_LAST, "${1}")).otherwise(chain).alias("chain"),
        pl.when(building).then(pl.col("x")).when(room).then(last).otherwise(tail).alias("tail"),
    )
    letter = pl.when(chain.is_not_null()).then(pl.col("letter"))
    block = _block(chain).replace("", None) + ("-" + letter).fill_null("")
    parts = parts.with_columns(block.alias("block"), block.str.extract_groups(_OVERLONG).alias("cut")).unnest("cut")
    over = pl.coalesce("2", "4", "6") + pl.when(tail.str.contains("^[A-Z](?:[-号室 ]|$)")).then(pl.lit("")).otherwise(
        pl.lit(" ")
    )
    parts = parts.with_columns(pl.coalesce("1", "3", "5", "block").alias("block"),
                               (over + tail).fill_null(tail).alias("rest"))  # fmt: skip
    koazas = on(parts["koaza"], pl.col("x").str.replace_all(_BEFORE, "", literal=True)).alias("koaza")
    return [koazas, parts["block"], parts["rest"]]


def _spelled(rest: pl.Series) -> pl.Series:
    """The texts with lots and their letters in one spelling."""
    x = pl.col("x")
    letters = rf"(^|[0-9番地目号])([-のノ]?)([{_HIRA}])($|号|[- 0-9])"
    found = x.str.extract(letters, 3).replace_strict(_LETTERS, default=None, return_dtype=pl.String)
    rest = where(rest, letters, x.str.replace(letters, "${1}${2}\ue002${4}").str.replace("\ue002", found, literal=True))
    lots = x
    for pattern, replacement in _SPELLED:
        lots = lots.str.replace(pattern, replacement)
    return where(rest, f"号|線|第|-[東西南北]|^[0-9]+{_MARK}", lots)


def _block(chain: pl.Expr) -> pl.Expr:
    """The numbers of a chain hyphened, a letter or side with the number that follows it: 1-北22-1, 1-ワ1."""
    marks = chain.str.replace_all(rf"({_MARK})[-のノ]+([0-9])", "${1}${2}")
    marks = marks.str.replace_all(r"[^0-9東西南北甲乙丙戊己庚辛壬癸ァ-ネハ-ヺ]+|ノ", "-").str.replace_all("--+", "-")
    return marks.str.replace_all(r"(^|[^0-9])0+([0-9])", "${1}${2}")


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """Words before the number, or without one, that are no building: a town that the table lacks, else 小字."""
    rest = pl.col("rest")
    words = pl.col("block").is_null() & (rest.str.len_chars() <= 12)
    words = words & ~rest.str.contains(rf"[0-9]|{_BUILDING}|{_BOX}|[方様内]$")
    frame = frame.with_columns(words.fill_null(value=False).alias("words"))
    name = pl.when(pl.col("words")).then(rest).otherwise(pl.col("koaza"))
    name = (
        name.str.replace_all(f"^{_NO_LOT}+|{_NO_LOT}+$", "")
        .str.replace("^(?:大字|小字|字)", "")
        .str.strip_chars(_EDGES)
    )
    name = pl.when(name.str.contains(_WORD)).then(name)
    name = fold_hard(name).str.replace_all(r"(\p{Han})[ヶがガ](\p{Han})", "${1}ケ${2}")
    frame = frame.with_columns(name.replace("", None).alias("koaza"))
    unlisted = pl.when(pl.col("koaza").str.contains(_BUILDING)).then("字" + pl.col("koaza")).otherwise(pl.col("koaza"))
    return frame.with_columns(
        pl.coalesce(pl.col("town"), unlisted).alias("town"),
        pl.when(pl.col("town").is_not_null()).then(pl.col("koaza")).alias("koaza"),
        pl.when(~pl.col("words")).then(rest).alias("rest"),
    )


def _edged(expr: pl.Expr) -> pl.Expr:
    """Without hyphens, blanks and points around it; a long vowel mark after katakana belongs to the word (タワー)."""
    ended = expr.str.strip_chars_start(_EDGES).str.strip_chars_end(" -.,の")
    return ended.str.replace("([^ァ-ヺー])[-ー .,]+$", "${1}")


def rooms(rest: pl.Series) -> list[pl.Series]:
    """What is left behind the block, cut into building and room."""
    floors = pl.col("x").str.replace_all(r"[()「」『』【】〔〕\[\]・]", "")
    floors = floors.str.replace_all(r"([ァ-ヺ])-([ァ-ヺ])", "${1}ー${2}")
    floors = floors.str.replace_all(r"(?:地下|B)([0-9]+)(?:階|F)", "地下${1}階")
    floors = floors.str.replace_all(r"([0-9]) ?F([^A-Z]|$)", "${1}階${2}")
    tidied = where(on(rest, fold_hard(pl.col("x"))), r"[()「」『』【】〔〕\[\]・F]|[ァ-ヺ]-|地下|B[0-9]", floors)
    tidied = on(tidied, _edged(pl.col("x")))
    words = pl.col("x").str.replace(_NOTES, "").str.replace(_SOMEBODYS, "${1}様方")
    tidied = where(tidied, f"{_NOTES}|{_SOMEBODYS}", words)
    box = pl.col("x").str.contains(_BOX)
    parts = tidied.to_frame("x").with_columns(pl.col("x").str.extract_groups(_ROOM).alias("cut")).unnest("cut")
    parts = parts.with_columns(
        pl.when(~box).then(pl.coalesce("1", "4", "6", "7", "9", "11", "12")).alias("room"),
        pl.when(box).then(pl.col("x").str.replace("私書[箱函]第?", "私書箱")).otherwise(pl.col("x")).alias("x"),
    )
    name = pl.when(pl.col("room").is_null()).then(pl.col("x")).otherwise(pl.coalesce("2", "3", "5", "8", "10"))
    name = _edged(name).str.replace_all("([0-9]) +([0-9])", "${1}-${2}")
    name = name.str.replace_all(" ", "", literal=True).replace("", None)
    name = pl.when(name.str.contains(_WORD)).then(name)
    return [parts.select(name.alias("building"))["building"], parts["room"]]

"""Cells and columns of a household and no person in particular: 鈴木家, 鈴木 ?, 姓 with 様 as 名.

What stands for no given name is left out, so that the family name is alone, which a household shares.
"""

from __future__ import annotations

import re

import polars as pl

from oneid.japanese.quicktext import HAN, Pattern
from oneid.kinds.name.spelling.cells import _cut, _families, _folded, _is_kanji, _kind
from oneid.kinds.name.spelling.persons import NO_GIVEN

__all__ = ["HOUSEHOLD", "apart", "household", "told_apart"]

HOUSEHOLD = r"^[\p{Han}々〆]{1,4}(?:(?:様|さん|さま)?(?:ご|御)?(?:家|宅|方|世帯|一家|家族|ファミリー)|[?*・_-]+)$"
"""What every cell holds that :func:`household` reads (Rust's ``regex``)."""
_HOUSEHOLD = Pattern(
    f"([{HAN}々〆]{{1,4}}?)(?:(?:様|さん|さま)?(?:ご|御)?(?:家|宅|方|世帯|一家|家族|ファミリー)|[?*・_-]+)"
)
NOBODYS = (
    rf"様|樣|殿|さん|さま|サマ|御中|{NO_GIVEN.partition('|[-')[0]}|"
    "[-?？○〇●◯*＊×・_＿./〓□■\ufffc\ufffd\ue000-\uf8ff]+"
)
"""What stands in the column of given names and is none."""
_NOBODYS = Pattern(NOBODYS)


def household(text: str) -> str | None:
    """The family name of a cell that names a household (鈴木家, 鈴木様方, 鈴木?); null for every other cell.

    >>> household("鈴木家"), household("三宅"), household("緒方")
    ('鈴木', None, None)
    """
    found = _HOUSEHOLD.fullmatch(text)
    families = _families()[0]
    return found[1] if found and _folded(found[1]) in families and _folded(text) not in families else None


def apart(family: str | None, given: str | None) -> tuple[str | None, str | None]:
    """Family and given name as columns have them, without what stands for no given name (様, 世帯主, the family name
    again); a whole name in the column of family names is cut.

    >>> apart("鈴木", "様"), apart("佐藤 太郎", None), apart("佐藤太郎", ""), apart("鈴木", "太郎")
    (('鈴木', None), ('佐藤', '太郎'), ('佐藤', '太郎'), ('鈴木', '太郎'))
    """
    family, given = (part.strip(" \u3000") or None if part else None for part in (family, given))
    if given and family and (_NOBODYS.fullmatch(given) or (given == family and _is_kanji(given))):
        given = None
    if given or not family:
        return family, given
    words = family.replace("\u3000", " ").split(" ")
    if len(words) == 1 and _is_kanji(family) and _folded(family) not in _families()[0]:
        words = _cut(re.sub("[様殿]$", "", family)) or words
    known = len(words) == 2 and _is_kanji(words[0]) and _kind(words[1]) in ("kanji", "kana")
    return (words[0], words[1]) if known and not _NOBODYS.fullmatch(words[1]) else (family, None)


def told_apart(family: pl.Series, given: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The parts, the few of which one may be no part, or a whole name, taken apart with more care."""
    rows = (given.str.contains(rf"^\s*(?:{NOBODYS})?\s*$") | (given == family)).fill_null(value=True).arg_true()
    asked = pl.DataFrame({"family": family.gather(rows), "given": given.gather(rows)}).unique()
    if asked.is_empty():
        return family, given
    made = [(*row, *apart(*row)) for row in asked.iter_rows()]
    made = [row for row in made if row[:2] != row[2:]]
    if not made:
        return family, given
    columns = ("family", "given", "to_family", "to_given")
    table = pl.DataFrame(made, schema=dict.fromkeys(columns, pl.String), orient="row")
    pairs = pl.DataFrame({"family": family, "given": given}).join(
        table.with_columns(there=True), on=["family", "given"], how="left", nulls_equal=True, maintain_order="left"
    )
    parts = [pl.when("there").then(f"to_{part}").otherwise(part).alias(part) for part in ("family", "given")]
    made_ = pairs.select(parts)
    return made_["family"], made_["given"]

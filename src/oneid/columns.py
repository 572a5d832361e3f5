"""From features to the arrays that blocking and comparing work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.codes import Codes, code, list_codes, mix
from oneid.compare import Columns, Names, Places, Text, birth, name
from oneid.engines.base import Engine
from oneid.features import CUSTOM
from oneid.normalize.kanji import fold_soft
from oneid.patterns import LEVELS

__all__ = ["block_keys", "columns_of", "contradicted"]

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.uint32]

MOST_HOLDERS = 12
"""Up to so many holders of a value every pair of them is looked at; of more, the first against each other one."""

MOBILE = r"^\+81[789]0"


def _counts(codes: Codes) -> npt.NDArray[np.uint32]:
    """How many records hold each record's code; 0 where there is none."""
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    held = counts[inverse].astype(np.uint32)
    held[codes == 0] = 0
    return held


CODED = (
    "name", "family", "given", "kana_family", "kana_given", "key_family", "key_given", "nickname", "nickname_key",
    "town", "block", "building", "room", "postcode", "sex",
)  # fmt: skip
"""The features with one value that are compared by their codes."""


def _names(frame: pl.DataFrame, codes: Mapping[str, Codes], engine: Engine) -> Names:
    ordered = pl.min_horizontal("key_family", "key_given"), pl.max_horizontal("key_family", "key_given")
    both = pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()
    made = frame.lazy().select(
        family=fold_soft(pl.col("family")),
        given=fold_soft(pl.col("given")),
        key=pl.when(both).then(pl.concat_str(*ordered, separator=" ")),
    ).collect()  # fmt: skip
    soft_family, soft_given, key = engine.map(code, made.get_columns())
    count_kanji, count_key = engine.map(_counts, [codes["name"], key])

    def text(column: str) -> Text:
        return Text(codes[column], frame[column])

    return Names(
        kanji=codes["name"],
        family=text("family"),
        given=text("given"),
        soft_family=soft_family,
        soft_given=soft_given,
        kana_family=text("kana_family"),
        kana_given=text("kana_given"),
        key_family=text("key_family"),
        key_given=text("key_given"),
        key=key,
        from_romaji=frame["from_romaji"].fill_null(value=False).to_numpy(),
        count_kanji=count_kanji,
        count_key=count_key,
        nickname=codes["nickname"],
        nickname_key=codes["nickname_key"],
    )


def _places_of(column: pl.Series) -> list[Text]:
    """A List column as texts per place."""
    arrays = list_codes(column)
    frame = column.to_frame("v")
    return [
        Text(codes, frame.select(pl.col("v").list.get(i, null_on_oob=True)).to_series())
        for i, codes in enumerate(arrays)
    ]


def columns_of(features: pl.DataFrame, engine: Engine) -> Columns:
    """The comparison columns of all records; ``features`` is what :func:`oneid.features.combine` gives."""
    codes = dict(zip(CODED, engine.map(lambda name_: code(features[name_]), CODED), strict=True))
    phones, emails = engine.map(_places_of, [features["phone"], features["email"]])
    boxes = list_codes(features["mailbox"])
    no_flags = np.zeros(features.height, dtype=np.bool_)
    open_ = Columns(
        names=_names(features, codes, engine),
        year=features["year"].fill_null(0).to_numpy(),
        month=features["month"].fill_null(0).to_numpy(),
        day=features["day"].fill_null(0).to_numpy(),
        phones=phones,
        mobile=[text.values.str.contains(MOBILE).fill_null(value=False).to_numpy() for text in phones],
        phone_shared=[no_flags] * len(phones),
        emails=emails,
        mailbox=boxes,
        email_shared=[no_flags] * len(emails),
        places=Places(**{name_: codes[name_] for name_ in ("town", "block", "building", "room", "postcode")}),
        sex=codes["sex"],
        others={
            name_.removeprefix(CUSTOM): list_codes(features[name_])
            for name_ in features.columns
            if name_.startswith(CUSTOM)
        },
    )
    values = [[text.codes for text in phones], [text.codes for text in emails]]
    phone_shared, email_shared = engine.map(lambda places: contradicted(open_, places), values)
    return replace(open_, phone_shared=phone_shared, email_shared=email_shared)


def contradicted(columns: Columns, places: Sequence[Codes]) -> list[Flags]:
    """Per place and record: whether the holders of its value contradict each other.

    Holders contradict each other where two of them bear the same family name with another given name, or wholly
    different names, or were born on different days while their names do not agree. A value that many records hold is
    not shared for that: most often they are one person's.
    """
    keys = np.concatenate(places)
    rows = np.tile(np.arange(places[0].size, dtype=np.uint32), len(places))
    keys, rows = keys[keys != 0], rows[keys != 0]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    bad = np.zeros(0, dtype=np.uint64)
    if keys.size:
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        left, right, of = _holder_pairs(starts, np.diff(np.append(starts, keys.size)))
        bad = np.unique(keys[of[_contradict(columns, rows[left], rows[right])]])
    if not bad.size:
        return [np.zeros(place.size, dtype=np.bool_) for place in places]
    return [np.isin(place, bad) for place in places]


def _holder_pairs(
    starts: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Positions of the holders to look at together, and the start of their value."""
    left, right, of = [], [], []
    for size in np.unique(sizes[sizes > 1]).tolist():
        mine = starts[sizes == size]
        i, j = np.triu_indices(size, 1) if size <= MOST_HOLDERS else (np.zeros(size - 1, int), np.arange(1, size))
        left.append((mine[:, None] + i).ravel())
        right.append((mine[:, None] + j).ravel())
        of.append(np.repeat(mine, i.size))
    if not left:
        none = np.zeros(0, dtype=np.intp)
        return none, none, none
    return np.concatenate(left), np.concatenate(right), np.concatenate(of)


def _contradict(columns: Columns, left: Rows, right: Rows) -> Flags:
    names, births = name(columns.names, left, right), birth(columns, left, right)
    level, day = LEVELS["name"], LEVELS["birth"]
    two_names = np.isin(names, [level.index("family_equal"), level.index("differs")])
    open_name = np.isin(names, [level.index(word) for word in ("missing", "given_only", "given_equal")])
    bad: Flags = two_names | (open_name & (births == day.index("differs")))
    return bad


def block_keys(columns: Columns) -> Mapping[str, Sequence[Codes]]:
    """The codes that blocking keys are made of, by the names of :data:`oneid.rulesfile.BLOCKING_KEYS`."""
    year, month, day = (part.astype(np.uint64) for part in (columns.year, columns.month, columns.day))
    names, places = columns.names, columns.places
    keys: dict[str, Sequence[Codes]] = {
        "email": [text.codes for text in columns.emails],
        "mailbox": columns.mailbox,
        "phone": [text.codes for text in columns.phones],
        "reading": [names.key],
        "kanji": [names.kanji],
        "given": [names.key_given.codes],
        "birth": [mix(year, month, day)],
        "birth_year_month": [mix(year, month)],
        "birth_month_day": [mix(month, day)],
        "birth_year": [mix(year, year)],
        "postcode": [places.postcode],
        "place": [mix(places.town, places.block)],
        "town": [places.town],
    }
    return {**keys, **columns.others}

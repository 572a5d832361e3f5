"""Where the family name ends: unspaced names split by what is known, as a set of possible splits.

Each place where a kanji name can be cut is a candidate, and its worth is the likelihood of the two parts: of the family
name by how many people bear it, of the given name likewise, and for names of no table by where their characters stand
in names (我 begins surnames, 樹 ends given names). A candidate whose family name can be read as the record's own kana
is worth far more. The worths make shares that add up to one: the best split is used as the name's parts, and the
others are kept beside it where they are worth something, so that a wrong cut never counts against two records.

Where no candidate makes a family name that is known, or read as the kana, or like a family name and before a known
given name, the name stays whole, as does one that is itself a family name and hardly anything else (長谷川); a whole
that is itself a given name is a nickname.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.japanese.latin import EASTERN
from oneid.japanese.nametables import PLACES, given_names, irregular_names, kanji_places, surnames
from oneid.japanese.readings import possible
from oneid.japanese.romaji import fold, fold_tokens

__all__ = ["given_first", "possible_splits", "split_kana", "split_names"]

Worths: TypeAlias = npt.NDArray[np.float64]
"""One row per name, one column per place of the cut: family names of 1 to LONGEST_FAMILY characters."""

LONGEST_FAMILY, LONGEST_NAME = 5, 10

_KNOWN_READING, _POSSIBLE_READING = 25.0, 8.0
"""Worth of a family name of the table with just this reading, and of one whose kanji may be read so (natural
logarithms): more than any difference in commonness."""

_LENGTHS = {
    "family": np.log([0.045, 0.86, 0.09, 0.0045, 0.0005]),
    "given": np.log([0.17, 0.68, 0.14, 0.009, 0.0005, 0.0001, 0.0001, 0.0001, 0.0001]),
}
"""Shares of names by their number of characters; from the shipped tables, weighted by bearers."""

_UNKNOWN = {"family": 0.03, "given": 0.2}
"""The share of people whose family or given name is in no table (so many of the demo of another list of names)."""

_ALIKE = -9.0
"""The least log-likelihood for each character of a part that is in no table; one in 8,000 characters."""

_OTHERS = 0.03
"""Splits with a smaller share than this are not kept beside the best."""

_RARE_FAMILY = 50.0
"""Bearers per 100,000 up to which a family name gives way where the whole is a given name: 美咲 is no 美 (family)."""


_ONLY_FAMILY = 0.01
"""The share of names that are a family name and nothing more (our estimate): 長谷川 is no Mr 長谷 whose name is 川."""

_PLANES = 0x40000
"""Kanji stand in the first four planes of Unicode; a code point above stands for any that is no kanji."""


@cache
def _signs() -> npt.NDArray[np.float32]:
    """By Unicode code point and place (:data:`PLACES`), the log-likelihood of a character in that place of a name."""
    table = kanji_places()
    points = np.array([ord(sign) for sign in table["kanji"]])
    counts = table.select(PLACES).to_numpy().astype(np.float64)
    likely = np.full((_PLANES, len(PLACES)), 0.02, dtype=np.float32)
    likely[points] += counts
    logs: npt.NDArray[np.float32] = np.log(likely / (counts.sum(axis=0) + 100)).astype(np.float32)
    return logs


def _points(names: pl.Series) -> npt.NDArray[np.uint32]:
    """The code points of the names, one row each, 0 behind the end; beyond LONGEST_NAME they are cut."""
    texts = names.str.slice(0, LONGEST_NAME).to_list()
    points = np.array(texts, dtype=f"U{LONGEST_NAME}").view(np.uint32).reshape(len(texts), LONGEST_NAME)
    return np.minimum(points, _PLANES - 1)


def _alike(points: npt.NDArray[np.uint32], role: str, begin: int, end: npt.NDArray[np.int64]) -> Worths:
    """How like a name of that role the characters from ``begin`` to ``end`` (one per row) are, -inf where none is."""
    only, first, inner, last = (_signs()[:, PLACES.index(f"{role}_{place}")] for place in
                                ("only", "first", "inner", "last"))  # fmt: skip
    size = end - begin
    rows = np.arange(len(points))
    lengths = np.append(_LENGTHS[role], -np.inf)
    worth = lengths[np.clip(size - 1, 0, lengths.size - 1)].astype(np.float64)
    final = points[rows, np.clip(end - 1, 0, LONGEST_NAME - 1)]
    worth += np.where(size == 1, only[final], last[final] + first[points[:, min(begin, LONGEST_NAME - 1)]])
    for place in range(begin + 1, LONGEST_NAME - 1):
        worth += np.where(place < end - 1, inner[points[:, place]], 0.0)
    worth[size < 1] = -np.inf
    return worth


def _logs(texts: pl.Series, table: pl.DataFrame) -> Worths:
    """The weights of names by ``table`` (kanji, weight), 0 where it has them not."""
    found = texts.to_frame("kanji").join(table, on="kanji", how="left", maintain_order="left")["weight"]
    return found.fill_null(0.0).to_numpy()


@cache
def _given() -> pl.DataFrame:
    table = _by_name(given_names())
    return table.with_columns(pl.col("weight") / pl.col("weight").sum())


def _known(seen: pl.DataFrame) -> pl.DataFrame:
    """The shipped surnames and those of the data; what is in no table of commonness weighs as the rarest there."""
    shipped = surnames().select("kanji", "reading", "weight")
    own = seen.select("kanji", "reading").unique().drop_nulls("kanji").filter(pl.col("kanji") != "")
    more = pl.concat([irregular_names().filter(role="s").select("kanji", "reading"), own]).unique()
    fresh = more.join(shipped, on=["kanji", "reading"], how="anti", nulls_equal=True)
    return pl.concat([shipped, fresh.sort("kanji", "reading").with_columns(weight=pl.lit(0.3))])


def _by_name(table: pl.DataFrame) -> pl.DataFrame:
    """The weights of all readings of each name added up, in one order, so that sums are the same to the bit."""
    return table.group_by("kanji", maintain_order=True).agg(pl.col("weight").sum())


def _plainly(names: pl.DataFrame, readings: pl.DataFrame) -> pl.Series:
    """For each name (columns name, family: kana) the only cut whose family name has just that reading, else null. Most
    names with kana have one, and need no weighing.
    """
    spoken = names.lazy().select("name", "family").drop_nulls().unique()
    tried = [
        spoken.filter(pl.col("name").str.len_chars() > size)
        .with_columns(kanji=pl.col("name").str.slice(0, size), cut=pl.lit(size, pl.UInt8))
        .join(readings.lazy(), left_on=["kanji", "family"], right_on=["kanji", "reading"], how="semi")
        for size in range(1, LONGEST_FAMILY + 1)
    ]
    hits = pl.concat(tried).group_by("name", "family").agg(pl.col("cut").first(), hits=pl.len()).filter(hits=1)
    found = names.lazy().join(hits, on=["name", "family"], how="left", maintain_order="left")
    return found.select("cut").collect().to_series()


def _worths(frame: pl.DataFrame, seen: pl.DataFrame) -> tuple[Worths, Worths]:
    """The worth of each cut of distinct names (columns name, family, given: kana), -inf where it is not to be made;
    and the weights of the family names that the cuts make.
    """
    table = _known(seen)
    families = _by_name(table)
    total = float(families["weight"].sum())
    readings = table.select("kanji", "reading").drop_nulls().unique().with_columns(known=pl.lit(value=True))
    names = frame["name"]
    points = _points(names)
    length = names.str.len_chars().to_numpy().astype(np.int64)
    shape = (frame.height, LONGEST_FAMILY)
    worths, weights, read = np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for cut in range(1, LONGEST_FAMILY + 1):
        family, given = names.str.slice(0, cut), names.str.slice(cut)
        weight, known_given = _logs(family, families), _logs(given, _given())
        like_family = _alike(points, "family", 0, np.full(frame.height, cut))
        like_given = _alike(points, "given", cut, length)
        with np.errstate(divide="ignore"):
            part = np.log(weight / total * (1 - _UNKNOWN["family"]) + np.exp(like_family) * _UNKNOWN["family"])
            rest = np.log(known_given * (1 - _UNKNOWN["given"]) + np.exp(like_given) * _UNKNOWN["given"])
        pairs = pl.DataFrame({"kanji": family, "reading": frame["family"]})
        read[:, cut - 1] = pairs.join(readings, on=["kanji", "reading"], how="left", maintain_order="left")[
            "known"
        ].fill_null(value=False)
        likely = (cut > 1) & (like_family > _ALIKE * cut) & ((known_given > 0) | (like_given > _ALIKE * (length - cut)))
        fit = (length > cut) & (length <= LONGEST_NAME)
        worths[:, cut - 1] = np.where(fit & ((weight > 0) | likely | read[:, cut - 1]), part + rest, -np.inf)
        weights[:, cut - 1] = weight
    worths += np.where(read, _KNOWN_READING, 0.0)
    _read_cuts(frame, worths, np.logical_not(read.any(axis=1)))
    return worths, weights


def _read_cuts(frame: pl.DataFrame, worths: Worths, among: npt.NDArray[np.bool_]) -> None:
    """Adds what the kana says where it is no reading that the table has for any cut; such a cut need not be known."""
    rows = np.flatnonzero(among & frame["family"].is_not_null().to_numpy())
    if not rows.size:
        return
    asked = frame[rows]
    cuts = range(1, LONGEST_FAMILY + 1)
    fit = asked["name"].str.len_chars().to_numpy()[:, None] > np.array(cuts)
    family = _readable([asked["name"].str.slice(0, cut) for cut in cuts], asked["family"], fit)
    before = np.maximum(worths[rows], np.where(family, -30.0, -np.inf))
    given = _readable([asked["name"].str.slice(cut) for cut in cuts], asked["given"], fit & np.isfinite(before))
    worths[rows] = before + _POSSIBLE_READING * (family + given / 2)


def _readable(parts: list[pl.Series], kana: pl.Series, asked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether each kana is a possible reading of the part beside it: a column for each of ``parts``; False where that
    is not ``asked``.
    """
    found = np.zeros(asked.shape, dtype=np.bool_)
    rows, columns = np.nonzero(asked)
    part = pl.concat(parts).gather(columns * len(kana) + rows)
    found[rows, columns] = possible(part, kana.gather(rows)).fill_null(value=False).to_numpy()
    return found


def _only_family(names: pl.Series, seen: pl.DataFrame) -> npt.NDArray[np.float64]:
    """The worth of leaving a name whole because it is a family name, -inf where it is none."""
    families = _by_name(_known(seen))
    with np.errstate(divide="ignore"):
        worths: npt.NDArray[np.float64] = np.log(
            _logs(names, families) / float(families["weight"].sum()) * _ONLY_FAMILY
        )
    return worths


def possible_splits(names: pl.Series, family: pl.Series, given: pl.Series, seen: pl.DataFrame) -> pl.DataFrame:
    """The possible splits of folded, unspaced kanji names, the likeliest first.

    ``names``, and strict kana of family and given name beside them (null where unknown), have one length; ``seen`` has
    the family names that the data shows apart, with columns kanji, reading (may be null). Returns, of the same height,
    ``cuts`` (List of UInt8: characters of the family name), ``shares`` (List of Float64, adding up to about one), both
    empty where the name stays whole, and ``whole_given`` (the whole is a given name, and no split is likelier).
    """
    frame = pl.DataFrame({"name": names, "family": family, "given": given})
    distinct = frame.unique(maintain_order=True).drop_nulls("name")
    worths, weights = _worths(distinct, seen)
    best = worths.max(axis=1, initial=-np.inf)
    there = np.isfinite(best)
    shares = np.exp(worths - np.where(there, best, 0.0)[:, None])
    shares /= np.maximum(shares.sum(axis=1), 1e-300)[:, None]
    order = np.argsort(-shares, axis=1, kind="stable")
    at = np.arange(distinct.height)
    ranked = np.take_along_axis(shares, order, axis=1)
    chosen = weights[at, order[:, 0]] if distinct.height else weights[:, 0]
    known = distinct["name"].is_in(_given()["kanji"].implode()).to_numpy()
    unread = distinct["family"].is_null().to_numpy()
    there &= ~(unread & (_only_family(distinct["name"], seen) > best))
    alone = known & ((chosen <= _RARE_FAMILY) | ~there) & unread
    kept = np.where(there, np.maximum((ranked >= _OTHERS).sum(axis=1), 1), 0)
    width = LONGEST_FAMILY
    found = distinct.with_columns(
        pl.Series("cuts", order + 1, dtype=pl.Array(pl.UInt8, width)).cast(pl.List(pl.UInt8)),
        pl.Series("shares", ranked, dtype=pl.Array(pl.Float64, width)).cast(pl.List(pl.Float64)),
        pl.Series("kept", kept),
        pl.Series("whole_given", alone),
    ).with_columns(pl.col("cuts", "shares").list.head(pl.col("kept")))
    joined = frame.join(found, on=["name", "family", "given"], how="left", nulls_equal=True, maintain_order="left")
    none = {"cuts": pl.List(pl.UInt8), "shares": pl.List(pl.Float64)}
    return joined.select(
        *(pl.col(name).fill_null(pl.lit([], dtype=kind)) for name, kind in none.items()),
        pl.col("whole_given").fill_null(value=False),
    )


def split_names(names: pl.Series, family: pl.Series, given: pl.Series, seen: pl.DataFrame) -> pl.DataFrame:
    """The likeliest split of folded, unspaced kanji names, and the others.

    The arguments are those of :func:`possible_splits`. Returns family, given (null where the name stays whole),
    whole_given, and ``others`` (List of UInt8): the cuts of other possible splits.
    """
    rows = names.is_not_null().arg_true()
    asked = pl.DataFrame({"name": names.gather(rows), "family": family.gather(rows), "given": given.gather(rows)})
    table = _known(seen).select("kanji", "reading").drop_nulls()
    cut = _plainly(asked, table)
    open_ = cut.is_null().arg_true()
    rest = asked[open_]
    found = possible_splits(rest["name"], rest["family"], rest["given"], seen)
    cut = cut.scatter(open_, found["cuts"].list.first())
    made = asked.select(
        rows.alias("row"),
        family=pl.when(cut.is_not_null()).then(pl.col("name").str.slice(0, cut)),
        given=pl.when(cut.is_not_null()).then(pl.col("name").str.slice(cut)),
    )
    more = found.select(open_.alias("at"), "whole_given", others=pl.col("cuts").list.slice(1))
    made = made.with_row_index("at").join(more, on="at", how="left").drop("at")
    every = pl.DataFrame({"row": pl.int_range(len(names), dtype=pl.UInt32, eager=True)})
    return every.join(made, on="row", how="left", maintain_order="left").select(
        "family",
        "given",
        pl.col("whole_given").fill_null(value=False),
        pl.col("others").fill_null(pl.lit([], dtype=pl.List(pl.UInt8))),
    )


@cache
def _weights(column: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Commonness of family and of given readings, as strict ``kana`` or as folding ``key``."""
    reading = pl.col("reading") if column == "kana" else fold(pl.col("reading"))
    return tuple(  # type: ignore[return-value]
        table.select(word=reading, weight="weight").group_by("word").agg(pl.col("weight").sum().log())
        for table in (surnames(), given_names())
    )


def split_kana(wholes: pl.Series) -> pl.DataFrame:
    """Splits unspaced strict kana into family and given: known family and given readings, the commonest together.

    Returns family and given of the same height, null where no cut makes both a known family and a known given reading.
    """
    frame = wholes.to_frame("whole")
    families, givens = _weights("kana")
    distinct = frame.unique().drop_nulls()
    cuts = [
        distinct.lazy()
        .filter(pl.col("whole").str.len_chars() > cut + 1)
        .with_columns(family=pl.col("whole").str.slice(0, cut), given=pl.col("whole").str.slice(cut))
        .join(families.lazy(), left_on="family", right_on="word")
        .join(givens.lazy(), left_on="given", right_on="word", suffix="_given")
        .with_columns(worth=pl.col("weight") + pl.col("weight_given"))
        for cut in range(1, 8)
    ]
    best = (
        pl.concat(cuts)
        .sort("whole", "worth", "family", descending=[False, True, False])
        .unique("whole", keep="first", maintain_order=True)
        .select("whole", "family", "given")
        .collect()
    )
    return frame.join(best, on="whole", how="left", maintain_order="left").select("family", "given")


@cache
def _eastern() -> list[str]:
    """The folding keys of Chinese, Korean and Vietnamese family names."""
    return sorted(set(fold_tokens(pl.Series(EASTERN))))


def given_first(first: pl.Series, last: pl.Series) -> pl.Series:
    """Whether the given name stands first, for pairs of folding keys: what the name tables make likelier.

    Cards are mostly embossed given name first; where the tables know neither order, that is assumed.
    """
    families, givens = _weights("key")
    frame = pl.DataFrame({"first": first, "last": last})
    distinct = frame.unique().drop_nulls()
    unknown = -3.0
    for side in ("first", "last"):
        for table, role in ((families, "family"), (givens, "given")):
            named = table.rename({"word": side, "weight": f"{side}_{role}"})
            distinct = distinct.join(named, on=side, how="left")
    worth = {name: pl.col(name).fill_null(unknown) for name in distinct.columns[2:]}
    turned = worth["last_family"] + worth["first_given"] >= worth["first_family"] + worth["last_given"]
    eastern = pl.col("first").is_in(_eastern()) & ~pl.col("last").is_in(_eastern())
    eastern &= pl.all_horizontal(pl.col("last_family", "first_given").is_null())
    known = distinct.select("first", "last", turned=turned & ~eastern)
    joined = frame.join(known, on=["first", "last"], how="left", maintain_order="left")
    return joined["turned"].fill_null(value=True)

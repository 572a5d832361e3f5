"""What needs to see the features of all sources at once: unspaced names are split by what the data itself shows, the
keys of names are made, values that the rules never trust are taken out, nicknames are told from names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from oneid.engines.base import Engine
from oneid.features import CUSTOM
from oneid.normalize import KINDS
from oneid.normalize.latin import latin
from oneid.normalize.romaji import fold_tokens
from oneid.normalize.sound import sound
from oneid.normalize.split import given_first, split_kana, split_names

__all__ = ["combine", "distrust", "nicknames_apart"]


def combine(parts: Iterable[pl.DataFrame], engine: Engine) -> pl.DataFrame:
    """All sources' features in record order, unspaced names split, keys made.

    ``parts`` come in the order of the sources' names in bytes, each in the order of its ids, as reading gives them.
    """
    frame = pl.concat(parts, how="diagonal")
    frame = _split_kana(frame)
    frame = _split_kanji(frame)
    return _sounds(_keys(frame, engine))


def nicknames_apart(values: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """The values with what turned out to be no name of a person moved from ``name`` to ``nickname``, so that no golden
    record is called ねこ好き. Rows are those of ``features``.
    """
    if "name" not in values.columns:
        return values
    nickname = features["kind"] == "nickname"
    known = pl.col("nickname") if "nickname" in values.columns else pl.lit(None, dtype=pl.String)
    return values.with_columns(
        name=pl.when(~nickname.fill_null(value=False)).then("name"),
        nickname=pl.when(nickname).then(pl.coalesce(known, "name")).otherwise(known),
    )


def distrust(frame: pl.DataFrame, never: Mapping[str, Sequence[str]], kinds: Mapping[str, str]) -> pl.DataFrame:
    """The features without the values that a rules file never trusts: ``never`` has field to values, as people write
    them, ``kinds`` the kinds of fields of one's own.
    """
    for field, values in sorted(never.items()):
        made = KINDS[kinds.get(field, field)](pl.Series(values, dtype=pl.String))
        column = field if field in frame.columns else CUSTOM + field
        if column not in frame.columns:
            continue
        gone = made["normalized"].drop_nulls()
        if frame[column].dtype == pl.List:
            frame = frame.with_columns(
                pl.col(column).list.eval(pl.element().filter(~pl.element().is_in(gone.implode())))
            )
        else:
            frame = frame.with_columns(pl.when(~pl.col(column).is_in(gone.implode())).then(column))
        if field == "email":
            boxes = made["local"].drop_nulls()
            mailbox = pl.col("mailbox").list.eval(pl.element().filter(~pl.element().is_in(boxes.implode())))
            frame = frame.with_columns(mailbox)
    return frame


def _split_kana(frame: pl.DataFrame) -> pl.DataFrame:
    unsplit = pl.col("kana_family").is_null() & pl.col("kana_given").is_null() & pl.col("kana_whole").is_not_null()
    rows = frame.select(unsplit).to_series().arg_true()
    parts = split_kana(frame["kana_whole"].gather(rows))
    return frame.with_columns(
        frame[f"kana_{part}"].clone().scatter(rows, parts[part]) for part in ("family", "given")
    )  # fmt: skip


def _split_kanji(frame: pl.DataFrame) -> pl.DataFrame:
    """Splits unspaced kanji names; what turns out to be a bare given name without kana becomes a nickname."""
    whole = pl.col("family").is_null() & pl.col("given").is_null()
    unsplit = whole & pl.col("name").is_not_null() & (pl.col("kind") == "person")
    rows = frame.select(unsplit).to_series().arg_true()
    columns = ["name", "family", "given", "kana_family", "kana_given", "nickname", "kind"]
    asked = frame.select(columns)[rows]
    known = frame.lazy().filter(pl.col("family").is_not_null())
    seen = known.select(kanji="family", reading="kana_family").unique().collect()
    parts = split_names(asked["name"], asked["kana_family"], asked["kana_given"], seen)
    alone = asked["kana_family"].is_null() & (parts["whole_given"] | parts["family"].is_null())
    alone &= asked["name"].str.len_chars() <= 4
    none = pl.lit(None, dtype=pl.String)
    made = asked.lazy().with_columns(parts["family"], parts["given"], alone.alias("alone")).select(
        name=pl.when("alone").then(none).otherwise("name"),
        family=pl.when("alone").then(none).otherwise("family"),
        given=pl.when("alone").then(none).otherwise("given"),
        nickname=pl.when("alone").then("name").otherwise("nickname"),
        kind=pl.when("alone").then(pl.lit("nickname")).otherwise("kind"),
    ).collect()  # fmt: skip
    others = pl.DataFrame({"row": rows, "other_splits": parts["others"], "alone": alone})
    others = others.filter(~pl.col("alone") & (pl.col("other_splits").list.len() > 0)).drop("alone")
    every = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
    placed = every.join(others, on="row", how="left", maintain_order="left")["other_splits"]
    return frame.with_columns(placed, *(frame[name].clone().scatter(rows, made[name]) for name in made.columns))


def _keys(frame: pl.DataFrame, engine: Engine) -> pl.DataFrame:
    """The spelling-free keys of family and given name: from the kana, else from the romaji with its order made out."""
    kana_only = pl.when(pl.col("nickname").str.contains(r"^[\p{Hiragana}\p{Katakana}ー]+$")).then("nickname")
    spelled = {
        "fold_family": frame["kana_family"],
        "fold_given": frame["kana_given"],
        "latin_family": frame["latin_family"],
        "latin_given": frame["latin_given"],
        "nickname_key": frame.select(kana_only).to_series(),
    }
    folded = dict(zip(spelled, engine.map(fold_tokens, spelled.values()), strict=True))
    frame = frame.with_columns(
        _given_first(frame).alias("turned"),
        *(column.alias(name_) for name_, column in folded.items()),
    )
    turned, spoken = pl.col("turned"), pl.col("kana_family").is_null() & pl.col("kana_given").is_null()
    return frame.with_columns(
        key_family=pl.coalesce(
            "fold_family", "latin_family", pl.when(turned).then("romaji_last").otherwise("romaji_first")
        ),
        key_given=pl.coalesce(
            "fold_given", "latin_given", pl.when(turned).then("romaji_first").otherwise("romaji_last")
        ),
        from_romaji=spoken & pl.col("romaji_first").is_not_null(),
        cut_family=spoken & pl.col("romaji_cut") & turned,
        cut_given=spoken & pl.col("romaji_cut") & ~turned,
    ).drop(
        "turned",
        "romaji_first",
        "romaji_last",
        "fold_family",
        "fold_given",
        "latin_family",
        "latin_given",
        "romaji_cut",
    )


def _given_first(frame: pl.DataFrame) -> pl.Series:
    """Whether the given name stands first in the romaji of each record; true where there is none."""
    rows = frame["romaji_first"].is_not_null().arg_true()
    turned = given_first(frame["romaji_first"].gather(rows), frame["romaji_last"].gather(rows))
    return pl.repeat(value=True, n=frame.height, dtype=pl.Boolean, eager=True).scatter(rows, turned)


def _sounds(frame: pl.DataFrame) -> pl.DataFrame:
    """How names in Latin letters sound, and what names in kana sound like that: only where there are Latin names."""
    shown = frame["latin"]
    none = pl.lit(None, dtype=pl.String)
    if shown.null_count() == frame.height:
        return frame.drop("latin").with_columns(**dict.fromkeys(SOUNDS, none), foreign=pl.lit(value=False))
    rows = shown.is_not_null().arg_true()
    made = latin(shown.gather(rows))
    empty = pl.Series([None] * frame.height, dtype=pl.String)
    columns = {name_: empty.scatter(rows, made[name_]).alias(name_) for name_ in SOUNDS}
    for part in ("family", "given"):
        heard = sound(frame[f"kana_{part}"])
        name_ = f"sound_{part}"
        columns[name_] = pl.DataFrame({"a": columns[name_], "b": heard}).select(pl.coalesce("a", "b").alias(name_))[
            name_
        ]
    return frame.drop("latin").with_columns(*columns.values(), shown.is_not_null().alias("foreign"))


SOUNDS = ("sound_family", "sound_given", "phonetic_family", "phonetic_given")
"""The features of names in Latin letters; names in kana have the first two as well."""

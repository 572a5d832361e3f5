"""Addresses as people fill them in: marks in front, notes behind, former and short towns, boxes at the post office."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import among, choice, drawn, hit, put, tell
from oneid.demo.rates import Rates
from oneid.demo.slips.former import as_before

__all__ = ["placed"]

_AHEAD = ("【自宅】", "お届け先：", "（自宅）", "※", "住所：", "「", '="', "〒", "(", "自宅 ")
_CLOSED = {"「": "」", '="': '"'}
_NOTES = (
    " 置き配希望",
    "（置き配可）",
    " 宅配BOX",
    "　様方",
    "（角部屋）",
    " 不在時は宅配ボックスへ",
    "（裏口へ）",
    " 実家",
)


def _around(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Adds front and behind: what stands before and behind an address."""
    none = pl.lit("")
    frame = frame.with_columns(front=none, behind=none)
    ahead, noted = drawn(rng, frame.height, [rates.address_front, rates.address_behind])
    mark, code = choice(rng, ahead.size, _AHEAD), pl.col("postcode")
    dashed = code.str.slice(0, 3) + "-" + code.str.slice(3)
    front = pl.when(mark == "〒").then("〒" + dashed + " ").when(mark == "(").then("(" + dashed + ")").otherwise(mark)
    closed = pl.lit(mark.replace_strict(_CLOSED, default="", return_dtype=pl.String))
    frame = put(frame, ahead, front=front.fill_null(""), behind=closed)
    note = choice(rng, noted.size, _NOTES)
    of_whom = pl.when(note == "　様方").then("　" + pl.col("family") + "様方").otherwise(note)
    floor = pl.when(pl.col("room").is_not_null()).then(pl.format("（{}階）", pl.col("room") // 100)).otherwise(of_whom)
    return put(frame, noted, behind=among(tell(rng, noted.size, (3, 1)), [of_whom, floor]).fill_null(""))


def placed(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """``frame`` with towns and cities as people call them, and the columns front and behind."""
    frame = as_before(rng, _around(rng, frame, rates), rates)
    town = pl.col("town")
    short = np.flatnonzero(frame["town"].str.contains("^.{2,}町$").fill_null(value=False).to_numpy())
    frame = put(frame, short[hit(rng, short.size, rates.machi_left_out)], town=town.str.strip_suffix("町"))
    boxed = np.flatnonzero(hit(rng, frame.height, rates.post_box))
    office = pl.col("city").str.extract("([^市郡]+)[市区町村]$")
    number = pl.col("ban") * 7 + pl.col("go")
    none = {name: pl.lit(None) for name in ("ban", "building", "room", "street")}
    return put(
        frame, boxed, town=pl.format(" {}局私書箱{}号", office, number), chome=pl.lit(0), lot=pl.lit(""),
        lot_behind=pl.lit(""), **none,
    )  # fmt: skip

"""Which people are members of which system since when, and what each record would say if nobody made a mistake."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import Bools, among, hit, put, tell
from oneid.demo.naming.names import Floats, Ints
from oneid.demo.people import COMPANY, TODAY, People
from oneid.demo.rates import Rates
from oneid.demo.sharing import lent

__all__ = ["open_to", "plain", "records"]

_OPENED = {"point_card": "2004-06-01", "credit_card": "2006-04-01", "prepaid": "2012-10-01", "mail_list": "2009-01-05",
           "ec": "2010-09-01"}  # fmt: skip
_YOUNGEST = {"point_card": 12, "credit_card": 18, "prepaid": 12, "mail_list": 13, "ec": 15}
_FOR_COMPANIES = ("point_card", "credit_card", "ec")


def open_to(people: People, system: str) -> Bools:
    """Which people (rows of ``people.frame``) a system takes as members: those old enough, and companies by system."""
    born = people.frame["birth"].to_physical().fill_null(0).to_numpy().astype(np.int64)
    company = people.frame["role"].to_numpy() == COMPANY
    grown = born <= TODAY - _YOUNGEST[system] * 366 - 30
    return np.where(company, system in _FOR_COMPANIES, grown)


def _members(
    rng: np.random.Generator, people: People, activity: Floats, system: str, *, size: int, further: float
) -> Ints:
    """One row of ``people.frame`` per record: the more active, the likelier; some of them twice or more."""
    eligible = open_to(people, system)
    distinct = min(max(1, round(size * (1 - further))), int(eligible.sum()))
    key = np.where(eligible, np.log(activity) + rng.gumbel(size=activity.size), -np.inf)
    first = np.sort(np.argpartition(-key, distinct - 1)[:distinct])
    return np.concatenate([first, first[rng.integers(0, distinct, size - distinct)]]).astype(np.int64)


def _mail(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.Expr:
    """Which of a person's mail boxes a record gives: mostly the first, sometimes the family's."""
    chance = pl.Series(rng.random(frame.height))
    second, third = pl.coalesce("mail_2", "mail"), pl.coalesce("mail_3", "mail_2", "mail")
    own = pl.when(chance < 0.66).then("mail").when(chance < 0.9).then(second).otherwise(third)
    family = pl.Series(hit(rng, frame.height, rates.uses_family_mailbox)) & pl.col("mail_family").is_not_null()
    return pl.when(family).then("mail_family").otherwise(own)


def _as_of(frame: pl.DataFrame, day: Ints, change: str) -> pl.Series:
    """Whether a record of this day still shows what was before the change."""
    return pl.Series(day) < frame[change]


def records(
    rng: np.random.Generator, people: People, activity: Floats, system: str, *, size: int, rates: Rates
) -> pl.DataFrame:
    """``size`` records of a system, oldest first: the people's columns, the home's, and since, phone, home_phone,
    email, family_said and given_said (the kana once more, which nobody mistypes).

    ``activity`` is how eager each person is to become a member of anything.
    """
    rows = _members(rng, people, activity, system, size=size, further=rates.further_card)
    born = people.frame["birth"].to_physical().fill_null(-(10**5)).to_numpy().astype(np.int64)[rows]
    opened = int(np.datetime64(_OPENED[system]).astype(np.int64))
    earliest = np.maximum(opened, born + _YOUNGEST[system] * 366)
    since = earliest + (rng.random(size) * (TODAY - earliest)).astype(np.int64)
    order = np.argsort(since, kind="stable")
    rows, since = rows[order], since[order]
    day = np.where(hit(rng, size, rates.updated), TODAY, since)
    return plain(rng, people, rows, system, since=since, day=day, rates=rates)


def plain(
    rng: np.random.Generator, people: People, rows: Ints, system: str, *, since: Ints, day: Ints, rates: Rates
) -> pl.DataFrame:
    """The columns of :func:`records` for these people (rows of ``people.frame``), members since the days ``since``
    (days since 1970), as things were on the days ``day``.
    """
    size = rows.size
    frame = people.frame[rows]
    maiden = _as_of(frame, day, "family_day") & frame["family_before"].is_not_null()
    maiden &= pl.Series(day) >= frame["family_since"]
    names = ("family", "family_kana", "family_latin")
    frame = frame.with_columns(
        *(pl.when(maiden).then(f"{name}_before").otherwise(name).alias(name) for name in names),
        family_row=pl.when(maiden).then("family_row_before").otherwise("family_row"),
        mobile=pl.when(_as_of(frame, day, "mobile_day"))
        .then(pl.coalesce("mobile_before", "mobile"))
        .otherwise("mobile"),
        email=_mail(rng, frame, rates),
        since=pl.Series(since.astype(np.int32)).cast(pl.Date),
    )
    frame = frame.with_columns(family_said="family_kana", given_said="given_kana")
    if system == "credit_card":
        frame = _family_cards(rng, frame, people, rates)
    frame = _two_names(rng, lent(rng, frame, people, rates), rates)
    stays = (frame["home_before"] >= 0) & _as_of(frame, day, "home_day")
    home = frame["home"].zip_with(~stays, frame["home_before"])
    homes = people.homes[home.to_numpy()]
    gives_land = pl.Series(
        hit(rng, size, rates.gives_land_line.get(system, 0.0)) | (frame["role"].to_numpy() == COMPANY)
    )
    return frame.hstack(homes).with_columns(
        phone=pl.when(gives_land).then(pl.coalesce("land", "mobile")).otherwise("mobile"), home_phone=pl.col("land")
    )


def _two_names(rng: np.random.Generator, frame: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """Both of their family names, on some cards of people who changed theirs: 佐藤（鈴木）, 鈴木・佐藤."""
    rows = np.flatnonzero(hit(rng, frame.height, rates.both_names) & frame["family_before"].is_not_null().to_numpy())
    now, before = pl.col("family"), pl.col("family_before")
    ways = [
        now + "（旧姓" + before + "）",
        now + "（" + before + "）",
        before + "・" + now,
        now + "・" + before,
        now + before,
    ]
    spelled = among(tell(rng, rows.size, (3, 2, 1, 1, 1)), ways)
    return put(frame, rows, family=pl.when(now != before).then(spelled).otherwise(now))


def _family_cards(rng: np.random.Generator, frame: pl.DataFrame, people: People, rates: Rates) -> pl.DataFrame:
    """Cards of other household members that quote the main member's phone and mail box."""
    main = people.frame.select("mobile", "mail")[frame["main"].to_numpy()]
    family = pl.Series(hit(rng, frame.height, rates.family_card)) & (frame["main"] != frame["person_id"])
    return frame.with_columns(
        mobile=main["mobile"].zip_with(family, frame["mobile"]), email=main["mail"].zip_with(family, frame["email"])
    )

"""Who lives in the demo's world: households, names, births, marriages, moves, phones and mail boxes.

Everything is drawn for all people at once; a column holds one fact of each. What changes in a life has two columns, the
present one and ``*_before``, and the day of the change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from oneid.demo.chance import Bools
from oneid.demo.homes import draw_homes
from oneid.demo.naming.foreign import COMPANY_FORMS, COMPANY_TRADES, FOREIGN_FAMILY, FOREIGN_GIVEN
from oneid.demo.naming.names import Ints, draw_given, given_names, surnames
from oneid.demo.rates import Rates
from oneid.demo.reach import WHOLE, Boxes, Part, draw_mailboxes, draw_mobiles

__all__ = ["TODAY", "People", "draw_people"]

TODAY = int(np.datetime64("2026-11-01").astype(np.int64))
"""The day on which the systems' files were taken, in days since 1970."""
_OPENED = int(np.datetime64("2004-06-01").astype(np.int64))
_YEAR = 365.2425

HEAD, SPOUSE, CHILD, SECOND_CHILD, THIRD_CHILD, GRANDPARENT, FLATMATE, COMPANY = range(8)
_TYPES: tuple[tuple[float, tuple[int, ...]], ...] = (
    (0.36, (HEAD,)),
    (0.23, (HEAD, SPOUSE)),
    (0.12, (HEAD, SPOUSE, CHILD)),
    (0.11, (HEAD, SPOUSE, CHILD, SECOND_CHILD)),
    (0.035, (HEAD, SPOUSE, CHILD, SECOND_CHILD, THIRD_CHILD)),
    (0.05, (HEAD, CHILD)),
    (0.02, (HEAD, CHILD, SECOND_CHILD)),
    (0.02, (HEAD, SPOUSE, CHILD, GRANDPARENT)),
    (0.02, (HEAD, SPOUSE, CHILD, SECOND_CHILD, GRANDPARENT)),
    (0.025, (HEAD, FLATMATE)),
    (0.01, (HEAD, FLATMATE, FLATMATE)),
)
"""Share of each kind of household, and the roles in it."""


@dataclass(frozen=True, slots=True)
class People:
    """``frame``: one row per person; ``homes``: the addresses that its columns home and home_before count in.

    Columns of ``frame``: person_id, household_id, role, main (row of the household's first member), sex (f, m; null for
    companies), birth, family, family_kana, family_latin, given, given_kana, given_latin, family_row and given_row (rows
    of the name tables, -1 where not from there), family_*_before and family_day (null or the day of the change),
    family_since (since when the one before was borne, mostly for ever), home, home_before and home_day, mobile,
    mobile_before and mobile_day, mail, mail_2, mail_3, mail_family, kind (person, foreign, company).
    """

    frame: pl.DataFrame
    homes: pl.DataFrame


@dataclass(slots=True)
class _Draft:
    """Households being made: parallel arrays, one entry per person."""

    household: Ints
    role: Ints
    size: Ints
    first: Ints
    male: Bools
    birth: Ints
    household_first: Ints


def _households(rng: np.random.Generator, persons: int) -> _Draft:
    shares = np.array([share for share, _ in _TYPES])
    sizes = np.array([len(roles) for _, roles in _TYPES])
    table = np.full((len(_TYPES), int(sizes.max())), -1)
    for nth, (_, roles) in enumerate(_TYPES):
        table[nth, : len(roles)] = roles
    kinds = np.searchsorted(np.cumsum(shares / shares.sum())[:-1], rng.random(persons))
    kinds = kinds[: int(np.searchsorted(np.cumsum(sizes[kinds]), persons)) + 1]
    size = sizes[kinds].astype(np.int64)
    start = (np.cumsum(size) - size).astype(np.int64)
    household = np.repeat(np.arange(kinds.size), size)[:persons].astype(np.int64)
    first = start[household]
    role = table[kinds[household], np.arange(persons) - first]
    male, birth = np.zeros(persons, dtype=bool), np.zeros(persons, dtype=np.int64)
    return _Draft(household, role, size[household], first, male, birth, start)


def _sexes_and_births(rng: np.random.Generator, draft: _Draft, rates: Rates) -> None:
    count = draft.role.size
    households = draft.household_first.size

    def per_home(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return values[draft.household]

    has = [np.bincount(draft.household, draft.role == role, households) > 0 for role in range(COMPANY)]
    coin = rng.random(count)
    head_male = rng.random(households) < np.where(has[SPOUSE], 1.0, np.where(has[CHILD], 0.15, 0.55))
    mixed = draft.role == FLATMATE
    head_of = head_male[draft.household]
    male = np.select(
        [draft.role == HEAD, draft.role == SPOUSE, draft.role == GRANDPARENT, mixed],
        [head_of, ~head_of, coin < 0.3, head_of ^ (coin < 0.2)],
        coin < 0.51,
    )  # fmt: skip
    child = 2008.9 - 34 * rng.random(households) ** 1.5
    age = np.where(has[FLATMATE], rng.uniform(19, 38, households), rng.triangular(19, 45, 92, households))
    mother = np.where(has[CHILD], child - rng.uniform(21, 40, households), 2026.8 - age)
    twins = rng.random(households) < rates.twins
    near = rng.random(households) < rates.near_siblings
    second = np.where(
        twins, child, child + np.where(near, rng.uniform(0.92, 1.2, households), rng.uniform(2, 6, households))
    )
    third = second + rng.uniform(1.2, 5, households)
    third = np.where(third > 2015.5, np.where(twins, child - 1.6, (child + second) / 2), third)
    born = np.select(
        [draft.role == HEAD, draft.role == SPOUSE, draft.role == CHILD, draft.role == SECOND_CHILD,
         draft.role == THIRD_CHILD, draft.role == GRANDPARENT],
        [per_home(mother) - np.where(has[SPOUSE][draft.household], rng.normal(1.5, 3.5, count), 0), per_home(mother),
         per_home(child), per_home(second), per_home(third),
         per_home(mother) - rng.uniform(21, 36, count)],
        2026.8 - rng.uniform(19, 38, count),
    )  # fmt: skip
    draft.male = male
    born = np.where(born < 1927, rng.uniform(1927, 1936, count), born)
    draft.birth = np.floor((born - 1970) * _YEAR).astype(np.int64)


def _families(rng: np.random.Generator, draft: _Draft, rates: Rates) -> tuple[Ints, Ints, Ints, Ints]:
    """Present and former surname rows (-1: none), the day of the change, and since when the former one was borne: who
    took the own name back after a divorce had the married one only in between.
    """
    count, households = draft.role.size, draft.household_first.size
    table = surnames()
    home, own, former = table.draw(rng, households), table.draw(rng, count), table.draw(rng, households)
    couple = np.bincount(draft.household, draft.role == SPOUSE, households) > 0
    single_parent = (np.bincount(draft.household, draft.role == CHILD, households) > 0) & ~couple
    youngest_wed = np.full(households, -(10**6))
    adult = draft.role <= SPOUSE
    np.maximum.at(youngest_wed, draft.household[adult], draft.birth[adult])
    oldest_child = np.full(households, 10**6)
    children = (draft.role >= CHILD) & (draft.role <= THIRD_CHILD)
    np.minimum.at(oldest_child, draft.household[children], draft.birth[children])
    wedding = youngest_wed + (rng.gamma(4.0, 2.2, households) + 20) * _YEAR
    wedding = np.minimum(wedding, oldest_child - 200).astype(np.int64)
    wed = couple & (wedding < TODAY) & (rng.random(households) >= rates.own_name)
    wife_keeps = rng.random(households) < rates.husband_changes
    split = single_parent & (rng.random(households) < rates.divorced)
    parting = rng.integers(np.maximum(np.where(split, oldest_child, 0), 0), TODAY, households)

    home_of, wed_of, split_of = home[draft.household], wed[draft.household], split[draft.household]
    outsider = (draft.role == FLATMATE) | ((draft.role == SPOUSE) & ~wed_of)
    outsider |= (draft.role == GRANDPARENT) & (rng.random(count) < 0.3)
    changes = wed_of & np.where(wife_keeps[draft.household], draft.role == HEAD, draft.role == SPOUSE)
    now = np.where(outsider, own, home_of)
    before = np.where(changes, own, np.where(split_of, former[draft.household], -1))
    day = np.where(changes, wedding[draft.household], np.where(split_of, parting[draft.household], -(10**6)))
    since = np.full(count, -(10**6))
    alone = np.flatnonzero((draft.size == 1) & (draft.role == HEAD) & (rng.random(count) < rates.name_taken_back))
    married = draft.birth[alone] + (rng.gamma(4.0, 2.2, alone.size) + 20) * _YEAR
    parted = married + rng.uniform(1, 20, alone.size) * _YEAR
    there = parted < TODAY
    alone = alone[there]
    before[alone], day[alone], since[alone] = table.draw(rng, alone.size), parted[there], married[there]
    return now, np.where(before == now, -1, before), day, since


def _given(rng: np.random.Generator, draft: _Draft, rates: Rates) -> Ints:
    """Rows of the given name table of each person's sex; brothers and sisters have different names."""
    rows = np.empty(draft.role.size, dtype=np.int64)
    year = (draft.birth / _YEAR + 1970).astype(np.int64)
    redraw = np.arange(rows.size)
    for _ in range(4):
        for sex, male in (("f", False), ("m", True)):
            here = redraw[draft.male[redraw] == male]
            rows[here] = draw_given(rng, sex, year[here])
        key = (draft.household * 2 + draft.male) * 10**5 + _reading_code(draft.male, rows)
        _, first = np.unique(key, return_index=True)
        alike = np.ones(rows.size, dtype=bool)
        alike[first] = False
        redraw = np.flatnonzero(alike)
    alike = np.flatnonzero((draft.role == SECOND_CHILD) & (rng.random(rows.size) < rates.names_alike))
    alike = alike[draft.male[alike] == draft.male[alike - 1]]
    for sex, male in (("f", False), ("m", True)):
        here = alike[draft.male[alike] == male]
        table = given_names(sex)
        fresh = table.by_first.other(rows[here - 1], rng.random(here.size))
        unlike = (table.by_kanji.of[fresh] != table.by_kanji.of[rows[here - 1]]) & (
            table.by_reading.of[fresh] != table.by_reading.of[rows[here - 1]]
        )
        here, fresh = here[unlike], fresh[unlike]
        rows[here] = fresh
    child = np.flatnonzero((draft.role == CHILD) & (rng.random(rows.size) < rates.namesake_child))
    parent = draft.first[child] + (draft.male[draft.first[child]] != draft.male[child])
    fits = (parent < child) & (draft.male[np.minimum(parent, rows.size - 1)] == draft.male[child])
    child, parent = child[fits], parent[fits]
    for sex, male in (("f", False), ("m", True)):
        here = draft.male[child] == male
        rows[child[here]] = given_names(sex).by_reading.other(rows[parent[here]], rng.random(int(here.sum())))
    return rows


def _reading_code(male: Bools, rows: Ints) -> Ints:
    code = np.empty(rows.size, dtype=np.int64)
    for sex, is_male in (("f", False), ("m", True)):
        code[male == is_male] = given_names(sex).by_reading.of[rows[male == is_male]]
    return code


def _named(draft: _Draft, now: Ints, before: Ints, given: Ints) -> pl.DataFrame:
    family = surnames()
    columns: dict[str, pl.Series] = {}
    for name, source in (("family", "kanji"), ("family_kana", "reading"), ("family_latin", "latin")):
        columns[name] = family.column(source, now)
        columns[f"{name}_before"] = family.column(source, before)
    male = pl.Series(draft.male)
    for name, source in (("given", "kanji"), ("given_kana", "reading"), ("given_latin", "latin")):
        women = given_names("f").column(source, np.where(draft.male, 0, given))
        columns[name] = given_names("m").column(source, np.where(draft.male, given, 0)).zip_with(male, women)
    return pl.DataFrame(columns).with_columns(family_row=now, family_row_before=before, given_row=given)


def _from_abroad(rng: np.random.Generator, frame: pl.DataFrame, draft: _Draft, rates: Rates) -> pl.DataFrame:
    """``frame`` with the names of some households replaced by names from abroad."""
    households = draft.household_first.size
    abroad = pl.Series((rng.random(households) < rates.foreign)[draft.household])
    family = rng.integers(0, FOREIGN_FAMILY.height, households)[draft.household]
    in_latin = (FOREIGN_FAMILY["written"] == FOREIGN_FAMILY["latin"]).to_numpy()[family]
    draw, more = rng.integers(0, 10**6, draft.role.size), rng.integers(1, 12, draft.role.size)
    middle = pl.Series((rng.random(draft.role.size) < rates.middle_name) & in_latin)
    male, columns = pl.Series(draft.male), {}
    for part, source in (("", "written"), ("_kana", "kana"), ("_latin", "latin")):
        women, men = (_of_script(FOREIGN_GIVEN[sex], source, draw, in_latin) for sex in "fm")
        more_women, more_men = (_of_script(FOREIGN_GIVEN[sex], source, draw + more, in_latin) for sex in "fm")
        columns[f"family{part}"] = FOREIGN_FAMILY[source].gather(family)
        given = men.zip_with(male, women)
        columns[f"given{part}"] = (given + " " + more_men.zip_with(male, more_women)).zip_with(middle, given)
        columns[f"family{part}_before"] = pl.Series([None], dtype=pl.String).new_from_index(0, draft.role.size)
    columns |= {
        name: pl.Series(np.full(draft.role.size, -1)) for name in ("family_row", "family_row_before", "given_row")
    }
    replaced = [columns[name].zip_with(abroad, frame[name]).alias(name) for name in columns]
    kind = pl.when(abroad).then(pl.lit("foreign")).otherwise(pl.lit("person"))
    return frame.with_columns(replaced).with_columns(kind=kind)


def _of_script(table: pl.DataFrame, source: str, draw: Ints, in_latin: Bools) -> pl.Series:
    """Names of the same script as the family name: Latin letters, which the table lists first, or kanji."""
    border = int((table["written"] == table["latin"]).sum())
    return table[source].gather(np.where(in_latin, draw % border, border + draw % (table.height - border)))


def _companies(rng: np.random.Generator, size: int) -> pl.DataFrame:
    """Companies, shaped like people: the name in the family name's place."""
    table = surnames()
    rows = table.draw(rng, size)
    form, trade = rng.integers(0, COMPANY_FORMS.height, size), rng.integers(0, COMPANY_TRADES.height, size)
    ahead = pl.Series(rng.random(size) < 0.6)
    columns: dict[str, pl.Series] = {}
    for name, part, source in (("family", "written", "kanji"), ("family_kana", "kana", "reading")):
        body = table.column(source, rows) + COMPANY_TRADES[part].gather(trade)
        style = COMPANY_FORMS[part].gather(form)
        columns[name] = (style + body).zip_with(ahead, body + style)
    frame = pl.DataFrame(columns).with_columns(
        family_latin=table.column("latin", rows), given=pl.lit(""), given_kana=pl.lit(""), given_latin=pl.lit("INFO"),
        kind=pl.lit("company"), family_row=-1, family_row_before=-1, given_row=-1,
    )  # fmt: skip
    return frame.with_columns(pl.lit(None, pl.String).alias(f"family{part}_before") for part in ("", "_kana", "_latin"))


def _mobiles(rng: np.random.Generator, size: int, rates: Rates, part: Part) -> pl.DataFrame:
    numbers = draw_mobiles(rng, 2 * size, part)
    had = rng.random(size) < rates.new_mobile
    now, own = numbers[:size], numbers[size:]
    passed_on = pl.Series(rng.random(size) < rates.recycled)
    former = now.gather(rng.permutation(size)).zip_with(passed_on, own)
    day = pl.Series(rng.integers(_OPENED, TODAY, size))
    return pl.DataFrame({"mobile": now, "mobile_before": former.set(pl.Series(~had), None), "mobile_day": day})


def _mailboxes(
    rng: np.random.Generator, frame: pl.DataFrame, size_of: Ints, rates: Rates, before: Boxes | None
) -> pl.DataFrame:
    """mail, mail_2, mail_3 of each person and mail_family of some households."""
    count = frame.height
    second = np.flatnonzero(rng.random(count) < rates.second_mailbox)
    third = second[rng.random(second.size) < 1 / 3]
    main = frame["main"].to_numpy()
    family = np.flatnonzero((size_of > 1) & (main == np.arange(count)) & (rng.random(count) < rates.family_mailbox))
    maiden = pl.Series(rng.random(count) < 0.5)
    latin_now = pl.when(maiden).then(pl.coalesce("family_latin_before", "family_latin")).otherwise("family_latin")
    owners = frame.select("given_latin", "birth", family_latin=latin_now)
    shared = owners[family].with_columns(given_latin=pl.lit("KE"))
    parts = [owners, owners[second], owners[third], shared]
    whose_boxes = pl.concat([part.select("family_latin", "given_latin", "birth") for part in parts])
    boxes = draw_mailboxes(rng, whose_boxes, before)
    found = {"mail": boxes[:count]}
    at = count
    for name, rows in (("mail_2", second), ("mail_3", third), ("mail_family", family)):
        whose = np.full(count, -1)
        whose[rows] = np.arange(at, at + rows.size)
        whose = whose[main] if name == "mail_family" else whose
        found[name] = boxes.gather(np.maximum(whose, 0)).set(pl.Series(whose < 0), None)
        at += rows.size
    return pl.DataFrame(found)


def draw_people(rng: np.random.Generator, persons: int, rates: Rates, part: Part = WHOLE) -> People:
    """``persons`` members-to-be, companies included, and their homes; those of two parts of one demo share no number
    and no mail box.
    """
    companies = round(persons * rates.company)
    draft = _households(rng, persons - companies)
    _sexes_and_births(rng, draft, rates)
    now, before, day, since = _families(rng, draft, rates)
    frame = _from_abroad(rng, _named(draft, now, before, _given(rng, draft, rates)), draft, rates)
    frame = frame.with_columns(
        household_id=draft.household, role=draft.role, main=draft.first, family_day=day,
        family_since=since,
        sex=pl.Series(np.where(draft.male, "m", "f")), birth=pl.Series(draft.birth.astype(np.int32)).cast(pl.Date),
    )  # fmt: skip
    households = draft.household_first.size
    firms = _companies(rng, companies).with_columns(
        household_id=pl.Series(np.arange(households, households + companies)), role=pl.lit(COMPANY, pl.Int64),
        main=pl.Series(np.arange(persons - companies, persons)), family_day=pl.lit(0, pl.Int64),
        family_since=pl.lit(0, pl.Int64),
        sex=pl.lit(None, pl.String), birth=pl.lit(None, pl.Date),
    )  # fmt: skip
    frame = pl.concat([frame, firms.select(pl.col(name).cast(dtype) for name, dtype in frame.schema.items())])
    homes, where = _settle(rng, households + companies, rates)
    of = frame["household_id"].to_numpy()
    frame = (
        frame.with_columns(where[of].get_columns())
        .with_row_index("person_id")
        .with_columns(pl.col("person_id").cast(pl.Int64))
    )
    size_of = np.concatenate([draft.size, np.ones(companies, dtype=np.int64)])
    frame = frame.hstack(_mobiles(rng, persons, rates, part))
    frame = frame.hstack(_mailboxes(rng, frame, size_of, rates, part.boxes))
    return People(frame, homes)


def _settle(rng: np.random.Generator, households: int, rates: Rates) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The homes, and per household home, home_before (-1: none) and the day of the move."""
    moved = np.flatnonzero(rng.random(households) < rates.moved)
    homes = draw_homes(rng, households + moved.size, rates)
    before = np.full(households, -1)
    before[moved] = np.arange(households, households + moved.size)
    day = rng.integers(_OPENED, TODAY, households)
    return homes, pl.DataFrame({"home": np.arange(households), "home_before": before, "home_day": day})

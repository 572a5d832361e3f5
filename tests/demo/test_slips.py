"""What the demo makes of names, addresses and households, as often as its rates say, and none of it without noise."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from oneid.demo import Demo, Rates, generate
from oneid.demo.chance import drawn, put
from oneid.demo.rates import SYSTEM_SHARES

RATES = Rates()
MARKS = "[●〓■＊?]"


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(20_000, seed=3)


@pytest.fixture(scope="module")
def clean() -> Demo:
    return generate(20_000, seed=3, noise=0)


def cells(demo: Demo, system: str, column: str) -> pl.Series:
    return demo.sources[system][column].drop_nulls()


def often(values: pl.Series, pattern: str) -> float:
    return float(values.str.contains(pattern).mean() or 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("system", "column", "pattern", "least", "most"),
    [
        ("ec", "first_name", "^[ぁ-ん]{2,}$", 0.01, 0.12),
        ("ec", "last_name", "^[ぁ-ん]{2,}$", 0.004, 0.02),
        ("point_card", "氏名", MARKS, 0.001, 0.02),
        ("point_card", "氏名", "(様|先生|さん|さま|殿|氏|ちゃん)$", 0.002, 0.012),
        ("point_card", "氏名", "^(医学博士|代表|社長|Dr|弁護士|故)", 0.0005, 0.005),
        ("credit_card", "full_name_kana", "^(ナシ|フメイ|ミトウロク|カナ)", 0.002, 0.010),
        ("credit_card", "email", "@(outrook|outlok|docomo.me|gmai.com|gmail.con|yahooo|yaho.co|sofbank)", 0.0001, 0.01),
        ("ec", "phone", "[・/、（]", 0.0005, 0.01),
        ("point_card", "住所", '^(【自宅】|お届け先|（自宅）|※|住所：|「|="|〒|\\(|自宅)', 0.006, 0.02),
        ("point_card", "住所", "置き配|宅配|様方|階）|角部屋|裏口|実家", 0.005, 0.025),
        ("point_card", "住所", "局私書箱[0-9]+号", 0.0002, 0.003),
        ("point_card", "住所", "(浦和|大宮|与野|岩槻)市|郡(土居|土佐山田|常葉|保原|水口|氷上|園部)町", 0.0001, 0.01),
    ],
)
def test_slips_of_spelling(
    demo: Demo, clean: Demo, system: str, column: str, pattern: str, least: float, most: float
) -> None:
    """There, at about their rate, and not there without noise (but for names that are like that)."""
    found = often(cells(demo, system, column), pattern)
    assert least < found < most
    assert often(cells(clean, system, column), pattern) < found


def test_names_from_abroad_in_any_order(clean: Demo) -> None:
    """Three and four words, the given name first or last, two scripts in a cell, 通称 in brackets: habits."""
    card = clean.sources["credit_card"]
    names = card.filter(pl.col("full_name").str.contains("[A-Z]"))
    assert often(names["full_name"], "^[A-Za-z]+[ \u3000][A-Za-z]+[ \u3000][A-Za-z]+") > 0.2
    assert names["full_name"].str.contains(r"\p{Han} ?[A-Z]{2}|[ァ-ヴ] [A-Z]{2}").any()
    assert clean.sources["point_card"]["氏名"].str.contains("（\\p{Han}+）$").any()


def test_former_family_names_stand_beside_today(demo: Demo) -> None:
    assert often(cells(demo, "point_card", "氏名"), "（旧姓") > 0.001
    kept = demo.world.people.frame.filter(pl.col("family_since") > -(10**6), pl.col("kind") == "person")
    assert kept.height > 20
    assert (kept["family_since"] < kept["family_day"]).all()


def test_homes_differ_in_a_letter_alone(demo: Demo) -> None:
    homes = demo.world.people.homes.filter((pl.col("lot") != "") | (pl.col("lot_behind") != ""))
    number = ["prefecture", "city", "town", "chome", "ban", "go"]
    lots = [*number, "lot", "lot_behind"]
    alike = homes.filter(homes.select(number).is_duplicated() & ~homes.select(lots).is_duplicated())
    assert homes.height > 30
    assert alike.height > 1
    streets = demo.world.people.homes.drop_nulls("street")
    assert streets["city"].str.contains("京都市").all()


def test_records_that_say_very_little(demo: Demo) -> None:
    shop = demo.sources["ec"].drop_nulls("member_id")
    silent = shop.filter(pl.all_horizontal(pl.col("last_name", "first_name", "birthdate", "last_name_kana").is_null()))
    assert silent.height / shop.height == pytest.approx(RATES.silent + RATES.only_mail, abs=0.006)
    assert silent["email"].null_count() < silent.height / 10
    named = shop.filter(pl.all_horizontal(pl.col("email", "phone", "street", "zip_code").is_null()))
    assert named.height / shop.height == pytest.approx(RATES.only_name_and_birth, abs=0.004)
    booked = shop.filter((pl.col("first_name") == "") & pl.col("email").is_null() & pl.col("street").is_null())
    assert booked.height / shop.height == pytest.approx(RATES.only_family_and_phone, abs=0.004)
    assert demo.sources["credit_card"]["full_name"].null_count() == 0


def test_shops_stand_in_for_their_customers(demo: Demo) -> None:
    """One number is on the records of more people than a block may hold, and the truth keeps them apart."""
    cells_of = {"point_card": ("会員番号", "電話番号"), "prepaid": ("member_id", "tel"), "ec": ("member_id", "phone")}
    told = pl.concat(
        demo.sources[system].select(system=pl.lit(system), member_id=pl.col(key), phone=pl.col(phone))
        for system, (key, phone) in cells_of.items()
    )
    held = told.filter(pl.col("phone").str.replace_all("[^0-9]", "").str.contains("352000003$"))
    people = held.join(demo.truth, on=["system", "member_id"])["person_id"]
    assert people.n_unique() > 25


@pytest.mark.slow
def test_who_registers_over_and_over() -> None:
    """Forty equal rows with ids of their own, days and points of their own, and one person."""
    demo = generate(100_000, seed=1)
    rows = demo.sources["ec"].drop_nulls("member_id").unique("member_id").filter(pl.col("last_name") != "退会")
    same = rows.columns[1:-2]
    often_ = rows.drop_nulls(["last_name", "email"]).group_by(same).agg(pl.len(), pl.col("member_id"))
    often_ = often_.filter(pl.col("len") >= 20)
    assert often_.height == round(100_000 * SYSTEM_SHARES["ec"] * RATES.registered_often)
    for ids in often_["member_id"]:
        who = demo.truth.filter((pl.col("system") == "ec") & pl.col("member_id").is_in(ids.implode()))["person_id"]
        assert who.n_unique() == 1
        assert len(ids) == 40


def test_members_of_a_household_lend_and_mix_up() -> None:
    """Birth and mobile of another member of the household, the record's own name: the truth is the name's person."""
    demo = generate(20_000, seed=3)
    card = demo.sources["credit_card"].drop_nulls("member_id").unique("member_id")
    truth = demo.truth.filter(system="credit_card").join(demo.people, on="person_id")
    rows = card.join(truth, on="member_id")
    mates = demo.people.select("household_id", mate="person_id", theirs=pl.col("birth").cast(pl.String))
    wrong = rows.filter(pl.col("date_of_birth") != pl.col("birth").cast(pl.String)).join(mates, on="household_id")
    taken = wrong.filter((pl.col("mate") != pl.col("person_id")) & (pl.col("theirs") == pl.col("date_of_birth")))
    assert taken["member_id"].n_unique() >= 3


def test_drawn_and_put() -> None:
    rng = np.random.default_rng(5)
    first, none, second = drawn(rng, 10_000, [0.3, 0.0, 0.9])
    assert none.size == 0
    assert first.size + second.size == 10_000
    assert not set(first) & set(second)
    frame = pl.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert put(frame, np.array([1]), a=pl.lit(None), b=pl.Series([7])).rows() == [("x", 1), (None, 7)]
    assert put(frame, np.array([], dtype=np.int64), a=pl.lit("z")) is frame

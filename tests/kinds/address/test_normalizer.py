"""Addresses: the case table, agreement of spellings, promises for any text."""

import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.japanese.places import cities, towns
from oneid.kinds.address.normalizer import address, address_parts
from paths import cases
from strategies import thorough

CASES = cases("address")
PARTS = ("prefecture", "city", "town", "koaza", "block", "building", "room")
COLUMNS = ["normalized", "display", "reason", *PARTS]

PLACES = st.sampled_from(
    towns().filter(pl.col("town") != "").sample(400, seed=5).select("prefecture", "city", "town").rows()
)
PIECES = st.sampled_from([
    "東京都", "府中市", "新宿区", "西新宿", "札幌市西区", "京都市上京区", "堀川通寺之内上る", "大字", "字", "甲",
    "二丁目", "8番", "番地", "の", "-", "ー", "1", "号", "号室", "203", "階", "F", "コーポ富士", "ビル", "A棟", "第",
    " ", "　", "、", "〒160-0023", "24-2-2", "条", "線", "地割", "町", "(", ")", "・", "ヶ", "龍", "無番地", "なし",
])  # fmt: skip
ANY_TEXT = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=9).map("".join))
NUMBERS = st.tuples(st.integers(1, 60), st.integers(1, 99), st.integers(1, 99))


def one(text, postcode=None):
    codes = None if postcode is None else pl.Series([postcode])
    return address(pl.Series([text], dtype=pl.String), codes).row(0, named=True)


@pytest.fixture(scope="module")
def answers():
    texts = pl.Series([case["raw"] for case in CASES], dtype=pl.String)
    return address(texts, pl.Series([case.get("postcode") for case in CASES], dtype=pl.String)).to_dicts()


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["raw"] for case in CASES])
def test_case(number, answers):
    """Every row of tests/kinds/address/cases/address.yaml; a column that it does not name is null."""
    case, got = CASES[number], answers[number]
    assert {name: got[name] for name in (*PARTS, "reason")} == {name: case.get(name) for name in (*PARTS, "reason")}


def test_the_case_table_is_large_and_has_no_row_twice():
    """At least 300 rows, each (text, postcode) once."""
    assert len(CASES) >= 300
    assert len({(case["raw"], case.get("postcode")) for case in CASES}) == len(CASES)


def test_columns_and_types():
    """The contract of normalizers, also for no rows and for a column of nulls."""
    for values in (pl.Series([], dtype=pl.String), pl.Series([None, None]), pl.Series(["東京都新宿区西新宿2-8-1"])):
        frame = address(values)
        assert frame.columns == COLUMNS
        assert set(frame.dtypes) == {pl.String}
        assert frame.height == len(values)


def test_normalized_is_one_readable_line():
    """Place, block, building and room; a room that follows a digit is set off."""
    assert one("港区六本木６丁目１０−１ 六本木ヒルズ 森タワー 23F", "1060032")["normalized"] == (
        "東京都港区六本木 6-10-1 六本木ヒルズ森タワー23階"
    )
    assert one("愛知県豊橋市東田町1-2-3 県営団地3-204")["normalized"] == "愛知県豊橋市東田町 1-2-3 県営団地3-204号室"
    assert one("岩手県盛岡市上田字上堤頭１２３")["normalized"] == "岩手県盛岡市上田字上堤頭 123"
    assert one("府中市1-1")["normalized"] == "府中市 1-1"


def test_display_keeps_the_kanji():
    """Width and blanks are mended, variants stay."""
    assert one(" 茨城県龍ヶ崎市　３７１０番地 ")["display"] == "茨城県龍ヶ崎市 3710番地"


def test_nothing_but_the_postcode_of_a_missing_address_is_missing():
    """A postcode never makes an address of null or of a placeholder."""
    assert one(None, "1600023")["reason"] == "missing"
    assert one("不明", "1600023")["reason"] == "placeholder"
    assert one("", "1600023")["normalized"] is None


def test_text_wins_over_the_postcode():
    """A postcode of another place changes nothing."""
    text = "東京都新宿区歌舞伎町1-4-1"
    assert one(text, "2310021") == one(text)


def test_parts_are_the_same_as_one_text():
    """Whatever a system puts into which part, and whichever parts it lacks."""
    whole = address(pl.Series(["秋田県大館市大田面5-25-1 コーポ桜203"])).drop("display")
    columns = (["秋田県"], ["大館市"], ["大字大田面"], ["5-25-1"], ["コーポ桜-203"])
    split = address_parts(*(pl.Series(column) for column in columns)).drop("display")
    assert split.equals(whole)
    two = address_parts(
        None, pl.Series(["秋田県大館市"]), None, pl.Series(["大田面５－２５－１"]), pl.Series(["コーポ桜203号"])
    )
    assert two.drop("display").equals(whole)
    assert address_parts(None, pl.Series([None], dtype=pl.String), None, None, None)["reason"].to_list() == ["missing"]
    code = pl.Series(["1600023"])
    assert address_parts(None, None, None, pl.Series(["2-8-1"]), None, postcode=code)["town"].to_list() == ["西新宿"]
    with pytest.raises(ValueError, match="no part"):
        address_parts(None, None, None, None, None)


def test_rows_do_not_touch_each_other(monkeypatch):
    """Chunking changes nothing; neither does the order of the rows."""
    texts = pl.Series([case["raw"] for case in CASES], dtype=pl.String)
    codes = pl.Series([case.get("postcode") for case in CASES], dtype=pl.String)
    whole = address(texts, codes)
    monkeypatch.setattr(sys.modules["oneid.kinds.address.normalizer"], "_CHUNK", 150)
    assert address(texts, codes).equals(whole)
    assert address(texts.reverse(), codes.reverse()).equals(whole.reverse())


def test_nearly_every_town_of_the_table_is_found():
    """Prefecture, city, town and a number: all parts come back, for at least 999 of 1,000 towns of the whole table."""
    table = towns().filter(pl.col("town") != "").select("prefecture", "city", "town").unique(maintain_order=True)
    got = address(table.select(pl.concat_str(pl.all(), pl.lit(" 12-3"))).to_series())
    same = (
        (got["city"] == table["city"])
        & (got["prefecture"] == table["prefecture"])
        & (got["town"].str.strip_prefix("大字") == table["town"].str.strip_prefix("大字"))
        & (got["block"] == "12-3")
    )
    assert same.fill_null(value=False).mean() > 0.999


def test_a_city_without_its_prefecture_is_never_put_into_a_wrong_one():
    """Each city by its bare name, without 郡: its own prefecture, or none."""
    table = cities().with_columns(pl.col("city").str.replace("^.+?郡(.+[町村])$", "${1}").alias("bare"))
    got = address(table["bare"])
    assert got["city"].null_count() == 0
    wrong = got["prefecture"].is_not_null() & (got["prefecture"] != table["prefecture"])
    assert table.filter(wrong)["bare"].to_list() == []


@settings(deadline=None, max_examples=thorough(60))
@given(PLACES, NUMBERS, st.sampled_from(["", " コーポ富士108", " 203号室"]))
def test_spellings_of_one_address_meet(place, numbers, tail):
    """Counters, hyphens, width, blanks, 大字 and where the text comes from: one normalized form."""
    prefecture, city, town = place
    a, b, c = numbers
    spellings = [
        f"{prefecture}{city}{town}{a}丁目{b}番{c}号{tail}",
        f"{prefecture}{city}{town}{a}-{b}-{c}{tail}",
        f"{prefecture} {city}　{town} {a}丁目{b}-{c}{tail}",
        f"{prefecture}{city}大字{town}{a}－{b}ー{c}{tail}",
        f"{prefecture}{city}{town}{a}の{b}の{c}{tail}".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]
    assert address(pl.Series(spellings))["normalized"].n_unique() == 1


KOAZA = st.sampled_from(["", "", "字上堤頭", "甲", "字イサノ", "第23地割", "6番町", "小字ビル下"])
BLOCKS = st.sampled_from([
    "{a}-{b}-{c}", "{a}丁目{b}番{c}号", "{a}-{b}", "{a}番地", "{a}番地の{b}", "二丁目{b}番", "{a}-{b}-{c}-{r}",
    "{L}-{b}-{r}", "{a}丁目{b}番地-{r}", "{a}",
])  # fmt: skip
TAILS = st.sampled_from([
    "", " コーポ富士{r}", " コーポ富士 {r}", "-{r}号室", " 森タワー{a}F", " 森タワー{a}階{r}", " 県営団地{a}-{r}",
    " A棟{r}", " {r}", " {a}F", " B1F", " 田中様方", " Grand Maison {r}", " コスモ{a}", " メゾン・ド・{a}",
    "(田中ビル{a}階)", " 3号館",
])  # fmt: skip


@settings(deadline=None, max_examples=thorough(8))
@given(st.lists(st.tuples(PLACES, KOAZA, BLOCKS, TAILS, NUMBERS, st.integers(101, 1500)), min_size=30, max_size=60))
def test_normalized_is_a_fixed_point(rows):
    """Feeding ``normalized`` back gives the same again, and the same parts."""
    texts = [
        "".join((*place, koaza, block, tail)).format(a=a, b=b, c=c, r=room, L=a + 60)
        for place, koaza, block, tail, (a, b, c), room in rows
    ]
    first = address(pl.Series(texts)).drop("display")
    assert first["normalized"].null_count() == 0
    assert address(first["normalized"]).drop("display").equals(first)


@settings(deadline=None, max_examples=thorough(8))
@given(st.lists(ANY_TEXT, min_size=20, max_size=60))
def test_any_text(texts):
    """One of the reasons, and no parts where nothing is usable."""
    frame = address(pl.Series(texts, dtype=pl.String))
    assert set(frame["reason"].drop_nulls()) <= {"missing", "placeholder", "no_place"}
    assert frame.filter(pl.col("normalized").is_null()).select(PARTS).null_count().sum_horizontal().sum() == (
        len(PARTS) * frame["normalized"].null_count()
    )

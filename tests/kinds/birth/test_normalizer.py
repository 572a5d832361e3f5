"""Births: what the column decides, parts in columns of their own, and dates that are too frequent to be true."""

from __future__ import annotations

import datetime
from calendar import month_abbr, month_name

import polars as pl
import pytest

from oneid.kinds.birth.normalizer import ERAS, birth, birth_by, birth_parts, read_dates

LATEST = datetime.date(2026, 12, 31)


def normal(*texts):
    return birth(pl.Series(texts, dtype=pl.String), LATEST)["normalized"].to_list()


def spread(count: int, begin: datetime.date = datetime.date(1950, 1, 2)) -> list[str]:
    """``count`` different dates, 37 days apart."""
    return [(begin + datetime.timedelta(days=37 * step)).isoformat() for step in range(count)]


def test_columns():
    """The extras have the promised types and are null where unknown."""
    made = birth(pl.Series(["1980-03-07", "1980-03", "3月7日", "佐藤", None]), LATEST)
    assert made.schema == pl.Schema(
        {
            "normalized": pl.String,
            "display": pl.String,
            "reason": pl.String,
            "year": pl.Int16,
            "month": pl.Int8,
            "day": pl.Int8,
        }
    )
    assert made.select("year", "month", "day").rows() == [
        (1980, 3, 7), (1980, 3, None), (None, 3, 7), (None, None, None), (None, None, None),
    ]  # fmt: skip


def test_days_of_every_era():
    """Days since 1873, and the first and last of each era, read in its era's letters are those days."""
    days = pl.date_range(datetime.date(1873, 1, 1), LATEST, "17d", eager=True).to_list()
    days += [datetime.date.fromisoformat(str(edge)) for _, *edges in ERAS.values() for edge in edges]
    days = [day for day in days if datetime.date(1873, 1, 1) <= day <= LATEST and day != datetime.date(1899, 12, 31)]
    texts = []
    for day in days:
        number = day.year * 10000 + day.month * 100 + day.day
        texts += [
            f"{letter.upper()}{day.year - first_year + 1}.{day.month}.{day.day}"
            for letter, (first_year, first, last) in ERAS.items()
            if first <= number <= last
        ]
    assert normal(*texts) == [day.isoformat() for day in days]


def test_latest():
    """A date after the last day in range is refused; by default that is the end of this year."""
    assert birth(pl.Series(["2020-01-02"]), datetime.date(2020, 1, 1))["reason"].to_list() == ["out_of_range"]
    today = datetime.date.today()
    assert birth(pl.Series([today.isoformat()]))["normalized"].to_list() == [today.isoformat()]
    assert birth(pl.Series([f"{today.year + 1}-01-01"]))["reason"].to_list() == ["out_of_range"]


def test_frequent_dates_are_placeholders():
    """A date that stands out by far falls in all its spellings; the same count in a small column does not."""
    column = [*spread(400), *["1970-01-01"] * 8, "S45.1.1", "昭和45年1月1日"]
    made = birth(pl.Series(column), LATEST)
    assert made["reason"].to_list() == [None] * 400 + ["placeholder"] * 10
    small = birth(pl.Series([*spread(50), *["1970-01-01"] * 10]), LATEST)
    assert small["reason"].null_count() == 60


def test_frequent_needs_both_bounds():
    """Eight times is never too often (one person's duplicates), and a day is measured against its own neighbourhood."""
    assert birth(pl.Series([*spread(400), *["1970-01-01"] * 8]), LATEST)["reason"].null_count() == 408
    crowd = [datetime.date(1979, 1, 2) + datetime.timedelta(days=step) for step in range(720)]
    crowded = [day.isoformat() for day in crowd for _ in range(3)]
    assert birth(pl.Series([*crowded, *["1980-01-01"] * 10]), LATEST)["reason"].null_count() == len(crowded) + 10
    assert birth(pl.Series([*crowded, *["1980-01-01"] * 40]), LATEST)["reason"].drop_nulls().unique().to_list() == [
        "placeholder"
    ]


def test_order_of_day_and_month_is_the_columns():
    """One proof decides for all; a proof of the contrary undecides; a value with one reading keeps it."""
    assert normal("3/7/1980", "12/31/1999") == ["1980-03-07", "1999-12-31"]
    assert normal("3/7/1980", "31/12/1999") == ["1980-07-03", "1999-12-31"]
    assert normal("3/7/1980", "31/12/1999", "12/31/1999") == [None, "1999-12-31", "1999-12-31"]
    assert normal("3/7/1980", "5/5/1999") == [None, "1999-05-05"]


def test_era_digits_are_the_columns():
    """The coding that makes more records real dates wins, counted over records, not over distinct values."""
    assert normal("3550307", "4010108", "5010501") == ["1980-03-07", "1989-01-08", "2019-05-01"]
    assert normal("5550307", "7010108", "9010501") == ["1980-03-07", "1989-01-08", "2019-05-01"]
    assert normal("3100307") == [None]
    assert normal("3100307", "7010108", "7010108", "4010108") == ["1921-03-07", "1989-01-08", "1989-01-08", None]


def test_spreadsheet_numbers_need_a_whole_column():
    """One other date in the column, and a bare number is no date."""
    assert normal("29287", "46387", None, "不明") == ["1980-03-07", "2026-12-31", None, None]
    assert normal("29287", "1980-03-07") == [None, "1980-03-07"]
    assert birth(pl.Series(["47900"]), LATEST)["reason"].to_list() == ["not_a_date"]


def test_parts():
    """Year, month and day in columns of their own, any of them missing or unusable."""
    year = pl.Series(["1980", "S55", "昭和55年", None, "55", "不明", None, "1980.0", "1980", "1980"])
    month = pl.Series(["3", "03月", "３", "3", "1", "13", None, "3.0", "0", None])
    day = pl.Series(["7", None, "7日", "7", "1", None, None, "07", "7", "7"])
    made = birth_parts(year, month, day, LATEST)
    assert made["display"].to_list() == [
        "1980-03-07", "1980-03", "1980-03-07", "--03-07", "55-1-1", "不明-13", None, "1980-03-07", "1980", "1980",
    ]  # fmt: skip
    assert made["reason"].to_list() == [
        None, "partial", None, "partial", "ambiguous", "impossible_date", "missing", None, "partial", "partial",
    ]  # fmt: skip
    assert made["day"].to_list()[-1] == 7


def test_parts_may_lack_columns():
    """A column that a source does not have is None."""
    made = birth_parts(pl.Series(["1980", None, "不明"]), None, None, LATEST)
    assert made["display"].to_list() == ["1980", None, "不明"]
    assert made["reason"].to_list() == ["partial", "missing", "placeholder"]
    assert birth_parts(None, pl.Series(["3"]), None, LATEST)["display"].to_list() == ["--03"]
    assert birth_parts(None, None, None).is_empty()


@pytest.mark.parametrize("text", ["1900-01-01", "1800-05-05", "2099-12-31", "1700-01-01"])
def test_other_dates_know_no_sham(text):
    """Dates that are no births may be any day, however frequent."""
    made = read_dates(pl.Series([text, *spread(300), *[text] * 30]))
    assert made["normalized"].to_list()[0] == text
    assert made["reason"].null_count() == 331


def test_plain_spellings_are_read_as_all_others():
    """The three plainest spellings give what the careful way gives for the same text, at every edge of the range."""
    texts = [
        "1980-03-07", "1980/3/7", "19800307", "1873-01-01", "1872-12-31", "2026-12-31", "2027-01-01", "1900-01-01",
        "1904/1/1", "1979-02-29", "19800230", "1980-3-99", "20991231", "1980/00/00", "18991231",
    ]  # fmt: skip
    alone = birth(pl.Series(texts), LATEST)
    padded = birth(pl.Series([f"生年月日 {text}" for text in texts]), LATEST)
    columns = ["normalized", "reason", "year", "month", "day"]
    assert alone.select(columns).equals(padded.select(columns))
    assert alone["reason"].null_count() == 5


def test_eras_that_run_on():
    """Three dates past the end are a habit, two are slips, and one date of the next era speaks against the habit."""
    assert normal("S65.1.1", "S66.1.2", "S67.1.3", "S55.3.7") == [
        "1990-01-01", "1991-01-02", "1992-01-03", "1980-03-07",
    ]  # fmt: skip
    assert normal("S65.1.1", "S66.1.2", "S55.3.7") == [None, None, "1980-03-07"]
    assert normal("S65.1.1", "S66.1.2", "S67.1.3", "H2.3.7") == [None, None, None, "1990-03-07"]
    assert normal("S65.2.30", "S66.1.2", "S67.1.3", "S68.1.1") == [None, "1991-01-02", "1992-01-03", "1993-01-01"]
    assert normal("M1.1.1", "T1.1.1", "S1.1.1") == [None, None, None]


def test_digits_in_a_row_need_witnesses():
    """Six digits are years, months and days, and five are day numbers among dates, if ten values say so."""
    six = ["800307", "551231", "610115", "720229", "481103", "990930", "450812", "880808", "691224", "770707"]
    assert normal(*six)[0] == "1980-03-07"
    assert normal(*six[:9]) == [None] * 9
    assert normal(*six, "1980-03-07")[0] is None
    assert normal(*six, "S55.3.7") == [*[None] * 10, "1980-03-07"]
    serials = [str(20000 + 1000 * step) for step in range(10)]
    assert normal("1980-03-07", *serials).count(None) == 0
    assert normal("1980-03-07", *serials[:9]).count(None) == 9
    assert normal("1980-03-07", *serials, "99999").count(None) == 11
    assert normal("1980-03-07", *(f"{serial}.25" for serial in serials))[1:] == normal(*serials)
    later = [birth_by(pl.Series(["29287"]), birth_by(pl.Series(column))[1])[0]["normalized"][0] for column in (
        ["S55.3.7"], ["29288"], [None],
    )]  # fmt: skip
    assert later == [None, "1980-03-07", None]  # a column shows nothing where there is no such number


def test_digits_in_a_row_at_their_edges():
    """A month above 12 or a day above 31 is no date, a zero may be one that is not known; of years up to 64 all may be
    of an era; day numbers end in 2030.
    """
    of_an_era = [f"{year}0307" for year in range(55, 65)]
    assert normal(*of_an_era) == [None] * 10
    assert normal(*of_an_era[:9], "650307") == [f"19{year}-03-07" for year in [*range(55, 64), 65]]
    assert normal(*of_an_era, "651231", "10203")[-2:] == ["1965-12-31", "2001-02-03"]
    for read in ("720031", "721200"):
        assert normal(*of_an_era, "650307", read) == [*(f"19{year}-03-07" for year in range(55, 66)), None]
    for unread in ("721301", "720132"):
        assert normal(*of_an_era, "650307", unread) == [None] * 12
    serials = [str(20000 + 1000 * step) for step in range(9)]
    assert normal("1980-03-07", *serials, "47847").count(None) == 1
    assert normal("1980-03-07", *serials, "47848").count(None) == 10
    assert normal("1980-03-07", *serials, "10000").count(None) == 0
    assert normal("1980-03-07", *serials, "09999").count(None) == 10
    assert normal("10000", "49999")[0] == "1927-05-18"
    assert normal("10000", "50000") == [None, None]


def test_which_side_of_a_short_date_is_the_year():
    """Above 31 it is a year, above 64 one of no era; what stands last must be one in every value."""
    assert normal("5-3-7", "64-3-7") == [None, None]
    assert normal("65-3-7", "55-3-7", "31-12-7", "7-3-5") == ["1965-03-07", "1955-03-07", "1931-12-07", None]
    assert normal("65-3-7", "3-7-31") == ["1965-03-07", None]
    assert normal("65-3-7", "3-7-32") == [None, None]
    assert normal("3-7-65", "25-12-32") == ["1965-07-03", "1932-12-25"]
    assert normal("3-7-65", "31-7-32") == ["1965-07-03", "1932-07-31"]
    assert normal("3-7-65", "32-7-32") == [None, None]
    assert normal("3-13-65", "25-12-31") == [None, None]
    assert normal("3-13-64") == [None]


def test_the_order_of_day_and_month_at_its_edges():
    """13 is no month, 12 is one; what is no date in either order proves nothing."""
    assert normal("12/3/1980", "2/5/1981") == [None, None]
    assert normal("13/3/1980", "2/5/1981") == ["1980-03-13", "1981-05-02"]
    assert normal("3/13/1980", "2/5/1981") == ["1980-03-13", "1981-02-05"]
    assert normal("13/13/1980", "2/5/1981") == [None, None]
    assert normal("13/13/1980", "2/5/1981", "1/13/1980") == [None, "1981-02-05", "1980-01-13"]
    assert normal("13/13/1980", "2/5/1981", "13/1/1980") == [None, "1981-05-02", "1980-01-13"]


def test_days_without_a_year_need_witnesses():
    """Ten different values that can be but a day and a month, or a month and a day, tell it for all."""
    days = [f"{day}-3" for day in range(13, 23)]

    def read(*texts):
        return birth(pl.Series(texts, dtype=pl.String), LATEST)["display"].to_list()

    assert read(*days, "4-7")[::10] == ["--03-13", "--07-04"]
    assert read(*(f"3-{day}" for day in range(13, 23)), "4-7")[::10] == ["--03-13", "--04-07"]
    assert read(*days, "12-7", "31-12")[-2:] == ["--07-12", "--12-31"]
    for undecided in ([*days[1:], "12-3"], [*days[1:], days[1]], [*days, "3-13"], [*days, "32-3"], [*days, "0-3"]):
        assert read(*undecided, "4-7")[-1] == "4-7"


def test_months_by_their_english_names():
    """In full and by three letters, whatever the case."""
    texts = [f"5 {name} 1980" for month in range(1, 13) for name in (month_name[month], month_abbr[month].upper())]
    assert normal(*texts) == [f"1980-{month:02}-05" for month in range(1, 13) for _ in range(2)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("1948-05-02", "1948-09-11"),
        ("1949-04-03", "1949-09-10"),
        ("1950-05-07", "1950-09-09"),
        ("1951-05-06", "1951-09-08"),
    ],
)
def test_midnight_in_summer_time(first, last):
    """Fourteen o'clock of the day before, from the night after it began to the night in which it ended."""
    for text, within in ((first, (False, True, True)), (last, (True, True, False))):
        days = [datetime.date.fromisoformat(text) + datetime.timedelta(days=step) for step in (-1, 0, 1)]
        assert normal(*(f"{day}T14:00:00Z" for day in days)) == [
            (day + datetime.timedelta(days=summer)).isoformat() for day, summer in zip(days, within, strict=True)
        ]


def test_centuries_of_two_digit_years():
    """Where both centuries fit a living person the year stays open; dates that are no births are of our time."""
    years = birth(pl.Series([f"'{year:02}/3/7" for year in range(100)]), LATEST)["year"].to_list()
    assert years == [None if 16 <= year <= 26 else 2000 + year if year < 16 else 1900 + year for year in range(100)]
    assert read_dates(pl.Series(["'19/5/1", "'98/5/1"]))["normalized"].to_list() == ["2019-05-01", "1998-05-01"]


def test_other_dates_of_other_zones():
    """A day as a member is the day it was in Japan."""
    moments = ["2023-12-23T20:00:00Z", "2023-12-23T14:59:59Z", "2023-12-31T15:00:00Z", "2023-12-24T00:30:00+12:00"]
    assert read_dates(pl.Series(moments))["normalized"].to_list() == [
        "2023-12-24", "2023-12-23", "2024-01-01", "2023-12-23",
    ]  # fmt: skip

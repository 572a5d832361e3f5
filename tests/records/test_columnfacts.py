"""What a run learns from whole columns: kept, a row alone is read as among all others."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import loaded
from oneid.demo import generate
from oneid.engines.local import LocalEngine
from oneid.japanese.eras import Span
from oneid.kinds.birth.normalizer import DateColumn, birth, birth_by, birth_parts, birth_parts_by, dates_by
from oneid.kinds.holders import HEARD, Borne, Holders
from oneid.kinds.name.together import families
from oneid.kinds.sex.normalizer import sex, sex_by
from oneid.pairs.columns import Columns, block_keys, borne, columns_of, held
from oneid.records.columnfacts import Learned
from oneid.records.features import Normalized, normalize_source
from oneid.records.together import combine
from oneid.settings.config import Config
from oneid.settings.configfile import load
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError
from strategies import thorough

ENGINE = LocalEngine(1)
FEW = settings(max_examples=thorough(6), deadline=None, suppress_health_check=[HealthCheck.too_slow])

# columns of dates that decide something, and what the first value is among the others and alone
COLUMNS = {
    "day first": (["3/7/1980", "31/7/1980"], "1980-07-03", None),
    "month first": (["3/7/1980", "7/31/1980"], "1980-03-07", None),
    "serials": ([str(29287 + step) for step in range(10)] + ["1980-01-05"] * 3, "1980-03-07", "1980-03-07"),
    "six digits": ([f"{year}0307" for year in range(60, 75)], "1960-03-07", None),
    "short year": (["55/3/7", "80/3/7"], "1955-03-07", None),
    "short year last": (["3/7/55", "13/7/80"], "1955-07-03", None),
    "claims": (["3100305", "3550307"], "1935-03-05", None),
    "pension": (["3100305", "5550307"], "1921-03-05", None),
    "tie": (["3100305", "4010305", "7010305"], None, None),
    "run on": (["昭和65年3月7日", "昭和66年3月7日", "昭和70年3月7日"], "1990-03-07", None),
    "no year": (["3/7", *(f"{month}/{month + 12}" for month in range(1, 13))], None, None),
    "slip": (["昭和65年3月7日", "平成2年3月7日"], None, None),
}


def spread(count: int) -> list[str]:
    """Different plain days."""
    first = datetime.date(1950, 1, 2)
    return [(first + datetime.timedelta(days=37 * step)).isoformat() for step in range(count)]


@pytest.mark.parametrize("name", COLUMNS)
def test_decisions_of_dates_are_kept(name: str) -> None:
    """What the column decided holds for a value that comes alone."""
    texts, among, _ = COLUMNS[name]
    whole, column = birth_by(pl.Series(texts))
    assert whole["normalized"][0] == among
    for at, text in enumerate(texts):
        made, same = birth_by(pl.Series([text]), column)
        assert made.equals(whole[[at]])
        assert same == column


@pytest.mark.parametrize("name", [name for name, (_, among, alone) in COLUMNS.items() if among != alone])
def test_the_columns_decide(name: str) -> None:
    """The cases are such that a value alone would be read otherwise."""
    texts, _, alone = COLUMNS[name]
    assert birth(pl.Series(texts[:1]))["normalized"].to_list() == [alone]


def test_frequent_days_are_kept() -> None:
    """A day that too many have is a placeholder in a column of one row, too, in texts and in parts."""
    days = [*spread(300), *["1985-06-15"] * 40]
    column = birth_by(pl.Series(days))[1]
    assert column.frequent == (datetime.date(1985, 6, 15),)
    assert birth_by(pl.Series(["1985-06-15", "1985/6/16"]), column)[0]["reason"].to_list() == ["placeholder", None]
    parts = [pl.Series([day.split("-")[at] for day in days]) for at in range(3)]
    whole, column = birth_parts_by(*parts)
    assert whole.equals(birth_parts(*parts))
    assert birth_parts_by(*(part[-1:] for part in parts), column=column)[0].equals(whole[-1:])


def test_the_last_day_is_kept() -> None:
    """Births and two-digit years are in range as on the day of learning."""
    column = DateColumn(Span(datetime.date(2020, 12, 31), 2020, births=True))
    made = birth_by(pl.Series(["2020-12-31", "2021-01-01", "'20/1/2", "'21/1/2"]), column)[0]
    assert made["normalized"].to_list() == ["2020-12-31", None, None, "1921-01-02"]


POOL = sorted({text for texts, *_ in COLUMNS.values() for text in texts} | {"", "不明", "1980", "S55.3.7", "0307"})
TEXTS = st.lists(st.sampled_from([*POOL, *spread(5)]) | st.none(), max_size=30)


@st.composite
def some_of(draw: st.DrawFn) -> tuple[pl.Series, list[int]]:
    """A column of date texts, and rows of it in any order."""
    pools = st.one_of(*(st.lists(st.sampled_from(texts), max_size=20) for texts, *_ in COLUMNS.values()))
    texts = draw(TEXTS) + draw(pools)
    rows = draw(st.lists(st.integers(0, len(texts) - 1), max_size=8)) if texts else []
    return pl.Series("value", texts, dtype=pl.String), rows


@given(some_of(), st.sampled_from([birth_by, dates_by]))
@settings(max_examples=thorough(25), deadline=None)
def test_any_rows_of_any_column_of_dates(case, read) -> None:
    """Read by what the whole column decided, they are what they are in it."""
    values, rows = case
    whole, column = read(values)
    assert read(values[rows], column)[0].equals(whole[rows])
    assert read(values[list(range(len(values)))[::-1]])[1] == column


@given(st.lists(st.sampled_from(["0", "1", "01", "2", "男", "女", None]), max_size=60), st.data())
@settings(max_examples=thorough(25), deadline=None)
def test_any_rows_of_any_column_of_sexes(texts, data) -> None:
    """Codes of another list stay refused, or read."""
    values = pl.Series("value", texts, dtype=pl.String)
    whole, refused = sex_by(values)
    assert whole.equals(sex(values))
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5)) if texts else []
    assert sex_by(values[rows], None, refused)[0].equals(whole[rows])


def test_codes_of_another_list_stay_refused() -> None:
    """1 is no man where the column showed 0 and 1 and never a 2."""
    refused = sex_by(pl.Series(["0", "1"] * 20))[1]
    assert refused
    assert sex_by(pl.Series(["1"]), None, refused)[0]["reason"].to_list() == ["ambiguous"]
    assert sex_by(pl.Series(["1"]))[0]["normalized"].to_list() == ["male"]


ODD = {
    "id": "id",
    "since": "since",
    "fields": {
        "name": "name",
        "kana": "kana",
        "sex": "sex",
        "birth": {"year": "y", "month": "m", "day": "d"},
        "phone": ["phone", "phone2"],
        "email": "email",
        **{f"b{at}": {"column": f"b{at}", "kind": "date" if at == 2 else "birth"} for at in range(len(COLUMNS))},
    },
}
"""A source in which every column decides something."""


def odd_rows(size: int = 300) -> pl.DataFrame:
    """Rows of :data:`ODD`."""
    rng = np.random.default_rng(5)
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    given_, days = list("一二三四五六七八九十"), [day.split("-") for day in spread(size)]
    family = [signs[at % 22] + signs[at // 22 % 22] for at in range(size)]
    frame = {
        "id": [f"{at:05}" for at in range(size)],
        "name": [part + " " * (at % 3 == 0) + given_[at % 10] for at, part in enumerate(family)],
        "kana": [None if at % 2 else "キキ タロウ" for at in range(size)],
        "sex": ["01"[at % 2] for at in range(size)],
        "y": ["1985" if at % 6 == 0 else day[0] for at, day in enumerate(days)],
        "m": ["6" if at % 6 == 0 else day[1] for at, day in enumerate(days)],
        "d": ["15" if at % 6 == 0 else day[2] for at, day in enumerate(days)],
        "phone": ["03-1212-3434" if at % 4 == 0 else f"090-{at + 2000}-5678" for at in range(size)],
        "phone2": ["03-1212-3434 / 06-6543-2109" if at % 5 == 0 else None for at in range(size)],
        "email": ["card@shop-b.jp" if at % 4 == 1 else f"m{at}@example.com" for at in range(size)],
        "since": [COLUMNS["day first"][0][at % 2] for at in range(size)],
        **{
            f"b{at}": [texts[number] for number in rng.integers(0, len(texts), size)]
            for at, (texts, *_) in enumerate(COLUMNS.values())
        },
    }
    return pl.DataFrame(frame)


class World:
    """Sources read and normalized as a whole, and what was learned of them."""

    def __init__(self, config: Config, frames: Mapping[str, pl.DataFrame | None]) -> None:
        self.config = config
        self.rows = {name: read_source(config.sources[name], config, frames[name]).frame for name in sorted(frames)}
        self.parts, self.learned = self.normalized(self.rows)
        self.features = combine([part.features for part in self.parts.values()], ENGINE)
        self.columns = columns_of(self.features, ENGINE)
        self.learned = replace(self.learned, borne=borne(self.columns, self.features["source"]))

    def normalized(
        self, rows: Mapping[str, pl.DataFrame], learned: Learned | None = None
    ) -> tuple[dict[str, Normalized], Learned]:
        """The sources' rows normalized, and what is learned then."""
        made = {
            name: normalize_source(frame, self.config.sources[name], ENGINE, (), learned)
            for name, frame in rows.items()
        }
        known = (learned or Learned()).plus(*(part.learned for part in made.values()))
        return made, replace(known, families=families([part.features for part in made.values()], known.families))

    def shuffled(self, seed: int, share: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Row numbers of a share of each source in any order, and their places among all."""
        rng = np.random.default_rng(seed)
        rows, places, before = {}, [], 0
        for name, frame in self.rows.items():
            rows[name] = rng.permutation(frame.height)[: round(share * frame.height)]
            places.append(rows[name] + before)
            before += frame.height
        return rows, np.concatenate(places)


@cache
def world(kind: str) -> World:
    """The demo of 1,000 records, or 300 rows of :data:`ODD`."""
    if kind == "odd":
        return World(loaded({"sources": {"odd": ODD}}), {"odd": odd_rows()})
    with TemporaryDirectory() as folder:
        config = load(generate(records=1000, seed=3).write(Path(folder)))
        return World(config, dict.fromkeys(config.sources))


WORLDS = st.sampled_from(["odd", "demo"])
SHARES = st.sampled_from([0.004, 0.1, 0.7])


@given(WORLDS, st.integers(0, 2**32 - 1), SHARES)
@FEW
def test_any_rows_are_read_as_among_all(kind: str, seed: int, share: float) -> None:
    """Features, values, how many bear a name, and spoken keys: row for row those of the whole, and nothing learned."""
    whole = world(kind)
    rows, places = whole.shuffled(seed, share)
    parts, learned = whole.normalized({name: whole.rows[name][at] for name, at in rows.items()}, whole.learned)
    for name, at in rows.items():
        assert parts[name].values.equals(whole.parts[name].values[at])
    features = combine([part.features for part in parts.values()], ENGINE, learned.families)
    assert features.equals(whole.features[places])
    columns = columns_of(features, ENGINE, learned.borne)
    for count in ("count_kanji", "count_key"):
        assert (getattr(columns.parts["name"], count) == getattr(whole.columns.parts["name"], count)[places]).all()
    assert (spoken(columns, learned, 4) == spoken(whole.columns, whole.learned, 4)[:, places]).all()
    assert learned.digest == whole.learned.digest


def spoken(columns: Columns, learned: Learned, places: int) -> np.ndarray:
    """The keys ``spoken``, one row for each of so many places."""
    keys = block_keys(columns, learned.borne.heard)["spoken"]
    return np.array([*keys, *[np.zeros_like(keys[0])] * (places - len(keys))])


@given(WORLDS, st.integers(0, 2**32 - 1))
@settings(max_examples=2, deadline=None)
def test_the_same_is_learned_in_any_order(kind: str, seed: int) -> None:
    """All rows in another order; but not of fewer rows."""
    whole = world(kind)

    def again(share: float) -> str:
        rows, _ = whole.shuffled(seed, share)
        parts, learned = whole.normalized({name: whole.rows[name][at] for name, at in rows.items()})
        features = combine([part.features for part in parts.values()], ENGINE, learned.families)
        return replace(learned, borne=borne(columns_of(features, ENGINE), features["source"])).digest

    assert again(1.0) == whole.learned.digest
    assert again(0.5) != whole.learned.digest


def test_the_odd_source_teaches() -> None:
    """Every kind of decision is among those of the odd source, so that the properties above mean something."""
    learned = world("odd").learned
    dates = list(learned.decided["dates"].values())
    for decision in ("serials", "six_digits", "short_year", "before_year", "no_year", "coding", "runs_on", "frequent"):
        assert any(getattr(column, decision) for column in dates), decision
    assert any(not column.span.births for column in dates)
    assert list(learned.decided["sexes"].values()) == [True]
    values = {value for found in learned.placeholders.values() for value in found}
    assert {"+81312123434", "card@shop-b.jp"} <= values
    alone = normalize_source(world("odd").rows["odd"][:1], world("odd").config.sources["odd"], ENGINE)
    assert not alone.features.equals(world("odd").parts["odd"].features[:1])


def test_families_split_the_names_of_later_rows() -> None:
    """㐮㐮花子 comes alone, after a run that knew 㐮㐮 太郎."""
    config = loaded({"sources": {"ec": {"id": "id", "fields": {"name": "name"}}}})
    rows = pl.DataFrame({"id": ["1", "2"], "name": ["㐮㐮 太郎", "㐮㐮花子"]})
    whole = World(config, {"ec": rows})
    parts, learned = whole.normalized({"ec": whole.rows["ec"][1:]}, whole.learned)
    found = [part.features for part in parts.values()]
    assert combine(found, ENGINE, learned.families)["family"].to_list() == ["㐮㐮"]
    assert combine(found, ENGINE)["family"].to_list() != ["㐮㐮"]


def test_names_in_kana_sound_where_latin_names_were_seen() -> None:
    """Names in kana have their sounds in a later run that brings no name in Latin letters."""
    config = loaded({"sources": {"ec": {"id": "id", "fields": {"name": "name"}}}})
    rows = pl.DataFrame({"id": ["1", "2"], "name": ["Maria Silva", "マリア シルバ"]})
    whole = World(config, {"ec": rows})
    assert whole.learned.families.latin
    found = [part.features[1:] for part in whole.parts.values()]
    assert combine(found, ENGINE, whole.learned.families).equals(whole.features[1:])
    assert not combine(found, ENGINE).equals(whole.features[1:])


@pytest.mark.parametrize("kind", ["odd", "demo"])
def test_tables_hold_all(kind: str, tmp_path) -> None:
    """Written as Parquet and read again, it is the same; an empty one, too."""
    learned = world(kind).learned
    for one in (learned, Learned()):
        tables = one.tables()
        for name, table in tables.items():
            table.write_parquet(tmp_path / f"{name}.parquet")
        again = Learned.from_tables({name: pl.read_parquet(tmp_path / f"{name}.parquet") for name in tables})
        assert again.digest == one.digest
        assert all(again.decided.get(table, {}) == held for table, held in one.decided.items())
    assert Learned().digest != learned.digest


def test_decisions_that_an_earlier_version_did_not_make() -> None:
    """They are read as it read them: as if the column showed nothing."""
    tables = world("odd").learned.tables()
    old = {**tables, "dates": tables["dates"].drop("no_year")}
    again = Learned.from_tables(old)
    dates = world("odd").learned.decided["dates"]
    assert again.decided["dates"] == {column: replace(held, no_year="") for column, held in dates.items()}


def other_held(borne: Borne, what: str) -> dict[str, Holders]:
    """What is counted, without one thing, or with it where it was not."""
    one = Holders(np.ones(1, np.uint64), np.ones(1, np.uint32))
    held = dict(borne.held)
    return held if held.pop(what, Holders()).codes.size else {**held, what: one}


def test_every_part_is_in_the_digest() -> None:
    """Whatever is learned otherwise changes it."""
    whole = world("odd").learned
    column, dates = next(iter(whole.decided["dates"].items()))
    others = [
        whole.plus(Learned({"dates": {column: replace(dates, runs_on="t")}})),
        replace(whole, decided={**whole.decided, "sexes": {}}),
        replace(whole, placeholders=dict.fromkeys(whole.placeholders, ())),
        replace(whole, families=replace(whole.families, names=whole.families.names[1:])),
        replace(whole, families=replace(whole.families, sources=("odd", "x"))),
        replace(whole, families=replace(whole.families, latin=not whole.families.latin)),
        replace(whole, borne=replace(whole.borne, records=1)),
        replace(whole, borne=replace(whole.borne, held=other_held(whole.borne, HEARD))),
        replace(whole, borne=replace(whole.borne, held={**whole.borne.held, "key": whole.borne.of("kanji")})),
    ]
    assert len({whole.digest, *(one.digest for one in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("dates", lambda frame: None),
        ("sexes", lambda frame: frame.drop("other_codes")),
        ("families", lambda frame: frame.with_columns(kanji=pl.lit(1))),
        ("names", lambda frame: frame.clear()),
        ("names", lambda frame: frame.with_columns(probe=pl.col("probe") + 1)),
    ],
)
def test_tables_of_another_make_are_refused(name: str, change) -> None:
    """A table that is missing, has other columns or types, or counts names by other codes."""
    tables = dict(world("odd").learned.tables())
    changed = change(tables.pop(name))
    with pytest.raises(InputError) as error:
        Learned.from_tables(tables if changed is None else {**tables, name: changed})
    assert error.value.code == "E253"
    assert error.value.hint


def test_a_new_source_is_learned_and_added() -> None:
    """What was learned of one source stays; the other learns from its own rows, and its names count in addition."""
    config = loaded({"sources": {"odd": ODD, "new": {"id": "id", "fields": {"name": "name", "birth": "birth"}}}})
    names = [f"{first} 太郎" for first in ("甲甲", "山川", "山川")]
    rows = pl.DataFrame({"id": ["1", "2", "3"], "name": names, "birth": ["3/7/1980", "31/7/1980", None]})
    old = World(config, {"odd": odd_rows()})
    fresh = read_source(config.sources["new"], config, rows).frame
    parts, learned = old.normalized({"new": fresh}, old.learned)
    assert parts["new"].values["birth"].to_list()[0] == "1980-07-03"
    assert {column.source for column in learned.decided["dates"]} == {"new", "odd"}
    assert {key: learned.decided["dates"][key] for key in old.learned.decided["dates"]} == old.learned.decided["dates"]
    assert learned.families.sources == ("new", "odd")
    assert set(learned.families.names["kanji"]) >= {"山川", *old.learned.families.names["kanji"]}
    features = combine([part.features for part in parts.values()], ENGINE, learned.families)
    columns = columns_of(features, ENGINE, learned.borne)
    counted = borne(columns, features["source"], learned.borne)
    assert counted.records == old.features.height + 3
    assert counted.of("kanji").of(columns.parts["name"].kanji.codes).tolist() == [1, 2, 2]
    both = pl.concat([old.features, features], how="diagonal")
    expected = columns_of(both, ENGINE).parts["name"]
    assert columns.parts["name"].count_kanji.tolist() == expected.count_kanji[-3:].tolist()
    assert borne(columns, features["source"], counted) is counted
    assert normalize_source(fresh[:0], config.sources["new"], ENGINE).learned.digest == Learned().digest


@given(st.lists(st.integers(0, 9), max_size=40), st.lists(st.integers(0, 9), max_size=40))
def test_counting_in_two_goes(first: list[int], second: list[int]) -> None:
    """Is counting in one; what is not known is one record's, what is no code nobody's."""
    a, b = (np.array(codes, dtype=np.uint64) for codes in (first, second))
    whole, parts = Holders().plus(np.concatenate((a, b))), Holders().plus(a).plus(b)
    assert whole.codes.tolist() == parts.codes.tolist()
    assert whole.records.tolist() == parts.records.tolist()
    asked = np.arange(12, dtype=np.uint64)
    expected = [0, *(max(1, [*first, *second].count(code)) for code in range(1, 12))]
    assert whole.of(asked).tolist() == expected


def test_names_are_heard_of_any_source() -> None:
    """Whether a name is known by its sound alone, in any source counted."""
    alone = np.array([1, 0], np.uint64)
    source = pl.Series(["a", "b"])
    assert not Borne().plus(source[1:], {HEARD: [alone[1:]]}).heard
    assert Borne().plus(source[1:], {HEARD: [alone[1:]]}).plus(source, {HEARD: [alone]}).heard


def test_silent_names_meet_names_heard_before() -> None:
    """A row in kanji alone has its spoken keys though no row beside it is in kana alone."""
    config = loaded({"sources": {"ec": {"id": "id", "fields": {"name": "name", "kana": "kana"}}}})
    rows = pl.DataFrame({"id": ["1", "2"], "name": ["佐藤 太郎", None], "kana": [None, "サトウ タロウ"]})
    whole = World(config, {"ec": rows})
    columns = columns_of(whole.features[:1], ENGINE, whole.learned.borne)
    heard = whole.learned.borne.heard
    assert any(key[0] for key in block_keys(columns, heard)["spoken"])
    assert not any(key[0] for key in block_keys(columns)["spoken"])


def test_shared_values_from_outside() -> None:
    """Values that are told to be shared are; nobody looks at the holders."""
    features = world("odd").features[:4]
    open_ = columns_of(features, ENGINE, shared={})
    told = {name: np.unique(places[0][places[0] != 0])[:1] for name, places in held(open_).items()}
    made = columns_of(features, ENGINE, shared=told)
    for name, places in held(open_).items():
        assert [flag.tolist() for flag in made.shared[name]] == [
            np.isin(codes, told[name]).tolist() for codes in places
        ]
        assert not any(flag.any() for flag in open_.shared[name])

"""The demo's world: repeatable, complete, coherent, and as noisy as its rates say."""

from __future__ import annotations

import io
import re
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from oneid.demo import ENCODINGS, Demo, Rates, generate
from oneid.demo.forms import block, phone, wareki
from oneid.demo.naming.names import draw_given, given_names, surnames
from oneid.demo.rates import RECORDS_PER_PERSON, SYSTEM_SHARES
from oneid.demo.slips import PLACEHOLDER_MAILS, PLACEHOLDER_PHONES
from oneid.settings.configfile import load
from oneid.vocabulary.errors import OutputError, UsageError

ID = {name: "会員番号" if name == "point_card" else "member_id" for name in SYSTEM_SHARES}
PLACEHOLDER_BIRTHS = ["1900-01-01", "1970-01-01", "1980-01-01", "2000-01-01"]
RATES = Rates()


@pytest.fixture(scope="module")
def demo() -> Demo:
    return generate(20_000, seed=3)


@pytest.fixture(scope="module")
def written(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    assert demo.write(folder) == folder / "oneid.yaml"
    return folder


def with_truth(demo: Demo, system: str) -> pl.DataFrame:
    """The system's rows with what is true of each person (columns of ``people``)."""
    rows = demo.sources[system].drop_nulls(ID[system]).unique(ID[system], maintain_order=True)
    truth = demo.truth.filter(system=system).join(demo.people, on="person_id")
    return rows.join(truth, left_on=ID[system], right_on="member_id", maintain_order="left", suffix="_true")


def share(values: pl.Series) -> float:
    return float(values.mean())  # type: ignore[arg-type]


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(3000, seed=seed).write(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted([*(f"{name}.csv" for name in SYSTEM_SHARES), "truth.csv", "households.csv", "oneid.yaml"])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "ec.csv").read_bytes() != (tmp_path / "c" / "ec.csv").read_bytes()


def test_truth_has_every_member_once(demo: Demo) -> None:
    assert demo.truth.height == 20_000
    assert not demo.truth.select("system", "member_id").is_duplicated().any()
    for system, rows in demo.sources.items():
        ids = rows[ID[system]].drop_nulls().unique()
        assert set(ids) == set(demo.truth.filter(system=system)["member_id"])


def test_rejects_are_there_to_be_shown(demo: Demo) -> None:
    """Every system has rows without an id, and rows that stand there twice, letter for letter."""
    for system, rows in demo.sources.items():
        expected = round(20_000 * SYSTEM_SHARES[system])
        assert rows[ID[system]].null_count() >= 1
        doubled = rows.filter(rows.is_duplicated() & rows[ID[system]].is_not_null())
        assert doubled.height > 0
        assert rows.drop_nulls(ID[system]).unique().height == rows[ID[system]].drop_nulls().n_unique()
        assert rows.height < expected * 1.005 + 5


def test_sizes(demo: Demo) -> None:
    counts = dict(demo.truth.group_by("system").len().iter_rows())
    for system, part in SYSTEM_SHARES.items():
        assert counts[system] == pytest.approx(20_000 * part, abs=2)
    assert demo.households.height == round(20_000 / RECORDS_PER_PERSON)
    per_person = demo.truth.group_by("person_id", "system").len()["len"]
    assert 1 - per_person.len() / 20_000 == pytest.approx(RATES.further_card, abs=0.005)
    assert per_person.max() >= 3


def test_files_are_as_promised(demo: Demo, written: Path) -> None:
    """Encodings, line ends and cells; nothing else is left in the folder."""
    assert not [path for path in written.iterdir() if path.name.startswith(".")]
    assert (written / "prepaid.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in (written / "point_card.csv").read_bytes()
    for name, frame in {**demo.sources, "truth": demo.truth.cast(pl.String)}.items():
        text = (written / f"{name}.csv").read_bytes().decode(ENCODINGS.get(name, "utf-8"))
        assert not text.startswith("\ufeff")
        assert pl.read_csv(io.StringIO(text), infer_schema=False).equals(frame)


def test_config_names_columns_that_exist(demo: Demo, written: Path) -> None:
    raw = yaml.safe_load((written / "oneid.yaml").read_text(encoding="utf-8"))
    assert set(raw) == {"version", "sources", "rules"}
    config = load(written / "oneid.yaml")
    assert config.rules == "jp-members"
    assert list(config.sources) == list(SYSTEM_SHARES)
    for name, source in config.sources.items():
        assert set(source.columns) <= set(demo.sources[name].columns)
        assert source.path == f"{name}.csv"
        assert (written / source.path).is_file()


def test_unusable_arguments(demo: Demo, tmp_path: Path) -> None:
    for arguments in ({"records": 99}, {"seed": -1}, {"noise": -0.1}, {"noise": float("nan")}):
        with pytest.raises(UsageError, match="E424"):
            generate(**arguments)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="E321"):
        demo.write(tmp_path / "file" / "folder")


def test_the_smallest_world() -> None:
    small = generate(100, seed=0)
    assert small.truth.height == 100
    assert all(rows.height > 10 for rows in small.sources.values())


@pytest.mark.parametrize(
    ("system", "column", "field"),
    [
        ("point_card", "氏名", "point_card.name"),
        ("point_card", "フリガナ", "point_card.kana"),
        ("point_card", "郵便番号", "point_card.postcode"),
        ("credit_card", "email", "credit_card.email"),
        ("prepaid", "kana_mei", "prepaid.given"),
        ("prepaid", "mail", "prepaid.email"),
        ("mail_list", "zip", "mail_list.postcode"),
        ("ec", "birthdate", "ec.birth"),
    ],
)
def test_missing_cells(demo: Demo, system: str, column: str, field: str) -> None:
    missing = demo.sources[system][column].is_null()
    assert share(missing) == pytest.approx(RATES.missing[field], abs=0.025)


def test_rates_of_mistakes(demo: Demo) -> None:
    """Placeholders, tags, swapped names, kana and births that are not the person's."""
    card = with_truth(demo, "credit_card")
    person = card["kind"] == "person"
    digits = (
        card["mobile_phone"]
        .str.replace_many(list("０１２３４５６７８９"), list("0123456789"))
        .str.replace_all("[^0-9]", "")
    )
    assert share(digits.is_in(PLACEHOLDER_PHONES)) == pytest.approx(RATES.phone_placeholder, abs=0.006)
    births = card["date_of_birth"]
    assert share(births.is_in(PLACEHOLDER_BIRTHS)) == pytest.approx(RATES.birth_placeholder, abs=0.006)
    wrong = (births != card["birth"].cast(pl.String)) & births.is_not_null()
    every = RATES.birth_placeholder + RATES.birth_digit + 12 / 30 * RATES.birth_swapped
    assert share(wrong) == pytest.approx(every, abs=0.01)
    swapped = card["full_name_kana"].str.split("\u3000").list.first().str.split(" ").list.first() == card["given_kana"]
    assert share(swapped.filter(person)) == pytest.approx(RATES.swapped_name, abs=0.006)
    shop = with_truth(demo, "ec").filter(kind="person")
    plain = shop["first_name_kana"].str.contains("^[ァ-ヴー]+$")
    off = shop.filter(plain & ~pl.Series(shop["first_name_kana"].is_in(["カイイン"])))
    given_off = off["first_name_kana"] != off["given_kana"]
    every = RATES.kana_slip / 2 * 0.8 + RATES.wrong_reading / 2 * 0.5 + RATES.swapped_name
    assert share(given_off) == pytest.approx(every, abs=0.012)
    news = demo.sources["mail_list"]["email"]
    assert share(news.is_in(PLACEHOLDER_MAILS)) == pytest.approx(RATES.email_placeholder, abs=0.004)
    assert share(news.str.contains("+", literal=True)) == pytest.approx(RATES.email_tag * 0.46, abs=0.008)
    assert share(news.str.contains("[A-Z]")) == pytest.approx(RATES.email_case, abs=0.015)


def test_traps_of_each_system(demo: Demo) -> None:
    """What a matcher has to cope with: eras, lost characters, spreadsheets, null words, companies, the withdrawn."""
    old = demo.sources["point_card"]
    assert share(old["生年月日"].drop_nulls().str.contains("^[MTSHR][0-9]|^[明大昭平令]")) == pytest.approx(
        0.5, abs=0.03
    )
    assert old["フリガナ"].drop_nulls().str.contains("^[ｦ-ﾟ A-Z]+$").all()
    assert set(old["性別"].drop_nulls()) == {"男", "女", "男性", "女性", "1", "2"}
    assert old["氏名"].str.contains("?", literal=True).sum() > 8
    assert old["氏名"].str.contains("（退会）").sum() > 5
    assert old["氏名"].is_in(["不明", "未記入"]).sum() > 2
    assert old["氏名"].str.contains("会社|㈱").sum() > 5
    assert old["氏名"].str.contains("[A-Z]").sum() > 5
    shop = demo.sources["ec"]
    eaten = shop["phone"].str.contains("^[789]0[0-9]{8}$")
    assert share(eaten) == pytest.approx(RATES.eaten_zero * 0.47, abs=0.009)
    short = pl.concat([shop["zip_code"], demo.sources["mail_list"]["zip"]]).str.contains("^[0-9]{5,6}$")
    assert short.sum() > 3
    assert shop["last_name"].is_in(["退会"]).sum() > 5
    assert demo.sources["mail_list"]["nickname"].is_in(["不明", "-"]).sum() > 20
    embossed = demo.sources["credit_card"]["embossed_name"]
    assert embossed.str.contains("^[A-Z ]{2,26}$").all()
    assert embossed.str.contains("OH").sum() > 10


def test_without_noise_nobody_errs() -> None:
    clean = generate(5000, seed=4, noise=0)
    card = with_truth(clean, "credit_card").filter(kind="person")
    assert (card["date_of_birth"] == card["birth"].cast(pl.String)).all()
    given = card["full_name_kana"].str.replace("\u3000", " ").str.split(" ").list.last()
    assert (given == card["given_kana"]).all()
    assert not clean.sources["point_card"]["氏名"].str.contains("?", literal=True).any()
    assert not clean.sources["ec"]["email"].str.contains("[A-Z+]").any()


@pytest.mark.slow
def test_more_noise_more_mistakes() -> None:
    def wrong_births(noise: float) -> int:
        card = with_truth(generate(5000, seed=4, noise=noise), "credit_card")
        return int((card["date_of_birth"] != card["birth"].cast(pl.String)).sum())

    assert wrong_births(3.0) > 2 * wrong_births(1.0) > 0


def test_households_are_families(demo: Demo) -> None:
    assert demo.households["person_id"].to_list() == list(range(demo.households.height))
    assert set(demo.truth["person_id"]) <= set(demo.households["person_id"])
    people = demo.people.filter(pl.col("kind") == "person")
    homes = people.group_by("household_id").agg(pl.len(), names=pl.col("family").n_unique())
    several = homes.filter(pl.col("len") > 1)
    assert 0.3 < share(homes["len"] == 1) < 0.7
    assert share(several["names"] == 1) > 0.8
    assert people.select("household_id", "sex", "given_kana").is_unique().sum() / people.height > 0.98


def test_lives_leave_traces(demo: Demo) -> None:
    """Twins, namesakes of parents, maiden names on old cards, mail boxes and phones that a household shares."""
    people = demo.people.filter(pl.col("kind") == "person")
    twins = people.filter(people.select("household_id", "birth").is_duplicated())
    assert twins.height > 20
    assert twins.select("household_id", "birth", "given").is_unique().all()
    assert people.filter(people.select("household_id", "sex", "given_kana").is_duplicated()).height > 4
    shop = with_truth(demo, "ec")
    maiden = shop["last_name"] == shop["family_before"]
    assert 0.004 < share(maiden.fill_null(value=False)) < 0.12
    for system, column in (("credit_card", "mobile_phone"), ("mail_list", "email"), ("ec", "email")):
        rows = with_truth(demo, system).filter(~pl.col(column).is_in([*PLACEHOLDER_MAILS, "withdrawn@example.com"]))
        held = rows.group_by(column).agg(pl.col("person_id").n_unique(), homes=pl.col("household_id").n_unique())
        shared = held.filter(pl.col("person_id") > 1)
        assert shared.height > 5
        assert shared.filter(pl.col("homes") == 1).height > 3


def test_dates_are_possible(demo: Demo) -> None:
    """Nobody joins before birth or after the files were taken, and no birthday is crowded."""
    for system, column, form in (
        ("point_card", "入会日", "%Y/%m/%d"), ("credit_card", "opened_on", "%Y-%m-%d"),
        ("mail_list", "subscribed_at", "%Y-%m-%d"),
    ):  # fmt: skip
        rows = with_truth(demo, system)
        since = rows[column].str.to_date(form)
        assert since.is_between(pl.date(2004, 6, 1), pl.date(2026, 11, 1)).all()
        assert (since > rows["birth"]).drop_nulls().all()
    assert demo.people["birth"].drop_nulls().value_counts()["count"].max() <= 8
    assert demo.people["birth"].dt.year().is_between(1927, 2016).drop_nulls().all()


@pytest.mark.parametrize("table", ["surnames", "given f", "given m"])
def test_name_tables_are_tidy(table: str) -> None:
    names = surnames() if table == "surnames" else given_names(table[-1])
    frame = names.frame
    assert frame.height > (8000 if table == "surnames" else 4500)
    assert frame["reading"].str.contains("^[ァ-ヴー]+$").all()
    assert (frame["weight"] > 0).all()
    assert frame["weight"].is_sorted(descending=True)
    assert not frame.select("kanji", "reading").is_duplicated().any()
    assert frame["latin"].str.contains("^[A-Z]+$").all()
    assert frame["weight"].sum() < 101_000


def test_common_knowledge_of_names() -> None:
    top = surnames().frame["kanji"].unique(maintain_order=True).head(5).to_list()
    assert top == ["佐藤", "鈴木", "高橋", "田中", "伊藤"]
    readings = dict(surnames().frame.group_by("kanji").agg("reading").iter_rows())
    assert {"トヨダ", "トヨタ"} <= set(readings["豊田"])
    assert {"ショウジ", "トウカイリン"} <= set(readings["東海林"])
    assert {"ヒロト", "ハルト"} <= set(given_names("m").frame.filter(kanji="大翔")["reading"])


def test_other_readings_and_other_kanji() -> None:
    """A mistake in kanji keeps the reading, one in the reading keeps the kanji, and a lone name stays."""
    table = surnames()
    rng = np.random.default_rng(2)
    rows = table.draw(rng, 3000)
    for groups, kept, changed in ((table.by_reading, "reading", "kanji"), (table.by_kanji, "kanji", "reading")):
        other = groups.other(rows, rng.random(rows.size))
        assert (table.column(kept, other) == table.column(kept, rows)).all()
        moved = other != rows
        assert moved.any()
        assert np.array_equal(moved, groups.count[groups.of[rows]] > 1)
        assert (table.column(changed, other[moved]) != table.column(changed, rows[moved])).all()


def test_given_names_follow_the_year_of_birth() -> None:
    rng = np.random.default_rng(1)
    young = given_names("m").column("kanji", draw_given(rng, "m", np.full(4000, 2012)))
    old = given_names("m").column("kanji", draw_given(rng, "m", np.full(4000, 1942)))
    assert (young == "蓮").sum() > 5 * (old == "蓮").sum()
    assert (old == "清").sum() > 5 * (young == "清").sum()


def test_a_house_number_says_the_same_in_every_spelling() -> None:
    cases = list(product((0, 3), (1, 28), (0, 11)))
    frame = pl.DataFrame(cases, schema=["chome", "ban", "go"], orient="row")
    kanji = dict(zip("一二三八十", ["1", "2", "3", "8", ""], strict=True)) | {"十一": "11", "二十八": "28"}
    spellings = set()
    for style in range(12):
        for parts, text in zip(cases, frame.select(x=block(pl.Series([style] * 8)))["x"], strict=True):
            digits = re.sub("二十八|十一|[一二三八]", lambda found: kanji[found[0]], text)
            numbers = [int(number) for number in re.findall("[0-9０-９]+", digits)]
            assert numbers == [part for part in parts if part], text
            spellings.add(text)
    assert len(spellings) > 60
    one = pl.DataFrame({"chome": [2], "ban": [8], "go": [1]})
    assert [one.select(x=block(pl.Series([style])))["x"][0] for style in range(12)] == [
        "2-8-1", "２－８－１", "2丁目8番1号", "２丁目８番１号", "二丁目8-1", "2ー8ー1", "2丁目8-1", "2の8の1",
        "2丁目8番地1", "2丁目8番地の1", "2‐8‐1", "二丁目八番一号",
    ]  # fmt: skip


def test_phones_and_eras_in_every_style() -> None:
    numbers = pl.DataFrame({"phone": ["09012345678", "0312345678"], "area": ["03", "03"]})
    written = {style: numbers.select(x=phone(pl.Series([style] * 2)))["x"].to_list() for style in range(7)}
    assert written[1] == ["090-1234-5678", "03-1234-5678"]
    assert written[3] == ["+81 90 1234 5678", "+81 3 1234 5678"]
    assert written[5] == ["０９０－１２３４－５６７８", "０３－１２３４－５６７８"]
    days = pl.DataFrame({"year": [1926, 1926, 1989, 2000], "month": [12, 12, 1, 2], "day": [24, 25, 7, 29]})
    assert days.select(x=wareki(pl.Series([0] * 4)))["x"].to_list() == ["T15.12.24", "S1.12.25", "S64.1.7", "H12.2.29"]
    assert days.select(x=wareki(pl.Series([4] * 4)))["x"][3] == "平成十二年二月二十九日"


def test_rates_scale_errors_only() -> None:
    wild = RATES.scaled(100)
    assert wild.kana_slip == 0.9
    assert wild.moved == RATES.moved
    assert RATES.scaled(0).homophone == 0
    assert sum(SYSTEM_SHARES.values()) == pytest.approx(1)

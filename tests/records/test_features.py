"""Features: what normalizers make of a source, put together over all sources."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from conftest import features_of, loaded
from oneid.engines.local import LocalEngine
from oneid.kinds.compared import Compared
from oneid.kinds.plain.own import CUSTOM
from oneid.records.features import Normalized, features_contract, normalize_source
from oneid.records.together import combine, distrust
from oneid.settings.config import Config
from oneid.sources.reading import read_source

FEATURES = features_contract(Compared())


def normalized(frame: pl.DataFrame, fields: dict, threads: int = 1, **source) -> Normalized:
    config: Config = loaded({"sources": {"ec": {"id": "id", "fields": fields, **source}}})
    return normalize_source(
        read_source(config.sources["ec"], config, frame).frame, config.sources["ec"], LocalEngine(threads)
    )


FRAME = pl.DataFrame(
    {
        "id": ["2", "1", "3"],
        "name": ["髙橋 花子", "不明", "株式会社青葉"],
        "phone": ["090-1111-2222", "090-1111-2222 / 03-3333-4444", "000"],
        "phone2": ["09011112222", None, None],
        "birth": ["1980-04-05", "1980-04", "x"],
        "kind": ["個人", "法人", "個人"],
        "since": ["2020/01/02", None, "nonsense"],
        "card": ["A", "B", None],
    }
)
FIELDS = {
    "name": "name",
    "phone": ["phone", "phone2"],
    "birth": "birth",
    "card": {"column": "card", "kind": "identifier"},
}


def test_the_contract_of_features() -> None:
    """The promised columns and types, then fields of one's own as lists; in the order of ids; any threads."""
    made = normalized(FRAME, FIELDS)
    features = combine([made.features], LocalEngine(1))
    assert features["source_id"].to_list() == ["1", "2", "3"]
    types = dict(features.schema)
    assert {name: types[name] for name in FEATURES} == dict(pl.Schema(FEATURES))
    assert features[CUSTOM + "card"].to_list() == [["B"], ["A"], None]
    assert combine([normalized(FRAME, FIELDS, threads=2).features], LocalEngine(2)).equals(features)


def test_several_values_are_each_once() -> None:
    """Two columns with one number are one value; two numbers in one cell are two."""
    phones = combine([normalized(FRAME, FIELDS).features], LocalEngine(1))["phone"].to_list()
    assert phones == [["+819011112222", "+81333334444"], ["+819011112222"], None]


def test_values_are_what_people_see() -> None:
    """Display forms; null where nothing is usable, but a birth known in part is kept; dates of the record."""
    values = normalized(FRAME, FIELDS, since="since").values
    assert values.columns[:5] == ["source", "source_id", "since", "updated", "customer"]
    rows = {row["source_id"]: row for row in values.iter_rows(named=True)}
    assert rows["2"]["name"] == "髙橋 花子"
    assert rows["1"]["name"] is None
    assert rows["1"]["birth"] is not None
    assert rows["3"]["birth"] is None
    assert rows["3"]["phone"] is None or rows["3"]["phone"] == []
    assert rows["2"]["since"] == datetime.date(2020, 1, 2)
    assert rows["3"]["since"] is None


def test_every_value_is_counted() -> None:
    """Rows, filled, usable and refused by reason, per field."""
    counts = {count.field: count for count in normalized(FRAME, FIELDS).counts}
    name = counts["name"]
    assert (name.rows, name.filled, name.usable, dict(name.reasons)) == (3, 3, 2, {"placeholder": 1})
    assert (counts["phone"].rows, counts["phone"].filled) == (6, 4)
    for count in counts.values():
        assert count.filled - count.usable == sum(count.reasons.values())


def test_companies() -> None:
    """By the source, by a column, and by the company form in a name wherever it stands."""
    company = {row["source_id"]: row["customer"] for row in normalized(FRAME, FIELDS).features.iter_rows(named=True)}
    assert company == {"1": "person", "2": "person", "3": "company"}
    by_column = normalized(FRAME, FIELDS, customer={"column": "kind", "company": ["法人"]}).features
    assert dict(zip(by_column["source_id"], by_column["customer"], strict=True)) == {
        "1": "company",
        "2": "person",
        "3": "company",
    }
    assert set(normalized(FRAME, FIELDS, customer="company").features["customer"]) == {"company"}


def one(**row: str) -> dict:
    return features_of([row]).row(0, named=True)


def test_names_are_split_and_keyed() -> None:
    """Kanji by the reading beside it; kana, half-width kana and romaji to one key of family and given."""
    found = one(name="金城武", kana="カネシロ タケシ")
    assert (found["family"], found["given"], found["kana_family"]) == ("金城", "武", "カネシロ")
    rows = [
        {"kana": "サトウ タロウ"},
        {"romaji": "TARO SATO"},
        {"name": "ｻﾄｳ ﾀﾛｳ"},
        {"name": "Taro Sato"},
        {"kana": "サトウタロウ"},
    ]
    assert features_of(rows).select("key_family", "key_given").unique().height == 1


def test_surnames_that_the_data_shows_split_other_names() -> None:
    """Spaced in one record, unspaced in another."""
    frame = features_of([{"name": "㐮㐮 太郎", "kana": "キキ タロウ"}, {"name": "㐮㐮花子"}])
    assert frame.select("family", "given").row(1) == ("㐮㐮", "花子")


def test_a_bare_given_name_is_a_nickname() -> None:
    """花子 in the name field of a mail list; not where a reading stands beside it."""
    found = one(name="花子")
    assert (found["nickname"], found["name"], found["kind"]) == ("花子", None, "nickname")
    assert one(nickname="はなちゃん")["nickname"] == "はなちゃん"


@pytest.mark.parametrize(
    ("never", "field", "left"),
    [
        ({"phone": ("090 1111 2222",)}, "phone", [["+81333334444"], [], None]),
        ({"card": ("a", "B")}, CUSTOM + "card", None),
        ({"phone": ()}, "phone", [["+819011112222", "+81333334444"], ["+819011112222"], None]),
    ],
)
def test_values_that_are_never_trusted(never, field, left) -> None:
    """Written in any form, they leave the features; other values stay."""
    features = combine([normalized(FRAME, FIELDS).features], LocalEngine(1))
    found = distrust(features, never, {"card": "identifier"})
    if left is not None:
        assert [values or None for values in found[field].to_list()] == [values or None for values in left]
    else:
        assert "B" not in found[field].explode().to_list()
    untouched = [column for column in features.columns if column != field]
    assert found.select(untouched).equals(features.select(untouched))


def test_a_mail_address_that_is_never_trusted_takes_its_mailbox_along() -> None:
    """So that it does not come back through the part before the @."""
    features = features_of([{"email": "info@example.com", "email2": "taro@example.com"}])
    found = distrust(features, {"email": ("INFO@example.com",)}, {}).row(0, named=True)
    assert (found["email"], found["mailbox"]) == (["taro@example.com"], ["taro"])

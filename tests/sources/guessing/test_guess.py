"""Guessing columns from headers and content, and the config that is written from it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from foreign_kind import KINDS as WITH_PLATES
from foreign_kind import NAMED, PLATE
from oneid.kinds import catalogue
from oneid.kinds.base import Header
from oneid.settings.configfile import from_dict, kinds_said, load
from oneid.sources.guessing.columns import column_role
from oneid.sources.guessing.configtext import init
from oneid.sources.guessing.guess import guess, guess_source
from oneid.sources.headers import header_role, shape
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError, OutputError, Problems
from oneid.vocabulary.language import speaking

POINT_CARD = {
    "会員番号": ["P01", "P02", "P03"],
    "氏名": ["佐藤 花子", "山田太郎", None],
    "フリガナ": ["ｻﾄｳ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾀﾛｳ", None],
    "生年月日": ["S34.5.24", "1970/07/28", None],
    "性別": ["女", "1", None],
    "電話番号": ["０９０−１２３４−５６７８", "03-1234-5678", None],
    "郵便番号": ["105-0011", "0600000", None],
    "住所": ["東京都港区芝公園4-2-8", "札幌市中央区北1条", None],
    "入会日": ["2019-11-23", "2020/1/5", None],
    "ポイント残高": ["10", "20", "30"],
}
EC = {
    "member_id": ["E1", "E2"],
    "last_name": ["佐藤", "山田"],
    "first_name": ["花子", "太郎"],
    "last_name_kana": ["サトウ", "ヤマダ"],
    "first_name_kana": ["ハナコ", "タロウ"],
    "email": ["a@example.jp", "b@example.com"],
    "mobile_phone": ["090-1234-5678", None],
    "home_phone": ["0312345678", None],
    "birthdate": ["1980-01-02", None],
    "prefecture": ["東京都", "大阪府"],
    "city": ["港区", "大阪市"],
    "street": ["1-1", "2-2"],
    "building": [None, None],
    "mail_flag": ["1", "0"],
    "created_at": ["2020-01-02T03:04:05+09:00", "2020-01-02 03:04"],
}


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("会員番号", "id"), ("顧客コード", "id"), ("お客様番号", "id"), ("customer_id", "id"),
        ("memberId", "id"), ("ID", "id"),
        ("氏名", "name"), ("お名前", "name"), ("name", "name"), ("fullName", "name"), ("顧客名", "name"),
        ("姓", "name.family"), ("苗字", "name.family"), ("LAST NAME", "name.family"), ("surname", "name.family"),
        ("名", "name.given"), ("first-name", "name.given"), ("mei", "name.given"),
        ("フリガナ", "kana"), ("ﾌﾘｶﾞﾅ", "kana"), ("氏名(カナ)", "kana"), ("full_name_kana", "kana"),
        ("ふりがな", "kana"), ("会員名カナ", "kana"),
        ("姓カナ", "kana.family"), ("kana_sei", "kana.family"), ("lastNameKana", "kana.family"),
        ("セイ", "kana.family"),
        ("名（フリガナ）", "kana.given"), ("first_name_kana", "kana.given"), ("メイ", "kana.given"),
        ("ローマ字氏名", "romaji"), ("embossed_name", "romaji"), ("name_en", "romaji"),
        ("生年月日", "birth"), ("誕生日", "birth"), ("date_of_birth", "birth"), ("DOB", "birth"),
        ("birth_year", "birth.year"), ("生年", "birth.year"), ("誕生月", "birth.month"),
        ("性別", "sex"), ("gender", "sex"),
        ("電話番号", "phone"), ("携帯電話", "phone"), ("ＴＥＬ", "phone"), ("mobile", "phone"),
        ("phone_number", "phone"),
        ("メールアドレス", "email"), ("e-mail", "email"), ("mail_address", "email"),
        ("郵便番号", "postcode"), ("〒", "postcode"), ("ZIP", "postcode"), ("postal code", "postcode"),
        ("住所", "address"), ("address1", "address"), ("都道府県", "address.prefecture"), ("市区町村", "address.city"),
        ("建物名", "address.building"), ("番地", "address.street"),
        ("入会日", "since"), ("registered_at", "since"), ("更新日時", "updated"), ("退会日", "until"),
        ("ニックネーム", "nickname"), ("display_name", "nickname"),
        ("メール配信希望", ""), ("FAX番号", ""), ("mail_opt_in", ""), ("会員区分", ""),
        ("ポイント残高", None), ("memo", None), ("balance", None),
    ],
)  # fmt: skip
def test_headers(header, role):
    """What common headers mean, in any width, case and spacing."""
    assert header_role(header) == role


def test_a_japanese_source():
    """Every column finds its field; what is left over is told."""
    found = guess_source("point_card", pl.DataFrame(POINT_CARD))
    assert (found.id, found.dates, found.unused) == (("会員番号",), {"since": "入会日"}, ("ポイント残高",))
    assert found.fields == {
        "name": "氏名", "kana": "フリガナ", "birth": "生年月日", "sex": "性別", "phone": "電話番号",
        "postcode": "郵便番号", "address": "住所",
    }  # fmt: skip


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_an_english_source(make):
    """Parts, several values and flags that only sound like a field; from any make of frame."""
    assert guess("ec", make(EC)) == {
        "name": {"family": "last_name", "given": "first_name"},
        "kana": {"family": "last_name_kana", "given": "first_name_kana"},
        "birth": "birthdate",
        "phone": ["mobile_phone", "home_phone"],
        "email": "email",
        "address": {"prefecture": "prefecture", "city": "city", "street": "street", "building": "building"},
    }


def test_a_guess_is_a_config():
    """What was guessed can be read with, as it stands."""
    found = guess_source("ec", pl.DataFrame(EC))
    config = from_dict({"sources": {"ec": found.as_mapping()}})
    rows = read_source(config.sources["ec"], config, pl.DataFrame(EC))
    assert rows.frame.get_column("source_id").to_list() == ["E1", "E2"]
    assert config.sources["ec"].since == "created_at"


def test_content_may_contradict_a_header():
    """A column called phone that holds something else is not taken."""
    assert column_role("phone", pl.Series(["yes", "no", "0312345678"])) is None
    assert column_role("phone", pl.Series(["yes", "0312345678", "0312345679"])) == "phone"
    assert column_role("phone", pl.Series([None, None], dtype=pl.String)) == "phone"


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (["a@example.jp", "b@example.com"], "email"),
        (["090-1234-5678", "0312345678"], "phone"),
        (["105-0011", "060-0000"], "postcode"),
        (["サトウ ハナコ", "ﾔﾏﾀﾞ ﾀﾛｳ"], "kana"),
        (["東京都港区芝公園4-2-8", "北海道札幌市中央区"], "address"),
        (["1234567", "2345678"], None),
        (["佐藤", "山田"], None),
        (["2020-01-01", "2020-01-02"], None),
    ],
)
def test_unmistakable_content_needs_no_header(values, role):
    """Only what can hardly be anything else is taken without a header's word."""
    assert column_role("col_7", pl.Series(values)) == role


def test_a_birth_in_columns():
    """birth_day beside birth_year is a day, not a date."""
    frame = pl.DataFrame(
        {"id": ["1", "2"], "birth_year": ["1980", "S55"], "birth_month": ["3", "12"], "birth_day": ["7", "31"]}
    )
    assert guess("x", frame) == {"birth": {"year": "birth_year", "month": "birth_month", "day": "birth_day"}}


def test_addresses_in_columns():
    """Lines are joined in their order; parts that overlap are joined as well."""
    lines = {"address2": ["芝公園4-2-8", "x"], "address1": ["東京都港区", "大阪府"]}
    assert guess("x", pl.DataFrame(lines)) == {"address": {"join": ["address2", "address1"]}}
    mixed = {"都道府県": ["東京都"], "住所": ["港区芝公園"], "建物名": ["タワー"]}
    assert guess("x", pl.DataFrame(mixed)) == {"address": {"join": ["都道府県", "住所", "建物名"]}}


def test_a_nickname_is_a_name_where_there_is_none():
    """Mail lists often know people by a nickname only; nonsense among them is recognised per value."""
    assert guess("x", pl.DataFrame({"nickname": ["花子"]})) == {"name": "nickname"}
    both = pl.DataFrame({"nickname": ["はな"], "氏名": ["佐藤花子"]})
    assert guess("x", both) == {"name": "氏名", "nickname": "nickname"}


def test_ids():
    """Named and unique comes first, then unique and numbered, then named; else none."""
    assert guess_source("x", pl.DataFrame({"no": ["1", "1"], "card_no": ["7", "8"]})).id == ("card_no",)
    assert guess_source("x", pl.DataFrame({"k": ["A-001", "A-002"], "memo": ["a", "b"]})).id == ("k",)
    assert guess_source("x", pl.DataFrame({"会員番号": ["1", "1"], "memo": ["a", "b"]})).id == ("会員番号",)
    assert guess_source("x", pl.DataFrame({"memo": ["a", "b"]})).id == ()


@pytest.mark.slow
def test_the_order_of_rows_does_not_matter():
    """Samples are taken by value."""
    for order in itertools.permutations(range(3)):
        assert guess_source("x", pl.DataFrame(POINT_CARD)[list(order)]) == guess_source("x", pl.DataFrame(POINT_CARD))


@given(st.text(max_size=30))
def test_a_shape_holds_no_value(text):
    """Letters and digits are gone, whatever the script."""
    assert set(shape(text)) & set(text) <= {c for c in text if not c.isalnum()} | set("9Aaあア漢…")
    assert len(shape(text)) <= 20


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "point card.csv").write_bytes(pl.DataFrame(POINT_CARD).write_csv().encode("cp932"))
    pl.DataFrame(EC).write_parquet(tmp_path / "in" / "ec.parquet")
    return [tmp_path / "in" / "point card.csv", tmp_path / "in" / "ec.parquet"]


def test_the_written_config_reads_the_files(files, tmp_path):
    """It loads as it stands, from its own folder, and says why it is as it is."""
    text = init(files, tmp_path / "oneid.yaml")
    assert (tmp_path / "oneid.yaml").read_text(encoding="utf-8") == text
    assert "encoding: cp932   # detected" in text
    assert "kana: フリガナ   # 66 % filled, mostly like アアア アアア\n" in text
    assert "# carry: [ポイント残高]" in text
    config = load(tmp_path / "oneid.yaml")
    assert list(config.sources) == ["point_card", "ec"]
    heights = {name: read_source(source, config).frame.height for name, source in config.sources.items()}
    assert heights == {"point_card": 3, "ec": 2}


def test_comments_in_japanese(files, tmp_path):
    """The comments are in the current language, and nothing but the comments."""
    english = init(files, tmp_path / "oneid.yaml")
    with speaking("ja"):
        japanese = init(files, tmp_path / "ja.yaml")
    assert "kana: フリガナ   # 入力率66%、多い形はアアア アアア\n" in japanese
    assert "id: 会員番号   # 重複なし、入力率100%、多い形は" in japanese
    assert yaml.safe_load(japanese) == yaml.safe_load(english)
    said, told = (re.findall("#(.*)", text) for text in (english, japanese))
    assert len(said) == len(told)
    assert [text for text in told if text in said] == [text for text in told if text.startswith(" limits:")]


def test_the_written_config_holds_no_personal_data(files, tmp_path):
    """Headers only, and shapes."""
    text = init(files, tmp_path / "oneid.yaml")
    for value in ("佐藤", "花子", "ｻﾄｳ", "サトウ", "a@example", "1234", "港区", "1980", "P01"):
        assert value not in text


def test_an_existing_config_is_kept(files, tmp_path):
    """E311, unless forced; nothing half-written lies about."""
    path = tmp_path / "oneid.yaml"
    path.write_text("version: 1\n")
    with pytest.raises(OutputError) as caught:
        init(files, path)
    assert (caught.value.code, path.read_text()) == ("E311", "version: 1\n")
    assert "--force" in caught.value.hint
    init(files, path, force=True)
    assert load(path).sources.keys() == {"point_card", "ec"}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in", "oneid.yaml"]


def test_a_folder_that_is_not_there(files, tmp_path):
    """E312 with a hint."""
    with pytest.raises(OutputError) as caught:
        init(files, tmp_path / "nowhere" / "oneid.yaml")
    assert caught.value.code == "E312"


def test_files_that_cannot_be_read_are_told_together(files, tmp_path):
    """And nothing is written."""
    (tmp_path / "in" / "empty.csv").write_text("")
    wanted = [tmp_path / "in" / "none.csv", tmp_path / "in" / "empty.csv", *files]
    with pytest.raises(Problems) as caught:
        init(wanted, tmp_path / "oneid.yaml")
    assert [problem.code for problem in caught.value.problems] == ["E201", "E204"]
    assert not (tmp_path / "oneid.yaml").exists()


def test_awkward_names(tmp_path):
    """Files of one name, and headers that YAML would read as something else, come through."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m x.csv").write_text(
            'no,"na: me","氏名 #1",tel\n1,x,佐藤,090-1234-5678\n2,y,山田,\n', encoding="utf-8"
        )
    init([tmp_path / "a" / "*.csv", tmp_path / "b" / "m x.csv"], tmp_path / "c.yaml")
    sources = load(tmp_path / "c.yaml").sources
    assert list(sources) == ["m_x", "m_x_2"]
    assert (sources["m_x"].id, sources["m_x"].fields["name"].columns) == (("no",), ("氏名 #1",))


def test_repeated_ids_are_said(tmp_path):
    """The comment beside the id says what will have to be settled."""
    (tmp_path / "x.csv").write_text("member_id,tel\n1,0312345678\n1,0312345679\n,0312345670\n")
    assert "id: member_id   # 1 missing, 1 repeated: see duplicate_id" in init(
        [tmp_path / "x.csv"], tmp_path / "c.yaml"
    )


def test_a_file_without_an_id(tmp_path):
    """It is left out with the reason, for the next command would refuse it; where it is the only one, E315 says so."""
    (tmp_path / "x.csv").write_text("memo,tel\na,0312345678\na,0312345678\n")
    with pytest.raises(InputError) as caught:
        init([tmp_path / "x.csv"], tmp_path / "c.yaml")
    assert caught.value.code == "E315"
    assert not (tmp_path / "c.yaml").exists()
    (tmp_path / "y.csv").write_text("member_id,tel\n1,0312345678\n2,0312345678\n")
    told: list[str] = []
    text = init([tmp_path / "x.csv", tmp_path / "y.csv"], tmp_path / "c.yaml", tell=told.append)
    assert list(load(tmp_path / "c.yaml").sources) == ["y"]
    assert told == ["left out: x.csv: nothing in it numbers the members, and nothing tells its rows apart"]
    assert f"  # {told[0]}\n" in text


def test_no_frame_no_guess():
    """What is no frame is refused as in reading."""
    with pytest.raises(InputError, match="E213"):
        guess("x", [1])


PLATES = ["品川300 あ 12-34", "足立 500 い 11-22", "大宮 330 う 98-76"]


def test_a_kind_of_ones_own_is_guessed_as_all_others_are():
    """By its header, unless the content contradicts it; by content; every column so called; and in the config."""
    assert column_role("車両番号", pl.Series(PLATES), WITH_PLATES) == "plate"
    assert column_role("車両番号", pl.Series(PLATES)) is None
    assert column_role("number plate", pl.Series(["yes", "no", PLATES[0]]), WITH_PLATES) is None
    assert column_role("col_7", pl.Series(PLATES[1:]), WITH_PLATES) == "plate"
    frame = pl.DataFrame(
        {"id": ["1", "2", "3"], "氏名": ["佐藤 花子"] * 3, "車両番号": PLATES, "number_plate2": PLATES}
    )
    found = guess_source("garage", frame, WITH_PLATES)
    assert found.fields == {"name": "氏名", "plate": ["車両番号", "number_plate2"]}
    said = {"kinds": [NAMED], "sources": {"garage": found.as_mapping()}}
    assert from_dict(said).kind_of["plate"] is kinds_said(said)["plate"]
    assert kinds_said(said)["plate"].headers == WITH_PLATES["plate"].headers
    assert "plate" not in kinds_said({"kinds": "nowhere:AT_ALL"})


def test_a_part_of_a_kind_of_ones_own():
    """Ranks of all kinds are one order; a column of a whole may turn out to be a part; columns may be joined."""
    headers = (Header(145, "車両番号", else_part="digits"), Header(5, "fax番号", "area"))
    looks = {"": ".+-.+", "digits": r"\d+", "area": ".+"}
    kinds = {**catalogue.KINDS, "plate": replace(PLATE, headers=headers, parts=("area", "digits"), looks=looks)}
    assert header_role("FAX番号") == ""
    assert header_role("FAX番号", kinds) == "plate.area"
    assert column_role("車両番号", pl.Series(["12", "34"]), kinds) == "plate.digits"
    frame = pl.DataFrame({"FAX番号": ["品川"], "車両番号": ["1234"]})
    assert guess("x", frame, kinds) == {"plate": {"area": "FAX番号", "digits": "車両番号"}}
    both = pl.DataFrame({"FAX番号": ["品川"], "車両番号": PLATES[:1]})
    assert guess("x", both, kinds) == {"plate": "車両番号"}
    assert guess("x", both, {"plate": replace(kinds["plate"], joins=True)}) == {
        "plate": {"join": ["FAX番号", "車両番号"]}
    }


def test_init_asks_installed_kinds(tmp_path, monkeypatch):
    """A package that offers a kind needs no word in the config."""
    pl.DataFrame({"id": ["1", "2", "3"], "車両番号": PLATES}).write_csv(tmp_path / "garage.csv")
    monkeypatch.setattr(catalogue, "_offered", lambda: (NAMED,))
    catalogue._kinds_of.cache_clear()
    try:
        text = init([tmp_path / "garage.csv"], tmp_path / "oneid.yaml")
        assert "      plate: 車両番号   #" in text
        assert load(tmp_path / "oneid.yaml").own_fields.keys() == {"plate"}
    finally:
        catalogue._kinds_of.cache_clear()

"""What is written can be read: any header, any cell, files that are no sources, headers that stand twice."""

from __future__ import annotations

import csv
import io

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oneid.settings.configfile import load
from oneid.sources.guessing.configtext import init
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import InputError, OneIDError, Problems


def written(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def readable(path) -> dict[str, int]:
    """Reads what a config says; the rows of each source."""
    config = load(path)
    return {name: read_source(source, config).frame.height for name, source in config.sources.items()}


SIGNS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SIGNS, min_size=1, max_size=3, unique=True), SIGNS)
def test_any_sign_in_headers_and_cells(tmp_path, names, cell) -> None:
    """Line breaks of all kinds, quotes, what YAML takes for something else: a config that loads and reads, or an error
    of ours.
    """
    rows = [["会員番号", "氏名", *names], ["1", "佐藤 花子\n様", *[cell] * len(names)], ["2", "山田", *names]]
    (tmp_path / "x.csv").write_text(written(rows), encoding="utf-8", newline="")
    try:
        init([tmp_path / "x.csv"], tmp_path / "c.yaml", force=True)
    except OneIDError:
        return
    assert readable(tmp_path / "c.yaml") == {"x": 2}


def test_headers_that_stand_twice(tmp_path) -> None:
    """Each can be named by its number; the bare name is refused with both names, as which one is meant is not told."""
    (tmp_path / "x.csv").write_text(
        "会員番号,氏名,電話番号,電話番号\nA1,佐藤,090-1234-5678,03-1234-5678\n", encoding="utf-8"
    )
    init([tmp_path / "x.csv"], tmp_path / "c.yaml")
    config = load(tmp_path / "c.yaml")
    assert config.sources["x"].fields["phone"].columns == ("電話番号 (1)", "電話番号 (2)")
    assert readable(tmp_path / "c.yaml") == {"x": 1}
    bare = (tmp_path / "c.yaml").read_text("utf-8").replace('["電話番号 (1)", "電話番号 (2)"]', "電話番号")
    (tmp_path / "c.yaml").write_text(bare, encoding="utf-8")
    with pytest.raises(InputError, match=r"E207.*電話番号 \(2\)"):
        readable(tmp_path / "c.yaml")


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("source,source_id,person_id", "other sources"),
        ("source_l,source_id_l,source_r,source_id_r,decision", "other sources"),
        ("品番,価格", "no column"),
        ("会員番号,氏名", "no row"),
    ],
)
def test_files_that_are_no_sources(tmp_path, header, word) -> None:
    """Truths, decisions, products, and a header alone are left out with a word; alone they are an error."""
    row = "" if word == "no row" else ",".join("a" * header.count(",") + "b") + "\n"
    (tmp_path / "other.csv").write_text(f"{header}\n{row}", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "x.csv").write_text("id,氏名\n1,佐藤\n", encoding="utf-8")
    told: list[str] = []
    files = [tmp_path / name for name in ("other.csv", "empty.csv", "x.csv")]
    text = init(files, tmp_path / "c.yaml", tell=told.append)
    assert list(yaml.safe_load(text)["sources"]) == ["x"]
    assert [word in told[0], "empty" in told[1]] == [True, True]
    assert all(f"# {note}" in text for note in told)
    with pytest.raises(Problems, match="E315"):
        init(files[:2], tmp_path / "d.yaml")


def test_a_path_that_looks_like_a_variable(tmp_path) -> None:
    """It is written so that it means this file."""
    (tmp_path / "a{ds}[1].csv").write_text("id,氏名\n1,佐藤\n", encoding="utf-8")
    init([tmp_path / "a{ds}[1].csv"], tmp_path / "c.yaml")
    assert readable(tmp_path / "c.yaml") == {"a_ds_1": 1}


ORDERS = [
    ["注文番号", "会員番号", "注文日", "注文者名", "注文者メール", "送付先名", "送付先電話番号"],
    ["O1", "M1", "2026-01-02", "佐藤 花子", "h@example.jp", "林 恵子", "03-1234-5678"],
    ["O2", "M1", "2026-02-02", "佐藤 花子", "h@example.jp", "佐藤 花子", "03-1234-0000"],
    ["O3", "M2", "2026-02-03", "山田 太郎", "t@example.jp", "山田 太郎", "03-1234-1111"],
]


def test_orders_that_repeat_a_member(tmp_path) -> None:
    """The member's number is the id, and the newest order counts; who receives is left out, and that is said."""
    (tmp_path / "x.csv").write_text(written(ORDERS), encoding="utf-8")
    text = init([tmp_path / "x.csv"], tmp_path / "c.yaml")
    source = yaml.safe_load(text)["sources"]["x"]
    assert (source["id"], source["duplicate_id"], source["updated"]) == ("会員番号", "newest", "注文日")
    assert source["fields"] == {"name": "注文者名", "email": "注文者メール"}
    assert "# whose the fields are: who orders; left out: who receives\n" in text
    assert "# left out: [送付先名, 送付先電話番号]: of who receives, who may be somebody else\n" in text
    assert readable(tmp_path / "c.yaml") == {"x": 2}


def test_a_number_on_which_people_differ_is_no_members(tmp_path) -> None:
    """The 0 of all guests, a shop's number: the order is the record."""
    rows = [ORDERS[0], *([*row[:1], "0", *row[2:]] for row in ORDERS[1:])]
    (tmp_path / "x.csv").write_text(written(rows), encoding="utf-8")
    source = yaml.safe_load(init([tmp_path / "x.csv"], tmp_path / "c.yaml"))["sources"]["x"]
    assert (source["id"], source.get("duplicate_id")) == ("注文番号", None)


def test_who_has_left(tmp_path) -> None:
    """By words that everybody uses."""
    rows = [
        ["会員番号", "氏名", "会員状態", "退会日"],
        ["1", "佐藤", "退会済", "2026-01-01"],
        ["2", "山田", "本会員", ""],
    ]
    (tmp_path / "x.csv").write_text(written(rows), encoding="utf-8")
    source = yaml.safe_load(init([tmp_path / "x.csv"], tmp_path / "c.yaml"))["sources"]["x"]
    assert source["status"] == {"column": "会員状態", "withdrawn": ["退会済"]}
    assert source["until"] == "退会日"
    assert load(tmp_path / "c.yaml").sources["x"].status is not None

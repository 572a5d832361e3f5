"""One bad value on 50,000 records chains nobody together, and a run survives it in seconds."""

import polars as pl
import pytest

import oneid

MANY = 50_000


def resolved(**columns):
    """A run over one source whose fields are the columns, all of 50,000 values (one text: the same in all)."""
    frame = pl.DataFrame({"id": [f"S{number}" for number in range(MANY)]})
    frame = frame.with_columns(pl.lit(text).alias(kind) if isinstance(text, str) else pl.Series(kind, text)
                               for kind, text in columns.items())  # fmt: skip
    config = {
        "version": "1",
        "rules": "jp-members",
        "sources": {"shop": {"id": "id", "fields": {c: c for c in columns}}},
    }
    return oneid.resolve({"shop": frame}, config)


def births():
    """A date for each record, neighbours years apart."""
    return [f"{1940 + number % 61}-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(MANY)]


@pytest.mark.parametrize(
    "columns",
    [
        {"email": "info@aoba.co.jp"},
        {"email": "info@aoba.co.jp", "birth": births()},
        {"email": "info@aoba.co.jp", "sex": "女"},
        {"name": "佐藤 太郎"},
        {"name": "佐藤", "address": "東京都千代田区丸の内1-1-1"},
    ],
    ids=["mail", "mail and births", "mail and sex", "name", "family name and place"],
)
def test_a_value_that_all_hold_links_nobody(columns):
    """What 50,000 records share says nothing about any two of them; nothing is lost, what was left out is told."""
    result = resolved(**columns)
    assert result.summary()["oneids"] == MANY
    assert len(result.merge_map) == MANY
    left_out = sum(part["pairs"] for part in result.run["blocks_left_out"])
    if "address" in columns:  # a family name and a place alone are no key
        assert left_out == 0
    else:
        assert left_out > MANY


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "佐藤 太郎", "birth": "1980-05-05", "email": "info@aoba.co.jp", "phone": "090-1234-9876"},
        {"name": "勅使河原 太郎", "email": "taro@aoba.co.jp", "address": "東京都千代田区丸の内1-1-1"},
    ],
    ids=["everything", "name, mail and place"],
)
def test_rows_that_agree_in_all_they_say_are_one_person(columns):
    """If the rules say so of any two of them; then nothing is left out, and no alarm goes off."""
    result = resolved(**columns)
    assert result.summary()["oneids"] == 1
    assert result.run["blocks_left_out"] == result.run["alarms"] == []
    assert len(result.links) == MANY - 1
    assert set(result.merge_map["status"]) == {"linked"}


def test_a_shops_phone_on_all_records():
    """Members with names of their own keep apart, whatever number the clerk filled in."""
    names = [f"{chr(0x4E00 + number % 997)}{chr(0x5200 + number % 1009)} 太郎" for number in range(MANY)]
    assert resolved(name=names, birth=births(), phone="03-5555-1234").summary()["oneids"] == MANY

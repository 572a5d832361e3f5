"""What a golden record of the shipped rules looks like, end to end."""

import pandas as pd

import oneid

CARD = pd.DataFrame({"id": ["P1"], "name": ["髙橋 花子"], "kana": ["ﾀｶﾊｼ ﾊﾅｺ"], "birth": ["S55.3.7"], "sex": ["女"],
                     "mail": ["hanako@a.jp; h.takahashi@b.jp"], "since": ["2019-01-01"]})  # fmt: skip
LIST = pd.DataFrame({"id": ["M1"], "name": ["ねこ好き"], "birth": ["1980"], "mail": ["hanako@a.jp"],
                     "since": ["2024-01-01"]})  # fmt: skip
CONFIG = {
    "sources": {
        "card": {"id": "id", "since": "since",
                 "fields": {"name": "name", "kana": "kana", "birth": "birth", "sex": "sex", "email": "mail"}},
        "list": {"id": "id", "since": "since", "fields": {"name": "name", "birth": "birth", "email": "mail"}},
    }
}  # fmt: skip


def record():
    """The one golden record of the two members, and all its values."""
    result = oneid.resolve({"card": CARD, "list": LIST}, CONFIG)
    assert len(result.golden) == 1
    return result.golden.iloc[0], result.to_polars()["golden_values"]


def test_a_nickname_is_no_name():
    """The newer mail list knows a nickname; the golden name stays the card's, as written there."""
    golden, _ = record()
    assert (golden["name"], golden["kana"]) == ("髙橋 花子", "タカハシ ハナコ")
    assert golden["nickname"] == "ねこ好き"


def test_a_whole_birth_date_before_a_newer_year():
    """A year alone never hides a date."""
    golden, _ = record()
    assert golden["birth"] == "1980-03-07"


def test_sex_is_one_word():
    """Codes of systems do not reach people."""
    golden, _ = record()
    assert golden["sex"] == "female"


def test_every_address_of_a_cell():
    """Two mail addresses in one cell are two values."""
    _, values = record()
    assert values.filter(values["field"] == "email")["value"].to_list() == ["h.takahashi@b.jp", "hanako@a.jp"]

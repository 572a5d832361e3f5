"""The folding key: which spellings meet and which names stay apart."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.normalize.kana import kana, kana_parts
from oneid.normalize.romaji import fold, fold_tokens, name_keys, romaji


def keys(*texts):
    return pl.DataFrame({"x": pl.Series(texts, dtype=pl.String)}).select(fold(pl.col("x")))["x"].to_list()


MEET = [
    "サトウ SATO SATOH SATOU SATOO Satō satô ｻﾄｳ さとう サトー",
    "ショウジ SHOJI SHOHJI SHOUJI SYOUJI SYOUZI syozi ｼﾖｳｼﾞ シヨウジ",
    "オオノ オノ オーノ オウノ ONO OHNO OONO Ōno",
    "ジュンイチ ジユンイチ JUNICHI JUN'ICHI Jun-ichi ZYUNITI JYUNICHI",
    "ホッチ HOTCHI HOCCHI HOTTI",
    "ツジ ツヂ TSUJI TUJI TUZI TSUZI",
    "ナンバ NAMBA NANBA",
    "サンペイ SAMPEI SANPEI",
    "ホンマ HOMMA HONMA HONNMA",
    "ヴェロニカ ウ゛ェロニカ ベロニカ VERONICA BERONIKA",
    "セーラ セエラ SERA SEERA",
    "ワヲン ワオン WAON WAWON",
    "イシヅカ イシズカ ISHIZUKA ISHIDUKA ISIZUKA ISHIDZUKA",
    "リョウ リヨウ RYO RYOU RYOH",
    "ユウコ YUKO YUUKO YUHKO ユーコ",
    "ハットリ ハツトリ HATTORI",
    "チョウジ CHOJI TYOUZI CYOUJI チヨウジ",
    "イノウエ INOUE INOUYE ヰノウヱ",
    "キャサリン キヤサリン",
    "シンイチ SHIN'ICHI SHINICHI SINITI",
    "ダイチ DAICHI DAITI",
    "フミエ FUMIE HUMIE FUMIYE",
    "ジョウ ジヨウ JO JOU JOH ZYOU",
    "サラ SARA SARAH",
    "シャロン SHARON SYARON",
]

APART = [
    "タナカ サトウ スズキ タカハシ",
    "キヨコ キョウコ キコ",
    "イツキ イッキ イキ",
    "カズコ カツコ カスコ",
    "コンノ コノ ココノ",
    "ヨシユキ ヨシキ ヨシアキ",
    "ミユ ミュ ミウ",
    "ケイコ ケコ カイコ",
    "ハルト ハルコ ハル",
    "ユキ ユイ ユカ",
    "タケシ タカシ タダシ タケジ",
    "オオヒヤマ オヤマ",
    "アキ アイ",
    "ゴトウ コトウ",
    "ショウタ ソウタ コウタ",
]


@pytest.mark.parametrize("spellings", MEET)
def test_spellings_meet(spellings):
    """All spellings of a name have one key."""
    assert len(set(keys(*spellings.split()))) == 1


@pytest.mark.parametrize("names", APART)
def test_names_stay_apart(names):
    """Different names have different keys."""
    several = names.split()
    assert len(set(keys(*several))) == len(several)


def test_nothing_left_is_null():
    """A token of another script has no key."""
    assert keys("佐藤", "123", "", None, "ー", "ッ") == [None] * 6


def test_kana_and_romaji_of_one_name_have_one_key():
    """What joins an embossed card to a kana record."""
    latin = romaji(pl.Series(["KYOKO OHNO", "ONO KYOUKO", "ANNA MARIA TANAKA"]))["normalized"]
    assert latin.to_list() == kana(pl.Series(["オオノ キョウコ", "ｵｰﾉ ｷﾖｳｺ", "タナカ アンナ マリア"]))["key"].to_list()


def test_fold_tokens_equals_fold():
    """The shortcut over distinct tokens changes nothing, order and nulls included."""
    tokens = pl.Series("t", ["サトウ", None, "TARO", "サトウ", "佐", "TAROH"])
    assert fold_tokens(tokens).to_list() == ["sato", None, "taro", "sato", None, "taro"]


def test_name_keys_keep_row_order():
    """Rows with no, one, two and many tokens stay where they are."""
    made = name_keys(pl.Series(["b a", None, "c", "d b a c", "佐 藤", "a"]))
    assert made.rows() == [
        ("a b", "b", "a"),
        (None, None, None),
        ("k", "k", "k"),
        ("a b d k", "d", "k"),
        (None, None, None),
        ("a", "a", "a"),
    ]


def test_kana_parts():
    """Parts known apart: one usable part is enough, and a placeholder beside it is not shown."""
    family = pl.Series(["ｻﾄｳ", None, "佐藤", None, "-", "不明", "サトウ タナカ"])
    given = pl.Series(["たろう", "ﾊﾅｺ", None, None, "ジロウ", "x", "アン"])
    made = kana_parts(family, given)
    assert made["normalized"].to_list() == ["サトウタロウ", "ハナコ", None, None, "ジロウ", None, "サトウタナカアン"]
    assert made["reason"].to_list() == [None, None, "not_kana", "missing", None, "placeholder", None]
    assert made["display"].to_list() == [
        "サトウ タロウ", "ハナコ", "佐藤", None, "ジロウ", "不明 x", "サトウ タナカ アン",
    ]  # fmt: skip
    assert made["key"].to_list() == ["sato taro", "hanako", None, None, "ziro", None, "an satotanaka"]
    assert made["family"].to_list() == ["サトウ", None, None, None, None, None, "サトウタナカ"]
    assert made.columns == kana(family).columns
    assert made.schema == kana(family).schema

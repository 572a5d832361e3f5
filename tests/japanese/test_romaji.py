"""The folding key: which spellings meet and which names stay apart."""

from __future__ import annotations

import polars as pl
import pytest

from oneid.japanese.romaji import fold, fold_tokens, name_keys, prefix_of, romaji, unvoiced
from oneid.kinds.name.spelling.kana import kana, kana_parts, strip_marks
from oneid.kinds.name.split import given_names, surnames


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
    "ベッショ BESSHO BESSYO",
    "オオイシ OHISHI OISHI OOISHI",
    "オオウチ OHUCHI OUCHI OOUCHI",
    "コウイチ KOHICHI KOICHI KOUICHI",
    "フィリップ フイリップ",
    "ササキ サヽキ さゝき SASAKI",
    "ミスズ みすゞ ミスヾ MISUZU",
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
    "マサキ マサアキ",
    "イイダ イダ",
    "フジ フジイ",
    "レナ レイナ",
    "オオハシ オオイシ",
    "オオフジ オオウジ",
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


def readings_of_life():
    """Every reading of the shipped name tables."""
    return pl.concat([surnames()["reading"], given_names()["reading"]]).unique().sort()


def test_fold_of_a_column_is_the_fold_of_each():
    """All readings at once, as one long text, or one by one; odd characters included."""
    odd = ["", " ", "\n", "a\nb", "ｻﾄｳ", "Ａ", "\u200b", "佐藤", "É", "ー", "'", "゛", "ッ", "ss\r\nhi", "k^$", None]
    tokens = pl.concat([readings_of_life(), pl.Series(odd)])
    assert fold_tokens(tokens).to_list() == keys(*tokens.to_list())


def test_unvoiced_joins_readings_that_lost_their_marks():
    """All but two of 13,000 readings meet the reading without its marks; and the key of a key is the key."""
    frame = pl.DataFrame({"x": readings_of_life()}).select(
        "x", kept=unvoiced(fold(pl.col("x"))), lost=unvoiced(fold(strip_marks(pl.col("x"))))
    )
    assert frame.filter(pl.col("kept") != pl.col("lost"))["x"].to_list() == ["オビヤ", "トツパタ"]
    assert frame.select(unvoiced(pl.col("kept"))).to_series().equals(frame["kept"])


def test_unvoiced_keeps_names_apart():
    """Names that differ in more than marks stay apart."""
    names = pl.DataFrame(
        {
            "x": [
                "ヤマダ",
                "ヤマネ",
                "サトウ",
                "カトウ",
                "ワタナベ",
                "ワタリ",
                "ユキ",
                "ユミ",
                "ハル",
                "アル",
                "タロウ",
                "ジロウ",
            ]
        }
    )
    assert names.select(unvoiced(fold(pl.col("x")))).to_series().n_unique() == names.height


@pytest.mark.parametrize(
    "whole",
    [
        "MATSUSHITA",
        "NAMBA",
        "KIYAMA",
        "HATCHO",
        "CHIYOKO",
        "INOUYE",
        "SHINICHIRO",
        "JUN",
        "TSUTSUMI",
        "MASAAKI",
        "OHISHI",
        "FUJII",
        "KOHICHI",
        "OHDUKA",
        "NIIYAMA",
        "WOTANI",
        "DZUSHI",
        "HACCHAN",
        "FUIRIPU",
        "MOMMA",
        "YOSHIE",
    ],
)
def test_cut_name_is_a_prefix_of_the_whole(whole):
    """Wherever a name is cut, also inside one sound."""
    cuts = [whole[:at] for at in range(3, len(whole) + 1)]
    folded = fold_tokens(pl.Series([whole, *cuts]))
    assert prefix_of(folded[1:], pl.select(pl.repeat(folded[0], len(cuts))).to_series()).all()


def test_prefix_of_other_names():
    """Another name is no prefix, a longer one neither, and nothing is known of nothing."""
    cut = pl.Series(["sato", "yamada", "kik", "w", None, "sato"])
    whole = pl.Series(["saito", "yama", "kitagawa", "ono", "sato", None])
    assert prefix_of(cut, whole).to_list() == [False, False, True, False, None, None]


def test_first_and_last_of_cards_that_bear_no_name():
    """Words embossed in place of a name are placeholders, in two words and in one."""
    made = romaji(pl.Series(["VALUED CUSTOMER", "CARDHOLDER", "Card Member"]))
    assert made["reason"].to_list() == ["placeholder"] * 3
    assert made["normalized"].null_count() == made["first"].null_count() == 3


def test_titles_anywhere_are_left_out():
    """Where other tokens are left, however the title is spelled and wherever it stands; one alone is a name."""
    made = romaji(pl.Series(["TARO MR SATO", "R/MR O", "O MSH", "サマ タロウ", "MR", "MISU TARO", "NOUNAME"]))
    assert made["normalized"].to_list() == ["sato taro", "o r", "o", "taro", "mr", "misu taro", None]
    assert made["reason"].to_list()[-1] == "placeholder"
    assert made["first"].to_list()[:2] == ["taro", "r"]

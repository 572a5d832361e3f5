"""Names as kinds, and the facet that name, kana, romaji and nickname make together: who somebody is."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from oneid.japanese import quickkeys
from oneid.japanese.romaji import romaji
from oneid.kinds.base import Comparison, Facet, Header, Kind, Survival
from oneid.kinds.name import columns, few, levels, together
from oneid.kinds.name.features import FEATURES, make, without_handles
from oneid.kinds.name.known import whole_names
from oneid.kinds.name.onename import make_one
from oneid.kinds.name.spelling import quick
from oneid.kinds.name.spelling.kana import kana, readings, readings_parts
from oneid.kinds.name.spelling.nickname import nickname
from oneid.kinds.name.spelling.normalizer import name, name_parts
from oneid.kinds.plain.own import plain

__all__ = ["KANA", "NAME", "NICKNAME", "PERSON", "ROMAJI"]

PERSON = Facet(
    name="name",
    features=FEATURES,
    make=make,
    make_one=make_one,
    columns=columns.columns,
    few=few.few,
    counted=columns.counted,
    comparisons=(
        Comparison(
            "name",
            levels.NAME_LEVELS,
            levels.name,
            order=levels.NAME_ORDER,
            apart=("family_equal", "differs"),
            open=("missing", "given_only", "family_only", "given_equal"),
            bridged=dict.fromkeys(("family_equal", "differs", "homophone"), levels.SAYS_LESS),
            fields=("name", "kana", "romaji"),
            finds=(
                "equal_rare", "equal_common", "equal_frequent", "variant_rare", "variant_common", "homophone",
                "swapped",
            ),
            household={"family_equal": 72, "differs": 15, "close": 3, "given_equal": 2},
            place=0,
        ),
        Comparison(
            "nickname", levels.NICKNAME_LEVELS, levels.nickname, fields=("nickname", "name"), shown="nickname",
            household={"missing": 99}, place=1,
        ),
    ),
    keys=columns.keys,
    key_names=columns.KEYS,
    keys_of_one=few.keys_of_one,
    trusted={"name": {"name": "normalized"}, "nickname": {"nickname": "normalized"}},
    together=together.together,
    amend=without_handles,
    home=columns.home,
    lives_by=("family", "key_family"),
    seen=few.seen,
    warm=few.warm,
)  # fmt: skip
"""The facet of names."""

_PARTS = ("family", "given")
_KANA = (
    r"(kana|furigana|yomi|phonetic|pronunciation|カナ|かな|カタカナ|フリガナ|ふりがな|ヨミ|よみ|読み|読みがな|振り?仮名|ルビ|"
    r"(^|_)(セイ|せい|メイ|めい)(?=$|_|\d))"
)
_ROMAJI = r"(romaji|roman|latin|alphabet|embossed|english|ローマ字|英字|アルファベット|ヘボン|(^|_)en($|_))"
_NO_NAME = r"_(?!visit|login|order|seen|come|purchase|date|time|activity|change|modif|updat)"
_FAMILY = (
    rf"((^|_)(last|family)(_?name|_?kana|$|{_NO_NAME})|surname|(^|_)sei($|_)|苗字|名字|名前_?姓|姓(?!名)|"
    r"(^|_)氏(?=$|_|カナ|かな|フリガナ|ふりがな)|(^|_)(セイ|せい)(?=$|_))"
)
_GIVEN = (
    rf"((^|_)(first|given)(_?name|_?kana|$|{_NO_NAME})|forename|"
    r"(^|_)mei($|_)|下の名前|(^|_)名(?=$|_|カナ|かな|フリガナ|ふりがな)|(カナ|かな|フリガナ|ふりがな)_?名$|(^|_)(メイ|めい)(?=$|_))"
)


def _both(one: str, other: str) -> str:
    return f"(?=.*{one})(?=.*{other})"


def _whole_parts(parts: Sequence[pl.Series], _beside: pl.Series | None) -> pl.DataFrame:
    return name_parts(*parts)


def _kana_parts(parts: Sequence[pl.Series], _beside: pl.Series | None) -> pl.DataFrame:
    return readings_parts(*parts)


NAME = Kind(
    "name",
    name,
    plain,
    facet=PERSON,
    parts=_PARTS,
    from_parts=_whole_parts,
    usual=quick.name,
    example="山田太郎",
    usual_parts=quick.name_parts,
    in_short=True,
    headers=(
        Header(270, _FAMILY, "family"),
        Header(280, _GIVEN, "given"),
        Header(
            300,
            r"^(full_?)?name(_?1)?$|(^|_)(full|member|customer|user|client|contact|guest)_?name"
            r"(?=$|_)|氏名|姓名|お?名前|(会員|顧客|お客様|個人|患者|契約者|利用者|参加者)名|(^|_)本名|(^|_)宛名|^名(?=$|_)",
        ),
    ),
    looks={"": r"[^\d@]*[^\W\d_][^@]*"},
    evident=whole_names,
    tells=1,
    witness=1,
    survival=Survival(beside="name", leads=True),
    mark="name",
)
KANA = Kind(
    "kana",
    kana,
    plain,
    facet=PERSON,
    reads=readings,
    parts=_PARTS,
    from_parts=_kana_parts,
    usual=quick.kana,
    example="ヤマダ タロウ",
    usual_parts=quick.kana_parts,
    in_short=True,
    headers=(
        Header(20, _both(_KANA, _FAMILY), "family"),
        Header(30, _both(_KANA, _GIVEN), "given"),
        Header(40, _KANA),
    ),
    looks={"": r"[ァ-ヺぁ-ゖーゝゞヽヾ・\s]+"},
    obvious=r"[ァ-ヺー・]+\s[ァ-ヺー・]+",
    tells=1,
    witness=2,
    survival=Survival(beside="name"),
    mark="romaji",
)
ROMAJI = Kind(
    "romaji",
    romaji,
    plain,
    facet=PERSON,
    parts=_PARTS,
    usual=quickkeys.romaji,
    example="TARO YAMADA",
    headers=(
        Header(50, _both(_ROMAJI, _FAMILY), "family"),
        Header(60, _both(_ROMAJI, _GIVEN), "given"),
        Header(70, _ROMAJI),
    ),
    looks={"": r"[a-zÀ-ɏ][a-zÀ-ɏ\s.,'’-]*"},
    tells=1,
    witness=3,
    survival=Survival(beside="name"),
    mark="romaji",
)
NICKNAME = Kind(
    "nickname",
    nickname,
    plain,
    facet=PERSON,
    parts=_PARTS,
    headers=(
        Header(
            290,
            r"nick|handle|screen_?name|display_?name|(^|_)(line|login)_?name|ニックネーム|ハンドル|表示名|愛称|呼び名|LINE名|line名",
        ),
    ),
    looks={"": r".+"},
    stands_for="name",
    witness=4,
)

"""What stands around an address and is none: marks, labels, quotes, the country and the postcode in front; telephone
numbers, addressees and remarks behind it, and behind the room.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.places import prefectures
from oneid.kinds.address.tail import where

__all__ = ["POSTCODE", "alone", "roomed"]

POSTCODE = r"^(?:〒[0-9]{3}-?[0-9]{4}|[0-9]{3}-?[0-9]{4}([\p{Han}&&[^番丁号地]]|$))"
"""A postcode before the address."""

_PREFECTURE = "(?:" + "|".join(prefectures()) + ")"
_CODE = r"([0-9]{3})[-‐−ー–—]?([0-9]{4})"
_TELEPHONE = r"0[0-9]{1,4}[-‐−ー)(]?[0-9]{1,4}[-‐−ー)(]?[0-9]{3,4}\)?$"
_OPEN, _CLOSE = r"[\[({<【「『〔〈《“\"']", r"[\])}>】」』〕〉》”\"']"
_WHOSE = (
    "(?:お|ご|御)?(?:現|新|旧|自宅|本人|会社|実家|勤務先|帰省先|請求先|連絡先|送り?先|届け?先|送付先|配送先|発送先|"
    "転居先|宛先)"
)
_LABEL = rf"(?:{_WHOSE}|(?:お|ご|御|現|新|旧)?(?:住所|住居|居所|所在地|本籍地?))(?:の?(?:ご|御)?住所|先|所在地)?[0-9]?"
_PARTS = "(?:都道府県名?|市区?町村名?|市区郡|町名|町域|丁目番地|番地|建物名?(?:・部屋番号)?|部屋番号|住所[0-9]?)"

_INSIDE = r"[^\[\](){}<>【】「」『』〔〕〈〉《》“”\"']*"
_QUOTED = rf"^=?{_OPEN}({_INSIDE}[0-9]{_INSIDE}){_CLOSE}$"
_NO_PLACE = r"[^0-9\[\](){}【】「」『』都道府県市区町村郡]"

_FRONT = (
    (r"^=?[\"'“”]+(.*?)[\"'“”]*$", "${1}"),
    (_QUOTED, "${1}"),
    (rf"^{_OPEN}({_PREFECTURE}){_CLOSE} ?", "${1}"),
    (rf"^{_OPEN}[〒 ]*{_CODE}{_CLOSE} ?", "〒${1}${2}"),
    (
        rf"^{_OPEN}[^0-9\[\](){{}}【】「」『』]{{0,8}}(?:{_NO_PLACE}|市内){_CLOSE} ?[::]?",
        "",
    ),
    (rf"^{_OPEN}{_LABEL}{_CLOSE} ?[::]?", ""),
    (r"^[※*●■◆◇○◎□▲△▼▽★☆→⇒▶►•・>#;:,.、。=+~_ -]+", ""),
    (r"^(?:[0-9]{1,2}[.):、] ?|\([0-9]{1,2}\) ?)", ""),
    (rf"^[0-9]{{1,2}} ?({_PREFECTURE})", "${1}"),
    (rf"(?i)^(?:郵便番号|郵便|〒|〶|ZIP ?(?:CODE)?|POST(?:AL)? ?CODE)[:: 〒]*\(?{_CODE}\)?[ ,、/:]*", "〒${1}${2}"),
    (rf"^{_CODE}[ ,、/:]+", "〒${1}${2}"),
    (rf"^{_LABEL}(?: ?[:: =・/-] *|({_PREFECTURE}|〒))", "${1}"),
    (r"^[^0-9::都道府県]{1,10}[::] *", ""),
    (rf"(?i)^(?:日本国?|JAPAN|NIPPON|JP)(?: *[,、/:・] *| +|({_PREFECTURE}|〒|\p{{Han}}{{2,3}}県))", "${1}"),
)
"""What stands in front, one after the other, and what is left of it."""

_TURNED = r"[(]([^()0-9]*(?:通|[上下東西南北][へヘ]?(?:が|入)?[るルりリ]|[東西]入)[^()0-9]*)[)]"

_BEHIND = (
    (rf"([0-9号地]) ?{_TURNED}", "${1}"),
    (_TURNED, "${1}"),
    (rf"^(.+?) *\(?〒{_CODE}\)?$", "${1}"),
    (rf"(?i)[ (,、/]*(?:TEL|FAX|電話(?:番号)?|携帯(?:電話)?|☎|[ (])[^0-9+]{{0,4}}{_TELEPHONE}", ""),
    (r"[ (,、/<]*[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+[)>]?$", ""),
    (r"^(.*[0-9].*?)(?: \p{Han}{1,3})? [^0-9 ]{1,12} ?(?:様|殿|御中)$", "${1}"),
    (r"(?i) *c/o ?([^0-9]{1,10}?)(?: ?様)?$", " ${1}様方"),
    (r"^(.*[0-9号室階].*?) *※.*$", "${1}"),
    (r"^([^「『\"]*[0-9])[」』\"]$", "${1}"),
)
"""What stands behind; c/o is 様方."""

_BEGUN = rf"^(?:{_PREFECTURE}|[^0-9 ]{{1,6}}[市区郡町村])"
_LATER = rf"^[^0-9〒]{{1,24}}?(?:〒?{_CODE} ?)?({_PREFECTURE}[^0-9 ]{{1,8}}?[市区郡町村].*)$"
_AT_ALL = (
    rf"(?i)^[^\p{{Han}}ぁ-んァ-ヺ0-9]|^[0-9]{{1,2}}(?:[.):、]|\(|{_PREFECTURE})|[::〒※@」』\"]|^日本|^J|住所|住居"
    "|^(?:お|ご|御|自宅|現住|新住|旧住|本人|本籍|会社|実家|勤務|帰省|請求|連絡|送り?先|送付|届|配送|発送|転居|宛|所在|"
    "居所|郵便)|様$|殿$|御中$|c/o"
    rf"|^{_CODE}[ ,、/:]|{_TELEPHONE}|{_TURNED}"
)
"""Texts that may have something around the address."""


def alone(text: pl.Series) -> pl.Series:
    """Tidy texts without what stands around the address; a postcode in front stays, as 〒1600023.

    >>> alone(pl.Series(["【自宅】東京都港区三田1-2", "お届け先:〒108-0073 港区三田1-2 TEL 03-1234-5678"])).to_list()
    ['東京都港区三田1-2', '〒1080073港区三田1-2']
    """
    around = pl.col("x").str.replace_all(rf"(^|[ ,、/]){_PARTS} ?[::] ?", "${1}")
    for _ in range(2):
        for pattern, replacement in (*_FRONT, *_BEHIND):
            around = around.str.replace(pattern, replacement)
    begun = around.str.contains(_BEGUN)
    code = around.str.replace(_LATER, "〒${1}${2}").str.extract("^〒[0-9]{7}", 0).fill_null("")
    around = pl.when(begun).then(around).otherwise(
        pl.when(around.str.contains(_LATER)).then(code + around.str.replace(_LATER, "${3}")).otherwise(around)
    )  # fmt: skip
    return where(where(text, _AT_ALL, around), f".{_PREFECTURE}", around)


_FLAT = (
    "ビル|ハイツ|コーポ|荘$|[棟寮館街]|団地|住宅|マンション|ハイム|メゾン|タワー|アパ|ハウス|レジデンス|パレス|"
    "ヒルズ|階"
)
_REMARK = (
    "置き?配|おき配|宅配|配達|配送|不在|届け|希望|お願い|連絡|インターホン|呼び?鈴|玄関|ポスト|くださ|下さ|ます|"
    "です|指定|必須|厳禁|管理人|オートロック|様|殿$|御中|気付|宛|方$|会社|[(][株有]|法人|転送|自宅|実家|勤務先|目印|"
    "隣|向かい|裏|TEL|電話|携帯"
)
_ASKED = (
    "置き?配|おき配|宅配(?:ボックス|BOX|希望|可)|不在(?:時|の|届)|配達(?:希望|時|前)|玄関(?:前|先|に)|"
    "(?:お届け|配達|時間)希望"
)
"""Words to the carrier; each has a letter that the look-up of usual spellings does not let into a building's name."""
_BEHIND_ROOM = (
    (rf"^(.*?)[ (\[【、,/;:※-]*(?:{_ASKED}).*$", "${1}"),
    (r"^(.*[0-9]{3,4}[A-Z]?(?:号室|号|室)?) +[0-9]{1,2}(?:階|F)$", "${1}"),
    (r"([0-9]{3,4})-([A-Z])$", "${1}${2}"),
    (r"(?:NO\.|№|#|ROOM|RM\.|APT\.?) ?([0-9]{1,5}[A-Z]?)", "-${1}号室"),
    (r"^(.*?[0-9]{1,5}[A-Z]?(?:号室|号|室)?) ?[(\[【](?:[0-9]+(?:階|F)|[^0-9()\[\]【】]{1,20})[)\]】]$", "${1}"),
    (rf"^(.*?[0-9]{{3,5}}[A-Z]?(?:号室|号|室)?)[ (\[【、,/※]*((?:{_REMARK}).*|[^0-9]*?(?:{_REMARK})[^0-9]*)$", "${1}"),
)
_NAMED_FLAT = r"^([^0-9]*[^0-9 -][- ]?[1-9][0-9]{2,3}[A-Z]?(?:号室|号|室)?) ?([\p{Han}ぁ-んァ-ヺ]{2}[^0-9]*)$"


def roomed(rest: pl.Series) -> pl.Series:
    """The texts behind the block without what stands behind the room: remarks, floors in brackets, persons, firms.

    >>> roomed(pl.Series(["コーポ富士101置き配希望", "コーポ富士301(3階)", "コスモ21ヒルズ"])).to_list()
    ['コーポ富士101', 'コーポ富士301', 'コスモ21ヒルズ']
    """
    x = pl.col("x")
    cut = x
    for pattern, replacement in _BEHIND_ROOM:
        cut = cut.str.replace(pattern, replacement)
    behind = cut.str.extract(_NAMED_FLAT, 2)
    person = behind.is_not_null() & ~behind.str.contains(rf"{_FLAT}|[ァ-ヺー]{{3}}")
    cut = pl.when(person.fill_null(value=False)).then(cut.str.extract(_NAMED_FLAT, 1)).otherwise(cut)
    return where(
        rest,
        rf"{_ASKED}|-[A-Z]$|#|№|NO\.|ROOM|RM\.|APT|[0-9][A-Z]?(?:号室|号|室)? ?[^0-9A-Z 号室-]"
        "|[0-9A-Z号室] +[0-9]{1,2}(?:階|F)$",
        cut,
    )

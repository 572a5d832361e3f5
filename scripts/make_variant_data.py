"""Rebuilds ``src/oneid/data/kanji_variants.csv``: which kanji forms stand for one another in names, and how surely.

Usage: ``python scripts/make_variant_data.py``

The ``hard`` tier is the old-to-new table of the yosina package (MIT), reduced to single characters, together with the
vendor characters and copying habits listed in ``OWN_HARD``. The ``soft`` tier, forms that one family keeps apart and
another mixes, is our own list. A canonical form is never itself a variant.
"""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from yosina import TransliterationRecipe, make_transliterator

TARGET = Path(__file__).resolve().parent.parent / "src/oneid/data/kanji_variants.csv"

OWN_HARD = [
    "高髙",
    "崎﨑嵜碕",
    "辺邉邊邊",
    "柳栁桺",
    "吉𠮷",
    "桑桒",
    "富冨",
    "凛凜",
    "皓晧",
    "徳德",
    "瀬瀨",
    "曽曾",
    "桝枡",
    "橋槗𣘺",
    "館舘",
    "渕淵渊",
    "頬頰",
    "塚塚",
    "都都",
    "濱濵",
    "逸逸",
    "緒緒",
    "諸諸",
    "署署",
    "者者",
    "著著",
    "煮煮",
    "祝祝",
    "祖祖",
    "神神",
    "祥祥",
    "禎禎",
    "福福",
    "穀穀",
    "突突",
    "節節",
    "類類",
    "諭諭",
    "謁謁",
    "謹謹",
    "賓賓",
    "贈贈",
    "郎郞郎",
    "朗朗",
    "廊廊",
    "隆隆",
    "祐祐",
    "勉勉",
    "喝喝",
    "嘆嘆",
    "器器",
    "墨墨",
    "層層",
    "悔悔",
    "慨慨",
    "憎憎",
    "懲懲",
    "敏敏",
    "既既",
    "暑暑",
    "梅梅",
    "海海",
    "渚渚",
    "漢漢",
    "杉杦",
    "斎齋",
    "斉齊",
    "島㠀",
    "鶴靏鸖靍",
    "熊㷱",
    "船舩",
    "裏裡",
    "卯夘",
    "柿杮",
    "閣閤",
    "萩萩",
    "琢琢",
    "昂昻",
    "靖靖",
    "羽羽",
    "翔翔",
    "翼翼",
    "槙槇",
    "祢禰",
    "弥彌",
    "蛍螢",
    "清淸",
    "増增",
    "黒黑",
    "緑綠",
    "青靑",
    "晴晴",
    "静靜",
    "精精",
    "内內",
    "真眞",
    "横橫",
    "滝瀧",
    "穂穗",
    "恵惠",
    "浩浩",
    "呉吳",
    "巻卷",
    "黄黃",
    "寛寬",
    "戸戶",
    "教敎",
    "歩步",
    "毎每",
    "歳歲",
    "査查",
    "录彔",
    "曜曜",
    "挿插",
    "揺搖",
    "遥遙",
    "尭堯",
    "鉄鐵",
    "剣劍劒剱",
    "検檢",
    "亀龜",
    "関關",
    "沢澤",
    "広廣",
]
OWN_SOFT = [
    "島嶋嶌",
    "園薗",
    "刈苅",
    "薮籔藪",
    "斎斉",
    "峰峯",
    "野埜",
    "草艸",
    "泉湶",
    "柏栢",
    "飯飰",
    "蔦蘿",
    "窪久",
    "秋龝穐",
    "朝晁",
    "笹篠",
    "淳惇",
    "鍋鎬",
    "井丼",
    "涼凉",
    "克剋",
    "略畧",
    "群羣",
    "脇脅",
    "冴冱",
    "杯盃",
    "裕𧙗",
    "糸絲",
    "芦蘆葦",
    "兎兔",
    "桧檜",
    "灯燈",
    "竜龍",
    "滝瀧",
    "万萬",
    "予豫",
    "余餘",
    "庵菴",
    "岩巌嵒",
    "仙僊",
    "鎌鐮",
    "翠翆",
    "倉蔵",
]
NOT_SOFT = set("久蘿篠惇鎬丼脅冱𧙗葦飰湶嵒蔵巌")
"""Look-alikes and homophones that stand in no family register as forms of one another; listed to be refused."""

APART = ["坂阪", "崎埼", "藤籐", "田由", "土士", "未末", "林森", "裕祐", "巳已", "斉済", "崇祟"]


def is_kanji(char: str) -> bool:
    """Whether ``char`` is a CJK ideograph."""
    return unicodedata.name(char, "").startswith("CJK")


def from_yosina() -> dict[str, str]:
    """The old-to-new pairs of yosina as single characters, variation selectors left out."""
    convert = make_transliterator(TransliterationRecipe(kanji_old_new=True))
    table = {}
    for code in [*range(0x3400, 0x9FFF), *range(0xF900, 0xFAFF), *range(0x20000, 0x2FA1F)]:
        char = chr(code)
        new = "".join(c for c in convert(char) if not unicodedata.combining(c) and not 0xE0100 <= ord(c) <= 0xE01EF)
        if len(new) == 1 and new != char and is_kanji(new):
            table[char] = new
    return table


def groups(words: list[str]) -> dict[str, str]:
    """Each further character of a word leads to its first."""
    table = {}
    for word in words:
        for other in word[1:]:
            if other != word[0] and other not in NOT_SOFT:
                table[other] = word[0]
    return table


def root(char: str, table: dict[str, str]) -> str:
    """The end of the chain that begins at ``char``."""
    seen = {char}
    while char in table and table[char] not in seen:
        char = table[char]
        seen.add(char)
    return char


def main() -> None:
    hard = from_yosina() | groups(OWN_HARD)
    hard = {unicodedata.normalize("NFKC", old): unicodedata.normalize("NFKC", new) for old, new in hard.items()}
    hard = {old: root(new, hard) for old, new in hard.items() if old != root(new, hard)}
    soft = {old: root(new, hard) for old, new in groups(OWN_SOFT).items()}
    soft = {root(old, hard): new for old, new in soft.items() if root(old, hard) != new}
    soft = {old: root(new, soft) for old, new in soft.items()}
    for pair in APART:
        if len({root(root(char, hard), soft) for char in pair}) < len(pair):
            raise SystemExit(f"{pair} must never fold together")
    rows = [(old, new, "hard") for old, new in sorted(hard.items())]
    rows += [(old, new, "soft") for old, new in sorted(soft.items())]
    with TARGET.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("variant", "canonical", "tier"), *rows])
    print(f"{len(hard)} hard, {len(soft)} soft")


if __name__ == "__main__":
    main()

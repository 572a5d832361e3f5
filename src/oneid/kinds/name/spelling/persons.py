"""What stands around a name and how a person's name is built: honorifics, remarks, titles, nicknames, two in one cell.

All of it is our own knowledge of how members' names are written in Japanese systems. Every pattern works on tidy text.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import words
from oneid.kinds.name.spelling.company import is_company
from oneid.kinds.name.spelling.letters import HAN, KANA, WILDCARD

__all__ = ["HAN_HANDLES", "HAN_MARKS", "LAST_KANJI", "NO_GIVEN", "bare", "handle", "kind_of", "several"]

_OPEN, _CLOSE = r"(\[【「『<〈《{〔", r")\]】」』>〉》}〕"
_LEGAL = "株有同資名医財社学宗福独"

_OFFICE = (
    r"代表取締役(?:社長|会長)?|取締役|代表(?:理事|社員|者)?|社長|副社長|会長|副会長|専務|常務|理事長?|監事|部長|次長|課長|"
    r"係長|主任|店長|支店長|所長|支配人|院長|副院長|園長|校長|教頭|学長|総長|学部長|名誉教授|客員教授|准教授|助教授|教授|"
    r"助教|講師|[衆参]議院議員|国会議員|(?:\S{0,6}[都道府県市区町村])?(?:議会)?議員|(?:\S{1,6}[都道府県])?知事|市長|町長|村長|区長|住職"
)
"""Offices, which stand before and behind names."""

_PROFESSION = (
    r"弁護士|弁理士|税理士|公認会計士|会計士|司法書士|行政書士|社会保険労務士|社労士|中小企業診断士|不動産鑑定士|"
    r"土地家屋調査士|[一二]級建築士|建築士|歯科医師|獣医師|医師|薬剤師|看護師|助産師|保健師|管理栄養士"
)
_DEGREE = (
    r"(?:名誉|[医歯薬工理農法文商経獣]|経済|経営|理工|情報|教育|社会|看護|保健|獣医|学術)学?(?:博士|修士)|"
    r"博士\s?[(（][^()（）]{1,6}[)）]"
)
_TITLE = rf"{_OFFICE}|{_PROFESSION}|{_DEGREE}"

_REMARK = (
    r"本人|ご本人|退会|退会済み?|退会者|休会|停止|解約|重複|故人|代表者?|社長|会長|部長|課長|店長|院長|園長|校長|"
    r"教授|医師|弁護士|税理士|夫人|\S+様方|(?:御|ご)?(?:侍史|机下|玉案下)|貴下|台下|担当者?"
)
NO_GIVEN = (
    r"(?:様|さん|さま)?(?:家|宅|方)|他|外|ほか|不明|なし|無し?|未記入|未登録|未詳|世帯主?|(?:ご|御)?家族|一家|妻|夫|娘|息子|長男|長女|"
    r"次男|次女|母|父|奥[様さ]?ん?|(?:ご|御)?主人|某|本人|[-?○〇●◯*×・_./〓□■]+"
)
"""What stands for the given name of nobody in particular behind a family name."""
_HONORIFIC_WORD = "様|樣|殿|さま|さん|御中|先生|ちゃん|くん|どの"

_TRAILING = (
    rf"(?:\s+(?:{_HONORIFIC_WORD}|{_REMARK}|旧姓.*)|(?:様|樣|御中|先生様|(?:御|ご)(?:侍史|机下))|\s*旧姓[:\s]*\S+|"
    r"\s*(?:他|外|ほか)\s*[0-9一二三四五六七八九]+名?)+$"
)
"""What may follow a name, as often as it does; taken off where something is left."""

_CAPTURED: tuple[tuple[str, str], ...] = (
    (r"^=?[\"'“”’]+\s*(\S.*?)\s*[\"'“”’]*$", "$1"),
    (r"^(\S.*?)\s*[\"“”]+$", "$1"),
    (rf"^([{HAN}]{{1,4}}|[{KANA}]{{2,}})\s+(?:{NO_GIVEN})$", "$1"),
    (rf"([{HAN}])(?:さま|さん)$", "$1"),
    (rf"([{HAN}]{{2}})(?:殿|先生)$", "$1"),  # 真殿, 鵜殿 are surnames
    (rf"([{HAN}]{{4}})(?:君|くん|ちゃん)$", "$1"),
    (rf"(\S\s+\S+|\S{{4,}})\s+(?:{_TITLE}|博士)$", "$1"),  # 常務 and 博士 alone are given names
    (rf"([{HAN}]{{4}}|[{HAN}]\s[{HAN}]+)(?:{_TITLE})$", "$1"),
    (rf"([{HAN}]{{3}}[{HAN}--尊義持高晴政成満利長重基頼])氏$", "$1"),  # 足利尊氏
    (r"(\S\s+\S+|\S{4,})\s+[君氏]$", "$1"),  # 君 alone is a given name
    (r"(\S\s+\S+)\s+(?:サマ|サン|クン)$", "$1"),  # サン alone is a Burmese given name
    (r"(\S\s+\S+|\S{4,})\s+(?:宛て?|行き?|気付|拝|印)$", "$1"),  # 行 alone is a given name
    (rf"^(?:[故亡][\s・]+|[※×*]+\s*)([{HAN}])", "$1"),
    (rf"^故([{HAN}]{{4}}|[{HAN}]{{2,3}}\s[{HAN}])", "$1"),
    (rf"^(?:{_TITLE})[\s・]*([{HAN}{KANA}]{{2,}}\s\S|[{HAN}]{{3}})", "$1"),
    (r"^(?:先生|(?:御|ご)?担当者?|博士|世帯主|保護者|契約者|名義人|ご?本人)\s+(\S)", "$1"),
    (rf"^(?:医博|工博|農博|薬博)\s+(\S+\s\S|[{HAN}]{{4}})", "$1"),
    (r"^(?:(?:御|ご|お)?(?:氏名|名前|芳名)|会員名|顧客名)\s?[::]\s*(\S)", "$1"),
    (r"^(?:退会者?|退会済み?|休会|解約|停止|重複)\s+(\S)", "$1"),
    (r"^\S+様方\s+(\S)", "$1"),
    (r"(?i)^(?:(?:mrs?|ms|mx|miss|madam|dr|prof|sir|rev|hon|capt|ph\.?\s?d)(?:\.\s*|\s+))+(\S)", "$1"),
    (r"(?i)(\S)(?:,?\s+(?:ph\.?\s?d|esq)\.?|[-‐](?:san|sama|kun|chan))$", "$1"),
)
"""Where what stands before or behind decides: pattern and what stays of it."""

_HANDLE = (
    r"(?:大?好き|だいすき|ダイスキ|推し|ファン|マニア|オタク|おたく|ちゃん|ちゃま|ママ|パパ|まま|ぱぱ|の[父母妻嫁夫]|"
    r"ばあば|ばーば|じいじ|じーじ|です|だよ|主婦|会社員|学生|家族)$"
)
"""Ends of names that people give themselves, of one or several words."""

_HANDLE_WORD = (
    r"^\S+(?:くん|クン|たん|っち|ッチ|ぽん|ポン|ぴょん|にゃん|ニャン|さん|サン|さま|サマ|すき|スキ|チャン|らぶ|ラブ|"
    r"派|党|先生)$"
)
"""The same, where the text is one word: グエン チャン is a name."""

_LATIN_HANDLE = r"(?i)(?-u:\b)(?:the|of|lover|club|shop|store|your)(?-u:\b)"

_H = f"{HAN}{WILDCARD}"
LAST_KANJI = "子美代江枝恵香奈乃世音菜花衣絵沙里理紀穂華志郎太平"
"""The kanji that given names end in which begin in kana: さち子."""

_STEM = rf"[{_H}]+(?:[ヶヵケカノッツのつが之][{_H}]+)*"
_KANJI_ONE = rf"^{_STEM}[{KANA}{WILDCARD}]*$|^{_STEM}[{KANA}]{{1,4}}[{LAST_KANJI}]$"
_KANJI_WORDS = rf"^[{_H}{KANA}\p{{Latin}}]+(?:[\s・][{_H}{KANA}\p{{Latin}}.'’\-]+)+$"
_KANA_NAME = rf"^[{KANA}{WILDCARD}・=゠\s]+$"
_OTHER_NAME = r"^\p{L}[\p{L}\p{M}\s.,'’\-‐]*$"
_HANGUL = r"^\p{Hangul}{3,4}$"

_COUPLE = (
    rf"^(?:[{HAN}]{{4,}}|[{HAN}]+\s[{HAN}{KANA}]+)\s?[・、,/&+]\s?(?:[{HAN}][{HAN}{KANA}\s]*|\p{{Hiragana}}{{2,}})$|"
    rf"^[{HAN}]{{4,}}と[{HAN}]{{2,}}$|"  # と stands in names too: いと子
    rf"[{HAN}]\s?(?:[ご御](?:家族|夫妻|夫婦|一家|一同|一行)|夫妻|夫婦|一同)$"
)
"""Two people in one cell (佐藤太郎・花子); up to three kanji before the dot are a family name (長谷川・花子)."""

HAN_MARKS = [
    *words("""
    様 樣 殿 氏 君 御中 先生 旧 故 亡 退会 休会 停止 解約 重複 本人 代表 取締役 社長 会長 専務 常務 理事 監事 部長
    次長 課長 係長 主任 店長 所長 支配人 院長 園長 校長 教頭 学長 総長 教授 助教 講師 議員 知事 市長 町長 村長 区長
    住職 弁護士 弁理士 税理士 会計士 書士 労務士 社労士 診断士 鑑定士 調査士 建築士 医師 薬剤師 看護師 助産師 保健師
    栄養士 博士 修士 侍史 机下 玉案下 貴下 台下 担当 気付 宛 拝 印 世帯主 保護者 契約者 名義人 医博 工博 農博 薬博
    家 宅 方 不明 無し 未記入 未登録 未詳 世帯 息子 長男
    長女 次男 次女 主人 なし 氏名 名前 芳名 会員名 顧客名 夫人 夫妻 夫婦 一同 家族
    ご 御 他 外 すき です だよ ちゃん ちゃま くん さん さま どの まま ぱぱ ばあば じいじ おたく 主婦 会社員 学生 派 党
"""),
    *(blank + word for blank in (" ", "\u3000") for word in words("行 某 無 妻 夫 娘 母 父")),
]
"""Every pattern above that fits a name of kanji and hiragana needs one of these: names without are plain."""

HAN_HANDLES = words("好き 推し たん っち ぽん ぴょん にゃん らぶ")
"""The same for the ends of handles in which hiragana stand directly behind kanji."""


_HINTS = [
    *HAN_MARKS, *(blank + sign for blank in (" ", "\u3000") for sign in "-?○〇●◯*×・_./〓□■"),
    *words("ほか サマ サン クン ※ × * mr ms mx miss madam dr prof sir rev hon capt ph esq -san ‐san"),
    *"\"'“”’",
    *words("-sama ‐sama -kun ‐kun -chan ‐chan"), *"([【「『<〈《{〔)]】」』>〉》}〕",
]  # fmt: skip
"""What every text that :func:`bare` changes holds."""


def bare(text: pl.Series) -> pl.Series:
    """Tidy names without honorifics, titles and remarks, in brackets or not; what is all there is stays.

    >>> bare(pl.Series(["佐藤 太郎 様(退会)", "(故)山田太郎", "真殿", "佐藤(旧姓 田中)"])).to_list()
    ['佐藤 太郎', '山田太郎', '真殿', '佐藤']
    """
    rows = text.str.contains_any(_HINTS, ascii_case_insensitive=True).fill_null(value=False).arg_true()
    while not rows.is_empty():
        before = text.gather(rows)
        after = before.alias("text").to_frame().lazy().select(_once(pl.col("text"))).collect()["text"]
        text = text.clone().scatter(rows, after)
        rows = rows.filter(before != after)
    return text


def _once(text: pl.Expr) -> pl.Expr:
    text = text.str.replace_all(rf"[<\[【「『〔〈]\s?([{_LEGAL}])\s?[>\]】」』〕〉]", "(${1})")
    bracketed = pl.when(text.str.contains(f"[{_OPEN}{_CLOSE}]")).then(text)
    left = bracketed.str.replace_all(rf"\s*[{_OPEN}][^{_OPEN}{_CLOSE}]*[{_CLOSE}]\s*", " ")
    left = left.str.replace(rf"(\S)\s*[{_OPEN}].*$", "${1}").str.replace_all(f"[{_CLOSE}]", " ").str.strip_chars(" ")
    inside = bracketed.str.replace_all(f"[{_OPEN}{_CLOSE}]", " ").str.strip_chars(" ")
    left = pl.when(left.str.contains(r"[\p{L}\p{N}]")).then(left).when(inside != "").then(inside).otherwise(text)
    text = pl.when(bracketed.is_not_null() & ~is_company(text)).then(left).otherwise(text)
    cut = text.str.replace(_TRAILING, "")
    text = pl.when(cut != "").then(cut).otherwise(text)
    for pattern, kept in _CAPTURED:
        text = text.str.replace(pattern, kept)
    return text.str.replace_all(r"\s+", " ").str.strip_chars(" ")


def several(text: pl.Expr) -> pl.Expr:
    """Whether a name is that of two people or of a family.

    >>> names = pl.DataFrame({"x": ["佐藤太郎・花子", "佐藤 太郎 ご夫妻", "田中・マリア"]})
    >>> names.select(several(pl.col("x")))["x"].to_list()
    [True, True, False]
    """
    named = text.str.split(" ")
    again = (named.list.len() == 4) & (named.list.get(0, null_on_oob=True) == named.list.get(2, null_on_oob=True))
    return text.str.contains(_COUPLE) | (again & text.str.contains(rf"^[{HAN}]+ "))


def handle(text: pl.Expr) -> pl.Expr:
    """Whether a text ends as names that people give themselves do."""
    return text.str.contains(_HANDLE) | text.str.contains(_HANDLE_WORD)


def kind_of(text: pl.Expr, script: pl.Expr) -> pl.Expr:
    """``company``, ``person`` or ``nickname``, by shape alone: neither a body nor built like a name, a nickname."""
    two = text.str.contains(r"\S[\s・]\S")
    person = (
        pl.when(script == "kanji")
        .then(text.str.contains(_KANJI_ONE) | text.str.contains(_KANJI_WORDS))
        .when(script == "kana")
        .then(text.str.contains(_KANA_NAME) & (two | (text.str.len_chars() >= 5)))
        .otherwise(
            text.str.contains(_OTHER_NAME) & two & ~text.str.contains(_LATIN_HANDLE) | text.str.contains(_HANGUL)
        )
    )
    return (
        pl.when(is_company(text))
        .then(pl.lit("company"))
        .when(person & ~handle(text))
        .then(pl.lit("person"))
        .otherwise(pl.lit("nickname"))
    )

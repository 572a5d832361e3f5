"""What stands around a name and how a person's name is built: honorifics, remarks, titles, nicknames, two in one cell.

All of it is our own knowledge of how members' names are written in Japanese systems. Every pattern works on tidy text.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import words
from oneid.kinds.name.spelling.company import is_company
from oneid.kinds.name.spelling.letters import HAN, KANA, WILDCARD

__all__ = ["HAN_HANDLES", "HAN_MARKS", "LAST_KANJI", "bare", "kind_of", "several"]

_OPEN, _CLOSE = r"(\[【「『<〈《{〔", r")\]】」』>〉》}〕"
_LEGAL = "株有同資名医財社学宗福独"

_REMARK = (
    r"本人|ご本人|退会|退会済み?|退会者|休会|停止|解約|重複|故人|代表者?|社長|会長|部長|課長|店長|院長|園長|校長|"
    r"教授|医師|弁護士|税理士|夫人|\S+様方"
)
_HONORIFIC_WORD = "様|樣|殿|さま|さん|御中|先生|ちゃん|くん|どの"

_TRAILING = (
    rf"(?:\s+(?:{_HONORIFIC_WORD}|{_REMARK}|旧姓.*)|(?:様|樣|御中)|\s*旧姓[:\s]*\S+|"
    r"\s*(?:他|外|ほか)\s*[0-9一二三四五六七八九]+名?)+$"
)
"""What may follow a name, as often as it does; taken off where something is left."""

_CAPTURED: tuple[tuple[str, str], ...] = (
    (rf"([{HAN}])(?:さま|さん)$", "$1"),
    (rf"([{HAN}]{{2}})(?:殿|先生)$", "$1"),  # 真殿, 鵜殿 are surnames
    (rf"([{HAN}]{{4}})(?:君|くん|ちゃん)$", "$1"),
    (rf"([{HAN}]{{3}}[{HAN}--尊義持高晴政成満利長重基頼])氏$", "$1"),  # 足利尊氏
    (r"(\S\s+\S+|\S{4,})\s+[君氏]$", "$1"),  # 君 alone is a given name
    (r"(\S\s+\S+)\s+(?:サマ|サン|クン)$", "$1"),  # サン alone is a Burmese given name
    (rf"^(?:故\s+|[※×*]+\s*)([{HAN}])", "$1"),
    (r"^(?:退会者?|退会済み?|休会|解約|停止|重複)\s+(\S)", "$1"),
    (r"^\S+様方\s+(\S)", "$1"),
    (r"(?i)^(?:mrs?|ms|mx|miss|madam|dr|prof|sir)(?:\.\s*|\s+)(\S)", "$1"),
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

HAN_MARKS = words("""
    様 樣 殿 氏 君 御中 先生 旧 故 退会 休会 停止 解約 重複 本人 代表 社長 会長 部長 課長 店長 院長 園長 校長 教授
    医師 弁護士 税理士 夫人 夫妻 夫婦 一同 家族 ご 御 他 外 すき です だよ ちゃん ちゃま くん さん さま どの まま ぱぱ
    ばあば じいじ おたく 主婦 会社員 学生 派 党
""")
"""Every pattern above that fits a name of kanji and hiragana needs one of these: names without are plain."""

HAN_HANDLES = words("好き 推し たん っち ぽん ぴょん にゃん らぶ")
"""The same for the ends of handles in which hiragana stand directly behind kanji."""


_HINTS = [
    *HAN_MARKS, *words("ほか サマ サン クン ※ × * mr ms mx miss madam dr prof sir ph esq -san ‐san -sama ‐sama"),
    *words("-kun ‐kun -chan ‐chan"), *"([【「『<〈《{〔)]】」』>〉》}〕",
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


def kind_of(text: pl.Expr, script: pl.Expr) -> pl.Expr:
    """``company``, ``person`` or ``nickname``, by shape alone: neither a body nor built like a name, a nickname."""
    two = text.str.contains(r"\S[\s・]\S")
    handle = text.str.contains(_HANDLE) | text.str.contains(_HANDLE_WORD)
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
        .when(person & ~handle)
        .then(pl.lit("person"))
        .otherwise(pl.lit("nickname"))
    )

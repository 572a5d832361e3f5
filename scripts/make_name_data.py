"""Rebuilds ``src/oneid/japanese/data/surnames.csv`` and ``given_names.csv``.

Usage::

    apt-get download naist-jdic && dpkg-deb -x naist-jdic_*.deb jdic
    python scripts/make_name_data.py jdic/usr/share/chasen/dic/naist-jdic/naist-jdic.dic src/oneid/japanese/data

The long tail of names and readings comes from NAIST-jdic (BSD, see ``src/oneid/japanese/data/LICENSES.md``). The head
of both tables (which names are common, in which decade) is common knowledge, written down as plain facts in
``name_heads/``: surnames in order of commonness, given names in order of popularity per sex and decade of birth, and
what the last character of a given name tells. Weights are therefore *estimates*: they tell 佐藤 from 小鳥遊 but are no
demography.

- Surnames: people per 100,000. The share at each rank follows ``RANK_SHARE`` (log-log interpolation between known
  points of the distribution). Behind the listed head, rank follows the dictionary's own word cost (lower: oftener seen)
  and how typical the characters are for the beginning and the end of a surname.
- Given names: people per 100,000 of one sex, and the centre and spread (standard deviation) of their years of birth.
  Sex and era of tail names are read from their last character or reading; a name that does not tell is left out.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

__all__ = ["main"]

HEADS = Path(__file__).parent / "name_heads"

RANK_SHARE = {
    1: 1.5, 2: 1.42, 3: 1.12, 4: 1.06, 5: 0.85, 7: 0.83, 9: 0.81, 10: 0.70, 12: 0.64, 13: 0.53, 16: 0.48, 20: 0.42,
    30: 0.31, 40: 0.26, 50: 0.235, 60: 0.21, 70: 0.19, 80: 0.16, 100: 0.135, 120: 0.12, 150: 0.105, 200: 0.085,
    250: 0.068, 300: 0.056, 400: 0.04, 500: 0.03, 1000: 0.0125, 2000: 0.0045, 5000: 0.001, 13000: 0.0002,
}  # fmt: skip
"""Rank of a surname: per cent of the people who bear it."""

DECADES = {
    1930: (0.09, 0.045, 0.035), 1940: (0.13, 0.045, 0.035), 1950: (0.13, 0.040, 0.030), 1960: (0.14, 0.035, 0.026),
    1970: (0.15, 0.026, 0.022), 1980: (0.12, 0.020, 0.020), 1990: (0.11, 0.015, 0.018), 2000: (0.09, 0.012, 0.015),
    2010: (0.04, 0.010, 0.012),
}  # fmt: skip
"""Decade of birth: share among members, share of the commonest female and male name in it."""

MALE_READING = re.compile(
    "(ロウ|スケ|ヘイ|ヒコ|ノリ|ヒロ|トシ|ヨシ|カズ|マサ|ノブ|タカ|シゲ|ヤス|モト|フミ|アキ|ユキ|ナオ|ツグ|ゾウ|キチ|イチ"
    "|エモン|ジ|シ|オ|ト|タ|ヤ|ゴ|ム|ル|ロ)$"
)
FEMALE_READING = re.compile("[コミエヨカナノホリネキサワズチハラ]$")
MALE_OVERRULES = re.compile("([ヨトシ]シ|ヒサ|マサ|カズ|ノリ|ナカ|タカ|シゲ|ヤス|ミツ|[オズロシモ]キ|テル|オ)$")
HIRAGANA_MALE = re.compile(
    "^(?!みのり|みちる|ちひろ|いのり).{2,}(ろう|すけ|へい|ひこ|のり|ひろ|とし|よし|まさ|たか|[しおたるむやと])$"
)
SINGLE_MALE = re.compile("[シルムトオロブスクグ]$")
SINGLE_FEMALE = re.compile("[リカミエナサネコホヨ]$")
EITHER_SEX = "美実海希紀恵栄津世重保央"
"""Last characters of female names that men bear too, told apart by ``MALE_OVERRULES``; 美恵津世 are left out."""

HAN_RANGES = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff々"
SURNAME = re.compile(f"[{HAN_RANGES}][{HAN_RANGES}ヶケノツッ之]{{0,3}}")
GIVEN_NAME = re.compile(f"[ァ-ヴぁ-ん]{{0,2}}[{HAN_RANGES}ノ]{{1,4}}")
KATAKANA = re.compile("[ァ-ヴー]{2,}")
ENTRY = re.compile(r"\(品詞 \(名詞 固有名詞 人名 (姓|名)\)\) \(\(見出し語 \((\S+) (\d+)\)\) \(読み ([^)]*)\)")
DEFAULT_COST = {"姓": 3286, "名": 3178}
"""The word cost that NAIST-jdic gives to names its corpus does not have."""

NOT_NAMES = frozenset({"あくま"})
Readings = list[tuple[str, float]]
Era = tuple[int, int]


def tokens(file: str) -> list[str]:
    """The words of one file of facts, comments left out."""
    lines = (HEADS / file).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.replace("] ", "]").split()]


def parse(token: str) -> tuple[str, Readings]:
    """``原田/ハラダ`` or ``高田/タカダ8タカタ2`` as the name and its readings with their shares."""
    kanji, _, text = token.partition("/")
    found = re.findall(r"([ァ-ヴー]+)(\d*)", text)
    total = sum(int(share or 1) for _, share in found)
    return kanji, [(reading, int(share or 1) / total) for reading, share in found]


def dictionary(path: Path, part: str) -> dict[str, tuple[int, list[str]]]:
    """Names of one ``part`` (姓 or 名) with word cost and readings, as NAIST-jdic has them."""
    names: dict[str, tuple[int, list[str]]] = {}
    for line in path.read_text(encoding="euc_jp", errors="replace").splitlines():
        match = ENTRY.match(line)
        if not match or match[1] != part:
            continue
        readings = [kana.translate(str.maketrans("ヱヰヲ", "エイオ")) for kana in match[4].strip("{}").split("/")]
        readings = [kana for kana in readings if KATAKANA.fullmatch(kana)]
        cost, known = names.get(match[2], (int(match[3]), []))
        names[match[2]] = (min(cost, int(match[3])), known + [kana for kana in readings if kana not in known])
    return {name: value for name, value in names.items() if value[1]}


def spread(readings: list[str]) -> Readings:
    """Shares for readings of which only the set is known: the first the commonest."""
    if len(readings) == 1:
        return [(readings[0], 1.0)]
    return [(readings[0], 0.6), *((kana, 0.4 / (len(readings) - 1)) for kana in readings[1:])]


def rank_share(rank: int) -> float:
    """Per cent of the people who bear the surname of this rank, interpolated in logarithms."""
    points = sorted(RANK_SHARE.items())
    for (low, high_share), (high, low_share) in itertools.pairwise(points):
        if rank <= high:
            part = (math.log(rank) - math.log(low)) / (math.log(high) - math.log(low))
            return math.exp(math.log(high_share) * (1 - part) + math.log(low_share) * part)
    return points[-1][1]


def surname_order(known: dict[str, tuple[int, list[str]]]) -> list[str]:
    """The dictionary's surnames, the likeliest to be common first."""
    first, last = Counter(name[0] for name in known), Counter(name[-1] for name in known)

    def typical(name: str) -> float:
        length = 1.0 if len(name) == 2 else 0.25
        return math.log(first[name[0]] * last[name[-1]] * length) - (known[name][0] - DEFAULT_COST["姓"]) / 120

    return sorted(known, key=lambda name: (-typical(name), name))


def surnames(path: Path) -> list[tuple[str, str, float]]:
    """Rows kanji, reading, people per 100,000."""
    known = {name: value for name, value in dictionary(path, "姓").items() if SURNAME.fullmatch(name)}
    head = [parse(token) for token in tokens("surnames.txt")]
    forms: dict[str, tuple[Readings, float]] = {}
    for token in tokens("surname_forms.txt"):
        text, _, per_cent = token.rpartition("/")
        forms[parse(text)[0]] = (parse(text)[1], float(per_cent))
    taken = {name for name, _ in head} | set(forms)
    tail = [(name, spread(known[name][1])) for name in surname_order(known) if name not in taken]
    rows: dict[tuple[str, str], float] = {}
    for rank, (name, readings) in enumerate(head + tail, 1):
        rows |= {(name, kana): 1000 * rank_share(rank) * share for kana, share in readings}
        others = [kana for kana in known.get(name, (0, []))[1] if (name, kana) not in rows]
        rows |= {(name, kana): 1000 * rank_share(rank) * 0.02 for kana in others}
    for name, (readings, percentage) in forms.items():
        rows |= {(name, kana): 1000 * percentage * share for kana, share in readings}
    return sorted(((*key, weight) for key, weight in rows.items()), key=lambda row: (-row[2], row[0], row[1]))


def endings() -> dict[tuple[str, str], Era]:
    """(last character, sex): centre and spread of the years of birth."""
    lines = [line for line in (HEADS / "endings.csv").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return {(row["last"], row["sex"]): (int(row["centre"]), int(row["spread"])) for row in csv.DictReader(lines)}


ENDINGS = endings()


def kanji_name(name: str, reading: str) -> tuple[str, Era] | None:
    """Sex and era of a name of at least two characters that ends in kanji."""
    if re.search("(衛門|兵衛|之丞|之進)$", name):
        return "m", (1930, 8)
    female, male = ENDINGS.get((name[-1], "f")), ENDINGS.get((name[-1], "m"))
    if female and name[-1] in EITHER_SEX and MALE_OVERRULES.search(reading):
        return None if name[-1] in "美恵津世" else ("m", (1966, 16))
    if female and FEMALE_READING.search(reading) and not (male and MALE_READING.search(reading)):
        return "f", (female[0] - 14 if KATAKANA.match(name[0] * 2) else female[0], female[1])
    if male and (MALE_READING.search(reading) or len(reading) >= 4):
        return "m", male
    return None


def sex_and_era(name: str, reading: str) -> tuple[str, Era] | None:
    """Sex and years of birth (centre, spread) that a name tells by its form; None where it does not."""
    told: tuple[str, Era] | None = None
    if re.fullmatch("[ぁ-ん]{2,4}", name) and name not in NOT_NAMES:
        told = ("m", (1975, 20)) if HIRAGANA_MALE.search(name) else ("f", (1972, 22))
    elif len(name) == 1 and len(reading) > 2 and SINGLE_MALE.search(reading):
        told = "m", (1964, 18)
    elif len(name) == 1 and len(reading) > 2 and SINGLE_FEMALE.search(reading):
        told = "f", (1984, 17)
    elif len(name) > 1 and GIVEN_NAME.fullmatch(name):
        told = kanji_name(name, reading)
    return told


Key = tuple[str, str, str]
"""Kanji, reading, sex."""

Given = dict[Key, tuple[Era, float]]
"""The years of birth (centre, spread) and the weight of each."""


def popular_names() -> Given:
    """The names of ``given_names.txt``: a normal distribution fitted over the decades in which each is listed."""
    shares: dict[Key, dict[int, float]] = defaultdict(dict)
    text = (HEADS / "given_names.txt").read_text(encoding="utf-8")
    for decade, sex, names in re.findall(r"\[(\d+) ([fm])\]\n([^\[]*)", text):
        share, *tops = DECADES[int(decade)]
        for rank, token in enumerate(names.split()):
            kanji, readings = parse(token)
            for kana, part in readings:
                shares[kanji, kana, sex][int(decade) + 5] = share * tops["fm".index(sex)] * 4 / (rank + 4) * part
    rows: Given = {}
    for key, parts in shares.items():
        total = sum(parts.values())
        centre = sum(year * part for year, part in parts.items()) / total
        variance = sum((year - centre) ** 2 * part for year, part in parts.items()) / total
        rows[key] = ((round(centre), round(math.sqrt(variance + 36))), 100_000 * total)
    return rows


def given_names(path: Path) -> list[tuple[str, str, str, int, int, float]]:
    """Rows kanji, reading, sex, centre, spread, people per 100,000 of the sex."""
    rows, tail = popular_names(), Given()
    best: dict[tuple[str, str], tuple[Era, float]] = {}
    for (kanji, _, sex), row in rows.items():
        best[kanji, sex] = max(best.get((kanji, sex), row), row, key=lambda entry: entry[1])
    known = dictionary(path, "名")
    letters = Counter(char for name in known for char in name)
    for name, (cost, readings) in known.items():
        seen = math.exp(-(max(cost, 2556) - DEFAULT_COST["名"]) / 300)
        typical = math.exp(sum(math.log(letters[char]) for char in name) / len(name))
        for kana, share in spread(readings):
            told = sex_and_era(name, kana)
            for sex in "fm":
                if (name, sex) in best and (name, kana, sex) not in rows and not (told and told[0] != sex):
                    rows[name, kana, sex] = (best[name, sex][0], 0.02 * best[name, sex][1])
            if told and (name, told[0]) not in best:
                tail[name, kana, told[0]] = (told[1], share * seen * typical)
    for sex in "fm":
        left = 100_000 - sum(row[1] for key, row in rows.items() if key[2] == sex)
        total = sum(row[1] for key, row in tail.items() if key[2] == sex)
        rows |= {key: (row[0], min(row[1] * left / total, 60.0)) for key, row in tail.items() if key[2] == sex}
    flat = [(*key, *era, weight) for key, (era, weight) in rows.items()]
    return sorted(flat, key=lambda row: (row[2], -row[5], row[0], row[1]))


def main() -> None:
    """Writes both tables into the given folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dictionary", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    tables: dict[str, tuple[list[str], list[Any]]] = {
        "surnames.csv": (["kanji", "reading", "weight"], surnames(options.dictionary)),
        "given_names.csv": (["kanji", "reading", "sex", "centre", "spread", "weight"], given_names(options.dictionary)),
    }
    for name, (header, rows) in tables.items():
        with (options.folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([*row[:-1], f"{float(row[-1]):.4g}"] for row in rows)
        print(f"{name}: {len(rows)} rows")


if __name__ == "__main__":
    main()

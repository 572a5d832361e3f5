r"""Rebuilds ``src/oneid/japanese/data/kanji_readings.csv`` and ``irregular_names.csv``: how names' kanji are read.

Usage::

    pip install sudachipy sudachidict-core pyyaml
    git clone https://github.com/shuheilocale/japanese-personal-name-dataset names    # MIT
    git clone https://github.com/willnet/gimei                                          # MIT
    python scripts/make_reading_data.py names/japanese_personal_name_dataset/dataset gimei/lib/data/names.yml \
        src/oneid/japanese/data

Learnt from some 300,000 names with their readings: the shipped tables of surnames and given names, the personal names
of SudachiDict (Apache 2.0), two lists under the MIT licence, and ``name_heads/irregular_*.txt``. Nobody says which part
of a reading belongs to which kanji, so an expectation-maximisation over all ways to cut a reading finds the likeliest:
the alignment model of many-to-many letter-to-phoneme conversion (Jiampojamarn, Kondrak and Sherif, NAACL 2007) with one
kanji to one to six kana. What is counted is names, not bearers.

- ``kanji_readings.csv``: kanji (hard tier folded), readings (``kana count``, the commonest first, ``|`` between), and
  how often the kanji stands in surnames and given names as the only, first, inner and last character.
- ``irregular_names.csv``: role, kanji, reading: names that the readings of their kanji do not explain with ease
  (小鳥遊 タカナシ), and all names of the lists that are known for that.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import yaml

from oneid.japanese import readings
from oneid.japanese.kanji import fold_hard

__all__ = ["main"]

KANJI = re.compile("^[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff々ヶケノ之]{1,5}$")
KANA = re.compile("^[ァ-ヴー]{1,10}$")
HEADS = Path(__file__).parent / "name_heads"
SAME_SOUND = str.maketrans("ヂヅヲ", "ジズオ")
NO_BEGINNING = frozenset("ァィゥェォャュョッー")
LONGEST = 6
ROUNDS = 8
LEAST = 0.8
"""Readings with less than this many names behind them are noise of the alignment."""

Name = tuple[str, str, str]
"""Role (``s`` surname, ``g`` given name), kanji, reading."""


def katakana(text: str) -> str:
    """Hiragana as katakana."""
    return "".join(chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign for sign in text)


def shipped(folder: Path) -> Iterator[Name]:
    """The names of the package's own tables."""
    for role, file in (("s", "surnames.csv"), ("g", "given_names.csv")):
        with (folder / file).open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                yield role, row["kanji"], row["reading"]


def known_irregular() -> Iterator[Name]:
    """Names whose reading is common knowledge."""
    for role, file in (("s", "irregular_surnames.txt"), ("g", "irregular_given_names.txt")):
        for line in (HEADS / file).read_text(encoding="utf-8").splitlines():
            name, *readings = line.split(" ")
            if name != "#":
                yield from ((role, name, reading) for reading in readings)


def sudachi() -> Iterator[Name]:
    """The family and given names of SudachiDict."""
    from sudachipy import Dictionary  # noqa: PLC0415

    for entry in Dictionary().entries():
        kind = entry.part_of_speech()
        if kind[2] == "人名" and kind[3] in ("姓", "名"):
            yield "s" if kind[3] == "姓" else "g", entry.surface(), entry.reading_form()


def dataset(folder: Path) -> Iterator[Name]:
    """The given names of the one list."""
    for file in ("first_name_man_org.csv", "first_name_woman_org.csv"):
        for line in (folder / file).read_text(encoding="utf-8").splitlines():
            reading, _, *names = line.split(",")
            yield from (("g", name, katakana(reading)) for name in names)


def gimei(path: Path) -> Iterator[Name]:
    """All names of the other list."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, _, reading, _ in table["last_name"]:
        yield "s", name, reading
    for name, _, reading, _ in itertools.chain(*table["first_name"].values()):
        yield "g", name, reading


def spelled(name: str) -> str:
    """The name with 々 written out."""
    signs: list[str] = []
    for sign in name:
        signs.append(signs[-1] if sign == "々" and signs else sign)
    return "".join(signs)


def cuts(parts: int, reading: str) -> list[tuple[str, ...]]:
    """All ways to cut a reading into so many parts; no part begins with a small kana."""
    if parts == 1:
        return [(reading,)] if len(reading) <= LONGEST else []
    return [
        (reading[:at], *rest)
        for at in range(1, min(LONGEST - 1, len(reading) - parts + 1) + 1)
        if reading[at] not in NO_BEGINNING
        for rest in cuts(parts - 1, reading[at:])
    ]


def learnt(names: list[Name]) -> dict[str, Counter[str]]:
    """For each kanji the expected number of names in which it is read so."""
    shares: dict[str, dict[str, float]] = {}
    counts: dict[str, Counter[str]] = {}
    for _ in range(ROUNDS):
        counts = defaultdict(Counter)
        for _, kanji, reading in names:
            ways = cuts(len(kanji), reading)
            worth = [math.prod(shares.get(c, {}).get(u, 1e-6) for c, u in zip(kanji, way, strict=True)) for way in ways]
            whole = sum(worth)
            for way, share in zip(ways, worth, strict=True):
                if share > whole / 1000:
                    for sign, unit in zip(kanji, way, strict=True):
                        counts[sign][unit] += share / whole  # type: ignore[assignment]
        shares = {
            sign: {unit: count / (found.total() + 1) for unit, count in found.items() if count > 0.01}
            for sign, found in counts.items()
        }
    return counts


def places(names: list[Name]) -> dict[str, list[int]]:
    """How often a kanji is the only, first, inner and last of a surname, then of a given name."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * 8)
    for role, kanji in sorted({(role, kanji) for role, kanji, _ in names}):
        for at, sign in enumerate(kanji):
            place = 0 if len(kanji) == 1 else 1 if at == 0 else 3 if at == len(kanji) - 1 else 2
            counts[sign][place + (4 if role == "g" else 0)] += 1
    return counts


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """One table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path.name}: {len(rows):,} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    """Learns the readings and writes both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("gimei", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    lists = {*dataset(arguments.dataset), *gimei(arguments.gimei)}
    names = fit({*shipped(arguments.out), *known_irregular(), *sudachi(), *lists})
    write_readings(arguments.out, names)
    write_irregular(arguments.out, names)


def fit(raw: Iterable[Name]) -> list[Name]:
    """The names to learn from: of kanji and as many kana, 々 written out, hard tier folded, ヂ as ジ."""
    good = sorted(
        {(role, spelled(kanji), reading.translate(SAME_SOUND)) for role, kanji, reading in raw
         if KANJI.match(kanji) and KANA.match(reading) and len(kanji) <= len(reading) + 1}
    )  # fmt: skip
    folded = pl.DataFrame({"x": [kanji for _, kanji, _ in good]}).select(fold_hard(pl.col("x")))["x"].to_list()
    return sorted({(role, kanji, reading) for (role, _, reading), kanji in zip(good, folded, strict=True)})


def write_readings(out: Path, names: list[Name]) -> None:
    """The readings of the kanji, and where they stand in names."""
    counts = learnt([name for name in names if cuts(len(name[1]), name[2])])
    stands = places(names)
    rows = []
    for sign in sorted(stands):
        found = sorted(((count, unit) for unit, count in counts.get(sign, Counter()).items() if count >= LEAST),
                       key=lambda pair: (-pair[0], pair[1]))  # fmt: skip
        readings = "|".join(f"{unit} {max(round(count), 1)}" for count, unit in found)
        rows.append([sign, readings, *map(str, stands[sign])])
    header = [
        "kanji",
        "readings",
        *(f"{role}_{place}" for role in ("family", "given") for place in ("only", "first", "inner", "last")),
    ]
    write(out / "kanji_readings.csv", header, rows)


def write_irregular(out: Path, names: list[Name]) -> None:
    """The names that the readings just written do not explain."""
    frame = pl.DataFrame(names, schema=["role", "kanji", "reading"], orient="row")
    regular = readings.possible(frame["kanji"], frame["reading"], irregular=False)
    listed = pl.DataFrame(list(known_irregular()), schema=frame.schema, orient="row").with_columns(
        fold_hard(pl.col("kanji"))
    )
    odd = pl.concat([frame.filter(~regular.fill_null(value=False)), listed]).unique().sort("role", "kanji", "reading")
    write(out / "irregular_names.csv", odd.columns, [list(row) for row in odd.rows()])


if __name__ == "__main__":
    main()

"""How well the reader of kanji against kana knows names that it has not learnt from, and how fast it is.

Usage: ``python benchmarks/readings.py NAMES_DATASET GIMEI_YML [--count 20000] [--print-only]``, with the two lists that
``scripts/make_reading_data.py`` names.

For each of the two lists in turn the tables are learnt from all other sources, and the list's names are asked: the
share of its pairs of kanji and reading that is accepted, also of those that no other source has; the share that is
accepted where the readings are dealt out at random among the names (a dealt reading that is the name's own is not
counted); and how many whole names are split rightly. Each with the dictionary of the extra ``reading``, where it is
installed, and without. A list without family names borrows those of the shipped table, by how many bear them.
Targets: 95 % accepted, at most 2 % of dealt readings; 95 % of the splits.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import polars as pl
from results import tell

from oneid.japanese import nametables, readings
from oneid.japanese.extras import lexicon
from oneid.japanese.kanji import fold_hard
from oneid.kinds.name import split

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import make_reading_data as source  # noqa: E402  the script is no package

DATA = ROOT / "src/oneid/japanese/data"
LEARNT = ("kanji_readings.csv", "irregular_names.csv")
NOTHING = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})
SEED = 5

Name = tuple[str, str, str]


def forget() -> None:
    """Empties what the modules keep of the tables."""
    for module in (nametables, readings, split, lexicon):
        for thing in list(vars(module).values()):
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()


@contextmanager
def learnt_from(names: list[Name]) -> Iterator[None]:
    """The modules with tables that are learnt from these names."""
    plain = nametables._table  # no other seam: the tables are the package's own files
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as folder:

        def table(file: str, *columns: str) -> pl.DataFrame:
            if file not in LEARNT:
                return plain(file, *columns)
            return pl.read_csv(Path(folder) / file, infer_schema=False).select(pl.col(columns).fill_null(""))

        with mock.patch.object(nametables, "_table", table):
            source.write_readings(Path(folder), names)
            forget()
            source.write_irregular(Path(folder), names)
            forget()
            yield
    forget()


@contextmanager
def dictionary(*, used: bool) -> Iterator[None]:
    """With the dictionary, or as if it were not installed."""
    forget()
    with mock.patch.object(lexicon, "_lookup", lexicon._lookup if used else lambda: None):
        yield
    forget()


def folded(texts: Sequence[str]) -> pl.Series:
    """Names as the reader wants them."""
    return pl.DataFrame({"x": list(map(source.spelled, texts))}, schema={"x": pl.String}).select(
        fold_hard(pl.col("x"))
    )["x"]  # fmt: skip


def share(verdicts: pl.Series) -> str:
    """A share of verdicts in per cent; unknown ones are no yes."""
    return f"{int(verdicts.fill_null(value=False).sum()) / len(verdicts):.2%}" if len(verdicts) else "none there"


def read(names: list[Name], known: set[Name], count: int) -> list[str]:
    """Shares of accepted pairs: of all, of those in no other source, of dealt ones; and microseconds of CPU a pair."""
    asked = random.Random(SEED).sample(names, min(count, len(names)))
    kanji, sounds = folded([name for _, name, _ in asked]), pl.Series([sound for _, _, sound in asked])
    dealt = sounds.shuffle(SEED)
    new = pl.Series([key not in known for key in source_keys(asked)])
    readings.possible(pl.Series(["佐藤"]), pl.Series(["ワタナベ"]))  # loads the tables
    begun = time.process_time()
    own = readings.possible(kanji, sounds)
    between = time.process_time()
    others = readings.possible(kanji, dealt)
    spent = time.process_time() - between, between - begun
    other = others.filter(dealt != sounds)
    return [
        f"{len(asked):,}", share(own), f"{share(own.filter(new))} of {new.sum():,}", share(other),
        f"{spent[1] / len(asked) * 1e6:.0f} / {spent[0] / len(asked) * 1e6:.0f}",
    ]  # fmt: skip


def source_keys(names: Sequence[Name]) -> list[Name]:
    """Names in the form of those that are learnt from."""
    kanji = folded([name for _, name, _ in names])
    sounds = (sound.translate(source.SAME_SOUND) for _, _, sound in names)
    return [(role, text, sound) for (role, _, _), text, sound in zip(names, kanji, sounds, strict=True)]


def whole_names(names: list[Name], count: int) -> pl.DataFrame:
    """Family and given names of a list put together at random, with the kana of both."""
    chance = random.Random(SEED)
    givens = [(name, sound) for role, name, sound in names if role == "g"]
    families = [(name, sound) for role, name, sound in names if role == "s"]
    if families:
        drawn = chance.choices(families, k=count)
    else:
        table = nametables.surnames()
        drawn = chance.choices(table.select("kanji", "reading").rows(), table["weight"].to_list(), k=count)
    rows = [(*family, *chance.choice(givens)) for family in drawn]
    frame = pl.DataFrame(rows, schema=["family", "family_kana", "given", "given_kana"], orient="row")
    return frame.with_columns(folded(frame[part].to_list()).alias(part) for part in ("family", "given"))


def cut(names: pl.DataFrame, *, kana: bool) -> list[str]:
    """Shares of names whose likeliest split is right, and of those whose set of splits has the right one."""
    whole = names["family"] + names["given"]
    none = pl.Series([None] * len(names), dtype=pl.String)
    beside = (names["family_kana"], names["given_kana"]) if kana else (none, none)
    begun = time.process_time()
    found = split.possible_splits(whole, *beside, NOTHING)
    spent = time.process_time() - begun
    right = names["family"].str.len_chars().cast(pl.UInt8)
    frame = found.select("cuts", right=right)
    best = frame.select(pl.col("cuts").list.first() == pl.col("right")).to_series()
    among = frame.select(pl.col("cuts").list.contains(pl.col("right"))).to_series()
    several = frame.select(pl.col("cuts").list.len() > 1).to_series()
    return [f"{len(names):,}", share(best), share(among), share(several), f"{spent / len(names) * 1e6:.0f}"]


def main() -> None:
    """Learns twice, asks, and tells the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("gimei", type=Path)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    ways = {"with": True, "without": False} if lexicon.available() else {"without": False}
    fixed = {*source.shipped(DATA), *source.known_irregular(), *source.sudachi()}
    lists = {"names": set(source.dataset(args.dataset)), "gimei": set(source.gimei(args.gimei))}
    readings: list[list[str]] = []
    splits: list[list[str]] = []
    for held, pairs in lists.items():
        others = fixed.union(*(names for other, names in lists.items() if other != held))
        known = source.fit(others)
        names = sorted(pair for pair in pairs if any(source.KANJI.match(sign) for sign in pair[1]))
        with learnt_from(known):
            for way, used in ways.items():
                with dictionary(used=used):
                    for role, word in (("s", "family"), ("g", "given")):
                        asked = [name for name in names if name[0] == role]
                        if asked:
                            readings.append([f"{held}, {word}", way, *read(asked, set(known), args.count)])
                    whole = whole_names(names, args.count)
                    splits += [[held, way, word, *cut(whole, kana=word == "yes")] for word in ("yes", "no")]
    head = ["list held out", "dictionary", "pairs", "accepted", "accepted of new pairs", "accepted of dealt readings",
            "µs of CPU a pair: own / dealt"]  # fmt: skip
    tell("readings of names that were not learnt from", head, readings, write=not args.print_only)
    head = ["list held out", "dictionary", "kana beside", "names", "best split right", "right one in the set",
            "more than one in the set", "µs of CPU a name"]  # fmt: skip
    tell("splits of names that were not learnt from", head, splits, write=not args.print_only)


if __name__ == "__main__":
    main()

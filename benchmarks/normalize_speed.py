"""Values per second of CPU time for each normalizer: ``python benchmarks/normalize_speed.py [COUNT]``.

The values are distinct, but for sex, where only eight spellings exist.

CPU time is summed over threads and the best of three runs counts: what one free core does. Target:
300,000 for every kind here.
"""

from __future__ import annotations

import datetime
import random
import sys
import time
from collections.abc import Callable

import polars as pl

from oneid.normalize.birth import birth
from oneid.normalize.email import email
from oneid.normalize.kana import kana
from oneid.normalize.phone import phone
from oneid.normalize.plain import category, identifier, number
from oneid.normalize.postcode import postcode
from oneid.normalize.romaji import romaji
from oneid.normalize.sex import sex

SYLLABLES = [*"アイカキクコサシスタチトナノハヒフマミムモヤユヨラリルワンガダベ", "ショウ", "キョウ", "ジュン"]
ROMAN = "ka ki ku ko sa shi su ta chi to na no ha hi fu ma mi mu mo ya yu yo ra ri ru wa n sho kyo jun ga".split()  # noqa: SIM905


def _names(dice: random.Random, syllables: list[str], count: int) -> list[str]:
    def token() -> str:
        return "".join(dice.choices(syllables, k=dice.choice([2, 3, 4])))

    families, givens = [token() for _ in range(20_000)], [token() for _ in range(20_000)]
    return [f"{dice.choice(families)} {dice.choice(givens)}" for _ in range(count)]


def _phone(dice: random.Random) -> str:
    shape = dice.choice(
        ["090-{}-{}", "080{}{}", "03-{}-{}", "(06){}-{}", "＋81 90 {} {}", "０７０{}{}", "TEL:03-{}-{}"]
    )
    return shape.format(dice.randrange(1000, 9999), dice.randrange(1000, 9999))


def _email(dice: random.Random) -> str:
    host = dice.choice(["gmail.com", "docomo.ne.jp", "yahoo.co.jp", "ICLOUD.com", "ezweb.ne.jp"])
    return f"{dice.choice(ROMAN)}.{dice.choice(ROMAN)}{dice.randrange(10**7)}@{host}"


def _birth(dice: random.Random) -> str:
    day = datetime.date(1930, 1, 1) + datetime.timedelta(days=dice.randrange(33_000))
    clock = f"{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
    shapes = [
        day.isoformat(), f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}",
        f"S{day.year - 1925}.{day.month}.{day.day}", f"{day.isoformat()}T{clock}+09:00", f"{day:%Y/%m/%d} {clock}",
        f"{day.isoformat()}T{clock}", f"{day:%Y-%m-%d} {clock}",
    ]  # fmt: skip
    return dice.choice(shapes)


def main() -> None:
    """Makes COUNT values of each kind (200,000 by default), drops repeats, and prints one line per kind."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    dice = random.Random(1)
    kinds: list[tuple[str, Callable[[pl.Series], pl.DataFrame], list[str]]] = [
        ("kana", kana, _names(dice, SYLLABLES, count)),
        ("romaji", romaji, [name.upper() for name in _names(dice, ROMAN, count)]),
        ("phone", phone, [_phone(dice) for _ in range(count)]),
        ("email", email, [_email(dice) for _ in range(count)]),
        ("postcode", postcode, [f"{dice.randrange(1000):03}-{dice.randrange(10_000):04}" for _ in range(count)]),
        ("birth", birth, [_birth(dice) for _ in range(count)]),
        ("sex", sex, [dice.choice(["男", "女", "男性", "女性", "M", "F", "1", "2"]) for _ in range(count)]),
        ("identifier", identifier, [f"AB-{dice.randrange(10**9)}" for _ in range(count)]),
        ("category", category, [f"Store {dice.randrange(10**6)}" for _ in range(count)]),
        ("number", number, [f"{dice.randrange(10**7):,}" for _ in range(count)]),
    ]
    for kind, function, texts in kinds:
        values = pl.Series(texts) if kind == "sex" else pl.Series(texts).unique(maintain_order=True)
        function(values.head(10))
        seconds = []
        for _ in range(3):
            begin = time.process_time()
            made = function(values)
            seconds.append(time.process_time() - begin)
        usable = 1 - made["normalized"].null_count() / len(values)
        print(f"{kind:<10} {len(values):>9,} values  {len(values) / min(seconds):>9,.0f} a second  {usable:.3f} usable")


if __name__ == "__main__":
    main()

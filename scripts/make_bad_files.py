# ruff: noqa: E501 - one mishap a line
"""Two hundred malformed files of member records: csv, tsv, json lines, parquet and xlsx, forty of each.

Made from a seed, never stored: ``python scripts/make_bad_files.py FOLDER`` writes them for a look by eye, the tests read
them (``tests/sources/test_bad_files.py``). Each is a small table of invented members with one thing wrong, as exports,
transfers, editors and bad luck have it. ``rows`` is how many rows a reader must account for, where that can be told.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["COLUMNS", "BadFile", "bad_files"]

COLUMNS = ("member_id", "full_name", "birth", "tel", "address")
_FAMILIES, _GIVEN = ("佐藤", "鈴木", "髙橋", "𠮷田", "小鳥遊"), ("花子", "太郎", "さくら", "ジュリア", "実")
_ROWS = 12


@dataclass(frozen=True)
class BadFile:
    """A file by name, its bytes, and how many rows it holds where that can be told."""

    name: str
    data: bytes
    rows: int | None = None


Table = list[list[str]]
Made = bytes | tuple[bytes, int]
Maker = Callable[[random.Random, Table], Made]


def bad_files(seed: int = 1, every: int = 1) -> Iterator[BadFile]:
    """All files (or every second, third ...), in the same order with the same content for one seed."""
    for suffix, makers in _FORMATS.items():
        for number in range(0, 40, every):
            name, make = makers[number % len(makers)]
            luck = random.Random(f"{seed} {suffix} {number}")
            made = make(luck, _table(luck))
            data, rows = made if isinstance(made, tuple) else (made, None)
            yield BadFile(f"{number:02}_{name}.{suffix}", data, rows)


def _table(luck: random.Random) -> Table:
    return [
        [f"M{n:04}", f"{luck.choice(_FAMILIES)} {luck.choice(_GIVEN)}", f"19{luck.randint(50, 99)}-0{luck.randint(1, 9)}-1{luck.randint(0, 9)}",
         f"090-{luck.randint(1000, 9999)}-{luck.randint(1000, 9999)}", f"東京都港区芝公園{luck.randint(1, 4)}-{n}"]
        for n in range(1, _ROWS + 1)
    ]  # fmt: skip


def _flipped(luck: random.Random, data: bytes, flips: int, first: int = 0) -> bytes:
    spoilt = bytearray(data)
    for _ in range(flips):
        spoilt[luck.randrange(first, len(spoilt))] ^= 1 << luck.randrange(8)
    return bytes(spoilt)


# --- text -------------------------------------------------------------------------------------------------------------


def _text(table: Table, delimiter: str, end: str = "\n", header: bool = True) -> str:
    lines = [delimiter.join(row) for row in ([list(COLUMNS)] if header else []) + table]
    return end.join(lines) + end


def _delimited(d: str) -> list[tuple[str, Maker]]:  # noqa: C901 - a list of mishaps, each of a line or two
    def plain(table: Table, end: str = "\n") -> str:
        return _text(table, d, end)

    def quote_closed_later(luck: random.Random, table: Table) -> Made:
        at = luck.randrange(_ROWS - 4)
        table[at][1] = '"' + table[at][1]
        table[at + 3][4] += '"'
        return plain(table).encode()

    def quote_never_closed(luck: random.Random, table: Table) -> Made:
        table[luck.randrange(_ROWS)][1] = '"佐藤'
        return plain(table).encode()

    def ragged(luck: random.Random, table: Table) -> Made:
        for row in luck.sample(table, 4):
            row.extend(["x"] * luck.randint(1, 3)) if luck.random() < 0.5 else row.pop()
        return plain(table).encode(), _ROWS

    def quoted_header(luck: random.Random, table: Table) -> Made:
        text = plain(table)
        text = text.replace("full_name", '"full_name', 1)
        return (text.replace("鈴木", '"鈴木', 1) if luck.random() < 0.5 else text).encode()

    def blank_lines(_luck: random.Random, table: Table) -> Made:
        return plain(table).replace("\n", "\n\n \n" + d * 4 + "\n").encode()

    def cell(text: str) -> Maker:
        def make(luck: random.Random, table: Table) -> Made:
            table[luck.randrange(_ROWS)][luck.randrange(1, 5)] = text
            return plain(table).encode(errors="surrogatepass"), _ROWS

        return make

    def cut(encoding: str, least: int) -> Maker:
        return lambda luck, table: (data := plain(table).encode(encoding, "replace"))[
            : luck.randrange(least, len(data))
        ]

    def spoilt(encoding: str, flips: int) -> Maker:
        return lambda luck, table: _flipped(luck, plain(table).encode(encoding, "replace"), flips, 60)

    def whole(make: Callable[[Table], Made]) -> Maker:
        return lambda _luck, table: make(table)

    return [
        ("cut", cut("utf-8", 50)),
        ("cut_cp932", cut("cp932", 50)),
        ("cut_utf16", cut("utf-16", 61)),
        ("cut_jis", cut("iso-2022-jp", 50)),
        ("flipped", spoilt("utf-8", 5)),
        ("flipped_cp932", spoilt("cp932", 5)),
        ("flipped_euc", spoilt("euc_jp", 5)),
        ("quote_in_header", quoted_header),
        ("quote_never_closed", quote_never_closed),
        ("quote_closed_later", quote_closed_later),
        ("ragged", ragged),
        ("blank_lines", blank_lines),
        ("nul", cell("a\0b")),
        ("huge_cell", cell("あ" * 700_000)),
        ("control", cell("\x07\x1b[31m\x1a")),
        ("line_separators", cell("a\u2028b\u0085c\x0bd\x0ce")),
        ("lone_surrogate", cell("\ud842")),
        ("bom_inside", cell("\ufeff")),
        ("formula", cell("=HYPERLINK(1)")),
        ("many_cells", cell(d * 100_000)),
        ("empty", whole(lambda _table: b"")),
        ("bom_alone", whole(lambda _table: b"\xef\xbb\xbf")),
        ("blanks", whole(lambda _table: b" \r\n\t\r\n")),
        ("header_alone", whole(lambda _table: d.join(COLUMNS).encode())),
        ("no_header", whole(lambda table: _text(table, d, header=False).encode())),
        ("long_header", whole(lambda table: plain(table).replace("\n", d + d.join("x" * 90 for _ in range(13_000)) + "\n", 1).encode())),
        ("many_columns", whole(lambda table: (plain([[*row, *"x" * 5000] for row in table]).replace("\n", d + d.join(map(str, range(5000))) + "\n", 1).encode(), _ROWS))),
        ("doubled_column", whole(lambda table: plain(table).replace("birth", "full_name", 1).encode())),
        ("lone_cr", whole(lambda table: (plain(table, "\r").encode(), _ROWS))),
        ("mixed_ends", whole(lambda table: (plain(table).replace("\n", "\r\n", 5).replace("1-3\n", "1-3\r").encode(), _ROWS))),
        ("no_bom_utf16", whole(lambda table: plain(table).encode("utf-16-le"))),
        ("ctrl_z", whole(lambda table: plain(table).encode() + b"\x1a")),
        ("twice", whole(lambda table: (plain(table).encode() * 2, 2 * _ROWS + 1))),
        ("sep_line", whole(lambda table: f"sep={d}\n{plain(table)}".encode())),
        ("page", whole(lambda _table: b"<!DOCTYPE html><html><body>503, come back later</body></html>")),
        ("gzip", whole(lambda table: gzip.compress(plain(table).encode(), mtime=0))),
        ("junk", lambda luck, _table: luck.randbytes(3000)),
        ("junk_behind", lambda luck, table: plain(table).encode() + luck.randbytes(300)),
        ("overlong", whole(lambda table: plain(table).encode().replace(b"M0003", b"\xc0\x80\xc1\xbf", 1))),
        ("two_encodings", whole(lambda table: plain(table[:6]).encode() + _text(table[6:], d, header=False).encode("cp932", "replace"))),
    ]  # fmt: skip


# --- json lines ---------------------------------------------------------------------------------------------------------


def _lines(table: Table) -> list[str]:
    return [json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in table]


def _json_files() -> list[tuple[str, Maker]]:
    def line(text: str) -> Maker:
        def make(luck: random.Random, table: Table) -> Made:
            lines = _lines(table)
            lines[luck.randrange(_ROWS)] = text
            return "\n".join(lines).encode(errors="surrogatepass"), _ROWS

        return make

    def value(text: str) -> Maker:
        return line('{"member_id": "Z1", "full_name": ' + text + ', "birth": null, "tel": null, "address": null}')

    def whole(make: Callable[[list[str]], Made]) -> Maker:
        return lambda _luck, table: make(_lines(table))

    return [
        ("cut", lambda luck, table: (data := "\n".join(_lines(table)).encode())[: luck.randrange(40, len(data))]),
        ("flipped", lambda luck, table: _flipped(luck, "\n".join(_lines(table)).encode(), 6)),
        ("array", whole(lambda lines: ("[" + ",\n".join(lines) + "]").encode())),
        ("commas", whole(lambda lines: ",\n".join(lines).encode())),
        ("pretty", whole(lambda lines: json.dumps(json.loads(lines[0]), indent=1).encode())),
        ("one_line", whole(lambda lines: " ".join(lines).encode())),
        ("empty", whole(lambda _lines: b"")),
        ("nulls", whole(lambda _lines: (b"null\n" * 5, 5))),
        ("junk", lambda luck, _table: luck.randbytes(2000)),
        ("utf16", whole(lambda lines: ("\n".join(lines).encode("utf-16"), _ROWS))),
        ("cp932", whole(lambda lines: ("\n".join(lines).encode("cp932", "replace"), _ROWS))),
        ("deep", line('{"member_id": ' + "[" * 100_000 + "]" * 100_000 + "}")),
        ("deep_objects", line('{"member_id":' + '{"a":' * 3000 + "1" + "}" * 3001)),
        ("nan", value("NaN")),
        ("infinite", value("-Infinity")),
        ("large_number", value("1e999")),
        ("long_number", value("9" * 400)),
        ("surrogate", value('"\\ud842"')),
        ("raw_surrogate", value('"\ud842"')),
        ("nul", value('"a\\u0000b"')),
        ("control", value('"a\tb"')),
        ("list", value('["a", 1]')),
        ("object", value('{"a": {"b": []}}')),
        ("boolean", value("true")),
        ("huge", value('"' + "あ" * 300_000 + '"')),
        ("unquoted", line("{member_id: 1}")),
        ("single_quotes", line("{'member_id': '1'}")),
        ("trailing_comma", line('{"member_id": "1",}')),
        ("comment", line("// nothing here")),
        ("text", line('"just text"')),
        ("number", line("17")),
        ("doubled_key", line('{"member_id": "1", "member_id": "2"}')),
        ("other_keys", line('{"name": "x"}')),
        ("empty_object", line("{}")),
        ("empty_key", line('{"": "1", "member_id": "2"}')),
        ("float_id", line('{"member_id": 1.0}')),
        ("large_id", line('{"member_id": 123456789012345678901234567890}')),
        ("two_in_line", line('{"member_id": "1"} {"member_id": "2"}')),
        ("open_brace", line("{")),
        ("escape", line('{"member_id": "\\x41"}')),
    ]


# --- parquet ------------------------------------------------------------------------------------------------------------


def _packed(columns: dict[str, pa.Array], **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def _columns(table: Table) -> dict[str, pa.Array]:
    return {name: pa.array([row[n] for row in table]) for n, name in enumerate(COLUMNS)}


def _no_utf8(values: list[bytes]) -> pa.Array:
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value))
    packed = struct.pack(f"<{len(offsets)}i", *offsets)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(packed), pa.py_buffer(b"".join(values)))


def _parquet_files() -> list[tuple[str, Maker]]:
    def with_(name: str, make: Callable[[Table], pa.Array]) -> Maker:
        return lambda _luck, table: (_packed(_columns(table) | {name: make(table)}), _ROWS)

    def numbers(kind: pa.DataType, number: int) -> Maker:
        width = pa.int32() if kind in (pa.date32(), pa.time32("s")) else pa.int64()
        return with_("birth", lambda _table: pa.array([number] + [5] * (_ROWS - 1), width).cast(kind))

    def cut(luck: random.Random, table: Table) -> Made:
        data = _packed(_columns(table))
        return data[: luck.randrange(4, len(data))]

    def flipped(flips: int, first: float, **options: object) -> Maker:
        def make(luck: random.Random, table: Table) -> Made:
            data = _packed(_columns(table), **options)
            return _flipped(luck, data, flips, int(len(data) * first))

        return make

    def decimal(_table: Table) -> pa.Array:
        return pa.array([10**50 + n for n in range(_ROWS)], pa.decimal256(60, 2))

    return [
        ("cut", cut),
        ("flipped", flipped(1, 0)),
        ("flipped_more", flipped(20, 0)),
        ("flipped_footer", flipped(1, 0.7)),
        ("flipped_footer_more", flipped(10, 0.7)),
        ("flipped_plain", flipped(8, 0, use_dictionary=False, compression="none")),
        ("flipped_zstd", flipped(3, 0, compression="zstd")),
        ("flipped_pages", flipped(3, 0, data_page_version="2.0")),
        ("no_utf8", with_("full_name", lambda table: _no_utf8([row[1].encode("cp932", "replace") for row in table]))),
        ("no_utf8_id", with_("member_id", lambda table: _no_utf8([b"\xff" + row[0].encode() for row in table]))),
        ("no_utf8_plain", lambda _luck, table: _packed(
            _columns(table) | {"address": _no_utf8([b"\xed\xa0\x80"] * _ROWS)}, use_dictionary=False)),
        ("decimal256", with_("tel", decimal)),
        ("decimal256_id", with_("member_id", decimal)),
        ("millis_low", numbers(pa.timestamp("ms"), -(2**62))),
        ("millis", numbers(pa.timestamp("ms"), 2**62)),
        ("micros", numbers(pa.timestamp("us"), 2**63 - 1)),
        ("micros_low", numbers(pa.timestamp("us", tz="Asia/Tokyo"), -(2**63) + 1)),
        ("nanos", numbers(pa.timestamp("ns"), 2**63 - 1)),
        ("zone", numbers(pa.timestamp("us", tz="Mars/Base"), 1)),
        ("date", numbers(pa.date32(), 2**31 - 1)),
        ("date_low", numbers(pa.date32(), -(2**31))),
        ("time", numbers(pa.time32("s"), 90_000)),
        ("duration", numbers(pa.duration("s"), 2**62)),
        ("nulls", with_("birth", lambda _table: pa.nulls(_ROWS))),
        ("all_null", with_("member_id", lambda _table: pa.nulls(_ROWS, pa.string()))),
        ("list", with_("tel", lambda table: pa.array([[row[3]] for row in table]))),
        ("struct", with_("tel", lambda table: pa.array([{"tel": row[3]} for row in table]))),
        ("map", with_("tel", lambda _table: pa.array([[("a", "b")]] * _ROWS, pa.map_(pa.string(), pa.string())))),
        ("bytes", with_("tel", lambda table: pa.array([row[3].encode("utf-16") for row in table]))),
        ("float_id", with_("member_id", lambda _table: pa.array([float(n) for n in range(_ROWS)]))),
        ("dictionary", with_("tel", lambda table: pa.array([row[3] for row in table]).dictionary_encode())),
        ("no_columns", lambda _luck, _table: _packed({})),
        ("no_rows", lambda _luck, table: _packed(_columns(table[:0]))),
        ("other_columns", lambda _luck, table: _packed({f"{name}_": column for name, column in _columns(table).items()})),
        ("empty", lambda _luck, _table: b""),
        ("magic_alone", lambda _luck, _table: b"PAR1PAR1"),
        ("footer_size", lambda _luck, table: _packed(_columns(table))[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1"),
        ("csv_inside", lambda _luck, table: _text(table, ",").encode()),
        ("behind", lambda luck, table: _packed(_columns(table)) + luck.randbytes(50)),
        ("junk", lambda luck, _table: b"PAR1" + luck.randbytes(2000) + b"PAR1"),
    ]  # fmt: skip


# --- spreadsheets -------------------------------------------------------------------------------------------------------

_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_NAMESPACE}" xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
}  # fmt: skip
_SHEET = "xl/worksheets/sheet1.xml"


def sheet(table: Table, *, more: str = "", dimension: str = "") -> str:
    """A sheet of inline text; ``more`` stands behind its last row."""
    rows = [
        f'<row r="{n}">' + "".join(f'<c r="{"ABCDE"[k]}{n}" t="inlineStr"><is><t>{cell}</t></is></c>' for k, cell in enumerate(row)) + "</row>"
        for n, row in enumerate([list(COLUMNS), *table], 1)
    ]  # fmt: skip
    said = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'<worksheet xmlns="{_NAMESPACE}">{said}<sheetData>{"".join(rows)}{more}</sheetData></worksheet>'


def workbook(text: str, without: str = "", **more: str) -> bytes:
    """A workbook of one sheet, perhaps without a part, or with others."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in {**_BOOK, _SHEET: text, **more}.items():
            if name != without:
                book.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()


def _xlsx_files() -> list[tuple[str, Maker]]:
    def cell(reference: str, attributes: str = ' t="inlineStr"', inside: str = "<is><t>x</t></is>") -> Maker:
        more = f'<row r="99"><c r="{reference}"{attributes}>{inside}</c></row>'
        return lambda _luck, table: workbook(sheet(table, more=more))

    def part(name: str, text: str) -> Maker:
        return lambda _luck, table: workbook(sheet(table), **{name: text})

    def text(change: Callable[[str], str]) -> Maker:
        return lambda _luck, table: workbook(change(sheet(table)))

    def row(number: str) -> Maker:
        return lambda _luck, table: workbook(sheet(table, more=f'<row r="{number}"></row>'))

    def said(dimension: str) -> Maker:
        return lambda _luck, table: workbook(sheet(table, dimension=dimension))

    return [
        ("far", cell("XFD1048576")), ("far_down", cell("E1048576")), ("beyond_column", cell("XFE9")),
        ("beyond_row", cell("A1048577")), ("row_0", cell("A0")), ("no_row", cell("A")), ("no_column", cell("99")),
        ("endless_column", cell("AAAAAAAAAAAAAAAA1")), ("endless_row", cell("A99999999999999999999")),
        ("lower", cell("a99")), ("letters", cell("あ1")), ("negative", cell("A-1")), ("blank", cell(" ")),
        ("range", cell("A1:B2")), ("shared_text", cell("A99", ' t="s"', "<v>4000000000</v>")),
        ("shared_minus", cell("A99", ' t="s"', "<v>-1</v>")), ("style", cell("A99", ' s="99999"', "<v>1</v>")),
        ("kind", cell("A99", ' t="?"', "<v>1</v>")), ("number", cell("A99", "", "<v>1e999</v>")),
        ("no_number", cell("A99", "", "<v>x</v>")), ("date", cell("A99", ' t="d"', "<v>2026-99-99</v>")),
        ("row_zero", row("0")), ("row_huge", row("99999999999")), ("row_text", row("x")),
        ("dimension", said("A1:XFD99999999")), ("dimension_text", said("?")), ("dimension_ends", said("A1:B2:C3")),
        ("cut", lambda luck, table: (data := workbook(sheet(table)))[: luck.randrange(10, len(data))]),
        ("flipped", lambda luck, table: _flipped(luck, workbook(sheet(table)), 5)),
        ("flipped_sheet", lambda luck, table: _flipped(luck, workbook(sheet(table)), 2, 900)),
        ("cut_sheet", text(lambda sheet_: sheet_[: len(sheet_) // 2])), ("no_sheet", lambda _luck, table: workbook(
            sheet(table), without=_SHEET)),
        ("no_book", lambda _luck, table: workbook(sheet(table), without="xl/workbook.xml")),
        ("no_utf8", text(lambda sheet_: sheet_.replace("utf-8", "x").replace("東京都", "\x01"))),
        ("shared_strings", part("xl/sharedStrings.xml", "<sst")), ("styles", part("xl/styles.xml", "<styleSheet>")),
        ("bomb", lambda _luck, table: workbook(sheet(table), **{"xl/sharedStrings.xml": " " * (300 << 20)})),
        ("empty", lambda _luck, _table: b""), ("junk", lambda luck, _table: b"PK\x03\x04" + luck.randbytes(2000)),
        ("csv_inside", lambda _luck, table: _text(table, ",").encode()),
    ]  # fmt: skip


_FORMATS: dict[str, list[tuple[str, Maker]]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "jsonl": _json_files(),
    "parquet": _parquet_files(),
    "xlsx": _xlsx_files(),
}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for one in bad_files():
        (folder / one.name).write_bytes(one.data)

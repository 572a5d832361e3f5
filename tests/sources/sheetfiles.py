"""Small spreadsheet files, written as programs write them."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

__all__ = ["old_workbook", "workbook"]

Cell = str | int | float | dt.date | None
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(path: Path, rows: Sequence[Sequence[Cell]] | Mapping[str, Sequence[Sequence[Cell]]]) -> Path:
    """Writes one sheet of rows, or several by name."""
    sheets = rows if isinstance(rows, Mapping) else {"Sheet1": rows}
    count = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="{escape(name)}" sheetId="{k}" r:id="r{k}"/>' for k, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{k}" Type="{_REL}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k in count
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{k}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for k in count
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>' + types + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="w" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_NS} xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_NS}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for k, cells in enumerate(sheets.values(), 1):
        body = "".join(_row(number, row) for number, row in enumerate(cells, 1))
        parts[f"xl/worksheets/sheet{k}.xml"] = f"<worksheet {_NS}><sheetData>{body}</sheetData></worksheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>\n' + text)
    return path


def _row(number: int, row: Sequence[Cell]) -> str:
    cells = (_cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row) if value is not None)
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(at: str, value: Cell) -> str:
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    if isinstance(value, dt.datetime):
        return f'<c r="{at}" s="2"><v>{(value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)}</v></c>'
    if isinstance(value, dt.date):
        return f'<c r="{at}" s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{at}"><v>{value}</v></c>'


def old_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], *, small: bool = False) -> Path:
    """Writes a file of Excel 97 (.xls): records, in a stream of a compound file. Dates have a format."""
    texts = list(
        dict.fromkeys(cell for rows in sheets.values() for row in rows for cell in row if isinstance(cell, str))
    )
    bodies = [_old_sheet(rows, texts) for rows in sheets.values()]
    formats = b"".join(_record(0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 14))
    table = _record(0xFC, struct.pack("<II", len(texts), len(texts)) + b"".join(map(_old_text, texts)))
    names = [name.encode("utf-16-le") for name in sheets]
    at = sum(12 + len(name) for name in names) + len(formats) + len(table) + len(_OLD_BEGIN) + len(_OLD_END)
    listed = b""
    for name, body in zip(names, bodies, strict=True):
        listed += _record(0x85, struct.pack("<IHBB", at, 0, len(name) // 2, 1) + name)
        at += len(body)
    return _compound(path, b"".join([_OLD_BEGIN, formats, listed, table, _OLD_END, *bodies]), small=small)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


_OLD_BEGIN = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6)) + _record(0x42, struct.pack("<H", 1200))
_OLD_END = _record(0x0A, b"")


def _old_text(text: str) -> bytes:
    code = text.encode("utf-16-le")
    return struct.pack("<HB", len(code) // 2, 1) + code


def _old_sheet(rows: Sequence[Sequence[Cell]], texts: Sequence[str]) -> bytes:
    made = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    made += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows), default=0), 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                made += _record(0xFD, struct.pack("<HHHI", row, column, 0, texts.index(cell)))
            elif isinstance(cell, dt.date):
                made += _record(0x203, struct.pack("<HHHd", row, column, 1, (cell - dt.date(1899, 12, 30)).days))
            elif cell is not None:
                made += _record(0x203, struct.pack("<HHHd", row, column, 0, cell))
    return made + _OLD_END


def _compound(path: Path, stream: bytes, *, small: bool) -> Path:
    """A compound file with one stream: which sector follows which, then the folder, then the stream; in ``small``
    sectors which of these follows which, too.
    """
    stream = stream if small else stream.ljust(4096, b"\0")  # a shorter one would stand in small ones
    count, few = -(-len(stream) // 512), -(-len(stream) // 64)
    follows = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE, 0xFFFFFFFE]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    ends = (count + 2, 1) if small else (0xFFFFFFFE, 0)
    head += struct.pack("<9I", 1, 1, 0, 4096, *ends, 0xFFFFFFFE, 0, 0) + b"\xff" * 432
    begin = (2, 0) if small else (0xFFFFFFFE, 2)
    folder = _entry("Root Entry", 5, 1, begin[0], len(stream) * small)
    folder += _entry("Workbook", 2, 0xFFFFFFFF, begin[1], len(stream)) + bytes(256)
    table = struct.pack(f"<{len(follows)}I", *follows).ljust(512, b"\xff")
    further = struct.pack(f"<{few}I", *range(1, few), 0xFFFFFFFE).ljust(512, b"\xff") if small else b""
    path.write_bytes(head + table + folder + stream.ljust(512 * count, b"\0") + further)
    return path


def _entry(name: str, kind: int, child: int, begin: int, size: int) -> bytes:
    code = name.encode("utf-16-le")
    return code.ljust(64, b"\0") + struct.pack(
        "<HBB3I36xIQ", len(code) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, begin, size
    )

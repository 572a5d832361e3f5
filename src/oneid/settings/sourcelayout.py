"""Reads what a config says of how a source's file is laid out; its errors are those of
:mod:`oneid.settings.configfile`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from oneid.settings.config import Layout
from oneid.settings.yamltree import Node, Reader

__all__ = ["layout"]

_MOST_ROWS = 10


def layout(reader: Reader, entries: Mapping[str, Node]) -> Layout:
    """The layout of a source. E105 for what cannot be."""
    table, query = reader.optional(entries.get("table")), reader.optional(entries.get("query"))
    if table is not None and query is not None:
        reader.wrong("E105", "a database is read by 'table' or by 'query', not both", entries["query"])
    footer = entries.get("skip_footer")
    none = footer is not None and footer.value == "0"  # there is no footer, and none is looked for
    skipped = 0 if none else reader.number(footer, whole=True)
    return Layout(
        header=_header(reader, entries.get("header")),
        columns=reader.texts(entries.get("columns")),
        skip_footer=None if skipped is None else int(skipped),
        sheet=reader.optional(entries.get("sheet")),
        records=reader.optional(entries.get("records")),
        table=table,
        query=query,
    )


def _header(reader: Reader, node: Node | None) -> tuple[int, ...]:
    """The lines of the header: ``3``, ``[2, 3]`` or ``2-3``."""
    texts = reader.texts(node)
    if node is None or not texts:
        return ()
    span = re.fullmatch(r"(\d{1,7})\s*(?:-|\.\.|:)\s*(\d{1,7})", texts[0]) if len(texts) == 1 else None
    told = [int(text) for text in (span.groups() if span else texts) if re.fullmatch(r"\d{1,7}", text)]
    lines = list(range(told[0], told[1] + 1)) if span and told[1] - told[0] < _MOST_ROWS else told
    good = lines and len(told) == (2 if span else len(texts)) and lines[0] >= 1
    if not good or lines != list(range(lines[0], lines[0] + len(lines))) or len(lines) > _MOST_ROWS:
        hint = "write the number of the line, from 1, or of several lines one below the other: [2, 3]"
        reader.wrong("E105", "'header' is no line, and no lines one below the other", node, hint)
        return ()
    return tuple(lines)

"""Patterns that are compiled when they are first asked."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from oneid.japanese.quicktext import Pattern


@pytest.mark.parametrize("text", ["ab", "AB", "xabx ab", ""])
def test_as_a_compiled_pattern(text):
    """Every method gives what that of ``re`` gives."""
    late, now = Pattern("(a)(b)", re.IGNORECASE), re.compile("(a)(b)", re.IGNORECASE)
    for method in ("search", "match", "fullmatch"):
        found, wanted = getattr(late, method)(text), getattr(now, method)(text)
        assert (found and found.span()) == (wanted and wanted.span())
    assert late.sub(r"\\2\\1", text) == now.sub(r"\\2\\1", text)
    assert late.split(text) == now.split(text)
    assert late.findall(text) == now.findall(text)
    assert [one.span() for one in late.finditer(text)] == [one.span() for one in now.finditer(text)]


def test_what_it_has_not():
    """An unknown attribute is told by its name, and compiles nothing."""
    late = Pattern("a")
    with pytest.raises(AttributeError, match="scanner"):
        late.scanner  # noqa: B018
    assert "search" not in vars(late)


def test_no_reader_is_compiled_for_a_start():
    """Loading all kinds of fields compiles next to none of their patterns."""
    code = (
        "import gc, oneid.kinds.catalogue; from oneid.japanese.quicktext import Pattern;"
        "every = [one for one in gc.get_objects() if isinstance(one, Pattern)];"
        "print(len(every), sum('search' in vars(one) for one in every))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    there, compiled = map(int, ran.stdout.split())
    assert there > 100
    assert compiled < there / 4

"""Two hundred malformed files (``scripts/make_bad_files.py``): an error with words, or a run that loses no row.

They are read in a process of their own, for a parser of others may end it.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "make_bad_files.py"

READER = """
import json, sys
from pathlib import Path
from oneid.settings.configfile import from_dict
from oneid.sources.reading import read_source
from oneid.sources.workbooks import check_workbook
from oneid.vocabulary.errors import OneIDError
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(json.dumps({"file": path.name}), flush=True)
    fields = {"name": "full_name", "birth": "birth", "phone": "tel", "address": "address"}
    told = {}
    if path.suffix == ".xlsx":  # what is checked before the parser, which is an extra, comes to see it
        try:
            check_workbook(path)
        except OneIDError as error:
            told["refused"] = str(error)
    for feed in ("full", "delta"):
        source = {"path": str(path), "id": "member_id", "fields": fields, "feed": feed, "duplicate_id": "first"}
        config = from_dict({"sources": {"ec": source}})
        try:
            read = read_source(config.sources["ec"], config)
        except OneIDError as error:
            told[feed] = {"error": str(error), "code": error.exit_code}
        else:
            numbers = sorted([*read.frame["row"], *read.rejected["row"]])
            for column in read.frame.get_columns():
                column.to_list()  # text that is no UTF-8 ends here
            told[feed] = {"rows": read.rows_in, "each": numbers == list(range(1, read.rows_in + 1))}
    print(json.dumps({"file": path.name, **told}), flush=True)
"""

NO_PLACES = (
    "far", "beyond_column", "beyond_row", "row_0", "no_row", "no_column", "endless_column", "endless_row",
    "lower", "letters", "negative", "blank", "range", "row_zero", "row_huge", "row_text", "dimension",
    "dimension_text", "dimension_ends", "cut", "no_book", "bomb", "empty", "junk", "csv_inside",
)  # fmt: skip
"""The spreadsheets whose cells, sizes or parts no parser should be trusted with."""


def told(folder: Path, every: int) -> dict[str, dict[str, Any]]:
    """What reading every so-manieth file came to, by file; one that ended the process has nothing."""
    spec = importlib.util.spec_from_file_location("make_bad_files", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    expected = {}
    for one in made.bad_files(every=every):
        (folder / one.name).write_bytes(one.data)
        expected[one.name] = one.rows
    done = subprocess.run([sys.executable, "-c", READER, folder], capture_output=True, text=True, check=False)
    found: dict[str, dict[str, Any]] = {}
    for line in done.stdout.splitlines():
        said = json.loads(line)
        found.setdefault(said.pop("file"), {}).update(said)
    assert done.returncode == 0, (list(found)[-1], done.stderr[-2000:])
    assert "panicked" not in done.stderr
    assert found.keys() == expected.keys()
    return {name: said | {"expected": expected[name]} for name, said in found.items()}


def check(found: dict[str, dict[str, Any]]) -> None:
    """Every file ends in an error with words, or every row is kept or rejected; no member is in an error."""
    for name, said in found.items():
        if name.split("_", 1)[1].removesuffix(".xlsx") in NO_PLACES:
            assert "E210" in said.get("refused", ""), name
        for feed in (said["full"], said["delta"]):
            if "error" in feed:
                assert feed["code"] == 2, name
                assert "E2" in feed["error"], name
                assert not any(part in feed["error"] for part in ("佐藤", "鈴木", "小鳥遊", "090-", "芝公園")), name
                assert len(feed["error"]) < 3000, name
            else:
                assert feed["each"], name
                assert said["expected"] in (None, feed["rows"]), name


def test_some_malformed_files(tmp_path):
    """Every fifth."""
    found = told(tmp_path, 5)
    assert len(found) == 40
    check(found)


@pytest.mark.slow
def test_all_malformed_files(tmp_path):
    """Two hundred."""
    found = told(tmp_path, 1)
    assert len(found) == 200
    check(found)

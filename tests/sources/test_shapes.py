"""Shapes of files (``cases/shapes.yaml``): read by a config that says what is said there, and by what ``init`` makes.

``init`` is held here to the shape alone: what it takes for which field is for :mod:`sources.test_guess`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import yaml
from pyarrow import orc

from oneid.settings.configfile import from_dict, load
from oneid.sources.guessing.configtext import init
from oneid.sources.reading import read_source
from oneid.vocabulary.errors import OneIDError
from sources.sheetfiles import workbook

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "shapes.yaml").read_text("utf-8"))
NAMED = pytest.mark.parametrize("case", CASES, ids=[case["case"].replace(" ", "-") for case in CASES])
NAMES = {"1001": "佐藤 花子", "1002": "鈴木 一郎", "1003": "高橋 さくら"}


def packed(data: bytes, how: str | None, name: str) -> bytes:
    if how in ("gzip", "broken"):
        return gzip.compress(data)[: -12 if how == "broken" else None]
    if how == "zstd":
        return pa.compress(data, codec="zstd", asbytes=True)
    if how in ("zip", "zip2"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for number in range(2 if how == "zip2" else 1):
                file.writestr(f"members{number}.csv", data)
        return out.getvalue()
    return {"bzip2": bz2.compress, "xz": lzma.compress}[how](data) if how else data


def made(case: dict[str, Any], folder: Path) -> Path:
    """The file of a case."""
    path = folder / case["file"]
    encoding, how = case.get("encoding", "utf-8"), case.get("pack")
    for name, text in case.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(packed(text.encode(encoding), how, name))
    if "text" in case:
        path.write_bytes(packed(case["text"].encode(encoding), how, path.name))
    if "sheets" in case:
        workbook(path, case["sheets"])
    if "rows" in case:
        frame = pl.DataFrame(case["rows"])
        if path.suffix == ".orc":
            orc.write_table(pa.table({c.name: pa.array(c.to_list()) for c in frame.get_columns()}), str(path))
        else:
            (frame.write_parquet if path.suffix == ".parquet" else frame.write_ipc)(path)
    return path


def read(config: Any) -> tuple[dict[str, Any], Counter[str]]:
    """By id what each is called, where that is in a column of one name; and the rejected rows by reason."""
    (source,) = config.sources.values()
    rows = read_source(source, config)
    assert rows.rows_in == rows.frame.height + rows.rejected.height
    spec = source.fields.get("name")
    told = rows.frame.select("source_id", f"@{spec.columns[0]}").rows() if spec else []
    return dict(told), Counter(rows.rejected["reason"])


@NAMED
def test_by_hand(case: dict[str, Any], tmp_path: Path) -> None:
    """As the config says."""
    source = {"id": "会員番号", "fields": {"name": "氏名", "phone": "電話番号"}, **case.get("source", {})}
    config = from_dict({"sources": {"m": {"path": str(made(case, tmp_path)), **source}}})
    if "error" in case:
        with pytest.raises(OneIDError) as caught:
            read(config)
        assert caught.value.code == case["error"]
        assert "Hint: " in str(caught.value)
        assert not any(name in str(caught.value) for name in NAMES.values())
        return
    found, rejected = read(config)
    assert sorted(found) == sorted(case["ids"])
    assert all(found[one] == name for one, name in NAMES.items() if one in found)
    assert rejected == case.get("rejected", {})


@pytest.mark.parametrize(
    "case", [case for case in CASES if "text" in case], ids=lambda case: case["case"].replace(" ", "-")
)
def test_too_large_for_memory(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in files of our own, a few bytes at a time."""
    monkeypatch.setattr("oneid.sources.formats.contents.IN_MEMORY", 16)
    test_by_hand(case, tmp_path)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.get("by_init", True)], ids=lambda case: case["case"].replace(" ", "-")
)
def test_by_init(case: dict[str, Any], tmp_path: Path) -> None:
    """What init writes is read without more words, the same members with the same names."""
    path = made(case, tmp_path)
    if "init_error" in case:
        with pytest.raises(OneIDError) as caught:
            init([path], tmp_path / "oneid.yaml")
        assert caught.value.code == case["init_error"]
        return
    init([path], tmp_path / "oneid.yaml")
    found, rejected = read(load(tmp_path / "oneid.yaml"))
    assert sorted(found) == sorted(case["ids"])
    assert all(found[one] == name for one, name in NAMES.items() if one in found)
    assert rejected == case.get("rejected", {})

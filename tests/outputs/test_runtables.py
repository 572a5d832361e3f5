"""Reading a run's folder: the tables of one run, whatever is published meanwhile and wherever the files were copied."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oneid.outputs.runfolder import RunFolder, probe
from oneid.outputs.runtables import read_tables
from oneid.vocabulary.errors import InputError, OutputError
from outputs.test_runfolder import publish, tag_on_disk, tag_read
from paths import TESTS


def test_read_while_another_process_publishes(tmp_path: Path) -> None:
    """Each read gives one run's tables, however it falls between two publications; a kill at any moment too."""
    publish(tmp_path, 1)
    loop = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "from pathlib import Path; from outputs.test_runfolder import publish\n"
        "for tag in range(2, 100): publish(Path(sys.argv[2]), tag); print(tag, flush=True)"
    )
    command = [sys.executable, "-c", loop, str(TESTS), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "2\n"
        seen = [tag_read(tmp_path)]
        while seen[-1] < 30 and child.poll() is None:
            seen.append(tag_read(tmp_path))
        child.kill()
    assert seen[-1] >= 30
    assert seen == sorted(seen)
    last = tag_read(tmp_path)
    with RunFolder(tmp_path):
        pass
    assert tag_on_disk(tmp_path) >= last


def test_a_run_json_that_names_files_elsewhere_is_not_believed(tmp_path: Path) -> None:
    """Nothing outside the folder is read or removed on its word."""
    (tmp_path / "mine.parquet").write_text("precious")
    publish(tmp_path / "out", 1)
    about = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    about["files"]["../mine.parquet"] = about["files"]["golden.parquet"]
    (tmp_path / "out" / "run.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"E252.*run\.json"):
        read_tables(tmp_path / "out")
    about.pop("sum")
    about["set"] = "of.another.version"
    (tmp_path / "out" / "run.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match="E251"):
        read_tables(tmp_path / "out")
    publish(tmp_path / "out", 1)
    publish(tmp_path / "out", 2)
    assert tag_on_disk(tmp_path / "out") == 2
    assert (tmp_path / "mine.parquet").read_text() == "precious"


@pytest.mark.parametrize(
    "said",
    [
        "[" * 9000,
        "[]",
        '{"set": 1, "files": {}}',
        '{"set": "\\u0000", "files": {}, "run_id": ""}',
        '{"set": "..", "files": {}, "run_id": ""}',
        '{"set": "x", "files": {"merge_map.parquet": 3}, "run_id": {}}',
        '{"set": "x.0123456789abcdef", "files": {"merge_map.parquet": 3}, "run_id": ""}',
        '{"set": "x.0123456789abcdef", "files": {"merge_map.parquet": {"bytes": "3"}}, "run_id": ""}',
        '{"set": "x.0123456789abcdef", "files": [], "run_id": ""}',
        '{"set": "x.0123456789abcdef", "files": {}}',
    ],
)
def test_a_run_json_of_somebody_else(tmp_path: Path, said: str) -> None:
    """It is no run, and it is told before a run begins, for it would be replaced."""
    (tmp_path / "run.json").write_text(said, "utf-8")
    with pytest.raises(InputError, match="E251"):
        read_tables(tmp_path)
    with pytest.raises(OutputError, match=r"E307.*run\.json"):
        probe(tmp_path)
    assert (tmp_path / "run.json").read_text("utf-8") == said


def test_a_table_that_a_run_has_not(tmp_path: Path) -> None:
    """Programs find nothing, as in any mapping; people are told what is wanting."""
    publish(tmp_path, 1)
    tables = read_tables(tmp_path)
    assert "nothing" not in tables
    assert tables.get("nothing") is None
    for ask in (tables.__getitem__, tables.mapped, tables.kept):
        with pytest.raises(InputError, match=r"E252 the run has no nothing\.parquet"):
            ask("nothing")


def test_open_tables_outlive_later_runs(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    tables = read_tables(tmp_path)
    publish(tmp_path, 2)
    publish(tmp_path, 3)
    assert set(tables["golden"]["tag"]) == {1}
    assert tables["golden"] is tables["golden"]
    assert "nothing" not in tables


def test_a_copy_without_the_hidden_folder(tmp_path: Path) -> None:
    """Reads like the original if its files belong together, and is refused if they do not."""
    publish(tmp_path / "out", 1)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "out", copy, ignore=shutil.ignore_patterns(".runs"))
    assert tag_read(copy) == 1
    publish(tmp_path / "out", 2)
    shutil.copy(tmp_path / "out" / "golden.parquet", copy)
    with pytest.raises(InputError, match=r"E252.*golden\.parquet"):
        read_tables(copy)
    (copy / "run.json").write_text("{")
    with pytest.raises(InputError, match="E251"):
        read_tables(copy)

"""The output folder holds the files of one run, whole, whatever happens to the process that writes."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from oneid.outputs import folderlock
from oneid.outputs.folderlock import as_output_error
from oneid.outputs.runfolder import RunFolder, probe, write_run
from oneid.outputs.runtables import read_tables
from oneid.outputs.tables.tablefiles import defused
from oneid.vocabulary.errors import InputError, InternalError, OutputError
from paths import TESTS

NAMES = ("merge_map", "golden", "state/pairs")


def outputs(tag: int) -> dict[str, pl.DataFrame]:
    """Three tables, and one more that only odd tags have, all holding ``tag``."""
    tables = {name: pl.DataFrame({"tag": [tag] * 3, "n": [1, 2, 3]}) for name in NAMES}
    return tables | ({"extra": pl.DataFrame({"tag": [tag]})} if tag % 2 else {})


def publish(folder: Path, tag: int, **options: object) -> None:
    with RunFolder(folder, **options) as target:  # type: ignore[arg-type]
        target.write(outputs(tag), {"run_id": f"run {tag}"}, files={"report.html": f"<p>{tag}</p>"})


def tag_read(folder: Path) -> int:
    """The tag of what a reader sees; fails on a mix."""
    tables = read_tables(folder)
    tags = {tag for table in tables.values() for tag in table["tag"]}
    assert len(tags) == 1
    tag = tags.pop()
    assert set(tables) == set(outputs(tag))
    assert tables.run["run_id"] == f"run {tag}"
    return tag


def tag_on_disk(folder: Path) -> int:
    """The tag of the plainly named files after recovery; fails on a mix, a file too many or too few, or litter."""
    run = json.loads((folder / "run.json").read_text("utf-8"))
    tag = int(run["run_id"].removeprefix("run "))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    visible = {name for name in files if not name.startswith(".runs")}
    assert visible == {f"{name}.parquet" for name in outputs(tag)} | {"report.html", "run.json"}
    assert {path.name for path in (folder / ".runs").iterdir()} == {"lock", run["set"]}
    for name in outputs(tag):
        assert set(pl.read_parquet(folder / f"{name}.parquet")["tag"]) == {tag}
    assert (folder / "report.html").read_text("utf-8") == f"<p>{tag}</p>"
    assert tag_read(folder) == tag
    read_tables(folder, verify=True)
    return tag


CHILD = """
import os, signal, sys
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
from outputs.test_runfolder import RunFolder, publish
folder, tag, last = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
taken = 0
def step(name):
    global taken
    if taken == last:
        os.kill(os.getpid(), signal.SIGKILL)
    taken += 1
if tag:
    publish(folder, tag, step=step)
else:
    with RunFolder(folder, step=step):
        pass
"""


def start(folder: Path, tag: int, last: int) -> subprocess.Popen[bytes]:
    """A process that publishes ``tag`` (0: only recovers) and kills itself before step ``last``."""
    here = str(TESTS)
    return subprocess.Popen([sys.executable, "-c", CHILD, here, str(folder), str(tag), str(last)])


def steps_of(folder: Path, tag: int) -> list[str]:
    steps: list[str] = []
    publish(folder, tag, step=steps.append)
    return steps


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_a_step(tmp_path: Path, every: int) -> None:
    """SIGKILL before each step (every day: each third): readers see one whole run at once, and after recovery so do
    the plain names.
    """
    publish(tmp_path / "model", 1)
    steps = steps_of(tmp_path / "model", 2)
    assert len(steps) >= 15
    assert {"write merge_map", "prepare", "commit", "mark", "remove extra.parquet", "switch", "unmark"} <= set(steps)
    folders = {at: tmp_path / str(at) for at in range(0, len(steps), every)}
    for folder in folders.values():
        publish(folder, 1)
    waiting = list(folders)
    while waiting:
        now, waiting = waiting[:4], waiting[4:]
        children = [start(folders[at], 2, at) for at in now]
        assert [child.wait(60) for child in children] == [-signal.SIGKILL] * len(children)
    committed, switched = steps.index("mark") + 1, steps.index("switch") + 1
    for at, folder in folders.items():
        run = json.loads((folder / "run.json").read_text("utf-8"))
        assert run["run_id"] == ("run 2" if at >= switched else "run 1"), steps[at]
        assert tag_read(folder) == (2 if at >= committed else 1), steps[at]
        with RunFolder(folder):
            pass
        assert tag_on_disk(folder) == (2 if at >= committed else 1), steps[at]


@pytest.mark.slow
def test_killed_while_recovering(tmp_path: Path) -> None:
    """A crash in the middle of recovery is recovered from like any other."""
    publish(tmp_path / "model", 1)
    at = steps_of(tmp_path / "model", 2).index("place golden.parquet")
    folders = [tmp_path / str(nth) for nth in range(4)]
    for folder in folders:
        publish(folder, 1)
    children = [start(folder, 2, at) for folder in folders]
    assert {child.wait(60) for child in children} == {-signal.SIGKILL}
    children = [start(folder, 0, 3 * nth) for nth, folder in enumerate(folders)]
    assert {child.wait(60) for child in children} == {-signal.SIGKILL}
    for folder in folders:
        publish(folder, 2)
        assert tag_on_disk(folder) == 2


def test_killed_in_the_first_run(tmp_path: Path) -> None:
    """Without an older run there is no run before the commit, and the whole run after."""
    steps = steps_of(tmp_path / "model", 1)
    before, after = tmp_path / "before", tmp_path / "after"
    children = [start(before, 1, steps.index("mark")), start(after, 1, steps.index("mark") + 1)]
    assert {child.wait(60) for child in children} == {-signal.SIGKILL}
    with pytest.raises(InputError, match="E251"):
        read_tables(before)
    assert tag_read(after) == 1
    publish(before, 2)
    assert (tag_on_disk(before), tag_on_disk(after)) == (2, 1)


@pytest.mark.parametrize("known", [True, False])
def test_crash_between_the_commit_of_the_registry_and_ours(tmp_path: Path, known: bool) -> None:
    """The registry's word decides whether the prepared run is finished or discarded."""
    publish(tmp_path, 1)
    at = steps_of_copy(tmp_path).index("mark")
    assert start(tmp_path, 2, at).wait(60) == -signal.SIGKILL
    asked: list[str] = []

    def committed(run_id: str) -> bool:
        asked.append(run_id)
        return known

    with RunFolder(tmp_path, committed=committed):
        pass
    assert asked == ["run 2"]
    assert tag_on_disk(tmp_path) == (2 if known else 1)


def steps_of_copy(folder: Path) -> list[str]:
    copy = folder.parent / (folder.name + " copy")
    shutil.copytree(folder, copy)
    return steps_of(copy, 2)


def test_commit_is_called_once_when_nothing_is_visible(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    seen: list[int] = []
    with RunFolder(tmp_path) as target:
        target.write(
            outputs(2),
            {"run_id": "run 2"},
            files={"report.html": "<p>2</p>"},
            commit=lambda: seen.append(tag_read(tmp_path)),
        )
    assert seen == [1]
    assert tag_on_disk(tmp_path) == 2


def test_a_refused_commit_changes_nothing(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    def refuse() -> None:
        raise InternalError("E999", "refused")

    with RunFolder(tmp_path) as target, pytest.raises(InternalError, match="refused"):
        target.write(outputs(2), {"run_id": "run 2"}, commit=refuse)
    assert tag_on_disk(tmp_path) == 1


@pytest.mark.parametrize("known", [True, False])
def test_an_interrupted_commit_is_decided_by_the_registry(tmp_path: Path, known: bool) -> None:
    """Control-C may come before or after the registry's commit took effect; only the registry knows."""
    publish(tmp_path, 1)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with RunFolder(tmp_path) as target, pytest.raises(KeyboardInterrupt):
        target.write(outputs(2), {"run_id": "run 2"}, files={"report.html": "<p>2</p>"}, commit=interrupt)
    with RunFolder(tmp_path, committed=lambda _run_id: known):
        pass
    assert tag_on_disk(tmp_path) == (2 if known else 1)


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "E303"), (errno.EACCES, "E301"), (errno.EIO, "E305")])
def test_a_refusal_of_the_system_leaves_the_old_run(tmp_path: Path, number: int, code: str) -> None:
    """Before the commit, at whichever step: an error with code and place, old files untouched, nothing left over."""
    publish(tmp_path, 1)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*")}
    steps = steps_of_copy(tmp_path)
    for at in range(steps.index("mark") + 1):
        taken: list[str] = []

        def step(name: str, at: int = at, taken: list[str] = taken) -> None:
            taken.append(name)
            if len(taken) == at + 1:
                raise OSError(number, os.strerror(number))

        with pytest.raises((OutputError, OSError)) as caught:
            publish(tmp_path, 2, step=step)
        if steps[at] != "commit":
            assert isinstance(caught.value, OutputError)
            assert caught.value.code == code
            assert str(tmp_path) in str(caught.value)
            assert caught.value.hint
        assert {path: path.stat().st_ino for path in tmp_path.rglob("*")} == before
    assert tag_on_disk(tmp_path) == 1


def test_an_error_after_the_commit_is_finished_by_the_next_start(tmp_path: Path) -> None:
    publish(tmp_path, 1)

    def step(name: str) -> None:
        if name == "place golden.parquet":
            raise OSError(errno.EIO, "broken")

    with pytest.raises(OutputError, match=r"E305.*next start"):
        publish(tmp_path, 2, step=step)
    with RunFolder(tmp_path):
        pass
    assert tag_on_disk(tmp_path) == 2


def test_polars_hides_the_number_of_the_system_in_its_message() -> None:
    error = pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")
    with pytest.raises(OutputError) as caught, as_output_error(Path("out")):
        raise error
    assert caught.value.code == "E303"
    with pytest.raises(pl.exceptions.ComputeError), as_output_error(Path("out")):
        raise pl.exceptions.ComputeError("a mistake of ours")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError, match="E302"):
            publish(folder, 1)
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    """Found before the commit, so the run before stays."""
    publish(tmp_path, 2)
    (tmp_path / "extra.parquet").mkdir()
    with pytest.raises(OutputError, match="E302"):
        publish(tmp_path, 1)
    (tmp_path / "extra.parquet").rmdir()
    assert tag_on_disk(tmp_path) == 2


@pytest.mark.parametrize("has_flock", [True, False])
def test_a_second_run_is_told_who_writes(tmp_path: Path, has_flock: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_flock:
        monkeypatch.setattr(folderlock, "fcntl", None)
    with RunFolder(tmp_path) as first:
        with pytest.raises(OutputError, match=rf"E304.*process {os.getpid()} on .*Hint"):
            publish(tmp_path, 1)
        first.write(outputs(2), {"run_id": "run 2"})
    publish(tmp_path, 1)
    assert tag_read(tmp_path) == 1
    assert not (tmp_path / ".runs" / "lock.held").exists()


def test_the_lock_is_let_go_when_recovery_fails(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    (tmp_path / ".runs" / "next").write_text("no such set")
    with pytest.raises(OutputError, match="E306"):
        publish(tmp_path, 2)
    assert tag_read(tmp_path) == 1
    (tmp_path / ".runs" / "next").unlink()
    publish(tmp_path, 2)
    assert tag_on_disk(tmp_path) == 2


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    assert tag_on_disk(tmp_path) == 2


def test_the_same_run_again_changes_nothing(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}
    with RunFolder(tmp_path) as target:
        target.write(outputs(1), {"run_id": "run 1", "seconds": 7}, files={"report.html": "<p>1</p>"})
    lock = tmp_path / ".runs" / "lock"
    before.pop(lock)
    assert all((path.stat().st_ino, path.stat().st_mtime_ns) == was for path, was in before.items())


def test_the_same_run_again_mends_damage(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with (tmp_path / "golden.parquet").open("r+b") as file:  # a link: the set's own file is damaged too
        file.write(b"junk")
    with pytest.raises(InputError, match=r"E252.*golden\.parquet"):
        read_tables(tmp_path, verify=True)
    publish(tmp_path, 1)
    assert tag_on_disk(tmp_path) == 1
    (tmp_path / "merge_map.parquet").unlink()
    publish(tmp_path, 1)
    assert tag_on_disk(tmp_path) == 1


def test_the_same_run_id_with_other_contents_replaces(tmp_path: Path) -> None:
    write_run(tmp_path, outputs(1), {"run_id": "same"})
    write_run(tmp_path, outputs(2), {"run_id": "same"})
    assert set(read_tables(tmp_path)["golden"]["tag"]) == {2}
    assert not (tmp_path / "extra.parquet").exists()


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    """However a table came to be: in one chunk or in many."""
    whole = pl.DataFrame({"id": [f"P{n}" for n in range(5000)], "n": range(5000)})
    pieces = pl.concat([whole[:100], whole[100:4000], whole[4000:]], rechunk=False)
    assert pieces.n_chunks() == 3
    write_run(tmp_path / "a", {"t": whole}, {"run_id": "1"})
    write_run(tmp_path / "b", {"t": pieces}, {"run_id": "1"})
    assert (tmp_path / "a" / "t.parquet").read_bytes() == (tmp_path / "b" / "t.parquet").read_bytes()


def test_run_ids_may_be_any_text(tmp_path: Path) -> None:
    for run_id in ("../up", "scheduled__2026-11-22T00:00:00+00:00", "名寄せ" * 60, "", "."):
        write_run(tmp_path / "deep" / "out", outputs(2), {"run_id": run_id})
        assert read_tables(tmp_path / "deep" / "out").run["run_id"] == run_id
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    with pytest.raises(InternalError, match="E932"):
        write_run(tmp_path, outputs(2), {})


def test_names_of_files_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../t", "/t", "a//b", "a b", ""):
        with pytest.raises(InternalError, match="E933"):
            write_run(tmp_path, {name: pl.DataFrame({"a": [1]})}, {"run_id": "1"})


def test_probe_tells_beforehand_and_leaves_no_trace(tmp_path: Path) -> None:
    probe(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="E302"):
        probe(tmp_path / "file" / "out")


def test_run_json_lists_files_and_takes_plain_values(tmp_path: Path) -> None:
    run = {"run_id": "r", "counts": {"rows": pl.Series([7]).to_numpy()[0]}, "folder": Path("somewhere"), "名": "値"}
    write_run(tmp_path, outputs(1), run)
    told = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert told["counts"] == {"rows": 7}
    assert told["folder"] == "somewhere"
    assert told["名"] == "値"
    assert told["files"]["golden.parquet"]["rows"] == 3
    assert told["files"]["golden.parquet"]["bytes"] == (tmp_path / "golden.parquet").stat().st_size


def test_csv_opens_in_spreadsheets(tmp_path: Path) -> None:
    """A byte order mark, CR LF, quotes where needed, lists joined."""
    table = pl.DataFrame({"name": ["佐藤", 'a "b", c', "x\r\ny", None], "phone": [["1", "2"], [], None, ["3"]]})
    write_run(tmp_path, {"t": table}, {"run_id": "1"}, csv=True)
    raw = (tmp_path / "t.csv").read_bytes().decode("utf-8")
    assert raw == '\ufeffname,phone\r\n佐藤,1; 2\r\n"a ""b"", c",""\r\n"x\r\ny",\r\n,3\r\n'
    assert read_tables(tmp_path)["t"].equals(table)


def test_csv_runs_no_formulas() -> None:
    """Texts, members of lists, categories and headers that a spreadsheet would run are led by an apostrophe."""
    bad = ["=1+1", "+81901234", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
    fine = ["1-2", "a=b", "", " =1", "〓", "'x", None]
    frame = pl.DataFrame({"=head": bad + fine})
    safe = defused(frame)
    assert safe.columns == ["'=head"]
    assert safe["'=head"].to_list() == ["'" + text for text in bad] + fine
    assert defused(pl.DataFrame({"x": ["'=1"]})).item() == "''=1"  # so that what was taken away can be told
    others = pl.DataFrame({"list": [["=1", "2"]], "category": ["=1"], "n": [-1], "x": [-0.5], "yes": [True]})
    others = others.with_columns(pl.col("category").cast(pl.Categorical))
    assert defused(others).row(0) == ("'=1; 2", "'=1", -1, -0.5, True)
    with pytest.raises(InternalError, match="E931"):
        defused(pl.DataFrame({"s": [{"a": 1}]}))

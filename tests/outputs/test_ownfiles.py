"""What is not ours is never replaced: by the manifest of a run's folder, by the config, or by what a file holds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oneid.outputs.ownfiles import Inputs, given, refuse_file, refuse_in_run
from oneid.outputs.runfolder import RunFolder, probe, write_run
from oneid.outputs.runjson import run_of
from oneid.outputs.textfile import write_text
from oneid.vocabulary.errors import OneIDError
from outputs.test_runfolder import outputs, publish, tag_on_disk

Refused = Callable[[], Any]


def codes(do: Refused) -> list[str]:
    with pytest.raises(OneIDError) as caught:
        do()
    assert caught.value.exit_code == 2
    return [problem.code for problem in caught.value.problems]


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", ["golden.parquet", "golden.csv", "state/pairs.parquet", "run.json"])
def test_a_file_of_somebody_else_stays(tmp_path: Path, name: str) -> None:
    """Told beforehand and when it is written; nothing is published."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("theirs", encoding="utf-8")
    assert codes(lambda: probe(tmp_path, csv=True)) == ["E307"]
    before = content(tmp_path)
    assert codes(
        lambda: write_run(tmp_path, outputs(1) | {"state/pairs": outputs(1)["golden"]}, {"run_id": "1"}, csv=True)
    )
    assert {name: held for name, held in content(tmp_path).items() if ".runs" not in name} == before


def test_our_own_run_is_written_over(tmp_path: Path) -> None:
    """Also after a crash in the middle of publishing, in a copy with other times, and where a file was lost."""
    for tag in (1, 2, 3):
        probe(tmp_path / "out", csv=True)
        publish(tmp_path / "out", tag)
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(tmp_path / "copy" / "run.json", (1, 1))
    (tmp_path / "copy" / "golden.parquet").unlink()
    publish(tmp_path / "copy", 4)
    assert tag_on_disk(tmp_path / "copy") == 4

    class Killed(Exception):
        pass

    def kill(step: str) -> None:
        if step == "switch":
            raise Killed

    with pytest.raises(Killed), RunFolder(tmp_path / "out", step=kill) as target:
        target.write(outputs(5), {"run_id": "run 5"})
    probe(tmp_path / "out", csv=True)
    publish(tmp_path / "out", 6)
    assert tag_on_disk(tmp_path / "out") == 6


@pytest.mark.parametrize("how", ["in place", "another file", "a link"])
def test_what_people_changed_since_is_theirs(tmp_path: Path, how: str) -> None:
    """In place, in another file of that name, by a link; also where the new run would only remove it."""
    write_run(tmp_path, outputs(1), {"run_id": "1"}, csv=True)
    path = tmp_path / "golden.csv"
    theirs = path.read_text("utf-8") + "and a remark\r\n"
    if how == "another file":
        path.unlink()
    if how == "a link":
        path.unlink()
        (tmp_path / "mine.csv").write_text(theirs, encoding="utf-8", newline="")
        path.symlink_to("mine.csv")
    else:
        path.write_text(theirs, encoding="utf-8", newline="")
    os.utime(path)
    for csv in (True, False):
        assert codes(lambda csv=csv: write_run(tmp_path, outputs(2), {"run_id": "2"}, csv=csv)) == ["E307"]
        assert codes(lambda csv=csv: probe(tmp_path, csv=csv)) == ["E307"]
    assert path.read_bytes().decode() == theirs
    assert run_of(tmp_path)["run_id"] == "1"
    path.unlink()
    publish(tmp_path, 2)


def test_what_the_config_names_is_never_replaced(tmp_path: Path) -> None:
    """Not even what a run of ours wrote, however it is spelt: by a link, a pattern, an open variable."""
    publish(tmp_path / "out", 1)
    (tmp_path / "link").symlink_to("out")
    golden = tmp_path / "out" / "golden.parquet"
    for named in (
        golden, tmp_path / "out" / ".." / "out" / "golden.parquet", tmp_path / "link" / "golden.parquet",
        tmp_path / "*" / "gold*.parquet", tmp_path / "**" / "*.parquet", tmp_path / "out" / "{what}.parquet",
        tmp_path / "out" / "golde[a-n].parquet",
    ):  # fmt: skip
        inputs = Inputs((named,))
        assert codes(lambda inputs=inputs: probe(tmp_path / "out", inputs)) == ["E308"], named
        assert codes(lambda i=inputs: write_run(tmp_path / "out", outputs(2), {"run_id": "2"}, inputs=i)) == ["E308"]
    refuse = [tmp_path / "link" / "*.csv", tmp_path / "link" / "{ds}.csv"]  # what is not there yet, behind a link
    for named in refuse:
        assert codes(lambda n=named: refuse_in_run(tmp_path / "out", ["golden.csv"], Inputs((n,)))) == ["E308"]
    for other in (tmp_path / "*.parquet", tmp_path / "out" / "in_*.parquet", tmp_path / "golden.parquet"):
        refuse_in_run(tmp_path / "out", ["golden.parquet"], Inputs((other,)))
    assert tag_on_disk(tmp_path / "out") == 1


def test_folders_in_the_way(tmp_path: Path) -> None:
    """E302 before the run begins; a strange .runs is not emptied, and nothing strange in ours is removed."""
    (tmp_path / "a" / "golden.parquet").mkdir(parents=True)
    assert codes(lambda: probe(tmp_path / "a")) == ["E302"]
    strange = tmp_path / "b" / ".runs" / "mine"
    strange.parent.mkdir(parents=True)
    strange.write_text("mine", encoding="utf-8")
    for do in (lambda: probe(tmp_path / "b"), lambda: publish(tmp_path / "b", 1)):
        assert codes(do) == ["E307"]
    publish(tmp_path / "c", 1)
    strange.rename(tmp_path / "c" / ".runs" / "mine")
    publish(tmp_path / "c", 2)
    assert (tmp_path / "c" / ".runs" / "mine").read_text("utf-8") == "mine"


def test_single_files(tmp_path: Path) -> None:
    """By what they begin with; an empty file, a device or a pipe holds nothing; a link means the file behind it."""
    path = tmp_path / "report.xml"

    def ours(begin: bytes) -> bool:
        return begin.startswith(b"<ours>")

    def write(text: str, to: Path = path) -> None:
        write_text("E322", "cannot be written", to, text, ours)

    path.touch()
    for text in ("<ours>1", "<ours>2"):
        write(text)
    (tmp_path / "link").symlink_to(path)
    write("<ours>3", tmp_path / "link")
    assert (path.read_text("utf-8"), (tmp_path / "link").is_symlink()) == ("<ours>3", True)
    path.write_text("theirs", encoding="utf-8")
    for to in (path, tmp_path / "link"):
        assert codes(lambda to=to: write("<ours>4", to)) == ["E307"]
    assert path.read_text("utf-8") == "theirs"
    write("<ours>", Path(os.devnull))
    assert not Path(os.devnull).is_file()
    assert codes(lambda: write("<ours>", tmp_path)) == ["E302"]
    publish(tmp_path / "out", 1)
    assert codes(lambda: refuse_file(tmp_path / "out" / "golden.parquet", lambda _: True)) == ["E307"]
    assert codes(lambda: refuse_file(path, lambda _: True, Inputs((path,)))) == ["E308"]


def test_no_text_is_no_folder() -> None:
    assert given(".") == Path()
    for text in ("", " "):
        assert codes(lambda text=text: given(text)) == ["E408"]

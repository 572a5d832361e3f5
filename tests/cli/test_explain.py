"""The command ``oneid explain``: from a folder, from a config's last run, or by a run of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import oneid
from conftest import people_config, people_frames
from oneid.outputs.runtables import read_tables


@pytest.fixture(scope="module")
def alone() -> oneid.Result:
    return oneid.resolve(people_frames(), people_config())


def test_a_folder_answers(command, people_files, tmp_path: Path, alone: oneid.Result) -> None:
    """As the run does; as JSON, in Japanese, with values; several OneIDs one after the other."""
    out = tmp_path / "out"
    assert command("resolve", people_files(), "--out", out).code == 0
    said = command("explain", out, "ec:E1", "store:S1")
    assert (said.code, said.out, said.err) == (0, str(alone.explain("ec:E1", "store:S1")) + "\n", "")
    assert "同一人物" in command("explain", out, "ec:E1", "store:S1", "--lang", "ja").out
    assert "花子" in command("explain", out, "ec:E1", "store:S1", "--show-pii").out
    pair = json.loads(command("explain", out, "ec:E2", "ec:E3", "--json").out)
    assert (pair["together"], pair["left"], pair["verdict"]) == (False, "ec:E2", "never")
    oneids = [str(one) for one in dict.fromkeys(alone.merge_map["oneid"])][:2]
    assert [one["oneid"] for one in json.loads(command("explain", out, *oneids, "--json").out)] == oneids
    assert json.loads(command("explain", out, oneids[0], "--json").out)["oneid"] == oneids[0]
    for words, code in (
        (("ec:E1", "ec:nobody"), "E421"),
        (("shop:E1", "ec:E2"), "E421"),
        (("OIDQ4YZ46M02VQEC6",), "E412"),
    ):
        failed = command("explain", out, *words)
        assert (failed.code, failed.err.count("\n")) == (2, 1)
        assert code in failed.err


def test_a_config_answers_from_its_last_run(command, people_files, tmp_path: Path, alone: oneid.Result) -> None:
    """With a registry, after the run was published: nothing is run again, nothing is published, and no source is read.
    What the last run does not know is told, with how to run again.
    """
    config = people_files(registry="sqlite:///oneid.db")
    assert "done" in command("explain", config, "ec:E1", "store:S1").err  # nothing was published: it is run
    assert command("resolve", config, "--out", tmp_path / "out").code == 0
    before = (tmp_path / "out" / "run.json").read_bytes()
    for shop in people_frames():
        path = config.parent / f"{shop}.csv"
        path.write_text(path.read_text("utf-8") + "N9,新井 新,アライ シン,1999-09-09,,new@example.com,1\n", "utf-8")
    said = command("explain", config, "ec:E1", "store:S1")
    assert (said.code, said.out, said.err) == (0, str(alone.explain("ec:E1", "store:S1")) + "\n", "")
    unknown = command("explain", config, "ec:N9", "store:N9")
    assert unknown.code == 2
    assert "--fresh" in unknown.err
    fresh = command("explain", config, "ec:N9", "store:N9", "--fresh")
    assert (fresh.code, "One person" in fresh.out) == (0, True)
    assert (tmp_path / "out" / "run.json").read_bytes() == before
    with oneid.resolve(people_files(registry="sqlite:///oneid.db")) as result:
        assert result.run["unchanged"]
        for pair in (("ec:E2", "ec:E3"), ("ec:E4", "store:S2"), ("ec:E1", "store:S3")):
            assert str(result.explain(*pair)) == str(alone.explain(*pair))


def test_a_folder_that_cannot_be_asked(command, people_files, tmp_path: Path) -> None:
    """Where the config's folder is gone, everything is run again, and that is said."""
    config = people_files(registry="sqlite:///oneid.db")
    assert command("resolve", config, "--out", tmp_path / "out").code == 0
    assert "known/base/values" in read_tables(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")
    said = command("explain", config, "ec:E1", "store:S1")
    assert said.code == 0
    assert "run again" in said.err
    assert command("explain", tmp_path / "moved", "ec:E1", "store:S1").out == said.out

"""The commands ``oneid review ...``: a real server and its end, sheets there and back, and what is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import polars as pl
import pytest

from conftest import Demo


def test_a_server(demo: Demo, tmp_path: Path) -> None:
    """It prints its links and nothing else of the run, answers on this machine alone, and ends with Ctrl-C."""
    command = [sys.executable, "-m", "oneid", "review", demo.folder / "out", "--decisions", tmp_path / "d.csv",
               "--people", "2", "--lang", "ja"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=os.environ | {"PYTHONUNBUFFERED": "1"}) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            links = [server.stdout.readline().strip() for _ in range(2)]
            assert all(link.startswith("http://127.0.0.1:") for link in links)
            with urllib.request.urlopen(links[0], timeout=60) as answer:
                assert answer.status == 200
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(links[0], timeout=60)
            refused.value.close()
            assert refused.value.code == 403
            server.send_signal(signal.SIGINT)
            out, err = server.communicate(timeout=60)
        finally:
            server.kill()
    assert out == ""
    assert "Traceback" not in err
    assert "token" not in err
    assert err.splitlines()[0].startswith("要確認のペア: 171件。判断の保存先: ")


def test_sheets(command, demo: Demo, tmp_path: Path) -> None:
    """Out, filled in, and in again."""
    sheet, file = tmp_path / "sheet.csv", tmp_path / "decisions.csv"
    said = command("review", "export", demo.folder / "out", sheet, "--pairs", "3", "--decisions", file, "--lang", "ja")
    assert (said.code, said.err) == (0, "")
    frame = pl.read_csv(sheet, infer_schema=False)
    assert f"ペア{frame.height}件を" in said.out
    assert not file.exists()
    frame.with_columns(判断=pl.lit("別の人")).write_csv(sheet)
    said = command("review", "import", demo.folder / "out", sheet, "--by", "佐藤", "--decisions", file)
    assert f"took in {frame.height} decisions into {file}" in " ".join(said.out.split())
    assert file.read_text("utf-8-sig").count(",different,佐藤,") == frame.height
    again = command("review", "export", demo.folder / "out", tmp_path / "rest.csv", "--decisions", file)
    assert f"wrote {171 - frame.height} pairs" in again.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["{run}"], "E426"), (["{run}", "--decisions", "x.csv", "--lang", "fr"], "E410"),
     (["{run}/nowhere", "--decisions", "x.csv"], "E251"),
     (["{run}", "--decisions", "x.csv", "--people", "0"], "E400"), (["export", "{run}"], "E400"),
     (["import", "{run}", "nowhere.csv", "--decisions", "x.csv"], "E271")],
)  # fmt: skip
def test_refused(
    command, demo: Demo, arguments: list[str], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = command("review", *(word.format(run=demo.folder / "out") for word in arguments))
    assert said.code == 2
    assert code in said.err
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(command, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and how to install it; sheets do not need it."""
    monkeypatch.setattr("oneid.cli.review.find_spec", lambda _name: None)
    said = command("review", demo.folder / "out", "--decisions", tmp_path / "d.csv")
    assert said.code == 2
    assert "E429" in said.err
    assert "oneid-merge[review]" in said.err


def test_help(command) -> None:
    said = command("review", "--help")
    for name in ("page", "export", "import"):
        assert name in said.out

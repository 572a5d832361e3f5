"""Files that people name: no device, which may never end, and no file that is far too large for what it should be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Said
from oneid.settings.namedfile import contents


def test_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the size, and of pipes what comes through them."""
    (tmp_path / "a").write_bytes(b"x" * (1 << 20))
    assert len(contents(tmp_path / "a", 1)) == 1 << 20
    (tmp_path / "a").write_bytes(b"x" * ((1 << 20) + 1))
    assert len(contents(tmp_path / "a")) == (1 << 20) + 1
    with pytest.raises(OSError, match="larger than 1 MiB"):
        contents(tmp_path / "a", 1)
    with pytest.raises(FileNotFoundError):
        contents(tmp_path / "b")
    reads, writes = os.pipe()
    os.write(writes, b"piped")
    os.close(writes)
    assert contents(Path(f"/dev/fd/{reads}")) == b"piped"
    os.close(reads)


@pytest.mark.parametrize(
    "argv",
    [
        "resolve {null} --out out",
        "explain {null} a:1 b:1",
        "profile {null}",
        "lookup {null} name=a",
        "registry log --config {null}",
        "diff {out} --rules {null}",
        "diff {out} --rules jp-members --limits {null}",
        "check {config} --cases {null}",
        "train {config} --truth {null}",
        "evaluate {null} {null}",
        "init {null}",
        "resolve {rules} --out out",
        "resolve {source} --out out",
        "resolve {decisions} --out out",
        "registry decide {null} --config {config}",
        "registry rekey ec {null} --config {config}",
    ],
)
def test_a_device_is_refused_by_every_command(
    people_files: Callable[..., Path], command: Callable[..., Said], tmp_path: Path, argv: str
) -> None:
    """By one that ends, in place of those that do not; under the name of a file, and read as one it would be empty."""
    null = tmp_path / "null.csv"
    null.symlink_to(os.devnull)
    config = people_files(registry="sqlite:///r.db")
    words = {"null": str(null), "config": str(config), "out": str(config.parent / "out")}
    text = config.read_text("utf-8")
    for name, other in {
        "rules": f"{text}\nrules: {null}\n",
        "decisions": f"{text}\ndecisions: {null}\n",
        "source": text.replace("ec.csv", str(null)),
    }.items():
        (config.parent / f"{name}.yaml").write_text(other, "utf-8")
        words[name] = str(config.parent / f"{name}.yaml")
    if argv.startswith("diff"):
        assert command("resolve", config, "--out", config.parent / "out").code == 0
    said = command(*(word.format(**words) for word in argv.split()))
    assert said.code == 2
    assert "it is a device" in said.err, said.err

"""What a stopped run proposes, and what an erasure removes of it: nobody's own files."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from oneid.runs.publishing import _forget_proposals, _propose


def test_proposals_that_people_corrected_are_kept_until_an_erasure(tmp_path: Path) -> None:
    """Another proposal stands where the last one stood, which goes on under a number; files of others stay."""
    folder = tmp_path / "rekeys"

    def pairs(new: str) -> pl.DataFrame:
        return pl.DataFrame({"source": ["card"], "old_id": ["C1"], "new_id": [new]})

    for new in ("N1", "N1", "N2"):
        _propose(folder, "card", pairs(new))
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == {
        "card.csv": pairs("N2").write_csv(), "card.1.csv": pairs("N1").write_csv(),
    }  # fmt: skip
    (folder / "card.csv").write_text("\ufeffold_id;new_id\r\nC1;N7\r\n", "utf-8")
    for name, text in (("card.mine.csv", "old_id,new_id\nC1,N3\n"), ("web.csv", "remark\nask ann\n")):
        (folder / name).write_text(text, "utf-8")
    _forget_proposals(folder, ["card", "web"])
    assert sorted(path.name for path in folder.iterdir()) == ["card.mine.csv", "web.csv"]
    for path in folder.iterdir():
        path.unlink()
    _propose(folder, "card", pairs("N1"))
    _forget_proposals(folder, ["card", "web"])
    assert not folder.exists()

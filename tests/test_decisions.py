"""Decisions files: read, checked, and contradictions named."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneid.decisions import COLUMNS, read
from oneid.errors import InputError, OneIDError

HEAD = ",".join(COLUMNS) + ",by,at,reason,ticket\n"


def written(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "decisions.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def problems(path: Path) -> list[tuple[str, int | None]]:
    with pytest.raises(OneIDError) as caught:
        read(path)
    assert all(problem.place.file == str(path) for problem in caught.value.problems)
    assert caught.value.exit_code == 2
    return [(problem.code, problem.place.line) for problem in caught.value.problems]


def test_the_smaller_record_comes_first_and_the_last_line_counts(tmp_path: Path) -> None:
    """A pair is one pair whichever way round it is written; ids are verbatim text."""
    path = written(
        tmp_path,
        "shop,007,ec,E1,different,ann,,,",
        "ec,E1,shop,007,same,bob,2026-01-01,saw it,T-1",
        "ec,E2,ec,E10,defer,,,,",
    )
    found = read(path)
    assert found.select(*COLUMNS).rows() == [("ec", "E1", "shop", "007", "same"), ("ec", "E10", "ec", "E2", "defer")]


def test_no_decisions_yet(tmp_path: Path) -> None:
    """A header alone is a file without decisions."""
    assert read(written(tmp_path)).height == 0


def test_further_columns_do_not_matter_nor_does_a_bom(tmp_path: Path) -> None:
    """People may add columns; spreadsheets add a BOM."""
    path = written(tmp_path, "x,ec,1,ec,2,same", head="\ufeffnote," + ",".join(COLUMNS) + "\n")
    assert read(path)["decision"].to_list() == ["same"]


def test_wrong_lines_are_all_told(tmp_path: Path) -> None:
    """An unknown decision with a hint, a record against itself, an empty id: each with its line."""
    path = written(
        tmp_path,
        "ec,1,ec,2,smae,,,,",
        "ec,1,ec,1,same,,,,",
        "ec,,ec,2,same,,,,",
        "ec,3,ec,4,same,,,,",
        "ec,5,ec,6,,,,,",
    )
    assert sorted(problems(path), key=str) == sorted([("E233", 2), ("E233", 3), ("E233", 4), ("E233", 6)], key=str)
    with pytest.raises(OneIDError, match="did you mean 'same'"):
        read(path)


def test_contradictions_name_the_chain(tmp_path: Path) -> None:
    """Different, and yet the same by a chain of three: the error names all records in it."""
    path = written(
        tmp_path, "ec,1,ec,2,same,,,,", "ec,2,shop,9,same,,,,", "shop,9,ec,1,different,,,,", "ec,1,ec,7,different,,,,"
    )
    assert problems(path) == [("E234", 4)]
    with pytest.raises(InputError, match="ec:1 = ec:2 = shop:9"):
        read(path)


def test_a_decision_changed_later_is_no_contradiction(tmp_path: Path) -> None:
    """The last line about a pair counts."""
    path = written(tmp_path, "ec,1,ec,2,same,,,,", "ec,2,ec,1,different,,,,")
    assert read(path)["decision"].to_list() == ["different"]


def test_missing_file_and_columns(tmp_path: Path) -> None:
    """Each missing column is told, with what is nearly so named."""
    assert problems(tmp_path / "decisions.csv") == [("E230", None)]
    path = written(tmp_path, "ec,1,ec,2,same", head="source_l,source_id_l,source_r,source_id,verdict\n")
    assert problems(path) == [("E232", 1), ("E232", 1)]
    with pytest.raises(OneIDError, match=r"source_id_r.*did you mean"):
        read(path)


@pytest.mark.parametrize(
    "data",
    [b"", HEAD.encode() + "ec,1,ec,2,same,伊藤,,,\n".encode("cp932"), HEAD.encode() + b"ec,1,ec,2,same,a,b,c,d,e,f\n"],
)
def test_not_a_csv_file(tmp_path: Path, data: bytes) -> None:
    """Empty, another encoding, too many cells: one error, and no cell in it."""
    path = tmp_path / "decisions.csv"
    path.write_bytes(data)
    assert problems(path)[0][0] == "E231"

"""Decisions files: read, checked, and contradictions named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneid.identity.decisions import (
    COLUMNS,
    SAID,
    combine,
    lines,
    read,
    refuse_future,
    refuse_strange,
    renumbered,
    source_renamed,
    span,
    without,
)
from oneid.identity.decisions import lines as lines_of
from oneid.vocabulary.errors import InputError, OneIDError

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
    with pytest.raises(InputError, match=r"ec:1 = ec:2 \(.*decisions.csv:2\) = shop:9 \(.*decisions.csv:3\)"):
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
    [b"", HEAD.encode() + b"ec,1,ec,2,same,\x81,\xff,,\n", HEAD.encode() + b"ec,1,ec,2,same,a,b,c,d,e,f\n",
     HEAD.encode() + b'ec,1,ec,2,same,"a,,,\nec,1,ec,3,same,,,,\n'],
)  # fmt: skip
def test_not_a_csv_file(tmp_path: Path, data: bytes) -> None:
    """Empty, no encoding, too many cells, an open quotation mark: one error, and no cell in it."""
    path = tmp_path / "decisions.csv"
    path.write_bytes(data)
    assert problems(path)[0][0] == "E231"


# --- when, and where -------------------------------------------------------------------------------------------------


def registry(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    """Decisions of the registry: ids of the source ec, decision, at."""
    ends = [("ec", left, "ec", right, decision, "ann", at, None, None, None) for left, right, decision, at in rows]
    return pl.DataFrame(ends, dict.fromkeys((*COLUMNS, *SAID), pl.String), orient="row")


def verdicts(*ats: str) -> pl.DataFrame:
    """One pair decided as often as there are times; the ticket tells them apart."""
    rows = [("ec", "1", "ec", "2", "same", None, at or None, None, str(number), None) for number, at in enumerate(ats)]
    return pl.DataFrame(rows, dict.fromkeys((*COLUMNS, *SAID), pl.String), orient="row")


@pytest.mark.parametrize(
    ("ats", "counts"),
    [
        (["", ""], 1),
        (["2026-01-02", "2026-01-01"], 0),
        (["2026-01-01", "2026-01-02"], 1),
        (["2026-01-02", ""], 1),
        (["2026-01-02", "", "2026-01-01"], 1),
        (["", "2026-01-01"], 1),
        (["2026-01-01", "2026-01-01"], 1),
        (["2026-01-01T10:00", "2026-01-01"], 1),
        (["2026-01-01", "2026-01-01T10:00"], 1),
        (["2026-01-01T10:00", "2026-01-01T09:00"], 0),
        (["2026-01-01 10:00", "2026-01-01 09:00"], 0),
        (["2026-01-01T10", "2026-01-01T09"], 0),
        (["2026-01-01T10:00+09:00", "2026-01-01T02:00Z"], 1),
        (["2026-01-01T12:00+09:00", "2026-01-01T02:00Z"], 0),
        (["2026-01-03", "2026-01-02T10:00", "2026-01-03"], 2),
    ],
)
def test_the_later_time_counts(ats: list[str], counts: int) -> None:
    """A line without a time, or with the day alone, is no earlier than the lines above it may be."""
    assert combine(None, verdicts(*ats))["ticket"].item() == str(counts)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_the_latest_of_many_counts(days: list[int]) -> None:
    """Where every line has a day, the last of the latest day."""
    ats = [f"2026-01-0{day + 1}" for day in days]
    last = max(range(len(days)), key=lambda at: (days[at], at))
    assert combine(None, verdicts(*ats))["ticket"].item() == str(last)


def test_a_day_lasts_to_its_end() -> None:
    """A moment is one; without a zone it is one of UTC."""
    day = datetime(2026, 1, 2, tzinfo=UTC)
    assert span("2026-01-02") == (day, day + timedelta(days=1, microseconds=-1))
    for text in ("2026-01-02T09:30+09:00", " 2026-01-02T00:30 ", "2026-01-02 00:30", "2026-01-02T00:30Z"):
        assert span(text) == (day + timedelta(minutes=30),) * 2
    for text in ("", "soon", "2026-02-30", "0001-01-01T00:00+09:00"):
        assert span(text) == (None, None)


def test_decisions_of_the_future_are_refused(tmp_path: Path) -> None:
    """All of them, each at its line or row; not one of just the latest moment, nor one without a time."""
    latest = datetime(2026, 1, 2, 12, tzinfo=UTC)
    fine = ["ec,1,ec,2,same,,2026-01-02T12:00Z,,", "ec,3,ec,4,same,,,,", "ec,5,ec,6,same,,2026-01-02,,"]
    late = ["ec,1,ec,7,same,,2026-01-03,,", "ec,1,ec,8,same,,2026-01-02T12:00:01Z,,"]
    assert read(written(tmp_path, *fine), latest).height == 3
    path = written(tmp_path, *fine, *late)
    assert read(path).height == 5
    with pytest.raises(OneIDError) as caught:
        read(path, latest)
    assert [(one.code, one.place.file, one.place.line) for one in caught.value.problems] == [
        ("E241", str(path), 5), ("E241", str(path), 6),
    ]  # fmt: skip
    with pytest.raises(InputError, match="E241") as one:
        refuse_future(registry(("1", "2", "same", None), ("3", "4", "same", "2026-01-03")), latest)
    assert "row 2" in str(one.value)
    refuse_future(registry(("1", "2", "same", None)).drop("at"), latest)


def test_what_people_said_is_kept(tmp_path: Path) -> None:
    """With where it was said; what they did not say is null."""
    path = written(tmp_path, "ec,1,ec,2,same,ann,2026-01-01,saw both,T-1")
    assert read(path).select(*SAID, "line").rows() == [("ann", "2026-01-01", "saw both", "T-1", None, 2)]
    both = combine(lines(path), registry(("3", "4", "defer", None)))
    assert both.select("source_id_l", "origin", "line").rows() == [("1", str(path), 2), ("3", "registry", None)]


def test_an_unreadable_time_is_refused(tmp_path: Path) -> None:
    """In the file with its line, in the registry by name; moments before the calendar begins included."""
    path = written(
        tmp_path,
        "ec,1,ec,2,same,,yesterday,,",
        "ec,1,ec,3,same,,2026-02-30,,",
        "ec,1,ec,4,same,,0001-01-01T00:00+09:00,,",
    )
    assert problems(path) == [("E233", 2), ("E233", 3), ("E233", 4)]
    with pytest.raises(InputError, match=r"registry: E233 'at' is no date"):
        combine(None, registry(("1", "2", "same", "22/11/2026")))


def test_two_places(tmp_path: Path) -> None:
    """The later counts, whichever it is; what both say alike is no matter; moments of the database are read."""
    path = written(tmp_path, "ec,1,ec,2,same,,2026-01-01,,", "ec,3,ec,4,same,,2026-01-03,,", "ec,6,ec,5,defer,,,,")
    theirs = registry(
        ("1", "2", "different", "2026-01-02"), ("3", "4", "different", "2026-01-02T10:00Z"), ("5", "6", "defer", None)
    )
    found = combine(lines(path), theirs)
    assert found["decision"].to_list() == ["different", "same", "defer"]
    at = pl.col("at").str.to_datetime("%Y-%m-%d", strict=False, time_zone="UTC")
    assert combine(lines(path), theirs.head(1).with_columns(at))["decision"].to_list() == ["different", "same", "defer"]
    assert combine(None, None).columns == found.columns
    assert combine(None, found).select(COLUMNS).equals(found.select(COLUMNS))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("", ""),
        ("2026-01-01", ""),
        ("", "2026-01-01"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01", "2026-01-01T09:00Z"),
        ("2026-01-01T09:00Z", "2026-01-01"),
        ("2026-01-01T09:00Z", "2026-01-01T09:00Z"),
    ],
)
def test_two_places_that_disagree_are_refused(tmp_path: Path, mine: str, theirs: str) -> None:
    """Neither is surely the later: a person must say."""
    path = written(tmp_path, f"ec,2,ec,1,same,,{mine},,")
    with pytest.raises(InputError, match=r"decisions.csv:2: E238 ec:1 and ec:2 are 'same' here .* in the registry"):
        combine(lines(path), registry(("1", "2", "different", theirs or None)))


def test_contradictions_across_both_places(tmp_path: Path) -> None:
    """Each link with its place; a later decision elsewhere may have settled it."""
    path = written(tmp_path, "ec,1,ec,2,same,,2026-01-01,,", "ec,1,ec,3,different,,2026-01-01,,")
    theirs = registry(("2", "3", "same", None))
    with pytest.raises(InputError, match=r"csv:3: E234 .* ec:1 = ec:2 \(.*csv:2\) = ec:3 \(registry\)"):
        combine(lines(path), theirs)
    settled = registry(("2", "3", "same", None), ("1", "2", "different", "2026-01-02"))
    assert combine(lines(path), settled).height == 3
    alone = written(tmp_path, "ec,1,ec,2,same,,2026-01-01,,", "ec,2,ec,3,same,,,,", "ec,1,ec,3,different,,2026-01-01,,")
    assert problems(alone) == [("E234", 4)]
    assert combine(lines(alone), registry(("1", "3", "same", "2026-01-02"))).height == 3


# --- members that are renumbered or erased ---------------------------------------------------------------------------

MOMENT = datetime(2026, 1, 2, 12, tzinfo=UTC)
SWAP = pl.DataFrame({"source": ["ec", "ec"], "old_id": ["1", "2"], "new_id": ["2", "1"]})


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-01-01", ("2", "7")),
        ("2026-01-02T11:59Z", ("2", "7")),
        ("2026-01-02T12:00Z", ("1", "7")),
        ("2026-01-03", ("1", "7")),
        ("2026-01-02", None),
        (None, None),
    ],
)
def test_decisions_follow_a_swap_by_their_time(at: str | None, ends: tuple[str, str] | None) -> None:
    """Made before: about the old number; since: about the new one; not to be told: refused."""
    decided = combine(None, registry(("1", "7", "same", at)))
    if ends is None:
        with pytest.raises(InputError, match="registry: E239"):
            renumbered(decided, SWAP, MOMENT)
    else:
        assert renumbered(decided, SWAP, MOMENT).select("source_id_l", "source_id_r").rows() == [ends]


def test_decisions_follow_a_new_number() -> None:
    """Also without a time, as nobody else has the old one; both ends may be new; other sources and lines stay."""
    decided = combine(
        None, registry(("1", "2", "same", None), ("3", "4", "defer", "2026-01-05"), ("5", "6", "same", None))
    )
    old_new = pl.DataFrame(
        {"source": ["ec"] * 3 + ["shop"], "old_id": ["1", "2", "3", "5"], "new_id": ["z", "a", "x", "y"]}
    )
    found = renumbered(decided, old_new, MOMENT)
    assert found.select("source_id_l", "source_id_r").rows() == [("a", "z"), ("3", "4"), ("5", "6")]
    assert found.schema == decided.schema


@given(st.permutations("1234"), st.integers(-2, 2))
def test_a_renumbering_and_back(new: list[str], days: int) -> None:
    """Any permutation of numbers, then its inverse a week later, leaves decisions made before as they were."""
    at = (MOMENT + timedelta(days=days)).isoformat()
    decided = combine(None, registry(("1", "2", "same", at), ("3", "4", "different", at)))
    there = pl.DataFrame({"source": ["ec"] * 4, "old_id": list("1234"), "new_id": new})
    back = there.rename({"old_id": "new_id", "new_id": "old_id"})
    moved = renumbered(decided, there, MOMENT)
    assert (days >= 0) <= moved.equals(decided)
    again = renumbered(moved, back, MOMENT + timedelta(days=7))
    assert again.equals(decided if days < 0 else renumbered(decided, back, MOMENT + timedelta(days=7)))


def test_decisions_about_the_erased_vanish() -> None:
    """At either end, of that source alone."""
    decided = combine(None, registry(("1", "2", "same", None), ("2", "3", "same", None), ("3", "4", "same", None)))
    gone = pl.DataFrame({"source": ["ec", "shop"], "source_id": ["2", "4"]})
    assert without(decided, gone).select("source_id_l", "source_id_r").rows() == [("3", "4")]


def test_a_source_under_its_new_name() -> None:
    """Of that source alone; the smaller end comes first again."""
    decided = combine(None, registry(("1", "2", "same", None))).with_columns(source_r=pl.lit("shop"))
    assert source_renamed(decided, "ec", "web").select(COLUMNS).rows() == [("shop", "2", "web", "1", "same")]
    assert source_renamed(decided, "no", "web").equals(decided)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_spreadsheet_programs_save(tmp_path: Path, encoding: str, end: str) -> None:
    """Blank lines, lines of commas, empty cells too many, another encoding: the same decisions, at their lines."""
    lines = [HEAD.strip(), "", "ec,1,ec,2, same ,伊藤,,,,,", ",,,,", "  ", "ec,3,ec,4,different", ",,,,,,,,", ""]
    path = tmp_path / "decisions.csv"
    path.write_bytes(end.join(lines).encode(encoding))
    found = lines_of(path)
    assert found.select("source_id_l", "decision", "by", "line").rows() == [
        ("1", "same", "伊藤", 3), ("3", "different", None, 6),
    ]  # fmt: skip


def test_tabs_and_semicolons(tmp_path: Path) -> None:
    """As spreadsheet programs of other countries write CSV."""
    for delimiter in "\t;":
        path = written(tmp_path, "ec,1,ec,2,same,,,,".replace(",", delimiter), head=HEAD.replace(",", delimiter))
        assert read(path)["decision"].to_list() == ["same"]


@pytest.mark.parametrize("twice", ["decision", "source_l", "at", "reason", "Decision", " AT ", "ｄecision"])
def test_a_column_that_stands_twice(tmp_path: Path, twice: str) -> None:
    """Which of the two counts cannot be known."""
    path = written(tmp_path, "ec,1,ec,2,same,,,,,different", head=HEAD.strip() + f",{twice}\n")
    assert problems(path) == [("E232", 1)]


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    """Each line that names one, in either place; the cell is not told, the nearest source is."""
    path = written(
        tmp_path, "ec,1,shop,2,same,,,,", "佐藤花子,1,ec,2,same,,,,", "ec,3,ec,4,same,,,,", "ec,5,eco,6,same,,,,"
    )
    with pytest.raises(OneIDError) as caught:
        refuse_strange(lines_of(path), ["ec", "shops"])
    assert [(one.code, one.place.line) for one in caught.value.problems] == [("E243", 2), ("E243", 3), ("E243", 5)]
    assert "did you mean 'shops'" in str(caught.value)
    assert "佐藤" not in str(caught.value)
    refuse_strange(lines_of(path), ["ec", "shop", "eco", "佐藤花子"])


def test_of_many_unknown_sources_the_first_twenty_are_told(tmp_path: Path) -> None:
    """In the order of their lines, whichever end it is."""
    path = written(tmp_path, *(f"ec,{n},shop,{n},same,,,," if n % 2 else f"ec,{n},web,{n},same,,,," for n in range(25)))
    with pytest.raises(OneIDError) as caught:
        refuse_strange(lines_of(path), ["shop", "web"])
    assert [one.place.line for one in caught.value.problems] == list(range(2, 22))
    with pytest.raises(OneIDError) as caught:
        refuse_strange(lines_of(path), ["ec"])
    assert len(caught.value.problems) == 20


def test_no_header_is_told_without_its_cells(tmp_path: Path) -> None:
    """The first line is a decision: nothing of it is shown."""
    path = written(tmp_path, head="ec,佐藤,ec,鈴木,same\n")
    with pytest.raises(OneIDError) as caught:
        read(path)
    assert {one.code for one in caught.value.problems} == {"E232"}
    assert "佐藤" not in str(caught.value)

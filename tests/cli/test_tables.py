"""Tables that fit: no word is cut, no line is wider than the terminal unless one word is, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.test_registry import Shops
from conftest import Demo, Said
from oneid.cli.tables import folded, laid_out

WORDS = st.text(alphabet="aB7,.:-髙橋ﾀ、=", min_size=1, max_size=12)
CELLS = st.lists(WORDS, max_size=4).map(" ".join)
WIDTHS = st.integers(1, 60)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Names of columns and rows."""
    columns = draw(st.lists(WORDS, min_size=1, max_size=6))
    return columns, draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=5))


def wholes(text: str) -> list[str]:
    """The parts of a text that must stay whole."""
    return [part for part in re.split(r" |(?<=[、。])", text) if part]


def fits(lines: list[str], width: int) -> bool:
    """Whether no line is too wide, but for a word alone in its line."""
    return all(cell_len(line) <= width or len(wholes(line.split(": ")[-1])) == 1 for line in lines)


@given(tables(), WIDTHS, st.booleans(), st.integers(1, 2))
def test_nothing_is_cut(table: tuple[list[str], list[list[str]]], width: int, header: bool, keys: int) -> None:
    """Every word of every cell is there, as often as it was."""
    columns, rows = table
    lines = [line.text for line in laid_out(columns, rows, width, header=header, keys=keys)]
    shown = "\n".join(lines)
    for row in rows:
        for cell in row:
            for word in wholes(cell):
                assert word in shown
    assert "…" not in shown
    held = re.sub(r"\s", "", "".join(cell for row in rows for cell in row))
    assert len(re.sub(r"\s", "", shown)) >= len(held)


@given(CELLS, WIDTHS)
def test_folding_keeps_words(text: str, width: int) -> None:
    """The lines have the words of the text in their order, and are as wide as allowed unless one word is wider."""
    lines = folded(text, width, "  ")
    assert [word for line in lines for word in wholes(line)] == wholes(text)
    for line in lines:
        assert cell_len(line) <= width or len(wholes(line)) == 1


def test_a_wide_table_is_folded_then_turned() -> None:
    """Beside one another if it fits, then prose folded, then blocks; Japanese counts two columns a character."""
    columns, rows = ["source", "n", "why"], [["会員DB", "1,200", "placeholder 12; too short 3"]]
    wide, middle, narrow = ([line.text for line in laid_out(columns, rows, width)] for width in (60, 30, 18))
    assert wide == ["source      n  why", "会員DB  1,200  placeholder 12; too short 3"]
    assert middle == ["source      n  why", "会員DB  1,200  placeholder 12;", "               too short 3"]
    assert narrow == ["会員DB", "  n: 1,200", "  why: placeholder", "    12; too short", "    3"]
    assert [line.text for line in laid_out(columns, rows, None)] == wide


# --- every command that prints tables ---------------------------------------------------------------------------------


def whole_at(width: int, said: Said, all_of: Said) -> None:
    """A command said at this width what it said without any, and cut nothing."""
    assert (said.code, all_of.code) == (0, 0), said.err
    lines = said.out.splitlines()
    assert "…" not in said.out
    too_wide = [line for line in lines if cell_len(line) > width and len(wholes(line)) > 1]
    assert too_wide == []
    told = {word for word in re.split(r"[\s、。]", all_of.out) if re.search(r"\d", word)}
    assert told - set(re.split(r"[\s、。]", said.out)) == set()


@pytest.fixture
def tables_fit(command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Looks whether a command's tables fit into a width."""

    def look(width: int, language: str, *words: object) -> None:
        told = []
        for columns in (width, 5000):
            monkeypatch.setenv("COLUMNS", str(columns))
            told.append(command("--lang", language, *words))
        whole_at(width, *told)

    return look


@pytest.mark.slow
@pytest.mark.parametrize(("width", "language"), [(80, "en"), (60, "ja")])
def test_on_the_demo(
    demo: Demo, tables_fit: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int,
    language: str,
) -> None:  # fmt: skip
    """profile, evaluate, diff, check: on 2,000 records of five systems."""
    truth = tmp_path / "truth.csv"
    demo.truth.write_csv(truth)
    monkeypatch.chdir(demo.folder)
    for words in (("profile", demo.config), ("evaluate", "out", truth), ("diff", "out", "out"), ("check", demo.config)):
        tables_fit(width, language, *words)


def test_on_a_few(
    people_files: Callable[..., Path], command: Callable[..., Said], tables_fit: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The same on seven records of two systems; what check has to say of so few is notes, not tables."""
    config = people_files()
    monkeypatch.chdir(config.parent)
    Path("truth.csv").write_text("source,source_id,person_id\nec,E1,1\nec,E2,2\nstore,S1,1\n", "utf-8")
    assert command("resolve", config, "--out", "out", "-q").code == 0
    for words in (("profile", config), ("evaluate", "out", "truth.csv"), ("diff", "out", "out")):
        tables_fit(60, "ja", *words)


@pytest.mark.parametrize(("width", "language"), [(80, "en"), (60, "ja"), (40, "en")])
def test_of_a_run(
    people_files: Callable[..., Path], command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, width: int,
    language: str,
) -> None:  # fmt: skip
    """The summary, whose seconds differ from run to run."""
    monkeypatch.chdir(people_files().parent)
    told = []
    for columns in (width, 5000):
        monkeypatch.setenv("COLUMNS", str(columns))
        said = command("--lang", language, "resolve", "--out", "out", "--dry-run")
        told.append(said._replace(out=re.sub(r"\d+\.\d ?(s\b|秒)", "", said.out)))
    whole_at(width, *told)


@pytest.mark.parametrize("width", [80, 60])
def test_of_the_registry(
    tmp_path: Path, command: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """show, find, log, exposure, after a merge and with a source whose name is Japanese."""
    monkeypatch.setenv("COLUMNS", "5000")
    shops = Shops(tmp_path, command)
    shops.write()
    text = yaml.safe_load((shops.base / "oneid.yaml").read_text("utf-8"))
    text["sources"]["会員カード"] = text["sources"].pop("card")
    (shops.base / "oneid.yaml").write_text(yaml.safe_dump(text, allow_unicode=True), "utf-8")
    assert shops.resolve().code == 0
    first = shops.world.oneids()
    pair = first["会員カード:C70001"], first["会員カード:C70004"]
    assert shops.registry("merge", *pair, "--by", "ann").code == 0
    for words in (
        ("show", *pair), ("find", "会員カード:C70001"), ("log",), ("log", "--runs"), ("exposure", pair[0]),
    ):  # fmt: skip
        monkeypatch.setenv("COLUMNS", str(width))
        said = shops.registry(*words)
        monkeypatch.setenv("COLUMNS", "5000")
        whole_at(width, said, shops.registry(*words))
        assert all(len(found) == 17 for found in re.findall(r"OID\w+", said.out))

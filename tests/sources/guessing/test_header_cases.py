"""Header spellings with the guess that experts expect: how many are right, and that none is harmful."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml

from oneid.sources.guessing.guess import Guess, guess_source

CASES = Path(__file__).parent / "cases"
LEAST, RIGHT = 504, 0.95
NOTHING = "nothing"
PERSONAL = ("name", "kana", "romaji", "nickname", "birth", "sex", "phone", "email", "postcode", "address", "id")
"""What says who somebody is: taken from a column that is nobody's or somebody else's, it is harmful."""


@cache
def tables() -> dict[str, dict[str, str]]:
    return yaml.load((CASES / "headers.yaml").read_text("utf-8"), yaml.BaseLoader)


@cache
def samples() -> dict[str, list[str | None]]:
    cells = yaml.load((CASES / "samples.yaml").read_text("utf-8"), yaml.BaseLoader)
    return {name: [None if cell == "null" else cell for cell in column] for name, column in cells.items()}


def taken(found: Guess) -> dict[str, str]:
    """By column what it was taken for."""
    told = dict.fromkeys(found.unused, NOTHING) | {column: role for role, column in found.dates.items()}
    for field, spec in found.fields.items():
        if isinstance(spec, dict) and "join" not in spec and field != "address":
            told |= {column: f"{field}.{part}" for part, column in spec.items()}
        else:
            columns = spec.values() if isinstance(spec, dict) else [spec]
            flat = [one for entry in columns for one in (entry if isinstance(entry, list) else [entry])]
            told |= dict.fromkeys(flat, field)
    return told | dict.fromkeys(found.id, "id")


@cache
def judged(table: str) -> list[tuple[str, str, str]]:
    """The headers of a table, what each should be and what it was taken for."""
    lines = {header: [*line.split(), ""][:2] for header, line in tables()[table].items()}
    cells = {
        header: samples()[sample or ("memo" if want == NOTHING else want)] for header, (want, sample) in lines.items()
    }
    got = taken(guess_source("x", pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))))
    return [(header, want, got.get(header, NOTHING)) for header, (want, _) in lines.items()]


def harmful(want: str, got: str) -> bool:
    """Whether a guess would take somebody else's data, or a wrong id, for the member's."""
    return want != got and got.partition(".")[0] in PERSONAL and want.partition(".")[0] != got.partition(".")[0]


@pytest.mark.parametrize("table", tables())
def test_no_guess_is_harmful(table: str) -> None:
    """No wrong id, no field of another person."""
    assert [line for line in judged(table) if harmful(*line[1:])] == []


def test_enough_guesses_are_right() -> None:
    """Of all headers; the wrong ones are told."""
    lines = [(table, *line) for table in tables() for line in judged(table)]
    wrong = [line for line in lines if line[2] != line[3]]
    assert len(lines) >= LEAST
    assert len(wrong) <= (1 - RIGHT) * len(lines), wrong

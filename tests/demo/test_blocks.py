"""A demo that is drawn in blocks is one demo: its sizes, ids and shares, and nothing given to people of two blocks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.demo import ENCODINGS, IDS, Demo, Rates, blocks, generate, write_files
from oneid.demo.reach import WHOLE, Boxes, Part, draw_mailboxes, draw_mobiles
from oneid.demo.records import records
from oneid.demo.slips.desk import at_the_desk
from oneid.vocabulary.errors import OutputError, UsageError
from strategies import thorough

RECORDS, BLOCK = 1501, 600
BOXES = ("mail", "mail_2", "mail_3")
FRAMES = ("truth", "households", "people")


@pytest.fixture(scope="module")
def made() -> list[Demo]:
    """Three blocks, of 500, 500 and 501 records."""
    return list(blocks(RECORDS, seed=3, block=BLOCK))


@pytest.fixture(scope="module")
def one() -> Demo:
    return generate(RECORDS, seed=3)


def joined(made: Sequence[Demo], name: str) -> pl.DataFrame:
    return pl.concat(getattr(demo, name) if name in FRAMES else demo.sources[name] for demo in made)


def shared(made: Sequence[Demo], *columns: str) -> int:
    """Values that two people have in these columns of their worlds."""
    values = pl.concat(demo.world.people.frame[name].drop_nulls() for demo in made for name in columns)
    return len(values) - values.n_unique()


def land_lines(made: Sequence[Demo]) -> int:
    """Land lines that two homes have."""
    values = pl.concat(demo.world.people.homes["land"].drop_nulls() for demo in made)
    return len(values) - values.n_unique()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# --- up to a block ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "seed", "noise", "told"),
    [
        (100, 1, 1.0, "ba34617782bbb572a6ed72fb7f3ae40d611033f4e05aa64331d54d3602f863fb"),
        (300, 7, 2.5, "ffbc43453822ed76d3e91731bfcb03095e087c4d0cee4ad6eae8abafde99971f"),
    ],
)
def test_figures_were_measured_on_these_files(
    records: int, seed: int, noise: float, told: str, tmp_path: Path
) -> None:  # fmt: skip
    """Whoever changes the demo (a table of names as well) sees it here: published figures are of the demo before."""
    write_files(tmp_path, records, seed, noise, block=records)
    assert hashlib.sha256(b"".join(contents(tmp_path).values())).hexdigest() == told


# --- more than a block ------------------------------------------------------------------------------------------------


def test_sizes_are_those_of_one_world(made: list[Demo], one: Demo) -> None:
    assert [demo.truth.height for demo in made] == [500, 500, 501]
    assert joined(made, "truth").height == RECORDS
    assert joined(made, "households").height == one.households.height
    for name in IDS:
        assert sum(demo.truth.filter(system=name).height for demo in made) == one.truth.filter(system=name).height
        assert joined(made, name).columns == one.sources[name].columns


def test_ids_go_on(made: list[Demo]) -> None:
    """None twice, all of one form, and rising; every member is true of somebody who is there."""
    truth, homes = joined(made, "truth"), joined(made, "households")
    assert homes["person_id"].to_list() == list(range(homes.height))
    assert set(truth["person_id"]) <= set(homes["person_id"])
    assert joined(made, "people").select("person_id", "household_id").equals(homes)
    for before, after in pairwise(made):
        assert before.households["household_id"].max() + 1 == after.households["household_id"].min()  # type: ignore[operator]
    for name, (column, letter) in IDS.items():
        ids = truth.filter(system=name)["member_id"]
        assert ids.is_unique().all()
        assert ids.str.contains(rf"^{letter}\d{{7}}$").all()
        assert ids.is_sorted()
        assert set(joined(made, name)[column].drop_nulls()) == set(ids)


def test_ids_have_one_width_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many digits as the largest that may come needs, from the first block on."""
    monkeypatch.setattr("oneid.demo._WIDTH", 2)
    ids = joined(list(blocks(240, seed=3, block=120)), "truth")["member_id"]
    assert set(ids.str.len_chars()) == {4}  # 72 point cards: up to 216


def test_people_are_others_in_each_block(made: list[Demo], one: Demo) -> None:
    """No column has fewer different values than in one world, as it would if blocks drew the same."""
    for name in IDS:
        rows, whole = joined(made, name), one.sources[name]
        for column in whole.columns:
            assert rows[column].n_unique() >= 0.85 * whole[column].n_unique() - 8, (name, column)


def test_nobody_has_what_another_block_gave(made: list[Demo], one: Demo) -> None:
    """As in one world of that size: mobile numbers and mail boxes of one person each, land lines shared by chance."""
    assert shared(made, "mobile") == shared([one], "mobile") == 0
    assert shared(made, *BOXES) == shared([one], *BOXES) == 0
    assert land_lines(made) <= land_lines([one]) + 1


@pytest.mark.slow
def test_nobody_has_what_twenty_blocks_gave() -> None:
    """What people share in 20 blocks is what they share in one world, and as many mail boxes have no number."""
    made, one = list(blocks(20_000, seed=5, block=1000)), generate(20_000, seed=5)
    for columns in (("mobile",), BOXES):
        assert shared(made, *columns) <= shared([one], *columns) + 2
    assert land_lines(made) <= land_lines([one]) + 2
    for name, column in (("ec", "phone"), ("ec", "email"), ("point_card", "電話番号"), ("credit_card", "email")):
        cells, whole = joined(made, name)[column].drop_nulls(), one.sources[name][column].drop_nulls()
        assert cells.n_unique() / len(cells) == pytest.approx(whole.n_unique() / len(whole), abs=0.025)
    numbered = [
        np.mean([demo.sources["ec"]["email"].str.contains("[0-9]{2}@").mean() for demo in demos])  # type: ignore[arg-type]
        for demos in (made, [one])
    ]
    assert numbered[0] == pytest.approx(numbered[1], abs=0.03)


# --- what a part gives ------------------------------------------------------------------------------------------------


@given(st.integers(1, 60), st.data())
@settings(max_examples=thorough(30))
def test_parts_share_no_mobile(of: int, data: st.DataObject) -> None:
    """The same draws in two parts: different numbers, all of them mobile ones."""
    two = data.draw(st.lists(st.integers(0, of - 1), min_size=min(of, 2), max_size=2, unique=True))
    drawn = [draw_mobiles(np.random.default_rng(4), 200, Part(nth, of)) for nth in two]
    assert all(numbers.str.contains("^0[789]0[1-9][0-9]{7}$").all() for numbers in drawn)
    assert pl.concat(drawn).is_unique().all()


def test_a_parts_numbers_are_all_over() -> None:
    """Nobody sees by its digits which block a number is of."""
    numbers = draw_mobiles(np.random.default_rng(4), 20_000, Part(7, 50)).str.slice(3)
    for digit in range(1, 8):
        assert numbers.str.slice(digit, 1).value_counts()["count"].min() > 1700  # type: ignore[operator]


def owners(size: int) -> pl.DataFrame:
    names = pl.DataFrame({"family_latin": ["SATO", "SUZUKI"], "given_latin": ["YUKI", "MIO"]})
    return pl.concat([names] * (size // 2)).with_columns(birth=pl.date(1980, 3, 7))


def test_a_box_is_given_once() -> None:
    """The same people and draws in two parts: none of the boxes twice, and the first part's as in one world."""
    before = Boxes()
    first, second = (draw_mailboxes(np.random.default_rng(4), owners(400), before) for _ in range(2))
    assert first.equals(draw_mailboxes(np.random.default_rng(4), owners(400)))
    assert not set(first) & set(second)
    assert before.count == 800


def test_shops_are_others_in_each_part(one: Demo) -> None:
    """As many share a shop's number and mail box in a large demo as in a small one."""
    rng, world, rates = np.random.default_rng(4), one.world, Rates(terminal=0.5)
    frame = pl.concat([records(rng, world.people, world.activity, "prepaid", size=700, rates=rates)] * 8)
    shops = [
        set(found.filter(pl.col("email").str.starts_with("shop"))["email"])
        for part in (WHOLE, Part(0, 3), Part(1, 3), Part(2, 3))
        for found in [at_the_desk(np.random.default_rng(4), frame, rates, "prepaid", part)]
    ]
    assert len(shops[0]) > 10
    assert {len(names) for names in shops} == {len(shops[0])}
    assert not any(a & b for a, b in combinations(shops[1:], 2))


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_have_all_blocks(made: list[Demo], tmp_path: Path) -> None:
    """One head and one byte order mark each, all rows in their order; told how far it is; the same ones each time."""
    told = list[tuple[str, float]]()
    config = write_files(
        tmp_path, RECORDS, 3, block=BLOCK, progress=lambda *how_far: told.append(how_far)
    )  # fmt: skip
    assert config == tmp_path / "oneid.yaml"
    assert told == [("make", 500 / RECORDS), ("make", 1000 / RECORDS), ("make", 1)]
    found = contents(tmp_path)
    assert sorted(found) == sorted([*(f"{name}.csv" for name in (*IDS, "truth", "households")), "oneid.yaml"])
    for name in (*IDS, "truth", "households"):
        text = found[f"{name}.csv"].decode(ENCODINGS.get(name, "utf-8"))
        end = "\r\n" if name == "point_card" else "\n"
        assert text == joined(made, name).write_csv(line_terminator=end)
        assert f"# {name}.csv {hashlib.sha256(found[f'{name}.csv']).hexdigest()}\n".encode() in found["oneid.yaml"]
    assert found["prepaid.csv"].count(b"\xef\xbb\xbf") == 1


class Stop(BaseException):
    """What ends the program."""


def stop(_stage: str, share: float) -> None:
    raise Stop


def full(_stage: str, share: float) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("ends", "error"), [(stop, Stop), (full, OutputError)])
def test_what_ends_between_blocks_leaves_all_as_it_was(
    ends: Callable[[str, float], None], error: type[BaseException], tmp_path: Path
) -> None:
    write_files(tmp_path, 100)
    before = contents(tmp_path)
    with pytest.raises(error):
        write_files(tmp_path, 240, block=120, progress=ends)
    assert contents(tmp_path) == before


def test_nothing_is_drawn_for_a_folder_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ec.csv").write_text("theirs", "utf-8")
    monkeypatch.setattr("oneid.demo.draw_people", None)
    with pytest.raises(OutputError, match=re.escape("E307")):
        write_files(tmp_path, 240, block=120)


@pytest.mark.parametrize("arguments", [{"records": 99}, {"records": 50_000_001}, {"records": 240, "seed": -1}])
def test_unusable_arguments(arguments: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="E424"):
        write_files(tmp_path / "new", **arguments, block=120)
    assert not (tmp_path / "new").exists()

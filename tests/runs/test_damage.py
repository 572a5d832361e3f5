"""Files that a run builds on and that are not as they were written: told before anything is built on them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import oneid
from conftest import Said
from lasting import World, shop
from oneid.outputs.runfolder import RunFolder
from oneid.outputs.runtables import read_tables
from oneid.registry import Registry
from oneid.runs import acts, lastfolder
from oneid.vocabulary.errors import InputError, OneIDError
from runs.test_acts import CARD, KEN, WEB, frames

UNSEEN = [*range(24, 28), *range(40, 44), *range(92, 100)]
"""Bytes of a database that SQLite writes by itself, and that say nothing of what is in it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two shops after two runs, so that there is a part that stays and one that came later."""
    world = World(tmp_path_factory.mktemp("damage") / "w", {"sources": {"card": shop(), "web": shop()}})
    more = [(f"C9{number:03}", *KEN) for number in range(12)]
    world.run(frames([*CARD, *more]))
    world.run(frames([*CARD, *more, ("C80000", *WEB[2][1:])]))
    return world


def files_of(world: World) -> list[Path]:
    """All files that a run builds on."""
    files = [path for path in sorted(world.out.rglob("*")) if path.suffix in (".parquet", ".arrow", ".json")]
    return [path for path in files if ".runs" not in path.parts] + [world.database]


def flipped(files: list[Path], seed: int, count: int) -> Iterator[tuple[Path, int, bytes]]:
    """So many times one flipped bit in one of the files, and what was there; put right again after each."""
    chance = random.Random(seed)
    for number in range(count):
        path = files[(number + seed) % len(files)] if number < len(files) else chance.choice(files)
        at = chance.randrange(path.stat().st_size)
        at = at + 100 if path.suffix == ".db" and at in UNSEEN else at
        with path.open("r+b") as file:
            file.seek(at)
            was = file.read(1)
            file.seek(at)
            file.write(bytes([was[0] ^ 1 << chance.randrange(8)]))
            file.flush()
            try:
                yield path, at, was
            finally:
                file.seek(at)
                file.write(was)


def told(world: World) -> str:
    """The code with which the next run, and an act, are refused; nothing is published."""
    codes = set()
    attempts: tuple[Callable[[], oneid.Result], ...] = (
        lambda: world.resolve(frames()),
        lambda: acts.split(world.loaded(), "OID", folder=world.out),
    )
    for attempt in attempts:
        with pytest.raises(OneIDError) as caught:
            attempt().close()
        codes |= {problem.code for problem in caught.value.problems}
    assert len(codes) == 1
    return codes.pop()


@pytest.mark.parametrize("count", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_a_flipped_bit_is_told(made: World, count: int) -> None:
    """In whatever file of those that a run builds on, by a run and by an act alike."""
    missed = [
        (path.name, at)
        for path, at, _ in flipped(files_of(made), 20 + count, count)
        if told(made) != ("E604" if path == made.database else "E252")
    ]
    assert not missed
    made.resolve(frames()).close()


def test_look_ups_and_readers_are_told_too(made: World) -> None:
    """Before a library reads what it might crash on."""
    private = [path for path in files_of(made) if path.parts[-2] in ("base", "recent", "index")]
    assert len(private) > 15
    for path, _, _ in flipped(private, 3, 6):
        name = path.relative_to(made.out).as_posix()
        with pytest.raises(InputError, match="E252"):
            assert read_tables(made.out)[name.removesuffix(".arrow").removesuffix(".parquet")].height
        if "known/" not in name:
            with pytest.raises(InputError, match="E252"):
                oneid.open_lookup(made.out)


def test_the_commands_say_it_in_words(made: World, tmp_path: Path, command: Callable[..., Said]) -> None:
    """Exit 2 and one line; ``registry verify`` names all that is wrong at once."""
    world = made.copy(tmp_path / "w")
    world.config["sources"] = {
        name: {**source, "path": f"{name}.csv"} for name, source in made.config["sources"].items()
    }
    for name, rows in frames().items():
        rows.write_csv(world.base / f"{name}.csv")
    config = world.base / "oneid.json"
    config.write_text(json.dumps(world.said(version=1)), "utf-8")
    with world.registry() as registry:
        assert lastfolder.verify(registry, world.out)["records"] == 20
    said = command("registry", "verify", "--config", config, "--out", world.out)
    assert (said.code, said.out.startswith("sound: 2 runs, ")) == (0, True), said.err
    for name in ("aliases.parquet", "known/oneids.parquet"):
        content = bytearray((world.out / name).read_bytes())
        content[len(content) // 2] ^= 4
        (world.out / name).write_bytes(content)  # a link: the set's own file too
    for arguments in (
        ("resolve", config, "--out", world.out),
        ("registry", "verify", "--config", config, "--out", world.out),
    ):
        said = command(*arguments)
        assert said.code == 2
        assert any(code in said.err for code in ("E252", "E307"))  # damaged, or changed by somebody: nothing tells
        assert "aliases.parquet" in said.err
        assert "known/oneids.parquet" in said.err


def test_a_registry_and_a_folder_that_differ(made: World, tmp_path: Path) -> None:
    """What sums cannot tell: each is whole, and they do not say the same."""
    world = made.copy(tmp_path / "w")
    with world.registry() as registry:
        lastfolder.verify(registry, world.out)
        with registry._writing() as connection:
            connection.exec_driver_sql("UPDATE memberships SET oneid = (SELECT max(oneid) FROM oneids)")
        with pytest.raises(OneIDError) as caught:
            lastfolder.verify(registry, world.out)
    assert {problem.code for problem in caught.value.problems} == {"E636", "E637"}


def test_a_damaged_run_json_keeps_the_files(made: World, tmp_path: Path) -> None:
    """Nobody can say which set it named, so none is cleared away; with a good one again all is as before."""
    world = made.copy(tmp_path / "w")
    whole = (world.out / "run.json").read_bytes()
    for content in (b"{", whole.replace(b'"number": 2', b'"number": 3'), whole.replace(b'"sum"', b'"sun"')):
        (world.out / "run.json").write_bytes(content)
        assert told(world) == "E252"
        with RunFolder(world.out):
            pass
    (world.out / "run.json").write_bytes(whole)
    assert read_tables(world.out, verify=True).run["registry"]["number"] == 2


def test_a_run_of_an_earlier_version_is_taken_as_it_is(made: World, tmp_path: Path) -> None:
    """It has no sum of itself, and no seal; the next run gives it both."""
    world = made.copy(tmp_path / "w")
    about = read_tables(world.out).run
    old = {name: value for name, value in about.items() if name != "sum"} | {"set": "earlier.0123456789abcdef"}
    (world.out / ".runs" / str(about["set"])).rename(world.out / ".runs" / str(old["set"]))
    text = json.dumps(old)
    for folder in (world.out, world.out / ".runs" / str(old["set"])):
        (folder / "run.json").write_text(text, "utf-8")
    with world.registry() as registry, registry._writing():
        pass
    world.run(frames())
    assert "sum" in read_tables(world.out, verify=True).run
    shutil.copy(world.database, tmp_path / "copy.db")
    Registry.open(f"sqlite:///{tmp_path / 'copy.db'}").close()

"""Look-ups ask the registry whether the folder is current: nobody who was erased is answered with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import oneid
from conftest import Said
from lasting import World, shop
from oneid.outputs.runfolder import RunFolder
from oneid.registry import Registry
from oneid.runs import acts
from oneid.vocabulary.errors import RegistryError
from oneid.vocabulary.references import RecordRef
from runs.test_acts import CARD, KEN, RIKKA, frames

ASKED = {"name": RIKKA[0], "birth": RIKKA[2], "phone": RIKKA[3], "email": RIKKA[4]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two shops after their first run, and the folder as it was then, in ``before``."""
    made = World(tmp_path / "w", {"version": 1, "sources": {"card": shop(), "web": shop()}})
    made.run(frames())
    for name, source in made.config["sources"].items():
        source["path"] = f"{name}.csv"
    (made.base / "oneid.yaml").write_text(json.dumps(made.said()), "utf-8")
    shutil.copytree(made.out, made.base / "before")
    return made


def erase(world: World, folder: Path) -> None:
    records = [RecordRef("card", "C70003"), RecordRef("web", "W80003")]
    with acts.erase(world.loaded(), records=records, folder=world.out)[0] as result:
        result.write(folder)


def restored(world: World) -> None:
    """The folder as it was before."""
    shutil.rmtree(world.out)
    shutil.copytree(world.base / "before", world.out)


def answers(ask: Callable[[], object]) -> str:
    """The code with which a look-up is refused, or what it answers."""
    try:
        return str(ask())
    except RegistryError as error:
        return error.code


def test_a_folder_from_before_an_erasure(world: World, command: Callable[..., Said]) -> None:
    """By the config, by the folder, by the registry, and by a service that was there all along."""
    config, service = world.base / "oneid.yaml", oneid.open_lookup(world.base / "oneid.yaml")
    found = service.lookup(ASKED).oneid
    assert found is not None
    by_folder = oneid.open_lookup(world.out)
    assert by_folder.asked
    with world.registry() as registry:
        assert registry.lookup(ASKED).oneid == found
        erase(world, world.out)
        for ask in (service, by_folder, registry):
            assert ask.lookup(ASKED).oneid is None
        restored(world)
        for ask in (service, by_folder, registry):
            assert ask.lookup(ASKED).oneid is None  # the run that was loaded is the last one
    with world.registry() as registry:
        for attempt in (oneid.open_lookup, lambda _: registry.lookup(ASKED), lambda _: oneid.open_lookup(world.out)):
            with pytest.raises(RegistryError, match=r"E631.*run 1, and the registry's last is run 2"):
                attempt(config)
    for where in (config, world.out):
        said = command("lookup", where, *(f"{name}={value}" for name, value in ASKED.items()))
        assert said.code == 2
        assert "E631" in said.err
        assert found not in said.out


@pytest.mark.slow
def test_an_act_that_is_published_elsewhere(world: World) -> None:
    """The folder stays as it was and is not the last one's: who looks up in it is told at once."""
    service, by_folder = oneid.open_lookup(world.base / "oneid.yaml"), oneid.open_lookup(world.out)
    erase(world, world.base / "other")
    assert {answers(partial(one.lookup, ASKED)) for one in (service, by_folder)} == {"E631"}
    assert oneid.open_lookup(world.base / "oneid.yaml").lookup(ASKED).oneid is None


@pytest.mark.slow
def test_a_registry_that_is_older_or_another(world: World) -> None:
    whole = world.database.read_bytes()
    world.run(frames([*CARD, ("C70009", *KEN)]))
    world.database.write_bytes(whole)
    assert answers(lambda: oneid.open_lookup(world.base / "oneid.yaml")) == "E624"
    assert answers(lambda: oneid.open_lookup(world.out)) == "E624"


@pytest.mark.slow
def test_a_folder_alone_is_not_asked_for(world: World, tmp_path: Path, command: Callable[..., Said]) -> None:
    """Where its registry is not at hand it answers, and says that nobody was asked."""
    shutil.copytree(world.out, tmp_path / "alone" / "out")
    lookup = oneid.open_lookup(tmp_path / "alone" / "out")
    assert not lookup.asked
    assert lookup.lookup(ASKED).oneid is not None
    said = command("lookup", tmp_path / "alone" / "out", f"email={ASKED['email']}")
    assert "was not asked" in said.err
    assert "was not asked" not in command("lookup", world.out, f"email={ASKED['email']}").err


@pytest.mark.slow
def test_a_publication_that_a_crash_cut_short(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry knows it, its files lie ready: they are put into place, and answer."""

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "_publish", crash)
        with pytest.raises(Crash):
            erase(world, world.out)
    (world.out / ".runs" / "next").rename(world.out / ".runs" / "ready")  # as before the mark
    assert oneid.open_lookup(world.base / "oneid.yaml").lookup(ASKED).oneid is None


@pytest.mark.slow
def test_looking_up_leaves_nothing_open(world: World) -> None:
    """Whoever asks a closed registry leaves no connection behind."""
    with Registry.open(f"sqlite:///{world.database}") as registry:
        last = registry.last_run
    stamp = last.stamp()
    assert last().run_id == oneid.open_lookup(world.out).run_id  # type: ignore[union-attr]
    assert last.stamp() == stamp
    assert not world.database.with_name("oneid.db-wal").exists()

"""The registry that a config names, for whoever reads: none there yet, none named, an empty one for a dry run."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity.small import follow, partition_of
from oneid.identity.state import State
from oneid.registry import Registry
from oneid.registry.fromconfig import file_of, last_run_of, open_lookup, open_registry, rehearsed, url_of
from oneid.settings.config import Config
from oneid.vocabulary.errors import RegistryError
from registry.stories import publish


def config(folder: Path, registry: str | None = "sqlite:///x.db") -> Config:
    return Config(sources={}, registry=registry, base=folder)


def code(call, *arguments) -> str:
    with pytest.raises(RegistryError) as told:
        call(*arguments)
    return told.value.code


def test_a_config_without_a_registry(tmp_path: Path) -> None:
    """Is told where one is needed."""
    bare = config(tmp_path, None)
    assert (url_of(bare), file_of(bare), last_run_of(bare)) == (None, None, None)
    assert code(open_registry, bare) == "E628"
    assert code(open_lookup, bare) == "E628"


def test_a_registry_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no last run, and asking makes none."""
    new = config(tmp_path)
    assert (url_of(new), file_of(new)) == ("sqlite:///x.db", tmp_path / "x.db")
    assert last_run_of(new) is None
    assert code(open_registry, new) == code(open_lookup, new) == "E602"
    assert list(tmp_path.iterdir()) == []
    assert file_of(config(tmp_path, "postgresql://h/x")) is None
    monkeypatch.delenv("NO_SUCH_REGISTRY", raising=False)
    assert file_of(config(tmp_path, "env:NO_SUCH_REGISTRY")) is None
    monkeypatch.setenv("NO_SUCH_REGISTRY", "sqlite:///y.db")
    assert file_of(config(tmp_path, "env:NO_SUCH_REGISTRY")) == tmp_path / "y.db"


def test_a_registry_without_a_run(tmp_path: Path) -> None:
    """Has no tables either; one that is damaged is told."""
    Registry.open("sqlite:///x.db", base=tmp_path).close()
    assert last_run_of(config(tmp_path)) is None
    assert code(open_lookup, config(tmp_path)) == "E632"
    (tmp_path / "x.db").write_bytes(b"no database")
    assert code(last_run_of, config(tmp_path)) == "E604"


def test_a_dry_run_goes_on_from_the_registry_that_is_there(tmp_path: Path) -> None:
    """Which its end closes."""
    (done,) = follow(partition_of("a1"))
    with Registry.open("sqlite:///x.db", base=tmp_path, key=b"k") as registry:
        publish(registry, 1, State.empty(), done)
    registry, end = rehearsed("sqlite:///x.db", tmp_path, b"k")
    assert registry.head().number == 1  # type: ignore[union-attr]
    end()
    assert code(rehearsed, "sqlite:///x.db", tmp_path, b"another") == "E606"


def test_a_dry_run_without_a_registry_has_an_empty_one_elsewhere(tmp_path: Path) -> None:
    """Which its end removes; where none could be made that is told."""
    registry, end = rehearsed("sqlite:///new/x.db", tmp_path, b"k")
    file = registry.address().file
    assert registry.head() is None
    assert file is not None
    assert file.is_file()
    assert not file.is_relative_to(tmp_path)
    end()
    assert not file.parent.exists()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    assert code(rehearsed, "sqlite:///file/x.db", tmp_path, b"k") == "E600"


@pytest.mark.parametrize("there", [True, False])
def test_look_ups_in_a_folder_ask_the_registry_that_it_is_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """Where that is still in its place; else nobody can be asked."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("oneid.lookup.lookup.Lookup", lambda *given: asked.append(given))
    monkeypatch.setattr("oneid.registry.fromconfig.run_of", lambda _: {"registry": {"file": "../x.db"}})
    (tmp_path / "out").mkdir()
    if there:
        Registry.open("sqlite:///x.db", base=tmp_path).close()
    open_lookup(tmp_path / "out")
    ((folder, *last),) = asked
    assert folder == tmp_path / "out"
    assert len(last) == there
    monkeypatch.setattr("oneid.registry.fromconfig.run_of", lambda _: {})
    open_lookup(str(tmp_path / "out"))
    assert asked[1] == (tmp_path / "out",)

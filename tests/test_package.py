"""The package's face: public names, light import, nothing missing."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import oneid
from oneid.vocabulary.version import DISTRIBUTION

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(oneid.__path__, "oneid.") if module.name != "oneid.__main__"
)


def test_every_public_name_is_there() -> None:
    """Each name of ``__all__`` can be imported, has a docstring, and is where ``dir`` says."""
    assert sorted(oneid.__all__) == oneid.__all__
    for name in oneid.__all__:
        value = getattr(oneid, name)
        assert value.__doc__, name
        assert name in dir(oneid)
    namespace: dict[str, object] = {}
    exec("from oneid import *", namespace)
    assert set(oneid.__all__) <= set(namespace)


def test_public_names_are_complete() -> None:
    """What the package promises beside the errors: run, load, read, normalize, measure, and the nouns."""
    promised = {
        "Config",
        "LookupResult",
        "Quality",
        "RecordRef",
        "Result",
        "Verdict",
        "load_config",
        "normalize",
        "open_lookup",
        "possible_reading",
        "possible_splits",
        "quality",
        "read_run",
        "resolve",
        "use_language",
    }
    mistakes = {"OneIDError", "ConfigError", "InputError", "OutputError", "UsageError", "LimitBreached"}
    assert set(oneid.__all__) == promised | mistakes


def test_a_name_that_is_not_there() -> None:
    """An AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'resolv'"):
        _ = oneid.resolv


@pytest.mark.parametrize("module", MODULES)
def test_all_of_every_module_exists(module: str) -> None:
    """Each module has an ``__all__`` (but for folders of data), sorted, whose names exist, and a docstring."""
    found = importlib.import_module(module)
    assert found.__doc__ or module == "oneid.japanese.data", module
    public = getattr(found, "__all__", None)
    if public is None:
        assert hasattr(found, "__path__") or module.startswith("oneid.registry.migrations"), module  # a room
        return
    assert all(hasattr(found, name) for name in public)
    assert len(set(public)) == len(public)


def test_normalize_is_a_function() -> None:
    """``oneid.normalize("name", ...)`` works whatever was imported before."""
    assert oneid.normalize("name", ["髙橋 花子"]) == ["高橋花子"]
    code = "import oneid.kinds.name.spelling.normalizer, oneid; print(oneid.normalize('kana', ['ｻﾄｳ']))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "['サトウ']"


def test_import_is_light() -> None:
    """At most 0.15 s of work, and neither pandas nor Polars, which cost most of a start, are loaded."""
    code = """
import sys, time
begun = time.process_time()
import oneid
spent = time.process_time() - begun
heavy = [name for name in ("pandas", "polars", "numpy", "pyarrow", "scipy", "networkx") if name in sys.modules]
print(spent < 0.15, heavy)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.split() == ["True", "[]"]


def test_the_version_is_that_of_the_package() -> None:
    """In the module and in the metadata, under the name that people install by."""
    from importlib.metadata import version

    assert oneid.__version__ == version(DISTRIBUTION)

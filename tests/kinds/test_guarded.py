"""Kinds that break their promises: an error that names them, never a traceback of ours, never a value."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import oneid
from oneid.kinds import Kind, Option, each, judged
from oneid.kinds.birth.kind import DATES
from oneid.kinds.catalogue import KINDS, kinds_of
from oneid.kinds.guarded import guarded
from oneid.settings.configfile import from_dict, load
from oneid.vocabulary.errors import ConfigError, OneIDError, Problems, UsageError

VALUES = pl.Series("value", ["秘密", "b", None])


def boom(*_given: Any) -> Any:
    raise ValueError("秘密")


def frame(**columns: Any) -> Callable[..., pl.DataFrame]:
    """A normalizer that gives these columns."""
    return lambda *_given: pl.DataFrame(columns)


LEVELS = {"equal": "Equal.", "differs": "Different."}
GOOD = Kind("code", each(str), judged(LEVELS, lambda _one, _other: "differs"))
TEXTS = ["a", "b", None]
REASONS = [None, None, "missing"]


def told(call: Callable[[], Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        call()
    error = caught.value
    assert error.code == "E113"
    assert "the kind 'code' fails" in error.message
    assert "秘密" not in str(error)
    assert error.hint
    return f"{error.place or ''} {error.message}"


@pytest.mark.parametrize(
    ("normalize", "said"),
    [
        (boom, "test_guarded.py:"),
        (boom, "normalize raised ValueError"),
        (lambda _values: None, "no Polars DataFrame, but NoneType"),
        (frame(normalized=["a"], display=["a"], reason=[None]), "1 rows for 3 values"),
        (frame(normalized=TEXTS, reason=REASONS), "no column 'display'"),
        (frame(normalized=[1, 2, None], display=TEXTS, reason=REASONS), "'normalized' as Int64"),
        (frame(normalized=TEXTS, display=TEXTS, reason=[None] * 3), "without 'reason'"),
        (frame(normalized=TEXTS, display=TEXTS, reason=["x", None, "missing"]), "a reason beside a value"),
        (frame(normalized=TEXTS, display=TEXTS, reason=REASONS, more=["a", "b", "c"]), "'more' as String"),
    ],
)
def test_a_wrong_normalizer(normalize: Any, said: str) -> None:
    """Raising, or giving another frame than it must."""
    assert said in told(lambda: guarded(replace(GOOD, normalize=normalize)).normalize(VALUES))


def test_what_may_be_loose() -> None:
    """A column of nulls has no type yet; further columns are the kind's own."""
    loose = frame(normalized=TEXTS, display=TEXTS, reason=REASONS, more=[None] * 3, mine=[1, 2, 3])
    made = guarded(replace(GOOD, normalize=loose)).normalize(VALUES)
    assert made.schema["more"] == pl.List(pl.String)
    nothing = frame(normalized=[None] * 3, display=[None] * 3, reason=["missing"] * 3)
    assert guarded(replace(GOOD, normalize=nothing)).normalize(VALUES).schema["normalized"] == pl.String


def test_other_functions_that_fail() -> None:
    """Of a value in parts, completed, checked, one at a time, by its column; options that raise something else."""
    short = frame(normalized=["a"], display=["a"], reason=[None])
    options = {"size": Option(lambda _text: {}["秘密"], "?"), "mode": Option(int, "?")}
    kind = guarded(
        replace(
            GOOD, reads=boom, from_parts=lambda *_: short(), completed=lambda *_: short(), checked=lambda *_: short(),
            usual=boom, options=options,
        )
    )  # fmt: skip
    assert "reads raised" in told(lambda: kind.read(VALUES))
    assert "from_parts gave 1 rows for 3" in told(lambda: kind.from_parts([VALUES], None))
    assert "completed gave 1 rows" in told(lambda: kind.completed(VALUES, None))
    assert "checked gave 1 rows" in told(lambda: kind.checked(GOOD.normalize(VALUES), {}))
    assert "usual raised" in told(lambda: kind.usual("a"))
    assert "size raised KeyError" in told(lambda: kind.options["size"].parse("1"))
    with pytest.raises(ValueError, match="invalid literal"):
        kind.options["mode"].parse("x")


def test_what_columns_decide() -> None:
    """A kind may decide as dates do; what else its columns decided would be lost from run to run."""
    kind = replace(GOOD, decision=DATES)
    assert guarded(kind, [DATES]).decision is DATES
    assert "its 'decision' is none of this package's" in told(
        lambda: guarded(replace(GOOD, decision=replace(DATES)), [DATES])
    )


def facet(**changed: Any) -> Any:
    """The facet of a good kind's field, changed, as the guarded kind gives it."""
    own = GOOD.own
    return guarded(replace(GOOD, own=lambda field, options: replace(own(field, options), **changed))).own("f", {})


def one(**changed: Any) -> Any:
    """A facet whose comparison is changed."""
    return facet(comparisons=(replace(GOOD.own("f", {}).comparisons[0], **changed),))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: guarded(replace(GOOD, own=boom)).own("f", {}), "own raised ValueError"),
        (lambda: guarded(replace(GOOD, own=lambda *_: 1)).own("f", {}), "no Facet, but int"),
        (lambda: facet(features={"birth": pl.String}), "not its field's"),
        (lambda: one(field="birth"), "not its field's"),
        (lambda: facet(key_names={"birth": None}), "not its field's"),
        (lambda: one(levels={"equal": "", "missing": ""}), "the first is 'missing'"),
        (lambda: one(levels={"missing": "", "so so": ""}), "each a word"),
        (lambda: one(levels={"missing": ""}), "then come 1 to 254"),
        (lambda: one(order=(("equal", "lost"),)), "does not have: lost"),
        (lambda: one(also={"equal": ("equal",)}), "does not have"),
        (lambda: guarded(replace(GOOD, name="a b")), "its name must be"),
    ],
)
def test_a_wrong_facet(make: Callable[[], Any], said: str) -> None:
    """Its names, levels and functions."""
    with pytest.raises(ConfigError) as caught:
        make()
    assert caught.value.code == "E113"
    assert said in caught.value.message


PAIRS = np.zeros(2, np.uint32)


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (None, "no array of 2"), (np.zeros(1, np.uint8), "no array of 2"), (np.zeros(2), "no array of 2"),
        (np.array([0, 3], np.uint8), "not 0 to 2"), (np.array([-1, 0]), "not 0 to 2"),
    ],
)  # fmt: skip
def test_wrong_levels(levels: Any, said: str) -> None:
    """Of another shape or type, or beyond the levels there are."""
    made = one(compare=lambda *_given: levels)
    assert said in told(lambda: made.comparisons[0].compare(None, PAIRS, PAIRS))
    right = one(compare=lambda *_given: np.array([0, 2]))
    assert right.comparisons[0].compare(None, PAIRS, PAIRS).dtype == np.uint8


def test_wrong_features_and_keys() -> None:
    """Other columns than the features; keys that are none of the facet's, or no codes."""
    wrong = facet(make=lambda *_given: {"x:f": pl.Series(["a"])})
    assert "make gave other columns" in told(lambda: wrong.make({}, 1))
    assert "make gave other columns" in told(lambda: facet(make=lambda *_: None).make({}, 1))
    assert facet(make=lambda *_given: {}).make({}, 1) == {}
    assert "keys gave other keys" in told(lambda: facet(keys=lambda *_: {"birth": []}).keys(None, None))
    assert "no codes" in told(lambda: facet(keys=lambda *_: {"f": [np.zeros(1)]}).keys(None, None))
    assert "few raised ValueError" in told(lambda: facet(few=boom).few(None, None))
    assert facet(counted=None).counted is None


def test_errors_of_ours_go_through() -> None:
    """What a kind says on purpose is said as it is."""

    def refuse(_values: Any) -> Any:
        raise UsageError("E999", "mine")

    with pytest.raises(UsageError, match="mine"):
        guarded(replace(GOOD, normalize=refuse)).normalize(VALUES)


def test_the_first_cause_is_kept() -> None:
    """For whoever writes the kind, in Python."""
    with pytest.raises(ConfigError) as caught:
        guarded(replace(GOOD, normalize=boom)).normalize(VALUES)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Writes modules that can be imported, under names that no other test has."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, text: str) -> str:
        module = f"{name}_{abs(hash(str(tmp_path))):x}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(text), "utf-8")
        return module

    return write


def config(*kinds: str, kind: str = "code") -> dict[str, Any]:
    fields = {"name": "n", "mark": {"column": "m", "kind": kind}}
    return {"kinds": list(kinds), "sources": {"a": {"id": "id", "fields": fields}}}


MODULE = """
from oneid.kinds import Kind, each, judged
def judge(one, other):
    return "other"
CODE = Kind("code", each({read}), judged({{"equal": "", "differs": ""}}, judge))
NAME = Kind("name", each(str), judged({{"equal": ""}}, judge))
"""


def test_what_cannot_be_loaded(modules: Callable[[str, str], str], tmp_path: Path) -> None:
    """Each has its line; a module that raises is told with its line; a field of a lost kind is no second mistake."""
    fine = modules("fine", MODULE.format(read="str"))
    raising = modules("raising", "import oneid\n\nraise RuntimeError('秘密')\n")
    leaving = modules("leaving", "raise SystemExit(3)\n")
    unread = modules("unread", "def (:\n")
    text = f"""
        version: 1
        kinds:
          - nowhere.at.all:KIND
          - {raising}:CODE
          - {leaving}:CODE
          - {unread}:CODE
          - {fine}:CODEX
          - {fine}
          - {fine}:NAME
          - {fine}:CODE
        sources:
          a: {{path: a.csv, id: id, fields: {{name: n, mark: {{column: m, kind: lost}}}}}}
    """
    path = tmp_path / "oneid.yaml"
    path.write_text(textwrap.dedent(text), "utf-8")
    with pytest.raises(Problems) as caught:
        load(path)
    problems = caught.value.problems
    assert [(problem.code, problem.place.line) for problem in problems] == [
        ("E111", 4), ("E111", 5), ("E111", 6), ("E111", 7), ("E111", 8), ("E111", 9), ("E112", 10),
    ]  # fmt: skip
    assert "nowhere" in problems[0].message
    assert f"RuntimeError in {raising}.py:3" in problems[1].message
    assert "SystemExit" in problems[2].message
    assert "SyntaxError" in problems[3].message
    assert "'CODE'" in (problems[4].hint or "")
    assert "module:NAME" in (problems[5].hint or "")
    assert "'name'" in problems[6].message
    assert "秘密" not in str(caught.value)


def test_a_kind_twice_is_one(modules: Callable[[str, str], str]) -> None:
    """Under another name of its module too; and kinds of this package are never wrapped."""
    fine = modules("fine", MODULE.format(read="str") + "AGAIN = CODE\n")
    found = kinds_of([f"{fine}:CODE", f"{fine}:CODE", f"{fine}:AGAIN"])
    assert [name for name in found if name not in KINDS] == ["code"]
    assert all(found[name] is kind for name, kind in KINDS.items())


def test_a_run_with_a_kind_that_fails(modules: Callable[[str, str], str]) -> None:
    """Stops with the error: where reading fails, and where comparing does."""
    rows = {"a": pl.DataFrame({"id": ["1", "2"], "n": ["佐藤 花子", "佐藤 花子"], "m": ["秘密", "b"]})}
    reading = modules("reading", MODULE.format(read="lambda text: {}[text]"))
    judging = modules("judging", MODULE.format(read="str"))
    for module, said in ((reading, "normalize raised KeyError"), (judging, "compare raised KeyError")):
        with pytest.raises(OneIDError) as caught:
            oneid.resolve(rows, config(f"{module}:CODE"))
        (problem,) = caught.value.problems
        assert problem.code == "E113"
        assert said in problem.message
        assert "秘密" not in str(problem)
        assert module == judging or f"{reading}.py" in str(problem)
    assert from_dict(config(f"{judging}:CODE")).compared.levels["mark"] == ("missing", "equal", "differs")

"""A test session that stays: changes are put into running functions, tests run, and the functions put back.

Starting anew for each change would cost more than its tests do: importing, collecting, and loading tables that no
change touches. So pytest collects the tests of a room once, and :class:`Session`, in place of its loop over tests,
reads one request a line: a changed module and tests to run. What can be changed is the code of a function; constants,
defaults and decorators act while a module is loaded and need a fresh process.

That nothing stays behind is checked: a test that failed must pass again once the change is undone, else the session is
*spoilt* and has to be made anew. Fixtures are torn down after each change; caches of OneID are emptied but for those of
tables (``oneid.japanese``), which no stage changes.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import IO, Any

import pytest

__all__ = ["COLD", "Session", "is_in_code"]

COLD = 10.0
"""Seconds of work more that any test may take in a fresh process: it may be the one that loads tables."""

_TABLES = ("oneid.japanese", "oneid.vocabulary")


def _outermost(code: CodeType, names: Sequence[str]) -> CodeType | None:
    """The code of the outermost function on the way of names through a module's code; None where it is not one."""
    for name in names:
        found = [const for const in code.co_consts if isinstance(const, CodeType) and const.co_name == name]
        if len(found) != 1:
            return None
        (code,) = found
        if code.co_flags & inspect.CO_OPTIMIZED:  # a class's code is not
            return code
    return None


def _pair(path: str, plain: bytes, changed: bytes, function: str) -> tuple[CodeType, CodeType] | None:
    names = function.split(".")
    ours, theirs = (_outermost(compile(text, path, "exec"), names) for text in (plain, changed))
    return None if ours is None or theirs is None or ours == theirs else (ours, theirs)


def is_in_code(plain: bytes, changed: bytes, function: str) -> bool:
    """Whether a change of a module is one of the code of ``function`` (a dotted name)."""
    return _pair("", plain, changed, function) is not None


class Session:
    """A plugin of pytest that runs what it is asked for. ``requests`` and ``answers`` are lines of JSON."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests = requests
        self._answers = answers
        self._failed = ""
        self._asked = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes the first failure."""
        if report.failed and not self._failed:
            self._failed = report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answers requests until there are no more."""
        items = {item.nodeid: item for item in session.items}
        for line in self._requests:
            answer = self._answer(session, items, json.loads(line))
            self._answers.write(json.dumps(answer) + "\n")
            self._answers.flush()
        return True

    def _answer(
        self, session: pytest.Session, items: Mapping[str, pytest.Item], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        limits = request["tests"]
        chosen = [items[name] for name in limits if name in items]
        path, plain = request["path"], request["plain"].encode()
        with _changed(path, plain, Path(path).read_bytes(), request["function"]) as found:
            if not found:
                return {"unable": True}
            failed = self._run(session, chosen, limits)
        spoilt = False
        if failed:
            Path(path).write_bytes(plain)
            spoilt = bool(self._run(session, [items[failed]], limits))
        return {"failed": failed, "spoilt": spoilt}

    def _run(
        self, session: pytest.Session, chosen: Sequence[pytest.Item], limits: Mapping[str, tuple[float, float]]
    ) -> str:
        """Runs tests until one fails; gives its name."""
        self._failed = ""
        self._asked += 1
        cold = COLD if self._asked <= 10 else 0.0
        for item, after in zip(chosen, [*chosen[1:], None], strict=True):
            seconds, work = limits[item.nodeid]
            signal.setitimer(signal.ITIMER_REAL, seconds * (1 + cold / work))  # either ends this process
            signal.setitimer(signal.ITIMER_PROF, work + cold)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self._failed:
                break
        with contextlib.suppress(Exception):
            session._setupstate.teardown_exact(None)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        return self._failed


@contextlib.contextmanager
def _changed(path: str, plain: bytes, changed: bytes, function: str) -> Iterator[bool]:
    """Puts the changed code into the running functions; whether there were any."""
    pair = _pair(path, plain, changed, function)
    living = [] if pair is None else [one for one in _functions(path) if _is_same(one.__code__, pair[0])]
    if pair is None or not living:
        yield False
        return
    before = [one.__code__ for one in living]
    try:
        for one in living:
            one.__code__ = pair[1]
        _empty_caches()
        yield True
    finally:
        for one, code in zip(living, before, strict=True):
            one.__code__ = code
        _empty_caches()


def _is_same(one: CodeType, other: CodeType) -> bool:
    """Whether two are the code of one function; what has run is not equal to what has not."""
    return (one.co_qualname, one.co_firstlineno) == (other.co_qualname, other.co_firstlineno)


def _functions(path: str) -> list[FunctionType]:
    return [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == path]


def _empty_caches() -> None:
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper):
            module = getattr(one, "__module__", None) or ""
            if module.startswith("oneid.") and not module.startswith(_TABLES):
                one.cache_clear()

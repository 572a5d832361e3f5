"""Runs chosen tests of a copy of the tree, each time in a fresh fork that has all libraries loaded but not OneID.

A :class:`Server` is a process of its own, started with one copy of the tree, that is told over its standard input, one
JSON object a line, what to run. Loading libraries takes more than a second and happens once; loading OneID from the
copy takes some tenths and happens in each fork, so that whatever a change touches, constants and decorators too, is as
in a fresh start. Processes that a test starts read the copy as well. What a fork leaves running is ended.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from inplace import COLD, Session, is_in_code
from instrument import Recorder

__all__ = ["Limits", "Seen", "Server"]

Limits = tuple[float, float]
"""The most a test may take: seconds by the clock, and of work."""

_QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""One thread each (where others work a fork is not safe), nothing left to chance, no changes kept compiled."""

_BROKEN = 70
"""The exit code of a fork that could not run pytest at all."""

_MEMORY = 8 << 30
"""Bytes of address space a fork may take: a changed loop must not take the machine."""


@dataclass(frozen=True)
class Seen:
    """How a run of tests ended: ``outcome`` is ``passed``, ``failed`` or ``timeout``; ``by`` the first test that
    failed, or what else ended it; ``output`` the end of what was printed.
    """

    outcome: str
    by: str
    seconds: float
    output: str


class Server:
    """A process that runs tests in ``copy``, a copy of the tree that belongs to it."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        paths = os.pathsep.join([str(copy / "src"), str(Path(__file__).parent)])
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(copy)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_QUIET, "PYTHONPATH": paths},
        )

    def _ask(self, **request: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the server of tests has ended")
        found: dict[str, Any] = json.loads(answer)
        return found

    def record(self, tests: Sequence[str], files: Sequence[str], limit: float) -> tuple[Seen, dict[str, Any]]:
        """Runs the tests of some folders and records what each of them reaches in ``files`` (of the package)."""
        answer = self._ask(paths=list(tests), files=list(files), limit=limit)
        return Seen(**answer["seen"]), answer["record"]

    def load(self, modules: Sequence[str]) -> None:
        """Loads libraries once for all later runs."""
        self._ask(load=list(modules))

    def run(self, tests: Mapping[str, Limits]) -> Seen:
        """Runs these tests in this order until one fails or goes beyond its limits."""
        paths = sorted({name.partition("::")[0] for name in tests})
        return Seen(
            **self._ask(
                paths=paths,
                tests=dict(tests),
                limit=sum(seconds * (1 + COLD / work) for seconds, work in tests.values()),
            )["seen"]
        )

    def change(self, file: str, function: str, plain: str, tests: Mapping[str, Limits]) -> Seen:
        """As :meth:`run`, of the package's module ``file`` as it stands changed in the copy (``plain`` without the
        change), in a session that stays where that can be done.
        """
        room = "tests/" + file.partition("/")[0]
        path = str(self.copy / "src" / "oneid" / file)
        answer = self._ask(session=room, path=path, function=function, plain=plain, tests=dict(tests))
        return Seen(**answer["seen"]) if answer["seen"] else self.run(tests)

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class _Plugin:
    """Chooses and orders tests, makes them repeatable, and notes which failed first, or what each reaches."""

    def __init__(self, copy: Path, tests: Mapping[str, Limits] | None, recorder: Recorder | None, answer: Path) -> None:
        self._copy = copy
        self._rank = None if tests is None else {name: at for at, name in enumerate(tests)}
        self._limits = tests or {}
        self._recorder = recorder
        self._answer = answer
        self._failed = ""

    def pytest_sessionstart(self) -> None:
        from hypothesis import HealthCheck, Phase, settings  # noqa: PLC0415  (each fork loads these itself)

        import oneid  # noqa: PLC0415

        assert Path(oneid.__file__).is_relative_to(self._copy), oneid.__file__
        settings.register_profile(
            "changes",
            settings(),
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("changes")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._rank is not None:
            rank = self._rank
            items[:] = sorted((item for item in items if item.nodeid in rank), key=lambda item: rank[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self._recorder is None:
            if self._rank is None:  # a session sets its own limits
                return (yield)
            seconds, work = self._limits[item.nodeid]
            signal.setitimer(signal.ITIMER_REAL, seconds * (1 + COLD / work))  # either ends this process
            signal.setitimer(signal.ITIMER_PROF, work + COLD)
            return (yield)
        with self._recorder.test(item.nodeid):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        made: dict[str, object] = {"failed": self._failed, "status": int(exitstatus)}
        if self._recorder is not None:
            made["record"] = self._recorder.found()
        self._answer.write_text(json.dumps(made))


def _settle(copy: Path, folder: Path) -> None:
    """What a fork does first: a group of its own, limits, its output into a file, the copy as its place."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    with (folder / "output").open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ["TMPDIR"] = str(folder)
    os.environ["PYTHONPATH"] = str(copy / "src")
    tempfile.tempdir = None
    os.chdir(copy)


def _pytest(paths: Sequence[str], plugins: Sequence[object], *more: str) -> int:
    loaded = ["-W", "ignore:Module already imported so cannot be rewritten"]
    options = [*loaded, *more, "-q", "--no-header", "--tb=line", "-p", "no:xdist", "-p", "no:cacheprovider"]
    return int(pytest.main([*options, "-m", "not slow and not pages", *paths], plugins=plugins))


def _run(request: Mapping[str, Any], copy: Path, folder: Path) -> int:
    """What the fork does: the tests, in the copy; the exit code of pytest."""
    recorder = None
    if "files" in request:
        recorder = Recorder(copy / "src" / "oneid", request["files"])
        recorder.install(builtins)
    plugin = _Plugin(copy, request.get("tests"), recorder, folder / "answer")
    return _pytest(request["paths"], [plugin], "-x")


def _fork(what: Callable[[], int], copy: Path, folder: Path) -> int:
    """A fork that settles and does something, with the exit code that this gives; its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = _BROKEN
    try:
        _settle(copy, folder)
        code = what()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait(child: int, limit: float) -> int | None:
    """Waits for a fork; its exit code, or None where time ran out. It is asked to stop before it is made to."""
    for patience, sign in ((limit, None), (3.0, signal.SIGINT), (0.0, signal.SIGKILL)):
        if sign is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, sign)
        end = time.monotonic() + patience
        while True:
            ended, status = os.waitpid(child, 0 if sign == signal.SIGKILL else os.WNOHANG)
            if ended:
                return None if sign is not None else os.waitstatus_to_exitcode(status)
            if time.monotonic() > end:
                break
            time.sleep(0.01)
    return None


def _sweep() -> None:
    """Ends whatever a fork left behind: it has become a child of this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for _ in range(20):
        left = [int(one) for one in children.read_text().split()] if children.exists() else []
        if not left:
            return
        for one in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(one, signal.SIGKILL)
                os.waitpid(one, 0)


def _answer(request: Mapping[str, Any], copy: Path) -> dict[str, Any]:
    """Runs what is asked in a fork."""
    folder = Path(tempfile.mkdtemp(prefix="change-"))
    folder.chmod(0o755)  # a database server runs as another user
    began = time.monotonic()
    try:
        child = _fork(lambda: _run(request, copy, folder), copy, folder)
        code = _wait(child, request["limit"])
        _sweep()
        made = folder / "answer"
        told: dict[str, Any] = json.loads(made.read_text()) if made.exists() else {"failed": "", "status": code}
        output = (folder / "output").read_text(errors="replace")[-4000:]
        if code == _BROKEN:
            raise RuntimeError(f"tests could not be run: {output}")
        outcome = "timeout" if code in {None, -signal.SIGALRM, -signal.SIGPROF} else "failed" if code else "passed"
        by = told["failed"] or ("" if code == 0 else f"pytest ended with {code}")
        seen = Seen(outcome, by, time.monotonic() - began, output)
        return {"seen": vars(seen), "record": told.get("record")}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Kept:
    """A fork with a :class:`inplace.Session` of one room, made when it is first asked and again after it ended."""

    def __init__(self, copy: Path) -> None:
        self._copy = copy
        self._room = ""
        self._child = 0

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """How the tests ended; None where the change needs a fresh process."""
        plain, changed = request["plain"].encode(), Path(request["path"]).read_bytes()
        if not is_in_code(plain, changed, request["function"]):
            return None
        for _ in range(2):
            if self._room != request["session"]:
                self.end()
                self._begin(request["session"])
            began = time.monotonic()
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            line = self._answers.readline()
            seconds = time.monotonic() - began
            if not line:
                self.end()
                return vars(Seen("timeout", "", seconds, ""))
            found = json.loads(line)
            if found.get("unable"):
                return None
            if not found["spoilt"]:
                outcome = "failed" if found["failed"] else "passed"
                return vars(Seen(outcome, found["failed"], seconds, ""))
            Path(request["path"]).write_bytes(changed)
            self.end()
        return None

    def _begin(self, room: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="change-"))
        self._folder.chmod(0o755)
        theirs, ours = os.pipe(), os.pipe()

        def live() -> int:
            os.close(theirs[1])
            os.close(ours[0])
            with os.fdopen(theirs[0]) as requests, os.fdopen(ours[1], "w") as answers:
                plugin = _Plugin(self._copy, None, None, self._folder / "answer")
                return _pytest([room], [plugin, Session(requests, answers)])

        self._child = _fork(live, self._copy, self._folder)
        os.close(theirs[0])
        os.close(ours[1])
        self._requests, self._answers, self._room = os.fdopen(theirs[1], "w"), os.fdopen(ours[0]), room

    def end(self) -> None:
        """Ends the session."""
        if self._child:
            for pipe in (self._requests, self._answers):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
            _wait(self._child, 5.0)
            _sweep()
            shutil.rmtree(self._folder, ignore_errors=True)
        self._child, self._room = 0, ""


def _load(modules: Sequence[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _serve(copy: Path) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # what forks leave behind becomes a child of this process
    kept = _Kept(copy)
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if "load" in request:
            _load(request["load"])
        elif "session" in request:
            answer = {"seen": kept.ask(request)}
        else:
            kept.end()
            answer = _answer(request, copy)
        print(json.dumps(answer), flush=True)
    kept.end()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))

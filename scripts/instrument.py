"""Records which statements of some modules each test reaches, how long it takes, and whether it starts processes."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

__all__ = ["Recorder"]

_STARTS = {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec"}


class Recorder:
    """Notes what tests reach in ``files`` of the package in the folder ``package``.

    Modules loaded after :meth:`install` carry a note before each statement. :meth:`found` gives per test its seconds by
    the clock and of ``work`` (of all threads), whether it starts processes (``starts``) and its statements as
    ``FILE:LINE`` (``reached``); under the test ``""`` what is reached by loading alone; and under ``modules`` the names
    of all modules loaded.
    """

    def __init__(self, package: Path, files: Sequence[str]) -> None:
        self._files = {str(package / file): file for file in files}
        self._reached: set[str] = set()
        self._starts = False
        self._tests: dict[str, dict[str, Any]] = {}

    def install(self, builtins: ModuleType) -> None:
        """Lets modules loaded from now on carry notes."""
        builtins.__reached__ = self._reached.add  # type: ignore[attr-defined]
        recorder = self

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                path = self.get_filename(fullname)
                return recorder.compiled(path, self.get_data(path))

        class Finder(importlib.abc.MetaPathFinder):
            def find_spec(
                self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
            ) -> importlib.machinery.ModuleSpec | None:
                found = importlib.machinery.PathFinder.find_spec(name, path, target)
                if found is not None and found.origin in recorder._files:
                    found.loader = Loader(name, found.origin)
                    return found
                return None

        sys.meta_path.insert(0, Finder())
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _: object) -> None:
        if event in _STARTS:
            self._starts = True

    def compiled(self, path: str, source: bytes) -> CodeType:
        """The code of a module with notes."""
        tree = ast.parse(source)
        file = self._files[path]
        for node in ast.walk(tree):
            for field in ("body", "orelse", "finalbody"):
                body = getattr(node, field, None)
                if isinstance(body, list) and body:
                    setattr(node, field, [new for one in body for new in self._noted(file, one)])
        return compile(ast.fix_missing_locations(tree), path, "exec")

    @staticmethod
    def _noted(file: str, node: ast.stmt) -> list[ast.stmt]:
        is_first = (isinstance(node, ast.ImportFrom) and node.module == "__future__") or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        if is_first or not isinstance(node, ast.stmt):
            return [node]
        place = ast.Constant(f"{file}:{node.lineno}")
        note = ast.Expr(ast.Call(ast.Name("__reached__", ast.Load()), [place], []))
        return [ast.copy_location(note, node), node]

    @contextmanager
    def test(self, name: str) -> Iterator[None]:
        """What is reached inside belongs to this test."""
        self._tests.setdefault("", self._noted_so_far(0, 0))
        began, worked = time.perf_counter(), time.process_time()
        yield
        self._tests[name] = self._noted_so_far(time.perf_counter() - began, time.process_time() - worked)

    def _noted_so_far(self, seconds: float, work: float) -> dict[str, Any]:
        made = {"seconds": seconds, "work": work, "starts": self._starts, "reached": sorted(self._reached)}
        self._reached.clear()
        self._starts = False
        return made

    def found(self) -> dict[str, Any]:
        """All that was noted."""
        return {"tests": self._tests, "modules": sorted(sys.modules)}

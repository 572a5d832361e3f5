"""Checks that imports point down only, that no module imports in a circle, and that stages do not import one another.

Usage: ``python scripts/check_layers.py``; exit 1 with one line per wrong import.

Each layer may import from the layers below it, and from its own layer where the layer says so.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"

LAYERS: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    # name, may its modules import one another, modules (a package stands for all in it)
    (
        "faces", True,
        (
            "oneid", "oneid.cli", "oneid.cli_check", "oneid.cli_diff", "oneid.cli_lookup", "oneid.cli_registry",
            "oneid.console", "oneid.__main__", "oneid.demo", "oneid.interop", "oneid.checkreport",
            "oneid.pytest_plugin", "oneid.testing",
        ),
    ),
    (
        "runs", True,
        (
            "oneid.run", "oneid.result", "oneid.explain", "oneid.evaluate", "oneid.profile", "oneid.guess",
            "oneid.gates", "oneid.evaluation", "oneid.mistakes", "oneid.coverage", "oneid.train",
            "oneid.labels", "oneid.registered", "oneid.acts", "oneid.lookupopen",
            "oneid.check", "oneid.caserefs", "oneid.caseworlds", "oneid.rulecases",
            "oneid.rejudge", "oneid.diff", "oneid.difference", "oneid.diffpage", "oneid.schema",
            "oneid.dbtsources",
        ),
    ),
    ("registry", True, ("oneid.registry",)),
    ("pipeline", True, ("oneid.pipeline", "oneid.changes", "oneid.verdicts")),
    (
        "between stages", True,
        (
            "oneid.columns", "oneid.combine", "oneid.household", "oneid.links", "oneid.lives", "oneid.onerecord",
            "oneid.delta", "oneid.feeds", "oneid.intake", "oneid.known", "oneid.reassign",
            "oneid.lookup", "oneid.lookupcolumns", "oneid.lookupindex",
            "oneid.bounds", "oneid.state", "oneid.stored",
        ),
    ),
    (
        "stages", False,
        (
            "oneid.read", "oneid.features", "oneid.block", "oneid.score", "oneid.cluster", "oneid.golden",
            "oneid.mergemap", "oneid.decisions", "oneid.write",
        ),
    ),
    (
        "tools of stages", True,
        (
            "oneid.compare", "oneid.namelevels", "oneid.rarity", "oneid.encoding", "oneid.files", "oneid.frames",
            "oneid.headers", "oneid.merging", "oneid.overlay", "oneid.tablefiles",
            "oneid.normalize", "oneid.em", "oneid.logistic", "oneid.learned", "oneid.fields",
            "oneid.judgement",
        ),
    ),
    ("engines", True, ("oneid.engines",)),
    (
        "settings", True,
        (
            "oneid.config", "oneid.configfile", "oneid.reach", "oneid.rules", "oneid.rulesfile", "oneid.nodes",
            "oneid.presets", "oneid.rulestext", "oneid.cases",
        ),
    ),
    (
        "values", True,
        (
            "oneid.onefile", "oneid.patterns", "oneid.codes", "oneid.charts", "oneid.tables", "oneid.masking",
            "oneid.data", "oneid.folderlock",
        ),
    ),
    ("nouns", True, ("oneid.model", "oneid.errors")),
)  # fmt: skip


def place(module: str) -> int | None:
    """The number of a module's layer; the longest name that fits wins."""
    best, found = "", None
    for number, (_, _, names) in enumerate(LAYERS):
        for name in names:
            fits = module == name or (name != "oneid" and module.startswith(name + "."))
            if fits and len(name) > len(best):
                best, found = name, number
    return found


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and module of every import of ours, those for type checkers left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skip = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if node in skip:
            continue
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "oneid"]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "oneid":
            for alias in node.names:
                deeper = SOURCE.joinpath(*node.module.split("."), alias.name)
                is_module = deeper.with_suffix(".py").exists() or deeper.is_dir()
                found.append((node.lineno, f"{node.module}.{alias.name}" if is_module else node.module))
    return found


def name_of(path: Path) -> str:
    """The dotted name of a module file."""
    parts = list(path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def check() -> list[str]:
    """Every wrong import, as a line for people."""
    wrong: list[str] = []
    graph: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        module = name_of(path)
        own = place(module)
        if own is None:
            wrong.append(
                f"{path.relative_to(SOURCE.parent)}: {module} has no layer; name it in scripts/check_layers.py"
            )
            continue
        for line, target in imports(path):
            graph.setdefault(module, set()).add(target)
            other = place(target)
            if other is None or target == module:
                continue
            inside = LAYERS[own][1] or _package(module) == _package(target)
            if other < own or (other == own and not inside):
                where = f"{path.relative_to(SOURCE.parent)}:{line}"
                wrong.append(f"{where}: {module} ({LAYERS[own][0]}) imports {target} ({LAYERS[other][0]})")
    return wrong + [f"import circle: {' -> '.join(circle)}" for circle in circles(graph)]


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Import circles, each once."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            found.append([*path[path.index(module) :], module])
            return
        if module in done:
            return
        for target in sorted(graph.get(module, ())):
            if target != module:
                visit(target, [*path, module])
        done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return found


if __name__ == "__main__":
    problems = check()
    print("\n".join(problems) or "layers: all imports point down")
    sys.exit(bool(problems))

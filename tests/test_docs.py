"""What the documentation shows is run: every fenced block of README and docs, the examples, the notebook, all links.

How a block is run depends on its language, and on an HTML comment in the line above it:

=====================  ===========================================================================================
python                 run; the blocks of a page follow one another in one namespace. ``<!-- lane: NAME -->``: only
                       where the library NAME is installed, as in the lane of that name (scripts/lane.py)
sh                     run by bash, with this environment's ``oneid`` on PATH; any failing command fails
sql                    run over the Parquet files in ``out``
yaml, csv              need one of: ``<!-- file: NAME -->`` (written for later blocks), ``<!-- config: NAME -->`` and
                       ``<!-- rules: NAME -->`` (written and loaded)
sql                    with ``<!-- warehouse: NAME -->``: for a warehouse; those for DuckDB and PostgreSQL are run by
                       tests/registry/test_warehouse.py
text                   ``<!-- prints -->``: these lines are in the output of the block before, in this order; ``…`` is
                       anything. ``<!-- drawing -->``: nothing to run
sh                     with ``<!-- not run: WHY -->``: only for commands that install or make; their targets must exist
=====================  ===========================================================================================

Every page has a folder of its own, with the demo of 2,000 records and its run in ``demo``.
"""

import ast
import contextlib
import importlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import yaml

import oneid
from oneid.demo import generate
from oneid.settings.rulesfile import load_rules
from paths import CASE_FILES, ROOT

REFERENCE = ROOT / "docs/reference"
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    ROOT / "benchmarks/README.md",
]
KIND_CASES = [
    path
    for path in CASE_FILES.values()
    if {"kinds", "japanese"} & set(path.relative_to(ROOT).parts) and path.stem not in ("compare", "plainlevels")
]
"""The case files of single values; that none is left without a page, ``make_reference.py --check`` holds."""
ENGLISH = {ROOT / "README.ja.md": ROOT / "README.md"} | {
    path: ROOT / "docs/en" / path.relative_to(ROOT / "docs/ja") for path in PAGES if ROOT / "docs/ja" in path.parents
}
"""The English page of each Japanese one."""
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    language: str
    mark: str
    text: str
    line: int

    @property
    def name(self) -> str:
        return self.mark.partition(": ")[2]


def blocks(path: Path) -> list[Block]:
    text = path.read_text("utf-8")
    assert text.count("```") % 2 == 0, f"{path}: a block is not closed"
    found = [
        Block(m["language"], m["mark"] or "", m["text"], text[: m.start("language")].count("\n") + 1)
        for m in BLOCK.finditer(text)
    ]
    assert len(found) == text.count("```") // 2, f"{path}: a block that cannot be read"
    return found


def content(block: Block) -> tuple[str, str, str]:
    return block.language, block.mark, block.text


def environment() -> dict[str, str]:
    beside = str(Path(sys.executable).parent)
    return os.environ | {"PATH": beside + os.pathsep + os.environ["PATH"], "PYTHONUTF8": "1", "COLUMNS": "160"}


def shell(command: str, folder: Path, expect: int = 0) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == expect, f"exit {done.returncode}:\n{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo of 2,000 records with its run."""
    folder = tmp_path_factory.mktemp("docs") / "demo"
    generate(records=2000, seed=1).write(folder)
    oneid.resolve(folder / "oneid.yaml").write(folder / "out")
    return folder


class Page:
    """Runs the blocks of one page in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "page"}
        self.printed = ""

    def run(self, block: Block) -> None:
        if block.mark.startswith("lane: ") and importlib.util.find_spec(block.name) is None:
            compile(block.text, f"line {block.line}", "exec")
        elif block.mark.startswith("not run: "):
            self.check_not_run(block)
        elif block.mark.partition(": ")[0] in ("file", "config", "rules"):
            self.write(block)
        elif block.mark == "prints":
            self.check_printed(block.text)
        elif block.mark.startswith("warehouse: "):
            assert block.language == "sql"
        elif block.mark == "drawing" and block.language == "text":
            return
        elif block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, f"line {block.line}", "exec"), self.names)
            self.printed = out.getvalue()
        elif block.language == "sh":
            self.printed = shell(block.text, self.folder)
        elif block.language == "sql":
            self.printed = str(sql(block.text, self.folder / "out"))
        else:
            pytest.fail(f"a block of {block.language or 'no language'} that nothing runs")

    def write(self, block: Block) -> None:
        path = self.folder / block.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        if block.mark.startswith("config"):
            oneid.load_config(path)
        elif block.mark.startswith("rules"):
            load_rules(block.name, self.folder)

    def check_printed(self, expected: str) -> None:
        place, lines = 0, self.printed.splitlines()
        for line in filter(None, expected.splitlines()):
            wanted = re.compile(r"\s+".join(map(re.escape, line.split())).replace("…", ".*"))
            hits = [n for n in range(place, len(lines)) if wanted.fullmatch(lines[n].strip())]
            assert hits, f"not printed: {line}\n{self.printed}"
            place = hits[0] + 1

    @staticmethod
    def check_not_run(block: Block) -> None:
        assert block.language == "sh"
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
        for command in filter(None, block.text.splitlines()):
            words = command.removeprefix("$ ").split("#")[0].split()
            assert words[0] in ("pip", "make", "git", "cd"), command
            assert words[0] != "make" or set(words[1:]) <= set(targets), command


def sql(query: str, folder: Path) -> pl.DataFrame:
    tables = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    with pl.SQLContext(tables) as context:
        return context.execute(query, eager=True)


@pytest.mark.pages
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page(path: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of the page runs, in order; a Japanese page only where its blocks differ from the English ones."""
    found = blocks(path)
    if REFERENCE in path.parents:
        assert {block.language for block in found} <= {"text", "pycon"}, "doctests of the package, run with it"
        return
    english = ENGLISH.get(path)
    if not found or (english and [*map(content, found)] == [*map(content, blocks(english))]):
        return
    shutil.copytree(made, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    page = Page(tmp_path)
    for block in found:
        try:
            page.run(block)
        except BaseException as error:
            error.add_note(f"in {path.relative_to(ROOT)}, the block at line {block.line}")
            raise


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    """Links and pictures of a page lead to files of the project, and their anchors to headings."""
    text = BLOCK.sub("", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"]+)"', text):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), f"{path.name}: {target}"
        if anchor:
            heads = re.findall(r"^#+ (.*)$", BLOCK.sub("", file.read_text("utf-8")), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, f"{path.name}: {target}"


def test_readme_figures_stand_in_the_results() -> None:
    """Every figure of README's table of measurements is one of the named day in RESULTS.md, maybe rounded."""
    parts = re.split(r"^## (\d{4}-\d\d-\d\d): ", (ROOT / "benchmarks/RESULTS.md").read_text("utf-8"), flags=re.M)
    written: dict[str, set[str]] = {}
    for day, text in zip(parts[1::2], parts[2::2], strict=True):
        rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
        written.setdefault(day, set()).update(re.findall(r"\d+\.\d+", rows))
    for name in ("README.md", "README.ja.md"):
        rows = re.findall(
            r"^\|([^|]*)\|([^|]*)\| `(benchmarks/\w+\.py)`[,、]\s*([\d-]+) \|$", (ROOT / name).read_text("utf-8"), re.M
        )
        assert len(rows) > 8, name
        for _, figures, script, day in rows:
            assert (ROOT / script).exists()
            for figure in re.findall(r"\d+\.\d+", figures.replace("3.6 GB", "")):
                digits = len(figure.partition(".")[2])
                assert figure in {f"{float(one):.{digits}f}" for one in written[day]}, f"{name}: {figure}, {day}"


FIXED = {
    "マージマップ": "名寄せ結果", "源泉": "ソース", "登録簿": "台帳", "得点": "スコア", "証拠": "根拠",
    "関門": "上限チェック", "歯止め": "ガード、上限チェック", "マスクされ": "伏せ字", "埋め草": "ダミー値",
    "退会した会員": "退会者",
}  # fmt: skip
"""Words that do not stand in Japanese pages, and what stands there: one word for one thing."""


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if path.name.endswith(".ja.md") or ROOT / "docs/ja" in path.parents],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_japanese_words(path: Path) -> None:
    """Japanese pages use the fixed words, and have no blank between a Latin and a Japanese letter."""
    text = BLOCK.sub("", path.read_text("utf-8"))
    assert {word: instead for word, instead in FIXED.items() if word in text} == {}
    if REFERENCE not in path.parents:
        plain = re.sub(r"`[^`\n]*`|\]\([^)]*\)", "`", text)
        letter, kana = "[A-Za-z0-9]", "[ぁ-んァ-ヶ一-龠々]"
        assert re.findall(f"{letter} {kana}|{kana} {letter}", plain) == []


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.ja.md")), ids=lambda path: path.stem)
def test_the_japanese_reference_is_japanese(path: Path) -> None:
    """No paragraph, no item and no cell but code was left in English."""
    text = re.sub(r"<!--.*?-->", "", BLOCK.sub("", path.read_text("utf-8")), flags=re.S)
    plain = re.sub(r"`[^`\n]*`|<code>.*?</code>|\[[^\]\n]*\]\([^)\n]*\)|oneid registry \w+", "", text)
    parts = [cell for line in plain.splitlines() for cell in (line.split("|") if line.startswith("|") else [line])]
    assert [part for part in parts if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", part)] == []


def test_every_page_of_the_reference_is_there_in_both_languages() -> None:
    """Nothing is told in English alone."""
    names = [path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*.md")]
    japanese = {name.removesuffix(".ja.md") for name in names if name.endswith(".ja.md")}
    assert {name.removesuffix(".md") for name in names if not name.endswith(".ja.md")} == japanese


def test_both_languages() -> None:
    """What there is in English there is in Japanese, with the same blocks of code."""
    assert len(ENGLISH) == len(list((ROOT / "docs/en").rglob("*.md"))) + 1
    for japanese, english in ENGLISH.items():
        kinds = [[(block.language, block.mark) for block in blocks(page)] for page in (english, japanese)]
        assert kinds[0] == kinds[1], japanese


@pytest.mark.pages
def test_reference_is_up_to_date() -> None:
    """The reference is what the code says; and a page that differs is found."""
    shell(f"python {ROOT}/scripts/make_reference.py --check", ROOT)


@pytest.mark.pages
def test_stale_reference_is_found(tmp_path: Path) -> None:
    """--check fails on a changed, a missing and a superfluous page and on a new case, and writes nothing."""
    for part in ("scripts", "src", "docs/reference", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    pages = tmp_path / "docs/reference"
    (pages / "levels.md").write_text("old", encoding="utf-8")
    (pages / "errors.md").unlink()
    (pages / "kinds/more.md").write_text("?", encoding="utf-8")
    with (tmp_path / "tests/kinds/cases/phone.yaml").open("a", encoding="utf-8") as cases:
        cases.write('\n- {raw: "03-1111-2222", normalized: "+81311112222"}\n')
    said = shell(f"python {tmp_path}/scripts/make_reference.py --check", tmp_path, expect=1)
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "docs/reference/kinds/phone.md",
        "docs/reference/kinds/phone.ja.md",
        "docs/reference/levels.md",
        "docs/reference/errors.md",
        "docs/reference/kinds/more.md",
    ]
    assert not (pages / "errors.md").exists()


@pytest.mark.pages
def test_picture_of_the_rooms_is_up_to_date() -> None:
    """It shows the rooms, sizes and imports that are there."""
    shell(f"python {ROOT}/scripts/make_house.py --check", ROOT)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the code with its picture."""
    for part in ("scripts", "src", "docs/images"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.pages
@pytest.mark.parametrize(
    ("file", "line", "shows"),
    [
        ("engines/remote.py", '"""Another."""', "6 modules"),
        ("engines/base.py", "if TYPE_CHECKING:\n    from oneid.cli import main", 'class="wrong"'),
        ("engines/base.py", "\n" * 100, "500 lines"),
    ],
    ids=["module", "import", "lines"],
)
def test_stale_picture_is_found(house: Path, file: str, line: str, shows: str) -> None:
    """A new module, an import against the order, a hundred lines more: --check fails, and drawn again it shows them."""
    before = (house / "docs/images/house.svg").read_text("utf-8")
    with (house / "src/oneid" / file).open("a", encoding="utf-8") as code:
        code.write(line)
    command = f"python {house}/scripts/make_house.py"
    assert "out of date; run make house" in shell(f"{command} --check", house, expect=1)
    assert "house.svg: made" in shell(command, house)
    assert "house.svg: up to date" in shell(f"{command} --check", house)
    made = (house / "docs/images/house.svg").read_text("utf-8")
    assert made.count(shows) > before.count(shows)


@pytest.mark.pages
def test_picture_wants_words_for_every_room(house: Path) -> None:
    """A room that the contract or the words do not know is no room of the picture."""
    (house / "src/oneid/attic").mkdir()
    (house / "src/oneid/attic/__init__.py").write_text('"""More."""\n', "utf-8")
    assert "differ: attic" in shell(f"python {house}/scripts/make_house.py --check 2>&1", house, expect=1)


@pytest.mark.parametrize("path", KIND_CASES, ids=lambda path: path.stem)
def test_reference_shows_every_case(path: Path) -> None:
    """The pages of a kind have a line for every row of its case file, in both languages, under every comment in it."""
    found = yaml.safe_load(path.read_text("utf-8"))
    rows = found if isinstance(found, list) else [row for part in found.values() for row in part]
    for end in ("", ".ja"):
        text = (REFERENCE / f"kinds/{path.stem}{end}.md").read_text("utf-8")
        examples = re.split(r"^## (?:Examples|実例)$", text, flags=re.M)[1].split("\n## ")[0]
        tables = re.findall(r"(?:^\|.*\n)+", examples, re.M)
        assert sum(table.count("\n") - 2 for table in tables) == len(rows)


def test_reference_names_the_columns_of_a_run(made: Path) -> None:
    """The outputs page lists exactly the files, columns and types of a run, and the keys of run.json."""
    text = (REFERENCE / "outputs.md").read_text("utf-8")
    run = oneid.read_run(made / "out")
    tables = run.to_polars()
    parts = re.split(r"^## `(.*?)`.*$", text, flags=re.M)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    whole = {name: frame for name, frame in tables.items() if not name.startswith("changes/")}
    assert {name.removesuffix(".parquet") for name in sections} == {*whole, "changes/<table>", "run.json"}
    for name in tables.keys() - whole.keys():
        table = name.removeprefix("changes/")
        assert tables[name].columns == ["op", *whole[table].columns]
    for name, frame in whole.items():
        rows = re.findall(r"^\| `(.*?)` \| (.*?) \|", sections[f"{name}.parquet"], re.M)
        told = [(column, kind) for column, kind in rows if "<" not in column]
        have = {column: str(kind) for column, kind in frame.schema.items()}
        assert all(have[column] == kind for column, kind in told), name
        if len(told) == len(rows):
            assert [column for column, _ in told] == list(have), name
    assert set(re.findall(r"^\| `(.*?)` \|", sections["run.json"].split("\n## ")[0], re.M)) == set(run.run)


def test_headings_of_cases_are_there_in_japanese() -> None:
    """Every comment in a case file that a page shows as a heading has Japanese words, and no words are left over."""
    known = yaml.safe_load((ROOT / "scripts/kind_sections.ja.yaml").read_text("utf-8"))
    pages = [path for path in (REFERENCE / "kinds").glob("*.md") if not path.name.endswith(".ja.md")]
    heads = {
        head
        for page in pages
        for part in re.split(r"^## Examples$", page.read_text("utf-8"), flags=re.M)[1:]
        for head in re.findall(r"^### (.*)$", part.split("\n## ")[0], re.M)
    }
    assert heads == set(known)


def nothing_there(text: str) -> list[str]:
    """The modules, names and files of this project in backticks that are not there."""
    missing = []
    for name in re.findall(r"`~?(oneid(?:\.[A-Za-z_]\w*)+)(?:\(.*?\))?`", text):
        parts, known, there = name.split("."), oneid, True
        for end in range(2, len(parts) + 1):
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(".".join(parts[:end]))
            there = hasattr(known, parts[end - 1]) or parts[end - 1] in getattr(known, "__annotations__", {})
            known = getattr(known, parts[end - 1], None)
        if not there and parts[-1] not in ("yaml", "sarif"):
            missing.append(name)
    for name in re.findall(r"`((?:src/oneid|tests|scripts|benchmarks|docs|examples|changelog\.d)/[\w./*-]*)", text):
        if not any(ROOT.glob(name.rstrip("/"))):
            missing.append(name)
    return missing


NOTES = [*sorted((ROOT / "changelog.d").glob("*.md")), *sorted((ROOT / "src").rglob("*.py")), *PAGES]


@pytest.mark.parametrize("path", NOTES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_is_there(path: Path) -> None:
    """Modules, public names and files that documents and docstrings name in backticks exist."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
        texts = [node.value.value for node in nodes if isinstance(node.value, ast.Constant)]
        text = "\n".join(said for said in texts if isinstance(said, str))
    assert nothing_there(text) == []


def test_what_is_not_there_is_found() -> None:
    """A module, a name in one, a file."""
    there = "`oneid.resolve`, :mod:`~oneid.pairs.scoring`, `src/oneid/demo/`, `tests/**/cases/*.yaml`, `oneid.yaml`"
    assert nothing_there(there) == []
    gone = "`oneid.lives`, :func:`oneid.pairs.scoring.nothing` and ``tests/cases/phone.yaml``"
    assert nothing_there(gone) == ["oneid.lives", "oneid.pairs.scoring.nothing", "tests/cases/phone.yaml"]


def test_notes_are_well_formed() -> None:
    """Changelog fragments and decisions keep their form."""
    shell("python scripts/check_notes.py", ROOT)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the examples, so that they can write beside themselves."""
    return Path(shutil.copytree(ROOT / "examples", tmp_path / "examples"))


@pytest.mark.pages
def test_ci_example(examples: Path) -> None:
    """Every command of both jobs but the installation passes as it stands, and they run the same gate."""
    github = yaml.safe_load((examples / "ci/github-actions.yml").read_text("utf-8"))
    gitlab = yaml.safe_load((examples / "ci/gitlab-ci.yml").read_text("utf-8"))
    steps = [step["run"] for step in github["jobs"]["merge-rules"]["steps"] if "run" in step]
    said = {}
    for commands in (steps, gitlab["merge-rules"]["script"]):
        assert commands[0] == "pip install oneid-merge"
        said |= {command: said.get(command) or shell(command, examples.parent) for command in commands[1:]}
    moved = said.pop("bash examples/ci/diff.sh")
    assert "| members moved | 0 of 2,000" in moved
    assert all("passed" in text for text in said.values())
    assert [command.split()[1] for command in steps[1:]] == ["check", "examples/ci/diff.sh", "examples/ci/gate.sh"]
    assert len(said) == 3, "the check in two forms, and the gate"
    written = {"oneid.sarif", gitlab["merge-rules"]["artifacts"]["reports"]["junit"]}
    assert all((examples.parent / name).is_file() for name in written)
    (upload,) = [step["with"] for step in github["jobs"]["merge-rules"]["steps"] if "sarif" in step.get("uses", "")]
    assert upload == {"sarif_file": "oneid.sarif"}


@pytest.mark.pages
def test_ci_example_stops_a_case_that_fails(examples: Path) -> None:
    """A pull request sees it beside the case's line."""
    cases = examples / "ci/cases/families.oneid.yaml"
    cases.write_text(cases.read_text("utf-8").replace("verdict: [never, review]", "verdict: match"), "utf-8")
    command = "oneid check examples/ci/oneid.yaml --cases examples/ci/cases --format github"
    said = shell(command, examples.parent, expect=1)
    assert "::error file=examples/ci/cases/families.oneid.yaml,line=4,title=oneid E160::twins-shared-mail" in said


@pytest.mark.pages
def test_ci_example_stops_a_change_that_moves_too_many(examples: Path) -> None:
    """Rules under which nearly nothing is linked move more members than the limit allows."""
    preset = (ROOT / "src/oneid/settings/presets/jp-members.yaml").read_text("utf-8")
    strict = re.sub(r"verdict: match", "verdict: review", preset.replace("match: 5,", "match: 60,"))
    (examples / "strict.yaml").write_text(strict, "utf-8")
    shell("bash examples/ci/diff.sh examples/strict.yaml", examples.parent, expect=1)


@pytest.mark.pages
def test_pre_commit_hook(examples: Path) -> None:
    """The hook's entry with its arguments runs as written where the files stand as it says; its pattern finds them."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    command = " ".join([hook["entry"], *hook["args"]])
    assert "passed" in shell(command, examples / "ci")
    wanted = ("oneid.yaml", "rules/members.yaml", "cases/a/b.yml", "tests/people.oneid.yaml")
    assert all(re.search(hook["files"], name) for name in wanted)
    assert not any(re.search(hook["files"], name) for name in ("README.md", "rules.py", "other.yaml"))


@pytest.mark.pages
def test_ci_example_stops_a_breach(examples: Path) -> None:
    """With a limit that the demo breaches the gate exits with 1 and nothing is published."""
    gate = examples / "ci/gate.sh"
    text = re.sub(r"largest: \d+", "largest: 2", gate.read_text("utf-8"))
    gate.write_text(re.sub(r"--records \d+", "--records 300", text), encoding="utf-8")
    shell("bash gate.sh", examples / "ci", expect=1)
    assert not list(examples.rglob("merge_map.parquet"))


NOTEBOOKS = ("explore_duplicates.ipynb", "explore_duplicates.ja.ipynb")


@pytest.mark.pages
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(name: str, examples: Path) -> None:
    """The notebook runs from top to bottom without an error, and every cell shows something."""
    run = (
        "import sys, nbformat\nfrom nbclient import NotebookClient\n"
        "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
        "NotebookClient(notebook, timeout=100, kernel_name='python3').execute()\n"
        "shown = [cell['outputs'] for cell in notebook.cells if cell.cell_type == 'code']\n"
        "print(len(shown), all(shown), sum('text/html' in out.get('data', {}) for outs in shown for out in outs))"
    )
    done = subprocess.run(
        [sys.executable, "-c", run, name],
        cwd=examples / "notebook",
        env=environment() | {"JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": str(examples / "ipython")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells, all_, pictures = done.stdout.split()
    assert (int(cells), all_) == (14, "True")
    assert int(pictures) >= 11


def test_notebooks_are_the_same_in_both_languages() -> None:
    """The same cells; the code differs by its language and by words that it prints."""
    books = [json.loads((ROOT / "examples/notebook" / name).read_text("utf-8"))["cells"] for name in NOTEBOOKS]
    assert [cell["cell_type"] for cell in books[0]] == [cell["cell_type"] for cell in books[1]]
    for english, japanese in zip(*books, strict=True):
        texts = ["".join(cell["source"]) for cell in (english, japanese)]
        if english["cell_type"] == "code":
            plain = [re.sub(r'"[^"]*[^\x00-\x7f][^"]*"|"[a-z\' -]*[ :][a-z\' :-]*"', '""', text) for text in texts]
            assert plain[0] == plain[1].replace('lang="ja"', "")
        else:
            assert re.search("[ぁ-ん]", texts[1])
            assert not re.search("[ぁ-ん]", texts[0])
        assert english.get("outputs", []) == japanese.get("outputs", []) == []

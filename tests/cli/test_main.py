"""The command: what it prints, its exit codes, and that bad input leaves one line per problem and nothing written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest
import yaml

import oneid
from conftest import PEOPLE, Said
from oneid.cli import main
from oneid.demo import IDS
from oneid.runs.pipeline import Stage
from oneid.vocabulary import errors

COMMANDS = ("demo", "explain", "init", "normalize", "profile", "resolve")


def one_line_errors(said, *codes: str) -> list[str]:
    """The lines of an error output: one per problem, each with its code."""
    lines = [line for line in said.err.splitlines() if not line.endswith(": done")]
    assert len(lines) == len(codes), said.err
    for line, code in zip(sorted(lines), sorted(codes), strict=True):
        assert f"{code} " in line
    return lines


def test_resolve(command, people_files, tmp_path) -> None:
    """Says what was found and writes it."""
    said = command("resolve", people_files(), "--out", tmp_path / "out")
    assert said.code == 0
    assert "2 sources, 7 records" in said.out
    assert "5 OneIDs, the largest of 2 records" in said.out
    assert "public default" in said.out
    assert said.err.splitlines()[-1] == "write: done"
    assert oneid.read_run(tmp_path / "out").summary()["oneids"] == 5
    assert not list((tmp_path / "out").glob("*.csv"))


def test_resolve_with_options(command, people_files, tmp_path) -> None:
    """CSV, the run's name, one thread."""
    said = command(
        "resolve", people_files(), "--out", tmp_path / "out", "--csv", "--run-id", "nightly", "--threads", "1"
    )
    assert said.code == 0
    assert (tmp_path / "out" / "merge_map.csv").is_file()
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["run_id"] == "nightly"


def test_resolving_twice_changes_nothing(command, people_files, tmp_path) -> None:
    """The same files, byte for byte."""
    config = people_files()
    command("resolve", config, "--out", tmp_path / "out")
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.*") if path.is_file()}
    assert command("resolve", config, "--out", tmp_path / "out").code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.*") if path.is_file()} == first


def test_demo(command, tmp_path) -> None:
    """Makes, resolves and measures 400 records."""
    said = command("demo", "--records", "400", "--out", tmp_path / "demo")
    assert said.code == 0
    assert "5 sources, 400 records" in said.out
    assert re.search(r"against the truth: precision (0\.99|1)", said.out)
    assert "0 lost" in said.out
    assert oneid.read_run(tmp_path / "demo" / "out").summary()["oneids"] > 150


def test_the_demos_files_alone(command, tmp_path) -> None:
    """Those of the same demo, and nothing is resolved."""
    said = command("demo", "--records", "100", "--out", tmp_path / "demo", "--files-only")
    assert (said.code, said.err) == (0, "make the demo: done\n")
    assert said.out.split() == ["sources,", "truth", "and", "config", "in", str(tmp_path / "demo")]
    files = {path.name for path in (tmp_path / "demo").iterdir()}
    assert files == {*(f"{name}.csv" for name in (*IDS, "truth", "households")), "oneid.yaml"}
    said = command("demo", "--records", "100", "--out", tmp_path / "demo", "--files-only", "--format", "json", "-q")
    assert json.loads(said.out) == {"config": str(tmp_path / "demo" / "oneid.yaml")}


def test_normalize(command) -> None:
    """JSON lines; what cannot be used is null, never NaN."""
    said = command("normalize", "birth", "S55.3.7", "nonsense", "")
    assert said.code == 0
    rows = [json.loads(line, parse_constant=pytest.fail) for line in said.out.splitlines()]
    assert [row["normalized"] for row in rows] == ["1980-03-07", None, None]
    assert [set(row) for row in rows] == [{"value", "normalized", "reason"}] * 3
    assert rows[0]["reason"] is None
    assert rows[2]["reason"] == "missing"
    address = json.loads(command("normalize", "address", "東京都新宿区西新宿2-8-1").out)
    assert address["normalized"]["block"] == "2-8-1"


def test_explain(command, people_files) -> None:
    """A pair and a OneID, masked and not."""
    config = people_files()
    said = command("explain", config, "ec:E1", "store:S1")
    assert said.code == 0
    assert "One person: OID" in said.out
    assert "花子" not in said.out
    one = said.out.split("One person: ")[1][:17]
    assert "2 records of 2 sources" in command("explain", config, one).out
    assert "花子" in command("explain", config, "ec:E1", "store:S1", "--show-pii").out
    assert one_line_errors(command("explain", config, "ec:E1", "ec:nobody"), "E421")
    assert one_line_errors(command("explain", config, "OID123"), "E412")


def test_init_and_profile(command, people_files, tmp_path) -> None:
    """A guessed config resolves; the profile names each field; a config that is there is not overwritten."""
    folder = people_files().parent
    files = [folder / "ec.csv", folder / "store.csv"]
    assert command("init", *files, "-o", tmp_path / "in" / "mine.yaml").code == 0
    assert command("resolve", tmp_path / "in" / "mine.yaml", "--out", tmp_path / "out").code == 0
    assert oneid.read_run(tmp_path / "out").summary()["records"] == {"ec": 4, "store": 3}
    said = command("init", *files, "-o", tmp_path / "in" / "mine.yaml")
    assert said.code == 2
    one_line_errors(said, "E311")
    said = command("profile", tmp_path / "in" / "mine.yaml")
    assert said.code == 0
    assert "花子" not in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("resolve",),
        ("resolve", "x.yaml"),
        ("resolve", "x.yaml", "--out", "out", "--threads", "0"),
        ("resolve", "x.yaml", "--out", "out", "--bogus"),
        ("demo", "--records", "many"),
        ("normalize", "name"),
        ("nonsense",),
    ],
)
def test_wrong_usage(command, arguments, tmp_path, monkeypatch) -> None:
    """Exit 2, one line, nothing written."""
    monkeypatch.chdir(tmp_path)
    said = command(*arguments)
    assert said.code == 2
    one_line_errors(said, "E400")
    assert not list(tmp_path.iterdir())


def test_help_and_no_arguments(command) -> None:
    """Help names every command; without a word the help is shown, without an empty error."""
    said = command("--help")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)
    said = command()
    assert said.code == 2
    assert "resolve" in said.out + said.err
    assert "E400" not in said.err


def test_version(command) -> None:
    said = command("--version")
    assert (said.code, said.out.split()[0]) == (0, "oneid")
    assert said.out.split()[1] == oneid.__version__


def test_unknown_kind(command) -> None:
    """With what was meant."""
    said = command("normalize", "nmae", "x")
    assert said.code == 2
    assert "did you mean 'name'" in one_line_errors(said, "E401")[0]


GOOD = ("id,name,phone\n" + "".join(f"{row[0]},{row[1]},{row[4] or ''}\n" for row in PEOPLE["ec"])).encode()
CONFIG = {"version": 1, "sources": {"ec": {"path": "ec.csv", "id": "id", "fields": {"name": "name", "phone": "phone"}}}}


def changed(**source: object) -> dict:
    return {**CONFIG, "sources": {"ec": {**CONFIG["sources"]["ec"], **source}}}


def parquet(**columns: list) -> bytes:
    import io

    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


BAD = {
    "missing file": (None, CONFIG, ["E201"], ["ec.csv"]),
    "wrong column": (GOOD, changed(fields={"name": "nmae", "phone": "phone"}), ["E206"], ["did you mean 'name'"]),
    "unknown kind": (
        GOOD,
        changed(fields={"name": {"column": "name", "kind": "nmae"}}),
        ["E103"],
        ["oneid.yaml:", "did you mean"],
    ),
    "two mistakes at once": (
        GOOD,
        {**changed(idd="x"), "ruels": "jp-members"},
        ["E102", "E102"],
        ["did you mean 'rules'", "'idd'"],
    ),
    "two columns at once": (
        GOOD,
        changed(fields={"name": "nmae", "phone": "fone"}),
        ["E206", "E206"],
        ["'nmae'", "'fone'"],
    ),
    "wrong encoding": (GOOD.decode().encode("cp932"), changed(encoding="utf-8"), ["E203"], ["ec.csv:2", "cp932"]),
    "empty file": (b"", CONFIG, ["E204"], ["Hint"]),
    "header only": (b"id,name,phone\n", CONFIG, ["E205"], ["ec.csv"]),
    "float ids": (
        parquet(id=[1.0, 2.5], name=["a", "b"], phone=["1", "2"]),
        changed(path="ec.parquet"),
        ["E208"],
        ["id", "Hint"],
    ),
    "duplicate ids": (GOOD + "E1,別人 太郎,0312345678\n".encode(), CONFIG, ["E209"], ["ec.csv (rows 1, 5)", "Hint"]),
    "broken parquet": (
        parquet(id=["1"], name=["a"], phone=["1"])[:-9],
        changed(path="ec.parquet"),
        ["E210"],
        ["ec.parquet"],
    ),
    "unclosed quotation": (GOOD + b'E9,"x,1\n' * 3, CONFIG, ["E215"], ["row"]),
    "not yaml": (GOOD, "sources: {ec: [", ["E101"], ["oneid.yaml"]),
    "no such rules": (GOOD, {**CONFIG, "rules": "jp-member"}, ["E130"], ["did you mean 'jp-members'"]),
    "no such decisions": (GOOD, {**CONFIG, "decisions": "d.csv"}, ["E230"], ["d.csv"]),
    "a registry nobody knows": (GOOD, {**CONFIG, "registry": "mysql://x"}, ["E601"], ["Hint"]),
    "an unset key": (GOOD, {**CONFIG, "key": "env:ONEID_NOT_SET"}, ["E142"], ["export ONEID_NOT_SET"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_end_to_end(command, tmp_path, case: str) -> None:
    """Exit 2; per problem one line with code, place and hint; no cell of personal data; nothing written."""
    data, config, codes, words = BAD[case]
    folder = tmp_path / "in"
    folder.mkdir()
    text = config if isinstance(config, str) else yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
    (folder / "oneid.yaml").write_text(text, encoding="utf-8")
    if data is not None:
        (folder / ("ec.csv" if isinstance(config, str) else config["sources"]["ec"]["path"])).write_bytes(data)
    said = command("resolve", folder / "oneid.yaml", "--out", tmp_path / "new" / "out")
    assert said.code == 2
    lines = one_line_errors(said, *codes)
    for word in words:
        assert word in "\n".join(lines)
    assert not any(name in said.err for name in ("花子", "一郎", "別人", "090-1111"))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(("cell", "name"), [("あ" * 5000, "long"), ("髙橋\0花子", "nul")])
def test_odd_cells_are_no_error(command, tmp_path, cell: str, name: str) -> None:
    """A cell of 5,000 characters and NUL characters: read, noted, every record kept."""
    (tmp_path / "ec.csv").write_bytes(GOOD + f"{name},{cell},\n".encode())
    (tmp_path / "oneid.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    assert command("resolve", tmp_path / "oneid.yaml", "--out", tmp_path / "out").code == 0
    found = oneid.read_run(tmp_path / "out")
    assert name in set(found.merge_map["source_id"])
    assert any("ec:" in note for note in found.run["notes"])


def test_the_config_is_missing_or_a_folder(command, tmp_path) -> None:
    """One line that says so."""
    for place, code in ((tmp_path / "none.yaml", "E110"), (tmp_path, "E417")):
        said = command("resolve", place, "--out", tmp_path / "out")
        assert said.code == 2
        one_line_errors(said, code)
    assert not list(tmp_path.iterdir())


def test_the_output_folder_is_a_file(command, people_files, tmp_path) -> None:
    """Said before anything is read, and the file stays."""
    (tmp_path / "out").write_text("mine")
    said = command("resolve", people_files(), "--out", tmp_path / "out")
    assert said.code == 2
    assert said.err.count("\n") == 1
    one_line_errors(said, "E302")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_breached_limit_writes_nothing(command, people_files, tmp_path) -> None:
    """Exit 1; an older run stays as it was."""
    said = command("resolve", people_files(limits={"largest": 1}), "--out", tmp_path / "out")
    assert said.code == 1
    one_line_errors(said, "E501")
    assert not (tmp_path / "out").exists()
    assert command("resolve", people_files(), "--out", tmp_path / "out").code == 0
    before = (tmp_path / "out" / "run.json").read_bytes()
    assert command("resolve", people_files(limits={"largest": 1}), "--out", tmp_path / "out").code == 1
    assert (tmp_path / "out" / "run.json").read_bytes() == before
    assert oneid.read_run(tmp_path / "out").summary()["oneids"] == 5


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RuntimeError("佐藤 太郎"), 3, "E999 internal error: RuntimeError"),
        (errors.InternalError("E910", "7 rows came in, 6 came out"), 3, "E910 7 rows came in, 6 came out"),
        (KeyboardInterrupt(), 130, "the old outputs stand"),
    ],
    ids=["unforeseen", "promise", "stopped"],
)
def test_internal_errors(command, people_files, tmp_path, monkeypatch, error, code, says) -> None:
    """Exit 3 (130 where a person stopped it), one line without the exception's text, nothing written."""

    def broken(**_given):
        raise error

    monkeypatch.setattr("oneid.runs.pipeline.STAGES", (Stage("read", broken, ("frames",), ("records",)),))
    said = command("resolve", people_files(), "--out", tmp_path / "out")
    assert said.code == code
    assert says in said.err
    assert "佐藤" not in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oneid", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_as_a_process(tmp_path) -> None:
    """`python -m oneid`: exit codes reach the shell; a pipe gets UTF-8; only --debug shows the traceback."""
    said = run("normalize", "name", "髙橋　花子 様")
    assert (said.returncode, json.loads(said.stdout)["normalized"]) == (0, "高橋花子")
    said = run("resolve", tmp_path / "none.yaml", "--out", tmp_path / "out")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert "Traceback" not in said.stderr
    assert "Traceback" in run("resolve", tmp_path / "none.yaml", "--out", tmp_path / "out", "--debug").stderr


KILLED = """
import os, signal, sys
from oneid.cli import main as cli
from oneid.outputs import runfolder as write

class Killed(write.RunFolder):
    def __init__(self, folder, **options):
        def step(name):
            if name == sys.argv[-1]:
                os.kill(os.getpid(), signal.SIGKILL)
        super().__init__(folder, step=step, **options)

write.RunFolder = Killed
cli.app(sys.argv[1:-1], standalone_mode=False)
"""


@pytest.mark.parametrize(
    ("point", "new"),
    [
        pytest.param("write golden", False, marks=pytest.mark.slow),
        pytest.param("commit", False, marks=pytest.mark.slow),
        ("place golden.parquet", True),
        pytest.param("switch", True, marks=pytest.mark.slow),
    ],
)
def test_killed_in_the_middle_of_writing(people_files, tmp_path, point: str, new: bool) -> None:
    """A first run stands; a second one with other rules is killed at a step of its write. What is read is whole:
    the old run before the commit and the new one after it; the next run goes through.
    """
    out = tmp_path / "out"
    first = oneid.resolve(people_files())
    first.write(out)
    other = people_files(rules="person")
    child = subprocess.run(
        [sys.executable, "-c", KILLED, "resolve", str(other), "--out", str(out), point],
        capture_output=True, timeout=120, check=False, env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    found = oneid.read_run(out)
    versions = set(found.links["rules_version"])
    assert versions == {found.run["rules_version"]}
    assert found.run["rules_version"].startswith("person@" if new else "jp-members@")
    assert set(found.merge_map["run_id"]) == {found.run["run_id"]}
    again = oneid.resolve(other)
    again.write(out)
    assert set(oneid.read_run(out).links["rules_version"]) == {again.run["rules_version"]}
    assert Path(out / "run.json").is_file()


def test_a_panic_of_a_library_is_an_internal_error(command, monkeypatch):
    """It is no Exception: without a net it would end in a traceback and exit 1."""

    def panics(*_given: object, **_more: object) -> None:
        raise pl.exceptions.PanicException("秘密")

    monkeypatch.setattr(main, "commands_in", lambda *_: nullcontext(panics))
    said = command("normalize", "name", "x")
    assert (said.code, said.err.split()[0]) == (3, "E999")
    assert "秘密" not in said.err


# --- nothing that is not ours is written over ------------------------------------------------------------------------


def held(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(command: Callable[..., Said], folder: Path, code: str, *words: object) -> None:
    """A command ends with 2 before it has begun, and every file is as it was."""
    before = held(folder)
    said = command(*words)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1), said.err
    assert code in said.err
    assert held(folder) == before


@pytest.mark.parametrize(
    "name", ["members.csv", "review.csv", "households.csv", "merge_map.csv", "rejected.csv", "members.parquet"]
)
def test_a_source_is_no_output(command: Callable[..., Said], people_files: Callable[..., Path], name: str) -> None:
    """Neither into the folder of the sources, nor, by Python, when the run is done, nor after our own run."""
    config = people_files()
    folder = config.parent
    frame = pl.read_csv(folder / "ec.csv", infer_schema=False)
    frame.write_parquet(folder / name) if name.endswith("parquet") else frame.write_csv(folder / name)
    config.write_text(config.read_text("utf-8").replace("ec.csv", name), "utf-8")
    refused(command, folder, "E308", "resolve", config, "--out", folder, "--csv")
    before = held(folder)
    with pytest.raises(oneid.OutputError, match="E308"):
        oneid.resolve(config, folder=folder).write(folder, csv=True)
    assert held(folder) == before


def test_what_else_a_config_names_is_no_output(command: Callable[..., Said], people_files: Callable[..., Path]) -> None:
    """Decisions in a list for review, a pattern that would take in our own tables, the registry's own file."""
    config = people_files()
    folder, text = config.parent, config.read_text("utf-8")
    header = "source_l,source_id_l,source_r,source_id_r,decision\n"
    for more, code in (("decisions: out/review.csv\n", "E308"), ("registry: sqlite:///out/run.json\n", "E308")):
        shutil.rmtree(folder / "out", ignore_errors=True)
        (folder / "out").mkdir()
        if "decisions" in more:
            (folder / "out" / "review.csv").write_text(header, "utf-8")
        config.write_text(text + more, "utf-8")
        refused(command, folder, code, "resolve", config, "--out", folder / "out", "--csv")
    shutil.rmtree(folder / "out")
    for pattern in ("*.csv", "**/m*.csv"):
        config.write_text(text.replace("ec.csv", f'"{pattern}"'), "utf-8")
        refused(command, folder, "E308", "resolve", config, "--out", folder, "--csv")
    config.write_text(text, "utf-8")
    refused(command, folder, "E408", "resolve", config, "--out", "")
    (folder / "golden.parquet").write_text("theirs", "utf-8")
    refused(command, folder, "E307", "resolve", config, "--out", folder)
    (folder / "golden.parquet").unlink()
    for _ in range(2):
        assert command("resolve", config, "--out", folder).code == 0


def test_no_other_command_writes_over_what_is_not_ours(
    command: Callable[..., Said], people_files: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused before it begins, and takes its own earlier files again."""
    config = people_files()
    folder = config.parent
    monkeypatch.chdir(folder)
    assert command("resolve", config, "--out", "out").code == 0
    (folder / "truth.csv").write_text("source,source_id,person_id\nec,E1,1\nec,E2,2\nstore,S1,1\n", "utf-8")
    again = {
        ("evaluate", "out", "truth.csv", "--out"): ("by_rule.csv", "evaluation.json", "thresholds.svg"),
        ("diff", "out", "out", "--out"): ("diff.json", "diff.parquet"),
        ("demo", "--records", "100", "--out"): ("truth.csv", "ec.csv", "oneid.yaml", "out/golden.parquet"),
    }
    for words, names in again.items():
        for name in names:
            theirs = tmp_path / words[0] / name.replace("/", "-") / name
            theirs.parent.mkdir(parents=True)
            theirs.write_text("theirs", "utf-8")
            place = theirs.parents[name.count("/")]
            refused(command, tmp_path, "E307", *words, place)
            theirs.unlink()
        for _ in range(2):
            assert command(*words, place).code == 0
        (place / names[0]).write_text("theirs", "utf-8")
        refused(command, tmp_path, "E307", *words, place)
    for option in ("--junit", "--sarif"):
        report = tmp_path / "report"
        report.write_text("theirs", "utf-8")
        refused(command, tmp_path, "E307", "check", config, option, report)
        report.write_text("", "utf-8")
        for _ in range(2):
            assert command("check", config, option, report).code == 0
        report.unlink()
    refused(command, tmp_path, "E308", "init", "ec.csv", "store.csv", "-o", "ec.csv", "--force")
    refused(command, tmp_path, "E308", "train", config, "-o", config, "--force")
    for content in (b"mine", b"SQLite format 3\0", b"id,name\n1,a\n", b"# notes: sources\n", b"\0\nversion: 1\n"):
        theirs = tmp_path / "theirs"
        theirs.write_bytes(content)
        refused(command, tmp_path, "E307", "init", "ec.csv", "-o", theirs, "--force")
        refused(command, tmp_path, "E307", "train", config, "-o", theirs, "--force")


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_results_as_json(
    command: Callable[..., Said], people_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One document each, with these keys; masked or without values, as the words are."""
    config = people_files(registry="sqlite:///oneid.db")
    monkeypatch.chdir(config.parent)
    Path("truth.csv").write_text("source,source_id,person_id\nec,E1,1\nec,E2,2\nstore,S1,1\n", "utf-8")
    assert command("resolve", "--out", "out", "-q").code == 0
    for words, keys in (
        (("profile",), {"fields"}),
        (("evaluate", "out", "truth.csv"), {"quality", "coverage", "estimate", "notes"}),
        (("evaluate", "out", "truth.csv", "--out", "measured"), {"quality", "coverage", "estimate", "notes"}),
        (("lookup", "name=高橋花子", "phone=09011112222"), {"oneid"}),
    ):
        said = command(*words, "--format", "json")
        assert said.code == 0
        assert keys <= set(json.loads(said.out))
        assert "hanako@example.com" not in said.out
    fields = json.loads(command("profile", "--format", "json").out)["fields"]
    assert {(one["source"], one["field"]) for one in fields} >= {("ec", "birth"), ("store", "phone")}
    assert all(one["filled"] >= one["usable"] for one in fields)
    same = command("lookup", "name=高橋花子", "phone=09011112222", "--json")
    assert same.out == command("lookup", "name=高橋花子", "phone=09011112222", "--format", "json").out
    made = command("demo", "--records", "100", "--out", "small", "--format", "json")
    assert json.loads(made.out)["against_truth"]["lost"] == 0

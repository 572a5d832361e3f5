"""The container file, where no Docker is: it is read and held to the rules that matter. ``make image`` builds it."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from paths import ROOT

TEXT = (ROOT / "Containerfile").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8")


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions with their arguments, lines that go on joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word
    ]


def let_in(name: str, ignored: str) -> bool:
    """Whether the builder sees a file: the last line that fits counts."""
    seen = True
    for line in filter(None, (line.strip() for line in ignored.splitlines())):
        pattern = line.removeprefix("!").removeprefix("**/")
        if not line.startswith("#") and any(fnmatch(part, pattern) for part in (name, *Path(name).parts[:1])):
            seen = line.startswith("!")
    return seen


def faults(text: str, ignored: str = IGNORED, root: Path = ROOT) -> list[str]:
    """What is wrong with a container file, a word or two each."""
    steps, found = instructions(text), []
    for word, rest in steps:
        if word == "FROM" and not re.match(r"python:3\.\d+-slim-\w+( AS \w+)?$", rest):
            found.append("base")
        if word == "ADD":
            found.append("add")
        if word in ("ENV", "ARG") and re.search(r"(?i)password|secret|token|key", rest):
            found.append("secret")
        if word == "COPY" and not rest.startswith("--from="):
            names = rest.split()[:-1]
            found += ["not there" for name in names if not (root / name).exists() or name in (".", "*")]
            found += ["not seen" for name in names if not let_in(name, ignored)]
        if word == "RUN":
            found += ["cache" for part in rest.split("&&") if " pip " in f" {part}" and "--no-cache-dir" not in part]
            found += ["download"] if re.search(r"\b(curl|wget)\b", rest) else []
    last = dict(steps)
    if last.get("USER", "root").split(":")[0] in ("root", "0"):
        found.append("root")
    if not last.get("ENTRYPOINT", "").startswith("["):
        found.append("entrypoint")
    return found


def test_container_file_keeps_the_rules() -> None:
    """Bases with version and release, nobody root at the end, nothing fetched past pip, no secret, the command."""
    assert faults(TEXT) == []
    last = dict(instructions(TEXT))
    assert last["ENTRYPOINT"] == '["oneid"]'
    assert not any(let_in(name, IGNORED) for name in (".git/config", "oneid-demo/ec.csv", "tests/paths.py", ".venv/x"))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("python:3.13-slim-bookworm\n", "python:latest\n", "base"),
        ("USER 10001", "USER root", "root"),
        ("USER 10001", "", "root"),
        ("COPY src ./src", "ADD https://example.com/x.tar.gz .", "add"),
        ("COPY src ./src", "COPY . .", "not there"),
        ("COPY src ./src", "COPY tests ./tests", "not seen"),
        ("ENV PYTHONUTF8=1", "ENV ONEID_KEY=abc", "secret"),
        ("pip install --no-cache-dir", "pip install", "cache"),
        ('ENTRYPOINT ["oneid"]', "ENTRYPOINT oneid", "entrypoint"),
        ("useradd", "curl https://example.com | sh && useradd", "download"),
    ],
)
def test_a_breach_is_found(old: str, new: str, fault: str) -> None:
    """Each rule can fail."""
    assert old in TEXT
    assert fault in faults(TEXT.replace(old, new))

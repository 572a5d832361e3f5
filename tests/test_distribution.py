"""The distribution's name: ``oneid`` on the public index is somebody else's package for something else, so that nothing
here may tell people, or a machine, to install it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from oneid.vocabulary.version import DISTRIBUTION, install
from paths import ROOT

INSTALLERS = re.compile(
    r"\b(?:pip[\d.]*\s+(?:install|download|wheel)|uv\s+add|uv\s+pip\s+(?:install|compile)|uv\s+tool\s+(?:install|run)|uvx"
    r"|pipx\s+(?:install|run|inject)|(?:poetry|pdm|rye|pixi|hatch)\s+add"
    r"|(?:conda|mamba|micromamba)\s+(?:install|create))\s(?P<words>[^\n;&|#`()<>]*(?:[<>]=?[^\n;&|#`()]*)*)"
)
"""What installs, and the rest of its command."""
NAMED = r"[\\\"']*oneid(?![-._]*[A-Za-z0-9])"
"""The other package as a requirement: alone, with extras, a version or an address, quoted or not."""
SOURCE = re.compile(r"\s--?(?:from|spec)[\s=]+(?P<word>\S+)")
"""Where a command is run without being installed first, the option that names the distribution."""
VERSIONED = r"\s*(?:(?:[=~!<>]=|[<>])\s*\d|@ )"
LINES = re.compile(
    rf"^\s*(?:- )?[\"']?oneid(?:\[[a-z, ]*\])?{VERSIONED}|[\"']oneid(?:\[[a-z, ]+\][\"']|(?:\[[a-z, ]+\])?{VERSIONED})",
    re.M | re.I,
)
"""A requirement with a version, an extra or an address, on a line of its own or in a list."""
LISTS = re.compile(
    r"dependencies[\"']?\s*[:=]\s*(?:\[(?P<inline>[^\]]*)\]|(?P<below>(?:\n\s*- [^\n]*)+))"
    r"|^Requires-Dist:(?P<one>[^\n]*)",
    re.M,
)
METADATA = re.compile(r"\b(?:version|distribution|metadata|requires|files)\([\"']oneid[\"']\)")


def strangers(text: str) -> list[str]:
    """What in a text would install, require or look up the other package."""
    text = re.sub(r"\\\n\s*", " ", text)
    found = [m[0].strip() for pattern in (LINES, METADATA) for m in pattern.finditer(text)]
    for command in INSTALLERS.finditer(text):
        source = SOURCE.search(" " + command["words"])
        words = [source["word"]] if source else command["words"].split()
        found += [command[0] for word in words if re.match(NAMED, word, re.I | re.A)]
    for listed in LISTS.finditer(text):
        items = re.split(r",|\n\s*- ", listed["inline"] or listed["below"] or listed["one"])
        found += [listed[0] for item in items if re.match(NAMED, item.strip(), re.I | re.A)]
    return found


def tracked() -> list[Path]:
    """The project's files: those in the repository, and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in filter(None, said.split("\0")) if (ROOT / name).is_file()]


def test_no_file_installs_the_other_package() -> None:
    """No document, example, script, hint, hook or job does."""
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content and (lines := strangers(content.decode("utf-8", "replace"))):
            found[str(path.relative_to(ROOT))] = lines
    assert found == {}


SPELLINGS = (
    "pip install {}",
    "Type `pip install {}` or `pip3 install -U {}`.",
    "python -m pip install --quiet {} other",
    "python3.12 -m pip  install other {}==0.1",
    "pip install other>=2 {}",
    "pip install \\\n    {}",
    "pip install {}[xlsx], or save the sheet as CSV",
    'pip install "{}[xlsx]"',
    "pip install '{}[reading,itaiji]>=0.1'",
    '"Needs `pip install \\"{}[notebook]\\"`."',
    "pip install {}. Then",
    "pip install {}を実行",
    "RUN pip install --no-cache-dir {}",
    "uv add {}",
    "uv add --dev '{}[postgres]'",
    "uv pip install {}",
    "uv tool install {}",
    "uvx {} demo",
    "uvx --from {} oneid demo",
    "uvx --from '{}[xlsx]' oneid demo",
    "pipx install {}",
    "pipx run --spec={} oneid demo",
    "poetry add {}",
    "conda install -c conda-forge {}",
    "{}==0.1.0",
    "{}[postgres]>=0.1",
    "{} @ git+https://example.com/x.git",
    "  - {}~=0.1",
    'x = ["polars", "{}[xlsx]"]',
    "additional_dependencies: [{}]",
    "additional_dependencies: [polars, '{}']",
    'dependencies = [\n  "polars",\n  "{}",\n]',
    "dependencies:\n  - polars\n  - {}\n",
    "Requires-Dist: {} (>=0.1)",
    'version("{}")',
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_found(spelling: str) -> None:
    """With the other's name it is found, also in capitals; with ours, and with our import and command, it is not."""
    assert strangers(spelling.format("oneid", "oneid"))
    assert strangers(spelling.format("OneID", "OneID")) or "version(" in spelling
    assert strangers(spelling.format(DISTRIBUTION, DISTRIBUTION)) == []


@pytest.mark.parametrize(
    "said",
    [
        "pip install oneid-merge && oneid demo",
        "pip install 'oneid_merge>=0.1'; oneid --version",
        "uvx --from oneid-merge oneid check oneid.yaml",
        "pipx run --spec oneid-merge oneid demo",
        "pip install -r requirements.txt   # then oneid demo",
        'table["oneid"] = oneid[3:]',
        "from oneid import resolve",
    ],
)
def test_what_is_ours_is_not_found(said: str) -> None:
    assert strangers(said) == []


KNOWN_SITES = {
    "127.0.0.1",  # the review page
    "altair-viz.github.io",
    "creativecommons.org", "en.wikipedia.org", "eprint.iacr.org", "github.com", "json-schema.org",
    "json.schemastore.org", "keepachangelog.com", "owasp.org", "pre-commit.com", "recordlinkage.readthedocs.io",
    "schemas.openxmlformats.org", "semver.org", "www.apache.org", "www.crockford.com", "www.e-stat.go.jp",
    "www.sqlite.org", "www.w3.org",
}  # fmt: skip
"""Public sites that documents and code may lead to. This project has none of its own."""


def test_links_lead_to_known_sites() -> None:
    """Absolute links in documents, the package's description and the code lead nowhere else; made-up ones are data."""
    folders = ("src/", "docs/", "examples/", "scripts/", "benchmarks/")
    found = {}
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if not (name.startswith(folders) or "/" not in name) or b"\0" in path.read_bytes():
            continue
        sites = set(re.findall(r"https?://([\w.-]+)", re.sub(r"^\|.*\|$", "", path.read_text("utf-8"), flags=re.M)))
        if strange := sites - KNOWN_SITES:
            found[name] = strange
    assert found == {}


def test_hints_name_what_is_built() -> None:
    """The name in the hints of errors is that of the package that is built, with extras that it has."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == DISTRIBUTION
    hinted = {
        extra
        for path in (ROOT / "src/oneid").rglob("*.py")
        for extra in re.findall(r"\binstall\([\"'](\w+)[\"']\)", path.read_text("utf-8"))
    }
    assert hinted == {"postgres", "recordlinkage", "review"} <= project["optional-dependencies"].keys()
    assert install("postgres") == f'pip install "{DISTRIBUTION}[postgres]"'

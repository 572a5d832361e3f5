"""What somebody seems to have meant who gave one thing where another belongs, and the command that takes it.

E417  a command was given something else than it works on: a source where a config belongs, say
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import Said, said

if TYPE_CHECKING:
    from oneid.settings.config import Config

__all__ = ["config_of", "refuse_no_config", "refuse_no_merge_map", "refuse_no_run", "refuse_no_source", "thing"]

Thing = Literal["source", "table", "run", "project", "folder", "config", "rules", "cases", "oneid", "record"]

_TABLES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".jsonl", ".ndjson", ".json")
_ONEID: Final = re.compile(r"OID[0-9A-HJKMNP-TV-Z]{14}")
_KEYS: Final[Mapping[Thing, re.Pattern[bytes]]] = {
    "config": re.compile(rb"^sources\s*:", re.MULTILINE),
    "cases": re.compile(rb"^cases\s*:", re.MULTILINE),
    "rules": re.compile(rb"^(thresholds|weights|blocking|rules|survivorship|guards)\s*:", re.MULTILINE),
}
_CALLED: Final[Mapping[Thing, str]] = {
    "source": "{what} is a source, no {wanted}",
    "table": "{what} is a table of a run, no {wanted}",
    "run": "{what} is the folder of a run, no {wanted}",
    "project": "{what} is a folder, no {wanted}",
    "folder": "{what} is a folder, no {wanted}",
    "config": "{what} is a config, no {wanted}",
    "rules": "{what} is a rules file, no {wanted}",
    "cases": "{what} is a file of cases, no {wanted}",
    "oneid": "{what} is a OneID, no {wanted}",
    "record": "{what} is a record, no {wanted}",
}
_BEGIN: Final = 1 << 16


def thing(word: str | Path) -> Thing | None:
    """What a word of the command line names: by the file or folder of that name, else by its look. None: that cannot be
    told, or there is nothing of that name.
    """
    path, text = Path(word), str(word)
    try:
        if path.is_dir():
            return (
                "run" if (path / "run.json").is_file() else "project" if (path / "oneid.yaml").is_file() else "folder"
            )
        if not path.is_file():
            return _by_look(text)
        with path.open("rb") as file:
            begin = file.read(_BEGIN)
        if path.suffix.lower() == ".json" and re.search(rb'"sources"\s*:', begin):
            return "config"  # JSON is YAML
        if path.suffix.lower() in _TABLES:
            return "table" if (path.parent / "run.json").is_file() else "source"
    except (OSError, ValueError):
        return None
    return next((name for name, keys in _KEYS.items() if keys.search(begin)), None)


def _by_look(text: str) -> Thing | None:
    if _ONEID.fullmatch(text.upper()):
        return "oneid"
    return "record" if re.fullmatch(r"[^\W\d][\w.\-]*:[^/\\]+", text) else None


def config_of(path: Path, command: str, variables: Mapping[str, str], reads: Collection[str] | None = None) -> Config:
    """The config at ``path``, for ``command``. E417 where something else is there; else as
    :func:`oneid.settings.configfile.load`.
    """
    from oneid.settings import configfile

    refuse_no_config(path, command)
    return configfile.load(path, variables) if reads is None else configfile.load(path, variables, reads=reads)


def refuse_no_config(path: Path, command: str) -> None:
    """E417 where what is given for a config is something else."""
    found, name = thing(path), str(path)
    if found in (None, "config"):
        return
    hints: dict[str | None, Said] = {
        "source": said("`oneid init {name}` writes a config for it", name=name),
        "project": said("its config: `oneid {command} {name}/oneid.yaml`", command=command, name=name),
        "folder": said("`oneid init {name}/*.csv` writes a config for files in it", name=name),
        "rules": said("name it in the config: `rules: {name}`; `oneid diff RUN --rules {name}` says what it changes",
                      name=name),
        "cases": said("`oneid check CONFIG --cases {name}`", name=name),
        "oneid": said("`oneid registry show {name}`, or `oneid explain CONFIG {name}`", name=name),
        "record": said("`oneid registry find {name}`", name=name),
        "table": said("`oneid report {name}`", name=path.parent),
        "run": said("`oneid report {name}` shows it", name=name),
    }  # fmt: skip
    of_run = {
        "resolve": said("`oneid resolve CONFIG --out {name}`; `oneid report {name}` shows what is in it", name=name),
        "check": said("`oneid check CONFIG --run {name}`", name=name),
    }
    hint = of_run.get(command, hints["run"]) if found == "run" else hints[found]
    raise _other(found, name, said("config"), hint)


def refuse_no_run(path: Path, command: str) -> None:
    """E417 where what is given for the folder of a run is something else."""
    found, name = thing(path), str(path)
    if found in (None, "run", "folder") or (found == "project" and (path / ".runs").is_dir()):
        return
    first = said("`oneid resolve {name} --out out`, then `oneid {command} out`", command=command, name=name)
    hints: dict[str | None, Said] = {
        "config": first,
        "project": said("`oneid resolve {name}/oneid.yaml --out out`, then `oneid {command} out`",
                        command=command, name=name),
        "table": said("`oneid {command} {name}`", command=command, name=path.parent),
        "source": said("`oneid init {name}`, then `oneid resolve --out out`", name=name),
        "rules": said("`oneid diff RUN --rules {name}`", name=name),
        "cases": said("`oneid check CONFIG --cases {name}`", name=name),
        "oneid": said("`oneid registry show {name}`", name=name),
        "record": said("`oneid registry find {name}`", name=name),
    }  # fmt: skip
    raise _other(found, name, said("folder of a run"), hints[found])


def refuse_no_source(path: Path) -> None:
    """E417 where what is given for a source's file is something else."""
    found, name = thing(path), str(path)
    hints: dict[str | None, Said] = {
        "config": said("`oneid profile {name}` looks through its sources", name=name),
        "rules": said("name it in the config: `rules: {name}`", name=name),
        "cases": said("`oneid check CONFIG --cases {name}`", name=name),
        "run": said("`oneid report {name}` shows it", name=name),
        "project": said("`oneid profile {name}/oneid.yaml`", name=name),
        "folder": said("name the files in it: `oneid init {name}/*.csv`", name=name),
    }
    if found in hints:
        raise _other(found, name, said("file of a source"), hints[found])


def refuse_no_merge_map(path: Path) -> None:
    """E417 where what is given for a merge map is something else."""
    found, name = thing(path), str(path)
    hints: dict[str | None, Said] = {
        "config": said("`oneid resolve {name} --out out`, then `oneid evaluate out TRUTH`", name=name),
        "rules": said("`oneid diff RUN --rules {name}`", name=name),
        "cases": said("`oneid check CONFIG --cases {name}`", name=name),
    }
    if found in hints:
        raise _other(found, name, said("merge map"), hints[found])


def _other(found: Thing | None, name: str, wanted: Said, hint: Said) -> UsageError:
    assert found is not None
    return UsageError("E417", said(_CALLED[found], what=name, wanted=wanted), hint=hint)

"""Runs commands with options, configs, rules, cases, decisions and URLs made from a grammar and then spoilt, and asks
of each that it ends in 0, 1 or 2 with words: no internal error, no traceback, no panic, no dead process, nothing that
a terminal or a CI system would obey.

Usage: ``python scripts/fuzz_commands.py [--minutes 10] [--seed N] [--only STORY] [--verbose]``

A *story* is a small project (two shops, config, rules, cases, decisions, sometimes a registry) and some commands in it,
one after the other, in a process that is used again for the next story. It depends on the seed and its number alone:
``--only 17`` plays the 17th once more. What is found is printed with the story's number, the command and what it said;
the exit code is 1 then, else 0 after a line of counts.

No story names a file of the system for writing: it is played in a folder of its own, where ``null`` and ``full`` are
links to devices.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

PATIENCE = 90.0
"""Seconds after which a command is taken to hang."""

MOST_FOUND = 20

HEADER = "id,name,kana,birth,phone,email,address,day,del\n"
SHOPS = {
    "ec": HEADER
    + "E1,髙橋 花子,タカハシ ハナコ,1980-04-05,090-1111-2222,hanako@example.com,東京都新宿区西新宿2-8-1,2026-01-05,\n"
    "E2,鈴木 一郎,スズキ イチロウ,1975-01-31,03-3333-4444,,大阪府大阪市北区梅田1-1,2026-01-06,\n"
    "E3,鈴木 次郎,スズキ ジロウ,1978-09-12,03-3333-4444,,大阪府大阪市北区梅田1-1,2026-02-06,\n"
    "=E4,小鳥遊 六花,タカナシ リッカ,2001-06-12,,rikka@example.com,,,\n",
    "store": HEADER + "S1,高橋花子,ﾀｶﾊｼ ﾊﾅｺ,S55.4.5,09011112222,,,2026-01-09,\n"
    "S2,小鳥遊六花,タカナシ リツカ,2001-06-21,,rikka@example.com,,,1\n"
    "S3,田中 実,タナカ ミノル,1990-03-03,080-5555-6666,minoru@example.com,,,\n",
}
FIELDS = {name: name for name in ("name", "kana", "birth", "phone", "email", "address")}
CONFIG: dict[str, Any] = {
    "version": 1,
    "sources": {
        "ec": {"path": "ec.csv", "id": "id", "fields": FIELDS, "updated": "day"},
        "store": {"path": "store.csv", "id": "id", "fields": FIELDS},
    },
}
MORE: Sequence[Mapping[str, Any]] = (
    {"rules": "rules.yaml"},
    {"rules": "jp-members"},
    {"registry": "sqlite:///oneid.db"},
    {"registry": "sqlite:///oneid.db"},
    {"decisions": "decisions.csv"},
    {"limits": {"largest": 12, "source_rows_drop_pct": 20}},
    {"key": "env:ONEID_FUZZ_KEY"},
    {"registry": "env:ONEID_FUZZ_URL"},
    {"kinds": ["collections:OrderedDict"]},
    {"limits": {"members_renumbered_pct": 0}},
)
MORE_OF_SOURCE: Sequence[Mapping[str, Any]] = (
    {"encoding": "cp932"},
    {"duplicate_id": "newest"},
    {"feed": "delta"},
    {"feed": {"mode": "delta"}},
    {"feed": "delta", "deleted": {"column": "del", "values": ["1"]}},
    {"customer": "company"},
    {"customer": {"column": "del", "company": ["1"]}},
    {"status": {"column": "del", "withdrawn": ["1"]}},
    {"carry": ["day"]},
    {"null_values": ["-"]},
    {"path": "{ds}.csv"},
    {"path": "*.csv"},
    {"since": "day"},
    {"id": ["id", "name"]},
    {"fields": {"name": "name", "birth": {"year": "birth", "month": "day"}}},
    {"fields": {"name": "name", "shop": {"column": "del", "kind": "category"}}},
    {"format": "tsv"},
    {"fields": {"name": "name", "other": {"column": "email", "kind": "identifier", "refers_to": "store"}}},
)
CASES: dict[str, Any] = {
    "version": 1,
    "cases": [
        {
            "id": "same-phone",
            "why": "a phone says much",
            "severity": "must",
            "records": {
                "a": {"source": "ec", "name": "佐藤太郎", "birth": "1980-01-02", "phone": "090-1234-5678"},
                "b": {"source": "store", "name": "佐藤太郎", "birth": "1980-01-02", "phone": "090-1234-5678"},
            },
            "expect": {"pair": ["a", "b"], "verdict": "match"},
        },
        {
            "id": "brothers",
            "severity": "should",
            "context": {"family": "common", "phone": "shared"},
            "records": {
                "a": {"source": "ec", "name": "鈴木一郎", "birth": "1975-01-31", "phone": "03-3333-4444"},
                "b": {"source": "ec", "name": "鈴木次郎", "birth": "1978-09-12", "phone": "03-3333-4444"},
            },
            "expect": {"groups": [["a"], ["b"]]},
        },
        {
            "id": "run",
            "records": {"a": {"ref": "ec:E1"}, "b": {"ref": "store:S1"}},
            "expect": {"pair": ["a", "b"], "verdict": ["match", "review"], "rule": "score"},
        },
    ],
}
DECISIONS = "source_l,source_id_l,source_r,source_id_r,decision,by,at,reason\n"
DECIDED = (
    "ec,E1,store,S1,same,me,2026-01-01,known",
    "ec,E2,ec,E3,different,,,",
    "ec,E2,store,S3,defer,,2026-01-01T09:00+09:00,",
)

HOSTILE: Sequence[str] = (
    "",
    " ",
    ".",
    "..",
    "-",
    "--",
    "-1",
    "0",
    "1",
    "2",
    "99999999999999999999",
    "1e309",
    "nan",
    "inf",
    "null",
    "~",
    "true",
    "\x00",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\u202eevil",
    "\ud800",
    "\udcff.csv",
    "[/x]",
    "[bold]x",
    "::set-output name=x::y",
    "x\n::error::y",
    "##[error]x",
    "##vso[task.setvariable variable=x]y",
    '=HYPERLINK("x")',
    "𠮷野家",
    "{ds}",
    "ds=",
    "=x",
    "ds=\x00",
    "ds=" + "n" * 300,
    "ds=../../x",
    "{x}",
    "{",
    "}",
    "{}",
    "%",
    "%s",
    "$HOME",
    "~",
    "~nobody",
    "*",
    "**",
    "[",
    "]",
    "[!a]",
    "?",
    "é" * 130,
    "あ" * 90,
    "n" * 256,
    "p/" * 2100,
    "/proc/nowhere/x",
    "null",
    "full",
    "loop/x",
    "C:\\x",
    "file:///x",
    "\\",
    "'",
    '"',
    "a:b",
    ":",
    ":x",
    "x:",
    "ec:E1",
    "store:S1",
    "=E4",
    "ec:=E4",
    "ec:nobody",
    "nobody:E1",
    "OID",
    "OID0000000000000",
    "oneid.yaml",
    "ec.csv",
    "out",
    "out/run.json",
    "rules.yaml",
    "oneid.db",
    "sqlite://",
    "jp-members",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-01-01",
    "0001-01-01T00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-01-01T00:00:00+99:00",
    "2026-W01-1",
    "１２",
    "²",
    "10000-01-01",
    "20260101",
    "20260101T00",
    "now",
    "3.5",
    "-5",
    "１",
    "٣",
)
URLS = (
    "sqlite:///oneid.db",
    "sqlite:///oneid.db",
    "sqlite:///",
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite:///no/where/x.db",
    "sqlite:///\x00.db",
    "sqlite:///" + "n" * 300,
    "sqlite://user:sesame@host/x.db",
    "sqlite:///x.db?password=sesame",
    "sqlite:///null",
    "sqlite:///full",
    "sqlite:///ec.csv",
    "sqlite:///out",
    "sqlite:///file:x?mode=ro&uri=true",
    "sqlite:///x.db?timeout=sesame",
    "sqlite:///x.db?check_same_thread=sesame",
    "sqlite+aiosqlite:///x.db",
    "mysql://me:sesame@localhost/x",
    "postgresql://",
    "nonsense",
    "x:y:z",
    "postgresql://me:sesame@127.0.0.1:1/x?connect_timeout=1",
    "postgresql://127.0.0.1:1/x?password=sesame",
    "postgresql://127.0.0.1:1/x?passwd=sesame",
    "postgresql://127.0.0.1:1/x?sslmode=sesame",
    "postgresql://127.0.0.1:99999/x?sslpassword=sesame",
    "postgresql://127.0.0.1:1/x?host=a&host=b&password=sesame",
    "postgresql://me:ses%00ame@127.0.0.1:1/x",
    "postgresql://[::1/x",
    "postgresql+psycopg://127.0.0.1:1/\x00?password=sesame",
    "postgresql://127.0.0.1:x/y?password=sesame",
)
SECRET = "sesame"

Story = Iterator[list[str]]


class Dice(random.Random):
    """Chance, in the words of the grammar. ``calm``: the files of the story are as they should be, and words mostly."""

    calm = False

    def often(self, share: float) -> bool:
        """True for about that share of calls."""
        return self.random() < share

    def hostile(self) -> str:
        """A text that programs stumble over."""
        if self.often(0.1):
            return "".join(
                chr(self.choice((self.randrange(0x20), self.randrange(0x80, 0xA0), self.randrange(0x3000, 0x30FF))))
                for _ in range(self.randrange(1, 9))
            )
        return self.choice(HOSTILE)

    def one_of(self, *usual: str) -> str:
        """One of what is usual, or, seldom, something else."""
        return self.hostile() if self.often(0.06 if self.calm else 0.2) else self.choice(usual)

    def value(self) -> Any:  # noqa: ANN401
        """Anything that may stand at a place of a YAML file."""
        return self.choice(
            (
                None,
                "",
                [],
                {},
                [[]],
                {"x": {}},
                0,
                -1,
                1.5,
                10**30,
                True,
                ["a", "a"],
                {"": ""},
                [None],
                self.hostile(),
                self.hostile(),
                self.hostile(),
                [self.hostile()],
                {self.hostile(): self.hostile()},
            )
        )


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """The paths of all nodes of a tree but its root."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def spoilt(dice: Dice, tree: Any) -> Any:  # noqa: ANN401
    """A tree after a change: a node replaced, gone, there twice, or under another key."""
    tree = json.loads(json.dumps(tree))
    found = list(places(tree))
    if not found or dice.often(0.02):
        return dice.value()
    *path, key = dice.choice(found)
    at = tree
    for step in path:
        at = at[step]
    change = dice.randrange(5)
    if change == 0:
        del at[key]
    elif change == 1 and isinstance(at, dict):
        at[dice.hostile()] = at.pop(key)
    elif change == 2 and isinstance(at, list):
        at.append(at[key])
    elif change == 3 and isinstance(at, dict):
        at[dice.hostile()] = dice.value()
    else:
        at[key] = dice.value()
    return tree


def as_yaml(dice: Dice, tree: Any) -> str:  # noqa: ANN401
    """A tree as YAML, or as something like it."""
    try:
        text = yaml.safe_dump(tree, allow_unicode=dice.often(0.8), sort_keys=False)
    except (yaml.YAMLError, UnicodeError):
        text = json.dumps(tree)
    for _ in range(0 if dice.calm else dice.choice((0, 0, 0, 0, 0, 0, 0, 1, 2))):
        text = bent(dice, text)
    return text


def bent(dice: Dice, text: str) -> str:
    """A text after a change to its characters or lines."""
    at = dice.randrange(len(text) + 1)
    lines = text.split("\n")
    row = dice.randrange(len(lines))
    change = dice.randrange(8)
    if change == 0:
        return text[:at] + dice.hostile() + text[at:]
    if change == 1:
        return text[:at]
    if change == 2:
        return "\n".join([*lines[:row], *lines[row + 1 :]])
    if change == 3:
        return "\n".join([*lines[: row + 1], *lines[row:]])
    if change == 4:
        return "\n".join([*lines[:row], "  " + lines[row], *lines[row + 1 :]])
    if change == 5:
        return (
            text[:at]
            + dice.choice(
                (
                    "\t",
                    "&a ",
                    "*a ",
                    "!!python/object:x ",
                    "!x ",
                    "<<: ",
                    "? ",
                    "- ",
                    "|\n",
                    "---\n",
                    "%YAML 9\n",
                    "[" * 60,
                    "{" * 60,
                    "\ufeff",
                    "\x85",
                    "\u2028",
                )
            )
            + text[at:]
        )
    if change == 6:
        begin = min(at, max(0, len(text) - 4))
        return text[:begin] + text[begin + dice.randrange(1, 5) :]
    return text + text


def written(path: Path, text: str, dice: Dice) -> None:
    """Writes a file, seldom in another encoding, or something else than a file."""
    how = dice.randrange(10 if dice.calm else 0, 90)
    if how == 0:
        path.mkdir()
    elif how == 1:
        path.symlink_to(dice.choice(("null", "nowhere", path.name)))
    elif how == 2:
        path.write_bytes(text.encode("utf-16", "surrogatepass"))
    elif how == 3:
        path.write_bytes(text.encode("cp932", "replace"))
    elif how != 4:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def project(dice: Dice, folder: Path) -> None:
    """The files of a story."""
    for name, to in (("null", os.devnull), ("full", "/dev/full"), ("loop", "loop")):
        (folder / name).symlink_to(to)
    config = json.loads(json.dumps(CONFIG))
    for more in dice.sample(
        MORE[:6] if dice.calm else MORE, dice.choice((0, 0, 1)) if dice.calm else dice.choice((0, 1, 2, 3))
    ):
        config |= more
    for name in config["sources"]:
        for more in dice.sample(MORE_OF_SOURCE, dice.choice((0, 0, 0, 0 if dice.calm else 1, 0 if dice.calm else 2))):
            config["sources"][name] = config["sources"][name] | more
    if dice.calm:
        config |= {"registry": "sqlite:///oneid.db"} if dice.often(0.8) else {}
    elif dice.often(0.12):
        config["registry"] = dice.choice(URLS)
    preset = resources.files("oneid.settings").joinpath("presets", "jp-members.yaml").read_text("utf-8")
    rules = yaml.safe_load(preset)
    cases: Any = CASES
    for _ in range(0 if dice.calm else dice.choice((0, 1, 1, 2))):
        which = dice.randrange(3)
        config = spoilt(dice, config) if which == 0 else config
        rules = spoilt(dice, rules) if which == 1 else rules
        cases = spoilt(dice, cases) if which == 2 else cases
    lines = dice.sample(DECIDED, dice.randrange(len(DECIDED) + 1))
    decisions = DECISIONS + "\n".join(lines) + "\n"
    files = {
        "oneid.yaml": as_yaml(dice, config),
        "rules.yaml": as_yaml(dice, rules),
        "cases.yaml": as_yaml(dice, cases),
        "decisions.csv": decisions,
        "rekey.csv": "old_id,new_id\n" + dice.choice(("E1,E9\n", "E1,E2\n", "", "=E4,E8\n", "E1\n")),
        "limits.yaml": as_yaml(dice, {"limits": {"largest": 2}}),
        "truth.csv": "source,source_id,person_id\nec,E1,1\nstore,S1,1\nec,E2,2\n",
        **{f"{name}.csv": text for name, text in SHOPS.items()},
    }
    for name, text in files.items():
        spoil = name.endswith(".csv") and dice.often(0.08) and not dice.calm
        written(folder / name, bent(dice, text) if spoil else text, dice)
    if dice.often(0.05) and not dice.calm:
        (folder / "out").mkdir()
        (folder / "out" / "run.json").write_bytes(
            dice.choice(
                (
                    b"[]",
                    b"{}",
                    b"{",
                    b"\xff",
                    b'{"set": 1, "files": {}}',
                    b"[" * 9000,
                    b'{"set": "x", "files": {"merge_map.parquet": 3}, "run_id": {}}',
                    b'{"set": "\\u0000", "files": {}}',
                    b'"x"',
                    b"",
                )
            )
        )


WORDS: Mapping[str, Sequence[str]] = {
    "config": ("oneid.yaml",) * 12 + ("rules.yaml", "cases.yaml", "ec.csv", "out"),
    "run": ("out", "out", "out", "out2", "out/.runs"),
    "file": ("ec.csv", "store.csv", "made.yaml", "decisions.csv", "rekey.csv", "cases.yaml"),
    "out": ("out", "out", "out", "out2", "deep/er/out"),
    "new": ("new.txt", "new2.txt", "deep/new.txt"),
    "cases": ("cases.yaml", "cases.yaml", "rules.yaml", "."),
    "rules": ("rules.yaml", "jp-members", "cases.yaml"),
    "limits": ("limits.yaml", "oneid.yaml"),
    "truth": ("truth.csv", "decisions.csv", "out/merge_map.parquet"),
    "merge_map": ("out", "out/merge_map.parquet", "truth.csv"),
    "record": ("ec:E1", "ec:E2", "ec:E3", "store:S1", "store:S2", "ec:=E4"),
    "oneid": ("OID0000000000000A",),
    "moment": ("1", "2", "3", "2026-01-01", "2026-11-22T09:00", "2099-01-01", "0001-01-01", "9999-12-31"),
    "number": ("0", "1", "2", "3", "7", "50", "100"),
    "seconds": ("0", "0.01", "-1"),
    "var": ("ds=2026-11-22", "ds=ec", "ds=store", "x=y"),
    "text": ("me", "asked by the member", "T-1"),
    "kind": ("name", "kana", "birth", "phone", "email", "address", "postcode", "sex", "romaji", "number", "date"),
    "value": ("髙橋 花子", "S55.4.5", "090-1111-2222", "x@example.com", "東京都新宿区西新宿2-8-1", "𠮷野"),
    "field": ("name", "kana", "birth", "phone", "email", "id", "address"),
    "source": ("ec", "store"),
    "format": ("text", "json", "github", "markdown"),
    "what": ("config", "rules", "cases"),
    "form": ("json", "json", "text", "yaml"),
    "language": ("ja", "en", "ja_JP.UTF-8", "fr"),
}
"""By nonterminal of the grammar the words that are usual there."""


def word(dice: Dice, kind: str) -> str:
    """A word of the command line."""
    if kind == "thing":
        return word(dice, dice.choice(("record", "oneid")))
    made = dice.one_of(*WORDS[kind], *(ONEIDS if kind == "oneid" else ()))
    return f"{made}={word(dice, 'value')}" if kind == "field" and dice.often(0.95) else made


ONEIDS: list[str] = []
"""OneIDs that were seen in the story so far."""

JSON = {"--format": "form"}
ACTED = {
    "--by": "text",
    "--reason": "text",
    "--ticket": "text",
    "--approved-by": "text",
    "--out": "run",
    "--config": "config",
    **JSON,
}
GRAMMAR: Mapping[tuple[str, ...], tuple[str, Mapping[str, str]]] = {
    ("resolve",): (
        "config?",
        {
            "--out!": "out",
            "--dry-run": "",
            "--csv": "",
            "--run-id": "text",
            "--threads": "number",
            "--wait": "seconds",
            "--var": "var",
            **JSON,
        },
    ),
    ("explain",): ("config thing thing?", {"--show-pii": "", "--var": "var"}),
    ("profile",): ("config?", {"--var": "var", **JSON}),
    ("init",): ("file file?", {"-o": "new", "--force": ""}),
    ("normalize",): ("kind value value?", {}),
    ("evaluate",): ("merge_map truth?", {"--run": "run", "--config": "config", "--out": "out", "--var": "var", **JSON}),
    ("train",): ("config?", {"--truth": "truth", "-o": "new", "--force": "", "--var": "var", **JSON}),
    ("check",): (
        "config?",
        {"--cases": "cases", "--run": "run", "--junit": "new", "--sarif": "new", "--format": "format", "--var": "var"},
    ),
    ("diff",): (
        "run run?",
        {"--rules": "rules", "--data": "config", "--limits": "limits", "--out": "out", "--format": "format"},
    ),
    ("report",): ("run", {"-o": "new", "--show-pii": ""}),
    ("lookup",): ("config? field field?", {"--source": "source", "--show-pii": "", "--json": "", **JSON}),
    ("schema",): ("what?", {"--dbt": ""}),
    ("demo",): ("", {"--records!": "number", "--seed": "number", "--out!": "out", "--noise": "seconds", **JSON}),
    ("registry", "show"): ("config? oneid oneid?", {"--as-of": "moment", "--config": "config", **JSON}),
    ("registry", "find"): ("config? record record?", {"--as-of": "moment", "--config": "config", **JSON}),
    ("registry", "log"): (
        "config?",
        {
            "--oneid": "oneid",
            "--record": "record",
            "--since": "moment",
            "--limit": "number",
            "--runs": "",
            "--csv": "new",
            "--config": "config",
            **JSON,
        },
    ),
    ("registry", "exposure"): ("config? oneid", {"--csv": "new", "--config": "config", **JSON}),
    ("registry", "merge"): ("config? oneid oneid?", ACTED),
    ("registry", "split"): ("oneid record? record?", ACTED),
    ("registry", "decide"): ("config? file", {"--out": "run", "--config": "config", **JSON}),
    ("registry", "rekey"): ("source file", {"--out": "run", "--config": "config", **JSON}),
    ("registry", "rollback"): ("moment", {"--out": "run", "--config": "config", **JSON}),
    ("registry", "erase"): ("thing record?", {"--receipt!": "new", "--out": "run", "--config": "config"}),
    ("registry", "receipt"): ("config? text?", {"--config": "config"}),
    ("registry", "verify"): ("config?", {"--out": "run", **JSON}),
    ("registry", "prune"): ("", {"--before!": "moment", "--config": "config"}),
    ("registry", "backup"): ("new", {"--config": "config"}),
    (): ("", {"--version": "", "--help": "", "-h": "", "--debug": "", "--show-completion": ""}),
}
EVERYWHERE: Mapping[str, str] = {"-q": "", "-v": "", "--log-format": "form", "--lang": "language", "-h": ""}
"""Options of every command."""
"""By command its words (``?``: may be left out) and its options (``!``: nearly always given; "": a flag)."""


def command(dice: Dice) -> list[str]:
    """A command line."""
    name = dice.choice([*GRAMMAR, ("resolve",), ("resolve",), ("check",), ("lookup",)])
    words, options = GRAMMAR[name]
    line = list(name)
    line += [word(dice, kind.rstrip("?")) for kind in words.split() if not kind.endswith("?") or dice.often(0.5)]
    for option, kind in options.items():
        if dice.often(0.95 if option.endswith("!") else 0.25):
            line += [option.rstrip("!"), *([word(dice, kind)] if kind else [])]
    for option, kind in EVERYWHERE.items():
        if dice.often(0.03 if option == "-h" else 0.1):
            at = dice.randrange(len(line) + 1)
            line[at:at] = [option, *([word(dice, kind)] if kind else [])]
    if dice.often(0.03):
        line.insert(dice.randrange(len(line) + 1), dice.hostile())
    return line


def story(dice: Dice) -> Story:
    """The commands of a story."""
    if dice.often(0.7):
        yield ["resolve", "oneid.yaml", "--out", "out"]
    for _ in range(dice.choice((2, 3, 5))):
        yield command(dice)


# --- what is asked of a command ---------------------------------------------------------------------------------------

ORDER = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|^\s*::|##\w*\[", re.MULTILINE
)
OURS = re.compile(r"^::(error|warning|notice) [^\n]*", re.MULTILINE)
CODE = re.compile(r"\bE\d{3}\b")


def complaint(line: Sequence[str], said: Mapping[str, Any]) -> str | None:
    """What is wrong with how a command ended; None: nothing."""
    code, text = said["code"], said["out"] + "\n" + said["err"]
    if code == "hangs":
        return f"hangs for {PATIENCE:.0f} s"
    if code == "dead":
        return "the process died"
    asked = "--debug" in line  # for the traceback of an error of ours
    if ("Traceback" in text and not asked) or "panicked" in text or said["raw"]:
        return "a traceback or a panic"
    if code not in (0, 1, 2):
        return f"exit code {code}"
    if "E999" in text or "internal error" in text:
        return "an internal error"
    if code == 2 and not CODE.search(text) and not said["lost"] and "Usage" not in said["out"]:
        return "no words, or no code"
    if wrong := _json_complaint(line, said):
        return wrong
    shown = OURS.sub("", said["out"]) + "\n" + said["err"] if "github" in line else text
    if found := ORDER.search(shown):
        return f"an order at {shown[max(0, found.start() - 20) : found.end() + 20]!a}"
    return "the password is printed" if SECRET in text and not any(SECRET in word for word in line) else None


def _json_complaint(line: Sequence[str], said: Mapping[str, Any]) -> str | None:
    """What is wrong with JSON that was asked for: a log that is no JSON lines, a result that is not one document."""
    pairs = [*pairwise(line)]
    if ("--log-format", "json") in pairs or "--log-format=json" in line:
        for text in said["err"].splitlines():
            try:
                one = json.loads(text)
            except ValueError:
                return f"a log line is no JSON: {text[:80]!a}"
            if not isinstance(one, dict) or not {"time", "level", "event", "message"} <= set(one):
                return f"a log line lacks something: {text[:80]!a}"
    asked = ("--format", "json") in pairs and not said["lost"] and line[0] not in ("check", "diff")
    if asked and said["code"] == 0 and not {"-h", "--help", "--version"} & set(line):
        try:
            json.loads(said["out"])
        except ValueError:
            return f"no JSON document: {said['out'][:80]!a}"
    return None


# --- the process that runs commands -----------------------------------------------------------------------------------


class _Full(io.RawIOBase):
    """A disk without room."""

    def writable(self) -> bool:
        return True

    def write(self, _data: object) -> int:
        raise OSError(28, "No space left on device")


def serve() -> None:
    """Runs the commands that come as lines of JSON, and says what they said."""
    from oneid.cli.main import main  # noqa: PLC0415 - only the process that runs commands needs it

    orders, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    with tempfile.TemporaryFile() as raw:
        os.dup2(raw.fileno(), 2)
        os.dup2(raw.fileno(), 1)
        for order in orders:
            told = json.loads(order)
            os.chdir(told["folder"])
            os.environ |= {"ONEID_FUZZ_KEY": "open", "ONEID_FUZZ_URL": told["url"].replace("\0", "")}
            out, err = io.BytesIO(), io.BytesIO()
            lost = told["encoding"] == "full"
            sys.stdout = io.TextIOWrapper(_Full(), "utf-8") if lost else io.TextIOWrapper(out, told["encoding"])
            sys.stderr = io.TextIOWrapper(err, "utf-8", errors="backslashreplace")
            sys.argv = ["oneid", *told["line"]]
            code: Any = 0
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
            except BaseException as error:  # noqa: BLE001
                code = f"raised {type(error).__name__}"
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (OSError, ValueError):
                    lost = True
            encoding = "utf-8" if told["encoding"] == "full" else told["encoding"]
            raw.seek(0)
            said = {
                "code": code,
                "out": out.getvalue().decode(encoding, "replace"),
                "err": err.getvalue().decode("utf-8", "replace"),
                "raw": raw.read().decode("utf-8", "replace"),
                "lost": lost,
            }
            raw.seek(0)
            raw.truncate()
            sys.stdout = sys.stderr = io.TextIOWrapper(io.BytesIO())
            answers.write(json.dumps(said) + "\n")
            answers.flush()


class Server:
    """The other process, begun anew when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What a command said."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, __file__, "--serve"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        nothing = {"out": "", "err": "", "raw": "", "lost": False}
        try:
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return nothing | {"code": "dead"}
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            self.end()
            return nothing | {"code": "hangs"}
        answer = process.stdout.readline()
        if not answer:
            process.wait()
            return nothing | {"code": "dead"}
        found: dict[str, Any] = json.loads(answer)
        return found

    def end(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def play(server: Server, seed: int, number: int, counts: Counter[object], *, verbose: bool) -> Iterator[str]:
    """Plays a story; gives what was found."""
    dice = Dice(f"{seed}:{number}")
    dice.calm = dice.often(0.6)
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    folder = home / "one" / "two"  # so that .. is within it too
    folder.mkdir(parents=True)
    ONEIDS.clear()
    try:
        project(dice, folder)
        url = dice.choice(URLS)
        for line in story(dice):
            encoding = dice.choice(("utf-8", "utf-8", "utf-8", "cp932", "ascii", "full"))
            told = {"line": line, "folder": str(folder), "url": url, "encoding": encoding}
            said = server.ask(told)
            counts[said["code"]] += 1
            ONEIDS.extend(re.findall(r"OID[0-9A-Z]{14}", said["out"])[:5])
            if not ONEIDS and (folder / "out" / "merge_map.parquet").is_file():
                ONEIDS.extend(_oneids(folder))
            if verbose:
                print(f"  {line!a} {encoding} -> {said['code']} {said['err'][-300:]!a}", flush=True)
            wrong = complaint(line, said)
            if wrong:
                more = (
                    server.ask({**told, "line": [*line, "--debug"]}) if said["code"] not in ("dead", "hangs") else said
                )
                counts["found"] += 1
                yield (
                    f"story {number}: {line!a} ({encoding}): {wrong}\n    {said['err'][-600:]}{said['raw'][-900:]}\n"
                    f"    {more['err'][-1500:]}"
                )
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _oneids(folder: Path) -> list[str]:
    import polars as pl  # noqa: PLC0415

    try:
        return pl.read_parquet(folder / "out" / "merge_map.parquet")["oneid"].unique().sort().to_list()
    except Exception:  # noqa: BLE001 - the story may have spoilt it
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays stories until the time is over or enough is found; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of a story, to play it once more")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.serve:
        serve()
        return 0
    end = time.monotonic() + 60 * args.minutes
    server, counts, stories = Server(), Counter[object](), 0
    number = args.only if args.only is not None else 0
    try:
        while stories == 0 or (args.only is None and time.monotonic() < end and counts["found"] < MOST_FOUND):
            for found in play(server, args.seed, number, counts, verbose=args.verbose):
                print(found, flush=True)
            stories, number = stories + 1, number + 1
    finally:
        server.end()
    bad = counts.pop("found", 0)
    told = ", ".join(
        f"{count:,} ended in {code}" for code, count in sorted(counts.items(), key=lambda item: str(item[0]))
    )
    print(f"{stories:,} stories, {sum(counts.values()):,} commands, seed {args.seed}: {told}; {bad} found")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

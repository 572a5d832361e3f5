"""The reference pages of field kinds, in English and Japanese, from docstrings, case files and ``kind_words.yaml``.

A case file (``tests/**/cases/NAME.yaml``) begins with comment lines, its introduction. Sections follow: a blank line,
one comment line, rows. A comment may end in ``(source: ...)``. Its root is a list of rows, or a mapping of lists.
"""

from __future__ import annotations

import ast
import inspect
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from reference_text import code, hidden, prose, table

from oneid.kinds.normalizing import NORMALIZERS as KINDS

__all__ = ["LANGUAGES", "PAGES", "kind_pages", "page_list", "refuse_missing"]

ROOT = Path(__file__).resolve().parent.parent
CASE_FILES = {path.stem: path for path in sorted((ROOT / "tests").glob("**/cases/*.yaml"))}
LANGUAGES = {"en": "", "ja": ".ja"}
"""The languages of the pages, and what stands before .md in the names of their files."""

PLAIN = ("nickname", "identifier", "text", "category", "number", "date")
PAGES: Mapping[str, tuple[str, ...]] = {
    "name": ("name",), "kanji": (), "split": (), "kana": ("kana",), "reading": (), "romaji": ("romaji",), "latin": (),
    "sound": (),
    "birth": ("birth",), "sex": ("sex",), "phone": ("phone",), "email": ("email",), "postcode": ("postcode",),
    "address": ("address",), "plain": PLAIN,
}  # fmt: skip
"""The pages in reading order with the kinds that each is about."""

HOMES: Mapping[str, str] = {
    "name": "kinds.name.spelling.normalizer", "kanji": "japanese.kanji", "split": "kinds.name.split",
    "kana": "kinds.name.spelling.kana", "reading": "japanese.readings", "romaji": "japanese.romaji",
    "latin": "japanese.latin", "sound": "japanese.sound", "birth": "kinds.birth.normalizer",
    "sex": "kinds.sex.normalizer", "phone": "kinds.phone.normalizer", "email": "kinds.email.normalizer",
    "postcode": "kinds.address.postcode", "address": "kinds.address.normalizer", "plain": "kinds.plain.tidied",
}  # fmt: skip
"""The module that each page is made of: its docstring is what the page says is done."""
BESIDE: Mapping[str, str] = {"reading": "japanese.likelyreadings"}
"""Modules whose functions stand on the page of another."""
CONTRACT = "kinds.normalizing"
"""The module whose docstring says what all kinds have in common."""
SHARED = "japanese.text"
"""What every kind is built on; its sources are those of no page."""

OTHER_CASES = (
    "block", "cluster", "compare", "golden", "guess", "headers", "lives", "mergemap", "people", "plainlevels",
    "profile", "samples", "score", "shapes",
)  # fmt: skip
"""Case files about records, or pairs of values, and not about values."""

Words = Mapping[str, Mapping[str, Any]]
NOTES: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "kind_notes.ja.yaml").read_text("utf-8")
)
_noted_asked: set[tuple[str, str]] = set()
SECTIONS: Mapping[str, str] = yaml.safe_load((Path(__file__).parent / "kind_sections.ja.yaml").read_text("utf-8"))
"""The comments of case files in Japanese; one that is missing is shown in English, and a test finds it."""
ALL: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "kind_words.yaml").read_text("utf-8"))


_asked: set[tuple[str, str]] = set()


def said(part: str, key: str, language: str) -> str:
    """Words of ``kind_words.yaml``; :func:`refuse_missing` tells what is missing there."""
    known: Words = ALL[part]
    _asked.add((part, key))
    return str(known[key][language]) if key in known else ""


def refuse_missing() -> None:
    """Stops with the words that pages asked for and ``kind_words.yaml`` has not, or has for nothing that is there."""
    known = {(part, key) for part in ("columns", "reasons") for key in ALL[part]}
    missing = sorted(f"{part}: {key}" for part, key in _asked if key not in ALL[part])
    gone = sorted(f"{part}: {key}" for part, key in known - _asked)
    if missing or gone:
        raise SystemExit(f"kind_words.yaml: missing {missing or 'nothing'}, no longer there {gone or 'nothing'}")
    if left := sorted({(part, text) for part, texts in NOTES.items() for text in texts} - _noted_asked):
        raise SystemExit(f"kind_notes.ja.yaml: no longer there {left}")


@dataclass
class Section:
    """Rows under one comment; ``source`` is what the comment names as such."""

    comment: str
    source: str = ""
    rows: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class CaseFile:
    """A case file: its introduction and its sections."""

    intro: str
    sections: tuple[Section, ...]

    @property
    def rows(self) -> list[Any]:
        """All rows."""
        return [row for section in self.sections for row in section.rows]


def _comment(line: str) -> str:
    return line.strip().lstrip("#-– ").strip()


def _sourced(comment: str) -> tuple[str, str]:
    found = re.search(r"\s*\((?:source|sources): (.*)\)\.?$", comment)
    return (comment[: found.start()], found[1]) if found else (comment, "")


@cache
def case_file(name: str) -> CaseFile | None:
    """The case file of a page, or None where there is none."""
    path = CASE_FILES.get(name)
    if path is None:
        return None
    text = path.read_text("utf-8")
    lines = text.splitlines()
    head = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    intro = " ".join(_comment(line) for line in lines[:head])
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    values = yaml.safe_load(text)
    places = {at: _comment(line) for at, line in enumerate(lines) if at >= head and line.lstrip().startswith("#")}
    sections: list[Section] = []
    begun = head
    for key, node, rows in _lists(root, values):
        for number, (item, row) in enumerate(zip(node.value, rows, strict=True)):
            place = item.start_mark.line
            above = [places[at] for at in range(begun, place) if at in places]
            if above or number == 0:
                sections.append(Section(*_sourced(": ".join(filter(None, (key, " ".join(above)))))))
            sections[-1].rows.append(row)
            begun = place + 1
    return CaseFile(intro, tuple(section for section in sections if section.rows))


def _lists(root: Any, values: Any) -> Iterable[tuple[str, Any, list[Any]]]:  # noqa: ANN401
    """The lists of rows of a case file with their nodes, each with its key, which is empty where the root is a list."""
    if isinstance(values, list):
        yield "", root, values
    else:
        for (key, node), rows in zip(root.value, values.values(), strict=True):
            yield str(key.value), node, list(rows)


INPUTS = ("raw", "parts", "column")
RESULTS = ("normalized", "reason")
WHY = "why"


def _noted(part: str, text: str, language: str) -> str:
    """A note of a case file or a docstring, in a language."""
    if language == "en" or not text:
        return text
    if text not in NOTES[part]:
        raise SystemExit(f"kind_notes.ja.yaml, {part}: missing {text}")
    _noted_asked.add((part, text))
    return NOTES[part][text]


def _cell(value: Any, language: str) -> str:  # noqa: ANN401
    """What stands in a row, for people."""
    if value is None:
        return said("frame", "nothing", language)
    if value == "":
        return said("frame", "empty", language)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return ", ".join(_cell(part, language) for part in value) or "`[]`"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(part, language)}" for key, part in value.items())
    return code(str(value))


def _result(row: Mapping[str, Any], language: str) -> str:
    """The normalized value, or the reason why there is none."""
    return f"*{row['reason']}*" if row.get("reason") is not None else _there(row, "normalized", language)


def _there(row: Mapping[str, Any], key: str, language: str) -> str:
    return _cell(row[key], language) if key in row else ""


def _rows_table(rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """Rows with keys: what was written, what is made of it, and the other keys, rare ones in one column."""
    keys = dict.fromkeys(key for row in rows for key in row)
    others = [key for key in keys if key not in (*INPUTS, *RESULTS, WHY)]
    often = [key for key in others if sum(key in row for row in rows) * 2 >= len(rows)]
    rare = [key for key in others if key not in often]
    table_of: dict[str, list[str]] = {}
    if "raw" in keys or "parts" in keys:
        written = [_cell(row.get("raw", row.get("parts")), language) for row in rows]
        table_of[said("heads", "written", language)] = written
    if "column" in keys:
        table_of[said("heads", "beside", language)] = [_there(row, "column", language) for row in rows]
    if "normalized" in keys:
        head = "or_refused" if any(row.get("reason") for row in rows) else "normalized"
        table_of[said("heads", head, language)] = [_result(row, language) for row in rows]
    for key in often:
        table_of[f"`{key}`"] = [_there(row, key, language) for row in rows]
    if rare:
        told = [[f"{key}: {_cell(row[key], language)}" for key in rare if key in row] for row in rows]
        table_of[said("heads", "also", language)] = ["; ".join(parts) for parts in told]
    if "reason" in keys and "normalized" not in keys:
        table_of[said("heads", "refused", language)] = [_result(row, language) for row in rows]
    if WHY in keys:
        table_of[said("heads", WHY, language)] = [_noted(WHY, str(row.get(WHY, "")), language) for row in rows]
    return table(list(table_of), zip(*table_of.values(), strict=True))


def _section_table(rows: Sequence[Any], language: str) -> str:
    if all(isinstance(row, dict) for row in rows):
        return _rows_table(rows, language)
    width = max(len(row) if isinstance(row, list) else 1 for row in rows)
    heads = [said("heads", "one", language), said("heads", "other", language)][:width] + [""] * (width - 2)
    cells = [[_cell(part, language) for part in (row if isinstance(row, list) else [row])] for row in rows]
    return table(heads, [row + [""] * (width - len(row)) for row in cells])


def _texts(found: Any) -> list[str]:  # noqa: ANN401
    if isinstance(found, str):
        return [found]
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, list) else []
    return [text for part in parts for text in _texts(part)]


def _examples(names: Iterable[str], language: str) -> list[str]:
    """The sections of case files, and a table of the characters in them that cannot be seen."""
    parts: list[str] = []
    unseen: set[str] = set()
    for name in names:
        cases = case_file(name)
        if cases is None:
            continue
        if not parts:
            parts.append(f"## {said('frame', 'examples', language)}")
        file = CASE_FILES[name].relative_to(ROOT).as_posix()
        told = said("frame", "all_rows", language)
        parts += [told.format(count=len(cases.rows), file=file, path=f"../../../{file}")]
        parts += [cases.intro] if language == "en" else []  # what it says stands in the page's table of columns
        for section in cases.sections:
            heading = SECTIONS.get(section.comment, section.comment) if language == "ja" else section.comment
            parts += [f"### {heading}"] if heading else []
            parts.append(_section_table(section.rows, language))
        unseen |= {char for text in _texts(cases.rows) for char in hidden(text)}
    if unseen:
        heads = [said("heads", head, language) for head in ("code", "name")]
        rows = [(f"U+{ord(c):04X}", unicodedata.name(c, unicodedata.category(c))) for c in sorted(unseen)]
        parts += [f"## {said('frame', 'unseen', language)}", said("frame", "unseen_said", language), table(heads, rows)]
    return parts


def _module(page: str) -> Any:  # noqa: ANN401
    return import_module(f"oneid.{HOMES[page]}")


def _normalizers(page: str) -> dict[str, Callable[[pl.Series], pl.DataFrame]]:
    """The normalizers that a page is about: those of its kinds, and the one of foreign members' names."""
    return {kind: KINDS[kind] for kind in PAGES[page]} or ({"latin": _module(page).latin} if page == "latin" else {})


def _functions(page: str) -> dict[str, Any]:
    """What the page tells of: its normalizers, else the public functions of its module."""
    modules = [import_module(f"oneid.{home}") for home in (HOMES[page], BESIDE.get(page)) if home]
    public = {name: getattr(module, name) for module in modules for name in module.__all__}
    functions = {name: thing for name, thing in sorted(public.items()) if inspect.isfunction(inspect.unwrap(thing))}
    return _normalizers(page) or functions


def _docstrings(page: str) -> list[str]:
    docs = [_module(page).__doc__, *(function.__doc__ for function in _functions(page).values())]
    return [doc for doc in docs if doc]


_SOURCE = re.compile(r"\bSources?(?: of [^:.]*)?: (.+?)(?:(?<![A-Z])\.(?=\s+[A-Z])|\.?\s*\n\s*\n|\.?\s*\Z)", re.DOTALL)
"""A source named in a docstring: to the end of its sentence or paragraph."""


@cache
def _strings(module: str) -> tuple[list[str], list[str]]:
    """What documents a module and what is in it, and the modules about values that it imports."""
    path = find_spec(f"oneid.{module}")
    tree = ast.parse(Path(str(path and path.origin)).read_text("utf-8"))
    docs = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    froms = [(node.module or "").removeprefix("oneid.") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return docs, [name for name in froms if name.startswith(("kinds.", "japanese."))]


def _told_sources(page: str) -> list[str]:
    """What docstrings name as ``Source:``, of the page's module and of the modules that serve it alone."""
    found: list[str] = []
    todo, done = [HOMES[page]], {*HOMES.values(), SHARED} - {HOMES[page]}
    while todo:
        module = todo.pop(0)
        if module in done:
            continue
        done.add(module)
        docs, imported = _strings(module)
        todo += imported
        for text in docs:
            found += _SOURCE.findall(text)
    return [prose(re.sub(r"\s+", " ", text)).strip() for text in found]


def _rules(page: str) -> list[str]:
    """What is done, in the words of the docstrings."""
    parts = [f"## {said('frame', 'rules', 'en')}", prose(_module(page).__doc__)]
    for name, function in _functions(page).items():
        parts += [f"### `{name}`"] if len(_functions(page)) > 1 else []
        parts += [prose(function.__doc__)] if function.__doc__ else []
    return parts


def _columns(page: str, language: str) -> list[str]:
    """The columns with their types. Kinds of one page that have the same ones are told once."""
    found: dict[str, pl.DataType] = {}
    for function in _normalizers(page).values():
        for column, kind in function(pl.Series("value", [], dtype=pl.String)).schema.items():
            found.setdefault(column, kind)
    if not found:
        return []
    heads = [said("heads", head, language) for head in ("column", "type", "meaning")]
    rows = [(f"`{column}`", str(kind), said("columns", column, language)) for column, kind in found.items()]
    return [f"## {said('frame', 'columns', language)}", table(heads, rows)]


def _reasons(page: str, language: str) -> list[str]:
    """The reasons that the docstrings name and the cases show, with their meaning and how many cases show them."""
    named: dict[str, int] = {}
    for docstring in _docstrings(page):
        for part in re.split(r"\n\s*\n|\n- ", docstring):
            begun = re.search(r"\bReasons\b|^\s*(?:- )?``reason``", part)
            text = part[begun.end() :] if begun else ""
            named |= dict.fromkeys(re.findall(r"(?:[:;,]| or| and| adds)\s+``([a-z]+(?:_[a-z]+)*)``", text), 0)
    for name in dict.fromkeys((page, *PAGES[page])):
        cases = case_file(name)
        for row in cases.rows if cases else ():
            if isinstance(row, dict) and row.get("reason"):
                named[row["reason"]] = named.get(row["reason"], 0) + 1
    if not named:
        return []
    heads = [said("heads", head, language) for head in ("reason", "meaning", "rows")]
    told = [(f"`{reason}`", said("reasons", reason, language), str(count or "")) for reason, count in named.items()]
    return [f"## {said('frame', 'reasons', language)}", table(heads, told)]


def _sources(page: str, language: str) -> list[str]:
    """The sources that section comments and docstrings name."""
    found: dict[str, None] = dict.fromkeys(_told_sources(page))
    for name in dict.fromkeys((page, *PAGES[page])):
        cases = case_file(name)
        found |= {section.source: None for section in (cases.sections if cases else ()) if section.source}
    told = "\n".join(f"- {_noted('sources', text, language)}" for text in found)
    return [f"## {said('frame', 'sources', language)}", told] if found else []


def _page(page: str, language: str) -> str:
    title, about = ALL["pages"][page][language]
    other = {"en": f"[日本語]({page}.ja.md)", "ja": f"[English]({page}.md)"}[language]
    parts = [f"# {title}", other, about]
    parts += (
        _rules(page) if language == "en" else [said("frame", "rules_elsewhere", language).format(page=f"{page}.md")]
    )
    parts += _columns(page, language) + _reasons(page, language) + _sources(page, language)
    return "\n\n".join([*parts, *_examples(dict.fromkeys((page, *PAGES[page])), language)])


def made_pages() -> list[str]:
    """The pages, in reading order; stops at a case file that no page would show."""
    shown = {*PAGES, *KINDS, *OTHER_CASES}
    strays = sorted(path.name for path in CASE_FILES.values() if path.stem not in shown)
    if strays:
        raise SystemExit(f"kind_pages.py: no page shows {', '.join(strays)}; name it in PAGES or OTHER_CASES")
    return list(PAGES)


def page_list(folder: str, language: str) -> str:
    """The list of the pages with links in both languages, this one first, for an index."""
    lines = []
    for page in made_pages():
        links = {one: f"[{ALL['pages'][page][one][0]}]({folder}/{page}{end}.md)" for one, end in LANGUAGES.items()}
        lines.append(f"  - {links.pop(language)} ({', '.join(links.values())})")
    return "\n".join(lines)


def _index(language: str) -> str:
    title, about = ALL["frame"]["kinds"][language]
    end = LANGUAGES[language]
    other = {"en": "[日本語](kinds.ja.md)", "ja": "[English](kinds.md)"}[language]
    contract = prose(import_module(f"oneid.{CONTRACT}").__doc__) if language == "en" else ALL["contract_ja"].strip()
    heads = [said("heads", head, language) for head in ("page", "about")]
    rows = [
        (f"[{ALL['pages'][page][language][0]}](kinds/{page}{end}.md)", ALL["pages"][page][language][1])
        for page in made_pages()
    ]
    parts = [f"# {title}", other, about, f"## {said('frame', 'pages', language)}", table(heads, rows)]
    return "\n\n".join([*parts, f"## {said('frame', 'contract', language)}", contract])


def kind_pages() -> dict[str, Callable[[], str]]:
    """What makes each page about field kinds, by the page's path in the reference without its ending."""
    makers: dict[str, Callable[[], str]] = {}
    for language, end in LANGUAGES.items():
        makers[f"kinds{end}"] = lambda language=language: _index(language)  # type: ignore[misc]
    for page in made_pages():
        for language, end in LANGUAGES.items():
            makers[f"kinds/{page}{end}"] = lambda page=page, language=language: _page(page, language)  # type: ignore[misc]
    return makers

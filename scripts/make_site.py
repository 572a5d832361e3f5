"""Builds the documentation site into ``site/``: English at its root, Japanese in ``site/ja``.

Sources are README's neighbours, ``docs/en``, ``docs/ja`` and ``docs/reference``, which are read on a code host as they
are. Here they are laid out for zensical in ``build/site-source/``: links between files of the project become links
between pages, comments that tell the tests how a block is run become titles of the block, and a page that is there in
English alone says so in the Japanese site. The order of the menu is that of the links of the start page; pages that it
does not name come after.

Usage: ``python scripts/make_site.py [--out site]``; needs the dependency group ``site``; exit 1 where a link is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOKS = Path(__file__).resolve().parent / "site"
STAGE = ROOT / "build/site-source"

LANGUAGES = ("en", "ja")
PROJECT: Mapping[str, str] = {
    "examples/README.md": "project/examples.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "benchmarks/RESULTS.md": "project/results.md",
    "SECURITY.md": "project/security.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CODE_OF_CONDUCT.md": "project/conduct.md",
    "CHANGELOG.md": "project/changes.md",
}
"""Pages about the project itself, in English."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "how-to": "How to", "explanation": "Understand", "reference": "Reference", "kinds": "Field kinds",
        "project": "Project", "decisions": "Decisions", "output": "Output", "only": "",
        "start": "Start", "mark": "",
        "palette-light": "Light", "palette-dark": "Dark", "palette-system": "As the system says",
        "description": "One lasting OneID per person from the member records of separate systems, Japanese first.",
    },
    "ja": {
        "how-to": "使い方", "explanation": "理解する", "reference": "リファレンス", "kinds": "項目の種類",
        "project": "プロジェクト", "decisions": "設計上の決定（英語）", "output": "出力",
        "start": "はじめに", "mark": "（英語）",
        "only": '!!! info "このページは英語版のみです"\n\n    日本語版はまだありません。',
        "palette-light": "ライト", "palette-dark": "ダーク", "palette-system": "システムの設定に従う",
        "description": "別々のシステムの会員レコードから、一人に一つの変わらないOneIDを。日本のデータのための名寄せ。",
    },
}  # fmt: skip
FENCE = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
COMMENT = re.compile(r"<!--.*?-->\n*", re.S)
LINK = re.compile(r"(?P<before>\]\(|(?:src|srcset|href)=\")(?P<target>[^)\"\s]+)(?P<after>[)\"])")
BREAK = re.compile(r"(?<=[、-〿ぁ-ヿ一-鿿＀-￯])\n *(?=[\w（「〓`*\[])|(?<=[\w）」`)])\n *(?=[、-〿ぁ-ヿ一-鿿＀-￯])")


@dataclass(frozen=True)
class Plan:
    """Where each file of the project stands in the site of one language; ``foreign`` are pages in another language."""

    language: str
    places: Mapping[Path, str]
    foreign: frozenset[Path]

    def pages(self) -> dict[str, Path]:
        """By place, the page that is shown there: the one in this language where there is one."""
        found: dict[str, Path] = {}
        for path, place in self.places.items():
            if place.endswith(".md") and (place not in found or path not in self.foreign):
                found[place] = path
        return found


def plan(language: str) -> Plan:
    """The pages of a language, and those that are there in English alone."""
    places: dict[Path, str] = {}
    foreign: set[Path] = set()
    for tongue in LANGUAGES:
        folder = ROOT / "docs" / tongue
        for path in sorted(folder.rglob("*.md")):
            places[path] = path.relative_to(folder).as_posix()
            if tongue != language:
                foreign.add(path)
    reference = ROOT / "docs/reference"
    for path in sorted(reference.rglob("*.md")):
        name = path.relative_to(ROOT / "docs").as_posix()
        places[path] = name.replace(".ja.md", ".md")
        if (path.name.endswith(".ja.md")) != (language == "ja"):
            foreign.add(path)
    for name, place in PROJECT.items():
        if (ROOT / name).exists():
            places[ROOT / name] = place
            if language != "en":
                foreign.add(ROOT / name)
    for path in sorted((ROOT / "docs/decisions").glob("*.md")):
        places[path] = f"project/decisions/{path.name}"
        if language != "en":
            foreign.add(path)
    for name in ("README.md", "README.ja.md"):
        places[ROOT / name] = "index.md"
        foreign.add(ROOT / name)
    return Plan(language, places, frozenset(foreign))


class Site:
    """Lays out the site of one language: pages with links that hold there, and the files that they show."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.pages = plan.pages()
        self.titles = {place: title(path.read_text("utf-8")) for place, path in self.pages.items()}
        self.broken: list[str] = []

    def write(self) -> None:
        """Writes all pages and files."""
        for place, path in self.pages.items():
            target = self.folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.page(path, place), "utf-8")
        for path in LOOKS.glob("*.*"):
            shutil.copy(path, self.folder / path.name)

    def page(self, path: Path, place: str) -> str:
        """A page as zensical takes it."""
        made, at, text = [], 0, path.read_text("utf-8")
        for block in FENCE.finditer(text):
            made += [self.linked(COMMENT.sub("", text[at : block.start()]), path, place), self.block(block)]
            at = block.end()
        made.append(self.linked(COMMENT.sub("", text[at:]), path, place))
        whole = "".join(made)
        if self.plan.language == "ja" and path not in self.plan.foreign:
            whole = unwrapped(whole)
        if path not in self.plan.foreign:
            return whole
        head, _, rest = whole.lstrip().partition("\n")
        return f"{head}\n\n{WORDS[self.plan.language]['only']}\n{rest}"

    def block(self, block: re.Match[str]) -> str:
        """A block of code with the name of its file, or the word for output, as its title."""
        mark, _, name = (block["mark"] or "").partition(": ")
        said = name if mark in ("file", "config", "rules") else WORDS[self.plan.language]["output"]
        shown = f' title="{said}"' if mark in ("file", "config", "rules", "prints") else ""
        return f"```{block['language'] or 'text'}{shown}\n{block['text']}```"

    def linked(self, text: str, path: Path, place: str) -> str:
        """Text whose links to files of the project lead to their places in the site."""

        def there(link: re.Match[str]) -> str:
            target = link["target"]
            if re.match(r"[a-z]+:", target):
                return link[0]
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            if not file.is_file():
                self.broken.append(f"{path.relative_to(ROOT)}: {target}")
                return link[0]
            goal = self.plan.places.get(file) or self.copied(file)
            if self.pages.get(goal, file) != file:
                anchor = ""  # the other language's headings have other names
            here = os.path.relpath(goal, Path(place).parent) if name else ""
            return f"{link['before']}{here}{'#' + anchor if anchor else ''}{link['after']}"

        return LINK.sub(there, text)

    def copied(self, file: Path) -> str:
        """The place of a file that is no page of the menu: shown as it is."""
        name = file.relative_to(ROOT).as_posix()
        text = file.suffix not in (".svg", ".png", ".webp")
        place = f"files/{name}.txt" if text else name.removeprefix("docs/")
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
        return place

    def menu(self) -> list[object]:
        """The menu: places and titles in the order of the start page's links, then the others by name."""
        start = self.pages["index.md"]
        linked = [
            (start.parent / to["target"].partition("#")[0]).resolve() for to in LINK.finditer(start.read_text("utf-8"))
        ]
        order = list(dict.fromkeys(place for path in linked if (place := self.plan.places.get(path)) in self.pages))
        rest = sorted(set(self.pages) - set(order) - {"index.md"})
        words, groups = WORDS[self.plan.language], ("how-to", "explanation", "reference", "project")
        menu: list[object] = [{words["start"]: "index.md"}]
        menu += [{re.split("[:：]", self.titles[place])[0]: place} for place in (*order, *rest) if "/" not in place]
        for group in groups:
            inner = [place for place in (*order, *rest) if place.startswith(f"{group}/")]
            direct = [place for place in inner if place.count("/") == 1]
            direct.sort(key=lambda place: place != f"{group}/index.md")
            if group == "reference":
                direct = self.as_listed(f"{group}/index.md", direct)
            parts: list[object] = [self.entry(place) for place in direct if place != "reference/kinds.md"]
            for folder in sorted({place.split("/")[1] for place in inner if place.count("/") > 1}):
                home = [place for place in direct if place == f"{group}/{folder}.md"]
                below = self.as_listed(
                    home[0] if home else "", [place for place in inner if place.startswith(f"{group}/{folder}/")]
                )
                parts.append({words[folder]: [self.entry(place) for place in (*home, *below)]})
            menu.append({words[group]: parts})
        return menu

    def as_listed(self, index: str, places: Sequence[str]) -> list[str]:
        """Places in the order in which an index page links them, then the others."""
        path = self.pages.get(index)
        if path is None:
            return list(places)
        linked = [(path.parent / to["target"]).resolve() for to in LINK.finditer(path.read_text("utf-8"))]
        order = [self.plan.places.get(path) for path in linked]
        return sorted(
            places, key=lambda place: order.index(place) if place in order else -(place == index) or len(order)
        )

    def entry(self, place: str) -> dict[str, str]:
        """One line of the menu; of a page in another language that is said, unless its group says so."""
        foreign = self.pages[place] in self.plan.foreign and "decisions/" not in place
        return {self.titles[place] + (WORDS[self.plan.language]["mark"] if foreign else ""): place}


def unwrapped(text: str) -> str:
    """Japanese whose lines were broken for the editor, without the blanks that the breaks would become in a browser."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    return "".join(part if part.startswith("```") else BREAK.sub("", part) for part in parts)


def title(text: str) -> str:
    """The first heading of a page, without marks."""
    found = re.search(r"^# (.*)$", text, re.M)
    return re.sub(r"[`*]", "", found[1]) if found else "?"


def config(site: Site, out: Path) -> str:
    """The settings of zensical for the site of one language. TOML takes JSON's strings and lists."""
    language, words = site.plan.language, WORDS[site.plan.language]
    features = [
        "content.code.copy", "navigation.footer", "navigation.indexes", "navigation.tabs", "navigation.top",
        "navigation.path", "search.highlight", "toc.follow",
    ]  # fmt: skip
    names = {
        "en": ("Switch to light", "Switch to dark", "Follow the system"),
        "ja": ("明るくする", "暗くする", "OSの設定に従う"),
    }
    light, dark, system = names[language]
    return f"""[project]
site_name = "OneID"
site_description = {_toml(words["description"])}
docs_dir = {_toml(site.folder.name)}
site_dir = {_toml(str(out))}
use_directory_urls = false
copyright = "MIT"
extra_css = ["oneid.css"]
extra_javascript = ["oneid.js"]
nav = {_toml(site.menu())}
[project.theme]
language = {_toml(language)}
font = false
custom_dir = {_toml(str(LOOKS / "overrides"))}
logo = "logo.svg"
favicon = "logo.svg"
features = {_toml(features)}
[[project.theme.palette]]
media = "(prefers-color-scheme)"
toggle.icon = "lucide/sun-moon"
toggle.name = {_toml(light)}
[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"
toggle.icon = "lucide/sun"
toggle.name = {_toml(dark)}
[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
toggle.icon = "lucide/moon"
toggle.name = {_toml(system)}
[project.extra]
generator = false
[[project.extra.alternate]]
name = "English"
lang = "en"
link = {_toml("./" if language == "en" else "../")}
[[project.extra.alternate]]
name = "日本語"
lang = "ja"
link = {_toml("./ja/" if language == "en" else "./")}
[project.markdown_extensions]
admonition = {{}}
attr_list = {{}}
md_in_html = {{}}
tables = {{}}
pymdownx.highlight.pygments_lang_class = true
pymdownx.inlinehilite = {{}}
pymdownx.superfences = {{}}
[project.markdown_extensions.toc]
permalink = true
slugify = {{ object = "pymdownx.slugs.slugify", kwds = {{ case = "lower" }} }}
"""


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def build(out: Path) -> list[str]:
    """Builds both sites; returns what is wrong."""
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    wrong: list[str] = []
    for language in LANGUAGES:
        site = Site(plan(language), STAGE / language)
        site.write()
        wrong += site.broken
        made = STAGE / f"made-{language}"
        settings = STAGE / f"{language}.toml"
        settings.write_text(config(site, made), "utf-8")
        tool = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(settings)]
        done = subprocess.run(tool, cwd=STAGE, capture_output=True, text=True, check=False)
        if done.returncode:
            wrong.append(f"zensical, {language}: {done.stdout}{done.stderr}")
            continue
        shutil.copytree(made, out if language == "en" else out / language, dirs_exist_ok=True)
    return wrong


def main(arguments: Iterable[str]) -> int:
    """Builds the site; returns the exit code."""
    parser = argparse.ArgumentParser(description="Builds the documentation site.")
    parser.add_argument("--out", type=Path, default=ROOT / "site")
    out = parser.parse_args(list(arguments)).out.resolve()
    wrong = build(out)
    print("\n".join(wrong) or f"site: {len(list(out.rglob('*.html')))} pages in {out}; open {out / 'index.html'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

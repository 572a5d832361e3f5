"""How pages are laid out for the documentation site, without building it; ``make test-site`` looks at what is built."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from paths import ROOT


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """scripts/make_site.py."""
    spec = importlib.util.spec_from_file_location("make_site", ROOT / "scripts/make_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_is_laid_out_and_in_the_menu(maker: ModuleType, tmp_path: Path, language: str) -> None:
    """No link leads nowhere; each page stands in the menu once; what is there in English alone says so."""
    site = maker.Site(maker.plan(language), tmp_path / language)
    site.write()
    assert site.broken == []
    settings = tomllib.loads(maker.config(site, tmp_path / "out"))["project"]

    def places(menu: object) -> list[str]:
        if isinstance(menu, str):
            return [menu]
        parts = menu.values() if isinstance(menu, dict) else menu
        return [place for part in parts for place in places(part)]  # type: ignore[attr-defined]

    named = places(settings["nav"])
    assert sorted(named) == sorted(site.pages)
    assert named[0] == "index.md"
    assert all(path.is_file() for path in ((ROOT / "docs/en").rglob("*.md")))
    assert {path.relative_to(ROOT / "docs/en").as_posix() for path in (ROOT / "docs/en").rglob("*.md")} <= set(named)
    said = {place for place in site.pages if "英語版のみ" in (tmp_path / language / place).read_text("utf-8")}
    assert (language == "ja") == ("project/contributing.md" in said)
    assert not any(place.startswith(("how-to/", "explanation/", "reference/")) for place in said)


def test_blocks_have_titles_and_comments_are_gone(maker: ModuleType, tmp_path: Path) -> None:
    """The name of a file, the word for output; a comment for the tests is nothing for readers."""
    site = maker.Site(maker.plan("ja"), tmp_path)
    page = site.page(ROOT / "docs/ja/tutorial.md", "tutorial.md")
    assert '```csv title="point_card.csv"\n' in page
    assert '```text title="出力"\n' in page
    assert "<!--" not in page


def test_japanese_lines_are_joined(maker: ModuleType) -> None:
    """A break between Japanese characters would be a blank; one between Latin words is one."""
    text = "会員の\nデータ。\n次の行\n\n- 一つ\n  続き`x`\n  です\n- two\n  words\n\n```text\n会員の\nデータ\n```\n"
    joined = "会員のデータ。次の行\n\n- 一つ続き`x`です\n- two\n  words\n\n```text\n会員の\nデータ\n```\n"
    assert maker.unwrapped(text) == joined


def test_a_link_to_nothing_is_told(maker: ModuleType, tmp_path: Path) -> None:
    """With page and target."""
    site = maker.Site(maker.plan("en"), tmp_path)
    site.linked(
        "[x](nothing.md) [y](../../../README.md) [z](https://example.com)",
        ROOT / "docs/en/how-to/rules.md",
        "how-to/rules.md",
    )
    assert site.broken == ["docs/en/how-to/rules.md: nothing.md"]

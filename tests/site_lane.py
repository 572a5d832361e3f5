"""The documentation site as it was built: a lane of its own (``make test-site``), which needs Chromium and axe-core.

``make site`` has built it into ``site/``; ``make axe`` has fetched axe-core (``ONEID_AXE`` names another). Nothing is
fetched here.
"""

import functools
import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
AXE = Path(os.environ.get("ONEID_AXE", ROOT / ".axe/package/axe.min.js"))
SHOTS = ROOT / "build/site-shots"
"""Pictures of pages, for people to look at."""
LANGUAGES = ("", "ja/")
LOOKED_AT = ("index.html", "how-to/rules.html", "how-to/daily-runs.html", "reference/levels.html", "gallery.html")


class Page(HTMLParser):
    """What a page leads to and what can be led to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.language = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps addresses, names and the language."""
        have = {name: value or "" for name, value in attrs}
        self.names |= {have[name] for name in ("id", "name") if name in have}
        if tag == "html":
            self.language = have.get("lang", "")
        if tag == "a" and "href" in have:
            self.links.append(have["href"])
        elif tag in ("link", "script", "img", "iframe", "source", "video", "object"):
            self.loaded += [have[name] for name in ("href", "src", "data") if name in have]


PAGES = {path.relative_to(SITE).as_posix(): Page(path) for path in sorted(SITE.rglob("*.html"))}


def test_there_is_a_site() -> None:
    """In both languages, with the same pages."""
    english = {name for name in PAGES if not name.startswith("ja/")}
    assert len(english) > 80
    assert {name.removeprefix("ja/") for name in PAGES if name.startswith("ja/")} == english


def test_no_broken_link() -> None:
    """Every link inside the site leads to a file of it, and its anchor to a name in that page."""
    broken = []
    for name, page in PAGES.items():
        for target in page.links + page.loaded:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or name.endswith("404.html"):
                continue
            file = (SITE / name).parent / unquote(parts.path) if parts.path else SITE / name
            file = file / "index.html" if file.is_dir() else file
            there = file.resolve().relative_to(SITE).as_posix() if file.exists() else ""
            anchor = unquote(parts.fragment)
            if not there or (anchor and there in PAGES and anchor not in PAGES[there].names):
                broken.append(f"{name}: {target}")
    assert broken == []


def test_a_japanese_page_is_japanese_or_says_so() -> None:
    """Pages in English alone say so in their first lines."""
    for name, page in PAGES.items():
        japanese = name.startswith("ja/")
        assert page.language == ("ja" if japanese else "en")
        text = re.sub(
            r"(?s)<(pre|code|nav|header|footer|script)\b.*?</\1>|<[^>]*>", "", (SITE / name).read_text("utf-8")
        )
        if japanese and not name.endswith("404.html"):
            assert "このページは英語版のみです" in text or len(re.findall("[ぁ-ん]", text)) > 20, name


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No page and no style loads anything from another host; links to others are for people to follow."""
    for name, page in PAGES.items():
        assert [target for target in page.loaded if urlsplit(target).netloc] == [], name
    for path in SITE.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", path.read_text("utf-8")), path


@pytest.mark.parametrize(
    ("language", "words"), [("", ["survivorship"]), ("ja/", ["名寄せ", "要確認", "統合顧客", "台帳"])]
)
def test_the_index_has_the_words(language: str, words: list[str]) -> None:
    """The index of each language is of that language."""
    text = json.dumps(json.loads((SITE / language / "search.json").read_text("utf-8")), ensure_ascii=False)
    assert [word for word in words if word not in text] == []


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site, served on this machine alone."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    serve = functools.partial(Quiet, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    flags = (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", f"user-data-dir={tmp_path_factory.mktemp('chromium')}",
    )  # fmt: skip
    for flag in flags:
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


def shown(browser: webdriver.Chrome, url: str, width: int, scheme: str) -> None:
    """A page at a width, light or dark, once its scripts have run."""
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wanted = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
    browser.get(url)
    ready = "return document.readyState === 'complete' && !document.querySelector('nav:not([aria-label])')"
    WebDriverWait(browser, 20).until(lambda driver: driver.execute_script(ready))


@pytest.mark.parametrize("page", [language + page for language in LANGUAGES for page in LOOKED_AT])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: webdriver.Chrome, address: str, page: str, width: int, scheme: str) -> None:
    """No violation of what axe-core knows; nothing wider than the screen; nothing asked of another host."""
    shown(browser, address + page, width, scheme)
    SHOTS.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(SHOTS / f"{page.replace('/', '-').removesuffix('.html')}-{width}-{scheme}.png"))
    browser.execute_script(AXE.read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))])))"
    )
    assert found == []
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    hosts = browser.execute_script("return performance.getEntriesByType('resource').map(e => new URL(e.name).host)")
    assert {f"http://{host}/" for host in hosts} <= {address}


@pytest.mark.parametrize(
    ("language", "word", "title"),
    [("", "survivorship", "Criteria of survivorship"), ("ja/", "過剰統合", "過剰統合"), ("ja/", "双子", "双子")],
)
def test_search_finds(browser: webdriver.Chrome, address: str, language: str, word: str, title: str) -> None:
    """What is typed into the search, in either language, is found in the pages."""
    shown(browser, f"{address}{language}index.html", 1280, "light")
    press = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true}))"
    text = "return [...document.querySelectorAll('*')].map(e => e.shadowRoot?.textContent ?? '').join('')"
    field = "return document.activeElement.shadowRoot?.activeElement?.tagName"

    def open_search(driver: webdriver.Chrome) -> bool:
        if driver.execute_script(field) != "INPUT":
            driver.execute_script(press)
        return bool(driver.execute_script(field) == "INPUT")

    WebDriverWait(browser, 20).until(open_search)
    browser.switch_to.active_element.send_keys(word)
    WebDriverWait(browser, 20).until(lambda driver: title in driver.execute_script(text).replace(word + "×", ""))


@pytest.mark.parametrize("page", ["how-to/rules.html", "index.html"])
def test_the_other_language_is_one_step_away(browser: webdriver.Chrome, address: str, page: str) -> None:
    """From a page to the same page in the other language and back."""
    shown(browser, address + page, 1280, "light")
    for language, place in (("ja", f"ja/{page}"), ("en", page)):
        browser.find_element("css selector", f".oneid-language[hreflang={language}]").click()
        WebDriverWait(browser, 20).until(lambda driver, place=place: driver.current_url == address + place)

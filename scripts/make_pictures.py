"""Draws the pages that people look at, with Chromium: pictures for README and docs, and proof that the pages are sound.

Usage: ``python scripts/make_pictures.py [--out build/pictures] [--only NAME]``

Each :class:`Shot` is a page; it is opened once per language and shown 1280 and 390 wide, light and dark, whole, as
``NAME-LANGUAGE-WIDTH-SCHEME.png``, and printed on A4, as ``NAME-LANGUAGE.pdf``. Of each page axe-core's findings, and
what stands out to the right, also with letters of 200 %, end the script with 1; so does a page whose letters do not
grow. What ``README`` names goes to ``docs/images`` too, as the first screen.

Needs Chromium with its driver (Debian: chromium, chromium-driver), axe-core (``make axe``), the documentation site
(``make site``) and selenium.
"""

from __future__ import annotations

import argparse
import base64
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from oneid.demo import generate

ROOT = Path(__file__).resolve().parent.parent
AXE = Path(os.environ.get("ONEID_AXE", ROOT / ".axe/package/axe.min.js"))
SITE = ROOT / "site"
LANGUAGES: Final = ("en", "ja")
WIDTHS: Final = (1280, 390)
SCHEMES: Final = ("light", "dark")
HEIGHTS: Final[Mapping[str, int]] = {"report": 760, "review": 1000, "explain": 930}
"""The pages whose first screen is shown in README, and how much of them."""
README: Final[Mapping[str, str]] = {
    f"{name}-{language}-{scheme}": f"{name}{tongue}{look}.webp"
    for name in HEIGHTS
    for language, tongue in (("en", ""), ("ja", ".ja"))
    for scheme, look in (("light", ""), ("dark", ".dark"))
}
"""What goes to docs/images: the first screen of a page, ``NAME-LANGUAGE-SCHEME``."""
_FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
)  # fmt: skip
_PATIENCE: Final = 600
"""Seconds that axe-core may take for a long page, where others use the machine."""
_STILL: Final = """
const done = arguments[arguments.length - 1];
requestAnimationFrame(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => done()));
"""
"""Waits until nothing moves: colours between light and dark are nobody's."""


@dataclass(frozen=True)
class Shot:
    """A page by its name: ``page`` is given a browser, a language and the demo's folder, and shows it until it ends."""

    name: str
    page: Callable[[webdriver.Chrome, str, Path], AbstractContextManager[None]]


@contextmanager
def report(driver: webdriver.Chrome, language: str, demo: Path) -> Iterator[None]:
    """The report of the demo's second day."""
    output = demo / f"report.{language}.html"
    oneid("report", str(demo / "out"), "--lang", language, "-o", str(output))
    driver.get(output.as_uri())
    yield


@contextmanager
def explain(driver: webdriver.Chrome, language: str, demo: Path) -> Iterator[None]:
    """Two records of one person: what speaks for it and against it, bit by bit."""
    output = demo / f"explain.{language}.html"
    oneid("explain", str(demo / "out"), *told_pair(demo), "--html", str(output), "--lang", language)
    driver.get(output.as_uri())
    yield


@contextmanager
def review(driver: webdriver.Chrome, language: str, demo: Path) -> Iterator[None]:
    """The first pair that waits, as ``oneid review`` shows it to somebody who has said a name."""
    words = [sys.executable, "-m", "oneid", "review", str(demo / "out"), "--config", str(demo / "oneid.yaml")]
    server = subprocess.Popen(
        [*words, "--lang", language], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        driver.get(server.stdout.readline().strip())
        wait = WebDriverWait(driver, 60)
        wait.until(lambda one: one.execute_script("return document.activeElement?.id === 'name'"))
        driver.switch_to.active_element.send_keys({"en": "Sato", "ja": "佐藤"}[language], Keys.ENTER)
        wait.until(lambda one: one.execute_script("return !!document.querySelector('#verdict')"))
        yield
    finally:
        server.kill()
        server.wait()


@contextmanager
def queue(driver: webdriver.Chrome, language: str, demo: Path) -> Iterator[None]:
    """All that waits."""
    with review(driver, language, demo):
        driver.get(driver.current_url.rstrip("/") + "/queue")
        yield


@contextmanager
def site(driver: webdriver.Chrome, language: str, demo: Path) -> Iterator[None]:  # noqa: ARG001 - as all shots
    """The start page of the documentation site, served on this machine alone."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        driver.get(f"http://127.0.0.1:{server.server_port}/{'' if language == 'en' else language + '/'}index.html")
        mended = "return document.readyState === 'complete' && !document.querySelector('nav:not([aria-label])')"
        WebDriverWait(driver, 20).until(lambda one: one.execute_script(mended))
        yield
    finally:
        server.shutdown()
        server.server_close()


SHOTS: Final = (
    Shot("report", report), Shot("review", review), Shot("queue", queue), Shot("explain", explain), Shot("site", site),
)  # fmt: skip


def oneid(*words: str) -> None:
    """Runs a command of oneid."""
    subprocess.run([sys.executable, "-m", "oneid", *words], check=True, stdout=subprocess.DEVNULL)


def demo_of_two_days(folder: Path, records: int = 20_000) -> None:
    """The demo with a registry, run on two days: on the second, some members have gone and some came with it."""
    config = generate(records=records, seed=1).write(folder)
    text = config.read_text("utf-8") + f"registry: sqlite:///{folder}/oneid.db\nlimits: {{largest: 30, "
    config.write_text(text + "source_rows_drop_pct: 20, members_moved_pct: 1}\n", "utf-8")
    whole = {path: path.read_bytes() for path in folder.glob("*.csv") if path.name != "truth.csv"}
    for path, data in whole.items():
        lines = data.splitlines(keepends=True)
        path.write_bytes(b"".join(lines[: len(lines) - len(lines) // 40]))
    oneid("resolve", str(config), "--out", str(folder / "out"))
    for path, data in whole.items():
        lines = data.splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:1] + lines[1 + len(lines) // 100 :]))
    oneid("resolve", str(config), "--out", str(folder / "out"))


def told_pair(demo: Path) -> tuple[str, str]:
    """Two records of somebody who has moved: much speaks for one person, something against it."""
    moved = pl.col("applied") & (pl.col("rule") == "name-birth-moved") & (pl.col("source_l") != pl.col("source_r"))
    links = pl.read_parquet(demo / "out/links.parquet").filter(moved)
    one = links.sort("source_l", "source_id_l", "source_id_r").row(0, named=True)
    return f"{one['source_l']}:{one['source_id_l']}", f"{one['source_r']}:{one['source_id_r']}"


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """A Chromium that talks to nobody, with a profile of its own."""
    with tempfile.TemporaryDirectory(prefix="oneid-chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or ""))
        driver.set_script_timeout(_PATIENCE)
        remote: Any = driver.command_executor
        remote.client_config.timeout = _PATIENCE
        try:
            yield driver
        finally:
            driver.quit()


def look(driver: webdriver.Chrome, width: int, scheme: str, height: int = 900) -> None:
    """Shows pages so wide from here on, in light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.execute_async_script(_STILL)


def screen(driver: webdriver.Chrome, form: str = "png") -> bytes:
    """What is shown, as PNG or as a small WebP."""
    quality = {"quality": 80} if form == "webp" else {}
    made = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": form, **quality})
    return base64.b64decode(made["data"])


def picture(driver: webdriver.Chrome, width: int, scheme: str) -> bytes:
    """The whole page as PNG, in a window as high as it, so that nothing sticks over other things."""
    try:
        look(driver, width, scheme, int(driver.execute_script("return document.documentElement.scrollHeight")))
        return screen(driver)
    finally:
        look(driver, width, scheme)


def printed(driver: webdriver.Chrome) -> bytes:
    """The page as PDF, as its own style lays out paper."""
    made = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    return base64.b64decode(made["data"])


def findings(driver: webdriver.Chrome, source: str) -> list[str]:
    """What axe-core has against the page."""
    driver.execute_script(source)
    found: Any = driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(found => done(found.violations));"
    )
    return [f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]}; {len(one['nodes'])})" for one in found]


@contextmanager
def letters(driver: webdriver.Chrome, percent: int) -> Iterator[None]:
    """Shows pages with the letters of a reader who set them to so many percent, as the browser's own settings do."""
    driver.execute_cdp_cmd("Page.setFontSizes", {"fontSizes": {"standard": 16 * percent // 100}})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Page.setFontSizes", {"fontSizes": {"standard": 16}})


def size_of_letters(driver: webdriver.Chrome) -> float:
    """Of the page's text, in pixels."""
    return float(driver.execute_script("return parseFloat(getComputedStyle(document.querySelector('p')).fontSize)"))


def wider(driver: webdriver.Chrome) -> list[str]:
    """What stands out of the page to the right, though nothing scrolls it."""
    return list(
        driver.execute_script(
            """
            const root = document.documentElement;
            if (root.scrollWidth <= root.clientWidth + 1) return [];
            const inside = (one) => {
              for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
                if (getComputedStyle(up).overflowX !== "visible") return true;
              return false;
            };
            const out = (one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest("svg svg");
            const found = [...document.querySelectorAll("body *")].filter((one) => out(one) && !inside(one));
            return [`page ${root.scrollWidth}`].concat(found.slice(0, 3).map((one) => one.outerHTML.slice(0, 90)));
            """
        )
    )


def shoot(driver: webdriver.Chrome, shot: Shot, demo: Path, out: Path, source: str) -> list[str]:
    """All pictures of a page; what is wrong with it."""
    wrong = []
    for language in LANGUAGES:
        look(driver, WIDTHS[0], SCHEMES[0])
        with shot.page(driver, language, demo):
            for scheme in SCHEMES:
                for width in WIDTHS:
                    look(driver, width, scheme)
                    name = f"{shot.name}-{language}-{width}-{scheme}"
                    wrong += [f"{name}: {one}" for one in (*findings(driver, source), *wider(driver))]
                    (out / f"{name}.png").write_bytes(picture(driver, width, scheme))
                    plain = size_of_letters(driver)
                    with letters(driver, 200):
                        wrong += [f"{name} at 200 %: {one}" for one in wider(driver)]
                        if size_of_letters(driver) < 1.6 * plain:
                            wrong.append(f"{name} at 200 %: letters do not grow")
                        if scheme == SCHEMES[0]:
                            (out / f"{name}-200.png").write_bytes(picture(driver, width, scheme))
                if scheme == SCHEMES[0]:
                    (out / f"{shot.name}-{language}.pdf").write_bytes(printed(driver))
                wanted = README.get(f"{shot.name}-{language}-{scheme}")
                if wanted:
                    look(driver, 1000, scheme, HEIGHTS[shot.name])
                    (ROOT / "docs/images" / wanted).write_bytes(screen(driver, "webp"))
    return wrong


def main() -> int:
    """Makes all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build/pictures")
    parser.add_argument("--only", choices=[shot.name for shot in SHOTS])
    args = parser.parse_args()
    shots = [shot for shot in SHOTS if args.only in (None, shot.name)]
    for needed, how in ((AXE, "make axe"), (SITE / "index.html", "make site")):
        if not needed.is_file():
            raise SystemExit(f"{needed} is not there: {how}")
    args.out.mkdir(parents=True, exist_ok=True)
    source = AXE.read_text("utf-8")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="oneid-pictures-") as folder, browser() as driver:
        demo = Path(folder)
        if any(shot.name != "site" for shot in shots):
            demo_of_two_days(demo)
        for shot in shots:
            wrong += shoot(driver, shot, demo, args.out, source)
    for one in wrong:
        print(one)
    print(f"pictures in {args.out}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

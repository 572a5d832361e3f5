"""Debian's Chromium without a window, for tests of pages: ``browsers`` opens as many as a test needs.

Where it is not installed the tests that need it are skipped by name, or fail if ONEID_REQUIRE_SERVERS is 1. axe-core,
by which pages are examined for people who cannot see or point, is not part of the project (its licence is another): it
is looked for at ``ONEID_AXE``, else where ``make axe`` puts it, in ``.axe``.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from paths import ROOT

__all__ = ["Browser", "axe", "browsers", "violations"]

AXE = Path(os.environ.get("ONEID_AXE", ROOT / ".axe/package/axe.min.js"))
_QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip

Browser = webdriver.Chrome


def lacking(what: str, how: str) -> None:
    """Skips, or fails where nothing may be missing."""
    told = f"{what} is not installed: {how}"
    if os.environ.get("ONEID_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{told}, and ONEID_REQUIRE_SERVERS asks for it")
    pytest.skip(told)


def opened(profile: Path, width: int = 1280, height: int = 900, *, dark: bool = False, script: bool = True) -> Browser:
    """A browser of a width in CSS pixels; below 500 it is a telephone. ``script``: whether pages may run any."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for one in (*_QUIET, f"--user-data-dir={profile}"):
        options.add_argument(one)
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    service = webdriver.ChromeService(str(shutil.which("chromedriver")))
    browser = webdriver.Chrome(options=options, service=service)
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    return browser


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[Callable[..., Browser]]:
    """Opens browsers as :func:`opened` does; all are closed at the end of the test."""
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        lacking("Chromium", "apt-get install chromium chromium-driver")
    made: list[Browser] = []

    def open_one(*sizes: int, **kinds: bool) -> Browser:
        made.append(opened(tmp_path / f"profile {len(made)}", *sizes, **kinds))
        return made[-1]

    try:
        yield open_one
    finally:
        for browser in made:
            browser.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The code of axe-core."""
    if not AXE.is_file():
        lacking("axe-core", "make axe")
    return AXE.read_text("utf-8")


def violations(browser: Browser, axe: str) -> list[str]:
    """What axe-core finds against the page that is shown: rule and element."""
    browser.execute_script(axe)
    found: dict[str, Any] = browser.execute_async_script("axe.run().then(arguments[0])")
    assert len(found["passes"]) > 10
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


def picture(browser: Browser, file: Path) -> None:
    """The whole page as a PNG."""
    size = browser.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    file.write_bytes(base64.b64decode(shot["data"]))

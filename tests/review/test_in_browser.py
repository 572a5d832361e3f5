"""The page in a real browser: by keys alone, for everybody, by two at once; and a server that is killed at any time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import httpx2
import pytest
from selenium.common.exceptions import JavascriptException, NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from browser import Browser, axe, browsers, violations
from oneid.review.books import FileBook
from review.conftest import Shop
from review.visitor import fields

__all__ = ["axe", "browsers"]

pytestmark = pytest.mark.slow
Open = Callable[..., Browser]


@contextmanager
def serving(shop: Shop, *arguments: object, people: int = 1) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """``oneid review`` as a process, and its links; killed at the end."""
    command = [sys.executable, "-m", "oneid", "review", shop.out, "--people", people, *arguments]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=os.environ | {"PYTHONUNBUFFERED": "1"}) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            yield [server.stdout.readline().strip() for _ in range(people)], server
        finally:
            server.kill()


def press(browser: Browser, *keys: str) -> None:
    """Keys of a keyboard: they go where the focus is, to no element that was looked up before."""
    ActionChains(browser).send_keys(*keys).perform()


def until(browser: Browser, what: Callable[[Browser], object]) -> None:
    """Waits for what is so of a page; one that goes away or has no body yet, while it is asked, is asked again."""
    between = (StaleElementReferenceException, NoSuchElementException, JavascriptException)
    WebDriverWait(browser, 60, ignored_exceptions=between).until(what)


def focused(browser: Browser) -> bool:
    """Whether whoever types writes a name."""
    return bool(browser.execute_script("return document.activeElement?.id === 'name'"))


def enter(browser: Browser, link: str, name: str) -> None:
    """Opens the link and says a name, with keys alone."""
    browser.get(link)
    until(browser, focused)
    with another_page(browser):
        press(browser, name, Keys.ENTER)


def shown(browser: Browser) -> str:
    return str(browser.find_element(By.NAME, "pair").get_attribute("value"))


def key(browser: Browser, letter: str) -> None:
    """Presses a key, and waits for the page that comes of it."""
    with another_page(browser):
        press(browser, letter)


@contextmanager
def another_page(browser: Browser) -> Iterator[None]:
    """Waits, after what is done inside, until another page has come, and wholly."""
    before = browser.find_element(By.TAG_NAME, "html")
    yield
    until(browser, lambda one: one.find_element(By.TAG_NAME, "html") != before)
    until(browser, lambda one: one.execute_script("return document.readyState") == "complete")


def test_by_keys_alone(shop: Shop, browsers: Open, labels: FileBook) -> None:
    """A whole review without a mouse: name, verdicts, a reason, undo, help; letters in a field are letters."""
    browser = browsers()
    with serving(shop, "--decisions", labels.path, "--lang", "en") as (links, _):
        enter(browser, links[0], "Sato")
        first = shown(browser)
        for letter in "sdl":
            key(browser, letter)
        assert labels.known()["decision"].sort().to_list() == ["defer", "different", "same"]
        fourth = shown(browser)
        press(browser, "r")
        press(browser, "sdlu?")
        assert shown(browser) == fourth
        assert browser.switch_to.active_element.get_attribute("value") == "sdlu?"
        outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2
        press(browser, Keys.ESCAPE)
        key(browser, "d")
        assert "sdlu?" in labels.known()["reason"].to_list()
        key(browser, "u")
        assert shown(browser) == fourth
        assert labels.known().height == 3
        press(browser, "?")
        assert browser.find_element(By.ID, "help").get_attribute("open") is not None
        key(browser, "u")
        key(browser, "u")
        key(browser, "u")
        assert shown(browser) == first
        assert labels.known().is_empty()
        for _ in range(60):  # tab by tab to the first button, and enter on it
            press(browser, Keys.TAB)
            if browser.switch_to.active_element.get_attribute("value") == "different":
                break
        key(browser, Keys.ENTER)
        assert labels.known()["decision"].to_list() == ["different"]
        assert browser.get_log("browser") == []


def test_without_script(shop: Shop, browsers: Open, labels: FileBook) -> None:
    """Buttons do all that keys do."""
    browser = browsers(script=False)
    with serving(shop, "--decisions", labels.path, "--lang", "en") as (links, _):
        enter(browser, links[0], "Sato")
        for word in ("same", "different"):
            with another_page(browser):
                browser.find_element(By.CSS_SELECTOR, f'button[value="{word}"]').click()
        with another_page(browser):
            browser.find_element(By.CSS_SELECTOR, "button[form=undo]").click()
        assert "Taken back" in browser.find_element(By.CLASS_NAME, "status").text
        assert labels.known()["decision"].to_list() == ["same"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_for_everybody(
    shop: Shop, browsers: Open, axe: str, labels: FileBook, language: str, width: int, dark: bool
) -> None:
    """axe-core finds nothing on any screen; nothing is wider than the window, at twice the text size neither."""
    browser = browsers(width, 844, dark=dark)
    shown_ = ["--show-pii"] if dark else []
    with serving(shop, "--decisions", labels.path, "--lang", language, *shown_) as (links, _):
        browser.get(links[0])
        until(browser, focused)
        examine(browser, axe)
        with another_page(browser):
            press(browser, "佐藤", Keys.ENTER)
        key(browser, "s")
        press(browser, "?")
        examine(browser, axe)
        base = browser.current_url
        for path in ("queue", "../../nothing"):
            browser.get(base + path)
            examine(browser, axe)


def examine(browser: Browser, axe: str) -> None:
    assert violations(browser, axe) == []
    for size in ("100%", "200%"):
        browser.execute_script("document.documentElement.style.fontSize = arguments[0]", size)
        wide, room = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, (browser.current_url, size)


def test_two_browsers_at_once(shop: Shop, browsers: Open) -> None:
    """Twenty-five pairs each, at the same time, into the registry: none lost, none twice."""
    seen: dict[str, list[str]] = {"Sato": [], "Suzuki": []}
    with serving(shop, "--lang", "en", people=2) as (links, _):

        def work(browser: Browser, link: str, name: str) -> None:
            enter(browser, link, name)
            for _ in range(25):
                seen[name].append(shown(browser))
                key(browser, "d")

        threads = [Thread(target=work, args=(browsers(), link, name)) for link, name in zip(links, seen, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    both = seen["Sato"] + seen["Suzuki"]
    assert len(both) == len(set(both)) == 50
    with shop.registry() as registry:
        found = registry.decisions()
    assert found.height == found.select("source_id_l", "source_id_r").n_unique() == 50
    assert found["by"].value_counts().sort("by").rows() == [("Sato", 25), ("Suzuki", 25)]


@pytest.mark.parametrize("to", ["registry", "file"])
def test_killed_after_each_verdict(shop: Shop, labels: FileBook, to: str) -> None:
    """Twenty-five times: the answer has come, the server is killed, and the verdict is there, with all before it."""
    arguments = ["--lang", "en", *(["--decisions", labels.path] if to == "file" else [])]
    given: list[str] = []
    for number in range(25):
        with serving(shop, *arguments) as (links, server), httpx2.Client(timeout=60) as client:
            here = links[0].partition("/?")[0]
            client.headers["Origin"] = here
            assert client.get(links[0]).status_code == 200
            form = fields(client.get(f"{here}/").text) | {"name": "Sato"}
            base = client.post(f"{here}/who", data=form).headers["location"]
            text = client.get(f"{here}{base}").text
            given.append(f"turn {number}")
            form = fields(text) | {"decision": "different", "reason": given[-1]}
            assert client.post(f"{here}{base}verdict", data=form).status_code == 303
            server.kill()
        if to == "file":
            reasons = labels.known()["reason"].to_list()
        else:
            with shop.registry() as registry:
                reasons = registry.decisions()["reason"].to_list()
        assert sorted(reasons) == sorted(given)

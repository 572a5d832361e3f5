"""The review page of a large run: how soon it is there, and how soon a verdict is safe, by the browser's own clock.

Usage: ``python benchmarks/review.py RUN [--rounds 3] [--verdicts 50] [--print-only]``

``RUN`` is the folder of a run with a registry, which is written to: give a copy. In each round ``oneid review`` is
started, and these are timed: until it prints its link; until the browser shows the first screen; until it shows the
first pair. Then so many verdicts are given by a key each: from the request to the answer that sends the browser on
(Navigation Timing, ``redirectStart`` to ``redirectEnd``), which comes when the verdict is in the registry, and until
the next pair is shown. Targets: opening 2 s, a verdict 100 ms at the median. Needs Chromium.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter

from results import tell
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
opened = import_module("browser").opened

_TIMES = """
const [page] = performance.getEntriesByType("navigation");
return [page.redirectEnd - page.redirectStart, page.domContentLoadedEventEnd - page.startTime];
"""


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def another(old: str, browser: webdriver.Chrome) -> bool:
    """Whether another page is shown, whole."""
    ready = browser.execute_script("return document.readyState") == "complete"
    return ready and browser.find_element(By.TAG_NAME, "html").id != old


def one_round(run: Path, browser: webdriver.Chrome, verdicts: int) -> dict[str, float | list[float]]:
    """The times of one round, in seconds."""
    begin = perf_counter()
    command = [sys.executable, "-m", "oneid", "review", str(run), "--lang", "en"]
    made: dict[str, float | list[float]] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env=os.environ | {"PYTHONUNBUFFERED": "1"}) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            link = server.stdout.readline().strip()
            made["link"], made["link cpu"] = perf_counter() - begin, cpu(server.pid)
            browser.get(link)
            WebDriverWait(browser, 60).until(lambda one: one.find_elements(By.ID, "name"))
            made["screen"], made["screen cpu"] = perf_counter() - begin, cpu(server.pid)
            sent = perf_counter()
            browser.find_element(By.ID, "name").send_keys("bench", Keys.ENTER)
            WebDriverWait(browser, 60).until(lambda one: one.find_elements(By.ID, "verdict"))
            made["pair"] = perf_counter() - sent
            safe, shown = [], []
            before = cpu(server.pid)
            for number in range(verdicts):
                old = browser.find_element(By.TAG_NAME, "html").id
                browser.find_element(By.TAG_NAME, "body").send_keys("sdl"[number % 3])
                WebDriverWait(browser, 60).until(partial(another, old))
                times = browser.execute_script(_TIMES)
                safe.append(times[0] / 1000)
                shown.append(times[1] / 1000)
            made["safe"], made["shown"] = safe, shown
            made["cpu a verdict"] = (cpu(server.pid) - before) / max(verdicts, 1)
        finally:
            server.terminate()
    return made


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--verdicts", type=int, default=50)
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oneid-bench-") as profile:
        browser = opened(Path(profile))
        try:
            rounds = [one_round(args.run, browser, args.verdicts) for _ in range(args.rounds)]
        finally:
            browser.quit()
    best = {name: min(float(one[name]) for one in rounds)  # type: ignore[arg-type]
            for name in ("link", "link cpu", "screen", "screen cpu", "pair", "cpu a verdict")}  # fmt: skip
    safe, shown = ([time for one in rounds for time in one[name]] for name in ("safe", "shown"))  # type: ignore[union-attr]
    milli = {name: 1000 * value for name, value in best.items()}
    rows = [
        ["start to link", "", f"{best['link']:.2f} s", f"{best['link cpu']:.2f} s"],
        ["start to first screen", "2 s", f"{best['screen']:.2f} s", f"{best['screen cpu']:.2f} s"],
        ["name to first pair", "", f"{best['pair']:.2f} s", ""],
        ["verdict safe, median", "100 ms", f"{1000 * statistics.median(safe):.0f} ms", ""],
        ["verdict safe, fastest, slowest", "", f"{1000 * min(safe):.0f} ms, {1000 * max(safe):.0f} ms", ""],
        ["key to next pair shown, median", "", f"{1000 * statistics.median(shown):.0f} ms",
         f"{milli['cpu a verdict']:.0f} ms"],
    ]  # fmt: skip
    note = f"Best of {len(rounds)} rounds, {len(safe)} verdicts; the page's clock is Chromium's."
    tell("review page", ["what", "target", "wall", "CPU"], rows, note=note, write=not args.print_only)


if __name__ == "__main__":
    main()

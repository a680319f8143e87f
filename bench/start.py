"""How long until the first page, and from page to page, against the barest Streamlit apps; in one run, by turns.

First page: from starting the command to a page that has run to its end in Chromium with an empty cache; against
``st.write("hello")``. Page change: from the click in the sidebar to the other page's last change, after litellm and
datasets are loaded; against two pages of one ``st.write`` each in ``st.navigation``. The bare apps run from an
empty directory with Streamlit's own defaults (besides no usage statistics and no browser tab of its own).

    python bench/start.py [--full]      more rounds with --full
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.sample_rows import fill_project
from pages import DEFAULT, PAGES
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

BARE = Path(__file__).parent / "bare"
BARE_SETTINGS = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_SERVER_HEADLESS": "true",
                 "STREAMLIT_SERVER_ADDRESS": "127.0.0.1"}  # fmt: skip
Serving = AbstractContextManager[AppServer]
FIRST_PAGE_AT_MOST = 1.3
PAGE_CHANGE_AT_MOST = 1.5

# Clicks a link and waits, inside the page, until the script has run and the new page's words are there.
CLICK_AND_WAIT = """
([link, words]) => new Promise((resolve, reject) => {
    const anchor = [...document.querySelectorAll("[data-testid=stSidebar] a")]
        .find(a => new URL(a.href).pathname === link);
    const main = document.querySelector("[data-testid=stMain]");
    const app = document.querySelector("[data-testid=stApp]");
    if (!anchor) { reject(new Error("no link " + link)); return; }
    const start = performance.now();
    const done = () => {
        const title = main.querySelector("h1") ?? main;
        return app.dataset.testScriptState === "notRunning" && title.innerText.includes(words)
            && !main.querySelector("[data-stale=true]");
    };
    const observer = new MutationObserver(() => {
        if (done()) { observer.disconnect(); clearTimeout(late); resolve(performance.now() - start); }
    });
    const late = setTimeout(() => { observer.disconnect(); reject(new Error("no " + words)); }, 20000);
    observer.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    anchor.click();
})
"""


def first_page_s(browser: Browser, serve: Callable[[Path], Serving], words: str) -> float:
    """Return the seconds from the command to a first page that has run and shows *words*."""
    with tempfile.TemporaryDirectory() as directory:
        context = browser.new_context()
        started = time.perf_counter()
        with serve(Path(directory)) as server:
            page = context.new_page()
            page.goto(server.url)
            page.get_by_text(words).first.wait_for()
            settle(page)
            took = time.perf_counter() - started
        context.close()
    return took


def page_changes_ms(page: Page, pages: list[tuple[str, str]], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of changing to each page of (address, words), going round."""
    times: dict[str, list[float]] = {link: [] for link, _ in pages}
    for turn in range(rounds + 1):
        for link, words in pages:
            took = page.evaluate(CLICK_AND_WAIT, [link, words])
            if turn:  # the first round warms up
                times[link].append(took)
            page.wait_for_timeout(120)
    return {link: statistics.median(values) for link, values in times.items()}


def vitrine(directory: Path, data: Path | None = None) -> Serving:
    return AppServer.running(directory, VITRINE_DATA_DIR=str(data or directory / "data"))


def bare(script: str) -> Callable[[Path], Serving]:
    return lambda directory: AppServer.running(
        directory, checkout=directory, script=str(BARE / script), **BARE_SETTINGS
    )


def compare_first_page(browser: Browser, rounds: int) -> float:
    with tempfile.TemporaryDirectory() as data:
        used = partial(vitrine, data=Path(data))
        first_ever = first_page_s(browser, used, "Overview")
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(first_page_s(browser, bare("hello.py"), "hello"))
            ours.append(first_page_s(browser, used, "Overview"))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"first page, median of {rounds}: bare {statistics.median(theirs):.2f} s, Vitrine "
          f"{statistics.median(ours):.2f} s = {ratio:.2f} times (at most {FIRST_PAGE_AT_MOST}); "
          f"the very first start, which makes the database: {first_ever:.2f} s")  # fmt: skip
    return ratio


BARE_PAGES = [("/two", "page two"), ("/", "page one")]
VITRINE_PAGES = [(f"/{entry.url_path}", entry.label) for entry in PAGES if entry.name != DEFAULT]


def compare_page_changes(browser: Browser, rounds: int, entries: int) -> float:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        project_id = fill_project(Path(other) / "data", entries=entries)
        with bare("two_pages.py")(Path(one)) as plain, vitrine(Path(other)) as full:
            theirs = _open(browser, plain.url)
            ours = _open(browser, f"{full.url}/?project={project_id}")
            ours.wait_for_timeout(8000)  # litellm and datasets are loaded by then; the log says so
            before = page_changes_ms(theirs, BARE_PAGES, rounds)
            mine = page_changes_ms(ours, VITRINE_PAGES, rounds)
            after = page_changes_ms(theirs, BARE_PAGES, rounds)
    bare_ms = statistics.median([*before.values(), *after.values()])
    ratio = statistics.median(mine.values()) / bare_ms
    print(f"page change, {entries:,} entries, median of {rounds}: bare {bare_ms:.0f} ms, Vitrine "
          f"{statistics.median(mine.values()):.0f} ms = {ratio:.2f} times (at most {PAGE_CHANGE_AT_MOST})")  # fmt: skip
    print("   " + "  ".join(f"{link} {ms:.0f} ms ({ms / bare_ms:.1f})" for link, ms in mine.items()))
    return ratio


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(url)
    settle(page)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="15 rounds instead of 5")
    parser.add_argument("--only", choices=["first", "change"], help="one half of it")
    chosen = parser.parse_args()
    rounds = 15 if chosen.full else 5
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a second start finds compiled code, as it does for people
    within = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        if chosen.only != "change":
            within &= compare_first_page(browser, rounds) <= FIRST_PAGE_AT_MOST
        if chosen.only != "first":
            for entries in (0, 10_000):
                within &= compare_page_changes(browser, rounds, entries) <= PAGE_CHANGE_AT_MOST
        browser.close()
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

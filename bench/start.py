"""Time to the first page and time of a page change, compared with minimal Streamlit apps; all alternate in one run.

Parts below the first screen that a page draws once the browser has painted it (``components/shared/later.py``) are
awaited before the next click and are not part of the time.

First page: from the start of the command until the page run is complete in Chromium with an empty cache, compared with
``st.write("hello")``. Page change: from the click in the sidebar to the last change of the new page, after litellm is
imported, compared with two pages of one ``st.write`` each in ``st.navigation``. The bare apps run from an empty
directory with Streamlit's defaults, except that usage statistics and the automatic browser tab are off.

    python bench/start.py [--full]      more rounds with --full

The median of all page changes is held to the bound, and with entries each page by itself; the exit code is 1 when one
is over it.
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

# Clicks a link and waits, inside the page, until the script has run and the text of the new page is shown.
CLICK_AND_WAIT = """
([link, text]) => new Promise((resolve, reject) => {
    const anchor = [...document.querySelectorAll("[data-testid=stSidebar] a")]
        .find(a => new URL(a.href).pathname === link);
    const main = document.querySelector("[data-testid=stMain]");
    const app = document.querySelector("[data-testid=stApp]");
    if (!anchor) { reject(new Error("no link " + link)); return; }
    const start = performance.now();
    const done = () => {
        const title = main.querySelector("h1") ?? main;
        return app.dataset.testScriptState === "notRunning" && title.innerText.includes(text)
            && !main.querySelector("[data-stale=true]");
    };
    const observer = new MutationObserver(() => {
        if (done()) { observer.disconnect(); clearTimeout(late); resolve(performance.now() - start); }
    });
    const late = setTimeout(() => { observer.disconnect(); reject(new Error("no " + text)); }, 20000);
    observer.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
    anchor.click();
})
"""

ALL_IS_DRAWN = """
() => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-testid=stMain] [data-testid=stSkeleton]")
"""


def first_page_s(browser: Browser, serve: Callable[[Path], Serving], text: str) -> float:
    """Return the seconds from the start of the command until the first page run is complete and shows *text*."""
    with tempfile.TemporaryDirectory() as directory:
        context = browser.new_context()
        started = time.perf_counter()
        with serve(Path(directory)) as server:
            page = context.new_page()
            page.goto(server.url)
            page.get_by_text(text).first.wait_for()
            settle(page)
            took = time.perf_counter() - started
        context.close()
    return took


def page_changes_ms(page: Page, pages: list[tuple[str, str]], rounds: int) -> dict[str, float]:
    """Visit *pages* (path, text) in turn and return the median time of a change to each in ms."""
    times: dict[str, list[float]] = {link: [] for link, _ in pages}
    for round_ in range(rounds + 1):
        for link, text in pages:
            took = page.evaluate(CLICK_AND_WAIT, [link, text])
            if round_:  # the first round is a warm-up
                times[link].append(took)
            page.wait_for_timeout(120)
            page.wait_for_function(ALL_IS_DRAWN)
    return {link: statistics.median(values) for link, values in times.items()}


def vitrine(directory: Path, data: Path | None = None) -> Serving:
    return AppServer.running(directory, VITRINE_DATA_DIR=str(data or directory / "data"))


def bare(script: str) -> Callable[[Path], Serving]:
    return lambda directory: AppServer.running(
        directory, checkout=directory, script=str(BARE / script), **BARE_SETTINGS
    )


def compare_first_page(browser: Browser, rounds: int) -> float:
    with tempfile.TemporaryDirectory() as data:
        with_database = partial(vitrine, data=Path(data))
        first_start_s = first_page_s(browser, with_database, "Overview")
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(first_page_s(browser, bare("hello.py"), "hello"))
            ours.append(first_page_s(browser, with_database, "Overview"))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"first page, median of {rounds}: bare {statistics.median(theirs):.2f} s, Vitrine "
          f"{statistics.median(ours):.2f} s = {ratio:.2f} times (at most {FIRST_PAGE_AT_MOST}); "
          f"the first start, which creates the database: {first_start_s:.2f} s")  # fmt: skip
    return ratio


BARE_PAGES = [("/two", "page two"), ("/", "page one")]
VITRINE_PAGES = [
    (f"/{entry.url_path}", entry.label) for entry in PAGES if entry.name != DEFAULT and not entry.needs_accounts
]


def compare_page_changes(browser: Browser, rounds: int, entries: int) -> bool:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        project_id = fill_project(Path(other) / "data", entries=entries)
        with bare("two_pages.py")(Path(one)) as plain, vitrine(Path(other)) as full:
            theirs = _open(browser, plain.url)
            ours = _open(browser, f"{full.url}/?project={project_id}")
            ours.wait_for_timeout(8000)  # litellm is imported by then, as the log shows
            bare_before = page_changes_ms(theirs, BARE_PAGES, rounds)
            measured = page_changes_ms(ours, VITRINE_PAGES, rounds)
            bare_after = page_changes_ms(theirs, BARE_PAGES, rounds)
    bare_ms = statistics.median([*bare_before.values(), *bare_after.values()])
    our_ms = statistics.median(measured.values())
    ratio = our_ms / bare_ms
    over = [link for link, ms in measured.items() if entries and ms / bare_ms > PAGE_CHANGE_AT_MOST]
    print(f"page change, {entries:,} entries, median of {rounds}: bare {bare_ms:.0f} ms, Vitrine "
          f"{our_ms:.0f} ms = {ratio:.2f} times (at most {PAGE_CHANGE_AT_MOST})")  # fmt: skip
    print("   " + "  ".join(f"{link} {ms:.0f} ms ({ms / bare_ms:.1f})" for link, ms in measured.items()))
    if over:
        print(f"   over {PAGE_CHANGE_AT_MOST} times: {', '.join(over)}")
    return ratio <= PAGE_CHANGE_AT_MOST and not over


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(url)
    settle(page)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="15 rounds instead of 5")
    parser.add_argument("--only", choices=["first", "change"], help="measure this half only")
    chosen = parser.parse_args()
    rounds = 15 if chosen.full else 5
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the second start uses compiled bytecode, as for users
    within = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        if chosen.only != "change":
            within &= compare_first_page(browser, rounds) <= FIRST_PAGE_AT_MOST
        if chosen.only != "first":
            for entries in (0, 10_000):
                within &= compare_page_changes(browser, rounds, entries)
        browser.close()
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

"""What the gate costs: a list route behind a session, compared with a bare route, and page runs with and without it.

Run from the project's directory: ``PYTHONPATH=. python bench/gate.py``. Three servers run at the same time: Vitrine
with a password, Vitrine without the gate, and a bare application that returns the same bytes. Rounds alternate, and
so does the order within them. The bounds are on the medians of the ratios: at least 0.6 of the bare route, and a page
run at most 1.05 times as long.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.api import WARM_UP_S, bare_server, rate
from bench.browsing import Browser, open_browser
from bench.sample_rows import fill_project
from tests.browser.driving import ROOT, AppServer

PASSWORD = "open sesame"  # noqa: S105  of this benchmark only
ENTRIES = 1_000
ROUTE_AT_LEAST, PAGE_AT_MOST = 0.6, 1.05
PAGE_RUNS = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more and longer rounds")
    seconds, rounds = (5.0, 9) if parser.parse_args().full else (1.5, 5)
    with (
        tempfile.TemporaryDirectory() as name,
        AppServer.running(_directory(name, "gated"), VITRINE_ACCESS_PASSWORD=PASSWORD) as gated,
        AppServer.running(_directory(name, "ungated"), script="bench/bare/ungated.py") as ungated,
    ):
        projects = [fill_project(server.data_dir, entries=ENTRIES) for server in (gated, ungated)]
        cookie = _sign_in(gated.url)
        time.sleep(WARM_UP_S)
        path = f"/api/projects/{projects[0]}/image-datasets?limit=100"
        response = httpx.get(gated.url + path, headers={"Cookie": cookie}).raise_for_status()
        body = Path(name) / "list.bytes"
        body.write_bytes(response.content)
        with bare_server(Path(name), [("/bare", response.headers["Content-Type"], str(body))]) as bare:
            route = _compare_routes((gated.url, path, cookie), (bare, "/bare", ""), rounds, seconds)
        page = asyncio.run(_compare_pages((gated.url, projects[0], cookie), (ungated.url, projects[1], ""), rounds))
    bounds = {
        f"at least {ROUTE_AT_LEAST} of a bare route": route >= ROUTE_AT_LEAST,
        f"a page run at most {PAGE_AT_MOST} times as long": page <= PAGE_AT_MOST,
    }
    for bound, holds in bounds.items():
        print(f"{'ok    ' if holds else 'MISSED'}  {bound}")
    return 0 if all(bounds.values()) else 1


def _directory(parent: str, name: str) -> Path:
    directory = Path(parent) / name
    directory.mkdir()
    return directory


def _sign_in(url: str) -> str:
    answer = httpx.post(f"{url}/access/session", json={"password": PASSWORD}).raise_for_status()
    return f"vitrine-access={answer.cookies['vitrine-access']}"


def _compare_routes(ours: tuple[str, str, str], bare: tuple[str, str, str], rounds: int, seconds: float) -> float:
    """Return the median ratio of the rates of two routes: URL of the server, path, cookie."""
    our_rates, bare_rates = [], []
    for _ in range(rounds):
        our_rates.append(asyncio.run(rate(*ours[:2], seconds, cookie=ours[2])))
        bare_rates.append(asyncio.run(rate(*bare[:2], seconds)))
    ratio = statistics.median(a / b for a, b in zip(our_rates, bare_rates, strict=True))
    rates = statistics.median(our_rates), statistics.median(bare_rates)
    print(f"list of 100 entries: {rates[0]:,.0f}/s with a session, {rates[1]:,.0f}/s bare, ratio {ratio:.2f}")
    return ratio


async def _compare_pages(ours: tuple[str, str, str], bare: tuple[str, str, str], rounds: int) -> float:
    """Return the median ratio of the durations of page runs: URL of the server, project, cookie."""
    ratios = []
    for number in range(2 * rounds):
        # The first of a pair is the slower one by some percent, whichever it is.
        order = (ours, bare) if number % 2 == 0 else (bare, ours)
        took_ms = {server: await _page_run_ms(*server) for server in order}
        our_ms, bare_ms = took_ms[ours], took_ms[bare]
        ratios.append(our_ms / bare_ms)
        print(f"page run: {our_ms:.1f} ms with the gate, {bare_ms:.1f} ms without")
    print(f"page runs with the gate take {statistics.median(ratios):.2f} times as long")
    return statistics.median(ratios)


async def _page_run_ms(url: str, project_id: str, cookie: str) -> float:
    """Return the median duration of page runs in a new session."""
    async with open_browser(url, cookie) as socket:
        browser = Browser(socket, project_id)
        listening = asyncio.create_task(browser.listen())
        await browser.visit("overview")
        took_ms = [await browser.visit(page) for _ in range(PAGE_RUNS // 2) for page in ("explore", "overview")]
        listening.cancel()
    return statistics.median(took_ms)


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

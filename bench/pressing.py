"""The desk in Chromium: from a key to the next picture and to the commit, and keys that come fast.

The fast ones come alone, beside a task that asks a model, and while the network to the server stalls.
"""

import io
import multiprocessing
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from bench.generate import serve
from bench.sample_rows import fill_project
from bench.stalling import StallingWay
from core import ImageService, connect
from core.dataset import EntryQueries, parse_search
from core.db import ImageDatasets, utc_now
from core.db.database import journal_mode
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

PICTURES = 120
PRESSES = 60
FAST_PRESSES = 240
FAST_PER_S = 16
STALL_S = 3.0
BESIDE_ENTRIES = 5_000
"""In the project of the task: its thousand images keep a slow model busy for longer than the presses take."""

# Times a press from the key until the next question is there and its picture is decoded and painted.
WATCH = """
window.paints = []; window.commits = []; window.seen = [];
const desk = () =>
  [...document.querySelectorAll("*")].map((node) => node.shadowRoot?.querySelector(".desk")).find(Boolean);
let root;
window.addEventListener("keydown", (event) => {
  root ??= desk();
  const start = performance.now();
  const question = root.querySelector(".question")?.textContent;
  window.seen.push(question);
  window.pressed = start;
  const look = () => {
    const picture = root.querySelector(".lens img");
    const asBefore = root.querySelector(".question")?.textContent === question;
    if (asBefore || !picture?.complete) return requestAnimationFrame(look);
    picture.decode().then(() => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.paints.push(performance.now() - start);
      channel.port2.postMessage(0);
    }));
  };
  requestAnimationFrame(look);
}, true);
const send = window.fetch;
window.fetch = async (url, options) => {
  const start = window.pressed;
  const answer = await send(url, options);
  if (String(url).includes("/desk/decide")) window.commits.push(performance.now() - start);
  return answer;
};
"""


def picture(number: int) -> bytes:
    """Return a JPEG of 1600x1200 that is about as hard to decode as a photograph."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (60, 80, 3), dtype=np.uint8)).resize(
        (1600, 1200), Image.Resampling.BICUBIC
    )
    out = io.BytesIO()
    coarse.save(out, "JPEG", quality=85)
    return out.getvalue()


def fill(data_dir: Path, entries: int) -> str:
    """Make a project with that many entries, the first ones about pictures that exist, each about another."""
    # In a process of its own, which gives its memory back: while it was held here, Chromium took three times as long
    # to decode a picture, also for a desk of 10,000 entries beside another project of 100,000.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        project_id = process.submit(fill_project, data_dir, entries=entries - 3 * PICTURES).result()
    with connect(data_dir) as db:
        files = [(f"{number}.jpg", picture(number)) for number in range(PICTURES)]
        images = [outcome.image for outcome in ImageService(db).intake.add_images(project_id, files)]
        start = utc_now() - timedelta(days=60)
        rows = [
            ImageDatasets(
                project_id=project_id, image_id=image.id, image_name=image.image_name, model="offline/measure",
                question=f"Which picture is this, in round {turn}, number {place}?", answer=f"{place}", kind="seen",
                create_at=start + timedelta(seconds=turn * PICTURES + place),
            ).model_dump()
            for turn in range(3) for place, image in enumerate(images) if image is not None
        ]  # fmt: skip
        with db.transaction() as session:
            session.execute(insert(ImageDatasets), rows)
    return project_id


def desk(data_dir_parent: Path, entries: int) -> bool:
    """Measure the desk in Chromium and return whether it kept its limits."""
    with AppServer.running(data_dir_parent) as server, sync_playwright() as playwright:
        project_id = fill(server.data_dir, entries)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        page = open_desk(browser, server.url, project_id)
        for number in range(PRESSES):
            page.keyboard.press("ax"[number % 2])
            page.wait_for_function(f"window.paints.length > {number} && window.commits.length > {number}")
            page.wait_for_timeout(120)
        print(f"    a bare insert and commit on this disk takes {bare_commit_ms(server.data_dir):.1f} ms")
        paints, commits = page.evaluate("[window.paints, window.commits]")
        ok = limit(f"{entries:,} entries: key to picture and question painted, median", statistics.median(paints), 40)
        ok &= limit(f"{entries:,} entries: the same, p95", p95(paints), 80)
        ok &= limit(
            f"{entries:,} entries: key to decision committed and answered, median", statistics.median(commits), 20
        )
        pressed = f"{FAST_PRESSES} presses at {FAST_PER_S} a second"
        ok &= limit(f"{pressed}: not decided as on the screen", fast_keys(page, server, project_id), 0, "")
        page.close()
        ok &= limit(f"{pressed} while a task runs: not decided", fast_keys_beside_task(browser, server), 0, "")
        lost = fast_keys_over_stalling_way(browser, server)
        ok &= limit(f"{pressed}, the network stalls for {STALL_S:.0f} s: not decided", lost, 0, "")
        browser.close()
    return ok


def fast_keys_beside_task(browser: Browser, server: AppServer, concurrency: int = 4) -> int:
    """Press while a task asks a model that needs 200 ms for each image."""
    project_id = fill(server.data_dir, BESIDE_ENTRIES)
    with slow_model() as url:
        page = open_desk(browser, server.url, project_id)
        model = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-fake", "api_base": f"{url}/v1"}
        asked = {"num_questions": 1, "with_answers": True, "concurrency": concurrency, "llm_config": model}
        sent = httpx.post(f"{server.url}/api/projects/{project_id}/image-questions", json=asked, timeout=60)
        address = f"{server.url}/api/tasks/{sent.raise_for_status().json()['id']}"
        before = httpx.get(address).json()["processed_count"]
        lost = fast_keys(page, server, project_id)
        now = httpx.get(address).json()
        httpx.post(f"{address}/cancel").raise_for_status()
        page.close()
    done = now["processed_count"] - before
    print(f"    beside a task that is {now['status']}: {done} of {now['total_count']} images meanwhile")
    return lost if now["status"] == "running" and done else FAST_PRESSES


@contextmanager
def slow_model() -> Iterator[str]:
    """Serve a model in a process of its own; its address is yielded."""
    ours, theirs = multiprocessing.Pipe()
    provider = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    provider.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        provider.join(10)


def fast_keys_over_stalling_way(browser: Browser, server: AppServer) -> int:
    project_id = fill(server.data_dir, 3 * PICTURES)
    with StallingWay.to(int(server.url.rsplit(":", 1)[1])) as way:
        page = open_desk(browser, f"http://127.0.0.1:{way.port}", project_id)
        threading.Timer(FAST_PRESSES / FAST_PER_S / 3, way.hold, [STALL_S]).start()
        lost = fast_keys(page, server, project_id)
        page.close()
    return lost


def open_desk(browser: Browser, url: str, project_id: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/curate?project={project_id}")
    settle(page)
    page.locator(".desk .question").wait_for()
    page.wait_for_timeout(1500)
    return page


def bare_commit_ms(directory: Path) -> float:
    """Return what the disk alone takes for a commit, kept as safe as Vitrine keeps its own."""
    file = directory / "bare.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode()}")
        connection.execute("CREATE TABLE acts (id INTEGER PRIMARY KEY, what TEXT)")
        add = partial(connection.execute, "INSERT INTO acts (what) VALUES ('confirm')")
        took = statistics.median(timed(add) for _ in range(50))
    file.unlink()
    return took


def fast_keys(page: Page, server: AppServer, project_id: str) -> int:
    """Press fast and return how many decisions are missing, doubled or on another entry than was on the screen."""
    already = len(page.evaluate("window.seen"))
    due = time.perf_counter()
    for _ in range(FAST_PRESSES):
        page.keyboard.press("a")
        due += 1 / FAST_PER_S
        page.wait_for_timeout(max(0.0, (due - time.perf_counter()) * 1000))
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('vitrine-act:'))")
    seen = page.evaluate("window.seen")[already:]
    with connect(server.data_dir) as db:
        found = EntryQueries(db).find_entries(project_id, parse_search("is:confirmed kind:seen"), limit=1000).items
        confirmed = {entry.question for entry in found if len(EntryQueries(db).history(entry.id)) == 1}
    return FAST_PRESSES - len(set(seen) & confirmed)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def limit(what: str, value: float, most: float, unit: str = "ms") -> bool:
    print(
        f"{'ok  ' if value <= most else 'OVER'} {what}: {value:,.1f} {unit} (at most {most:,} {unit})".replace(
            "  ", " "
        )
    )
    return value <= most

"""The review desk in Chromium: latency from a key press to the next image and to the commit, and fast key presses.

The fast presses are measured alone, during a generation task, and while the network to the server stalls.
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
from bench.stalling import StallingProxy
from core import ImageService, connect
from core.dataset import EntryQueries, parse_search
from core.db import ImageDatasets, utc_now
from core.db.database import journal_mode
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

IMAGES = 120
PRESSES = 60
FAST_PRESSES = 240
FAST_PER_S = 16
STALL_S = 3.0
ENTRIES_DURING_TASK = 5_000
"""The project of the task has a thousand images, so that the task takes longer than the key presses."""

# Measures from each key press until the next question is shown and its image is decoded and painted.
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


def image_bytes(number: int) -> bytes:
    """Return a JPEG of 1600x1200 that takes about as long to decode as a photograph."""
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (60, 80, 3), dtype=np.uint8)).resize(
        (1600, 1200), Image.Resampling.BICUBIC
    )
    out = io.BytesIO()
    coarse.save(out, "JPEG", quality=85)
    return out.getvalue()


def fill(data_dir: Path, entries: int) -> str:
    """Create a project with that many entries; the first ones have real images, a different one each."""
    # In a separate process, which frees its memory: when this process kept the rows in memory, Chromium took three
    # times as long to decode an image, also at a desk of 10,000 entries beside a project of 100,000.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        project_id = process.submit(fill_project, data_dir, entries=entries - 3 * IMAGES).result()
    with connect(data_dir) as db:
        files = [(f"{number}.jpg", image_bytes(number)) for number in range(IMAGES)]
        images = [outcome.image for outcome in ImageService(db).intake.add_images(project_id, files)]
        start = utc_now() - timedelta(days=60)
        rows = [
            ImageDatasets(
                project_id=project_id, image_id=image.id, image_name=image.image_name, model="offline/measure",
                question=f"Which image is this, in round {round_}, number {number}?", answer=f"{number}", kind="seen",
                create_at=start + timedelta(seconds=round_ * IMAGES + number),
            ).model_dump()
            for round_ in range(3) for number, image in enumerate(images) if image is not None
        ]  # fmt: skip
        with db.transaction() as session:
            session.execute(insert(ImageDatasets), rows)
    return project_id


def desk(data_dir_parent: Path, entries: int) -> bool:
    """Measure the desk in Chromium and return whether its bounds hold."""
    with AppServer.running(data_dir_parent) as server, sync_playwright() as playwright:
        project_id = fill(server.data_dir, entries)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        page = open_desk(browser, server.url, project_id)
        for number in range(PRESSES):
            page.keyboard.press("ax"[number % 2])
            page.wait_for_function(f"window.paints.length > {number} && window.commits.length > {number}")
            page.wait_for_timeout(120)
        print(f"    a bare INSERT and commit on this disk takes {bare_commit_ms(server.data_dir):.1f} ms")
        paints, commits = page.evaluate("[window.paints, window.commits]")
        ok = within(
            f"{entries:,} entries: key press to image and question painted, median", statistics.median(paints), 40
        )
        ok &= within(f"{entries:,} entries: the same, p95", p95(paints), 80)
        ok &= within(
            f"{entries:,} entries: key press to decision committed and answered, median", statistics.median(commits), 20
        )
        pressed = f"{FAST_PRESSES} presses at {FAST_PER_S} per second"
        ok &= within(f"{pressed}: not decided as shown on the screen", fast_keys(page, server, project_id), 0, "")
        page.close()
        ok &= within(f"{pressed} while a task runs: not decided", fast_keys_during_task(browser, server), 0, "")
        lost = fast_keys_over_stalling_proxy(browser, server)
        ok &= within(f"{pressed}, the network stalls for {STALL_S:.0f} s: not decided", lost, 0, "")
        browser.close()
    return ok


def fast_keys_during_task(browser: Browser, server: AppServer, concurrency: int = 4) -> int:
    """Press keys during a task whose model takes 200 ms for each image; return the number of lost decisions."""
    project_id = fill(server.data_dir, ENTRIES_DURING_TASK)
    with slow_model() as url:
        page = open_desk(browser, server.url, project_id)
        model = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-fake", "api_base": f"{url}/v1"}
        body = {"num_questions": 1, "with_answers": True, "concurrency": concurrency, "llm_config": model}
        response = httpx.post(f"{server.url}/api/projects/{project_id}/image-questions", json=body, timeout=60)
        task_url = f"{server.url}/api/tasks/{response.raise_for_status().json()['id']}"
        before = httpx.get(task_url).json()["processed_count"]
        lost = fast_keys(page, server, project_id)
        now = httpx.get(task_url).json()
        httpx.post(f"{task_url}/cancel").raise_for_status()
        page.close()
    done = now["processed_count"] - before
    print(f"    the task is {now['status']} and processed {done} of {now['total_count']} images meanwhile")
    return lost if now["status"] == "running" and done else FAST_PRESSES


@contextmanager
def slow_model() -> Iterator[str]:
    """Serve a fake model with slow replies in a separate process; yield its URL."""
    ours, theirs = multiprocessing.Pipe()
    provider = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    provider.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        provider.join(10)


def fast_keys_over_stalling_proxy(browser: Browser, server: AppServer) -> int:
    project_id = fill(server.data_dir, 3 * IMAGES)
    with StallingProxy.to(int(server.url.rsplit(":", 1)[1])) as proxy:
        page = open_desk(browser, f"http://127.0.0.1:{proxy.port}", project_id)
        threading.Timer(FAST_PRESSES / FAST_PER_S / 3, proxy.stall, [STALL_S]).start()
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
    """Return the median time of a commit in ms, with the journal mode that Vitrine uses."""
    file = directory / "bare.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal_mode()}")
        connection.execute("CREATE TABLE acts (id INTEGER PRIMARY KEY, what TEXT)")
        add = partial(connection.execute, "INSERT INTO acts (what) VALUES ('confirm')")
        took = statistics.median(time_ms(add) for _ in range(50))
    file.unlink()
    return took


def fast_keys(page: Page, server: AppServer, project_id: str) -> int:
    """Press fast and return how many decisions are missing, stored twice, or on an entry that was not shown."""
    seen_before = len(page.evaluate("window.seen"))
    due_s = time.perf_counter()
    for _ in range(FAST_PRESSES):
        page.keyboard.press("a")
        due_s += 1 / FAST_PER_S
        page.wait_for_timeout(max(0.0, (due_s - time.perf_counter()) * 1000))
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('vitrine-act:'))")
    seen = page.evaluate("window.seen")[seen_before:]
    with connect(server.data_dir) as db:
        found = EntryQueries(db).find_entries(project_id, parse_search("is:confirmed kind:seen"), limit=1000).items
        confirmed = {entry.question for entry in found if len(EntryQueries(db).history(entry.id)) == 1}
    return FAST_PRESSES - len(set(seen) & confirmed)


def time_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def within(label: str, value: float, at_most: float, unit: str = "ms") -> bool:
    """Print the value with its bound and return whether the bound holds."""
    print(
        f"{'ok  ' if value <= at_most else 'OVER'} {label}: {value:,.1f} {unit} (at most {at_most:,} {unit})".replace(
            "  ", " "
        )
    )
    return value <= at_most

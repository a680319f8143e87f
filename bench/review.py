"""The review desk: from a key to the next picture, to the commit; filters, annotators and bulk acts at size.

The desk runs in Chromium over pictures of 1600x1200; every press leads to another picture. The rest asks the service
directly, as the routes do. For scale: plain Streamlit buttons took 161 ms a press on two cores (93 tuned).

    python bench/review.py [--full]      10,000 entries; with --full 100,000, and searches in a million
"""

import argparse
import io
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from bench.sample_rows import fill_project
from bench.stalling import StallingWay
from core import ImageDatasetService, ImageService, connect
from core.dataset import parse_search
from core.db import Database, ImageDatasets, utc_now
from core.db.database import journal_mode
from core.errors import ConflictError
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

PICTURES = 120
PRESSES = 60
FAST_PRESSES = 240
FAST_PER_S = 16
STALL_S = 3.0
SEARCHES = (
    "", "number", "number 777", "nowhere", "zz", "-number", "is:open", "is:confirmed", "flagged:yes", "edited:yes",
    "doubtful:yes", "kind:count", "kind:nothing", "answer:yes", "answer:nothing", "type:label", "model:offline/measure",
    "model:nothing", "lang:tr", "lang:de", "tag:draft", "tag:nothing", "score:none", "score:4", "score:5", "length:>10",
    "length:>2000", "side:>1000", "side:<640", "created:>2020-01-01", "created:<2020-01-01", "by:nobody",
    "skipped:nobody", "reason:nothing", "image:nothing", "task:nothing", "is:confirmed score:none -tag:draft",
    "model:offline/measure edited:no kind:count", "is:open kind:nothing lang:en",
)  # fmt: skip
"""Every field of the search line, with a value that many entries have and one that none has."""

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
    project_id = fill_project(data_dir, entries=entries - 3 * PICTURES)
    with connect(data_dir) as db:
        files = [(f"{number}.jpg", picture(number)) for number in range(PICTURES)]
        images = [outcome.image for outcome in ImageService(db).add_images(project_id, files)]
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


def fast_keys_beside_task(browser: Browser, server: AppServer) -> int:
    project_id = fill(server.data_dir, 3 * PICTURES)
    page = open_desk(browser, server.url, project_id)
    asked = {"num_questions": 20, "with_answers": True, "llm_config": {"model": "offline/measure"}}
    task = httpx.post(f"{server.url}/api/projects/{project_id}/image-questions", json=asked).raise_for_status().json()
    lost = fast_keys(page, server, project_id)
    now = httpx.get(f"{server.url}/api/tasks/{task['id']}").json()
    print(f"    beside a task that is {now['status']} with {now['processed_count']} of {now['total_count']} images")
    page.close()
    return lost


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
        dataset = ImageDatasetService(db)
        found = dataset.find_entries(project_id, parse_search("is:confirmed kind:seen"), limit=1000).items
        confirmed = {entry.question for entry in found if len(dataset.history(entry.id)) == 1}
    return FAST_PRESSES - len(set(seen) & confirmed)


def searches(db: Database, project_id: str, entries: int) -> bool:
    """Measure the first page of several filters."""
    dataset = ImageDatasetService(db)
    worst = slowest_count = 0.0
    for line in SEARCHES:
        found = parse_search(line)
        took = statistics.median(timed(partial(dataset.find_entries, project_id, found, limit=100)) for _ in range(7))
        counted = timed(partial(dataset.count_entries, project_id, found))
        slowest_count = max(slowest_count, counted)
        print(f"    {line or '(everything)':45} first page {took:7.1f} ms, count {counted:7.1f} ms")
        worst = max(worst, took)
    ok = limit(f"{entries:,} entries: first page of a filter, the slowest", worst, 30)
    return limit(f"{entries:,} entries: count of a filter, the slowest", slowest_count, 300) and ok


def annotators(db: Database, project_id: str, edits: int) -> bool:
    """50 people, one edit a second each, for five seconds; then each that many edits flat out on 20 entries."""
    dataset = ImageDatasetService(db)
    ids = [entry.id for entry in dataset.find_entries(project_id, parse_search("kind:none"), limit=250).items]
    times: list[float] = []

    def calm(person: int) -> None:
        for turn in range(5):
            started = time.perf_counter()
            dataset.update_dataset_entry(ids[person + 50 * turn], note=f"{person}/{turn}")
            times.append((time.perf_counter() - started) * 1000)
            time.sleep(max(0.0, 1 - (time.perf_counter() - started)))

    everyone(calm, spread_s=1.0)
    ok = limit("50 annotators, one edit a second each: p95", p95(times), 25)
    stored, conflicts = [], []

    def hurried(person: int) -> None:
        for turn in range(edits):
            entry = dataset.get_dataset_entry(ids[(person + turn) % 20])
            try:
                dataset.update_dataset_entry(entry.id, version=entry.version, answer=f"{person}/{turn}")
                stored.append(entry.id)
            except ConflictError:
                conflicts.append(entry.id)

    everyone(hurried)
    events = sum(event.new.get("answer") is not None for id_ in ids[:20] for event in dataset.history(id_))
    print(f"    flat out on 20 entries: {len(stored)} stored, {len(conflicts)} conflicts shown")
    return (
        limit(
            "edits lost or without an event",
            50 * edits - len(stored) - len(conflicts) + abs(events - len(stored)),
            0,
            "",
        )
        and ok
    )


def bulk(db: Database, project_id: str) -> bool:
    """Confirm every open entry at once, and take it back."""
    dataset = ImageDatasetService(db)
    before = dataset.get_dataset_stats(project_id)
    started = time.perf_counter()
    changed = dataset.bulk(project_id, parse_search("is:open"), "confirm").changed
    confirming = (time.perf_counter() - started) * 1000
    started = time.perf_counter()
    dataset.undo(project_id)
    undoing = (time.perf_counter() - started) * 1000
    assert dataset.get_dataset_stats(project_id) == before
    ok = limit(f"confirm {changed:,} entries at once", confirming, 3000)
    return limit(f"take it back for {changed:,} entries", undoing, 3000) and ok


def everyone(work: Callable[[int], None], spread_s: float = 0.0) -> None:
    people = [threading.Thread(target=work, args=(person,)) for person in range(50)]
    for person in people:
        person.start()
        time.sleep(spread_s / len(people))
    for person in people:
        person.join()


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="100,000 entries at the desk, a million in the searches")
    full = parser.parse_args().full
    ok = True
    for entries in (10_000, 100_000) if full else (10_000,):
        with tempfile.TemporaryDirectory() as directory:
            ok &= desk(Path(directory), entries)
    with tempfile.TemporaryDirectory() as directory, connect(directory) as db:
        for entries in (1_000, 100_000, 1_000_000) if full else (1_000, 100_000):
            project_id = fill_project(Path(directory), entries=entries, with_files=False)
            ok &= searches(db, project_id, entries)
            if entries == 100_000:
                ok &= annotators(db, project_id, 200 if full else 20)
        # A third of the sample is confirmed already: 150,000 leave 100,000 to confirm.
        ok &= bulk(db, fill_project(Path(directory), entries=150_000, with_files=False))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())

"""The review desk: from a key to the next picture, to the commit; filters, annotators and bulk acts at size.

The desk runs in Chromium over pictures of 1600x1200; every press leads to another picture. The rest asks the service
directly, as the routes do. For scale: plain Streamlit buttons took 161 ms a press on two cores (93 tuned).

    python bench/review.py [--full]      10,000 entries; with --full 100,000, and searches in a million
"""

import argparse
import io
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import insert

from bench.sample_rows import fill_project
from core import ImageDatasetService, ImageService, connect
from core.dataset import parse_search
from core.db import Database, ImageDatasets, utc_now
from core.errors import ConflictError
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

PICTURES = 120
PRESSES = 60
FAST_PRESSES = 240
FAST_PER_S = 16
SEARCHES = (
    "", "is:open", "kind:none", "number 777", "is:confirmed score:none -tag:draft", "model:offline/measure edited:no",
)  # fmt: skip

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
                question=f"Which picture is this, in round {turn}, number {place}?", answer=f"{place}", kind="count",
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
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(WATCH)
        page.goto(f"{server.url}/curate?project={project_id}")
        settle(page)
        page.locator(".desk .question").wait_for()
        page.wait_for_timeout(1500)
        for number in range(PRESSES):
            page.keyboard.press("ax"[number % 2])
            page.wait_for_function(f"window.paints.length > {number} && window.commits.length > {number}")
            page.wait_for_timeout(120)
        paints, commits = page.evaluate("[window.paints, window.commits]")
        ok = limit(f"{entries:,} entries: key to picture and question painted, median", statistics.median(paints), 40)
        ok &= limit(f"{entries:,} entries: the same, p95", p95(paints), 80)
        ok &= limit(
            f"{entries:,} entries: key to decision committed and answered, median", statistics.median(commits), 20
        )
        lost = fast_keys(page, server, project_id)
        browser.close()
    return limit(f"{FAST_PRESSES} presses at {FAST_PER_S} a second: not decided as on the screen", lost, 0, "") and ok


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
        found = dataset.find_entries(project_id, parse_search("is:confirmed kind:count"), limit=1000).items
        confirmed = {entry.question for entry in found if len(dataset.history(entry.id)) == 1}
    return FAST_PRESSES - len(set(seen) & confirmed)


def searches(db: Database, project_id: str, entries: int) -> bool:
    """Measure the first page of several filters."""
    dataset = ImageDatasetService(db)
    worst = 0.0
    for line in SEARCHES:
        found = parse_search(line)
        took = statistics.median(timed(partial(dataset.find_entries, project_id, found, limit=100)) for _ in range(7))
        counted = timed(partial(dataset.count_entries, project_id, found))
        print(f"    {line or '(everything)':45} first page {took:7.1f} ms, count {counted:7.1f} ms")
        worst = max(worst, took)
    return limit(f"{entries:,} entries: first page of a filter, the slowest", worst, 30)


def annotators(db: Database, project_id: str) -> bool:
    """50 people, one edit a second each, for five seconds; then 50 x 20 flat out on 20 entries."""
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
        for turn in range(20):
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
        limit("edits lost or without an event", 1000 - len(stored) - len(conflicts) + abs(events - len(stored)), 0, "")
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
            project_id = fill_project(Path(directory), entries=entries)
            ok &= searches(db, project_id, entries)
            if entries == 100_000:
                ok &= annotators(db, project_id)
        # A third of the sample is confirmed already: 150,000 leave 100,000 to confirm.
        ok &= bulk(db, fill_project(Path(directory), entries=150_000))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())

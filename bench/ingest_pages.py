"""The upload page in Chromium, for ``bench/ingest.py``: uploads, and the library of a large project."""

import hashlib
import json
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from bench.sample_rows import thumbnail_path
from core import ImageService, ProjectService, connect
from core.db import Database, Images, Questions, new_id, utc_now
from core.db.read_cache import ReadCache
from core.images import ImageFilter
from core.images.samples import drawings
from core.measure import COLOR_NAMES
from tests.browser.driving import CHROMIUM_ARGS, ROOT, AppServer, find_chromium, free_port, settle

UPLOADED = (300, (1344, 1008), "JPEG")
"""Number of images for the upload, their size in px and their format; 0.25 MB each."""
OF_BARE_AT_MOST = 2.0
FILTER_MS_AT_MOST = 30
PAGE_TURN_MS_AT_MOST = 150
PAGE_TURNS = 12
SIZES = ((1280, 960), (960, 1280), (1000, 1000), (640, 480), (3000, 2000), (4000, 3000))
FORMATS = ("JPEG", "JPEG", "PNG", "WEBP")
TAGS = ("", "", "", "front,daylight", "night")
FILTERS = {
    "all": ImageFilter(),
    "name": ImageFilter(name="123"),
    "absent name": ImageFilter(name="zzz"),
    "tag": ImageFilter(tag="night"),
    "format, by name": ImageFilter(format="PNG", sort="name"),
    "color": ImageFilter(color="red"),
    "square, by name": ImageFilter(orientation="square", sort="name"),
    "largest portrait": ImageFilter(orientation="portrait", sort="largest"),
    "least sharp": ImageFilter(sort="blurred"),
    "side": ImageFilter(min_side_px=3500),
    "since yesterday": ImageFilter(added_from=f"{utc_now() - timedelta(days=1):%Y-%m-%d}"),
    "near-duplicates": ImageFilter(near_duplicates=True),
    "questions": ImageFilter(has="questions"),
    "no questions": ImageFilter(has="no-questions"),
    "questions, color": ImageFilter(has="questions", color="red"),
    "no entries, PNG": ImageFilter(has="no-entries", format="PNG"),
}

# Posts the chosen files with six concurrent requests, the limit of browsers per host; returns the seconds.
POST_BARE = """async () => {
  const files = [...document.querySelector("input").files];
  const start = performance.now();
  const work = async () => {
    while (files.length) {
      const body = new FormData(), file = files.pop();
      body.append("files", file, file.name);
      await (await fetch("/files", { method: "POST", body })).json();
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return (performance.now() - start) / 1000;
}"""
# Turns to another page of the grid; returns the milliseconds until all thumbnails are decoded and painted.
TURN_PAGE = """(direction) => new Promise((done) => {
  const grid = [...document.querySelectorAll("*")].map((node) => node.shadowRoot?.querySelector(".grid")).find(Boolean);
  const button = grid.querySelectorAll(".turn")[direction === "next" ? 1 : 0];
  const before = grid.querySelector(".where").textContent;
  const start = performance.now();
  const look = () => {
    const images = [...grid.querySelectorAll(".cell img")];
    const turned = grid.querySelector(".where").textContent !== before && images.length === 60;
    if (!turned || !images.every((image) => image.complete)) return requestAnimationFrame(look);
    Promise.all(images.map((image) => image.decode())).then(() => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now() - start);
      channel.port2.postMessage(0);
    }));
  };
  button.click();
  look();
})"""


def upload(root: Path, directory: Path) -> dict[str, Any]:
    """Upload the files of *root* alternately through the page and to a minimal route; the first run is a warm-up."""
    paths = sorted(root.iterdir())
    with sync_playwright() as playwright, AppServer.running(directory) as server:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        bare, measured = [], []
        for _ in range(4):
            bare.append(_post_bare(browser, paths, directory))
            measured.append(_upload(browser, server, paths))
        browser.close()
    bare_s, page_s = statistics.median(bare[1:]), statistics.median(measured[1:])
    return {
        "images": len(paths),
        "mb_each": round(sum(path.stat().st_size for path in paths) / len(paths) / 1e6, 2),
        "only_written_s": round(bare_s, 2),
        "page_s": round(page_s, 2),
        "page_the_first_time_s": round(measured[0], 2),
        "of_bare": round(page_s / bare_s, 2),
        "wanted": f"at most {OF_BARE_AT_MOST}",
    }


def _post_bare(browser: Browser, paths: list[Path], directory: Path) -> float:
    port, written = free_port(), directory / "written"
    written.mkdir(exist_ok=True)
    process = subprocess.Popen([sys.executable, "-m", "bench.bare.writing", str(port), str(written)], cwd=ROOT)
    page = browser.new_page()
    try:
        while True:
            try:
                page.goto(f"http://127.0.0.1:{port}/")
                break
            except Exception:  # noqa: BLE001 - Playwright raises its generic Error when the server is not up yet
                time.sleep(0.1)
        page.set_content("<input type=file multiple>")
        page.set_input_files("input", paths)
        return float(page.evaluate(POST_BARE))
    finally:
        page.close()
        process.terminate()
        process.wait()


def _upload(browser: Browser, server: AppServer, paths: list[Path]) -> float:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(f"Upload {new_id()}")
    page = browser.new_page()
    page.goto(f"{server.url}/upload?project={project.id}")
    settle(page)
    page.locator("input[type=file][aria-label=Files]").set_input_files(paths)
    page.get_by_text("1 to 60 of 300 images").wait_for()
    stored = page.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('vitrine-drop'))[1]")
    page.close()
    return float(json.loads(stored)["seconds"])


def library(directory: Path, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Measure filters in the service, and page turns in Chromium."""
    found: dict[str, Any] = {}
    with sync_playwright() as playwright, AppServer.running(directory) as server:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        for size in sizes:
            project_id = fill_library(server.data_dir, size)
            with connect(server.data_dir) as db:
                filters = filters_ms(db, project_id)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{server.url}/images?project={project_id}")
            turns = _turns_ms(page)
            page.close()
            found[f"{size:,} images"] = {
                "filter_ms": filters,
                "wanted_filter": f"below {FILTER_MS_AT_MOST}",
                "page_turn_ms": {"median": statistics.median(turns), "slowest": max(turns)},
                "wanted_turn": f"below {PAGE_TURN_MS_AT_MOST}",
            }
        browser.close()
    return found


def _turns_ms(page: Page) -> list[int]:
    page.get_by_text("1 to 60 of").wait_for()
    times = []
    for _ in range(PAGE_TURNS):
        settle(page)
        page.wait_for_timeout(1000)  # time to look at the page; the next page is prefetched meanwhile
        times.append(round(page.evaluate(TURN_PAGE, "next")))
    return times


def fill_library(data_dir: Path, count: int) -> str:
    """Create a project with *count* images that vary in every filtered column, a third with questions.

    The newest images have thumbnails, enough for the page turns.
    """
    random, start = Random(1), utc_now() - timedelta(days=20)
    with connect(data_dir) as db:
        project_id = ProjectService(db).create_project(f"{count:,} images").id
        images = [library_row(project_id, number, start, random) for number in range(count)]
        for number in range(0, count, 97):
            images[number]["near_duplicate_of"] = images[number - 1]["id"]
        questions = [
            Questions(project_id=project_id, image_id=image["id"], question="What?", question_key="what").model_dump()
            for image in images[::3]
        ]
        with db.transaction() as session:
            session.execute(insert(Images), images)
            session.execute(insert(Questions), questions)
    thumbnails = [_thumbnail(sample.data) for sample in drawings()]
    for number, image in enumerate(images[-(PAGE_TURNS + 3) * 60 :]):
        file = thumbnail_path(data_dir, image["sha256"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(thumbnails[number % len(thumbnails)])
    return project_id


def _thumbnail(data: bytes) -> bytes:
    image, file = Image.open(BytesIO(data)).convert("RGB"), BytesIO()
    image.thumbnail((320, 320))
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def library_row(project_id: str, number: int, start: datetime, random: Random) -> dict[str, Any]:
    """Return the row of an image that varies in every filtered column."""
    sha256 = hashlib.sha256(f"{project_id} {number}".encode()).hexdigest()
    width, height = random.choice(SIZES)
    return Images(
        project_id=project_id, image_name=f"photo-{number:06}.jpg", path=f"{sha256[:2]}/{sha256}.jpg", sha256=sha256,
        size=random.randrange(10_000, 5_000_000), width=width, height=height, format=random.choice(FORMATS),
        colors=",".join(random.sample(COLOR_NAMES, 3)), sharpness=random.random() * 1000, brightness=50.0, contrast=9.0,
        tags=random.choice(TAGS), create_at=start + timedelta(seconds=number), update_at=start,
    ).model_dump()  # fmt: skip


def filters_ms(db: Database, project_id: str) -> dict[str, float]:
    """Return for each filter the time of its first page in ms, with an empty read cache."""
    library, found = ImageService(db).library, {}
    for name, chosen in FILTERS.items():
        times = []
        for _ in range(5):
            db.read_cache = ReadCache(db.data_version)
            started_s = time.perf_counter()
            library.find_images(project_id, chosen, limit=120)
            times.append((time.perf_counter() - started_s) * 1000)
        found[name] = round(statistics.median(times), 1)
    return found

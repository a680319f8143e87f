"""Original pixels at 100 %: the first tile of an image of 54 megapixels, the memory of the server, and the desk's keys.

The first tile is compared with what Pillow needs to decode and crop the region, in this process; the rounds alternate.
Keys are pressed at a desk of 12 megapixel photographs, as they are and while tiles of the shown one are being loaded.

    python bench/zoom.py [--full]      --full: three times as many rounds
"""

import io
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from bench.pressing import open_desk, p95, within
from bench.sessions import memory_mb
from core import ImageDatasetService, Images, ImageService, ProjectService, connect
from core.api.media_urls import image_url, tiles_url
from core.images.storage import ImageStorage
from core.images.tiles import SIDE_PX
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium

LARGE_WH, PHOTO_WH = (9000, 6000), (4000, 3000)
ROUNDS, PRESSES = 5, 16
MAX_TIMES_BARE, MAX_GROWTH_MB = 2.0, 50
# Of a key press while tiles are loaded, compared with one while none are.
MAX_TIMES_KEY = 1.25
PLACE = (8, 5)
"""Column and row of the first tile: in the middle, as after pressing Z."""


def photograph(number: int, size_wh: tuple[int, int], format_: str) -> bytes:
    """Return an image that takes about as long to decode as a photograph."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 255, (size_wh[1] // 40, size_wh[0] // 40, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size_wh, Image.Resampling.BICUBIC)
    grain = Image.fromarray(random.integers(0, 24, size_wh[::-1], dtype=np.uint8))
    image = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.2)
    out = io.BytesIO()
    options = {"quality": 90} if format_ == "JPEG" else {"compress_level": 3}
    image.save(out, format_, **options)
    return out.getvalue()


def add(server: AppServer, name: str, format_: str, size_wh: tuple[int, int], count: int) -> tuple[str, list[Images]]:
    """Create a project with so many photographs, each with an entry; return its id and its images."""
    with connect(server.data_dir) as db:
        project_id = ProjectService(db).create_project(name).id
        images = []
        for number in range(count):
            data = photograph(number, size_wh, format_)
            (outcome,) = ImageService(db).intake.add_images(project_id, [(f"{number}.{format_.lower()}", data)])
            assert outcome.image is not None
            ImageDatasetService(db).create_dataset_entry(project_id, outcome.image.id, f"Number {number}?", "yes", "m")
            images.append(outcome.image)
        return project_id, images


def bare_s(path: Path) -> float:
    """Return how long Pillow takes to decode an image and crop the region of the first tile."""
    left, top = PLACE[0] * SIDE_PX, PLACE[1] * SIDE_PX
    started_s = time.perf_counter()
    with Image.open(path) as image:
        image.crop((left, top, left + SIDE_PX, top + SIDE_PX)).load()
    return time.perf_counter() - started_s


def tile_s(http: httpx.Client, image: Images, x: int, y: int) -> float:
    """Return how long the server takes to answer with a tile."""
    started_s = time.perf_counter()
    http.get(tiles_url(image.id, image.sha256).format(level=0, x=x, y=y)).raise_for_status()
    return time.perf_counter() - started_s


def measure_tiles(server: AppServer, http: httpx.Client, format_: str, rounds: int) -> bool:
    """Measure the tiles of one large image and return whether the bounds hold."""
    _, (image,) = add(server, f"One {format_}", format_, LARGE_WH, 1)
    storage = ImageStorage(server.data_dir / "uploads" / "images", server.data_dir / "cache" / "images")
    bare, first = [], []
    for _ in range(rounds):
        shutil.rmtree(storage.tiles(image.sha256), ignore_errors=True)
        bare.append(bare_s(storage.originals.file(image.path)))
        first.append(tile_s(http, image, *PLACE))
        while not list(storage.tiles(image.sha256).glob("pixels")):  # written after the tile was answered
            time.sleep(0.05)
    label = f"{LARGE_WH[0] * LARGE_WH[1] / 1e6:.0f} megapixels, {format_}"
    print(f"    {label}: bare decode and crop {statistics.median(bare) * 1000:,.0f} ms")
    print(f"    {label}: first tile {statistics.median(first) * 1000:,.0f} ms")
    ok = within(f"{label}: first tile", statistics.median(first) / statistics.median(bare), MAX_TIMES_BARE, "times")

    before_mb = memory_mb(server.process.pid)
    places = product(range(-(-LARGE_WH[0] // SIDE_PX)), range(-(-LARGE_WH[1] // SIDE_PX)))
    with ThreadPoolExecutor(6) as readers:
        every = list(readers.map(lambda place: tile_s(http, image, *place), places))
    print(f"    {label}: all {len(every)} tiles, six at a time, median {statistics.median(every) * 1000:,.0f} ms each")
    return ok & within(f"{label}: growth of the server", memory_mb(server.process.pid) - before_mb, MAX_GROWTH_MB, "MB")


def measure_keys(server: AppServer, http: httpx.Client, presses: int) -> bool:
    """Measure from a key press to the next image, with and without tiles, and return whether the bound holds."""
    project_id, images = add(server, "Photographs", "JPEG", PHOTO_WH, 2 * presses)
    for image in images:  # so that no view is made between two presses
        http.get(image_url(image.id, image.sha256, "view")).raise_for_status()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        page = open_desk(browser, server.url, project_id)
        took: dict[bool, list[float]] = {False: [], True: []}
        for number in range(2 * presses):
            is_zoomed = number % 2 == 1
            if number < 2 * presses - 1:  # the last press has no next image
                took[is_zoomed].append(press(page, number, is_zoomed=is_zoomed))
        browser.close()
    for is_zoomed, values in took.items():
        what = "while tiles are loaded" if is_zoomed else "without tiles"
        print(
            f"    key press to image painted, {what}: median {statistics.median(values):.1f} ms, p95 {p95(values):.1f}"
        )
    ratio = statistics.median(took[True]) / statistics.median(took[False])
    return within("key press to image painted, with tiles beside without", ratio, MAX_TIMES_KEY, "times")


def press(page: Page, number: int, *, is_zoomed: bool) -> float:
    """Press a key once the next images are there, and return the milliseconds until the next one is painted."""
    page.wait_for_timeout(900)
    if is_zoomed:
        page.locator(".desk [data-do=zoom]").click()
    page.wait_for_timeout(150)
    page.keyboard.press("a")
    page.wait_for_function(f"window.paints.length > {number}")
    return float(page.evaluate("window.paints.at(-1)"))


def main() -> int:
    factor = 3 if "--full" in sys.argv[1:] else 1
    with (
        tempfile.TemporaryDirectory() as name,
        AppServer.running(Path(name)) as server,
        httpx.Client(base_url=server.url, timeout=60) as http,
    ):
        _, (small,) = add(server, "Warm-up", "PNG", (600, 400), 1)
        tile_s(http, small, 0, 0)  # starts the workers
        time.sleep(10)  # until the background imports are done
        measure = partial(measure_tiles, server, http, rounds=ROUNDS * factor)
        ok = measure("JPEG")
        ok &= measure("PNG")
        ok &= measure_keys(server, http, PRESSES * factor)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())

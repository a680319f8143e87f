"""The map of 100,000 images: laying it out, the first paint, and a lasso, in Chromium.

The layout is compared with the exact search for the nearest neighbors of as many points alone, by faiss; the page with
a bare page that draws as many points by WebGL, and whose lasso tests each point against each edge. Headless Chromium
has no graphics card: WebGL is drawn by SwiftShader on the cores, which all processes share.

    python bench/map.py [--images 100000] [--rounds 5]
    python bench/map.py --quality PHOTOS.npy      vectors of photographs, shape (n, d)
"""

import argparse
import functools
import http.server
import statistics
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core import ProjectService, connect
from core.db import ImageFindings, Images, ImageVectors, insert_rows
from core.db.base import new_values
from core.vision.map.layout import in_unit_square, lay_out, principal_components
from core.vision.map.neighbors import Neighbors
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium

MAX_PAINT_S, MAX_LASSO_MS = 1.5, 100
DIMENSIONS = 512
WEBGL_ARGS = [arg for arg in CHROMIUM_ARGS if arg != "--disable-gpu"] + [
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip
SINCE_ASKED = """() => (performance.now() - performance.getEntriesByType("resource").find(
  (one) => one.name.includes("/points")).startTime) / 1000"""
BARE = Path(__file__).parent / "bare" / "map.html"
# A star with 200 corners over most of the map, as mouse events in the page.
LASSO = """async (canvas) => {
  const box = canvas.getBoundingClientRect();
  const send = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
    clientX: x, clientY: y, pointerId: 1, bubbles: true, button: 0, buttons: 1, shiftKey: false }));
  canvas.setPointerCapture = () => {};
  const place = (corner) => {
    const angle = (corner / 200) * 2 * Math.PI;
    const radius = Math.min(box.width, box.height) * (0.3 + 0.1 * Math.cos(8 * angle));
    return [box.left + box.width / 2 + radius * Math.cos(angle), box.top + box.height / 2 + radius * Math.sin(angle)];
  };
  send('pointerdown', ...place(0));
  for (let corner = 1; corner < 200; corner++) send('pointermove', ...place(corner));
  const before = canvas.dataset.selected;
  const began = performance.now();
  send('pointerup', ...place(199));
  while (canvas.dataset.selected === before) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const took = performance.now() - began;
  return [took, Number(canvas.dataset.selected)];
}"""


def vectors(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around a center for every 500 of them, of length 1, and the numbers of the centers."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(count // 500 + 5, DIMENSIONS)).astype(np.float32)
    numbers = random.integers(0, len(centers), count)
    made = np.empty((count, DIMENSIONS), np.float16)
    for at in range(0, count, 10_000):
        some = centers[numbers[at : at + 10_000]]
        some = some + random.normal(scale=0.9, size=some.shape).astype(np.float32)
        made[at : at + 10_000] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return made, numbers


def fill(data_dir: Path, count: int) -> str:
    """Create a project with rows of so many images, their vectors and their objects, without files; return its id."""
    made, numbers = vectors(count)
    with connect(data_dir) as db:
        project_id = ProjectService(db).create_project("Map").id
        for at in range(0, count, 5_000):
            rows = [
                new_values(
                    Images, project_id=project_id, image_name=f"{number}.jpg", path=f"{number}.jpg", size=1000,
                    width=640, height=480, sha256=f"{number:064x}", format="JPEG", colors="blue", sharpness=100.0,
                )
                for number in range(at, min(at + 5_000, count))
            ]  # fmt: skip
            ids = [row["id"] for row in rows]
            with db.transaction() as session:
                insert_rows(session, Images, rows)
                insert_rows(session, ImageVectors, [
                    new_values(
                        ImageVectors, project_id=project_id, image_id=id_, kind="bench", vector=made[at + i].tobytes()
                    )
                    for i, id_ in enumerate(ids)
                ])  # fmt: skip
                insert_rows(session, ImageFindings, [
                    {
                        "project_id": project_id, "image_id": id_, "analyzer": "objects", "count": 1, "score": 0.9,
                        "label": f"thing {numbers[at + i] % 30}",
                    }
                    for i, id_ in enumerate(ids)
                ])  # fmt: skip
    return project_id


def lay_out_map(server: AppServer, project_id: str) -> float:
    """Lay out the map by its task and return the seconds it took."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        task = client.post(f"/api/projects/{project_id}/map").raise_for_status().json()
        while (task := client.get(task["url"]).json())["ended_at"] is None:
            time.sleep(0.5)
    assert task["status"] == "completed", task
    began, ended = (datetime.fromisoformat(task[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def bare_neighbors_s(count: int) -> float:
    """Return the seconds that faiss takes for the exact neighbors of the reduced vectors, scaled from 5,000 queries."""
    import faiss

    made, _ = vectors(count)
    reduced = principal_components(made).reduce(made)
    index = faiss.IndexFlatL2(reduced.shape[1])
    index.add(reduced)
    began = time.perf_counter()
    queries = min(5_000, count)
    index.search(reduced[:queries], 16)
    return (time.perf_counter() - began) * count / queries


class Measured(NamedTuple):
    """What each round took."""

    paints_s: list[float]
    own_paints_s: list[float]
    """Without what comes before the page asks for the points: starting Streamlit and the rest of the page."""
    lassos_ms: list[float]
    selected: int


def paint_and_lasso(browser: Browser, url: str, rounds: int) -> Measured:
    """Return how long the points take until they are painted, and a lasso around half of them."""
    paints, own_paints, lassos, selected = [], [], [], 0
    for _ in range(rounds):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector("canvas[data-points]", state="attached", timeout=120_000)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        paints.append(time.perf_counter() - began)
        own_paints.append(page.evaluate(SINCE_ASKED))
        page.wait_for_timeout(1500)
        _lasso_mode(page)
        took, selected = page.locator("canvas[data-points]").evaluate(LASSO)
        lassos.append(took)
        context.close()
    return Measured(paints, own_paints, lassos, selected)


def _lasso_mode(page: Page) -> None:
    button = page.locator("[data-do=lasso]")
    if button.count():
        button.click()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def bare_page(browser: Browser, count: int, rounds: int) -> Measured:
    """Measure the bare page with as many points."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        places = np.random.default_rng(0).normal(0.5, 0.15, (count, 2)).clip(0, 1)
        (directory / "points.bin").write_bytes((places * 65_535).astype("<u2").tobytes())
        (directory / "index.html").write_bytes(BARE.read_bytes())
        handler = functools.partial(_Quiet, directory=str(directory))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                return paint_and_lasso(browser, f"http://127.0.0.1:{server.server_address[1]}/", rounds)
            finally:
                server.shutdown()


def quality(made: np.ndarray, label: str, numbers: np.ndarray | None = None) -> None:
    """Print how many of the 15 nearest on the map are among the 50 nearest by vectors, beside principal components."""
    basis = principal_components(made)
    reduced = basis.reduce(made)
    began = time.perf_counter()
    places = lay_out(reduced)
    took_s = time.perf_counter() - began
    chosen = np.random.default_rng(1).permutation(len(made))[:500]
    whole = made.astype(np.float32)
    cosines = whole[chosen] @ whole.T
    cosines[np.arange(len(chosen)), chosen] = -np.inf
    true = np.argsort(-cosines, axis=1)[:, :50]
    for name, shown in (("layout", places), ("principal components", in_unit_square(reduced[:, :2]))):
        near = Neighbors(shown).of_all(15)[chosen]
        kept = np.mean([len({*row} & {*other}) / 15 for row, other in zip(near.tolist(), true.tolist(), strict=True)])
        same = "" if numbers is None else f", same center {(numbers[near] == numbers[chosen][:, None]).mean():.3f}"
        print(f"{label}, {name}: {kept:.3f} of the 15 nearest are among the 50 true ones{same}")
    print(f"{label}: laid out in {took_s:.1f} s")


def _say(what: str, ours: list[float], bare: list[float], unit: str) -> None:
    median, bare_median = statistics.median(ours), statistics.median(bare)
    print(f"{what}: median {median:.2f} {unit} (worst {max(ours):.2f}), bare {bare_median:.2f} {unit}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quality", type=Path)
    chosen = parser.parse_args()
    if chosen.quality:
        quality(np.load(chosen.quality), "photographs")
        made, numbers = vectors(20_000)
        quality(made, "made vectors", numbers)
        return 0
    with tempfile.TemporaryDirectory() as name, AppServer.running(Path(name)) as server:
        project_id = fill(server.data_dir, chosen.images)
        layout_s = lay_out_map(server, project_id)
        bare_s = bare_neighbors_s(chosen.images)
        print(f"layout of {chosen.images:,} images: {layout_s:.1f} s; exact neighbors alone by faiss {bare_s:.1f} s")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=WEBGL_ARGS)
            url = f"{server.url}/images?project={project_id}&as=Map"
            paint_and_lasso(browser, url, 1)  # imports
            own = paint_and_lasso(browser, url, chosen.rounds)
            bare = bare_page(browser, chosen.images, chosen.rounds)
            browser.close()
    _say("first paint, from opening the page", own.paints_s, bare.paints_s, "s")
    _say("first paint, from asking for the points", own.own_paints_s, bare.own_paints_s, "s")
    _say(f"lasso of {own.selected:,} images", own.lassos_ms, bare.lassos_ms, "ms")
    missed = statistics.median(own.paints_s) > MAX_PAINT_S or statistics.median(own.lassos_ms) > MAX_LASSO_MS
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

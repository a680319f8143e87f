"""The page of a running task in Chromium: how late its progress is, and what a change of page takes meanwhile."""

import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle

IMAGES = 900
CONCURRENCY = 8
CHANGES = 12
LATE_S_AT_MOST = 1.0
SLOWER_AT_MOST = 1.5
_SHOWN = re.compile(r"Running: ([\d,]+) of")


def watch(provider_url: str, make_image: Callable[[int], bytes]) -> bool:
    """Return whether the page kept up with a task over images of *make_image*, each with a number of its own."""
    executable = find_chromium()
    if executable is None:
        raise SystemExit("NO BROWSER: install Chromium (apt install chromium) or name one in VITRINE_CHROMIUM")
    with (
        tempfile.TemporaryDirectory() as directory,
        AppServer.running(Path(directory)) as server,
        sync_playwright() as playwright,
        httpx.Client(base_url=f"{server.url}/api", timeout=60) as api,
    ):
        project_id = api.post("/projects", json={"name": "Watched"}).json()["id"]
        ids = _upload(api, project_id, make_image)
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.goto(f"{server.url}/tasks?project={project_id}")
        settle(page)
        _changes(page, 4)
        without = _changes(page, CHANGES)
        task_id = _start(api, project_id, ids, provider_url)
        during = _changes(page, CHANGES)
        late_s = _lateness(api, page, f"{server.url}/generate?project={project_id}&task={task_id}", task_id)
        api.post(f"/tasks/{task_id}/cancel")
        browser.close()
    times = statistics.median(during) / statistics.median(without)
    print(f"a change of page: {statistics.median(without) * 1000:.0f} ms, during a task "
          f"{statistics.median(during) * 1000:.0f} ms = {times:.2f} times (at most {SLOWER_AT_MOST}); the progress "
          f"shown is up to {late_s:.2f} s late (at most {LATE_S_AT_MOST:.0f})")  # fmt: skip
    return times <= SLOWER_AT_MOST and late_s <= LATE_S_AT_MOST


def _upload(api: httpx.Client, project_id: str, make_image: Callable[[int], bytes]) -> list[str]:
    ids: list[str] = []
    for start in range(0, IMAGES, 50):
        numbers = range(start, start + 50)
        files = [("files", (f"{number}.jpg", make_image(number), "image/jpeg")) for number in numbers]
        ids += [one["image"]["id"] for one in api.post(f"/projects/{project_id}/images", files=files).json()["results"]]
    return ids


def _start(api: httpx.Client, project_id: str, ids: list[str], provider_url: str) -> str:
    model = {"provider": "openai", "model": "gpt-4o", "api_base": f"{provider_url}/v1", "api_key": "sk-fake"}
    asked = {"image_ids": ids, "num_questions": 1, "concurrency": CONCURRENCY, "llm_config": model}
    return str(api.post(f"/projects/{project_id}/image-questions", json=asked).raise_for_status().json()["id"])


def _changes(page: Page, count: int) -> list[float]:
    """Go to and fro between two pages; return the seconds from each click to the page's end."""
    took = []
    for number in range(count):
        title = "Export" if number % 2 else "Upload"
        started = time.perf_counter()
        page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
        page.get_by_role("heading", name=title, exact=True).wait_for()
        settle(page)
        took.append(time.perf_counter() - started)
    return took


def _lateness(api: httpx.Client, page: Page, address: str, task_id: str) -> float:
    """Return how many seconds the count on the page lags behind the truth, at its worst of ten seconds."""
    page.goto(address)
    page.get_by_text(_SHOWN).wait_for()
    truth: list[tuple[float, int]] = []
    ended = threading.Event()

    def follow() -> None:
        while not ended.wait(0.05):
            done = int(api.get(f"/tasks/{task_id}").json()["processed_count"])
            truth.append((time.monotonic(), done))

    following = threading.Thread(target=follow)
    following.start()
    late_s, until = 0.0, time.monotonic() + 10
    while time.monotonic() < until:
        text = page.get_by_text(_SHOWN).inner_text()
        seen_at, match = time.monotonic(), _SHOWN.search(text)
        shown = int(match[1].replace(",", "")) if match else 0
        outrun_at = next((at for at, done in list(truth) if done > shown), seen_at)
        late_s = max(late_s, seen_at - outrun_at)
        time.sleep(0.05)
    ended.set()
    following.join()
    return late_s

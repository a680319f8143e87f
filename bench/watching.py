"""The page of a running task in Chromium: delay of its progress, and duration of page changes during the task."""

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
PAGE_CHANGES = 12
DELAY_S_AT_MOST = 1.0
RATIO_AT_MOST = 1.5
_PROGRESS = re.compile(r"Running: ([\d,]+) of")


def watch(provider_url: str, make_image: Callable[[int], bytes]) -> bool:
    """Run a task over images of *make_image* (number to bytes) and return whether the bounds hold."""
    executable = find_chromium()
    if executable is None:
        raise SystemExit("There is no browser. Install Chromium (apt install chromium) or set VITRINE_CHROMIUM.")
    with (
        tempfile.TemporaryDirectory() as directory,
        AppServer.running(Path(directory)) as server,
        sync_playwright() as playwright,
        httpx.Client(base_url=f"{server.url}/api", timeout=60) as api,
    ):
        project_id = api.post("/projects", json={"name": "Bench"}).json()["id"]
        ids = _upload(api, project_id, make_image)
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.goto(f"{server.url}/tasks?project={project_id}")
        settle(page)
        _page_changes_s(page, 4)  # warm-up
        without_task = _page_changes_s(page, PAGE_CHANGES)
        task_id = _start(api, project_id, ids, provider_url)
        during_task = _page_changes_s(page, PAGE_CHANGES)
        delay_s = _progress_delay_s(api, page, f"{server.url}/generate?project={project_id}&task={task_id}", task_id)
        api.post(f"/tasks/{task_id}/cancel")
        browser.close()
    ratio = statistics.median(during_task) / statistics.median(without_task)
    print(f"page change: {statistics.median(without_task) * 1000:.0f} ms, during a task "
          f"{statistics.median(during_task) * 1000:.0f} ms = {ratio:.2f} times (at most {RATIO_AT_MOST}); the "
          f"progress is shown with a delay of up to {delay_s:.2f} s (at most {DELAY_S_AT_MOST:.0f})")  # fmt: skip
    return ratio <= RATIO_AT_MOST and delay_s <= DELAY_S_AT_MOST


def _upload(api: httpx.Client, project_id: str, make_image: Callable[[int], bytes]) -> list[str]:
    ids: list[str] = []
    for start in range(0, IMAGES, 50):
        numbers = range(start, start + 50)
        files = [("files", (f"{number}.jpg", make_image(number), "image/jpeg")) for number in numbers]
        ids += [one["image"]["id"] for one in api.post(f"/projects/{project_id}/images", files=files).json()["results"]]
    return ids


def _start(api: httpx.Client, project_id: str, ids: list[str], provider_url: str) -> str:
    model = {"provider": "openai", "model": "gpt-4o", "api_base": f"{provider_url}/v1", "api_key": "sk-fake"}
    body = {"image_ids": ids, "num_questions": 1, "concurrency": CONCURRENCY, "llm_config": model}
    return str(api.post(f"/projects/{project_id}/image-questions", json=body).raise_for_status().json()["id"])


def _page_changes_s(page: Page, count: int) -> list[float]:
    """Alternate between two pages; return the seconds from each click until the page run is complete."""
    took = []
    for number in range(count):
        title = "Export" if number % 2 else "Upload"
        started = time.perf_counter()
        page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
        page.get_by_role("heading", name=title, exact=True).wait_for()
        settle(page)
        took.append(time.perf_counter() - started)
    return took


def _progress_delay_s(api: httpx.Client, page: Page, url: str, task_id: str) -> float:
    """Return the largest delay of the count on the page behind the API, in seconds, over ten seconds."""
    page.goto(url)
    page.get_by_text(_PROGRESS).wait_for()
    counts: list[tuple[float, int]] = []
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(0.05):
            done = int(api.get(f"/tasks/{task_id}").json()["processed_count"])
            counts.append((time.monotonic(), done))

    polling = threading.Thread(target=poll)
    polling.start()
    largest_s, until = 0.0, time.monotonic() + 10
    while time.monotonic() < until:
        text = page.get_by_text(_PROGRESS).inner_text()
        seen_at, match = time.monotonic(), _PROGRESS.search(text)
        shown = int(match[1].replace(",", "")) if match else 0
        outdated_since = next((at for at, done in list(counts) if done > shown), seen_at)
        largest_s = max(largest_s, seen_at - outdated_since)
        time.sleep(0.05)
    ended.set()
    polling.join()
    return largest_s

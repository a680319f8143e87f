"""Screenshots of every page in light and dark at each of ``WINDOWS``: ``make screenshots``.

They are written to ``screenshots/``, to be reviewed by a person.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from core import ImageDatasetService, connect  # noqa: E402
from pages import DEFAULT, PAGES, PageEntry  # noqa: E402
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle  # noqa: E402

TARGET = ROOT / "screenshots"
# Width and height in CSS pixels, and device pixels for each: 150 % zoom leaves two thirds of a window.
WINDOWS = {
    "1440": (1440, 900, 1),
    "1024": (1024, 768, 1),
    "800": (800, 900, 1),
    "390": (390, 844, 2),
    "zoom": (960, 600, 1.5),
}


def make_sample(page: Page, server: AppServer) -> str:
    """Create the sample project in the browser, with entries and a generated image; return its id."""
    page.goto(server.url)
    settle(page)
    page.get_by_role("button", name="Try the sample").click()
    page.get_by_text("What kind of jam is in the jar?").wait_for()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Generate").click()
    page.get_by_role("button", name="Generate for 12 images").click()
    page.get_by_role("link", name="Review the entries").wait_for()
    page.get_by_text("completed").first.wait_for(timeout=60_000)
    project_id = page.url.partition("project=")[2].partition("&")[0]
    with connect(server.data_dir) as db:
        dataset = ImageDatasetService(db)
        for number, entry in enumerate(dataset.list_dataset_entries(project_id, limit=20)):
            dataset.confirm_entry(entry.id)
            dataset.rate_entry(entry.id, number % 6)
    page.goto(f"{server.url}/style?project={project_id}")
    page.get_by_role("button", name="Learn the style of this project").click()
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    prompt.fill("A lamp on a table")
    prompt.press("Control+Enter")
    page.get_by_role("button", name="Draw 1 palette study").click()
    page.get_by_text("completed").first.wait_for(timeout=60_000)
    return project_id


def shoot(browser: Browser, server: AppServer, kind: str, query: str, entries: Sequence[PageEntry] = PAGES) -> None:
    for scheme in ("light", "dark"):
        for name, (width, height, scale) in WINDOWS.items():
            context = browser.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
            )
            page = context.new_page()
            for entry in entries:
                page.goto(f"{server.url}/{entry.url_path}{query}")
                settle(page)
                page.wait_for_timeout(1200)
                page.screenshot(path=TARGET / f"{entry.name}-{kind}-{scheme}-{name}.png")
            context.close()


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        AppServer.running(Path(directory)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
        shoot(browser, server, "empty", "", [entry for entry in PAGES if entry.name == DEFAULT])
        project_id = make_sample(browser.new_page(), server)
        shoot(browser, server, "sample", f"?project={project_id}")
        browser.close()
    print(f"{len(list(TARGET.glob('*.png')))} screenshots are in {TARGET.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()

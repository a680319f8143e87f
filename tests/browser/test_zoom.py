"""At 100 % the desk and the drawer show the pixels of the original, in Chromium."""

import math
import re
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from tests.browser.driving import CHROMIUM_ARGS, AppServer, find_chromium, settle, wait_until_at_rest
from tests.browser.test_desk import open_desk
from tests.pictures import png

pytestmark = pytest.mark.browser

SIZE_WH = (2481, 3508)
"""A page of A4 at 300 dpi."""
FITTED = re.compile(r"^\d\d%$")


def scan() -> np.ndarray:
    """Return a page of letters with strokes of one pixel, black on white."""
    random = np.random.default_rng(7)
    letters = random.random((60, 7, 5)) < 0.5
    width, height = SIZE_WH
    page = np.full((height, width), 255, dtype=np.uint8)
    for top in range(20, height - 20, 9):
        for left, letter in zip(range(20, width - 20, 6), random.integers(0, 60, 500), strict=False):
            page[top : top + 7, left : left + 5][letters[letter]] = 0
    return page


SCAN = scan()


@pytest.fixture(scope="module")
def project_id(server: AppServer) -> str:
    """A project with the scan, and with images that are asked about after it."""
    out = BytesIO()
    Image.fromarray(SCAN).save(out, "PNG")
    with connect(server.data_dir) as db:
        made = ProjectService(db).create_project(f"Scans {time.monotonic_ns()}")
        files = [("scan.png", out.getvalue()), ("red.png", png("red", (700, 600))), ("blue.png", png("blue", (90, 60)))]
        for outcome in ImageService(db).intake.add_images(made.id, files):
            assert outcome.image is not None
            ImageDatasetService(db).create_dataset_entry(made.id, outcome.image.id, outcome.image_name, "yes", "m")
    return made.id


def shown_pixels(page: Page, stage: Locator) -> np.ndarray:
    """Return what is on the screen inside the stage, without the buttons at its lower edge."""
    box = stage.bounding_box()
    assert box is not None
    # Even numbers are whole pixels of a screen with 1.5 for each of CSS.
    left, top = (2 * math.ceil(box[side] / 2) + 4 for side in ("x", "y"))
    width, height = (2 * math.floor(box[side] / 2) - less for side, less in (("width", 12), ("height", 60)))
    shot = page.screenshot(clip={"x": left, "y": top, "width": width, "height": height}, scale="device")
    with Image.open(BytesIO(shot)) as image:
        return np.asarray(image.convert("RGB"))


def places_in_the_scan(pixels: np.ndarray) -> list[tuple[int, int]]:
    """Return where in the scan exactly these pixels are: the left and top of each place."""
    assert (pixels == pixels[:, :, :1]).all(), "the pixels are not gray"
    gray, (height, width) = pixels[:, :, 0], pixels.shape[:2]
    darkest = int(gray.sum(axis=1).argmin())
    row, found = gray[darkest].tobytes(), []
    for top in range(len(SCAN) - height + 1):
        left = SCAN[top + darkest].tobytes().find(row)
        if left >= 0 and (SCAN[top : top + height, left : left + width] == gray).all():
            found.append((left, top))
    return found


def expect_text(node: Locator, text: str | re.Pattern[str]) -> None:
    expect(node).to_have_text(text)


def test_at_100_percent_the_desk_shows_the_pixels_of_the_original(
    server: AppServer, page: Page, project_id: str
) -> None:
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if "/tile/" in request.url else None)
    open_desk(page, server, project_id, "scan.png")
    stage, percent = page.locator(".desk .stage"), page.locator(".desk [data-part=percent]")
    expect(stage.locator("img.loaded")).to_be_visible()
    expect_text(percent, FITTED)
    assert tiles == []

    page.keyboard.press("z")
    expect_text(percent, "100%")
    ((left, top),) = places_in_the_scan(shown_pixels(page, stage))

    page.mouse.move(600, 500)
    page.mouse.down()
    page.mouse.move(500, 560)
    page.mouse.up()
    for _ in range(600):  # the text is that of before until the tiles of the new place are asked for
        expect_text(percent, "100%")
        if (places := places_in_the_scan(shown_pixels(page, stage))) == [(left + 100, top - 60)]:
            break
        page.wait_for_timeout(100)
    assert places == [(left + 100, top - 60)]

    page.keyboard.press("z")
    expect_text(percent, FITTED)
    loaded = len(tiles)
    assert 4 <= loaded <= 16
    page.keyboard.press("z")
    expect_text(percent, "100%")
    assert len(set(tiles)) == len(tiles), "a tile was loaded twice"


def test_at_100_percent_a_dense_screen_shows_one_pixel_on_one_of_its_own(
    server: AppServer, browser: Browser, project_id: str
) -> None:
    # A context with another scale only imitates such a screen: it enlarges whole pixels of CSS.
    args = [*CHROMIUM_ARGS, "--force-device-scale-factor=1.5", "--window-size=960,700"]
    dense = browser.browser_type.launch(executable_path=find_chromium(), args=args)
    page = dense.new_context(no_viewport=True).new_page()
    open_desk(page, server, project_id, "scan.png")
    page.keyboard.press("z")
    expect_text(page.locator(".desk [data-part=percent]"), "100%")
    assert len(places_in_the_scan(shown_pixels(page, page.locator(".desk .stage")))) == 1
    dense.close()


def test_pixels_stay_sharp_when_they_are_enlarged(server: AppServer, page: Page, project_id: str) -> None:
    open_desk(page, server, project_id, "scan.png")
    stage, percent = page.locator(".desk .stage"), page.locator(".desk [data-part=percent]")
    page.keyboard.press("z")
    page.mouse.move(500, 500)
    page.mouse.wheel(0, -520)
    expect_text(percent, "367%")
    assert set(np.unique(shown_pixels(page, stage))) == {0, 255}


def test_the_next_entry_is_whole_and_loads_no_tiles(server: AppServer, page: Page, project_id: str) -> None:
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if "/tile/" in request.url else None)
    open_desk(page, server, project_id)
    percent, question = page.locator(".desk [data-part=percent]"), page.locator(".desk .question")
    while question.text_content() != "scan.png":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("z")
    expect_text(percent, "100%")
    of_the_scan = {url.split("/tile/")[0] for url in tiles}
    assert len(of_the_scan) == 1

    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert {url.split("/tile/")[0] for url in tiles} == of_the_scan
    assert "transform" not in (page.locator(".desk .lens").get_attribute("style") or "")


def test_a_small_image_becomes_smaller_at_100_percent(server: AppServer, page: Page, project_id: str) -> None:
    open_desk(page, server, project_id, "blue.png")
    stage, percent = page.locator(".desk .stage"), page.locator(".desk [data-part=percent]")
    expect_text(percent, re.compile(r"^\d{3,}%$"))
    page.keyboard.press("z")
    expect_text(percent, "100%")
    blue = (shown_pixels(page, stage) == (0, 0, 255)).all(axis=2)
    assert (np.count_nonzero(blue.any(axis=1)), np.count_nonzero(blue.any(axis=0))) == (60, 90)


def test_tiles_that_do_not_come_are_named_and_the_copy_stays(server: AppServer, page: Page, project_id: str) -> None:
    held: list[Route] = []
    page.route("**/tile/**", lambda route: held.append(route))
    open_desk(page, server, project_id, "scan.png")
    percent = page.locator(".desk [data-part=percent]")
    page.keyboard.press("z")
    expect_text(percent, "100% · Loading original pixels")
    expect(page.locator(".desk .stage img")).to_be_visible()
    page.wait_for_timeout(200)
    held[0].abort()
    expect_text(percent, "100% · The original pixels could not be loaded")

    page.unroute("**/tile/**")
    page.mouse.move(500, 500)
    page.mouse.down()
    page.mouse.move(510, 500)
    page.mouse.up()
    expect_text(percent, "100%")


def test_at_100_percent_the_drawer_shows_the_pixels_of_the_original(
    server: AppServer, page: Page, project_id: str
) -> None:
    page.goto(f"{server.url}/upload?project={project_id}")
    settle(page)
    page.locator(".cell", has_text="scan.png").click()
    drawer = page.get_by_role("dialog")
    stage, percent = drawer.locator(".stage"), drawer.locator("[data-part=percent]")
    expect_text(percent, FITTED)
    page.keyboard.press("z")
    expect_text(percent, "100%")
    wait_until_at_rest(stage)
    assert len(places_in_the_scan(shown_pixels(page, stage))) == 1

    page.keyboard.press("ArrowLeft")
    expect(drawer.get_by_text("2 of 3 on this page")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(drawer.get_by_text("3 of 3 on this page")).to_be_visible()
    expect_text(percent, FITTED)

    page.keyboard.press("ArrowLeft")  # and at once back, before the first is drawn: Next was not to be had at the end
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    settle(page)
    expect(drawer.get_by_text("3 of 3 on this page")).to_be_visible()

"""Odd files look as they do in Chromium, apart from exceptions that docs/ARCHITECTURE.md names with their reasons."""

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from core.images.decode import Limits, derive, inspect
from tests.conftest import PROVE
from tests.core.images.odd_files import KINDS, odd_files

FILES = 400 if PROVE else 40
MAX_MEAN_DIFFERENCE = 4
EXCEPTIONS = {
    "APNG with a default image": "Chromium shows the first frame of the animation",
    "JPEG with orientation in XMP": "Chromium does not turn it",
    "PNG with orientation in XMP": "Chromium does not turn it",
    "WebP with orientation in XMP": "Chromium does not turn it",
    "WebP with EXIF": "Chromium does not turn it",
    "PNG with eXIf behind the pixels": "Chromium does not turn it",
    "PNG with cICP": "Pillow does not read it",
    "JPEG without end marker": "Chromium leaves the last row of blocks blank",
}
# Draws the file on white in its own size, and returns the pixels as a PNG.
_DRAW = """async text => {
    const image = new Image()
    image.src = "data:application/octet-stream;base64," + text
    await image.decode()
    const canvas = document.createElement("canvas")
    canvas.width = image.naturalWidth
    canvas.height = image.naturalHeight
    const context = canvas.getContext("2d")
    context.fillStyle = "white"
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(image, 0, 0)
    return canvas.toDataURL("image/png").split(",")[1]
}"""


def shown(page: Page, data: bytes) -> Image.Image:
    """Return the image as Chromium shows it."""
    drawn = page.evaluate(_DRAW, base64.b64encode(data).decode())
    return Image.open(BytesIO(base64.b64decode(drawn))).convert("RGB")


def derived(data: bytes, directory: Path) -> Image.Image:
    """Return the view in full size, of the file as it is stored."""
    (directory / "file").write_bytes(data)
    inspect(directory / "file", Limits(10**7, 10**7, 320), directory / "stored", directory / "thumbnail")
    derive(directory / "stored", directory / "view", "PNG", None)
    with Image.open(directory / "view") as image:
        return image.convert("RGB")


def mean_difference(first: Image.Image, second: Image.Image) -> float:
    """Return the mean difference of the channels, 0 to 255; 255 when the sizes differ."""
    if first.size != second.size:
        return 255.0
    return float(np.abs(np.asarray(first, dtype=np.int16) - np.asarray(second, dtype=np.int16)).mean())


@pytest.fixture
def page(browser: Browser) -> Page:  # type: ignore[misc]
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_odd_files_look_as_in_chromium(page: Page, tmp_path: Path) -> None:
    differing: dict[str, list[float]] = {}
    for kind, data in odd_files(FILES):
        difference = mean_difference(derived(data, tmp_path), shown(page, data))
        if difference > MAX_MEAN_DIFFERENCE:
            differing.setdefault(kind, []).append(round(difference, 1))

    assert {kind: found for kind, found in differing.items() if kind not in EXCEPTIONS} == {}


def test_each_exception_is_still_one(page: Page, tmp_path: Path) -> None:
    for kind in EXCEPTIONS:
        files = [KINDS[kind](seed) for seed in range(8)]
        assert any(mean_difference(derived(data, tmp_path), shown(page, data)) > MAX_MEAN_DIFFERENCE for data in files)


def test_each_exception_is_in_the_table_of_the_docs() -> None:
    page_ = (Path(__file__).parents[2] / "docs" / "ARCHITECTURE.md").read_text()
    table = page_.split("## Pixels", 1)[1].split("\n## ", 1)[0]
    assert [kind for kind in EXCEPTIONS if f"| {kind} |" not in table] == []

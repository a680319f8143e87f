"""The main job of a new user: from a folder of images to an export whose loaded rows match what the pages showed."""

import re
import zipfile
from collections import Counter
from pathlib import Path

import datasets
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.images.samples import drawings
from tests.browser.driving import AppServer, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMAGES = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shapes"
    folder.mkdir()
    for sample in drawings()[:IMAGES]:
        (folder / sample.name).write_bytes(sample.data)
    return folder


def test_a_new_user_creates_a_dataset_from_a_folder_and_loads_it(
    server: AppServer, page: Page, folder: Path, tmp_path: Path
) -> None:
    _make_project(server, page)
    _upload(page, folder)
    _generate(page)
    shown = _curate(page)
    _one_in_the_same_style(page)
    bundle = _export(page, tmp_path)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "bundle")
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "bundle"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert Counter((row["question"], row["answer"]) for row in loaded) == shown
    pixels = Counter(row["image"].convert("RGB").tobytes() for row in loaded)
    assert pixels == {Image.open(path).convert("RGB").tobytes(): 3 for path in folder.iterdir()}


def _make_project(server: AppServer, page: Page) -> None:
    page.goto(server.url)
    settle(page)
    page.get_by_role("button", name="Start with your images").click()
    name = page.locator(".st-key-new-project-name input")
    name.fill("Shapes")
    name.press("Tab")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Upload")


def _upload(page: Page, folder: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="folder").click()
    chooser.value.set_files(folder)
    expect(page.get_by_text(f"{IMAGES} images,").first).to_be_visible()
    page.get_by_role("button", name=f"Ask about {IMAGES} images").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Generate")


def _generate(page: Page) -> None:
    page.get_by_role("button", name=f"Generate for {IMAGES} images").click()
    expect(page.get_by_text("completed", exact=False).first).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Review the entries").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Curate")


def _curate(page: Page) -> Counter[tuple[str, str]]:
    """Confirm every entry with one key; return the questions with their answers as shown."""
    place = page.locator(".desk [data-part=place]")
    question, answer = page.locator(".desk .question"), page.locator(".desk .answer")
    shown: Counter[tuple[str, str]] = Counter()
    for number in range(1, IMAGES * 3 + 1):
        expect(place).to_have_text(f"{number} of {IMAGES * 3}")
        shown[question.inner_text(), answer.inner_text()] += 1
        page.keyboard.press("a")
    expect(page.get_by_text("This queue is done")).to_be_visible()
    return shown


def _one_in_the_same_style(page: Page) -> None:
    _open(page, "Style")
    page.get_by_role("button", name="Learn the style of this project").click()
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    prompt.fill("A lamp on a table")
    prompt.press("Control+Enter")
    page.get_by_role("button", name="Draw 1 palette study").click()
    expect(page.get_by_text("completed", exact=False).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("4 images to learn from, 1 generated")).to_be_visible()


def _export(page: Page, tmp_path: Path) -> Path:
    _open(page, "Export")
    page.get_by_text("Change the format", exact=True).click()
    page.get_by_role("radio", name="Share", exact=True).click()
    page.locator(".st-key-format-share").get_by_role("combobox").click()
    page.get_by_role("option", name="Hugging Face ImageFolder").click()
    # "How bright is it? Bright" gives its answer away, which the export asks about.
    page.locator(".st-key-choice-export-problem-check").get_by_text("Export anyway").click()
    page.get_by_role("button", name=f"Export {IMAGES * 3} entries").click()
    report = page.locator(".st-key-export-report")
    expect(report.get_by_text(re.compile("Read back by .* checks passed"))).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        report.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "bundle.zip")
    return tmp_path / "bundle.zip"


def _open(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)

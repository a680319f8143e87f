"""The page Export in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import ImageDatasetService, ImageService, ProjectService, connect
from tests.browser.driving import AppServer
from tests.pictures import png

pytestmark = pytest.mark.browser

# Presses the radio in the moment in which the part below, which is drawn later, says that the page is painted.
PRESS_WITH_THE_PART = """
const later = window.setTimeout;
const pressed = (root) => [...root.querySelectorAll("[role=radio][value='Leave out']"),
  ...[...root.querySelectorAll("*")].flatMap((node) => (node.shadowRoot ? pressed(node.shadowRoot) : []))];
window.setTimeout = (act, ...rest) => later(() => {
  act();
  if (String(act).includes("is_painted")) window.pressed = pressed(document).map((radio) => radio.click()).length;
}, ...rest);
"""


def test_a_choice_in_the_moment_in_which_the_part_below_is_drawn_enables_the_export(
    server: AppServer, page: Page
) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project("Chosen at once")
        image = ImageService(db).intake.add_images(project.id, [("red.png", png("red"))])[0].image
        assert image is not None
        for _ in range(2):
            entry = ImageDatasetService(db).create_dataset_entry(
                project.id, image.id, "How many are there?", "Two", "m"
            )
            ImageDatasetService(db).confirm_entry(entry.id)
    page.add_init_script(PRESS_WITH_THE_PART)
    page.goto(f"{server.url}/export?project={project.id}")
    expect(page.get_by_role("radio", name="Leave out", checked=True)).to_be_visible()
    assert page.evaluate("window.pressed") == 1
    expect(page.get_by_role("button", name=re.compile("^Export 1 entry"))).to_be_enabled()

"""The main job by keyboard alone, each step by the role and name that a screen reader is told."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from core.images.samples import drawings
from tests.browser.driving import AppServer, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MOST_TABS = 70
WAIT_MS = 60_000
# The whole tree of a page takes a tenth of a second, and is asked for at each key.
FOCUSED = """
(() => {
  let focused = document.activeElement;
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
})()
"""


class Keyboard:
    """A person with a keyboard and a screen reader."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tree: CDPSession = page.context.new_cdp_session(page)

    def focused(self) -> tuple[str, str]:
        """Return role and name of what has the focus, as Chromium's accessibility tree has them."""
        element = self._tree.send("Runtime.evaluate", {"expression": FOCUSED})["result"]
        asked = {"objectId": element["objectId"], "fetchRelatives": False}
        (node,) = self._tree.send("Accessibility.getPartialAXTree", asked)["nodes"]
        return ("", "") if node["ignored"] else (node["role"]["value"], node.get("name", {}).get("value", ""))

    def reach(self, role: str, name: str) -> None:
        """Press Tab until what has that role, and a name that ends so, has the focus."""
        passed = []
        for _ in range(MOST_TABS):
            passed.append(self.focused())
            if passed[-1][0] == role and re.search(f"{name}$", passed[-1][1]):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{MOST_TABS} tabs do not reach the {role} {name}, but {passed}")

    def press(self, role: str, name: str) -> None:
        self.reach(role, name)
        self.page.keyboard.press("Enter")


def test_the_main_job_is_done_by_keyboard_alone(server: AppServer, page: Page, tmp_path: Path) -> None:
    files = tmp_path / "drawings"
    files.mkdir()
    for drawing in drawings()[:2]:
        (files / drawing.name).write_bytes(drawing.data)
    page.goto(server.url)
    settle(page)
    keyboard = Keyboard(page)

    keyboard.press("button", "Start with your images")
    expect(page.get_by_role("dialog")).to_be_visible(timeout=WAIT_MS)
    keyboard.reach("textbox", "Name")
    page.keyboard.type("Shelf")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Upload", timeout=WAIT_MS)

    settle(page)
    with page.expect_file_chooser() as chooser:
        keyboard.press("button", "Choose a folder")
    chooser.value.set_files(files)
    expect(page.get_by_role("button", name="Ask about 2 images")).to_be_visible(timeout=WAIT_MS)
    settle(page)
    keyboard.press("button", "Ask about 2 images")
    expect(page.get_by_role("heading", level=1)).to_have_text("Generate", timeout=WAIT_MS)

    expect(page.get_by_role("button", name="Generate for 2 images")).to_be_enabled(timeout=WAIT_MS)
    settle(page)
    keyboard.press("button", "Generate for 2 images")
    expect(page.get_by_role("link", name="Review the entries")).to_be_visible(timeout=WAIT_MS)
    settle(page)
    keyboard.press("link", "Review the entries")

    place = page.locator(".desk [data-part=place]")
    for number in range(1, 7):
        expect(place).to_have_text(f"{number} of 6", timeout=WAIT_MS)
        page.keyboard.press("a")
    expect(page.get_by_text("This queue is done")).to_be_visible(timeout=WAIT_MS)

    keyboard.press("link", "Export")
    expect(page.get_by_role("heading", name=re.compile("^Preview of"))).to_be_visible(timeout=WAIT_MS)
    settle(page)
    keyboard.reach("radio", "Leave out")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Export anyway", checked=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Leave out", checked=True)).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^Export .* entr"))).to_be_enabled(timeout=WAIT_MS)
    settle(page)
    keyboard.press("button", r"Export \d+ entr(y|ies)")
    expect(page.get_by_role("link", name="Download").first).to_be_visible(timeout=WAIT_MS)

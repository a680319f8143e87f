"""Creating, renaming, deleting and restoring a project in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import Projects, ProjectService, connect
from tests.browser.driving import AppServer, settle

pytestmark = pytest.mark.browser


def test_a_project_is_created_renamed_deleted_and_restored(server: AppServer, page: Page) -> None:
    page.goto(server.url)
    settle(page)
    page.get_by_role("button", name="Start with your images").click()
    _name(page, "new-project", "Shelf <b>1</b>")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Upload")
    expect(page).to_have_url(re.compile(r"/upload\?project=[\w-]{21}$"))

    page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("button", name="New project").click()
    _name(page, "new-project", "Shelf <b>1</b>")
    page.get_by_role("button", name="Create project").click()
    taken = "There is a project called Shelf <b>1</b> already. Choose another name."
    expect(page.get_by_role("dialog").get_by_text(taken)).to_be_visible()
    page.keyboard.press("Escape")

    _choose(page, "Rename")
    _name(page, "rename-project", "Kitchen")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Kitchen")).to_be_visible()

    _choose(page, "Delete")
    expect(page.get_by_role("dialog")).to_contain_text("This deletes Kitchen with 0 images, 0 questions and 0 entries")
    page.get_by_role("button", name="Delete 0 images and 0 entries").click()
    expect(page.get_by_role("button", name="Start with your images")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Kitchen")).to_be_visible()


def test_a_project_is_exported_from_its_menu_and_imported_from_the_file(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project("Moved shelf")
    page.goto(server.url)
    settle(page)
    page.locator(f".st-key-project-menu-{project.id}").get_by_role("button").click()
    page.get_by_role("option", name="Export project").or_(page.get_by_role("menuitem", name="Export project")).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "Moved shelf.zip"

    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Import a project").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose the archive").click()
    chooser.value.set_files(download.value.path())
    page.get_by_role("button", name="Open Moved shelf (2)").click()

    expect(page.get_by_role("link", name="Moved shelf (2)")).to_be_visible()
    with connect(server.data_dir) as db:
        projects = ProjectService(db)
        moved = [one for one in projects.list_projects() if one.name.startswith("Moved shelf")]
        assert sorted(one.name for one in moved) == ["Moved shelf", "Moved shelf (2)"]
        for one in moved:
            projects.delete_project(one.id)


def _name(page: Page, dialog: str, name: str) -> None:
    field = page.locator(f".st-key-{dialog}-name input")
    field.fill(name)
    field.press("Tab")


def _choose(page: Page, act: str) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_role("option", name=act).or_(page.get_by_role("menuitem", name=act)).click()


def test_the_address_opens_the_right_one_of_two_projects_with_the_same_name(server: AppServer, page: Page) -> None:
    with connect(server.data_dir) as db:
        with db.transaction() as session:
            twins = [Projects(name="Twin"), Projects(name="Twin")]
            session.add_all(twins)
            ids = [twin.id for twin in twins]
        for id_ in ids:
            page.goto(f"{server.url}/upload?project={id_}")
            settle(page)
            page.get_by_role(
                "radio", name="Web addresses"
            ).click()  # the page runs again with the value of the project picker
            settle(page)
            expect(page.get_by_role("link", name="Curate")).to_have_attribute("href", re.compile(id_))
        for id_ in ids:
            ProjectService(db).delete_project(id_)


def test_markdown_addresses_and_icons_in_texts_of_people_are_only_text(server: AppServer, page: Page) -> None:
    said = (
        "*x* `c` [a](http://b.org) http://a.org/x HTTPS://a.org www.a.org ada@a.org :red[x] $x$ :smile: "
        ":material/home: -> <-> >= &lt; <b> 12:30:45"
    )
    with connect(server.data_dir) as db:
        project = ProjectService(db).create_project(said, said)
    page.goto(f"{server.url}/overview?project={project.id}")
    settle(page)
    link, description = page.locator(".st-key-projects a", has_text="ada@a.org"), page.get_by_text("12:30:45").last
    expect(link).to_have_text(re.compile(re.escape(said) + "$"))
    expect(description).to_have_text(said)
    expect(description.locator("a, em, code, img, .katex, [role=img]")).to_have_count(0)
    with connect(server.data_dir) as db:
        ProjectService(db).delete_project(project.id)

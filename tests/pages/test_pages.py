"""The list of pages matches the files of the folder."""

import ast
from pathlib import Path

import pytest

from pages import DEFAULT, PAGES, PageEntry
from tests.pages.running import open_page, services

FOLDER = Path(__file__).parents[2] / "pages"


def test_each_page_file_has_exactly_one_line_in_the_list() -> None:
    assert sorted(page.name for page in PAGES) == sorted(
        path.stem for path in FOLDER.glob("*.py") if path.name != "__init__.py"
    )


def test_the_default_page_is_at_the_root_and_every_other_one_at_its_name() -> None:
    assert [page.name for page in PAGES if page.url_path == ""] == [DEFAULT]
    assert all(page.url_path == page.name for page in PAGES if page.name != DEFAULT)


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.name)
def test_each_page_opens_under_the_label_of_the_navigation(entry: PageEntry) -> None:
    at = open_page(entry.name, services().projects.create_project("Shelf").id)
    assert [title.value for title in at.title] == [entry.label]


def test_a_heading_has_no_link_to_itself() -> None:
    headings = [
        (path.name, node.lineno, {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords})
        for path in sorted(FOLDER.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("title", "header", "subheader") and ast.unparse(node.func.value) == "st"
    ]

    assert headings
    assert [(name, line) for name, line, given in headings if given.get("anchor") != "False"] == []

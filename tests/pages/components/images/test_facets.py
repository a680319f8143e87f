"""The facets of the images, and why a search for images finds nothing."""

import pytest
import streamlit as st

from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.images import parse_image_query
from core.search_line import Facet, FacetValue
from core.vision import store
from core.vision.analyzers.base import Analysis
from pages.components.images import facets, nothing
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

SAME = ["These images do not differ in any of the counted fields."]


@pytest.fixture
def project_id() -> str:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [(f"{number}.png", striped(number)) for number in (1, 2)])
    return project.id


@pytest.mark.parametrize(("line", "lines"), [("", []), ("name:nowhere", SAME)])
def test_images_that_do_not_differ_say_so(line: str, lines: list[str], project_id: str) -> None:
    assert read(draw(facets.show, project_id, parse_image_query(line))) == lines


def test_a_bar_is_a_filter_that_is_on_while_the_search_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    facet = Facet("format", "Format", (FacetValue("png", "PNG", 2), FacetValue("jpeg", "JPEG", 1)))
    group = facets._group(facet, parse_image_query("format:png"))
    assert (group.title, [(bar.label, bar.count, bar.terms, bar.on) for bar in group.bars]) == (
        "Format", [("PNG", 2, "format:png", True), ("JPEG", 1, "format:jpeg", False)],
    )  # fmt: skip
    state = {"search-line": None}
    monkeypatch.setattr(st, "session_state", state)
    for after in ("format:png", ""):
        facets._toggle("format:png")
        assert state["search-line"] == after


UNKNOWN = "Words, objects and similar images are found once the images are analyzed."


@pytest.mark.parametrize(
    ("line", "is_noted"),
    [("object:dog", True), ("dog", True), ("-format:png", False), ("name:nowhere", False), ("source:nowhere", False),
     ("added:<2001-01-01", False)],
)  # fmt: skip
def test_a_search_for_content_says_that_it_needs_the_analysis(line: str, is_noted: bool, project_id: str) -> None:
    lines = read(draw(nothing.show, project_id, parse_image_query(line)))
    assert lines[0].startswith(f"No image matches {line}")
    assert (UNKNOWN in lines) is is_noted


def test_once_the_images_are_analyzed_nothing_is_noted(project_id: str) -> None:
    (image, _) = services().images.list_images(project_id)
    with services().db.transaction() as session:
        store.write(session, project_id, "objects", "v", {image.id: Analysis({"items": [], "faint": {}})})
    assert UNKNOWN not in read(draw(nothing.show, project_id, parse_image_query("object:dog")))


@pytest.mark.parametrize(
    ("line", "error", "offers"),
    [("similar:a", InvalidInputError("No vector."), True), ("name:a", InvalidInputError("Refused."), False),
     ("similar:a", NotFoundError("Gone."), False), ("nmae:a", InvalidInputError("Refused."), False)],
)  # fmt: skip
def test_a_search_by_likeness_that_is_refused_offers_the_analysis(
    line: str, error: VitrineError, offers: bool, project_id: str
) -> None:
    lines = read(draw(nothing.refused, project_id, line, error))
    assert ("[Analyze images]" in lines) is offers

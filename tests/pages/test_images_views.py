"""The images page: what it says of the project, and what each view shows of a search."""

import json

import pytest

from core.vision import store
from core.vision.analyzers.base import Analysis
from pages.components.images import duplicates, facets, library, map_view
from tests.pages.controls import controls
from tests.pages.reading import read
from tests.pages.running import open_page, services
from tests.pictures import striped


def project(images: int = 2, analyzed: int = 0) -> str:
    made = services().projects.create_project("Shelf").id
    outcomes = services().intake.add_images(made, [(f"{number}.png", striped(number)) for number in range(images)])
    ids = [outcome.image.id for outcome in outcomes if outcome.image is not None]
    found = Analysis({"items": [], "faint": {}})
    with services().db.transaction() as session:
        store.write(session, made, "objects", "v", dict.fromkeys(ids[:analyzed], found))
    return made


@pytest.mark.parametrize(
    ("images", "analyzed", "said"),
    [
        (1, 0, "1 image, objects not looked for yet"),
        (2, 1, "2 images, objects looked for in 1"),
        (2, 2, "2 images, objects looked for in all"),
    ],
)
def test_the_page_says_in_how_many_images_objects_were_looked_for(images: int, analyzed: int, said: str) -> None:
    assert read(open_page("images", project(images, analyzed)))[:2] == ["Images", said]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts of the page that were drawn."""
    found: list[str] = []
    for part, name in ((library, "library"), (map_view, "map"), (facets, "facets"), (duplicates, "duplicates")):
        monkeypatch.setattr(part, "show", lambda *_of, name=name: found.append(name))
    return found


@pytest.mark.parametrize(
    ("query", "parts", "orders"),
    [
        ({}, ["library", "facets"], True),
        ({"facets": "false"}, ["library"], True),
        ({"q": "name:nowhere"}, [], True),
        ({"as": "Map"}, ["map", "facets"], False),
        ({"as": "Map", "q": "name:nowhere"}, [], False),
    ],
    ids=["grid", "without facets", "nothing found", "map", "nothing on the map"],
)
def test_each_view_shows_what_the_search_finds(
    query: dict[str, str], parts: list[str], orders: bool, drawn: list[str]
) -> None:
    at = open_page("images", project(), **query)
    assert drawn[-len(parts) :] == parts if parts else drawn == []
    assert ("sort" in controls(at)) is orders


def test_look_alikes_are_those_of_the_whole_project() -> None:
    id_ = project()
    lines = {query: read(open_page("images", id_, **{"as": "Look-alikes", "q": query})) for query in ("", "name:1")}
    assert "Of the whole project" in lines[""]
    assert "Of the whole project; the search does not narrow it." in lines["name:1"]
    assert not any(line.startswith("Of the whole project") for line in read(open_page("images", id_)))


def test_what_is_found_by_likeness_has_its_own_order(drawn: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = project()
    image = services().images.list_images(id_)[0]
    monkeypatch.setattr(services().image_queries, "count", lambda *_of: 1)
    at = open_page("images", id_, q=f"similar:{image.id}")
    assert {"Best first", f"Images like {image.image_name}"} <= set(read(at))
    assert "sort" not in controls(at)


def test_an_image_may_be_dropped_on_the_search_line_of_images_alone() -> None:
    id_ = project()
    services().dataset.create_dataset_entry(id_, services().images.list_images(id_)[0].id, "Which?", "red")
    for file, takes in (("images", True), ("explore", False)):
        (box,) = [one.proto for one in open_page(file, id_).get("bidi_component")
                  if one.proto.component_name == "vitrine_search"]  # fmt: skip
        assert json.loads(box.json)["takes_images"] is takes

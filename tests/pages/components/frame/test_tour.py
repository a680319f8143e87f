"""The tour of a sample project."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.frame import tour
from tests.pages.running import services


def _tour(project_id: str) -> None:
    from pages.components.frame import tour

    tour.show(project_id)


def _open(project_id: str) -> AppTest:
    return AppTest.from_function(_tour, args=(project_id,), default_timeout=120).run()


def _has_tour(project_id: str) -> bool:
    return bool(_open(project_id).button)


def test_each_button_opens_the_page_that_the_next_sentence_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, bool]] = []
    monkeypatch.setattr(tour.page, "go", lambda file, **query: opened.append((file, "q" in query)))
    project_id = services().samples.create().id

    for _ in range(5):
        at = _open(project_id)
        assert len(at.markdown) == 1
        at.button(key="tour-next").click().run()

    # Find similar opens the images that are like a photograph.
    assert list(dict.fromkeys(opened)) == [
        ("generate", False), ("images", True), ("images", False), ("style", False), ("check", False), ("export", False),
    ]  # fmt: skip
    assert "Export writes the dataset" in _open(project_id).markdown[0].value
    _open(project_id).button(key="tour-close").click().run()
    assert not _has_tour(project_id)


def test_a_closed_tour_stays_closed_in_its_project_for_its_person() -> None:
    first, second = services().samples.create().id, services().samples.create().id

    _open(first).button(key="tour-close").click().run()

    assert (_has_tour(first), _has_tour(second)) == (False, True)
    assert services().preferences.get("local", "tour", first) == {"step": -1}
    assert services().preferences.get("Ada", "tour", first) == {}


def test_other_projects_have_no_tour() -> None:
    assert not _has_tour(services().projects.create_project("Shelf").id)

"""What a click on the card of a result does."""

import pytest
import streamlit as st

from core.runtime import runtime
from core.style.results import Result
from pages.components.shared.cards import Act
from pages.components.style import results
from tests.pages.running import services


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a result without a style dataset."""
    for name in ("session_state", "query_params"):
        monkeypatch.setattr(st, name, {})
    project = services().projects.create_project("Shelf")
    return runtime.services.loop.run(services().style.generate_image("A lamp", project_id=project.id)).id


def stored(id_: str) -> Result:
    return services().style_results.get_result(id_)


def test_a_thumb_that_is_clicked_twice_is_taken_back(made: str) -> None:
    ratings = []
    for action in ("up", "up", "down", "up", "down", "down"):
        results._act(Act(action, made), None)
        ratings.append(stored(made).generated.rating)

    assert ratings == [1, 0, -1, 1, -1, 0]


def test_a_result_is_kept_discarded_restored_opened_and_closed(made: str) -> None:
    results._act(None, None)
    for action, kept in (("unkeep", False), ("keep", True)):
        results._act(Act(action, made), None)
        assert stored(made).generated.kept is kept
    for action, is_gone in (("discard", True), ("restore", False)):
        results._act(Act(action, made), None)
        assert (stored(made).generated.deleted_at is not None) is is_gone
    assert st.session_state["style-discarded"] == made
    results._act(Act("open", made), None)
    assert dict(st.query_params) == {"result": made}
    results._act(Act("close", made), None)
    assert dict(st.query_params) == {}

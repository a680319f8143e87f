"""The hint to a person without a name."""

import pytest
import streamlit as st

from core.dataset.collaboration import Plan
from pages.components.curate import team_menu


@pytest.mark.parametrize(
    ("plan", "actor", "is_asked"),
    [
        (Plan(), "local", False),
        (Plan("shared"), "local", True),
        (Plan("all", (), 20), "local", True),
        (Plan("shared", (), 20), "Anna", False),
    ],
)
def test_who_reviews_in_a_team_is_asked_for_a_name(
    plan: Plan, actor: str, is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(st, "caption", said.append)
    team_menu.hint(plan, actor)

    assert bool(said) is is_asked

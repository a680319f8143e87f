"""What a person prefers."""

import pytest

from core.accounts.preferences import PreferenceService
from core.db import Database, Projects
from core.projects import ProjectService


@pytest.fixture
def preferences(db: Database) -> PreferenceService:
    return PreferenceService(db)


def test_a_preference_is_of_one_person_one_name_and_one_project_or_of_all(
    db: Database, preferences: PreferenceService, project: Projects
) -> None:
    other = ProjectService(db).create_project("Another")
    preferences.put("ana", "tour", {"step": 1})
    preferences.put("ana", "tour", {"step": 2}, project.id)
    preferences.put("ben", "tour", {"step": 3})

    assert preferences.get("ana", "tour") == {"step": 1}
    assert preferences.get("ana", "tour", project.id) == {"step": 2}
    assert preferences.get("ana", "tour", other.id) == {}
    assert preferences.get("ben", "tour") == {"step": 3}
    assert preferences.get("ana", "keys") == {}


def test_a_preference_is_replaced_and_an_empty_one_removed_where_it_was_set(
    preferences: PreferenceService, project: Projects
) -> None:
    preferences.put("ana", "tour", {"step": 1})
    preferences.put("ana", "tour", {"step": 2}, project.id)
    preferences.put("ana", "tour", {"step": 4})
    preferences.put("ana", "tour", {}, project.id)

    assert preferences.get("ana", "tour") == {"step": 4}
    assert preferences.get("ana", "tour", project.id) == {}

"""The keys of the desk that a person chose, and what the end of a queue says."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.api.credentials import page_token
from core.api.desk_keys import own_keys
from core.services import Services


def _choose(client: TestClient, keys: Any, person: str = "Ada") -> Any:
    return client.post("/desk/keys", json={"keys": keys}, headers={"X-Vitrine-Token": page_token(person)})


def test_keys_are_chosen_by_each_person_and_reset_by_an_empty_choice(client: TestClient, services: Services) -> None:
    assert _choose(client, {"confirm": "j", "skip": "a"}).json() == {"keys": {"confirm": "j", "skip": "a"}}
    assert own_keys(services, "Ada") == {"confirm": "j", "skip": "a"}
    assert own_keys(services, "Ben") == {}

    of_boxes = {"newBox": "k", "corner": "n"}
    assert _choose(client, of_boxes).json() == {"keys": of_boxes}

    assert _choose(client, {}).json() == {"keys": {}}
    assert own_keys(services, "Ada") == {}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"confirm": "x"}, "X is the key of “Reject” already. Choose another one."),
        (
            {"confirm": "n"},
            "N is the key of “While drawing boxes: a new box in the middle” already. Choose another one.",
        ),
        ({"confirm": "7"}, "7 has a meaning of its own. Choose another key."),
        ({"confirm": "\u200b"}, "\u200b has a meaning of its own. Choose another key."),
        ({"confirm": " "}, "Space has a meaning of its own. Choose another key."),
        ({"newBox": "arrowup"}, "ARROWUP has a meaning of its own. Choose another key."),
        ({"escape": "j"}, "escape has no key that can be changed."),
        (["j"], "Send the keys as a JSON object, by the name of what they do."),
    ],
)
def test_a_key_with_two_meanings_is_refused_with_a_sentence(
    client: TestClient, services: Services, keys: Any, sentence: str
) -> None:
    refused = _choose(client, keys)

    assert (refused.status_code, refused.json()["detail"]) == (422, sentence)
    assert own_keys(services, "Ada") == {}


def test_the_end_of_a_queue_says_what_an_export_holds_and_how_many_wrong_answers_were_caught(
    client: TestClient, services: Services
) -> None:
    project = services.samples.create()
    first, *_, wrong = services.dataset.list_dataset_entries(project.id, limit=6)
    services.review.decide(first.id, first.version, "confirm")
    services.review.decide(wrong.id, wrong.version, "reject")

    ending = client.get("/desk/ending", params={"project_id": project.id}).json()

    assert (ending["entries"], ending["wrong"]) == (1, {"total": 6, "caught": 1, "missed": []})
    assert "load_dataset('imagefolder', data_dir='Sample-project')" in ending["load"]


def test_other_projects_have_no_wrong_answers(client: TestClient, services: Services) -> None:
    project = services.projects.create_project("Shelf")

    assert client.get("/desk/ending", params={"project_id": project.id}).json()["wrong"] is None

"""Acts on entries over REST: decisions, acts on many, answers to stored questions, history, undo."""

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.pictures import png


@pytest.fixture
def entry_ids(services: Services, project: Projects) -> list[str]:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    questions = ("Which color?", "How many?", "Is it night?")
    made = [
        services.dataset.create_dataset_entry(project.id, outcome.image.id, question, "3", kind="count")
        for question in questions
    ]
    return [entry.id for entry in made]


def test_an_act_on_the_entries_of_a_search_line_is_undone_by_its_batch(
    client: TestClient, project: Projects, entry_ids: list[str]
) -> None:
    base = f"/api/projects/{project.id}/image-datasets"
    tagged = client.post(f"{base}/bulk", json={"action": "tag", "value": "night", "q": "night"}).json()
    confirmed = client.post(f"{base}/bulk", json={"action": "confirm", "q": ""}).json()
    assert (tagged["changed"], confirmed["changed"]) == (1, 3)
    rated = client.post(f"{base}/bulk", json={"action": "rate", "value": 4.2, "entry_ids": entry_ids[:1]}).json()
    assert rated["changed"] == 1

    undone = client.post(f"{base}/undo", json={"batch_id": confirmed["batch_id"]}).json()
    assert undone == {"action": "confirm", "entry_ids": [], "undone": 3, "conflicts": 0}
    assert client.post(f"{base}/undo", json={"batch_id": confirmed["batch_id"]}).json()["undone"] == 0
    entries = {item["id"]: item for item in client.get(base).json()["items"]}
    assert [entries[id_]["score"] for id_ in entry_ids] == [4.2, 0, 0]
    assert [entries[id_]["tags"] for id_ in entry_ids] == ["", "", "night"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "confirm"}, None),
        ({"action": "confirm", "q": "", "entry_ids": ["x" * 21]}, None),
        ({"action": "rate", "value": 7, "q": ""}, "score"),
    ],
)
def test_an_act_names_its_entries_in_one_way_and_fits_its_value(
    client: TestClient, project: Projects, body: dict[str, object], field: str | None
) -> None:
    refused = client.post(f"/api/projects/{project.id}/image-datasets/bulk", json=body)
    assert (refused.status_code, refused.json().get("field")) == (422, field)


def test_a_decision_is_in_the_history_and_a_late_one_is_a_conflict(client: TestClient, entry_ids: list[str]) -> None:
    url = f"/api/image-datasets/{entry_ids[0]}"
    decision = {"decision": "reject", "version": 1, "changes": {"reject_reason": "wrong answer"}}
    decided = client.post(f"{url}/decide", json=decision).json()
    assert (decided["entry"]["rejected"], decided["entry"]["reject_reason"]) == (True, "wrong answer")

    late = client.post(f"{url}/decide", json={"decision": "confirm", "version": 1})
    assert (late.status_code, late.json()["current"]["version"]) == (409, 2)
    events = client.get(f"{url}/history").json()["items"]
    assert [(event["action"], event["is_undone"]) for event in events] == [("create", False), ("reject", False)]
    assert events[1]["new"]["rejected"] is True


def test_answers_to_stored_questions_become_entries_together_or_not_at_all(
    client: TestClient, services: Services, project: Projects
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    asked = [
        client.post(f"/api/images/{outcome.image.id}/questions", json={"question": text}).json()["id"]
        for text in ("Which color?", "How many?")
    ]
    url = f"/api/projects/{project.id}/image-datasets/answers"
    wrong = {"items": [{"question_id": asked[0], "answer": "Red."}, {"question_id": "x" * 21, "answer": "Two."}]}
    assert client.post(url, json=wrong).status_code == 404
    assert client.get(f"/api/projects/{project.id}/image-datasets").json()["total"] == 0

    right = {"items": [{"question_id": id_, "answer": "Two."} for id_ in asked], "model": "by hand"}
    made = client.post(url, json=right).json()["items"]
    assert [(entry["question"], entry["model"]) for entry in made] == [
        ("Which color?", "by hand"), ("How many?", "by hand"),
    ]  # fmt: skip


def test_entries_are_counted_by_fields_checks_answers_and_days(
    client: TestClient, project: Projects, entry_ids: list[str]
) -> None:
    base = f"/api/projects/{project.id}/image-datasets"
    client.post(f"/api/image-datasets/{entry_ids[0]}/confirm", json={"confirmed": True})
    facets = client.get(f"{base}/facets", params={"q": "kind:count"}).json()
    assert facets["total"] == 3
    assert facets["balance"] == [{"kind": "count", "total": 3, "answers": [{"answer": "3", "count": 3}]}]
    assert [day["decided"] for day in client.get(f"{base}/decided", params={"days": 2}).json()] == [0, 1]

"""Nobody can tell a honeypot: every route answers for its id as for that of an ordinary entry."""

from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core import ImageDatasetService, Projects
from core.checks.people import PeopleChecks
from core.dataset import CollaborationService, ReviewService
from core.db import Honeypots
from core.services import Services
from tests.core.dataset.conftest import add_image

OWN = {
    "id", "image_id", "image_ids", "image_name", "create_at", "update_at", "images", "others", "url", "answer",
    "generated_answer",
}  # fmt: skip


@pytest.fixture
def pair(client: TestClient, services: Services, project: Projects) -> tuple[dict[str, Any], dict[str, Any]]:
    """A honeypot of the queue of the caller, and an ordinary entry of it."""
    dataset, review = ImageDatasetService(services.db), ReviewService(services.db)
    CollaborationService(services.db).set_review_plan(project.id, "all", second_percent=100)
    for number in range(80):  # honeypots lie at random: among fewer entries there may be none
        image = add_image(services.db, project.id, f"{number}.jpg")
        entry = dataset.create_dataset_entry(
            project.id, image.id, "Is there a dog?", "yes", model="openai/gpt-4o", kind="yes/no",
        )  # fmt: skip
        if number < 8:
            review.decide(entry.id, 1, "confirm", changes={"note": "seen"}, actor="first")
            review.decide(entry.id, 2, "second", changes={"verdict": "confirm"}, actor="second")
    PeopleChecks(services.db).set_known_answers(project.id, 20)
    items = client.get("/desk/queue", params={"project_id": project.id}).json()["items"]
    with services.db.reading() as session:
        pots = {pot.entry_id: pot.behind_id for pot in session.exec(select(Honeypots))}
    pot = next(item for item in items if item["id"] in pots)
    ordinary = next(item for item in items if item["id"] not in pots and item["id"] not in pots.values())
    return pot, ordinary


def _same(pot: Any, ordinary: Any) -> Any:
    """Return what both say without what every entry has of its own."""
    if isinstance(pot, dict):
        assert pot.keys() == ordinary.keys()
        return {name: _same(pot[name], ordinary[name]) for name in pot if name not in OWN and name != "act_id"}
    return pot


def test_every_route_answers_for_a_honeypot_as_for_an_ordinary_entry(
    client: TestClient, project: Projects, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    pot, ordinary = pair
    answers = []
    for number, item in enumerate((pot, ordinary)):
        id_ = item["id"]

        def decide(decision: str, version: int, name: str, id_: str = id_, number: int = number, **more: Any) -> Any:
            act = {"act_id": f"{name}-{number}".ljust(12, "x"), "entry_id": id_, "decision": decision}
            acts = [act | {"version": version, "project_id": project.id} | more]
            return client.post("/desk/decide", json={"acts": acts}).json()["results"][0]

        by_id = {"project_id": project.id, "q": f"id:{id_}"}
        listed = f"/api/projects/{project.id}/image-datasets"
        rest = f"/api/image-datasets/{id_}"
        found = {
            "item": item,
            "others": [other["id"] for other in item["others"]],
            "read": client.get(rest).json(),
            "etag": client.get(rest).headers["etag"],
            "history": [(one["action"], one["actor"], one["old"], one["new"]) for one in
                        client.get("/desk/history", params={"entry_id": id_}).json()["events"]],
            "listed": client.get(listed, params={"q": f"id:{id_}"}).json()["total"],
            "queued": len(client.get("/desk/queue", params=by_id).json()["items"]),
            "decided": decide("confirm", 1, "confirm")["entry"],
            "undone": decide("undo", 0, "undo", batch_id=f"confirm-{number}".ljust(12, "x"))["entry"],
            "flagged": client.put(rest, json={"flagged": True}).json(),
            "rated": client.post(f"{rest}/rate", json={"score": 3}).json(),
            "confirmed": client.post(f"{rest}/confirm", json={"confirmed": True}).json(),
            "conflict": decide("reject", 1, "late")["code"],
            "rejected": decide("reject", 6, "reject")["entry"],
            "long": [(one["action"], one["actor"]) for one in
                     client.get("/desk/history", params={"entry_id": id_}).json()["events"]],
            "deleted": client.delete(rest).status_code,
            "gone": (client.get(rest).status_code, client.delete(rest).status_code),
            "too late": decide("confirm", 7, "gone")["code"],
        }  # fmt: skip
        answers.append(found)
    assert {name: _same(answers[0][name], answers[1][name]) for name in answers[0]} == {
        name: _same(answers[1][name], answers[0][name]) for name in answers[1]
    }
    assert answers[0]["read"]["confirmed"] is False
    assert (answers[0]["others"], answers[0]["listed"], answers[0]["queued"]) == ([], 1, 1)


def test_the_numbers_of_readers_do_not_move_with_a_decision(
    client: TestClient, project: Projects, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    url = f"/api/projects/{project.id}/known-answers"
    before = client.get(url).json()
    assert (before["percent"], before["known"], before["readers"]) == (20, 8, [])
    client.post(f"/api/image-datasets/{pair[0]['id']}/confirm", json={"confirmed": True})
    assert client.get(url).json() == before
    assert client.put(url, json={"percent": 3, "query": "tag:gold"}).json()["query"] == "tag:gold"
    assert client.put(url, json={"percent": 50}).status_code == 422

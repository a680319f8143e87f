"""Twins over REST: candidates, and one twin with a typed answer."""

import numpy as np
from starlette.testclient import TestClient

from core import Projects
from core.db import ImageVectors
from core.services import Services
from core.vision.vectors import rows
from tests.core.dataset.conftest import add_image


def test_candidates_are_listed_and_one_becomes_the_twin(
    client: TestClient, services: Services, project: Projects
) -> None:
    images = [add_image(services.db, project.id, f"{number:02}.jpg") for number in range(23)]
    with services.db.transaction() as session:
        for number, image in enumerate(images):
            vector = rows.packed(np.array([1.0, number / 100]))
            session.add(ImageVectors(project_id=project.id, image_id=image.id, kind="test 1", vector=vector))
    entries = [
        services.dataset.create_dataset_entry(project.id, image.id, "Is there a dog?", "yes") for image in images[:22]
    ]
    of_entry = f"/api/image-datasets/{entries[0].id}"
    (candidate,) = client.get(f"{of_entry}/twin-candidates").json()
    assert (candidate["image_name"], candidate["speaks"], candidate["similarity"] > 0.9) == ("22.jpg", "", True)
    url = f"/api/projects/{project.id}/twins"
    early = client.post(url, json={})
    assert (early.status_code, early.json()["detail"]) == (
        422, "First check how many answers can be guessed, then draft twins.",
    )  # fmt: skip
    started = client.post(f"/api/projects/{project.id}/checks", json={"check": "guessable"}).json()
    client.get(f"{started['url']}/events")
    wrong = client.post(url, json={"candidates": 100})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "candidates")
    same = client.post(f"{of_entry}/twin", json={"image_id": images[22].id, "answer": "Yes"})
    assert (same.status_code, same.json()["field"]) == (422, "answer")
    made = client.post(f"{of_entry}/twin", json={"image_id": images[22].id, "answer": "no"})
    assert (made.status_code, made.json()["answer"], made.json()["tags"]) == (201, "no", "twin")
    assert client.get(f"{of_entry}/twin-candidates").json() == []
    assert client.post(f"{of_entry}/twin", json={"image_id": "x" * 21, "answer": "no"}).status_code == 404


def test_the_desk_adds_a_twin_with_a_typed_answer_and_says_what_is_missing(
    client: TestClient, services: Services, project: Projects
) -> None:
    first, other = (add_image(services.db, project.id, name) for name in ("a.jpg", "b.jpg"))
    entry = services.dataset.create_dataset_entry(project.id, first.id, "Is there a dog?", "yes", "Ana")
    body = {"entry_id": entry.id, "image_id": other.id, "act_id": "act-00001"}
    for left_out in body:
        refused = client.post("/desk/twin", json={name: value for name, value in body.items() if name != left_out})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
        assert refused.json()["detail"] == "The body is not complete. Send the entry_id, an image_id and an act_id."
    for nothing in ({}, {"answer": None}, {"answer": "  "}):
        asked = client.post("/desk/twin", json=body | nothing)
        assert (asked.status_code, asked.json()["field"]) == (422, "answer")
        assert asked.json()["detail"] == "No known model answered this entry, so type the answer."
    made = client.post("/desk/twin", json=body | {"answer": " no "})
    assert made.status_code == 200, made.text
    answers = [(one.question, one.answer) for one in services.dataset.list_dataset_entries(project.id)]
    assert sorted(answers) == [("Is there a dog?", "no"), ("Is there a dog?", "yes")]

"""Entries over REST: several images, conversations, boxes, and the fields of a new entry."""

import pytest
from starlette.testclient import TestClient

from core import Images, Projects
from core.services import Services
from tests.pictures import png


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    return [outcome.image for outcome in added if outcome.image is not None]


def test_an_entry_of_several_images_is_created_read_and_changed(
    client: TestClient, project: Projects, images: list[Images]
) -> None:
    ids = [image.id for image in images]
    fields = {
        "conversation_id": "talk", "turn": 3, "system": "Be brief.", "ratings": {"relevance": 4}, "origin": "imported",
        "kind": "count", "language": "tr", "options": ["red", "blue"],
    }  # fmt: skip
    body = {"image_ids": ids, "question": "Which?", "answer": '["red"]', "answer_type": "label", **fields}
    body["boxes"] = [{"label": "it", "xyxy": [0, 0, 4, 4], "image": 1.0}]

    made = client.post(f"/api/projects/{project.id}/image-datasets", json=body)

    assert made.status_code == 201, made.json()
    entry = client.get(f"/api/image-datasets/{made.json()['id']}").json()
    assert {name: entry[name] for name in fields} == fields
    assert (entry["image_id"], entry["image_ids"], entry["image_name"]) == (ids[0], ids, "red.png")
    assert entry["boxes"] == [{"label": "it", "xyxy": [0, 0, 4, 4], "image": 1}]

    change = {"image_ids": ids[::-1], "boxes": [], "turn": 4, "kind": "", "options": ["red", "blue", "green"]}
    changed = client.put(f"/api/image-datasets/{entry['id']}", json=change).json()
    assert (changed["image_id"], changed["image_ids"], changed["image_name"]) == (ids[1], ids[::-1], "blue.png")
    assert (changed["boxes"], changed["turn"], changed["kind"]) == (None, 4, "")
    assert changed["options"] == ["red", "blue", "green"]
    listed = client.get(f"/api/projects/{project.id}/image-datasets", params={"image_id": ids[0]}).json()
    assert [item["id"] for item in listed["items"]] == [entry["id"]]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"image_ids": ["missing"]}, 404, "image_ids"),
        ({"image_ids": []}, 422, "image_ids"),
        ({"boxes": [{"xyxy": [0, 0, 9000, 4]}]}, 422, "boxes"),
        ({"boxes": [{"xyxy": [0, 0, 4, 4], "color": "red"}]}, 422, "boxes.0.color"),
        ({"turn": -1}, 422, "turn"),
        ({"ratings": {"relevance": 9}}, 422, "ratings"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_field(
    change: dict[str, object], status: int, field: str, client: TestClient, project: Projects, images: list[Images]
) -> None:
    body = {"image_id": images[0].id, "question": "Which?", "answer": "Red"}
    made = client.post(f"/api/projects/{project.id}/image-datasets", json=body).json()
    refused = client.put(f"/api/image-datasets/{made['id']}", json=change)
    assert (refused.status_code, refused.json().get("field")) == (status, field)


def test_the_first_of_image_ids_has_to_be_image_id(client: TestClient, project: Projects, images: list[Images]) -> None:
    body = {"image_id": images[0].id, "image_ids": [images[1].id], "question": "Which?", "answer": "Red"}
    refused = client.post(f"/api/projects/{project.id}/image-datasets", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "image_ids")


def test_an_answer_to_a_stored_question_has_its_images_and_takes_the_fields_of_an_entry(
    client: TestClient, services: Services, project: Projects, images: list[Images]
) -> None:
    question = services.questions.add_manual_question(images[0].id, "Which?")
    body = {"question_id": question.id, "answer": "Red", "origin": "imported", "kind": "attribute"}
    made = client.post(f"/api/projects/{project.id}/image-datasets", json=body).json()
    assert (made["question"], made["image_ids"]) == ("Which?", [images[0].id])
    assert (made["origin"], made["kind"], made["language"]) == ("imported", "attribute", "en")


def test_entries_are_filtered_by_what_was_decided_their_score_type_tags_and_model(
    client: TestClient, services: Services, project: Projects, images: list[Images]
) -> None:
    image = images[0].id
    make = services.dataset.create_dataset_entry
    make(project.id, image, "Open?", "yes", "a/b", tags="draft")
    done = make(project.id, image, "Done?", "yes", "a/c", confirmed=True, tags="draft, night")
    services.dataset.rate_entry(done.id, 3)

    def found(**query: object) -> list[str]:
        rows = client.get(f"/api/projects/{project.id}/image-datasets", params=query).json()["items"]
        return sorted(row["question"] for row in rows)

    assert found() == ["Done?", "Open?"]
    assert (found(confirmed=True), found(confirmed=False)) == (["Done?"], ["Open?"])
    assert (found(min_score=3), found(min_score=3.5), found(min_score=0)) == (["Done?"], [], ["Done?", "Open?"])
    assert (found(tags="draft"), found(tags=" draft ,night,")) == (["Done?", "Open?"], ["Done?"])
    assert (found(model="a/b"), found(answer_type="text"), found(answer_type="label")) == (
        ["Open?"], ["Done?", "Open?"], [],
    )  # fmt: skip
    assert (found(image_id=image), found(image_id=images[1].id)) == (["Done?", "Open?"], [])


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ("*", 200),
        ('"1"', 200),
        ("1", 200),
        (' "1" ', 200),
        ('"2"', 409),
        ("new", 422),
        ('W/"1"', 422),
        ("\u0661", 422),
        ("", 422),
    ],
)
def test_a_change_with_an_etag_is_made_to_that_version_only(
    client: TestClient, project: Projects, images: list[Images], if_match: str, status: int
) -> None:
    body = {"image_id": images[0].id, "question": "Which?", "answer": "Red"}
    made = client.post(f"/api/projects/{project.id}/image-datasets", json=body)
    assert client.get(f"/api/image-datasets/{made.json()['id']}").headers["ETag"] == '"1"'
    header = {"If-Match": if_match.encode()}
    answer = client.put(f"/api/image-datasets/{made.json()['id']}", json={"answer": "Blue"}, headers=header)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["field"] == "If-Match"

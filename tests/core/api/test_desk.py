"""Routes of the review desk: each act is stored by itself, a repeated act once; a conflict returns the entry."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from core import ImageDatasets, Projects
from core.api.credentials import page_token
from core.checks.base import Finding
from core.checks.store import add_findings, begin_run, end_run
from core.services import Services
from core.vision import store
from core.vision.analyzers.base import Analysis
from tests.core.dataset.conftest import add_image
from tests.pictures import png

Make = Callable[..., ImageDatasets]


@pytest.fixture
def make(services: Services, project: Projects) -> Make:
    image = add_image(services.db, project.id, "shelf.jpg")

    def make_entry(question: str, **more: object) -> ImageDatasets:
        return services.dataset.create_dataset_entry(project.id, image.id, question, "yes", "m", **more)

    return make_entry


def act(entry: ImageDatasets, decision: str, act_id: str, **more: object) -> dict[str, object]:
    return {"act_id": act_id, "entry_id": entry.id, "version": entry.version, "decision": decision} | more


def test_the_queue_has_open_entries_with_their_image_and_its_other_entries(
    client: TestClient, make: Make, project: Projects
) -> None:
    first, second = make("One?", tags="draft"), make("Two?")
    make("Done?", confirmed=True)
    answer = client.get("/desk/queue", params={"project_id": project.id, "q": ""}).json()
    assert [item["id"] for item in answer["items"]] == [first.id, second.id]
    assert answer["next"] is None
    counted = client.get("/desk/count", params={"project_id": project.id, "q": ""}).json()
    assert counted == {"total": 2, "held": 0, "tags": ["draft"], "has_layers": False, "sent_back": 0}
    item = answer["items"][0]
    assert item["images"][0]["url"].startswith(f"/img/{first.image_id}/view?v=")
    assert [other["question"] for other in item["others"]] == ["Two?", "Done?"]
    assert item["others"][1]["state"] == "confirmed"


def test_the_queue_is_paged_by_its_cursor(client: TestClient, make: Make, project: Projects) -> None:
    entries = [make(f"{number}?") for number in range(3)]
    first = client.get("/desk/queue", params={"project_id": project.id, "limit": 2}).json()
    rest = client.get("/desk/queue", params={"project_id": project.id, "limit": 2, "after": first["next"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [entry.id for entry in entries]


def test_a_page_of_the_queue_has_100_entries_unless_asked_otherwise(
    client: TestClient, make: Make, project: Projects
) -> None:
    for number in range(101):
        make(f"{number}?")
    page = client.get("/desk/queue", params={"project_id": project.id}).json()
    assert len(page["items"]) == 100
    assert page["next"] is not None


def test_a_refused_act_does_not_prevent_the_others(client: TestClient, make: Make, services: Services) -> None:
    first, second = make("One?"), make("Two?")
    services.dataset.update_dataset_entry(first.id, answer="no", actor="Ben")
    acts = [act(first, "confirm", "act-00001"), act(second, "confirm", "act-00002")]
    refused, stored = client.post("/desk/decide", json={"acts": acts}).json()["results"]
    assert (refused["ok"], refused["code"]) == (False, "conflict")
    assert (refused["current"]["answer"], refused["current"]["version"]) == ("no", 2)
    assert (stored["ok"], stored["entry"]["state"], stored["entry"]["version"]) == (True, "confirmed", 2)


def test_a_repeated_act_is_stored_once(client: TestClient, make: Make, services: Services) -> None:
    entry = make("One?")
    body = {"acts": [act(entry, "reject", "act-00001", changes={"reject_reason": "duplicate"})]}
    answers = [client.post("/desk/decide", json=body).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(services.entries.history(entry.id)) == 2


def test_undo_reverts_the_last_act_and_returns_its_entry(client: TestClient, make: Make, project: Projects) -> None:
    entry = make("One?")
    client.post("/desk/decide", json={"acts": [act(entry, "confirm", "act-00001")]})
    undo = {"act_id": "undo-0001", "decision": "undo", "project_id": project.id}
    (result,) = client.post("/desk/decide", json={"acts": [undo]}).json()["results"]
    assert (result["ok"], result["undone"], result["entry"]["state"]) == (True, 1, "open")
    (nothing,) = client.post("/desk/decide", json={"acts": [undo | {"act_id": "undo-0002"}]}).json()["results"]
    assert nothing == {"ok": True, "entry": None, "undone": 0}


@pytest.mark.parametrize("body", [{}, {"acts": "all"}, {"acts": [1]}, {"acts": [{}] * 101}])
def test_bodies_without_a_valid_list_of_acts_are_refused(client: TestClient, body: dict[str, object]) -> None:
    assert client.post("/desk/decide", json=body).status_code == 422


@pytest.mark.parametrize("broken", [{"act_id": 7}, {"version": "new"}, {"changes": "all"}, {"decision": "burn"}])
def test_an_invalid_act_is_refused_without_a_change(
    client: TestClient, make: Make, broken: dict[str, object], services: Services
) -> None:
    entry = make("One?")
    answer = client.post("/desk/decide", json={"acts": [act(entry, "confirm", "act-00001") | broken]})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["ok"] is False
    assert services.dataset.get_dataset_entry(entry.id).version == 1


def test_an_answer_is_validated_before_it_is_saved(client: TestClient) -> None:
    given = {"answer": '["x"]', "answer_type": "label", "options": ["y"]}
    answer = client.post("/desk/check", json=given)
    assert (answer.status_code, answer.json()["detail"]) == (422, "x is not one of the labels. Choose from y.")
    assert client.post("/desk/check", json=given | {"answer": '["y"]'}).json() == {"ok": True}


def test_a_page_of_another_origin_cannot_decide(client: TestClient, make: Make) -> None:
    answer = client.post(
        "/desk/decide",
        json={"acts": [act(make("One?"), "confirm", "act-00001")]},
        headers={"Origin": "http://evil.test"},
    )
    assert answer.status_code == 403


def test_shared_entries_are_leased_to_one_reviewer_who_can_renew_the_leases(
    client: TestClient, make: Make, project: Projects, services: Services
) -> None:
    entries = [make(f"{number}?") for number in range(4)]
    services.collaboration.set_review_plan(project.id, "shared")

    def queue(name: str) -> list[str]:
        headers = {"X-Vitrine-Token": page_token(name)}
        params = {"project_id": project.id, "limit": 2}
        return [item["id"] for item in client.get("/desk/queue", params=params, headers=headers).json()["items"]]

    assert queue("Anna") == [entry.id for entry in entries[:2]]
    assert queue("Ben") == [entry.id for entry in entries[2:]]
    body = {"project_id": project.id, "entry_ids": [entry.id for entry in entries]}
    renewed = client.post("/desk/keep", json=body, headers={"X-Vitrine-Token": page_token("Ben")})
    assert renewed.json() == {"kept": 2}
    waiting = client.get(
        "/desk/count", params={"project_id": project.id}, headers={"X-Vitrine-Token": page_token("Cleo")}
    )
    assert waiting.json() == {"total": 0, "held": 4, "tags": [], "has_layers": False, "sent_back": 0}


def test_values_of_a_field_are_returned_for_autocompletion(client: TestClient, make: Make, project: Projects) -> None:
    make("One?", kind="count", tags="draft")
    make("Two?", kind="count")
    make("Three?", kind="color")

    def found(field: str, **more: str) -> Any:
        return client.get("/desk/values", params={"project_id": project.id, "field": field, **more}).json()

    def values(field: str) -> Any:
        return found(field)["values"]

    assert values("kind") == ["count", "color"]
    assert values("tag") == ["draft", "none"]
    assert values("is") == ["open", "confirmed", "rejected"]
    assert "reveals" in values("check")
    assert values("by") == ["local"]
    assert values("score") == values("nonsense") == []
    assert found("kind", q="tag:draft") == {"values": ["count", "color"], "counts": [1, 0]}
    assert found("kind", q="nonsense:x") == {"values": ["count", "color"]}
    assert found("shape", of="images", q="name:nowhere")["counts"] == [0, 0, 0]
    assert "counts" not in found("shape", of="images", q="similar:nowhere")


def test_an_answer_is_regenerated_by_its_own_model(client: TestClient, project: Projects, services: Services) -> None:
    image = services.intake.add_images(project.id, [("red.png", png("red"))])[0].image
    assert image is not None
    entry = services.dataset.create_dataset_entry(
        project.id, image.id, "What is the main color?", "green", "offline/measure"
    )
    body = {"entry_id": entry.id, "version": 1, "act_id": "act-again-1"}
    made = client.post("/desk/again", json=body).json()["entry"]
    assert (made["version"], made["state"]) == (2, "open")
    assert made["answer"] == made["generated_answer"] != "green"
    assert client.post("/desk/again", json=body).status_code == 409
    assert client.post("/desk/again", json={}).status_code == 422
    services.dataset.confirm_entry(entry.id)
    refused = client.post("/desk/again", json=body | {"version": 3})
    assert (refused.status_code, "decided" in refused.json()["detail"]) == (422, True)


def test_an_entry_comes_with_all_its_images_its_earlier_turns_and_whether_it_takes_one_label(
    client: TestClient, make: Make, project: Projects, services: Services
) -> None:
    first = make("One?", conversation_id="talk", turn=0)
    make("Elsewhere?", conversation_id="other", turn=0)
    last = make("Three?", conversation_id="talk", turn=2, system="Be brief.", origin="imported")
    services.dataset.update_dataset_entry(last.id, image_ids=[first.image_id, first.image_id])
    items = client.get("/desk/queue", params={"project_id": project.id, "q": ""}).json()["items"]
    found = {item["question"]: item for item in items}

    three = found["Three?"]
    assert three["image_ids"] == [first.image_id] * 2
    assert [image["url"] for image in three["images"]] == [found["One?"]["images"][0]["url"]] * 2
    assert three["turns"] == [{"question": "One?", "answer": first.answer}]
    assert (three["system"], three["origin"], three["one_label"]) == ("Be brief.", "imported", False)
    assert [other["question"] for other in three["others"]] == ["Elsewhere?"]
    assert found["One?"]["turns"] == []


def test_a_question_with_one_label_says_so(
    client: TestClient, make: Make, project: Projects, services: Services
) -> None:
    question = services.questions.add_manual_question(
        make("Other?").image_id, "Mood?", answer_type="label", options=["calm", "warm"], one_label=True
    )
    services.dataset.create_from_question(question.id, '["calm"]', answer_type="label")
    items = client.get("/desk/queue", params={"project_id": project.id, "q": ""}).json()["items"]
    assert [item["one_label"] for item in items] == [False, True]


def test_an_entry_of_a_person_is_answered_by_the_chosen_model(
    client: TestClient, project: Projects, services: Services
) -> None:
    services.profiles.save_profile("Measuring", {"model": "offline/measure"})
    image = services.intake.add_images(project.id, [("red.png", png("red"))])[0].image
    assert image is not None
    entry = services.dataset.create_dataset_entry(project.id, image.id, "What is the main color?", "green", "")
    body = {"entry_id": entry.id, "version": 1, "act_id": "act-again-1"}

    refused = client.post("/desk/again", json=body)
    offered = client.get("/desk/models").json()["models"]
    made = client.post("/desk/again", json=body | {"model": "Measuring"}).json()["entry"]

    assert (refused.status_code, refused.json()["field"]) == (422, "model")
    assert offered == ["Measuring", "offline/measure", "offline/see"]
    assert (made["model"], made["version"]) == ("offline/measure", 2)
    assert made["answer"] != "green"
    unknown = client.post("/desk/again", json=body | {"version": 2, "model": "no-such-model-at-all"})
    assert unknown.status_code in (422, 502)


def test_what_analyzers_found_is_returned_for_the_images_of_the_project(
    client: TestClient, make: Make, project: Projects, services: Services
) -> None:
    image_id = make("One?").image_id
    counted = client.get("/desk/count", params={"project_id": project.id, "q": ""}).json()
    assert counted["has_layers"] is False
    line = {"text": "EXIT", "score": 0.99, "box_xyxy": [1, 2, 30, 10]}
    with services.db.transaction() as session:
        store.write(session, project.id, "text", "1", {image_id: Analysis({"lines": [line]})})

    assert client.get("/desk/count", params={"project_id": project.id, "q": ""}).json()["has_layers"] is True
    found = client.get("/desk/found", params={"project_id": project.id, "image_ids": f"{image_id},nowhere"}).json()
    assert found == {"found": {image_id: {"text": [{"label": "EXIT", "xyxy": [1, 2, 30, 10]}]}}}
    other = services.projects.create_project("Other").id
    assert client.get("/desk/found", params={"project_id": other, "image_ids": image_id}).json() == {"found": {}}
    many = ",".join(str(number) for number in range(201))
    assert client.get("/desk/found", params={"project_id": project.id, "image_ids": many}).status_code == 422


def test_what_tools_contradict_comes_first_with_what_speaks_against_it(
    client: TestClient, make: Make, project: Projects, services: Services
) -> None:
    entries = [make(f"{number}?") for number in range(5)]
    says = {"tool": "absent", "says": "1 × dog found: 0.83.", "parts": [{"label": "dog", "xyxy": [1, 2, 30, 40]}]}
    with services.db.transaction() as session:
        run = begin_run(session, project.id, "tools", "", {})
        counted = {"supports": 1, "contradicts": 2, "unsure": 0}
        end_run(session, run.id, counted | {"entries": 5, "tested": 3, "tools": [], "reasons": []})
    found = [Finding(entries[2].id, "contradicts", 0.1, says), Finding(entries[4].id, "contradicts", 0.2, says),
             Finding(entries[0].id, "supports", 0.9)]  # fmt: skip
    add_findings(services.db, run.id, found)

    expected = [entries[number].id for number in (2, 4, 0, 1, 3)]
    for limit in (1, 2, 3, 100):
        items, after = [], ""
        while after is not None:
            params = {"project_id": project.id, "q": "", "limit": limit, "after": after}
            answer = client.get("/desk/queue", params=params).json()
            items, after = items + answer["items"], answer["next"]
        assert [item["id"] for item in items] == expected
    assert [item["against"] for item in items] == [says, says, None, None, None]
    of_bin = {"project_id": project.id, "q": "tools:contradicts"}
    assert [item["id"] for item in client.get("/desk/queue", params=of_bin).json()["items"]] == expected[:2]


def test_an_undo_by_its_id_returns_the_entry_that_the_desk_names(
    client: TestClient, make: Make, project: Projects
) -> None:
    first, second = make("One?"), make("Two?")
    for number, entry in enumerate((first, second)):
        client.post("/desk/decide", json={"acts": [act(entry, "confirm", f"act-{number:05}")]})
    undo = {"decision": "undo", "project_id": project.id}
    (result,) = client.post(
        "/desk/decide", json={"acts": [undo | {"act_id": "undo-0001", "batch_id": "act-00000"}]}
    ).json()["results"]
    assert (result["ok"], result["undone"], result["entry"]["id"]) == (True, 1, first.id)
    again = undo | {"act_id": "undo-0002", "batch_id": "act-00000", "entry_id": second.id}
    (result,) = client.post("/desk/decide", json={"acts": [again]}).json()["results"]
    assert (result["ok"], result["undone"]) == (True, 0)


def test_what_is_refused_for_a_whole_act_names_its_field(client: TestClient, make: Make) -> None:
    broken = act(make("One?"), "confirm", "act-00001", changes="all")
    (result,) = client.post("/desk/decide", json={"acts": [broken]}).json()["results"]
    assert (result["ok"], result["code"], result["field"]) == (False, "invalid", "changes")


@pytest.mark.parametrize(("ids", "status"), [(["a"] * 200, 200), (["a"] * 201, 422), ("a", 422), (None, 422)])
def test_the_leases_of_at_most_200_entries_are_renewed_at_once(
    client: TestClient, project: Projects, ids: object, status: int
) -> None:
    answer = client.post("/desk/keep", json={"project_id": project.id, "entry_ids": ids})
    assert answer.status_code == status
    assert answer.json().get("field") == (None if status == 200 else "entry_ids")

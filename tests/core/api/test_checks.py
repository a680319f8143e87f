"""Checks over REST: a task, its numbers, and its findings as terms of the search line."""

import pytest
from starlette.testclient import TestClient

from core import ImageDatasetService, Projects
from core.db import CheckRuns, utc_now
from core.services import Services
from tests.core.checks.arena.planted import plant_arena
from tests.core.dataset.conftest import add_image
from tests.pictures import png


def test_a_check_runs_as_a_task_and_its_numbers_are_read(
    client: TestClient, services: Services, project: Projects
) -> None:
    dataset = ImageDatasetService(services.db)
    for number in range(24):
        image = add_image(services.db, project.id, f"{number}.jpg")
        dataset.create_dataset_entry(project.id, image.id, "Is there a dog?", "yes" if number % 6 else "no")
    url = f"/api/projects/{project.id}/checks"
    assert client.get(url).json() == []
    missing = client.get(f"{url}/guessable")
    assert (missing.status_code, missing.json()["detail"]) == (
        404, "The check guessable was not run in this project yet. Run it first.",
    )  # fmt: skip
    started = client.post(url, json={"check": "guessable"})
    assert (started.status_code, started.json()["task_type"]) == (202, "dataset-check")
    client.get(f"{started.json()['url']}/events")
    found = client.get(f"{url}/guessable").json()
    assert (found["result"]["guessed"], found["result"]["entries"], found["query"]) == (20, 24, "")
    assert [one["check"] for one in client.get(url).json()] == ["guessable"]
    measured = client.get(f"/api/projects/{project.id}/guessability").json()
    assert (measured["share"], measured["by_kind"], len(measured["entries"])) == (20 / 24, {"": 20 / 24}, 24)
    few = client.get(f"/api/projects/{project.id}/guessability", params={"q": "guessable:no"})
    assert (few.status_code, few.json()["detail"]) == (
        422, "At least 20 entries are needed to tell how many answers can be guessed; there are 4.",
    )  # fmt: skip
    report = client.get(f"/api/projects/{project.id}/report")
    assert "83 of 100 answers can be guessed from the question" in report.text
    assert (report.headers["content-type"], "sandbox" in report.headers["content-security-policy"]) == (
        "text/html; charset=utf-8", True,
    )  # fmt: skip
    entries = client.get(f"/api/projects/{project.id}/image-datasets", params={"q": "guessable:no"}).json()
    assert {entry["answer"] for entry in entries["items"]} == {"no"}


def test_unknown_checks_options_and_projects_are_refused(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/checks"
    unknown = client.post(url, json={"check": "luck"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "check")
    wrong = client.post(url, json={"check": "balance", "options": {"target": 3}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "target")
    assert client.get(f"{url}/luck").status_code == 404
    assert client.get(f"/api/projects/{'x' * 21}/checks").status_code == 404
    assert client.post(f"/api/projects/{'x' * 21}/checks", json={"check": "guessable"}).status_code == 404


@pytest.mark.parametrize("name", ["self", "project_id", "check", "query", "models"])
def test_an_estimate_refuses_options_that_are_named_like_other_fields(
    client: TestClient, project: Projects, name: str
) -> None:
    body = {"check": "judge", "models": [{"model": "offline/measure"}], "options": {name: "x"}}
    refused = client.post(f"/api/projects/{project.id}/checks/estimate", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, name)


def test_a_check_that_asks_a_model_says_its_cost_first_and_keeps_its_key_to_itself(
    client: TestClient, services: Services, project: Projects
) -> None:
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    services.dataset.create_dataset_entry(project.id, added.image.id, "How wide is the image in pixels?", "64")
    url = f"/api/projects/{project.id}/checks"
    body = {"check": "second-opinion", "models": [{"model": "offline/measure", "api_key": "secret-key"}]}
    estimate = client.post(f"{url}/estimate", json=body).json()
    assert (estimate["entries"], estimate["calls"], estimate["cost_high"]) == (1, 2, 0)
    started = client.post(url, json={**body, "options": {"sample": "all"}, "cost_cap": 1.0})
    assert (started.status_code, started.json()["task_type"]) == (202, "asked-check")
    client.get(f"{started.json()['url']}/events")
    found = client.get(f"{url}/second-opinion")
    assert found.json()["result"]["asked"]["drawn"] == 1
    assert "secret-key" not in found.text
    missing = client.post(url, json={"check": "second-opinion"})
    assert (missing.status_code, missing.json()["field"]) == (422, "models")


def test_models_of_the_arena_are_listed_and_compared(client: TestClient, services: Services, project: Projects) -> None:
    ids = [
        services.dataset.create_dataset_entry(
            project.id, add_image(services.db, project.id, f"{number}.jpg").id, "Is there a dog?", "yes"
        ).id
        for number in range(24)
    ]
    url = f"/api/projects/{project.id}/arena"
    assert client.get(url).json() == []
    unknown = client.get(f"{url}/comparison", params={"a": "offline/see", "b": "openai/mine"})
    assert (unknown.status_code, "There are: none yet." in unknown.json()["detail"]) == (404, True)
    plant_arena(services.db, project.id, "openai/mine", dict.fromkeys(ids, 1.0))
    plant_arena(services.db, project.id, "offline/see", dict.fromkeys(ids[:9], 1.0) | dict.fromkeys(ids[9:], 0.0))
    assert [(one["model"], one["result"]["right"]) for one in client.get(url).json()] == [
        ("openai/mine", 24), ("offline/see", 9),
    ]  # fmt: skip
    found = client.get(f"{url}/comparison", params={"a": "offline/see", "b": "openai/mine"}).json()
    assert (found["only_a_right"], found["only_b_right"], found["not_confirmed"]) == (0, 15, 24)
    assert found["p"] < 0.01
    assert found["groups"]["answer_type"][0]["value"] == "text"


HELD_OUT = {
    "set": "test", "compared": {"images": 5, "questions": 9}, "images": 3, "entries": 2, "both": 0, "image": 2,
    "question": 0,
}  # fmt: skip


def test_the_comparison_with_a_held_out_set_is_read_like_a_check(
    client: TestClient, services: Services, project: Projects
) -> None:
    path = f"/api/projects/{project.id}/checks/heldout"
    assert client.get(path).status_code == 404
    with services.db.transaction() as session:
        session.add(CheckRuns(project_id=project.id, check_name="heldout", result=HELD_OUT, ended_at=utc_now()))
    assert client.get(path).json()["result"] == HELD_OUT
    assert [one["check"] for one in client.get(f"/api/projects/{project.id}/checks").json()] == ["heldout"]

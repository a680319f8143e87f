"""What stood in a deleted project is answered by no id, on any route; it comes back with the project."""

import re

import pytest
from starlette.testclient import TestClient

from core import ownership
from core.api.media import export_url, image_url
from core.api.rest import build_api
from core.db import Exports, GeneratedImages, Tasks, utc_now
from core.services import Services
from tests.pictures import png

WITH_AN_ID = [
    (method.upper(), path)
    for path, methods in build_api(lambda: None).openapi()["paths"].items()
    for method in methods
    if "{" in path
]


@pytest.fixture
def ids(services: Services) -> dict[str, str]:
    """Return ids of one of everything in a project."""
    project_id = services.projects.create_project("Gone").id
    (outcome,) = services.intake.add_images(project_id, [("red.png", png("red"))])
    assert outcome.image is not None
    image = outcome.image
    entry = services.dataset.create_dataset_entry(project_id, image.id, "Color?", "Red.")
    style = services.style.create_style_dataset(project_id, "Warm")
    services.style.add_images(style.id, [image.id])
    template = services.questions.templates.add_template(project_id, "Which room?")
    task = Tasks(project_id=project_id, task_type="image-question-generation", status="completed", ended_at=utc_now())
    (services.db.data_dir / "exports").mkdir()
    (services.db.data_dir / "exports" / "one.zip").write_bytes(b"PK")
    export = Exports(project_id=project_id, format="default", path="exports/one.zip")
    made = GeneratedImages(project_id=project_id, prompt="A lamp.", image_id=image.id, dataset_id=style.id)
    with services.db.transaction() as session:
        session.add_all([task, export, made])
    return {
        "project_id": project_id, "image_id": image.id, "entry_id": entry.id, "task_id": task.id,
        "dataset_id": style.id, "generated_id": made.id, "export_id": export.id, "sha256": image.sha256,
        "template_id": template.id,
    }  # fmt: skip


def test_every_id_in_an_address_is_looked_after() -> None:
    holes = {hole for _, path in WITH_AN_ID for hole in re.findall(r"{(\w+)}", path)}
    assert holes == ownership.OWNED.keys() | {"project_id"}


@pytest.mark.parametrize("route", WITH_AN_ID, ids=" ".join)
def test_nothing_of_a_deleted_project_is_answered(
    client: TestClient, services: Services, ids: dict[str, str], route: tuple[str, str]
) -> None:
    method, path = route
    address = path.format(**ids)
    if method == "GET":
        assert client.get(address).status_code == 200
    services.projects.delete_project(ids["project_id"])
    bodies = {"POST": BODIES.get(path, {}), "PUT": BODIES.get(path, {})}
    files = [("files", ("blue.png", png("blue")))] if path.endswith("/images") and "datasets" not in path else None
    answer = client.request(method, address, json=None if files else bodies.get(method), files=files)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    services.projects.restore_project(ids["project_id"])
    if method == "GET":
        assert client.get(address).status_code == 200


# What each route reads before it looks at ids.
BODIES = {
    "/api/projects/{project_id}/image-datasets": {"image_id": "x", "question": "Color?", "answer": "Red."},
    "/api/image-datasets/{entry_id}/rate": {"score": 4},
    "/api/projects/{project_id}/question-templates": {"question": "Which room?"},
}


def test_neither_its_files_nor_the_desk_answer(client: TestClient, services: Services, ids: dict[str, str]) -> None:
    addresses = [
        *(image_url(ids["image_id"], ids["sha256"], size) for size in ("thumb", "view", "original")),
        export_url(ids["export_id"]),
        f"/desk/queue?project_id={ids['project_id']}",
        f"/desk/count?project_id={ids['project_id']}",
        f"/desk/history?entry_id={ids['entry_id']}",
    ]
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    services.projects.delete_project(ids["project_id"])
    assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
    act = {"entry_id": ids["entry_id"], "version": 1, "decision": "confirm", "act_id": "decision-1"}
    undo = {"project_id": ids["project_id"], "decision": "undo", "act_id": "undo-00001"}
    results = client.post("/desk/decide", json={"acts": [act, undo]}).json()["results"]
    assert [result["code"] for result in results] == ["not_found", "not_found"]


def test_no_list_shows_it_and_no_body_may_name_it(client: TestClient, services: Services, ids: dict[str, str]) -> None:
    lists = ("/ai/datasets", "/ai/generated-images", "/api/projects")
    assert [client.get(path).json()["total"] for path in lists] == [1, 1, 1]
    services.projects.delete_project(ids["project_id"])
    assert [client.get(path).json()["total"] for path in lists] == [0, 0, 0]
    for path in lists[:2]:
        assert client.get(path, params={"project_id": ids["project_id"]}).status_code == 404
    files = [("files", ("blue.png", png("blue")))]
    named = [
        client.post("/ai/datasets", json={"name": "Cold", "project_id": ids["project_id"]}),
        client.post("/ai/generate", json={"prompt": "A lamp.", "dataset_id": ids["dataset_id"]}),
        client.post("/ai/generate", json={"prompt": "A lamp.", "project_id": ids["project_id"]}),
        client.post("/ai/dataset/analyze", data={"dataset_id": ids["dataset_id"]}, files=files),
    ]
    assert [answer.status_code for answer in named] == [404] * 4


def test_a_discarded_result_is_not_answered(client: TestClient, services: Services, ids: dict[str, str]) -> None:
    services.style.results.discard(ids["generated_id"])
    assert client.get(f"/ai/generated-images/{ids['generated_id']}").status_code == 404

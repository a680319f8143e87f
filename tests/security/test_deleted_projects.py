"""Soft-deleted projects: no route returns their rows by id, and restoring a project makes them available again."""

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import ownership
from core.api import build_routes
from core.api.media_urls import export_url, image_url
from core.db import CheckRuns, Exports, GeneratedImages, ImageVectors, Tasks, utc_now
from core.runtime import runtime
from core.services import Services
from tests import described
from tests.pictures import png

OF_THE_SERVER = ("/api/accounts/", "/api/invitations/", "/api/tokens/", "/api/profiles/")
ROUTES_WITH_ID = [
    (method.upper(), path)
    for path, methods in described.paths().items()
    for method in methods
    if "{" in path and not path.startswith(OF_THE_SERVER)
]

GUESSABLE = {
    "entries": 1, "guessed": 0, "share": 0.0, "majority": {"answer": "Red.", "entries": 1, "share": 1.0},
    "interval": [0.0, 1.0], "long_answers": 0, "groups": {"kind": [], "language": [], "model": []}, "patterns": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Starlette:
    """Return the routes for all tests of this file: FastAPI prepares them at the first request, which takes 0.3 s."""
    return Starlette(routes=build_routes(lambda: runtime.services))


@pytest.fixture
def client(server: Starlette) -> Iterator[TestClient]:
    with TestClient(server, base_url="http://localhost:8501", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def ids(services: Services) -> dict[str, str]:
    """Return the ids of one row of each kind in a project."""
    project_id = services.projects.create_project("Deleted").id
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
    generated = GeneratedImages(project_id=project_id, prompt="A lamp.", image_id=image.id, dataset_id=style.id)
    vector = ImageVectors(project_id=project_id, image_id=image.id, kind="toy", vector=b"\0\x3c")
    run = CheckRuns(project_id=project_id, check_name="guessable", result=GUESSABLE, ended_at=utc_now())
    webhook = services.webhooks.make_webhook(project_id, "https://hooks.example/vitrine")
    with services.db.transaction() as session:
        session.add_all([task, export, generated, vector, run])
    return {
        "project_id": project_id, "image_id": image.id, "entry_id": entry.id, "task_id": task.id,
        "dataset_id": style.id, "generated_id": generated.id, "export_id": export.id, "sha256": image.sha256,
        "template_id": template.id, "webhook_id": webhook.row.id, "account_id": "x" * 21,
        "check": "guessable", "view": "Doubtful",
    }  # fmt: skip


def test_every_id_in_a_route_has_an_ownership_check() -> None:
    parameters = {name for _, path in ROUTES_WITH_ID for name in re.findall(r"{(\w+)}", path)}
    assert parameters == ownership.OWNED.keys() | {"project_id", "check", "account_id", "view"}


@pytest.mark.parametrize("route", ROUTES_WITH_ID, ids=" ".join)
def test_every_route_is_a_404_for_ids_of_a_deleted_project(
    client: TestClient, services: Services, ids: dict[str, str], route: tuple[str, str]
) -> None:
    method, path = route
    url = path.format(**ids) + QUERIES.get(path, "")
    is_there = method == "GET" and path not in NOTHING_THERE
    if is_there:
        assert client.get(url).status_code == 200
    services.projects.delete_project(ids["project_id"])
    bodies = {"POST": BODIES.get(path, {}), "PUT": BODIES.get(path, {})}
    name = FILES.get(path)
    files = [(name, ("blue.png", png("blue")))] if name and method == "POST" else None
    answer = client.request(method, url, json=None if files else bodies.get(method), files=files)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    services.projects.restore_project(ids["project_id"])
    if is_there:
        assert client.get(url).status_code == 200


# Bodies that pass validation, which comes before the ownership check.
BODIES = {
    "/api/projects/{project_id}/image-datasets": {"image_id": "x", "question": "Color?", "answer": "Red."},
    "/api/image-datasets/{entry_id}/rate": {"score": 4},
    "/api/projects/{project_id}/question-templates": {"question": "Which room?"},
    "/api/projects/{project_id}/analyses": {"analyzers": ["text"]},
    "/api/projects/{project_id}/checks": {"check": "guessable"},
    "/api/projects/{project_id}/checks/estimate": {"check": "second-opinion", "models": [{"model": "offline/measure"}]},
    "/api/image-datasets/{entry_id}/twin": {"image_id": "x" * 21, "answer": "no"},
    "/api/projects/{project_id}/known-answers": {"percent": 3},
    "/api/image-datasets/{entry_id}/messages/answer": {"text": "It is red."},
    "/api/projects/{project_id}/guidelines": {"text": "Count cups."},
    "/api/projects/{project_id}/guidelines/restore": {"version": 1},
    "/api/projects/{project_id}/webhooks": {"url": "https://hooks.example/other"},
    "/api/projects/{project_id}/webhooks/{webhook_id}/resend": {"delivery_id": "x" * 21},
    "/api/projects/{project_id}/quota": {"max_images": 5, "max_image_bytes": None},
    "/api/projects/{project_id}/overlaps": {"path": "held-out"},
    "/api/projects/{project_id}/members": {"name": "Ana", "role": "viewer"},
    "/api/projects/{project_id}/members/{account_id}": {"role": "viewer"},
    "/api/projects/{project_id}/splits": {"image_ids": ["x" * 21], "split": "test"},
    "/api/projects/{project_id}/splits/undo": {"batch_id": "x" * 21},
    "/api/projects/{project_id}/tags": {"image_ids": ["x" * 21], "accept": ["red"]},
    "/api/projects/{project_id}/tags/undo": {"batch_id": "x" * 21},
    "/api/projects/{project_id}/question-templates/{template_id}": {"question": "Which room?"},
    "/api/projects/{project_id}/image-datasets/bulk": {"action": "confirm", "q": ""},
    "/api/projects/{project_id}/image-datasets/answers": {"items": [{"question_id": "x" * 21, "answer": "no"}]},
    "/api/image-datasets/{entry_id}/decide": {"decision": "confirm", "version": 1},
    "/api/projects/{project_id}/review-queue/keep": {"entry_ids": ["x" * 21]},
    "/api/projects/{project_id}/review-plan": {"assignment": "all"},
    "/api/projects/{project_id}/views/{view}": {"query": "score:<3"},
    "/api/projects/{project_id}/images/delete": {"image_ids": ["x" * 21]},
    "/api/projects/{project_id}/images/restore": {"image_ids": ["x" * 21]},
    "/api/projects/{project_id}/duplicates/merge": {"image_ids": ["x" * 21, "y" * 21]},
    "/api/projects/{project_id}/duplicates/separate": {"image_ids": ["x" * 21, "y" * 21]},
    "/api/projects/{project_id}/duplicates/undo": {"image_ids": ["x" * 21, "y" * 21]},
    "/api/projects/{project_id}/imports/preview": {"path": "new"},
    "/api/projects/{project_id}/generated-images": {"prompts": ["A lamp."]},
    "/api/images/{image_id}/questions": {"question": "Which room?"},
    "/api/tasks/{task_id}/cost-cap": {"cost_cap": 1.0},
    "/ai/datasets/{dataset_id}/images/remove": {"row_ids": ["x" * 21]},
    "/ai/datasets/{dataset_id}/analysis": {"row_id": "x" * 21, "edits": {}},
    "/ai/datasets/{dataset_id}/analyses": {"llm_config": {"model": "offline/measure"}},
    "/ai/datasets/{dataset_id}/versions": {"version": 1},
    "/ai/generated-images/{generated_id}/rate": {"rating": 1},
    "/ai/generated-images/{generated_id}/use-as-reference": {"dataset_id": "x" * 21},
    "/ai/generated-images/{generated_id}/judge": {"llm_config": {"model": "offline/measure"}},
    "/ai/generated-images/{generated_id}/verify": {
        "question": "What?",
        "expected": "A lamp.",
        "llm_config": {"model": "offline/measure"},
    },
    "/api/projects/{project_id}/bin/restore": {"kind": "image", "id": "x" * 21},
    "/api/projects/{project_id}/bin/delete": {"kind": "image", "id": "x" * 21},
}
FILES = {
    "/api/projects/{project_id}/images": "files",
    "/api/projects/{project_id}/images/similar": "file",
    "/api/projects/{project_id}/overlaps/files": "files",
    "/api/projects/{project_id}/guidelines/images": "file",
}
# No 200 for an existing project either: no map was laid out, the task compares nothing, the image has no vector,
# there are too few entries, and no model was asked.
NOTHING_THERE = (
    "/api/projects/{project_id}/map/points", "/api/tasks/{task_id}/overlaps",
    "/api/image-datasets/{entry_id}/twin-candidates", "/api/projects/{project_id}/guessability",
    "/api/projects/{project_id}/arena/comparison",
)  # fmt: skip
QUERIES = {
    "/api/projects/{project_id}/values": "?field=tag",
    "/api/projects/{project_id}/images/search": "?q=red",
    "/api/projects/{project_id}/arena/comparison": "?a=offline/see&b=offline/measure",
}


def test_files_and_desk_routes_are_a_404_for_a_deleted_project(
    client: TestClient, services: Services, ids: dict[str, str]
) -> None:
    urls = [
        *(image_url(ids["image_id"], ids["sha256"], size) for size in ("thumb", "view", "original")),
        export_url(ids["export_id"]),
        f"/desk/queue?project_id={ids['project_id']}",
        f"/desk/count?project_id={ids['project_id']}",
        f"/desk/ending?project_id={ids['project_id']}",
        f"/desk/history?entry_id={ids['entry_id']}",
    ]
    assert [client.get(url).status_code for url in urls] == [200] * len(urls)
    services.projects.delete_project(ids["project_id"])
    assert [client.get(url).status_code for url in urls] == [404] * len(urls)
    act = {"entry_id": ids["entry_id"], "version": 1, "decision": "confirm", "act_id": "decision-1"}
    undo = {"project_id": ids["project_id"], "decision": "undo", "act_id": "undo-00001"}
    results = client.post("/desk/decide", json={"acts": [act, undo]}).json()["results"]
    assert [result["code"] for result in results] == ["not_found", "not_found"]


def test_lists_omit_a_deleted_project_and_bodies_cannot_refer_to_it(
    client: TestClient, services: Services, ids: dict[str, str]
) -> None:
    lists = ("/ai/datasets", "/ai/generated-images", "/api/projects")
    assert [client.get(path).json()["total"] for path in lists] == [1, 1, 1]
    services.projects.delete_project(ids["project_id"])
    assert [client.get(path).json()["total"] for path in lists] == [0, 0, 0]
    for path in lists[:2]:
        assert client.get(path, params={"project_id": ids["project_id"]}).status_code == 404
    files = [("files", ("blue.png", png("blue")))]
    answers = [
        client.post("/ai/datasets", json={"name": "Cold", "project_id": ids["project_id"]}),
        client.post("/ai/generate", json={"prompt": "A lamp.", "dataset_id": ids["dataset_id"]}),
        client.post("/ai/generate", json={"prompt": "A lamp.", "project_id": ids["project_id"]}),
        client.post("/ai/dataset/analyze", data={"dataset_id": ids["dataset_id"]}, files=files),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4


def test_a_discarded_generated_image_is_a_404(client: TestClient, services: Services, ids: dict[str, str]) -> None:
    services.style.results.discard(ids["generated_id"])
    assert client.get(f"/ai/generated-images/{ids['generated_id']}").status_code == 404

"""Keyset pagination: each row is listed once, also if rows are added or deleted between two pages."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from core import Images, Projects
from core.db import Exports, GeneratedImages, Questions, StyleDatasets, Tasks, utc_now
from core.services import Services
from tests.pictures import png


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    return outcome.image


def _row(kind: str, image: Images, number: int) -> Any:
    own: dict[str, Any] = {"project_id": image.project_id}
    if kind == "questions":
        return Questions(**own, image_id=image.id, question=f"{number}?", question_key=f"{number}")
    if kind == "exports":
        return Exports(**own, format="default")
    if kind == "tasks":
        return Tasks(**own, task_type="dataset-export")
    return GeneratedImages(**own, prompt=f"{number}") if kind == "generated" else StyleDatasets(**own, name="Warm")


LISTS = {
    "questions": "/api/projects/{id}/image-questions",
    "tasks": "/api/projects/{id}/tasks",
    "exports": "/api/projects/{id}/exports",
    "generated": "/ai/generated-images?project_id={id}",
    "styles": "/ai/datasets?project_id={id}",
}


@pytest.mark.parametrize("kind", LISTS)
def test_rows_created_at_the_same_time_are_listed_once_each(
    client: TestClient, services: Services, image: Images, kind: str
) -> None:
    at = utc_now()
    rows = [_row(kind, image, number) for number in range(7)]
    for row in rows:
        setattr(row, "create_at" if hasattr(row, "create_at") else "created_at", at)
    with services.db.transaction() as session:
        session.add_all(rows)
    address = LISTS[kind].format(id=image.project_id)
    found: list[str] = []
    cursor = None
    while True:
        page = client.get(address, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        found += [item["id"] for item in page["items"]]
        assert page["total"] == 7
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == sorted((row.id for row in rows), reverse=kind != "questions")
    refused = client.get(address, params={"cursor": "nowhere"})
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")


def test_a_cursor_stays_valid_when_its_row_is_soft_deleted(
    client: TestClient, services: Services, image: Images
) -> None:
    rows = [_row("questions", image, number) for number in range(4)]
    with services.db.transaction() as session:
        session.add_all(rows)
    address = LISTS["questions"].format(id=image.project_id)
    first = client.get(address, params={"limit": 2}).json()
    with services.db.transaction() as session:
        session.get_one(Questions, first["next_cursor"]).deleted_at = utc_now()
    rest = client.get(address, params={"cursor": first["next_cursor"]}).json()
    seen = [item["id"] for item in first["items"] + rest["items"]]
    assert sorted(seen) == sorted(row.id for row in rows)


def test_generated_images_can_be_paged_by_offset(client: TestClient, services: Services, image: Images) -> None:
    rows = [_row("generated", image, number) for number in range(3)]
    with services.db.transaction() as session:
        session.add_all(rows)
    every = client.get("/ai/generated-images").json()["items"]
    part = client.get("/ai/generated-images", params={"offset": 1, "limit": 1}).json()
    assert ([item["id"] for item in part["items"]], part["total"]) == ([every[1]["id"]], 3)

"""A read token reads: no GET route changes the database."""

import sqlite3
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from core.services import Services
from tests import described
from tests.pictures import png


def _rows(services: Services) -> dict[str, list[object]]:
    """Return the rows of every table; the time at which a token was last used may change."""
    with closing(sqlite3.connect(services.db.data_dir / "vitrine.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        tables = {name for (name,) in names} - {"api_tokens"}
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            for name in sorted(tables)
            if not name.startswith("entry_text")
        }


@pytest.mark.parametrize("assignment", ["all", "shared", "divided"])
def test_no_get_route_changes_the_database(client: TestClient, services: Services, assignment: str) -> None:
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    files = [("files", ("red.png", png("red")))]
    image = client.post(f"/api/projects/{project_id}/images", files=files).json()["results"][0]["image"]
    entry = {"image_id": image["id"], "question": "Color?", "answer": "Red."}
    entry = client.post(f"/api/projects/{project_id}/image-datasets", json=entry).json()
    services.collaboration.set_review_plan(project_id, assignment, people=["eye"])
    eye = {"Authorization": f"Bearer {services.tokens.make_token('eye', 'read').secret}"}
    ids = {"{project_id}": project_id, "{image_id}": image["id"], "{entry_id}": entry["id"]}
    paths = [path for path, methods in described.paths().items() if "get" in methods]
    for name, id_ in ids.items():
        paths = [path.replace(name, id_) for path in paths]
    paths += [f"/desk/{name}" for name in ("queue", "count", "history", "values")]
    client.get(f"/img/{image['id']}/view")  # a rendition is made at its first use

    before = _rows(services)
    for path in paths:
        if "{" not in path:
            params = {"project_id": project_id, "entry_id": entry["id"]} if path.startswith("/desk/") else {}
            assert client.get(path, params=params, headers=eye).status_code < 500, path
    queue = client.get("/desk/queue", params={"project_id": project_id}, headers=eye).json()
    assert [item["id"] for item in queue["items"]] == [entry["id"]]
    assert _rows(services) == before

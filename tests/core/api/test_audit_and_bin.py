"""The audit and the bin over HTTP, and whom the audit names for what comes over HTTP."""

import pytest
from starlette.testclient import TestClient

from core.db import Exports, Projects
from core.services import Services
from tests.pictures import png


def test_the_audit_names_the_way_the_address_and_the_request(
    client: TestClient, services: Services, project: Projects
) -> None:
    answer = client.put(f"/api/projects/{project.id}", json={"name": "New"}, headers={"X-Request-Id": "request-1"})
    assert answer.status_code == 200
    (act,) = client.get(f"/api/projects/{project.id}/audit?act=project.change").json()["items"]
    assert (act["way"], act["request_id"], act["label"]) == ("rest", "request-1", "New")
    assert act["address"] == "testclient"
    assert client.get("/api/audit?since=2999-01-01T00:00:00").json()["total"] == 0
    assert client.get("/api/audit?cursor=x").json()["field"] == "cursor"


def test_a_decision_at_the_desk_comes_from_the_page(client: TestClient, services: Services, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    entry = services.dataset.create_dataset_entry(project.id, outcome.image.id, "Color?", "Red.")
    act = {"entry_id": entry.id, "version": 1, "decision": "confirm", "act_id": "decision-1"}
    assert client.post("/desk/decide", json={"acts": [act]}).json()["results"][0]["ok"]
    (newest, *_) = client.get("/api/audit").json()["items"]
    assert (newest["act"], newest["way"], newest["address"]) == ("entry.confirm", "page", "testclient")


def test_the_csv_is_a_download_with_every_act(client: TestClient, services: Services, project: Projects) -> None:
    answer = client.get("/api/audit.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert [line.split(",")[7] for line in answer.text.splitlines()] == ["act", "project.create"]


@pytest.mark.postgresql
def test_what_the_database_refuses_is_no_half_of_a_csv(client: TestClient, project: Projects) -> None:
    answer = client.get(f"/api/projects/{project.id}/audit.csv", params={"who": "a\0b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_an_export_that_is_downloaded_is_recorded_once(
    client: TestClient, services: Services, project: Projects
) -> None:
    (services.db.data_dir / "exports").mkdir()
    (services.db.data_dir / "exports" / "one.zip").write_bytes(b"PK and more")
    export = Exports(project_id=project.id, format="default", path="exports/one.zip")
    with services.db.transaction() as session:
        session.add(export)
    for headers in ({}, {"Range": "bytes=5-"}):
        assert client.get(f"/exports/{export.id}", headers=headers).status_code in (200, 206)
    (act,) = client.get("/api/audit?kind=export").json()["items"]
    assert (act["act"], act["project_id"]) == ("export.download", project.id)
    assert act["label"].startswith("Shelf-default-")  # the name of the file that the browser saves


def test_a_project_is_restored_from_the_bin_and_an_image_deleted_for_good(
    client: TestClient, services: Services, project: Projects
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    client.delete(f"/api/projects/{project.id}")
    (item,) = client.get("/api/bin").json()["items"]
    assert (item["kind"], item["label"], item["id"]) == ("project", project.name, project.id)
    body = {"kind": "project", "id": project.id}
    assert client.post("/api/bin/restore", json=body).json()["note"] == ""
    assert client.post("/api/bin/restore", json=body).status_code == 404
    client.delete(f"/api/images/{outcome.image.id}")
    bin_of_project = f"/api/projects/{project.id}/bin"
    (item,) = client.get(bin_of_project).json()["items"]
    body = {"kind": item["kind"], "id": item["id"]}
    assert client.post(f"{bin_of_project}/delete", json=body).status_code == 204
    assert client.post(f"{bin_of_project}/restore", json=body).status_code == 404
    assert client.get(bin_of_project).json()["total"] == 0

"""Duplicates, and comparisons with a held-out set, over REST."""

import time

from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_sent_files_are_compared_and_what_is_in_both_is_left_out(
    client: TestClient, services: Services, project: Projects
) -> None:
    same = drawn(1)
    files = [("a.png", encoded(same, "PNG")), ("b.jpg", encoded(same.resize((120, 90)))), ("c.jpg", encoded(drawn(2)))]
    ids = [one.image.id for one in services.intake.add_images(project.id, files) if one.image]
    for image_id in ids:
        services.dataset.create_dataset_entry(project.id, image_id, "What is it?", "Blocks.")

    pairs = client.get(f"/api/projects/{project.id}/duplicates").json()
    assert [(pair["image_id"], pair["other_id"], pair["ways"]) for pair in pairs["items"]] == [
        (ids[1], ids[0], ["hash"])
    ]

    hashes = client.get(f"/api/projects/{project.id}/hashes").text
    assert [line[:10] for line in hashes.splitlines()] == ['{"vitrine_', *['{"image":"'] * 3, '{"question']
    sent = [("files", ("test set.jsonl", "\n".join(hashes.splitlines()[::3]).encode()))]
    started = client.post(f"/api/projects/{project.id}/overlaps/files", files=sent)
    assert started.status_code == 202
    url = started.json()["url"]
    deadline = time.monotonic() + 60
    while client.get(url).json()["ended_at"] is None and time.monotonic() < deadline:
        time.sleep(0.02)

    found = client.get(f"{url}/overlaps").json()
    assert [(one["way"], one["image_id"]) for one in found["items"]] == [("bytes", ids[2])]
    assert client.get(f"{url}/overlaps?format=csv").text.splitlines()[0] == "way,image_id,name,found_in,score"
    done = client.post(f"{url}/overlaps/leave-out", json={}).json()
    assert done["changed"] == 1
    assert services.dataset.list_dataset_entries(project.id, tags="leave-out")[0].image_id == ids[2]


def test_a_path_outside_of_the_allowed_ones_is_refused(client: TestClient, project: Projects) -> None:
    refused = client.post(f"/api/projects/{project.id}/overlaps", json={"path": "/etc"})
    assert refused.status_code == 422
    assert "VITRINE_IMPORT_ROOTS" in refused.json()["detail"]
    assert client.get("/api/tasks/gone/overlaps").status_code == 404

"""Webhooks over HTTP."""

from sqlmodel import select
from starlette.testclient import TestClient

from core.db import KeyedReplies, Projects
from core.services import Services
from core.webhooks import KINDS


def test_a_webhook_is_made_changed_tested_and_deleted(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/webhooks"
    made = client.post(url, json={"url": "https://hooks.example/a"}).json()
    assert made["secret"].startswith("whsec_")
    assert made["events"] == list(KINDS)
    one = f"{url}/{made['id']}"
    changed = client.put(one, json={"events": ["export.ready"]}).json()
    assert (changed["events"], changed["url"], changed["active"]) == (["export.ready"], "https://hooks.example/a", True)
    sent = client.post(f"{one}/ping").json()
    assert client.post(f"{one}/resend", json={"delivery_id": sent["id"]}).status_code == 202
    (message,) = client.get(f"{one}/deliveries").json()
    assert (message["event_type"], message["tries"], message["delivered_at"]) == ("webhook.ping", 0, None)
    listed = client.get(url).json()
    assert [(row["waiting"], row["delivered"], row["secret"]) for row in listed] == [(1, 0, None)]
    assert client.get(one).json() == listed[0]
    renewed = client.post(f"{one}/secret").json()["secret"]
    assert renewed not in (None, made["secret"])
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_the_secret_is_not_kept_for_a_request_that_is_repeated_with_its_key(
    client: TestClient, services: Services, project: Projects
) -> None:
    url, key = f"/api/projects/{project.id}/webhooks", {"Idempotency-Key": "one"}
    made = client.post(url, json={"url": "https://hooks.example/a"}, headers=key).json()
    client.post(f"{url}/{made['id']}/secret", headers=key)
    with services.db.reading() as session:
        assert session.exec(select(KeyedReplies)).all() == []


def test_a_wrong_address_or_event_names_its_field(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/webhooks"
    for body, field in (
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "https://hooks.example/", "events": ["nothing"]}, "events"),
        ({"url": "https://hooks.example/", "events": []}, "events"),
    ):
        answer = client.post(url, json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)

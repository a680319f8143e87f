"""Making, changing and deleting webhooks, and who learns the secret: nobody but the one who makes it."""

import json
import shutil
from pathlib import Path

import pytest

from core import audit
from core.db import Database, Projects, Webhooks
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.services import Services
from core.webhooks import KINDS, WebhookService
from core.webhooks.outbox import Outbox
from core.webhooks.sending import Reply
from core.webhooks.service import MAX_WEBHOOKS, host_of
from tests.core.webhooks.conftest import log_of


def test_the_secret_is_in_no_file_but_can_be_made_from_the_secret_key(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    made = services.webhooks.make_webhook(project.id, "https://hooks.example/")
    services.webhooks.ping(project.id, made.row.id)
    archive = services.mover.export_project(project.id, tmp_path / "archive.zip").path
    shutil.unpack_archive(archive, services.db.data_dir / "unpacked", "zip")
    files = [path for path in services.db.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 2
    for path in files:
        content = path.read_bytes()
        assert made.secret.removeprefix("whsec_").encode() not in content
        if "unpacked" in path.parts:
            assert b"hooks.example" not in content  # webhooks do not travel
    assert made.secret not in repr(made.row)


def test_the_audit_names_the_host_and_neither_path_nor_secret(
    db: Database, webhooks: WebhookService, webhook: Webhooks
) -> None:
    project_id = webhook.project_id
    webhooks.change_webhook(project_id, webhook.id, url="https://hooks.example/b/secret/path", active=False)
    webhooks.change_webhook(project_id, webhook.id, active=True)
    sent = webhooks.ping(project_id, webhook.id)
    webhooks.redeliver(project_id, webhook.id, sent.id)
    secret = webhooks.renew_secret(project_id, webhook.id).secret
    webhooks.delete_webhook(project_id, webhook.id)
    acts = audit.AuditService(db).find(audit.AuditFilter(kind="webhook")).items
    assert [act.act.partition(".")[2] for act in acts] == [
        "delete", "secret", "resend", "ping", "change", "change", "make",
    ]  # fmt: skip
    assert {act.label for act in acts} == {"hooks.example"}
    written = json.dumps([act.details for act in acts])
    assert "secret/path" not in written
    assert secret not in written


def test_a_webhook_is_told_only_what_happens_while_it_is_on(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    def finish() -> None:
        with db.transaction() as session:
            from core.db import Tasks

            task = Tasks(project_id=webhook.project_id, task_type="image-map")
            session.add(task)
            audit.record(session, "task.end", task, status="completed")

    webhooks.change_webhook(webhook.project_id, webhook.id, active=False)
    finish()
    outbox.plan()
    webhooks.change_webhook(webhook.project_id, webhook.id, active=True)
    outbox.plan()
    assert log_of(webhooks, webhook) == []
    webhooks.change_webhook(webhook.project_id, webhook.id, events=["images.added"])
    finish()
    outbox.plan()
    webhooks.change_webhook(webhook.project_id, webhook.id, events=["task.completed"])
    outbox.plan()
    assert log_of(webhooks, webhook) == []
    finish()
    outbox.plan()
    assert [row.event_type for row in log_of(webhooks, webhook)] == ["task.completed"]


def test_deleting_a_webhook_deletes_its_log_and_a_try_in_flight_ends_quietly(
    webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    from core.webhooks.sending import Reply

    sent = webhooks.ping(webhook.project_id, webhook.id)
    webhooks.delete_webhook(webhook.project_id, webhook.id)
    outbox.record(sent.id, Reply(200))
    assert webhooks.list_webhooks(webhook.project_id) == []
    with pytest.raises(NotFoundError):
        webhooks.deliveries(webhook.project_id, webhook.id)


def test_what_was_delivered_stays_delivered_while_it_is_sent_again(
    webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    def counts() -> tuple[int, int, int, int]:
        found = webhooks.counts(webhook.project_id)[webhook.id]
        return found.waiting, found.delivered, found.given_up, found.total

    ping = webhooks.ping(webhook.project_id, webhook.id)
    assert counts() == (1, 0, 0, 1)
    outbox.record(ping.id, Reply(200))
    assert counts() == (0, 1, 0, 1)
    webhooks.redeliver(webhook.project_id, webhook.id, ping.id)
    assert counts() == (1, 1, 0, 1)
    outbox.record(ping.id, Reply(410, error="It answered 410."))
    assert counts() == (0, 1, 0, 1)


def test_tests_without_end_fill_neither_the_queue_nor_the_log(
    webhooks: WebhookService, webhook: Webhooks, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.webhooks.sending import Reply

    monkeypatch.setattr("core.webhooks.service.MAX_WAITING", 3)
    monkeypatch.setattr("core.webhooks.outbox.KEPT_DELIVERIES", 2)
    first = [webhooks.ping(webhook.project_id, webhook.id).id for _ in range(3)]
    with pytest.raises(ConflictError, match="3 messages wait for this webhook already"):
        webhooks.ping(webhook.project_id, webhook.id)
    for id_, reply in zip(first, (Reply(200), Reply(200), Reply(410, error="gone")), strict=True):
        outbox.record(id_, reply)
    assert [row.id for row in log_of(webhooks, webhook)] == first[1:]


def test_what_cannot_be_is_said_in_one_sentence(webhooks: WebhookService, webhook: Webhooks, db: Database) -> None:
    project_id = webhook.project_id
    with pytest.raises(InvalidInputError, match=r"task\.done is no event of webhooks"):
        webhooks.make_webhook(project_id, "https://other.example/", ["task.done"])
    with pytest.raises(InvalidInputError, match="Choose at least one event"):
        webhooks.change_webhook(project_id, webhook.id, events=[])
    with pytest.raises(ConflictError, match="a webhook with this address"):
        webhooks.make_webhook(project_id, webhook.url)
    other = webhooks.make_webhook(project_id, "https://other.example/").row
    with pytest.raises(ConflictError, match="a webhook with this address"):
        webhooks.change_webhook(project_id, other.id, url=webhook.url)
    webhooks.delete_webhook(project_id, other.id)
    with pytest.raises(NotFoundError, match="This project does not exist"):
        webhooks.make_webhook("x" * 21, "https://other.example/")
    with pytest.raises(NotFoundError, match="This webhook does not exist"):
        webhooks.get_webhook("x" * 21, webhook.id)
    webhooks.change_webhook(project_id, webhook.id, active=False)
    with pytest.raises(ConflictError, match="Turn it on first"):
        webhooks.ping(project_id, webhook.id)
    for number in range(MAX_WEBHOOKS - 1):
        webhooks.make_webhook(project_id, f"https://{number}.example/")
    with pytest.raises(ConflictError, match="10 webhooks already"):
        webhooks.make_webhook(project_id, "https://other.example/")
    assert webhooks.list_webhooks(project_id)[0].events == list(KINDS)
    assert host_of("https://a.example:8443/b") == "a.example:8443"


def test_deleting_a_project_for_good_deletes_its_webhooks(services: Services, project: Projects) -> None:
    made = services.webhooks.make_webhook(project.id, "https://hooks.example/").row
    services.webhooks.ping(project.id, made.id)
    services.projects.delete_project(project.id)
    services.bin.delete_for_good("project", project.id, project_id=project.id)
    assert services.webhooks.list_webhooks(project.id) == []

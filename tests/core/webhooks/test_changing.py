"""What changing a webhook means: what it is told from then on, what the audit keeps, and whose messages are whose."""

import pytest

from core import audit
from core.audit import AuditFilter, AuditService
from core.db import Database, Projects, Tasks, Webhooks
from core.errors import ConflictError, NotFoundError
from core.webhooks import WebhookService
from core.webhooks.outbox import Outbox
from tests.core.webhooks.conftest import log_of


def _finish(db: Database, webhook: Webhooks) -> None:
    with db.transaction() as session:
        task = Tasks(project_id=webhook.project_id, task_type="image-map")
        session.add(task)
        audit.record(session, "task.end", task, status="completed")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"active": True}, ["task.completed"]),
        ({"events": ["task.completed"]}, ["task.completed"]),
        ({"events": ["task.completed", "images.added"]}, ["task.completed"]),
        ({"events": ["task.completed", "export.ready"]}, []),
        ({"active": False}, []),
    ],
)
def test_only_turning_it_on_or_choosing_another_kind_makes_it_forget_what_was_not_told_yet(
    db: Database, webhooks: WebhookService, project: Projects, change: dict[str, object], told: list[str]
) -> None:
    url = "https://hooks.example/"
    webhook = webhooks.make_webhook(project.id, url, ["task.completed", "images.added"]).row
    _finish(db, webhook)
    webhooks.change_webhook(project.id, webhook.id, **change)  # type: ignore[arg-type]
    Outbox(db).plan()
    assert [row.event_type for row in log_of(webhooks, webhook)] == told


@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({"active": False}, {"active": "False"}),
        ({"active": True}, {"active": "True"}),
        ({"url": "https://other.example/"}, {"address": "another"}),
        ({"events": ["export.ready"]}, {"events": ["export.ready"]}),
    ],
)
def test_the_audit_says_what_was_changed(
    db: Database, webhooks: WebhookService, webhook: Webhooks, change: dict[str, object], details: dict[str, object]
) -> None:
    webhooks.change_webhook(webhook.project_id, webhook.id, **change)  # type: ignore[arg-type]
    (act,) = AuditService(db).find(AuditFilter(act="webhook.change")).items
    assert act.details == details


def test_turning_on_what_is_on_keeps_since_when_it_fails(
    db: Database, webhooks: WebhookService, webhook: Webhooks
) -> None:
    with db.transaction() as session:
        session.get_one(Webhooks, webhook.id).failing_since = webhook.create_at
    assert webhooks.change_webhook(webhook.project_id, webhook.id, active=True).failing_since == webhook.create_at
    same = webhooks.change_webhook(webhook.project_id, webhook.id, url=webhook.url)
    assert (same.url, same.active, same.failing_since) == (webhook.url, True, webhook.create_at)


def test_the_newest_messages_of_the_log_come_first_and_its_length_is_known(
    webhooks: WebhookService, webhook: Webhooks
) -> None:
    sent = [webhooks.ping(webhook.project_id, webhook.id).id for _ in range(21)]
    first = webhooks.deliveries(webhook.project_id, webhook.id)
    assert [row.id for row in first] == sent[:0:-1]
    assert (len(first), first.total) == (20, 21)
    assert len(webhooks.deliveries(webhook.project_id, webhook.id, limit=3)) == 3


def test_only_a_message_of_the_log_of_a_webhook_that_is_on_is_sent_again(
    webhooks: WebhookService, webhook: Webhooks
) -> None:
    project_id = webhook.project_id
    other = webhooks.make_webhook(project_id, "https://other.example/").row
    sent = webhooks.ping(project_id, other.id)
    for message in (sent.id, "x" * 21):
        with pytest.raises(NotFoundError, match="not in the log any more"):
            webhooks.redeliver(project_id, webhook.id, message)
    assert webhooks.redeliver(project_id, other.id, sent.id).id == sent.id
    webhooks.change_webhook(project_id, other.id, active=False)
    with pytest.raises(ConflictError, match="turned off"):
        webhooks.redeliver(project_id, other.id, sent.id)


def test_a_webhook_of_another_project_or_of_a_deleted_one_is_not_found(
    db: Database, webhooks: WebhookService, webhook: Webhooks
) -> None:
    other = Projects(name="Other")
    with db.transaction() as session:
        session.add(other)
    for find in (webhooks.get_webhook, webhooks.deliveries, webhooks.renew_secret, webhooks.ping):
        with pytest.raises(NotFoundError, match="This webhook does not exist"):
            find(other.id, webhook.id)
    with db.transaction() as session:
        session.get_one(Projects, other.id).deleted_at = webhook.create_at
    with pytest.raises(NotFoundError, match="This project does not exist"):
        webhooks.make_webhook(other.id, "https://hooks.example/")


def test_the_counts_of_a_project_are_those_of_its_own_webhooks(
    db: Database, webhooks: WebhookService, webhook: Webhooks
) -> None:
    other = Projects(name="Other")
    with db.transaction() as session:
        session.add(other)
    theirs = webhooks.make_webhook(other.id, webhook.url).row
    webhooks.ping(other.id, theirs.id)
    webhooks.ping(webhook.project_id, webhook.id)
    assert [*webhooks.counts(webhook.project_id)] == [webhook.id]
    assert [row.id for row in webhooks.list_webhooks(webhook.project_id)] == [webhook.id]

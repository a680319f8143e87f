"""What a webhook is told, when it is tried again, and when it is turned off."""

import json
from datetime import timedelta
from typing import Any

import pytest

from core import audit
from core.db import (
    CheckRuns,
    Database,
    Events,
    Exports,
    Honeypots,
    Images,
    Projects,
    TaskItems,
    Tasks,
    Webhooks,
    utc_now,
)
from core.services import Services
from core.tasks import TaskService
from core.webhooks import WebhookService, deriving
from core.webhooks import outbox as planning
from core.webhooks.outbox import RETRIES_S, Outbox, next_try
from core.webhooks.sending import Reply
from tests.core.webhooks.conftest import log_of
from tests.pictures import png

LATER = timedelta(seconds=6)


def _bodies(webhooks: WebhookService, webhook: Webhooks) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in log_of(webhooks, webhook)]


def _end(db: Database, project_id: str, task_type: str, status: str = "completed", **columns: Any) -> Tasks:
    task = Tasks(
        project_id=project_id, task_type=task_type, status=status, total_count=3, ended_at=utc_now(), **columns
    )
    with db.transaction() as session:
        session.add(task)
        if task_type == "dataset-export":
            session.add(Exports(id="e" * 21, project_id=project_id, task_id=task.id, format="llava"))
        if task_type == "dataset-check" and status == "completed":
            session.add(CheckRuns(project_id=project_id, check_name="guessable", ended_at=utc_now()))
        audit.record(session, "task.end", task, in_task=True, status=status)
    return task


def _act(db: Database, webhook: Webhooks, action: str, *entry_ids: str, project_id: str = "") -> None:
    with db.transaction() as session:
        session.add_all(
            Events(batch_id=id_, project_id=project_id or webhook.project_id, entity="entry", entity_id=id_,
                   action=action, actor="ana")
            for id_ in entry_ids
        )  # fmt: skip


def test_the_end_of_a_task_is_told_at_once_with_what_it_means_besides(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    done = _end(
        db, webhook.project_id, "image-import", result={"counts": {"added": 2, "duplicate": 4}}, started_by="ana"
    )
    _end(db, webhook.project_id, "dataset-export")
    _end(db, webhook.project_id, "dataset-check", config={"check": "guessable"})
    _end(db, webhook.project_id, "dataset-check", "completed with failures", config={"check": "worth"})
    _end(db, webhook.project_id, "image-analysis", "completed with failures", failed_count=1)
    assert outbox.plan() is False
    bodies = _bodies(webhooks, webhook)
    assert [body["type"] for body in bodies] == [
        "task.completed", "images.added", "task.completed", "export.ready", "task.completed", "check.completed",
        "task.failed", "task.failed",
    ]  # fmt: skip
    at = bodies[0].pop("timestamp")
    assert at.endswith("Z")
    assert bodies[0] == {
        "type": "task.completed", "version": 1,
        "data": {
            "project_id": webhook.project_id, "task_id": done.id, "task_type": "image-import", "status": "completed",
            "items": 3, "failed": 0, "started_by": "ana", "links": {"task": f"/api/tasks/{done.id}"},
        },
    }  # fmt: skip
    assert bodies[1]["data"]["count"] == 2
    assert bodies[3]["data"]["links"]["download"] == f"/exports/{'e' * 21}"
    assert bodies[5]["data"]["check"] == "guessable"
    assert (bodies[7]["data"]["status"], bodies[7]["data"]["failed"]) == ("completed with failures", 1)
    assert outbox.plan() is False
    assert len(log_of(webhooks, webhook)) == 8


def test_a_pause_by_a_person_and_one_by_the_engine_are_told_with_their_reason(
    db: Database, services: Services, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    from core.tasks.item_queue import pause_running

    tasks = TaskService(db)
    first, second = (tasks.create_task(webhook.project_id, "image-map") for _ in range(2))
    tasks.pause(first.id)
    with db.transaction() as session:
        session.get_one(Tasks, second.id).status = "running"
    with db.transaction() as session:
        pause_running(session, second.id, "The cost cap of $1.00 does not allow another call.")
        pause_running(session, second.id, "A second reason is none.")
    tasks.cancel(first.id)
    outbox.plan()
    told = [(body["type"], body["data"]["task_id"], body["data"].get("reason")) for body in _bodies(webhooks, webhook)]
    assert told == [
        ("task.paused", first.id, "Paused by you."),
        ("task.paused", second.id, "The cost cap of $1.00 does not allow another call."),
        ("task.cancelled", first.id, None),
    ]


def test_decisions_are_told_together_once_the_first_of_them_is_five_seconds_old(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    other, began = Projects(name="Other"), utc_now()
    with db.transaction() as session:
        session.add(other)
    _act(db, webhook, "confirm", *(f"{number:021}" for number in range(120)))
    _act(db, webhook, "reject", f"{7:021}")
    _act(db, webhook, "tag", "t" * 21)
    _act(db, webhook, "message", "m" * 21)
    _act(db, webhook, "confirm", "o" * 21, project_id=other.id)
    assert outbox.plan(began) is True
    assert log_of(webhooks, webhook) == []
    assert outbox.plan(utc_now() + LATER) is False
    decided, sent_back = _bodies(webhooks, webhook)
    assert (decided["type"], decided["data"]["counts"]) == ("entries.decided", {"confirm": 120, "reject": 1})
    assert (len(decided["data"]["entry_ids"]), decided["data"]["more"]) == (100, True)
    assert decided["data"]["entry_ids"][0] == f"{7:021}"  # the newest first
    assert len(json.dumps(decided)) < 4_000
    assert sent_back["data"]["entry_ids"] == ["m" * 21]
    assert outbox.plan(utc_now() + LATER * 2) is False
    assert len(log_of(webhooks, webhook)) == 2


def test_a_decision_on_a_known_answer_is_not_told(
    services: Services, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    (outcome,) = services.intake.add_images(webhook.project_id, [("red.png", png("red"))])
    assert outcome.image is not None
    real, copy = (
        services.dataset.create_dataset_entry(webhook.project_id, outcome.image.id, f"Color {number}?", "Red.").id
        for number in (1, 2)
    )
    with services.db.transaction() as session:
        session.add(Honeypots(project_id=webhook.project_id, entry_id=copy, source_id=real, behind_id=real,
                              reader="ana", shown_answer="Red.", is_right=True))  # fmt: skip
    for entry_id in (real, copy):
        services.dataset.confirm_entry(entry_id)
    outbox.plan(utc_now() + LATER)
    (body,) = [body for body in _bodies(webhooks, webhook) if body["type"] == "entries.decided"]
    assert (body["data"]["entry_ids"], body["data"]["counts"]) == ([real], {"confirm": 1})


def test_uploads_are_told_together_and_a_webhook_gets_only_what_it_chose(
    services: Services, webhooks: WebhookService, project: Projects, outbox: Outbox
) -> None:
    images = webhooks.make_webhook(project.id, "https://hooks.example/images", ["images.added"]).row
    tasks = webhooks.make_webhook(project.id, "https://hooks.example/tasks", ["task.completed"]).row
    began = utc_now()
    services.intake.add_images(project.id, [("old.png", png("gray"))], source="elsewhere")
    added = [
        outcome.image.id
        for color in ("red", "blue", "green")
        for outcome in services.intake.add_images(project.id, [(f"{color}.png", png(color))])
        if outcome.image
    ]
    services.images.delete_image(added.pop())
    assert outbox.plan(began) is True
    assert outbox.plan(utc_now() + LATER) is False
    (body,) = _bodies(webhooks, images)
    assert body["data"]["count"] == 4
    assert set(body["data"]["image_ids"]) > set(added)
    assert body["data"]["more"] is True
    assert log_of(webhooks, tasks) == []


def test_an_import_names_the_images_that_it_has_added(
    services: Services, db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    known, new = (
        outcome.image.id
        for color in ("red", "blue")
        for outcome in services.intake.add_images(webhook.project_id, [(f"{color}.png", png(color))], source="zip")
        if outcome.image
    )
    task = _end(db, webhook.project_id, "image-import", result={"counts": {"added": 1, "duplicate": 1}})
    with db.transaction() as session:
        session.add(TaskItems(task_id=task.id, position=0, result={"refs": {"a.png": known, "b.png": new}}))
        stored = session.get(Images, known)
        assert stored is not None
        stored.create_at -= timedelta(days=1)
        ended = session.get(Tasks, task.id)
        assert ended is not None
        ended.create_at -= timedelta(hours=1)
    outbox.plan()
    (body,) = [one for one in _bodies(webhooks, webhook) if one["type"] == "images.added"]
    data = body["data"]
    assert (data["task_id"], data["count"], data["image_ids"], data["more"]) == (task.id, 1, [new], False)


def test_what_was_committed_before_a_crash_is_told_by_the_next_process_once(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    _end(db, webhook.project_id, "image-map")  # the process dies here, before it looks
    after_restart = Outbox(db)
    after_restart.plan()
    (sent,) = after_restart.due()  # and here, while it is in flight: nothing is recorded
    third = Outbox(db)
    third.plan()
    (again,) = third.due()
    assert (again.id, again.body) == (sent.id, sent.body)
    third.record(again.id, Reply(200))
    assert Outbox(db).due() == []


def test_two_processes_that_look_at_the_same_moment_tell_it_once(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _end(db, webhook.project_id, "image-map")
    seen = outbox.active()
    Outbox(db).plan()
    monkeypatch.setattr(outbox, "active", lambda: seen)  # read before the other one wrote
    assert outbox.plan() is True
    monkeypatch.undo()
    assert outbox.plan() is False
    assert len(log_of(webhooks, webhook)) == 1


def test_ten_tries_take_three_days_and_each_wait_is_longer_than_the_one_before() -> None:
    now = utc_now()
    waits = [(at - now).total_seconds() for tries in range(1, 10) if (at := next_try(tries, now))]
    for wait_s, least_s in zip(waits, RETRIES_S, strict=True):
        assert least_s <= wait_s <= least_s * 1.2
    assert next_try(10, now) is None
    assert next_try(10, now, 60) is None
    asked = [((next_try(1, now, asked_s) or now) - now).total_seconds() for asked_s in (1, 100, 9e9)]
    for wait_s, least_s in zip(asked, (5, 100, RETRIES_S[-1]), strict=True):
        assert least_s <= wait_s <= least_s * 1.2
    assert 3 < sum(RETRIES_S) / 86_400 < 4


def test_a_webhook_that_never_answers_is_turned_off_when_a_message_is_given_up(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    _end(db, webhook.project_id, "image-map")
    outbox.plan()
    now, failed = utc_now(), Reply(500, "no room", "It answered 500.", 12)
    for tries in range(1, 11):
        (due,) = outbox.due(now=now)
        outbox.record(due.id, failed, now)
        (row,) = log_of(webhooks, webhook)
        assert (row.tries, row.status_code, row.answer, row.error) == (tries, 500, "no room", "It answered 500.")
        now = row.next_try_at or now
    found = webhooks.get_webhook(webhook.project_id, webhook.id)
    assert (found.active, found.off_reason) == (False, "Nothing was delivered for 3 days. It answered 500.")
    assert outbox.due(now=now + timedelta(days=9)) == []
    (act,) = services_audit(db, "webhook.disable")
    assert (act.label, act.details["reason"]) == ("hooks.example", found.off_reason)
    turned_on = webhooks.change_webhook(webhook.project_id, webhook.id, active=True)
    assert (turned_on.off_reason, turned_on.failing_since) == ("", None)


def services_audit(db: Database, act: str) -> list[Any]:
    return audit.AuditService(db).find(audit.AuditFilter(act=act)).items


def test_a_receiver_that_takes_other_messages_stays_on_when_one_is_given_up(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    _end(db, webhook.project_id, "image-map")
    outbox.plan()
    now = utc_now()
    while due := outbox.due(now=now):
        outbox.record(due[0].id, Reply(500, error="It answered 500."), now)
        (row, *_) = log_of(webhooks, webhook)
        ping = webhooks.ping(webhook.project_id, webhook.id)
        outbox.record(ping.id, Reply(200), now)
        now = row.next_try_at or now
    assert row.tries == 10
    assert webhooks.get_webhook(webhook.project_id, webhook.id).active


def test_410_turns_a_webhook_off_at_once(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    ping = webhooks.ping(webhook.project_id, webhook.id)
    outbox.record(ping.id, Reply(410, error="It answered 410."))
    found = webhooks.get_webhook(webhook.project_id, webhook.id)
    assert (found.active, found.off_reason) == (False, "The receiver answered 410: it wants no more messages.")


def test_the_log_is_bounded_and_so_is_what_waits(
    db: Database, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MAX_WAITING", 3)
    monkeypatch.setattr(planning, "KEPT_DELIVERIES", 4)
    monkeypatch.setattr(deriving, "MAX_ACTS", 3)
    for _ in range(8):
        _end(db, webhook.project_id, "image-map")
    assert outbox.plan() is True
    assert outbox.plan() is True  # the rest is told when some are delivered
    assert len(log_of(webhooks, webhook)) == 3
    told = set[str]()
    while waiting := [row for row in log_of(webhooks, webhook) if row.next_try_at]:
        for row in waiting:
            outbox.record(row.id, Reply(200))
            told.add(json.loads(row.body)["data"]["task_id"])
        outbox.plan()
    assert len(told) == 8
    assert len(log_of(webhooks, webhook)) == 4


def test_a_deleted_project_is_told_nothing(
    db: Database, services: Services, webhooks: WebhookService, webhook: Webhooks, outbox: Outbox
) -> None:
    webhooks.ping(webhook.project_id, webhook.id)
    services.projects.delete_project(webhook.project_id)
    assert (outbox.active(), outbox.due()) == ([], [])

"""What a webhook is told at the bounds: of its window, and of how much one message names."""

from datetime import UTC, datetime, timedelta

import pytest

from core import audit
from core.audit import AuditFilter, AuditService
from core.db import Database, Events, Projects, Tasks, Webhooks, utc_now
from core.images.lifecycle import record_act
from core.webhooks import WebhookService, deriving
from core.webhooks.deriving import BATCH_WINDOW, Told, newest_ids, since_told
from core.webhooks.kinds import Happening
from tests.core.dataset.conftest import add_image

MOMENT = timedelta(microseconds=1)
Since = tuple[int, int, int]


@pytest.fixture
def now(webhook: Webhooks) -> datetime:
    return webhook.create_at + timedelta(hours=1)


@pytest.fixture
def floors(db: Database, webhook: Webhooks) -> Since:
    with db.reading() as session:
        act, event = newest_ids(session)
    return act, act, event


def _told(db: Database, webhook: Webhooks, floors: Since, now: datetime) -> Told:
    with db.reading() as session:
        return since_told(session, webhook, floors, now)


def _decide(db: Database, webhook: Webhooks, at: datetime, *actions: str, count: int = 1) -> None:
    with db.transaction() as session:
        session.add_all(
            Events(batch_id="b", project_id=webhook.project_id, entity="entry", entity_id=f"{number:021}",
                   action=action, actor="ana", at=at)
            for action in actions
            for number in range(count)
        )  # fmt: skip


def test_a_body_has_its_time_in_utc_and_letters_as_they_are() -> None:
    told = Happening("webhook.ping", datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC), {"name": "Größe"})
    assert told.body() == (
        '{"type":"webhook.ping","version":1,"timestamp":"2026-01-02T03:04:05.678Z","data":{"name":"Größe"}}'
    )


def test_decisions_wait_until_the_first_is_five_seconds_old(
    db: Database, webhook: Webhooks, floors: Since, now: datetime
) -> None:
    _decide(db, webhook, now - BATCH_WINDOW + MOMENT, "confirm")
    early = _told(db, webhook, floors, now)
    assert (early.happenings, early.entries_seen, early.is_held) == ((), floors[2], True)
    told = _told(db, webhook, floors, now + MOMENT)
    assert [one.kind for one in told.happenings] == ["entries.decided"]
    assert (told.entries_seen > floors[2], told.is_held) == (True, False)
    assert _told(db, webhook, (told.acts_seen, told.images_seen, told.entries_seen), now).happenings == ()


def test_what_was_decided_before_the_webhook_is_not_told(db: Database, webhook: Webhooks, floors: Since) -> None:
    _decide(db, webhook, webhook.create_at - MOMENT, "confirm")
    later = webhook.create_at + timedelta(hours=1)
    assert _told(db, webhook, floors, later).happenings == ()
    _decide(db, webhook, webhook.create_at, "reject")
    (told,) = _told(db, webhook, floors, later).happenings
    assert told.data["counts"] == {"reject": 1}


@pytest.mark.parametrize(("count", "named", "more"), [(99, 99, False), (100, 100, False), (101, 100, True)])
def test_a_message_names_at_most_100_entries_and_says_when_there_are_more(
    db: Database, webhook: Webhooks, floors: Since, now: datetime, count: int, named: int, more: bool
) -> None:
    _decide(db, webhook, now - BATCH_WINDOW, "confirm", "message", count=count)
    decided, sent_back = _told(db, webhook, floors, now).happenings
    for told in (decided, sent_back):
        assert (len(told.data["entry_ids"]), told.data["more"]) == (named, more)
    project = f"/api/projects/{webhook.project_id}"
    assert decided.data["links"]["decided"] == f"{project}/image-datasets/decided"
    assert (sent_back.data["count"], sent_back.data["links"]["messages"]) == (count, f"{project}/messages")


@pytest.fixture
def of_images(webhooks: WebhookService, project: Projects) -> Webhooks:
    return webhooks.make_webhook(project.id, "https://hooks.example/images", ["images.added"]).row


def test_uploads_wait_for_their_window_and_are_told_in_parts_that_end_with_an_act(
    db: Database, of_images: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.reading() as session:
        act, event = newest_ids(session)
    images = [add_image(db, of_images.project_id, f"{number}.jpg") for number in range(3)]
    with db.transaction() as session:
        for image in images:
            record_act(session, "image.add", [image], "ana", source=image.source)
    floors, first, *_ = (act, act, event), *reversed(AuditService(db).find(AuditFilter(act="image.add")).items)
    assert _told(db, of_images, floors, first.at + BATCH_WINDOW - MOMENT).is_held
    (whole,) = _told(db, of_images, floors, first.at + BATCH_WINDOW).happenings
    assert (whole.data["count"], len(whole.data["image_ids"]), whole.data["more"]) == (3, 3, False)
    monkeypatch.setattr(deriving, "_MAX_UPLOADS", 2)
    part = _told(db, of_images, floors, first.at + BATCH_WINDOW)
    assert (part.happenings[0].data["count"], part.is_held) == (2, True)
    rest = _told(db, of_images, (act, part.images_seen, event), utc_now() + BATCH_WINDOW)
    assert (rest.happenings[0].data["count"], rest.is_held) == (1, False)


def test_the_ends_of_many_tasks_are_told_in_parts(
    db: Database, webhook: Webhooks, floors: Since, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deriving, "MAX_ACTS", 2)
    for number in range(3):
        task = Tasks(project_id=webhook.project_id, task_type="image-map", status="completed", total_count=number)
        with db.transaction() as session:
            session.add(task)
            audit.record(session, "task.end", task, in_task=True, status="completed")
    part = _told(db, webhook, floors, now)
    assert ([one.data["items"] for one in part.happenings], part.is_held) == ([0, 1], True)
    rest = _told(db, webhook, (part.acts_seen, *floors[1:]), now)
    assert [one.data["items"] for one in rest.happenings] == [2]


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        ({"counts": {"added": 2, "near-duplicate": 3, "duplicate": 4}}, [5]),
        ({"counts": {"near-duplicate": 1}}, [1]),
        ({"counts": {"added": 1}}, [1]),
        ({"counts": {"duplicate": 4}}, []),
        ({}, []),
    ],
)
def test_an_import_tells_how_many_images_it_added_and_nothing_when_there_is_none(
    db: Database, webhook: Webhooks, floors: Since, now: datetime, result: dict[str, object], counts: list[int]
) -> None:
    with db.transaction() as session:
        task = Tasks(project_id=webhook.project_id, task_type="image-import", result=result)
        session.add(task)
        audit.record(session, "task.end", task, in_task=True, status="completed")
    told = _told(db, webhook, floors, now).happenings
    assert [one.data["count"] for one in told if one.kind == "images.added"] == counts


def test_what_a_webhook_did_not_choose_does_not_hold_it_back(
    db: Database, webhooks: WebhookService, project: Projects
) -> None:
    webhook = webhooks.make_webhook(project.id, "https://hooks.example/tasks", ["task.completed"]).row
    with db.reading() as session:
        act, event = newest_ids(session)
    image = add_image(db, project.id, "a.jpg")
    with db.transaction() as session:
        record_act(session, "image.add", [image], "ana", source=image.source)
    _decide(db, webhook, webhook.create_at, "confirm", "message")
    told = _told(db, webhook, (act, act, event), webhook.create_at)
    assert (told.happenings, told.is_held) == ((), False)
    assert (told.images_seen > act, told.entries_seen > event) == (True, True)


@pytest.mark.parametrize(("kind", "told"), [("entries.decided", {"confirm": 1}), ("entries.sent_back", None)])
def test_of_decisions_and_messages_a_webhook_is_told_those_that_it_chose(
    db: Database, webhooks: WebhookService, project: Projects, kind: str, told: dict[str, int] | None
) -> None:
    webhook = webhooks.make_webhook(project.id, "https://hooks.example/one", [kind]).row
    with db.reading() as session:
        act, event = newest_ids(session)
    _decide(db, webhook, webhook.create_at, "confirm", "message")
    (one,) = _told(db, webhook, (act, act, event), webhook.create_at + BATCH_WINDOW).happenings
    assert (one.kind, one.data.get("counts"), one.at) == (kind, told, webhook.create_at)


def test_an_act_of_another_project_or_on_a_task_that_is_gone_is_not_told(
    db: Database, webhook: Webhooks, floors: Since, now: datetime
) -> None:
    other = Projects(name="Other")
    with db.transaction() as session:
        session.add(other)
        session.flush()
        theirs = Tasks(project_id=other.id, task_type="image-map")
        session.add(theirs)
        audit.record(session, "task.end", theirs, in_task=True, status="completed")
        gone = Tasks(project_id=webhook.project_id, task_type="image-map")
        audit.record(session, "task.end", gone, in_task=True, status="completed")
    told = _told(db, webhook, floors, now)
    assert (told.happenings, told.is_held) == ((), False)

"""Delivering: signed, at least once, by the process that runs the tasks, and one slow receiver delays no other."""

import base64
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.background_loop import BackgroundLoop
from core.db import Database, Projects, Webhooks, connect, utc_now
from core.errors import StorageError
from core.secret_key import rotate_key
from core.webhooks import WebhookService, outbox
from core.webhooks import dispatcher as dispatching
from core.webhooks.dispatcher import WebhookDispatcher
from core.webhooks.outbox import Outbox
from tests.core.webhooks.conftest import log_of
from tests.fakes.http_server import Answer, HttpServer, Received

WAIT_S = 60.0


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@contextmanager
def delivering(db: Database, may_deliver: Callable[[], bool] = lambda: True) -> Iterator[None]:
    loop = BackgroundLoop()
    dispatcher = WebhookDispatcher(db, loop, may_deliver, poll_s=0.02)
    dispatcher.start()
    try:
        yield
    finally:
        dispatcher.stop()
        loop.close()


def is_signed(secret: str, received: Received) -> bool:
    """Check a signature by the words of Standard Webhooks, without any code of ours."""
    headers = received.headers
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{received.body.decode()}"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, content.encode(), "sha256").digest()).decode()
    return hmac.compare_digest(wanted, headers["webhook-signature"])


def test_a_message_arrives_signed_and_again_with_the_same_id_and_body(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer
) -> None:
    made = webhooks.make_webhook(project.id, receiver.url)
    assert made.secret.startswith("whsec_")
    with delivering(db):
        ping = webhooks.ping(project.id, made.row.id)
        wait_until(lambda: log_of(webhooks, made.row)[0].delivered_at)
        webhooks.redeliver(project.id, made.row.id, ping.id)
        wait_until(lambda: log_of(webhooks, made.row)[0].tries == 2)
        renewed = webhooks.renew_secret(project.id, made.row.id)
        webhooks.redeliver(project.id, made.row.id, ping.id)
        wait_until(lambda: log_of(webhooks, made.row)[0].tries == 3)
    first, second, third = receiver.received
    assert {one.headers["webhook-id"] for one in receiver.received} == {ping.id}
    assert first.body == second.body == third.body
    assert json.loads(first.body)["type"] == "webhook.ping"
    assert [is_signed(made.secret, one) for one in receiver.received] == [True, True, False]
    assert is_signed(renewed.secret, third)
    (row,) = log_of(webhooks, made.row)
    assert (row.status_code, row.answer, row.error, row.next_try_at) == (200, "{}", "", None)


def test_a_receiver_that_hangs_delays_its_own_messages_only(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer
) -> None:
    with HttpServer(lambda _: Answer(hangs=True)) as hanging, delivering(db):
        stuck = webhooks.make_webhook(project.id, hanging.url).row
        good = webhooks.make_webhook(project.id, receiver.url).row
        for _ in range(3):
            webhooks.ping(project.id, stuck.id)
        wait_until(lambda: hanging.in_flight)
        for _ in range(5):
            webhooks.ping(project.id, good.id)
        wait_until(lambda: all(row.delivered_at for row in log_of(webhooks, good)))
        assert (hanging.in_flight, hanging.most_in_flight) == (1, 1)
    assert len(receiver.received) == 5
    assert [row.tries for row in log_of(webhooks, stuck)] == [0, 0, 0]  # cut off, so they are sent again


def test_receivers_that_fail_never_take_all_the_room(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "MAX_AT_ONCE", 2)
    monkeypatch.setattr(dispatching, "MAX_FAILING_AT_ONCE", 1)
    with HttpServer(lambda _: Answer(hangs=True)) as hanging:
        for number in range(3):
            stuck = webhooks.make_webhook(project.id, f"{hanging.url}/{number}").row
            webhooks.ping(project.id, stuck.id)
            with db.transaction() as session:
                session.get_one(Webhooks, stuck.id).failing_since = utc_now()
        good = webhooks.make_webhook(project.id, receiver.url).row
        with delivering(db):
            wait_until(lambda: hanging.in_flight)
            webhooks.ping(project.id, good.id)
            wait_until(lambda: log_of(webhooks, good)[0].delivered_at)
            assert hanging.most_in_flight == 1


def test_a_failed_message_waits_for_its_next_try_while_later_ones_go_on(
    db: Database, webhooks: WebhookService, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RETRIES_S", (600,) * len(outbox.RETRIES_S))
    answers = iter([503])
    with HttpServer(lambda _: Answer(next(answers, 200))) as receiver, delivering(db):
        made = webhooks.make_webhook(project.id, receiver.url).row
        first = webhooks.ping(project.id, made.id)
        wait_until(lambda: log_of(webhooks, made)[0].tries)
        second = webhooks.ping(project.id, made.id)
        wait_until(lambda: webhooks.counts(project.id)[made.id].delivered)
        log = {row.id: row for row in log_of(webhooks, made)}
        assert (log[first.id].status_code, log[first.id].error) == (503, "It answered 503.")
        assert log[first.id].next_try_at
        assert log[second.id].delivered_at


def test_a_receiver_that_asks_to_wait_gets_nothing_meanwhile(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer
) -> None:
    with HttpServer(lambda _: Answer(429, {"Retry-After": "600"})) as asking, delivering(db):
        made = webhooks.make_webhook(project.id, asking.url).row
        first = webhooks.ping(project.id, made.id)
        wait_until(lambda: log_of(webhooks, made)[0].tries)
        second = webhooks.ping(project.id, made.id)
        other = webhooks.make_webhook(project.id, receiver.url).row
        webhooks.ping(project.id, other.id)
        wait_until(lambda: log_of(webhooks, other)[0].delivered_at)
        log = {row.id: row for row in log_of(webhooks, made)}
        assert (log[first.id].tries, log[second.id].tries) == (1, 0)
        assert (log[first.id].next_try_at - log[first.id].tried_at).total_seconds() >= 600


def test_only_the_process_that_runs_the_tasks_delivers(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer
) -> None:
    made, runs_tasks = webhooks.make_webhook(project.id, receiver.url).row, threading.Event()
    asked = []

    def may_deliver() -> bool:
        asked.append(1)
        return runs_tasks.is_set()

    with delivering(db, may_deliver):
        webhooks.ping(project.id, made.id)
        wait_until(lambda: len(asked) > 3)
        assert receiver.received == []
        runs_tasks.set()
        wait_until(lambda: receiver.received)


def test_a_webhook_whose_secret_cannot_be_made_any_more_is_turned_off_and_sends_nothing(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer
) -> None:
    made = webhooks.make_webhook(project.id, receiver.url).row
    rotate_key(db.data_dir)
    webhooks.ping(project.id, made.id)
    with delivering(db):
        wait_until(lambda: not webhooks.get_webhook(project.id, made.id).active)
        assert receiver.received == []
        assert "Make a new secret" in webhooks.get_webhook(project.id, made.id).off_reason
        webhooks.renew_secret(project.id, made.id)
        webhooks.change_webhook(project.id, made.id, active=True)
        wait_until(lambda: receiver.received)  # the message that waited


@pytest.mark.prove
def test_a_process_that_is_killed_in_between_loses_nothing(tmp_path: Path) -> None:
    """Killed after a commit, and once more while the message is in flight: it arrives again with the same id."""
    script = """
import sys, time
from core.background_loop import BackgroundLoop
from core.db import connect
from core.webhooks.dispatcher import WebhookDispatcher
from core.webhooks.outbox import Outbox
db = connect(sys.argv[1])
WebhookDispatcher(db, BackgroundLoop(), lambda: True, poll_s=0.05).start()
print("ready", flush=True)
time.sleep(60)
"""
    hang = threading.Event()
    hang.set()
    with HttpServer(lambda _: Answer(hangs=hang.is_set())) as receiver, connect(tmp_path / "data") as db:
        webhooks = WebhookService(db)
        project = db_project(db)
        made = webhooks.make_webhook(project, receiver.url).row
        webhooks.ping(project, made.id)
        for kill in (True, False):
            child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "data")], stdout=subprocess.PIPE)
            try:
                if kill:
                    wait_until(lambda: receiver.received)
                    os.kill(child.pid, signal.SIGKILL)
                    hang.clear()
                else:
                    wait_until(lambda: log_of(webhooks, made)[0].delivered_at)
            finally:
                child.kill()
                child.communicate()
        assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
        assert len(receiver.received) >= 2


def db_project(db: Database) -> str:
    project = Projects(name="Shelf")
    with db.transaction() as session:
        session.add(project)
    return project.id


def test_a_message_whose_outcome_cannot_be_stored_is_not_sent_every_second(
    db: Database, webhooks: WebhookService, project: Projects, receiver: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, looked = webhooks.make_webhook(project.id, receiver.url).row, []

    def is_full(*_: object) -> None:
        raise StorageError("The disk is full.")

    def may_deliver() -> bool:
        looked.append(1)
        return True

    monkeypatch.setattr(Outbox, "record", is_full)
    webhooks.ping(project.id, made.id)
    with delivering(db, may_deliver):
        wait_until(lambda: receiver.received)
        before = len(looked)
        wait_until(lambda: len(looked) > before + 5)
    assert len(receiver.received) == 1

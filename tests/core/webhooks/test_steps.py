"""One look of the dispatcher at a time: when it plans, and that it can be stopped."""

import logging
import re
import threading
from collections.abc import Iterator

import pytest

from core.background_loop import BackgroundLoop
from core.db import Database, Projects
from core.webhooks.dispatcher import WebhookDispatcher
from core.webhooks.outbox import Outbox


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    made = BackgroundLoop()
    yield made
    made.close()


def test_it_plans_after_a_commit_and_while_something_is_held(
    db: Database, loop: BackgroundLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, held = list[bool](), [False]

    def plan(_: Outbox) -> bool:
        planned.append(held[0])
        return held[0]

    monkeypatch.setattr(Outbox, "plan", plan)
    dispatcher = WebhookDispatcher(db, loop, lambda: True)

    def look(times: int) -> int:
        before = len(planned)
        for _ in range(times):
            loop.submit(dispatcher._step()).result()
        return len(planned) - before

    assert look(3) == 1
    with db.transaction() as session:
        session.add(Projects(name="Other"))
    held[0] = True
    assert look(3) == 3
    held[0] = False
    assert look(3) == 1  # what was held is looked for once more
    monkeypatch.setattr(Database, "data_version", lambda _: None)  # a database that cannot say
    assert look(3) == 3


def test_it_stops_at_once_and_stopping_what_was_never_started_does_nothing(db: Database, loop: BackgroundLoop) -> None:
    dispatcher = WebhookDispatcher(db, loop, lambda: False, poll_s=60)
    dispatcher.stop()
    dispatcher.start()
    assert dispatcher._running is not None
    assert not dispatcher._running.done()
    dispatcher.stop()
    assert dispatcher._running.cancelled()


def test_a_bug_is_logged_with_an_id_and_it_looks_again(
    db: Database, loop: BackgroundLoop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    again, asked = threading.Event(), list[bool]()

    def may_deliver() -> bool:
        asked.append(True)
        if len(asked) == 1:
            raise ZeroDivisionError
        again.set()
        return False

    dispatcher = WebhookDispatcher(db, loop, may_deliver, poll_s=0.001)
    with caplog.at_level(logging.ERROR):
        dispatcher.start()
        assert again.wait(60)
        dispatcher.stop()
    (record,) = caplog.records
    assert re.fullmatch(r"webhooks stumbled \[[0-9a-f]{8}\]", record.message)
    assert record.exc_info is not None

"""Processes that run one task are killed: each item is stored once, and only calls in flight are paid again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from core import connect
from core.background_loop import BackgroundLoop
from core.db import Database, Events, LlmCalls
from core.projects import ProjectService
from core.tasks import TaskService
from core.tasks.engines.dbos_library import DbosDispatcher
from core.tasks.engines.workers_engine import WorkersEngine
from tests import postgresql
from tests.core.tasks.engines.paying import paying_kinds

pytestmark = pytest.mark.postgresql

ROOT = Path(__file__).parents[4]


class Processes:
    """Processes that run the tasks of one database; one that is killed is started again."""

    def __init__(self, url: str, engine: str, number: int, concurrency: int) -> None:
        self._command = [sys.executable, "-m", "tests.core.tasks.engines.paying", engine, str(concurrency)]
        self._environment = {**os.environ, "VITRINE_DATABASE_URL": url}
        self._running = [self._start() for _ in range(number)]
        for process in self._running:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True
        )  # fmt: skip

    def kill_one(self, number: int, *, starts_again: bool = True) -> None:
        process = self._running[number]
        process.send_signal(signal.SIGKILL)
        _reaped(process)
        if starts_again:
            self._running[number] = self._start()

    def drain_one(self, number: int) -> None:
        process = self._running[number]
        process.send_signal(signal.SIGTERM)
        _reaped(process)
        assert process.returncode == 0

    def end(self) -> None:
        for process in self._running:
            process.kill()
            _reaped(process)


def _reaped(process: "subprocess.Popen[str]") -> None:
    process.wait(60)
    if process.stdout is not None:
        process.stdout.close()


def _started(db: Database, engine: str, items: int) -> str:
    """Create a task, hand it out, and leave it to the processes alone."""
    kinds = paying_kinds(db)
    project = ProjectService(db).create_project("Shelf")
    task = TaskService(db, lambda: kinds).create_task(project.id, "paying", {"items": items, "concurrency": 16})
    if engine == "dbos":
        server = WorkersEngine(db, kinds, BackgroundLoop(), DbosDispatcher(db), lambda _config: ())
        server.take_lock()
        server.submit(task.id)
        server.stop()
    return task.id


def _done(db: Database, task_id: str) -> int:
    return TaskService(db).get_task(task_id).processed_count


def _wait(db: Database, task_id: str, count: int, timeout_s: float = 300.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while _done(db, task_id) < count:
        assert time.monotonic() < deadline_s, TaskService(db).summary(task_id)
        time.sleep(0.05)


def _wait_for_end(db: Database, task_id: str) -> None:
    deadline_s = time.monotonic() + 600
    while TaskService(db).get_task(task_id).ended_at is None:
        assert time.monotonic() < deadline_s, TaskService(db).summary(task_id)
        time.sleep(0.05)


def _check(db: Database, task_id: str, items: int) -> int:
    """Check that each item is stored once and paid for once; return how many calls may be paid twice."""
    summary = TaskService(db).summary(task_id)
    with db.reading() as session:
        stored = Counter(session.exec(select(Events.entity_id).where(Events.batch_id == task_id)))
        calls = Counter(session.exec(select(LlmCalls.state)).all())
        paid = session.exec(
            select(LlmCalls.item_id).where(col(LlmCalls.state) == "ok").group_by(col(LlmCalls.item_id))
            .having(func.count() > 1)
        ).all()  # fmt: skip
    assert summary.task.status == "completed"
    assert stored == Counter({str(number): 1 for number in range(items)})
    assert (calls["ok"], list(paid), calls["started"]) == (items, [], 0)
    assert summary.maybe_paid_twice == calls["unknown"]
    return calls["unknown"]


def test_crash_a_worker_that_dies_loses_and_doubles_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = _started(db, "dbos", 120)
    processes = Processes(postgresql.target_of(db), "dbos", 2, 4)
    try:
        _wait(db, task_id, 10)
        processes.kill_one(0, starts_again=False)
        _wait_for_end(db, task_id)
        processes.drain_one(1)
    finally:
        processes.end()
    assert _check(db, task_id, 120) <= 4


@pytest.mark.prove
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("engine", ["embedded", "dbos"])
def test_crash_three_processes_killed_twenty_times_and_a_database_three_times(
    own: postgresql.TestServer, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, concurrency, kills, restarts = 5_000, 16, 20, 3
    chance = random.Random(7)
    url = own.new_empty_database()
    with connect(url) as db:
        task_id = _started(db, engine, items)
        began_s = time.monotonic()
        processes = Processes(url, engine, 3, concurrency)
        try:
            for number in range(kills):
                _wait(db, task_id, items * (number + 1) // (kills + 2))
                time.sleep(chance.uniform(0.0, 0.5))
                processes.kill_one(chance.randrange(3))
                if number % (kills // restarts) == 3:
                    time.sleep(0.5)
                    own.halt()
                    own.resume()
            at_last_kill = _done(db, task_id)
            _wait_for_end(db, task_id)
            span_s = time.monotonic() - began_s
        finally:
            processes.end()
        repeated = _check(db, task_id, items)
    print(f"{engine}: {items} items in {span_s:.0f} s, {at_last_kill} at the last kill, {repeated} maybe paid twice")
    assert at_last_kill < items, "it had ended before the last kill"
    assert repeated <= (kills + restarts * 3) * concurrency

"""Processes that are killed, cut off and have wrong clocks keep to the limit of a provider that counts what arrives."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database
from tests import postgresql
from tests.core.llm.test_rate_windows import worst_window
from tests.fakes.provider import Call, FakeProvider, Reply

WINDOW_S, LIMIT, PROCESSES, OUTAGES = 5.0, 60, 4, 16

# The clock of each process is wrong by hours; a minute lasts five seconds.
_WORKER = """
import asyncio, sys, time
from core import connect
from core.errors import VitrineError
from core.llm import ChatRequest, LLMService, ModelConfig, rate_windows

api_base, shift_s, limit, window_s = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
real, time.time = time.time, lambda: real() + shift_s
rate_windows._WINDOW_S = window_s

async def ask(llm):
    config = ModelConfig("openai/gpt-4o", api_base=api_base, api_key="key", requests_per_minute=limit)
    while True:
        try:
            await llm.chat(config, ChatRequest("Hello"))
        except VitrineError:
            await asyncio.sleep(0.1)  # the database was away

async def main():
    with connect() as db:
        llm = LLMService(settings=db.settings, db_session=db)
        await asyncio.gather(*(ask(llm) for _ in range(16)))

asyncio.run(main())
"""


@contextmanager
def _worker(db: Database, api_base: str, shift_s: float) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", _WORKER, api_base, str(shift_s), str(LIMIT), str(WINDOW_S)]
    environment = {**postgresql.environment_of(db.data_dir), "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.prove
@pytest.mark.postgresql
def test_no_window_has_more_calls_than_the_limit_whatever_becomes_of_the_processes(db: Database) -> None:
    arrived_s: list[float] = []

    def answer(_call: Call) -> Reply:
        arrived_s.append(time.monotonic())
        return Reply(delay_s=0.3)

    stopping = threading.Event()
    chance = random.Random(3)

    def run_one_after_the_other(place: int) -> None:
        while not stopping.is_set():
            with _worker(db, f"{provider.url}/v1", shift_s=(place - 1) * 7_200.0):
                stopping.wait(chance.uniform(3 * WINDOW_S, 7 * WINDOW_S))

    with FakeProvider(answer) as provider:
        threads = [threading.Thread(target=run_one_after_the_other, args=(place,)) for place in range(PROCESSES)]
        for thread in threads:
            thread.start()
        for _ in range(OUTAGES):
            stopping.wait(WINDOW_S)
            _end_connections(db)
        stopping.set()
        for thread in threads:
            thread.join()
    assert LIMIT / 2 < worst_window(arrived_s, WINDOW_S) <= LIMIT


def _end_connections(db: Database) -> None:
    with postgresql.admin_connection() as connection:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(others), {"name": db.engine.url.database})

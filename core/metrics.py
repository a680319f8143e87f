"""Metrics for Prometheus, on a port of their own: counts and durations, never a name of a person or project."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import start_http_server
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from core.backup import backup_status
from core.db import Database, LlmCalls, TaskItems, Tasks
from core.disk import free_bytes
from core.errors import VitrineError

log = logging.getLogger(__name__)

_ACTIVE = ("queued", "running", "paused")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts requests as they are answered, and reads everything else from the database when it is asked for."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """
        Args:
            database: returns the database; asked at each reading, so that metrics are there without one too.
        """
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, open files, processor time
        PlatformCollector(registry=self.registry)
        self.registry.register(_StateCollector(database))
        labels = ("method", "route", "status")
        self._requests = Counter("vitrine_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "vitrine_request_seconds", "Time until a response begins.", ("route",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        # Looking labels up costs more than counting.
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._server: Any = None

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. *route* is a template, such as ``/api/projects/{project_id}``."""
        key = method, route, status
        if (children := self._children.get(key)) is None:
            children = self._children[key] = (
                self._requests.labels(method, route, str(status)), self._seconds.labels(route),
            )  # fmt: skip
        children[0].inc()
        children[1].observe(seconds)

    def serve(self, address: str, port: int) -> None:
        """Answer ``/metrics`` on *address* and *port*; a port that is taken is logged and changes nothing else."""
        try:
            self._server, _ = start_http_server(port, address, self.registry)
        except OSError as error:
            log.error("the metrics cannot be served on %s port %d: %s", address, port, error.strerror)

    def close(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _StateCollector:
    """Reads the state of the installation when it is scraped."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        try:
            db = self._database()
            found += [*_waits(db), *_disk(db)]
            read = [*_work(db), *_calls(db)]
        except (SQLAlchemyError, VitrineError) as error:
            log.warning("the database cannot be read for the metrics", exc_info=error)
            read = []
        up = GaugeMetricFamily("vitrine_database_up", "Whether the database could be read.", value=bool(read))
        yield from (up, *found, *read)

    def describe(self) -> list[Metric]:
        return []  # otherwise registering would collect once


def _work(db: Database) -> Iterator[Metric]:
    with db.reading() as session:
        tasks = session.exec(
            select(Tasks.task_type, Tasks.status, func.count()).group_by(Tasks.task_type, Tasks.status)
        ).all()
        queued = session.exec(
            select(TaskItems.state, func.count())
            .join(Tasks, col(Tasks.id) == TaskItems.task_id)
            .where(col(Tasks.status).in_(_ACTIVE), col(TaskItems.state).in_(("queued", "running")))
            .group_by(TaskItems.state)
        ).all()
    by_state = GaugeMetricFamily("vitrine_tasks", "Tasks.", labels=("kind", "state"))
    for kind, status, number in tasks:
        by_state.add_metric((kind, status), number)
    items = GaugeMetricFamily("vitrine_task_items", "Items of tasks that wait or run.", labels=("state",))
    for state in ("queued", "running"):
        items.add_metric((state,), dict(queued).get(state, 0))
    yield from (by_state, items)


def _calls(db: Database) -> Iterator[Metric]:
    with db.reading() as session:
        query = select(LlmCalls.state, func.count(), func.sum(LlmCalls.cost)).where(LlmCalls.request_hash != "")
        rows = session.exec(query.group_by(LlmCalls.state)).all()
    calls = CounterMetricFamily("vitrine_model_calls", "Model calls in the ledger.", labels=("state",))
    cost = CounterMetricFamily("vitrine_model_cost_dollars", "What they cost, as far as prices are known.")
    for state, number, _ in rows:
        calls.add_metric((state,), number)
    cost.add_metric((), sum(dollars or 0.0 for _, _, dollars in rows))
    yield from (calls, cost)


def _waits(db: Database) -> Iterator[Metric]:
    waits = db.write_waits
    yield CounterMetricFamily("vitrine_database_writes", "Writing transactions.", value=waits.entered)
    yield CounterMetricFamily(
        "vitrine_database_write_wait_seconds", "Time they waited for each other.", value=waits.waited_s
    )


def _disk(db: Database) -> Iterator[Metric]:
    free = free_bytes(db.data_dir)
    yield GaugeMetricFamily("vitrine_disk_free_bytes", "Free space on the disk of the data directory.", value=free)
    status = backup_status(db.settings)
    if status is not None and status.last is not None:
        age_s = (datetime.now(UTC) - status.last.manifest.made_at).total_seconds()
        yield GaugeMetricFamily("vitrine_backup_age_seconds", "Age of the newest backup.", value=age_s)

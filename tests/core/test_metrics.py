import urllib.request
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core import Projects
from core import metrics as metrics_module
from core.db import Database, LlmCalls, TaskItems, Tasks
from core.metrics import Metrics
from tests.browser.driving import free_port


def _scraped(port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as reply:
        text = reply.read().decode()
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def test_what_prometheus_reads(db: Database, project: Projects) -> None:
    with db.transaction() as session:
        for status in ("completed", "completed", "failed"):
            session.add(Tasks(project_id=project.id, task_type="export", status=status))
        session.add(LlmCalls(model="someone/model", request_hash="a", state="ok", cost=0.25))
        session.add(LlmCalls(model="someone/model", request_hash="b", state="ok", cost=None))
        session.add(LlmCalls(model="imported", request_hash="", state="ok", cost=9.0))
    metrics, port = Metrics(lambda: db), free_port()
    metrics.serve("127.0.0.1", port)
    try:
        metrics.count("GET", "/api/projects/{project_id}", 200, 0.02)
        metrics.count("GET", "/api/projects/{project_id}", 200, 0.2)
        found = _scraped(port)
    finally:
        metrics.close()

    def value(name: str, **labels: str) -> float:
        return found[name, frozenset(labels.items())]

    assert value("vitrine_requests_total", method="GET", route="/api/projects/{project_id}", status="200") == 2
    assert value("vitrine_request_seconds_bucket", route="/api/projects/{project_id}", le="0.025") == 1
    assert value("vitrine_tasks", kind="export", state="completed") == 2
    assert value("vitrine_tasks", kind="export", state="failed") == 1
    assert value("vitrine_task_items", state="queued") == 0
    assert value("vitrine_model_calls_total", state="ok") == 2
    assert value("vitrine_model_cost_dollars_total") == 0.25
    assert value("vitrine_database_up") == 1
    assert value("vitrine_database_writes_total") >= 2
    assert value("vitrine_disk_free_bytes") > 0
    assert value("process_resident_memory_bytes") > 0
    assert value("process_open_fds") > 0
    labels = {text for _, pairs in found for _, text in pairs}
    assert not labels & {project.id, project.name, "someone/model"}


def test_a_database_that_cannot_be_read_is_a_value_and_the_rest_is_there(db: Database) -> None:
    with db.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE tasks RENAME TO away")
    metrics, port = Metrics(lambda: db), free_port()
    metrics.serve("127.0.0.1", port)
    try:
        found = _scraped(port)
    finally:
        metrics.close()
    assert found["vitrine_database_up", frozenset()] == 0
    assert found["vitrine_disk_free_bytes", frozenset()] > 0


def test_a_port_that_is_taken_is_logged(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    first, second, port = Metrics(lambda: db), Metrics(lambda: db), free_port()
    first.serve("127.0.0.1", port)
    try:
        second.serve("127.0.0.1", port)
        assert "cannot be served" in caplog.text
        second.close()
        assert _scraped(port)
    finally:
        first.close()


def test_the_age_of_the_newest_backup_is_told_where_backups_are_made(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ages() -> list[float]:
        return [one.samples[0].value for one in metrics_module._disk(db) if one.name == "vitrine_backup_age_seconds"]

    assert ages() == []
    made_at = datetime.now(UTC) - timedelta(hours=1)
    status = SimpleNamespace(last=SimpleNamespace(manifest=SimpleNamespace(made_at=made_at)))
    monkeypatch.setattr(metrics_module, "backup_status", lambda _settings: status)
    assert ages() == [pytest.approx(3_600, abs=60)]
    status.last = None
    assert ages() == []


def test_items_are_counted_of_tasks_that_wait_or_run(db: Database, project: Projects) -> None:
    with db.transaction() as session:
        for status, states in (
            ("queued", ["queued", "queued"]), ("running", ["queued", "running", "done"]),
            ("completed", ["queued", "running"]),
        ):  # fmt: skip
            task = Tasks(project_id=project.id, task_type="export", status=status)
            session.add(task)
            session.flush()
            session.add_all(TaskItems(task_id=task.id, position=n, state=state) for n, state in enumerate(states))
    _, items = metrics_module._work(db)
    assert {(one.labels["state"], one.value) for one in items.samples} == {("queued", 3), ("running", 1)}

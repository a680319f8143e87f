"""A stop during a task: it is fast and clean, and the next start continues the task."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx

from tests.browser.driving import AppServer
from tests.pictures import striped


def _wait_for_task(http: httpx.Client, url: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        task = http.get(url).json()
        if task["ended_at"]:
            return str(task["status"])
        time.sleep(0.1)
    raise AssertionError(f"the task did not end: {task}")


def test_sigterm_stops_the_server_and_the_next_start_completes_the_task(tmp_path: Path) -> None:
    with AppServer.running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        project_url = f"/api/projects/{http.post('/api/projects', json={'name': 'Shelf'}).json()['id']}"
        files = [("files", (f"{number}.png", striped(number))) for number in range(5)]
        http.post(f"{project_url}/images", files=files).raise_for_status()
        task = http.post(f"{project_url}/image-questions", json={"num_questions": 5, "concurrency": 1}).json()
        server.process.send_signal(signal.SIGTERM)
        # uvicorn raises the signal again after a clean stop.
        assert server.process.wait(60) in (0, -signal.SIGTERM)
        assert "Traceback" not in server.log_text()

    with closing(sqlite3.connect(tmp_path / "data" / "vitrine.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        done = "SELECT count(*) FROM task_items WHERE state = 'done'"
        asked = "SELECT count(DISTINCT image_id) FROM questions"
        assert database.execute(done).fetchone() == database.execute(asked).fetchone()

    with AppServer.running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        http.get("/api/health").raise_for_status()
        assert _wait_for_task(http, task["url"]) == "completed"
        assert http.get(f"{project_url}/image-questions").json()["total"] == 25

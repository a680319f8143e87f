"""A stop in the middle of work: quick, clean, and the next start goes on."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx

from tests.browser.driving import AppServer
from tests.pictures import striped


def _ended(http: httpx.Client, url: str) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        task = http.get(url).json()
        if task["ended_at"]:
            return str(task["status"])
        time.sleep(0.1)
    raise AssertionError(f"the task did not end: {task}")


def test_sigterm_ends_the_server_within_ten_seconds_with_nothing_half_done(tmp_path: Path) -> None:
    with AppServer.running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        address = f"/api/projects/{http.post('/api/projects', json={'name': 'Shelf'}).json()['id']}"
        files = [("files", (f"{number}.png", striped(number))) for number in range(5)]
        http.post(f"{address}/images", files=files).raise_for_status()
        task = http.post(f"{address}/image-questions", json={"num_questions": 5, "concurrency": 1}).json()
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        # uvicorn hands the signal on to itself once it has stopped cleanly.
        assert server.process.wait(30) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 10
        assert "Traceback" not in server.log_text()

    with closing(sqlite3.connect(tmp_path / "data" / "vitrine.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        done = "SELECT count(*) FROM task_items WHERE state = 'done'"
        asked = "SELECT count(DISTINCT image_id) FROM questions"
        assert database.execute(done).fetchone() == database.execute(asked).fetchone()

    with AppServer.running(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        http.get("/api/health").raise_for_status()
        assert _ended(http, task["url"]) == "completed"
        assert http.get(f"{address}/image-questions").json()["total"] == 25

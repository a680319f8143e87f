"""A hundred people at once: how long a page run and a review decision take while a generation task runs.

Each simulated browser speaks Streamlit's own protocol over a websocket and opens another page every two seconds, a
fifth of them decide on entries besides. A fake provider answers each model call after a second. The same run once
with Vitrine's settings and once with Streamlit's defaults, both in processes of their own.

    python bench/sessions.py [--full] [--sessions N]      --full: three times as long
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import secrets
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from bench.generate import serve
from bench.sample_rows import fill_project
from tests.browser.driving import ROOT, AppServer

PLACES = ("overview", "upload", "explore", "curate", "generate", "export", "tasks")
ENTRIES = 2_000
THINK_S = 2.0
PAGE_RUN_MS, DECISION_MS, SESSION_MB = 100.0, 50.0, 2.0
# What Streamlit does when nobody tells it otherwise.
DEFAULTS = {
    "STREAMLIT_RUNNER_POST_SCRIPT_GC": "true",
    "STREAMLIT_RUNNER_MAGIC_ENABLED": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "auto",
}


@dataclass
class Measured:
    runs_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    decisions_ms: list[float] = field(default_factory=list)
    refused: int = 0
    memory_mb: float = 0.0

    @property
    def every_run_ms(self) -> list[float]:
        return [ms for some in self.runs_ms.values() for ms in some]


class Browser:
    """One session: opens pages and waits until each has been run to its end."""

    def __init__(self, socket: ClientConnection, project_id: str) -> None:
        self._socket = socket
        self._query = f"project={project_id}"
        self._hashes: dict[str, str] = {}
        self._known: list[str] = []

    async def visit(self, place: str) -> float:
        """Open a page and return how many milliseconds its run took, as the browser sees it."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = self._hashes.get(place, "")
        message.rerun_script.page_name = "" if self._hashes or place == "overview" else place
        message.rerun_script.cached_message_hashes.extend(self._known)
        began = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self._socket.recv())
            kind = answer.WhichOneof("type")
            if answer.metadata.cacheable and answer.hash not in self._known:
                self._known = [*self._known[-50:], answer.hash]
            if kind == "navigation":
                self._hashes = {
                    page.url_pathname or "overview": page.page_script_hash for page in answer.navigation.app_pages
                }
            elif kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                raise AssertionError(answer.delta.new_element.exception.message)
            elif kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return (time.perf_counter() - began) * 1000


def open_browser(url: str) -> connect:
    address = url.replace("http", "ws") + "/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], origin=url, compression=None, max_size=None)  # type: ignore[arg-type,list-item]


async def browse(url: str, project_id: str, until: float, measured: Measured) -> None:
    async with open_browser(url) as socket:
        browser = Browser(socket, project_id)
        await asyncio.sleep(random.uniform(0, THINK_S))
        await browser.visit("overview")  # its session begins: not a click
        while time.monotonic() < until:
            await asyncio.sleep(random.uniform(0.5, 1.5) * THINK_S)
            place = random.choice(PLACES)
            measured.runs_ms[place].append(await browser.visit(place))


async def review(http: httpx.AsyncClient, entries: list[dict[str, object]], until: float, measured: Measured) -> None:
    await asyncio.sleep(random.uniform(0, THINK_S))
    while time.monotonic() < until and entries:
        entry = entries.pop()
        act = {
            "act_id": secrets.token_hex(8),
            "entry_id": entry["id"],
            "version": entry["version"],
            "decision": "confirm",
        }
        began = time.perf_counter()
        answer = await http.post("/desk/decide", json={"acts": [act]})
        measured.decisions_ms.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
        measured.refused += not answer.json()["results"][0]["ok"]
        await asyncio.sleep(random.uniform(0.5, 1.5) * THINK_S)


async def crowd(server: AppServer, project_id: str, sessions: int, seconds: float) -> Measured:
    """Let everybody click for some seconds."""
    measured = Measured()
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        await asyncio.gather(*(browse(server.url, project_id, time.monotonic() + 10, Measured()) for _ in range(8)))
        await asyncio.sleep(3)
        before_mb = memory_mb(server.process.pid)
        queue = (await http.get("/desk/queue", params={"project_id": project_id, "limit": 200})).json()["items"]
        until = time.monotonic() + seconds
        people = [browse(server.url, project_id, until, measured) for _ in range(sessions)]
        people += [review(http, queue, until, measured) for _ in range(sessions // 5)]
        weighing = asyncio.create_task(_weigh(server.process.pid, seconds))
        await asyncio.gather(*people)
        measured.memory_mb = (await weighing - before_mb) / sessions
    return measured


async def _weigh(pid: int, seconds: float) -> float:
    """Return the memory while everybody is still there."""
    await asyncio.sleep(seconds - 1)
    return memory_mb(pid)


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(provider_url: str, sessions: int, seconds: float, **environment: str) -> Measured:
    with tempfile.TemporaryDirectory() as name, AppServer.running(Path(name), checkout=ROOT, **environment) as server:
        project_id = fill_project(server.data_dir, entries=ENTRIES)
        model = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-fake", "api_base": f"{provider_url}/v1"}
        with httpx.Client(base_url=server.url, timeout=60) as http:
            work = {"num_questions": 3, "concurrency": 4, "llm_config": model}
            task = http.post(f"/api/projects/{project_id}/image-questions", json=work).raise_for_status().json()
            time.sleep(15)  # what is imported in the background has been
            try:
                measured = asyncio.run(crowd(server, project_id, sessions, seconds))
            except BaseException:
                print(server.log_text()[-40000:], file=sys.stderr)
                raise
            state = http.get(task["url"]).json()
        assert state["status"] == "running", f"the task is {state['status']}: {state['note']}"
        assert state["processed_count"] > 0
        assert state["failed_count"] == 0
        return measured


def at(share: float, values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def show(label: str, measured: Measured) -> None:
    runs, decisions = measured.every_run_ms, measured.decisions_ms
    print(
        f"{label:22} {len(runs):6,} page runs: p50 {at(0.5, runs):6.0f} ms, p95 {at(0.95, runs):6.0f} ms   "
        f"{len(decisions):5,} decisions: p50 {at(0.5, decisions):5.0f} ms, p95 {at(0.95, decisions):5.0f} ms   "
        f"{measured.memory_mb:5.2f} MB a session"
    )
    each = (f"{place} {at(0.5, ms):.0f}/{at(0.95, ms):.0f}" for place, ms in sorted(measured.runs_ms.items()))
    print(f"{'':22} p50/p95 by page: {', '.join(each)}")
    assert not measured.refused, f"{measured.refused} decisions were refused"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three times as long")
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--only", choices=("vitrine", "defaults"), help="one of the two runs")
    given = parser.parse_args()
    seconds = 90.0 if given.full else 30.0
    here, there = multiprocessing.Pipe()
    provider = multiprocessing.Process(target=serve, args=(there, 1.0), daemon=True)
    provider.start()
    url = here.recv()
    ours = None
    if given.only != "defaults":
        ours = measure(url, given.sessions, seconds)
        show("Vitrine", ours)
    if given.only != "vitrine":
        show("Streamlit's defaults", measure(url, given.sessions, seconds, **DEFAULTS))
    here.send("stop")
    if ours is None:
        return 0
    kept = {
        f"a page run below {PAGE_RUN_MS:.0f} ms (p95)": at(0.95, ours.every_run_ms) < PAGE_RUN_MS,
        f"a decision below {DECISION_MS:.0f} ms (p95)": at(0.95, ours.decisions_ms) < DECISION_MS,
        f"a session below {SESSION_MB:.0f} MB": ours.memory_mb < SESSION_MB,
    }
    for promise, holds in kept.items():
        print(f"{'kept  ' if holds else 'MISSED'}  {promise}")
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

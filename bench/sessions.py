"""A hundred concurrent sessions: duration of page runs and review decisions during a generation task.

Each simulated browser uses Streamlit's websocket protocol, clicks every two seconds, and reruns the fragments that
refresh themselves. A click opens or filters a page; its time ends when the whole page run is received. A fifth of the
sessions also send review decisions. A fake provider answers each model call after a second. Three runs in separate
server processes: Vitrine, Vitrine with Streamlit's default settings, and a bare page with as many elements.

    python bench/sessions.py [--full] [--sessions N]      --full: three times as long
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.browsing import Browser, open_browser
from bench.generate import serve
from bench.sample_rows import fill_project
from tests.browser.driving import ROOT, AppServer

# Pages and queries that a click opens; two thirds of them are images, explore and curate.
CLICKS = (
    ("overview", ""), ("upload", ""), ("images", "sort=name"), ("images", "q=color:blue"), ("explore", ""),
    ("explore", "q=kind:count"), ("explore", "q=number"), ("curate", ""), ("curate", "q=kind:scene"), ("generate", ""),
    ("export", ""), ("tasks", ""),
)  # fmt: skip
ENTRIES = 2_000
THINK_S = 2.0
PAGE_RUN_MS, DECISION_MS, SESSION_MB = 100.0, 50.0, 2.0
# Default settings of Streamlit, instead of those of .streamlit/config.toml.
STREAMLIT_DEFAULTS = {
    "STREAMLIT_RUNNER_POST_SCRIPT_GC": "true",
    "STREAMLIT_RUNNER_MAGIC_ENABLED": "true",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "auto",
}


@dataclass
class Measured:
    """Results of one run: durations, failures, and load of the machine in cores."""

    runs_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    decisions_ms: list[float] = field(default_factory=list)
    refused: int = 0
    unanswered: int = 0
    elements: list[int] = field(default_factory=list)
    memory_mb: float = 0.0
    server_cores: float = 0.0
    own_cores: float = 0.0
    other_cores: float = 0.0

    @property
    def every_run_ms(self) -> list[float]:
        return [ms for some in self.runs_ms.values() for ms in some]

    @property
    def elements_of_a_page(self) -> int:
        return round(statistics.mean(self.elements))


async def browse(url: str, project_id: str, until: float, measured: Measured) -> None:
    async with open_browser(url) as socket:
        browser = Browser(socket, project_id)
        listening = asyncio.create_task(browser.listen())
        clicking = asyncio.create_task(_click(browser, until, measured))
        await asyncio.wait((listening, clicking), return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            listening.result()
        clicking.result()
        listening.cancel()


async def _click(browser: Browser, until: float, measured: Measured) -> None:
    await asyncio.sleep(random.uniform(0, THINK_S))
    await _visit(browser, ("overview", ""), until, measured)
    while time.monotonic() < until:
        await asyncio.sleep(random.uniform(0.5, 1.5) * THINK_S)
        await _visit(browser, random.choice(CLICKS), until, measured)


async def _visit(browser: Browser, click: tuple[str, str], until: float, measured: Measured) -> None:
    """Record the duration of one click; without an answer at the end, the time waited so far."""
    started_s = time.monotonic()
    try:
        async with asyncio.timeout(max(until - started_s, 0) + 1):
            took_ms = await browser.visit(*click)
    except TimeoutError:
        took_ms = (time.monotonic() - started_s) * 1000
        measured.unanswered += 1
    measured.runs_ms[click[0]].append(took_ms)
    measured.elements.append(browser.elements)


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
        started_s = time.perf_counter()
        answer = await http.post("/desk/decide", json={"acts": [act]})
        measured.decisions_ms.append((time.perf_counter() - started_s) * 1000)
        assert answer.status_code == 200, answer.text
        measured.refused += not answer.json()["results"][0]["ok"]
        await asyncio.sleep(random.uniform(0.5, 1.5) * THINK_S)


async def run_sessions(server: AppServer, project_id: str, sessions: int, seconds: float) -> Measured:
    """Run all sessions for *seconds*; without a *project_id* there are no review decisions."""
    measured, pid = Measured(), server.process.pid
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as http:
        await asyncio.gather(*(browse(server.url, project_id, time.monotonic() + 10, Measured()) for _ in range(8)))
        await asyncio.sleep(3)
        before_mb, before_s = memory_mb(pid), (cpu_s(pid), cpu_s(os.getpid()), machine_s())
        until = time.monotonic() + seconds
        people = [browse(server.url, project_id, until, measured) for _ in range(sessions)]
        if project_id:
            queue = (await http.get("/desk/queue", params={"project_id": project_id, "limit": 200})).json()["items"]
            people += [review(http, queue, until, measured) for _ in range(sessions // 5)]
        measuring_memory = asyncio.create_task(_memory_near_end(pid, seconds))
        await asyncio.gather(*people)
        measured.memory_mb = (await measuring_memory - before_mb) / sessions
        after_s = cpu_s(pid), cpu_s(os.getpid()), machine_s()
        server_cores, own_cores, all_cores = ((b - a) / seconds for a, b in zip(before_s, after_s, strict=True))
        measured.server_cores, measured.own_cores = server_cores, own_cores
        measured.other_cores = all_cores - server_cores - own_cores
    return measured


async def _memory_near_end(pid: int, seconds: float) -> float:
    """Return the memory one second before the end, while all sessions are open."""
    await asyncio.sleep(seconds - 1)
    return memory_mb(pid)


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Return the CPU time of the process."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def machine_s() -> float:
    """Return the CPU time of all cores together."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(provider_url: str, sessions: int, seconds: float, **environment: str) -> Measured:
    with tempfile.TemporaryDirectory() as name, AppServer.running(Path(name), checkout=ROOT, **environment) as server:
        project_id = fill_project(server.data_dir, entries=ENTRIES)
        model = {"provider": "openai", "model": "gpt-4o", "api_key": "sk-fake", "api_base": f"{provider_url}/v1"}
        with httpx.Client(base_url=server.url, timeout=60) as http:
            body = {"num_questions": 3, "concurrency": 4, "llm_config": model}
            task = http.post(f"/api/projects/{project_id}/image-questions", json=body).raise_for_status().json()
            time.sleep(15)  # until the background imports are done
            measured = _run_or_print_log(server, project_id, sessions, seconds)
            state = http.get(task["url"]).json()
        assert state["status"] == "running", f"the task is {state['status']}: {state['note']}"
        assert state["processed_count"] > 0
        assert state["failed_count"] == 0
        return measured


def measure_bare(elements: int, sessions: int, seconds: float) -> Measured:
    """Run the sessions on an app that only draws *elements* texts."""
    script = str(ROOT / "bench" / "bare" / "elements.py")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)  # without .streamlit/config.toml
        with AppServer.running(
            directory, checkout=directory, script=script, BARE_ELEMENTS=str(elements), **STREAMLIT_DEFAULTS
        ) as server:
            return _run_or_print_log(server, "", sessions, seconds)


def _run_or_print_log(server: AppServer, project_id: str, sessions: int, seconds: float) -> Measured:
    try:
        return asyncio.run(run_sessions(server, project_id, sessions, seconds))
    except BaseException:
        print(server.log_text()[-40_000:], file=sys.stderr)
        raise


def quantile(share: float, values: list[float]) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def p50_and_p95(values: list[float]) -> str:
    return f"p50 {quantile(0.5, values):,.0f} ms, p95 {quantile(0.95, values):,.0f} ms" if values else "none"


def show(label: str, measured: Measured) -> None:
    runs = measured.every_run_ms
    unanswered = f", {measured.unanswered:,} never answered" if measured.unanswered else ""
    print(f"{label}: {len(runs):,} page runs, {p50_and_p95(runs)}{unanswered}")
    print(f"    {measured.elements_of_a_page} elements per page")
    print(f"    {len(measured.decisions_ms):,} decisions, {p50_and_p95(measured.decisions_ms)}")
    print(
        f"    {measured.memory_mb:.2f} MB per session; of the machine's {os.cpu_count()} cores the server used "
        f"{measured.server_cores:.2f}, the simulated browsers {measured.own_cores:.2f}, everything else "
        f"{measured.other_cores:.2f}"
    )
    by_page = (
        f"{page} {quantile(0.5, ms):,.0f}/{quantile(0.95, ms):,.0f}" for page, ms in sorted(measured.runs_ms.items())
    )
    print(f"    p50/p95 by page: {', '.join(by_page)}", flush=True)
    assert not measured.refused, f"{measured.refused} decisions were refused"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="three times as long")
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--only", choices=("vitrine", "defaults", "bare"), help="do this run only")
    given = parser.parse_args()
    seconds = 90.0 if given.full else 30.0
    here, there = multiprocessing.Pipe()
    multiprocessing.Process(target=serve, args=(there, 1.0), daemon=True).start()
    url = here.recv()
    ours = None
    if given.only in (None, "vitrine"):
        ours = measure(url, given.sessions, seconds)
        show("Vitrine", ours)
    if given.only in (None, "defaults"):
        show("Vitrine with Streamlit's default settings", measure(url, given.sessions, seconds, **STREAMLIT_DEFAULTS))
    if given.only in (None, "bare"):
        elements = ours.elements_of_a_page if ours else 60
        show("A bare Streamlit page", measure_bare(elements, given.sessions, seconds))
    here.send("stop")
    return 0 if ours is None else check_bounds(ours)


def check_bounds(ours: Measured) -> int:
    """Print which bounds hold; return the exit code, 0 if all do."""
    bounds = {
        f"a page run below {PAGE_RUN_MS:.0f} ms (p95)": quantile(0.95, ours.every_run_ms) < PAGE_RUN_MS,
        f"a decision below {DECISION_MS:.0f} ms (p95)": quantile(0.95, ours.decisions_ms) < DECISION_MS,
        f"a session below {SESSION_MB:.0f} MB": ours.memory_mb < SESSION_MB,
    }
    for bound, holds in bounds.items():
        print(f"{'ok    ' if holds else 'MISSED'}  {bound}")
    return 0 if all(bounds.values()) else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

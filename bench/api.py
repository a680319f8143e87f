"""The REST API under load from a second process, against a bare FastAPI route that returns the same bytes.

Run from the project's directory: ``PYTHONPATH=. python bench/api.py``. Both servers run at the same time with the
same event loop; rounds alternate between them, and the median of the ratios counts: at least 0.5, also while entries
are written.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.browser.driving import ROOT, AppServer, free_port
from tests.pictures import photo_like

CONNECTIONS = 8
IMAGES, ENTRIES = 100, 1000
# A server begins to import litellm and datasets ten seconds after its start; that is not what is measured here.
WARM_UP_S = 20
WRITES_PER_S = 10
AT_LEAST = 0.5

_BARE = """
import json, sys
from pathlib import Path
from fastapi import FastAPI, Response
app = FastAPI()
for place, (path, kind, body) in enumerate(json.loads(Path({kept!r}).read_text())):
    def route(content=Path(body).read_bytes(), kind=kind):
        async def answer() -> Response:
            return Response(content, media_type=kind)
        return answer
    app.get(path)(route())
"""


@contextmanager
def bare_server(directory: Path, kept: list[tuple[str, str, str]]) -> Iterator[str]:
    """Serve the same bytes by routes that do nothing else."""
    import json

    (directory / "kept.json").write_text(json.dumps(kept))
    (directory / "bare_api.py").write_text(_BARE.format(kept=str(directory / "kept.json")))
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "bare_api:app",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "--no-access-log",
        ],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(directory)},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def fill(http: httpx.Client) -> str:
    """Make a project with images and entries and return its id."""
    project_id = str(http.post("/api/projects", json={"name": "Bench"}).json()["id"])
    address = f"/api/projects/{project_id}"
    files = [("files", (f"{n}.jpg", photo_like(n))) for n in range(IMAGES)]
    images = [result["image"]["id"] for result in http.post(f"{address}/images", files=files).json()["results"]]
    for number in range(ENTRIES):
        image_id = images[number % IMAGES]
        body = {
            "image_id": image_id,
            "question": f"What is number {number}?",
            "answer": "It is a photograph of a shelf.",
        }
        http.post(f"{address}/image-datasets", json=body).raise_for_status()
    return project_id


async def rate(url: str, path: str, seconds: float) -> float:
    """Return answers per second over a number of kept connections."""
    host, port = url.removeprefix("http://").split(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    done, until = 0, time.monotonic() + seconds

    async def ask() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(host, int(port), limit=4_000_000)
        while time.monotonic() < until:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    began = time.monotonic()
    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return done / (time.monotonic() - began)


@contextmanager
def entries_arriving(http: httpx.Client, project_id: str, image_id: str) -> Iterator[None]:
    """Write entries all the while."""
    stopped = threading.Event()

    def write() -> None:
        while not stopped.wait(1 / WRITES_PER_S):
            body = {"image_id": image_id, "question": f"What about {time.monotonic_ns()}?", "answer": "It arrived."}
            http.post(f"/api/projects/{project_id}/image-datasets", json=body).raise_for_status()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stopped.set()
        writer.join()


def compare(name: str, ours: tuple[str, str], theirs: tuple[str, str], rounds: int, seconds: float) -> float:
    """Ask both by turns, print what they manage, and return the median of the ratios."""
    mine, others = [], []
    for _ in range(rounds):
        mine.append(asyncio.run(rate(*ours, seconds)))
        others.append(asyncio.run(rate(*theirs, seconds)))
    ratio = statistics.median(a / b for a, b in zip(mine, others, strict=True))
    print(f"{name:36} {statistics.median(mine):8,.0f}/s {statistics.median(others):8,.0f}/s {ratio:6.2f}", flush=True)
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="longer rounds, and more of them")
    seconds, rounds = (5.0, 7) if parser.parse_args().full else (1.5, 3)
    with (
        tempfile.TemporaryDirectory() as name,
        AppServer.running(Path(name)) as server,
        httpx.Client(base_url=server.url, timeout=300) as http,
    ):
        project_id = fill(http)
        image = http.get(f"/api/projects/{project_id}/images", params={"limit": 1}).json()["items"][0]
        paths = {
            "entries, 100 a page": f"/api/projects/{project_id}/image-datasets?limit=100",
            "entries, 20 a page": f"/api/projects/{project_id}/image-datasets?limit=20",
            "images, 100 a page": f"/api/projects/{project_id}/images?limit=100",
            "thumbnail": f"/img/{image['id']}/thumb",
            "view": f"/img/{image['id']}/view",
        }
        kept = []
        for number, path in enumerate(paths.values()):
            answer = http.get(path).raise_for_status()
            (Path(name) / f"{number}.bytes").write_bytes(answer.content)
            kept.append((f"/bare{number}", answer.headers["Content-Type"], str(Path(name) / f"{number}.bytes")))
        time.sleep(WARM_UP_S)
        ratios = []
        with bare_server(Path(name), kept) as bare:
            print(f"{'route':36} {'Vitrine':>10} {'bare':>10} {'ratio':>6}")
            for (label, path), (bare_path, _, body) in zip(paths.items(), kept, strict=True):
                label = f"{label}, {Path(body).stat().st_size:,} bytes"
                ratios.append(compare(label, (server.url, path), (bare, bare_path), rounds, seconds))
                with entries_arriving(http, project_id, image["id"]):
                    what = f"  with {WRITES_PER_S} writes a second"
                    ratios.append(compare(what, (server.url, path), (bare, bare_path), rounds, seconds))
    kept_all = min(ratios) >= AT_LEAST
    print(f"{'kept  ' if kept_all else 'MISSED'}  at least {AT_LEAST} of a bare route")
    return 0 if kept_all else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

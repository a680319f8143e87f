"""Throughput of the REST API, compared with a bare FastAPI route that returns the same bytes.

Run from the project's directory: ``PYTHONPATH=. python bench/api.py``. Both servers run at the same time with the same
event loop implementation, and the load comes from a third process. Rounds alternate between the servers. The bound is
on the median of the ratios: at least 0.5, also while entries are written.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.serving import served
from tests.browser.driving import ROOT, AppServer
from tests.pictures import photo_like

CONNECTIONS = 8
IMAGES, ENTRIES = 100, 1000
# The server imports litellm about ten seconds after its start; the measurement begins after that.
WARM_UP_S = 20
WRITES_PER_S = 10
RATIO_AT_LEAST = 0.5

_BARE_APP = """
import json, sys
from pathlib import Path
from fastapi import FastAPI, Response
app = FastAPI()
for path, content_type, file in json.loads(Path({responses!r}).read_text()):
    def route(content=Path(file).read_bytes(), content_type=content_type):
        async def respond() -> Response:
            return Response(content, media_type=content_type)
        return respond
    app.get(path)(route())
"""


@contextmanager
def bare_server(directory: Path, responses: list[tuple[str, str, str]]) -> Iterator[str]:
    """Serve *responses* (path, content type, file with the body) by routes that do nothing else; yield the URL."""
    (directory / "responses.json").write_text(json.dumps(responses))
    with served(directory, _BARE_APP.format(responses=str(directory / "responses.json"))) as url:
        yield url


def fill(http: httpx.Client) -> str:
    """Create a project with images and entries and return its id."""
    project_id = str(http.post("/api/projects", json={"name": "Bench"}).json()["id"])
    project_url = f"/api/projects/{project_id}"
    files = [("files", (f"{n}.jpg", photo_like(n))) for n in range(IMAGES)]
    images = [result["image"]["id"] for result in http.post(f"{project_url}/images", files=files).json()["results"]]
    for number in range(ENTRIES):
        image_id = images[number % IMAGES]
        body = {
            "image_id": image_id,
            "question": f"What is number {number}?",
            "answer": "It is a photograph of a shelf.",
        }
        http.post(f"{project_url}/image-datasets", json=body).raise_for_status()
    return project_id


async def rate(url: str, path: str, seconds: float, cookie: str = "") -> float:
    """Return responses per second over CONNECTIONS keep-alive connections."""
    host, port = url.removeprefix("http://").split(":")
    cookie_line = f"Cookie: {cookie}\r\n" if cookie else ""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{cookie_line}\r\n".encode()
    done, until = 0, time.monotonic() + seconds

    async def send_requests() -> None:
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

    started_s = time.monotonic()
    await asyncio.gather(*(send_requests() for _ in range(CONNECTIONS)))
    return done / (time.monotonic() - started_s)


@contextmanager
def concurrent_writes(http: httpx.Client, project_id: str, image_id: str) -> Iterator[None]:
    """Create entries at WRITES_PER_S in a thread."""
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


def compare(name: str, ours: tuple[str, str], bare: tuple[str, str], rounds: int, seconds: float) -> float:
    """Measure both alternately, print the rates, and return the median of the ratios."""
    our_rates, bare_rates = [], []
    for _ in range(rounds):
        our_rates.append(asyncio.run(rate(*ours, seconds)))
        bare_rates.append(asyncio.run(rate(*bare, seconds)))
    ratio = statistics.median(a / b for a, b in zip(our_rates, bare_rates, strict=True))
    our_rate, bare_rate = statistics.median(our_rates), statistics.median(bare_rates)
    print(f"{name:36} {our_rate:8,.0f}/s {bare_rate:8,.0f}/s {ratio:6.2f}", flush=True)
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more and longer rounds")
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
        responses = []
        for number, path in enumerate(paths.values()):
            response = http.get(path).raise_for_status()
            file = Path(name) / f"{number}.bytes"
            file.write_bytes(response.content)
            responses.append((f"/bare{number}", response.headers["Content-Type"], str(file)))
        time.sleep(WARM_UP_S)
        ratios = []
        with bare_server(Path(name), responses) as bare:
            print(f"{'route':36} {'Vitrine':>10} {'bare':>10} {'ratio':>6}")
            for (label, path), (bare_path, _, body) in zip(paths.items(), responses, strict=True):
                label = f"{label}, {Path(body).stat().st_size:,} bytes"
                ratios.append(compare(label, (server.url, path), (bare, bare_path), rounds, seconds))
                with concurrent_writes(http, project_id, image["id"]):
                    label = f"  with {WRITES_PER_S} writes per second"
                    ratios.append(compare(label, (server.url, path), (bare, bare_path), rounds, seconds))
    within = min(ratios) >= RATIO_AT_LEAST
    print(f"{'ok    ' if within else 'MISSED'}  at least {RATIO_AT_LEAST} of a bare route")
    return 0 if within else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

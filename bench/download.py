"""Downloading a finished export, compared with a bare route that serves the same file.

Run from the project's directory: ``PYTHONPATH=. python bench/download.py``. Both servers run at the same time; the
client accepts gzip, as browsers do. Rounds alternate, and so does the order within them. The bound is on the median of
the ratios: at least 0.8 of the bare route.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.serving import served
from core import ProjectService, connect
from core.db import Exports
from tests.browser.driving import ROOT, AppServer

RATIO_AT_LEAST = 0.8
_BARE_APP = """
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route
app = Starlette(routes=[Route("/bare", lambda request: FileResponse({path!r}))])
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="a larger file, more rounds")
    size_mb, rounds = (450, 9) if parser.parse_args().full else (150, 5)
    with tempfile.TemporaryDirectory() as name, AppServer.running(Path(name)) as server:
        file = server.data_dir / "exports" / "shelf.zip"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            for _ in range(size_mb):
                out.write(os.urandom(1_000_000))
        ours = f"{server.url}/exports/{_export_of(server.data_dir, file)}"
        with served(Path(name), _BARE_APP.format(path=str(file))) as bare:
            ratios = [_ratio(ours, f"{bare}/bare", size_mb, number) for number in range(rounds)]
    ratio = statistics.median(ratios)
    holds = ratio >= RATIO_AT_LEAST
    print(f"{'ok    ' if holds else 'MISSED'}  {size_mb} MB at {ratio:.2f} of bare (at least {RATIO_AT_LEAST})")
    return 0 if holds else 1


def _export_of(data_dir: Path, file: Path) -> str:
    with connect(data_dir) as db:
        project = ProjectService(db).create_project("Shelf")
        export = Exports(
            project_id=project.id, format="llava", path=f"exports/{file.name}", size_bytes=file.stat().st_size
        )
        with db.transaction() as session:
            session.add(export)
    return export.id


def _ratio(ours: str, bare: str, size_mb: int, number: int) -> float:
    order = (ours, bare) if number % 2 == 0 else (bare, ours)
    took_s = {url: _download_s(url, size_mb) for url in order}
    print(f"{size_mb / took_s[ours]:,.0f} MB/s, bare {size_mb / took_s[bare]:,.0f} MB/s")
    return took_s[bare] / took_s[ours]


def _download_s(url: str, size_mb: int) -> float:
    began_s, received = time.perf_counter(), 0
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip, br"}, timeout=120) as answer:
        for chunk in answer.iter_raw(1 << 20):
            received += len(chunk)
    assert received == size_mb * 1_000_000, (answer.status_code, received)
    return time.perf_counter() - began_s


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

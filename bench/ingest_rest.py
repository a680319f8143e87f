"""Images through the REST API in batches of 50, for ``bench/ingest.py``: rate and memory."""

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from core.db import new_id
from tests.browser.driving import AppServer

BATCH_FILES = 50
OF_BARE_AT_LEAST = 0.6
OF_DIRECTORY_AT_LEAST = 0.5
ROUNDS = 3
_BACKGROUND_IMPORTS_S = 15.0


def compare(
    root: Path, directory: Path, bare: Callable[[Path], float], imported: Callable[[Path], float]
) -> dict[str, Any]:
    """Upload the files of *root* alternately with the minimal loop and with an import of the directory.

    Args:
        bare: runs the minimal loop in a directory and returns images per second, as *imported* does for the import.
    """
    rates: dict[str, list[float]] = {"bare": [], "directory": [], "rest": []}
    with AppServer.running(directory) as server, httpx.Client(base_url=server.url, timeout=600) as client:
        paths = sorted(root.iterdir())
        _upload(client, paths[:8])
        time.sleep(_BACKGROUND_IMPORTS_S)
        before_mb = _memory_mb(server.process.pid)
        for number in range(ROUNDS):
            (directory / f"round {number}").mkdir()
            rates["bare"].append(bare(directory / f"round {number}" / "bare"))
            rates["directory"].append(imported(directory / f"round {number}" / "data"))
            rates["rest"].append(_upload(client, paths))
        after_mb = _memory_mb(server.process.pid)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "images": len(paths),
        **{f"{name}_per_s": round(value, 1) for name, value in medians.items()},
        "of_bare": round(medians["rest"] / medians["bare"], 2),
        "of_directory": round(medians["rest"] / medians["directory"], 2),
        "wanted": f"at least {OF_BARE_AT_LEAST} of bare, {OF_DIRECTORY_AT_LEAST} of directory",
        "server_mb": {"before": before_mb[0], "peak": after_mb[0]},
        "largest_worker_mb": {"before": before_mb[1], "peak": after_mb[1]},
    }


def _upload(client: httpx.Client, paths: list[Path]) -> float:
    """Upload into a new project and return images per second."""
    project = client.post("/api/projects", json={"name": f"Upload {new_id()}"}).raise_for_status().json()
    started_s = time.perf_counter()
    for start in range(0, len(paths), BATCH_FILES):
        files = [("files", (path.name, path.read_bytes())) for path in paths[start : start + BATCH_FILES]]
        client.post(f"/api/projects/{project['id']}/images", files=files).raise_for_status()
    return len(paths) / (time.perf_counter() - started_s)


def _memory_mb(pid: int) -> tuple[int, int]:
    """Return the peak resident memory of a process, and the largest of those below it."""
    below = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in below.splitlines()}
    children = [child for child in parents if _is_below(child, pid, parents)]
    return _peak_mb(pid), max((_peak_mb(child) for child in children), default=0)


def _is_below(child: int, pid: int, parents: dict[int, int]) -> bool:
    while child in parents:
        child = parents[child]
        if child == pid:
            return True
    return False


def _peak_mb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) // 1000 for line in lines if line.startswith("VmHWM")), 0)

"""Serving a bare application in a process of its own, as the counterpart of a server that is measured."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.browser.driving import free_port

_START_S, _POLL_INTERVAL_S = 30, 0.05


@contextmanager
def served(directory: Path, source: str) -> Iterator[str]:
    """Serve the ASGI application ``app`` of a module's *source* by uvicorn, and yield its URL.

    Args:
        directory: Where the module is written.
        source: The text of the module.
    """
    (directory / "bare_app.py").write_text(source)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bare_app:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(
        [*command, "--no-access-log"], cwd=directory, env=os.environ | {"PYTHONPATH": str(directory)}
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            try:
                httpx.head(url)
                break
            except httpx.TransportError:
                time.sleep(_POLL_INTERVAL_S)
        yield url
    finally:
        process.terminate()
        process.wait(10)

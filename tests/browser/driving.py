"""Starting the app, finding Chromium, and waiting for a page to settle: for the browser tests and the benches."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The first one is Chromium without windows: it takes three quarters of the time for a page.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Return the path of the machine's Chromium, None when it has none."""
    named = os.environ.get("VITRINE_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


# Below those that a system gives to clients and to whoever asks for any: nobody takes one between probe and start.
_PORTS = range(12_000, 32_000)


def free_port() -> int:
    """Return a port that is free, by chance: two processes of tests ask at the same moment, with the same seed."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class AppServer:
    """A running app, with its data in ``data_dir`` and its output in ``log``."""

    url: str
    data_dir: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        directory: Path,
        *,
        checkout: Path = ROOT,
        script: str = "Home.py",
        module: str = "streamlit run",
        **environment: str,
    ) -> Iterator["AppServer"]:
        """Serve *script* of *checkout* on a free port until the block ends; hot reload is off by default.

        *module* is what ``python -m`` runs. ``vitrine`` with an empty *script* is the installed command.
        """
        settings = {"VITRINE_DATA_DIR": str(directory / "data"), "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
        port, log = free_port(), directory / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *module.split(), *filter(None, [script]), *_port_option(module, port)],
                cwd=checkout,
                env=os.environ | settings | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = cls(f"http://127.0.0.1:{port}", directory / "data", log, process)
        try:
            server.wait_until_healthy()
            yield server
        finally:
            server.stop()

    def wait_until_healthy(self, timeout_s: float = 120.0) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the app ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=30) as reply:  # noqa: S310
                    if reply.status == 200:
                        return
            except urllib.error.HTTPError as refused:
                if refused.code == 401:  # the gate of an app with a password
                    return
                time.sleep(0.02)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise AssertionError(f"the app was not ready after {timeout_s:.0f} s:\n{self.log_text()}")

    def stop(self) -> None:
        """Terminate the app as a service manager does; kill its process group after a timeout."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(60)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def _port_option(module: str, port: int) -> list[str]:
    return ["--server.port" if "streamlit" in module else "--port", str(port)]


def settle(page: Page, timeout_s: float = 60.0) -> None:
    """Wait until the page run has ended."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning]", state="attached", timeout=timeout_s * 1000
    )
    page.wait_for_selector("[data-testid=stMain] [data-testid=stVerticalBlock]", timeout=timeout_s * 1000)


def wait_until_at_rest(node: Locator) -> None:
    """Wait until an element is where it was a quarter of a second before, such as in a drawer that slides in."""
    before = None
    while (box := node.bounding_box()) is None or box != before:
        before = box
        node.page.wait_for_timeout(250)

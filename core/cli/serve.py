"""Serves the app: Streamlit running ``Home.py``, in this process (exec) or in one of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

_HOME = Path(__file__).parents[2] / "Home.py"
_DISTRIBUTION = "vitrine-vqa"
_HOST, _PORT = "127.0.0.1", 8501  # as in .streamlit/config.toml
_THIS_MACHINE = (None, "127.0.0.1", "::1", "localhost")

Host = Annotated[str | None, typer.Option(help="Address to listen on; a password is needed beyond this machine.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 8501 by default.", min=1, max=65535)]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser when this machine has one.")]


def version_text() -> str:
    """Return "vitrine 0.1.0", or the same for a checkout that is not installed."""
    try:
        return f"vitrine {version(_DISTRIBUTION)}"
    except PackageNotFoundError:
        return "vitrine, from a checkout that is not installed"


def use_data_directory(path: str | None) -> None:
    """Make *path* the data directory of this process and of those it starts; None keeps the configured one."""
    if path is not None:
        os.environ["VITRINE_DATA_DIR"] = str(Path(path).resolve())


def command(host: str | None, port: int | None) -> list[str]:
    """Return the command that serves the app; None leaves a value to ``.streamlit/config.toml``."""
    options = {"server.address": host, "server.port": port}
    given = [f"--{name}={value}" for name, value in options.items() if value is not None]
    # An installed package does not change while it runs: nothing has to be watched.
    return [sys.executable, "-m", "streamlit", "run", str(_HOME), "--server.fileWatcherType=none", *given]


def has_browser() -> bool:
    """Return whether whoever runs the command sees a browser that is opened here."""
    if "SSH_CONNECTION" in os.environ:
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False  # what is found then reads in the terminal
    with suppress(webbrowser.Error):
        return webbrowser.get() is not None
    return False


def run(host: str | None, port: int | None, *, browser: bool = True) -> int:
    """Serve until stopped and return the exit code.

    Where there is nothing to open and the system can do it, this process becomes the server, and nothing returns.
    """
    if os.name == "posix" and not opens(host, browser=browser):
        arguments = command(host, port)
        os.execv(arguments[0], arguments)  # noqa: S606 - a list of arguments, no shell
    return run_inside(host, port, browser=browser)


def run_inside(host: str | None, port: int | None, *, browser: bool = True) -> int:
    """Serve in another process until that is stopped, and return its exit code."""
    server = subprocess.Popen(command(host, port))
    if opens(host, browser=browser):
        threading.Thread(target=open_browser, args=(host or _HOST, port or _port()), daemon=True).start()
    # Ctrl+C reaches both processes; a request to end reaches this one alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: server.terminate())
    return server.wait()


def opens(host: str | None, *, browser: bool) -> bool:
    """Return whether a browser is opened: *browser* says whether it is wanted."""
    return browser and host in _THIS_MACHINE and has_browser()


def _port() -> int:
    return int(os.environ.get("STREAMLIT_SERVER_PORT", _PORT))


def open_browser(host: str, port: int) -> None:
    """Open the browser once the server listens; give up after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(f"http://{f'[{host}]' if ':' in host else host}:{port}")
            return

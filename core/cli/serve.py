"""Serves the app: replaces this process (exec) with Streamlit running ``Home.py``."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_HOME = Path(__file__).parents[2] / "Home.py"
_DISTRIBUTION = "vitrine-vqa"


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


def run(host: str | None, port: int | None) -> int:
    """Serve until stopped and return the exit code; on POSIX this process becomes the server and nothing returns."""
    arguments = command(host, port)
    if os.name == "posix":
        os.execv(arguments[0], arguments)  # noqa: S606 - a list of arguments, no shell
    return subprocess.call(arguments)

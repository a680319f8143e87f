"""Opening the app from Python: in the cell of a notebook, or in a browser's tab; started when it is not running."""

import atexit
import os
import socket
import subprocess
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from core.arguments import kind_of
from core.config import Settings, load_settings
from core.db import Database, Projects, open_databases
from core.errors import InvalidInputError, VitrineError
from core.progress import in_notebook

DEFAULT_PORT = 8501
HOST = "localhost"
"""As Jupyter calls itself: a frame of another host would get no cookies."""
_START_TIMEOUT_S = 60.0
_POLL_INTERVAL_S = 0.2
_ANSWER_TIMEOUT_S = 3.0
# What a browser sends for a page in a frame of a notebook.
_AS_FRAME = {
    "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe",
    "Referer": f"http://{HOST}:8888/",
}  # fmt: skip


@dataclass(frozen=True)
class _App:
    process: "subprocess.Popen[bytes]"
    port: int


_started: dict[Path, _App] = {}


@dataclass(frozen=True)
class ShownApp:
    """The app at its address; a notebook shows it in the cell."""

    url: str
    height_px: int = 800
    is_in_cell: bool = False

    def __repr__(self) -> str:
        return f"Vitrine at {self.url}"

    def _repr_html_(self) -> str:
        link = f'<p>Vitrine at <a href="{self.url}" target="_blank">{self.url}</a></p>'
        if not self.is_in_cell:
            return link
        style = "width:100%;border:1px solid #8884;border-radius:8px"
        return f'{link}<iframe src="{self.url}" height="{self.height_px}" style="{style}" title="Vitrine"></iframe>'


def show(project: "Projects | str | None" = None, *, port: int = DEFAULT_PORT, height_px: int = 800) -> ShownApp:
    """Open the running app: in the cell of a notebook, else in a tab of the browser. Start it when it is not running.

    The address is in what is returned. An app that is started here ends with this process; Ctrl+C does not reach it.

    Args:
        project: a project or its id, which the app shows; None for the list of projects.
        port: where the app is looked for; one that is started takes a free port when another program has this one.
        height_px: of the frame in the cell.

    Raises:
        InvalidInputError: *project* is something else.
        VitrineError: the app did not start.
    """
    if project is not None and not isinstance(project, Projects | str):
        raise InvalidInputError(f"Pass show a project or its id, not {kind_of(project)}.", field="project")
    project_id = project.id if isinstance(project, Projects) else project
    settings = _settings_of(project_id)
    base = _running(settings.data_dir, port, project_id) or _start(settings, port)
    url = f"{base}/?{urlencode({'project': project_id})}" if project_id else base
    is_notebook = in_notebook()
    if not is_notebook:
        webbrowser.open(url)
    return ShownApp(url, height_px, is_in_cell=is_notebook and _may_be_framed(url))


def stop_shown() -> None:
    """Stop the apps that :func:`show` started in this process; they stop with it anyway."""
    while _started:
        _, app = _started.popitem()
        app.process.terminate()
        app.process.wait()


def _settings_of(project_id: str | None) -> Settings:
    """Return the settings of the open database that has the project, or of the only open one, else the configured."""
    opened = open_databases()
    if project_id is not None:
        found = [database for database in opened if _has_project(database, project_id)]
        if not found:
            raise InvalidInputError(
                "No open database has this project. Open it first, as in db = connect(path).", field="project"
            )
        return found[0].settings
    return opened[0].settings if len(opened) == 1 else load_settings()


def _has_project(database: Database, project_id: str) -> bool:
    with database.reading() as session:
        project = session.get(Projects, project_id)
    return project is not None and project.deleted_at is None


def _running(data_dir: Path, port: int, project_id: str | None) -> str | None:
    """Return the address of a running app on the same data, None when there is none."""
    own = _started.get(data_dir.resolve())
    if own is not None and own.process.poll() is None:
        return _address(own.port)
    if project_id is None:
        return None  # another app at this port may be of other data
    answer = _get(f"{_address(port)}/api/projects/{project_id}")
    return _address(port) if answer is not None and answer.status_code == httpx.codes.OK else None


def _start(settings: Settings, port: int) -> str:
    from core.cli.serve import command

    chosen = _free_port(port)
    environment = {**os.environ, "VITRINE_DATA_DIR": str(settings.data_dir.resolve())}
    environment.setdefault("VITRINE_FRAMED_BY", f"{HOST},127.0.0.1")
    if settings.database_url:
        environment["VITRINE_DATABASE_URL"] = settings.database_url
    process = subprocess.Popen(
        command(None, chosen), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    if not _started:
        atexit.register(stop_shown)
    _started[settings.data_dir.resolve()] = _App(process, chosen)
    _wait_until_it_answers(process, chosen)
    return _address(chosen)


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while (answer := _get(f"{_address(port)}/api/ready")) is None or answer.status_code != httpx.codes.OK:
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise VitrineError("The app did not start. Run vitrine in a terminal, where it says why.")
        time.sleep(_POLL_INTERVAL_S)


def _free_port(wanted: int) -> int:
    """Return *wanted*, or a free port when another program has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise VitrineError("No port is free on this machine. Close other programs, then try again.")


def _may_be_framed(url: str) -> bool:
    answer = _get(url, _AS_FRAME)
    return answer is not None and answer.status_code == httpx.codes.OK and "X-Frame-Options" not in answer.headers


def _address(port: int) -> str:
    return f"http://{HOST}:{port}"


def _get(url: str, headers: dict[str, str] | None = None) -> Any:
    try:
        return httpx.get(url, headers=headers, timeout=_ANSWER_TIMEOUT_S, trust_env=False)
    except httpx.HTTPError:
        return None

"""The app, opened from Python."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import core
from core.db import Database
from core.errors import InvalidInputError, VitrineError
from core.notebook import showing
from tests.fakes.http_server import Answer, HttpServer


class Machine:
    """The programs, pages and browser of a machine on which nothing is started really."""

    def __init__(self) -> None:
        self.running: dict[str, httpx.Response] = {}
        self.started: list[dict[str, str]] = []
        self.opened: list[str] = []

    def get(self, url: str, _headers: object = None) -> httpx.Response | None:
        return self.running.get(url)

    def start(self, _command: list[str], *, env: dict[str, str], **_options: Any) -> SimpleNamespace:
        self.started.append(env)
        self.running["http://localhost:8600/api/ready"] = httpx.Response(200)
        return SimpleNamespace(poll=lambda: None, terminate=lambda: None, wait=lambda: None)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine()
    monkeypatch.setattr(showing, "_get", made.get)
    monkeypatch.setattr(showing, "_free_port", lambda wanted: wanted)
    monkeypatch.setattr(showing.subprocess, "Popen", made.start)
    monkeypatch.setattr(showing.webbrowser, "open", made.opened.append)
    yield made
    showing.stop_shown()


def test_a_running_app_on_the_same_data_opens_in_a_tab(db: Database, project: core.Projects, machine: Machine) -> None:
    machine.running[f"http://localhost:8600/api/projects/{project.id}"] = httpx.Response(200)
    shown = core.show(project, port=8600)
    assert machine.opened == [f"http://localhost:8600/?project={project.id}"]
    assert repr(shown) == f"Vitrine at {machine.opened[0]}"
    assert machine.started == []


def test_an_app_is_started_once_for_the_data_of_the_project(
    db: Database, project: core.Projects, machine: Machine
) -> None:
    machine.running[f"http://localhost:8600/api/projects/{project.id}"] = httpx.Response(404)  # an app of other data
    core.show(project, port=8600)
    core.show(project.id, port=8600)
    assert [Path(env["VITRINE_DATA_DIR"]) for env in machine.started] == [db.data_dir.resolve()]
    assert len(machine.opened) == 2


def test_a_notebook_shows_the_app_in_the_cell_and_a_link_where_it_may_not(
    db: Database, project: core.Projects, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "in_notebook", lambda: True)
    url = f"http://localhost:8600/?project={project.id}"
    machine.running[f"http://localhost:8600/api/projects/{project.id}"] = httpx.Response(200)
    assert "<iframe" not in core.show(project, port=8600)._repr_html_()
    machine.running[url] = httpx.Response(200)
    html = core.show(project, port=8600, height_px=500)._repr_html_()
    assert f'<iframe src="{url}" height="500"' in html
    assert machine.opened == []


def test_a_project_of_no_open_database_is_not_guessed(db: Database, machine: Machine) -> None:
    with pytest.raises(InvalidInputError, match="No open database has this project"):
        core.show("nowhere")
    with pytest.raises(InvalidInputError, match="a project or its id"):
        core.show(3)  # type: ignore[arg-type]


@pytest.mark.prove
def test_the_started_app_answers_and_may_be_framed(db: Database, project: core.Projects) -> None:
    assert "IPython" not in sys.modules or not showing.in_notebook()
    try:
        settings = db.settings
        base = showing._start(settings, 0)
        assert showing._may_be_framed(f"{base}/?project={project.id}")
        assert showing._running(settings.data_dir, 1, project.id) == base
    finally:
        showing.stop_shown()


def test_without_a_project_the_only_open_database_is_shown_else_the_configured_one(
    db: Database, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "open_databases", lambda: [db])
    assert core.show(port=8600).url == "http://localhost:8600"
    with core.connect(tmp_path / "second") as second:
        monkeypatch.setattr(showing, "open_databases", lambda: [second, db])
        assert showing._settings_of(None).data_dir == showing.load_settings().data_dir != second.data_dir
        monkeypatch.setattr(showing, "open_databases", list)
        assert showing._settings_of(None).data_dir == showing.load_settings().data_dir
    assert [Path(env["VITRINE_DATA_DIR"]) for env in machine.started] == [db.data_dir.resolve()]


def test_a_port_that_another_program_has_is_not_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert showing._free_port(taken) not in (0, taken)
    free = showing._free_port(0)
    assert showing._free_port(free) == free > 1_023


@pytest.mark.parametrize(("ends", "timeout_s"), [(1, 60.0), (None, 0.0)])
def test_an_app_that_ends_or_does_not_answer_is_stopped_and_said(
    monkeypatch: pytest.MonkeyPatch, ends: int | None, timeout_s: float
) -> None:
    stopped: list[bool] = []
    monkeypatch.setattr(showing, "_POLL_INTERVAL_S", 0.0)
    monkeypatch.setattr(showing, "_START_TIMEOUT_S", timeout_s)
    monkeypatch.setattr(showing, "_get", lambda _url: httpx.Response(503))
    process: Any = SimpleNamespace(poll=lambda: ends, terminate=lambda: stopped.append(True))
    with pytest.raises(VitrineError, match="The app did not start"):
        showing._wait_until_it_answers(process, 8600)
    assert stopped == [True]


def test_the_app_is_asked_directly_whatever_proxy_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpServer(lambda _: Answer(200)) as server, HttpServer(lambda _: Answer(418)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        answer = showing._get(server.url)
        assert (answer.status_code, proxy.received) == (200, [])
    assert showing._get(server.url) is None

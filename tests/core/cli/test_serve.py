"""vitrine without a verb."""

import os
import socket
import sys
import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import ProjectService, connect
from core.cli import app, serve

ROOT = Path(__file__).parents[3]


def test_the_command_runs_home_py_with_the_options_that_were_given() -> None:
    bare = [sys.executable, "-m", "streamlit", "run", str(ROOT / "Home.py"), "--server.fileWatcherType=none"]
    assert serve.command(None, None) == bare
    assert serve.command("::1", 8600) == [*bare, "--server.address=::1", "--server.port=8600"]


def test_the_data_directory_is_handed_to_the_server_as_an_absolute_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setenv("VITRINE_DATA_DIR", "before")
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append((path, arguments)))
    monkeypatch.setattr(serve, "run_inside", lambda host, port, browser: 0)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["--port", "8600", "--data", "mine", "--no-browser"])
    assert os.environ["VITRINE_DATA_DIR"] == str(tmp_path / "mine")
    assert started == [(sys.executable, serve.command(None, 8600))]


def test_a_verb_does_not_start_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "run", lambda host, port, browser: pytest.fail("the server was started"))
    assert CliRunner().invoke(app, ["token", "list"]).exit_code == 0


def test_the_version_is_printed_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "run", lambda host, port, browser: pytest.fail("the server was started"))
    monkeypatch.setattr(serve, "version", lambda name: {"vitrine-vqa": "1.2.3"}[name])
    assert CliRunner().invoke(app, ["--version"]).stdout == "vitrine 1.2.3\n"


def test_a_browser_opens_when_this_machine_has_one_and_serves_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_CONNECTION", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "get", lambda: object())
    assert not serve.opens(None, browser=True)  # no display
    monkeypatch.setenv("DISPLAY", ":0")
    assert not serve.opens("192.0.2.1", browser=True)
    assert not serve.opens(None, browser=False)
    assert serve.opens(None, browser=True)
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    assert not serve.opens(None, browser=True)


def test_the_browser_opens_once_the_server_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        serve.open_browser("127.0.0.1", port)
    assert opened == [f"http://127.0.0.1:{port}"]


@pytest.mark.sqlite  # its server opens the file of the data directory
def test_the_demo_makes_a_sample_project_once_and_serves_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served: list[str] = []
    monkeypatch.setattr(
        serve, "run_inside", lambda host, port, browser: served.append(os.environ["VITRINE_DATA_DIR"]) or 0
    )
    for _ in range(2):
        assert CliRunner().invoke(app, ["demo", str(tmp_path / "demo")]).exit_code == 0
    assert served == [str(tmp_path / "demo")] * 2
    with connect(tmp_path / "demo") as db:
        (project,) = ProjectService(db).list_projects()
        counts = ProjectService(db).counts(project.id)
    assert (counts.images, counts.entries) == (33, 106)

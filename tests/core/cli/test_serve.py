"""vitrine without a verb."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

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
    monkeypatch.setattr(subprocess, "call", lambda arguments: 0)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["--port", "8600", "--data", "mine"])
    assert os.environ["VITRINE_DATA_DIR"] == str(tmp_path / "mine")
    assert started == [(sys.executable, serve.command(None, 8600))]


def test_a_verb_does_not_start_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "run", lambda host, port: pytest.fail("the server was started"))
    assert CliRunner().invoke(app, ["token", "list"]).exit_code == 0


def test_the_version_is_printed_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "run", lambda host, port: pytest.fail("the server was started"))
    monkeypatch.setattr(serve, "version", lambda name: {"vitrine-vqa": "1.2.3"}[name])
    assert CliRunner().invoke(app, ["--version"]).stdout == "vitrine 1.2.3\n"

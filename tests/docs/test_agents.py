"""The page for agents: its commands can be typed, and it names every tool."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.agents.server import build_server
from core.agents.tools import Tools
from core.cli import app
from core.db import connect
from core.errors import ConfigurationError
from core.projects import ProjectService
from tests.docs.blocks import to_run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "AGENTS.md").read_text(encoding="utf-8")


def test_the_page_names_every_tool() -> None:
    tools = Tools(None, Path())  # type: ignore[arg-type]
    named = set(re.findall(r"`(\w+)`", PAGE.partition("## Tools")[2].partition("## What")[0]))
    assert {tool.__name__ for tool in (*tools.reading(), *tools.writing())} <= named


def test_the_settings_of_clients_start_the_verb_with_options_that_it_has() -> None:
    blocks = to_run("docs/AGENTS.md", "json")
    started = [json.loads(block)["mcpServers"]["vitrine"] for block in blocks]
    assert [one["command"] for one in started] == ["vitrine", "vitrine"]
    for one in started:
        assert CliRunner().invoke(app, [*one["args"], "--help"]).exit_code == 0


def test_the_token_of_the_page_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    with connect(tmp_path) as db:
        ProjectService(db).create_project("Kitchen")
    (line,) = to_run("docs/AGENTS.md", "sh")
    made = CliRunner().invoke(app, shlex.split(line)[1:])
    assert made.stdout.startswith("vitrine_"), made.output


def test_without_the_extra_the_verb_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'vitrine-vqa\[mcp\]'"):
        build_server(None, tmp_path)  # type: ignore[arg-type]

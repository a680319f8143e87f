"""Dockerfile and compose.yaml: compared with the checkout, and run step by step as far as that works without Docker."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from core.config import Settings
from tests.browser.driving import ROOT
from tests.serving import served


def _instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines.splitlines() if line.strip()]


def _values(name: str) -> list[str]:
    return [value for instruction, value in _instructions() if instruction == name]


def _copies() -> list[tuple[list[str], str]]:
    copies = [value.split() for value in _values("COPY") if not value.startswith("--from")]
    return [(parts[:-1], parts[-1]) for parts in copies]


def test_each_source_of_a_copy_exists_and_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = [source for sources, _ in _copies() for source in sources]
    assert len(sources) > 8
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(sources)


def test_the_image_is_pinned_to_a_version_and_runs_without_rights() -> None:
    bases = {value.split()[0] for value in _values("FROM")}
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    last_stage = _instructions()[[name for name, _ in _instructions()].index("USER") :]
    assert last_stage[0] == ("USER", "vitrine")
    assert "RUN" not in {name for name, _ in last_stage}
    variables = dict(part.split("=", 1) for part in shlex.split(_values("ENV")[0]))
    known = {f"VITRINE_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in variables if name.startswith("VITRINE_")} <= known
    assert variables["VITRINE_DATA_DIR"].startswith("/data/")


def test_the_steps_install_a_command_that_answers(tmp_path: Path) -> None:
    """With the libraries of this environment; the long form installs those of the lock."""
    context = _copied(tmp_path / "src")
    steps = _values("RUN")
    assert steps[0] == "python -m venv /app"
    assert steps[2] == "/app/bin/pip install --no-cache-dir --no-deps ."
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-build-isolation"]
    _checked([*pip, "--no-deps", "--target", str(tmp_path / "app"), "."], context)
    shutil.rmtree(context)
    out = _checked([sys.executable, "-m", "vitrine", "--version"], tmp_path, PYTHONPATH=str(tmp_path / "app"))
    assert out.startswith("vitrine ")
    assert (tmp_path / "app" / "vitrine" / ".streamlit" / "config.toml").is_file()
    assert json.loads(_values("CMD")[0])[0] == "vitrine"


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_the_steps_of_the_first_stage_run_in_an_empty_directory(tmp_path: Path) -> None:
    context, app = _copied(tmp_path / "src"), tmp_path / "app"
    for step in _values("RUN")[:3]:
        _checked(["bash", "-euc", step.replace("/app", str(app))], context)
    assert _checked([str(app / "bin" / "vitrine"), "--version"], tmp_path).startswith("vitrine ")


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_says_what_the_server_says(status: int, code: int) -> None:
    command = json.loads(_values("HEALTHCHECK")[0].partition("CMD ")[2])
    ready = Route("/api/ready", lambda _request: PlainTextResponse("", status))
    with served(Starlette(routes=[ready])) as port:
        arguments = [sys.executable, *(part.replace("8501", str(port)) for part in command[1:])]
        assert subprocess.run(arguments, capture_output=True, check=False).returncode == code


def test_compose_protects_the_data_and_the_server() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    vitrine, database = compose["services"]["vitrine"], compose["services"]["database"]
    assert (vitrine["read_only"], vitrine["cap_drop"]) == (True, ["ALL"])
    assert vitrine["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in vitrine["ports"])
    assert "ports" not in database
    mounted = {volume.partition(":")[2] for volume in vitrine["volumes"]} | set(vitrine["tmpfs"])
    assert mounted == {*json.loads(_values("VOLUME")[0]), "/tmp"}  # noqa: S108
    named = {volume.partition(":")[0] for one in (vitrine, database) for volume in one["volumes"]}
    assert named == set(compose["volumes"])
    known = {f"VITRINE_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in vitrine["environment"] if name.startswith("VITRINE_")} <= known
    assert vitrine["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "POSTGRES_PASSWORD:?" in database["environment"]["POSTGRES_PASSWORD"]


def _copied(context: Path) -> Path:
    for sources, target in _copies():
        for source in sources:
            into = context / target / (Path(source).name if target.endswith("/") else "")
            into.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, into)
    return context


def _checked(command: list[str], directory: Path, **environment: str) -> str:
    ended = subprocess.run(
        command, cwd=directory, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout

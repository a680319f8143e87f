"""Killed exports and imports of a project: the target is whole or absent, and the next run completes it."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.moving import fill
from core import ProjectService, connect
from core.db import Database
from tests import postgresql
from tests.conftest import PROVE
from tests.core.moving import projects

pytestmark = pytest.mark.timeout(3600 if PROVE else 600)

ROOT = Path(__file__).parents[3]
_KILLS = 50 if PROVE else 1
_RUN = """
import sys
from core import ProjectService, connect
verb, *arguments = sys.argv[1:]
with connect() as db:
    print("started", flush=True)
    getattr(ProjectService(db), verb)(*arguments)
"""


@pytest.fixture
def large(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> tuple[Path, str]:
    """Return a data directory and the id of a project whose rows take several transactions."""
    directory = tmp_path_factory.mktemp("large")
    shutil.copy(empty_database, directory / "vitrine.db")
    with connect(directory) as db:
        return directory, fill(db, images=60, entries=2100, image_bytes=3000)


def _kill(data_dir: Path, arguments: Sequence[str], after_s: float) -> bool:
    """Run and kill; return whether it had ended before."""
    command = [sys.executable, "-c", _RUN, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=_environment(data_dir))
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        # The moment is arbitrary: there is no event to wait for.
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        return process.wait() == 0


def _environment(data_dir: Path) -> dict[str, str]:
    return {**postgresql.environment_of(data_dir), "PYTHONPATH": str(ROOT)}


def _run(data_dir: Path, arguments: Sequence[str]) -> None:
    command = [sys.executable, "-c", _RUN, *arguments]
    subprocess.run(command, check=True, cwd=ROOT, env=_environment(data_dir), stdout=subprocess.DEVNULL)


def _whole_s(data_dir: Path, arguments: Sequence[str]) -> float:
    """Return how long a run takes that is not killed."""
    began = time.monotonic()
    _run(data_dir, arguments)
    return time.monotonic() - began


def test_kill_9_leaves_no_part_of_an_archive_and_the_next_export_completes_it(
    large: tuple[Path, str], tmp_path: Path
) -> None:
    data_dir, project_id = large
    whole = tmp_path / "whole.zip"
    duration_s = _whole_s(data_dir, ["export_project", project_id, str(whole)])
    target, moments = tmp_path / "out" / "killed.zip", random.Random(5)

    for _ in range(_KILLS):
        _kill(data_dir, ["export_project", project_id, str(target)], moments.uniform(0, duration_s))
        if target.exists():
            assert target.read_bytes() == whole.read_bytes()
            target.unlink()

    with connect(data_dir) as db:
        ProjectService(db).export_project(project_id, target)
    assert target.read_bytes() == whole.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["killed.zip"]


def test_kill_9_leaves_no_part_of_a_project_and_the_next_import_completes_it(
    large: tuple[Path, str], tmp_path: Path, empty_database: Path
) -> None:
    data_dir, project_id = large
    with connect(data_dir) as db:
        archive = ProjectService(db).export_project(project_id, tmp_path / "a.zip")
        expected = projects.comparable(projects.rows_of(db, project_id))
    arguments = ["import_project", str(archive)]
    duration_s, moments = _whole_s(tmp_path / "target", arguments), random.Random(6)
    ended = True
    for _ in range(_KILLS):
        if ended:
            shutil.rmtree(tmp_path / "target")
            (tmp_path / "target").mkdir()
            shutil.copy(empty_database, tmp_path / "target" / "vitrine.db")
            postgresql.replace(tmp_path / "target")
        _kill(tmp_path / "target", arguments, moments.uniform(0, duration_s))
        with connect(tmp_path / "target") as db:
            ended = _is_whole(db, expected)

    if not ended:
        _run(tmp_path / "target", arguments)
    with connect(tmp_path / "target") as db:
        assert _is_whole(db, expected)
        files = {path.name for path in db.settings.images_dir.glob("*/*.jpg")}
    assert files == {path.name for path in (data_dir / "uploads" / "images").glob("*/*.jpg")}


def _is_whole(db: Database, expected: dict[str, list[str]]) -> bool:
    """Return whether the project is there; if so, all of it is."""
    found = ProjectService(db).list_projects()
    if not found:
        return False
    (project,) = found
    assert projects.comparable(projects.rows_of(db, project.id)) == expected
    return True

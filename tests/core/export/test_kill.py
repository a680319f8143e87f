"""Crash test: a killed export leaves no partial bundle, and the next run completes it."""

import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from core.export import parse_recipe
from tests import postgresql
from tests.conftest import PROVE
from tests.core.export.hostile import HostileProject

_KILLS = 50 if PROVE else 2

_EXPORT = """
import sys
from core import ImageService, connect
from core.export import ExportService, parse_recipe
project_id, container = sys.argv[1:]
with connect() as db:
    print("started", flush=True)
    recipe = parse_recipe({"format": "llava", "container": container, "image_form": "original"})
    ExportService(db, ImageService(db)).export(project_id, recipe, "killed-" + container)
"""


@pytest.mark.parametrize("container", ["zip", "directory"])
def test_kill_9_leaves_no_partial_bundle_and_the_next_run_completes_it(container: str, hostile: HostileProject) -> None:
    recipe = parse_recipe({"format": "llava", "container": container, "image_form": "original"})
    whole = hostile.exports.export(hostile.project_id, recipe, f"whole-{container}")
    final = hostile.db.data_dir / whole.path.replace("whole", "killed")
    moments = random.Random(7)

    for _ in range(_KILLS // 2):
        _export_and_kill(hostile, container, after_s=moments.uniform(0, 0.25))
        assert not final.exists() or _files(final) == _files(hostile.db.data_dir / whole.path)

    hostile.exports.export(hostile.project_id, recipe, f"killed-{container}")

    assert _files(final) == _files(hostile.db.data_dir / whole.path)
    assert [path for path in final.parent.iterdir() if path.name.startswith(".making-")] == []


def _export_and_kill(hostile: HostileProject, container: str, after_s: float) -> None:
    command = [sys.executable, "-c", _EXPORT, hostile.project_id, container]
    environment = {**postgresql.environment_of(hostile.db.data_dir), "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        # The moment is arbitrary: there is no event to wait for.
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait()


def _files(path: Path) -> dict[str, int]:
    if path.is_dir():
        return {file.relative_to(path).as_posix(): file.stat().st_size for file in path.rglob("*") if file.is_file()}
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return {member.filename: member.CRC for member in bundle.infolist()}

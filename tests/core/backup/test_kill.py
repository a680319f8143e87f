"""Crash tests: whatever is killed, a backup and a restored directory are complete or absent."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import ImageService, Projects, connect
from core.backup import find_backup, list_backups, make_backup, restore_backup, verify_backup
from core.db import Database
from tests.conftest import PROVE
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py

_KILLS = 50 if PROVE else 1
_IMAGES = 1_000 if PROVE else 500

_BACK_UP = """
import sys
from pathlib import Path
from core.backup import make_backup
from core.config import Settings
print("started", flush=True)
make_backup(Settings(data_dir=Path(sys.argv[1])), Path(sys.argv[2]), keep=2)
"""
_RESTORE = """
import sys
from pathlib import Path
from core.backup import find_backup, restore_backup
print("started", flush=True)
target = Path(sys.argv[2])
restore_backup(target, find_backup(target), Path(sys.argv[1]), replace=True)
"""


def _run_and_kill(script: str, *paths: Path, after_s: float) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", script, *map(str, paths)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        # The moment is arbitrary: there is no event to wait for.
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.timeout(1800 if PROVE else 180)
def test_a_killed_backup_is_complete_or_absent_and_the_next_one_clears_up(
    db: Database, project: Projects, target: Path
) -> None:
    add_originals(db, project.id, _IMAGES)
    began = time.monotonic()
    make_backup(db.settings, target.with_name("measured"))
    took_s, moments, whole = time.monotonic() - began, random.Random(7), 0
    for number in range(_KILLS):
        add_originals(db, project.id, _IMAGES // 10, seed=number + 1)
        _run_and_kill(_BACK_UP, db.data_dir, target, after_s=moments.uniform(0, 1.5 * took_s))
        for backup in list_backups(target):
            assert verify_backup(target, backup) == []
            whole += 1
    last = make_backup(db.settings, target, keep=1)
    assert verify_backup(target, last) == []
    assert last.manifest.images == _IMAGES + _KILLS * (_IMAGES // 10)
    left = {path.name for path in target.iterdir()}
    assert left == {last.name, "objects", ".lock", "VITRINE-BACKUPS.txt"}
    assert not PROVE or whole > 0


@pytest.mark.timeout(1800 if PROVE else 180)
def test_a_killed_restore_is_complete_or_absent_and_the_next_one_clears_up(
    db: Database, project: Projects, target: Path, tmp_path: Path
) -> None:
    paths = add_originals(db, project.id, _IMAGES)
    make_backup(db.settings, target)
    new, measured = tmp_path / "new", time.monotonic()
    restore_backup(target, find_backup(target), tmp_path / "measured")
    took_s, moments, whole = time.monotonic() - measured, random.Random(7), 0
    for _ in range(_KILLS):
        _run_and_kill(_RESTORE, new, target, after_s=moments.uniform(0, 1.5 * took_s))
        if new.exists():
            _assert_whole(new, project.id, paths)
            whole += 1
    restore_backup(target, find_backup(target), new, replace=True)
    _assert_whole(new, project.id, paths)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert not PROVE or whole > 0


def _assert_whole(data_dir: Path, project_id: str, paths: list[str]) -> None:
    assert len(paths) == sum(file.stat().st_size == 300 for file in (data_dir / "uploads/images").glob("??/*"))
    with connect(data_dir) as db:
        assert ImageService(db).get_project_image_stats(project_id)["total_images"] == len(paths)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_a_restore_of_20_000_images_is_rehearsed(db: Database, project: Projects, target: Path, tmp_path: Path) -> None:
    for seed in range(10):
        add_originals(db, project.id, 2_000, seed=seed, size_bytes=20_000)
    took_s = {}
    for step in ("first", "second"):
        began = time.monotonic()
        made = make_backup(db.settings, target)
        took_s[step] = time.monotonic() - began
    assert (made.manifest.images, made.manifest.new_images) == (20_000, 0)
    began = time.monotonic()
    assert verify_backup(target, made) == []
    took_s["verify"], began = time.monotonic() - began, time.monotonic()
    report = restore_backup(target, made, tmp_path / "new")
    took_s["restore"] = time.monotonic() - began
    assert (report.images, report.missing_images) == (20_000, [])
    with connect(tmp_path / "new") as restored:
        assert ImageService(restored).get_project_image_stats(project.id)["total_images"] == 20_000
    print({step: round(seconds, 1) for step, seconds in took_s.items()})

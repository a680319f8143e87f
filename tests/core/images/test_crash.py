"""Crash tests: an import that is killed, and a full disk; no image is lost, doubled or partial."""

import asyncio
import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select

from core import Projects, connect
from core.db import Database, Images, TaskItems
from core.errors import StorageError
from core.images import storage
from core.importing.tasks import image_task_kinds
from core.services import Services
from core.tasks import TaskRunner, TaskService
from tests import postgresql
from tests.core.images.pictures import drawn, encoded

IMAGES = 200
ROOT = Path(__file__).parents[3]


def start_import(data_dir: Path, root: Path) -> subprocess.Popen[str]:
    """Start an import in a process group of its own; its workers go with it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.images.importing", str(root)],
        cwd=ROOT, env=postgresql.environment_of(data_dir) | {"VITRINE_IMPORT_ROOTS": str(root)},
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def check_files_match_rows(data_dir: Path) -> int:
    """Check every file against its hash and its row; return the number of rows."""
    root = data_dir / "uploads" / "images"
    with connect(data_dir) as db, db.reading() as session:
        images = session.exec(select(Images)).all()
        if not postgresql.WANTED:
            assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    for image in images:
        assert hashlib.sha256((root / image.path).read_bytes()).hexdigest() == image.sha256
    for file in root.glob("[0-9a-f][0-9a-f]/*"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.stem
    assert len({image.sha256 for image in images}) == len(images)
    return len(images)


def kill_repeatedly(tmp_path: Path, kills: int) -> None:
    root, data_dir = tmp_path / "photos", tmp_path / "killed"
    root.mkdir()
    for number in range(IMAGES):
        (root / f"{number:03}.jpg").write_bytes(encoded(drawn(number)))
    chance = random.Random(3)
    killed = 0
    for _ in range(kills * 3):
        process = start_import(data_dir, root)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        try:
            process.wait(chance.uniform(0.0, 1.2 if killed else 0.05))  # the first is not faster than that
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        process.stdout.close()
        if killed >= kills or check_files_match_rows(data_dir) == IMAGES:
            break
    process = start_import(data_dir, root)
    output, _ = process.communicate(timeout=300)
    assert "completed" in output
    assert check_files_match_rows(data_dir) == IMAGES
    with connect(data_dir) as db, db.reading() as session:
        # Of a second import too, when the first one had ended before its process was killed.
        items = session.exec(select(TaskItems)).all()
        assert {item.state for item in items} == {"done"}
        # Each image once, and none as the duplicate of itself.
        assert sum(item.result["counts"].get("added", 0) for item in items) == IMAGES
        intake = Services(db).intake
    assert list((data_dir / "uploads" / "images" / ".incoming").glob("*/")) == [] or intake.remove_leftovers() >= 1
    assert killed >= 1


def test_crash_an_import_killed_at_a_random_moment_resumes_and_adds_every_image_once(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, 2)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_crash_an_import_killed_at_50_random_moments_adds_every_image_once(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}").mkdir()
        kill_repeatedly(tmp_path / f"{number}", 5)


@pytest.mark.parametrize("at", range(1, 6))
def test_a_full_disk_at_any_write_raises_and_leaves_no_file(
    at: int, services: Services, db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0

    class FullAtSomePoint:
        def __init__(self, file: IO[bytes]) -> None:
            self._file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def __enter__(self) -> "FullAtSomePoint":
            return self

        def __exit__(self, *error: object) -> None:
            self._file.close()

        def write(self, data: bytes) -> int:
            nonlocal writes
            writes += 1
            if writes == at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self._file.write(data)

    real = Path.open
    files = [(f"{number}.jpg", encoded(drawn(number))) for number in range(5)]

    def opened(path: Path, mode: str = "r", *rest: Any) -> Any:
        return FullAtSomePoint(real(path, mode, *rest)) if "w" in mode else real(path, mode, *rest)

    with monkeypatch.context() as patched, pytest.raises(StorageError, match="The disk is full"):
        patched.setattr(Path, "open", opened)
        services.intake.add_images(project.id, files)

    root = db.data_dir / "uploads" / "images"
    assert [path for path in root.rglob("*") if path.is_file()] == []
    assert services.images.list_images(project.id) == []
    assert [outcome.outcome for outcome in services.intake.add_images(project.id, files)] == ["added"] * 5


def test_a_full_disk_during_the_rename_raises_and_leaves_no_row(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(directory: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "sync_path", full)
    with pytest.raises(StorageError, match="The disk is full"):
        services.intake.add_images(project.id, [("a.jpg", encoded())])

    assert services.images.list_images(project.id) == []


def test_an_import_on_a_full_disk_fails_and_resumes_after_space_is_freed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, data_dir = tmp_path / "photos", tmp_path / "data"
    root.mkdir()
    monkeypatch.setenv("VITRINE_IMPORT_ROOTS", str(root))
    for number in range(70):
        (root / f"{number:03}.jpg").write_bytes(encoded(drawn(number)))
    noise = np.random.default_rng(1).integers(0, 256, (1200, 1200, 3), dtype=np.uint8)
    (root / "large.png").write_bytes(encoded(Image.fromarray(noise), "PNG"))

    # No file may grow beyond what this one needs: the kernel refuses the write as a full disk does.
    limited = f"ulimit -f 3000; exec {sys.executable} -m tests.core.images.importing {root}"
    done = subprocess.run(
        ["bash", "-c", limited],
        cwd=ROOT,
        env=postgresql.environment_of(data_dir),
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert "started" in done.stdout, done.stderr
    assert check_files_match_rows(data_dir) == 56  # pieces of 8, 16 and 32; the last one has the large file
    with connect(data_dir) as db:
        kinds = {kind.task_type: kind for kind in image_task_kinds(Services(db).intake)}
        tasks = TaskService(db, lambda: kinds)
        (task,) = tasks.list_tasks()
        (failure,) = tasks.summary(task.id).failures
        assert failure.example == "The disk is full. Free some space and try again; stored images are safe."
        tasks.retry_failed(task.id, failure.error_code)
        assert asyncio.run(TaskRunner(db, kinds).run(task.id)).status == "completed"
    assert check_files_match_rows(data_dir) == 71

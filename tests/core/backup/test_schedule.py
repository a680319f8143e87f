from datetime import timedelta
from pathlib import Path

import pytest

from core.backup import BackupSchedule, backup_status, list_backups, make_backup, missing_program
from core.config import Settings
from core.db import Database

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


@pytest.fixture
def settings(db: Database, paths: list[str], target: Path) -> Settings:
    return db.settings.model_copy(update={"backup_dir": target, "backup_every_h": 2.0, "backup_keep": 1})


def test_a_backup_is_made_when_the_last_one_is_old_enough(settings: Settings, target: Path) -> None:
    schedule = BackupSchedule(settings)
    assert schedule.run_if_due() > 0
    (made,) = list_backups(target)
    schedule.run_if_due()
    assert list_backups(target) == [made]
    manifest = made.path / "backup.json"
    earlier = made.manifest.model_copy(update={"made_at": made.manifest.made_at - timedelta(hours=3)})
    manifest.write_text(earlier.model_dump_json())
    schedule.run_if_due()
    (second,) = list_backups(target)
    assert second.name != made.name


def test_a_failure_is_said_and_the_next_attempt_waits(settings: Settings, target: Path) -> None:
    target.write_text("a file")
    schedule = BackupSchedule(settings)
    assert schedule.run_if_due() == 3600
    assert "is a file" in schedule.last_error
    target.unlink()
    schedule.run_if_due()
    assert schedule.last_error == ""


def test_the_thread_makes_the_backup_and_stops(settings: Settings, target: Path) -> None:
    schedule = BackupSchedule(settings)
    schedule.start()
    thread = schedule._thread
    assert thread is not None
    assert thread.daemon  # a process that ends does not wait for it
    schedule.start()
    assert schedule._thread is thread
    while not list_backups(target):
        thread.join(0.05)
        assert thread.is_alive()
    schedule.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_without_a_directory_nothing_runs(db: Database) -> None:
    schedule = BackupSchedule(db.settings)
    schedule.start()
    assert schedule._thread is None
    assert backup_status(db.settings) is None


def test_the_status_says_what_is_wrong(settings: Settings, db: Database, paths: list[str], target: Path) -> None:
    status = backup_status(settings)
    assert status is not None
    assert (status.last, status.problem) == (None, "")
    (db.settings.images_dir / paths[0]).unlink()
    made = make_backup(settings, target)
    status = backup_status(settings)
    assert status is not None
    assert status.last == made
    assert status.next_at == made.manifest.made_at + timedelta(hours=2)
    assert status.problem.startswith("Missing or damaged when the last backup was made: 1 image.")
    late = backup_status(settings, made.manifest.made_at + timedelta(hours=5))
    assert late is not None
    assert late.problem.startswith("The last backup is 0.2 days old")
    of_a_server = settings.model_copy(
        update={"database_url": "postgresql+psycopg://localhost/vitrine", "postgres_bin": target}
    )
    refused = backup_status(of_a_server)
    assert refused is not None
    assert "pg_dump" in refused.problem
    unscheduled = of_a_server.model_copy(update={"backup_dir": None})
    assert (backup_status(unscheduled), missing_program(unscheduled)) == (None, refused.problem)
    assert missing_program(settings) == ""

"""What to say about the backups of an installation: the last one, its size, when the next one is due."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.backup.database_copy import database_file
from core.backup.layout import Backup, list_backups
from core.backup.server_copy import find_program
from core.config import Settings
from core.errors import VitrineError
from core.pluralize import pluralize

_LATE = 2.0
"""A backup is overdue after this many times the hours between two."""


@dataclass(frozen=True)
class BackupStatus:
    """The backups in ``VITRINE_BACKUP_DIR``; *problem* is a sentence with what to do, or ""."""

    target: Path
    backups: int
    last: Backup | None
    next_at: datetime
    problem: str


def backup_status(settings: Settings, now: datetime | None = None) -> BackupStatus | None:
    """Return the state of the scheduled backups, None when there is no ``VITRINE_BACKUP_DIR``."""
    if settings.backup_dir is None:
        return None
    now = now or datetime.now(UTC)
    try:
        backups = list_backups(settings.backup_dir)
    except OSError as error:
        problem = f"{settings.backup_dir} cannot be read ({error.strerror}). Mount it, or correct VITRINE_BACKUP_DIR."
        return BackupStatus(settings.backup_dir, 0, None, now, problem)
    last = backups[-1] if backups else None
    next_at = max(now, last.manifest.made_at + _every(settings)) if last else now
    return BackupStatus(settings.backup_dir, len(backups), last, next_at, _problem(settings, last, now))


def missing_program(settings: Settings) -> str:
    """Return the sentence about a program that backups of this database need and that is not here, or ""."""
    try:
        if database_file(settings) is None:
            find_program("pg_dump", settings)
    except VitrineError as error:
        return str(error)
    return ""


def _problem(settings: Settings, last: Backup | None, now: datetime) -> str:
    if absent := missing_program(settings):
        return absent
    if last is None:
        return ""
    if now - last.manifest.made_at > _LATE * _every(settings):
        days = (now - last.manifest.made_at) / timedelta(days=1)
        return f"The last backup is {days:,.1f} days old. Start Vitrine, and read its log for the reason."
    if missing := len(last.manifest.missing_images):
        return (
            f"Missing or damaged when the last backup was made: {pluralize(missing, 'image')}. "
            f"Run vitrine backup --verify {settings.backup_dir}, which names them."
        )
    return ""


def _every(settings: Settings) -> timedelta:
    return timedelta(hours=settings.backup_every_h)

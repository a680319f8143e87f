"""Backups of a data directory: made while the server runs, complete or absent, restored into an empty directory."""

from core.backup.layout import Backup, find_backup, list_backups
from core.backup.make import make_backup
from core.backup.move import MoveReport, move_database
from core.backup.restore import RestoreReport, restore_backup
from core.backup.schedule import BackupSchedule
from core.backup.status import BackupStatus, backup_status, missing_program
from core.backup.verify import verify_backup

__all__ = [
    "Backup", "BackupSchedule", "BackupStatus", "MoveReport", "RestoreReport", "backup_status", "find_backup",
    "list_backups", "make_backup", "missing_program", "move_database", "restore_backup", "verify_backup",
]  # fmt: skip

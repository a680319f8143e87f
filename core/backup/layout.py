"""What a directory of backups contains.

objects/ab/<sha256>.jpg   each original once, shared by all backups
20261128T080000Z/         one backup; it has this name only when it is complete
    backup.json           when it was made, of what, and the sums of its files
    vitrine.db            a consistent copy; it says which originals belong to the backup
    vitrine.dump          of a PostgreSQL database in its place, with the list of its originals in originals.jsonl
    files/                what else the data directory needs
.incoming/                what is being written; the next backup removes it
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from filelock import FileLock, Timeout
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.images.storage import ImageStorage, translate_disk_errors

MANIFEST, DATABASE, FILES, INCOMING = "backup.json", "vitrine.db", "files", ".incoming"
DUMP, ORIGINALS = "vitrine.dump", "originals.jsonl"
MARKER = "VITRINE-BACKUPS.txt"
_MARKER_TEXT = "Backups of Vitrine. 'vitrine restore' reads them; 'vitrine backup --keep' removes old ones.\n"
_NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?")


def _relative(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or "\\" in path or "\0" in path:
        raise ValueError("not a path inside the backup")
    return path


class FileSum(BaseModel):
    """A file of a backup, by its path inside the backup."""

    path: Annotated[str, AfterValidator(_relative)]
    sha256: str
    size_bytes: int


class Manifest(BaseModel):
    """The content of ``backup.json``."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    made_at: datetime
    schema_version: str
    files: list[FileSum]
    images: int
    image_bytes: int
    new_images: int
    """Those that no earlier backup had."""
    new_image_bytes: int
    missing_images: list[str] = []
    """Paths of originals that were missing or damaged in the data directory when the backup was made."""
    rows: dict[str, int] = {}
    """Of each table of a PostgreSQL database."""

    @property
    def size_bytes(self) -> int:
        """What a restore writes."""
        return self.image_bytes + sum(file.size_bytes for file in self.files)


@dataclass(frozen=True)
class Backup:
    """A complete backup."""

    path: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_dump(self) -> bool:
        """Whether it is of a PostgreSQL database."""
        return any(file.path == DUMP for file in self.manifest.files)


def objects(target: Path) -> ImageStorage:
    """Return the store of the originals of all backups in *target*."""
    return ImageStorage(target / "objects", target / "objects" / ".no-cache")


def list_backups(target: Path) -> list[Backup]:
    """Return the complete backups in *target*, oldest first; one whose manifest cannot be read is left out."""
    found = []
    for path in sorted(target.iterdir() if target.is_dir() else (), key=_order):
        if _NAME.fullmatch(path.name) and (manifest := _read_manifest(path)) is not None:
            found.append(Backup(path, manifest))
    return found


def find_backup(target: Path, name: str | None = None) -> Backup:
    """Return the backup of this name, by default the newest one.

    Raises:
        NotFoundError: there is none, or its manifest cannot be read.
    """
    backups = list_backups(target)
    found = next((backup for backup in reversed(backups) if name in (None, backup.name)), None)
    if found is None:
        names = ", ".join(backup.name for backup in backups)
        there = f"It has {names}." if names else "Make one with vitrine backup."
        raise NotFoundError(f"{target} has no {'complete backup' if name is None else f'backup {name}'}. {there}")
    return found


def new_name(target: Path, made_at: datetime) -> str:
    """Return a name that no backup in *target* has."""
    stem = made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while (target / (name := stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return name


@contextmanager
def opened_for_writing(target: Path) -> Iterator[Path]:
    """Make *target* a directory of backups, lock it, and yield the empty directory for the next backup.

    What an interrupted backup left is removed.

    Raises:
        ConflictError: another process writes a backup there.
        InvalidInputError: it contains something else.
        StorageError: it cannot be written.
    """
    _require_own_directory(target)
    with translate_disk_errors():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(target / ".lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConflictError(f"Another backup to {target} is running. Wait until it is finished.") from None
    try:
        with translate_disk_errors():
            (target / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
            incoming = target / INCOMING
            _remove(incoming)
            incoming.mkdir(mode=0o700)
            (target / "objects").mkdir(exist_ok=True, mode=0o700)
            try:
                yield incoming
            finally:
                _remove(incoming)
    finally:
        lock.release()


def _require_own_directory(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise InvalidInputError(f"{target} is a file. Choose a directory for the backups.", field="target")
    if target.is_dir() and not (target / MARKER).is_file() and any(target.iterdir()):
        raise InvalidInputError(
            f"{target} contains something other than backups of Vitrine. Choose an empty or a new directory.",
            field="target",
        )


def _remove(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)


def _read_manifest(path: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((path / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def _order(path: Path) -> tuple[str, int]:
    stem, _, number = path.name.partition("-")
    return stem, int(number) if number.isdigit() else 1

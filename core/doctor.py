"""Diagnosis of an installation, for ``vitrine doctor`` and the settings page; reads only, changes nothing."""

import os
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from core.accounts.examination import examine_sign_in
from core.backup import backup_status, missing_program
from core.config import Settings
from core.db.database import DATABASE_NAME, journal_mode
from core.db.extension import examine_server
from core.db.migrate import NEWER_DATABASE, known_versions
from core.db.opening import database_url_problem
from core.disk import LOW_BYTES, free_bytes
from core.errors import VitrineError
from core.pluralize import pluralize
from core.secret_key import FILE_NAME, secret_key
from core.tasks.engines.examination import examine_engine
from core.webhooks.examination import examine_webhooks

Level = Literal["ok", "warning", "problem"]

OLDEST_PYTHON = (3, 11)
OLDEST_PILLOW = (13, 0)
# libwebp comes inside Pillow's wheels: CVE-2023-4863, a heap overflow used in the wild, is fixed in 1.3.2.
OLDEST_WEBP = (1, 3, 2)
# Checking a database of several gigabytes takes minutes; the check is stopped after this time.
INTEGRITY_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Finding:
    """A result of one check: *message* says what was found and, for a problem, what to do."""

    level: Level
    subject: str
    message: str


def examine(settings: Settings, root: Path = Path()) -> list[Finding]:
    """Run all checks; *root* is the directory that contains ``.streamlit``."""
    return [
        _python(),
        _sqlite(settings),
        *_pillow(),
        _data_dir(settings.data_dir),
        _disk(settings),
        _limits(),
        _storage(settings),
        *_secret_files(settings.data_dir, root),
        *_database(settings),
        *_upgrade(settings),
        _backup(settings),
        *_quotas(settings),
        *(Finding(*said) for said in examine_webhooks(settings)),
        *(Finding(*said) for said in examine_sign_in(settings)),
        _metrics(settings),
        Finding(*examine_engine(settings)),
        *_analyzers(settings),
    ]


def _python() -> Finding:
    number = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("problem", "Python", f"{number} is too old. Install 3.11 or newer.")
    return Finding("ok", "Python", number)


def _sqlite(settings: Settings, version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> Finding:
    number = ".".join(map(str, version))
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        return Finding("ok", "SQLite", f"{number}, not used: VITRINE_DATABASE_URL names another database")
    if journal_mode(version) == "WAL":
        return Finding("ok", "SQLite", f"{number}, with the write-ahead log")
    return Finding(
        "warning", "SQLite",
        f"{number} can corrupt a write-ahead log, so Vitrine works without one: safe, a little slower. "
        "SQLite 3.51.3 or newer has the fix.",
    )  # fmt: skip


def _pillow() -> Iterator[Finding]:
    from PIL import features

    pillow, webp = version("pillow"), features.version("webp")
    if _numbers(pillow) < OLDEST_PILLOW:
        yield Finding(
            "problem", "Pillow", f"{pillow} has a critical vulnerability in its JPEG decoder. Install 13.0.0 or newer."
        )
    else:
        yield Finding("ok", "Pillow", pillow)
    if webp is None:
        yield Finding("problem", "WebP", "Pillow was built without it. Install Pillow from its wheel.")
    elif _numbers(webp) < OLDEST_WEBP:
        yield Finding("problem", "WebP", f"libwebp {webp} has a known vulnerability. Install a newer Pillow.")
    else:
        yield Finding("ok", "WebP", f"libwebp {webp}")


def _data_dir(data_dir: Path) -> Finding:
    subject = "Data directory"
    if not data_dir.exists():
        return Finding("warning", subject, f"{data_dir} does not exist yet; the first start creates it.")
    if not data_dir.is_dir() or not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "problem",
            subject,
            f"{data_dir} cannot be written. Make it writable or set VITRINE_DATA_DIR to another one.",
        )
    return Finding("ok", subject, str(data_dir.resolve()))


def _disk(settings: Settings) -> Finding:
    free_here = free_bytes(settings.data_dir)
    free = f"{free_here / 1e9:,.1f} GB free"
    if free_here < settings.min_free_bytes:
        return Finding("problem", "Disk", f"{free}. Uploads, tasks and exports wait: free some space.")
    if free_here < LOW_BYTES:
        bound = f"{settings.min_free_bytes / 1e9:,.1f} GB"
        return Finding("warning", "Disk", f"{free}; below {bound} uploads, tasks and exports stop")
    return Finding("ok", "Disk", free)


def _storage(settings: Settings) -> Finding:
    """Say where the originals are, after asking the bucket that the settings name."""
    from core.images.opened_storage import examine_storage

    try:
        said, is_good = examine_storage(settings)
    except VitrineError as error:
        return Finding("problem", "Image storage", str(error))
    return Finding("ok" if is_good else "warning", "Image storage", said)


def _limits() -> Finding:
    """Say what keeps a damaged or hostile file from taking all memory and time."""
    from core.images import worker

    subject = "Limits"
    if worker.can_limit_memory():
        return Finding("ok", subject, "the system limits memory and time of the processes that open files")
    time_of = "CPU time is limited" if worker.can_limit() else "their wall time is limited, not their CPU time"
    return Finding(
        "warning", subject,
        "this system cannot limit the memory of the processes that open files. They look at it ten times a second "
        f"and end above the limit; {time_of}.",
    )  # fmt: skip


def _metrics(settings: Settings) -> Finding:
    if settings.metrics_port is None:
        return Finding("ok", "Metrics", "not served; VITRINE_METRICS_PORT names a port for Prometheus")
    where = f"http://{settings.metrics_address}:{settings.metrics_port}/metrics"
    if settings.metrics_address not in ("127.0.0.1", "::1", "localhost"):
        return Finding("warning", "Metrics", f"{where}, open to everybody who reaches this port")
    return Finding("ok", "Metrics", where)


def _upgrade(settings: Settings) -> Iterator[Finding]:
    """Say how the database file compares with this program; both are read without being changed."""
    newest = known_versions()[-1]
    path = settings.data_dir / DATABASE_NAME
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        return  # the database server says it, where it answers
    if settings.database_url or not path.exists():
        yield Finding("ok", "Schema", newest)
        return
    try:
        with closing(_read_only(path)) as connection:
            found = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except sqlite3.Error:
        yield Finding("ok", "Schema", newest)  # said of the database itself
        return
    if found not in known_versions():
        yield Finding("problem", "Schema", NEWER_DATABASE)
    elif found != newest:
        yield Finding("warning", "Schema", f"{found}; the next start copies the database and upgrades it to {newest}")
    else:
        yield Finding("ok", "Schema", newest)


def _secret_files(data_dir: Path, root: Path) -> Iterator[Finding]:
    """Check that files with keys are readable by their owner only."""
    for path in (
        data_dir / FILE_NAME,
        root / ".streamlit" / "secrets.toml",
        Path.home() / ".streamlit/secrets.toml",
    ):
        if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where the home directory is somebody else's
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            yield Finding("problem", path.name, f"Others on this machine can read {path}. Run: chmod 600 {path}")
        else:
            yield Finding("ok", path.name, "readable by its owner only")
    yield from _damaged_key(data_dir)


def _damaged_key(data_dir: Path) -> Iterator[Finding]:
    if os.path.exists(data_dir / FILE_NAME):  # noqa: PTH110 - as above
        try:
            secret_key(data_dir)
        except VitrineError as error:
            yield Finding("problem", FILE_NAME, str(error))


def _analyzers(settings: Settings) -> Iterator[Finding]:
    """Say of each analyzer that runs here what is missing and which command brings it; all else works without."""
    from core.vision.analyzers import analyzers
    from core.vision.analyzers.base import Tools

    nothing: Any = None  # whether an analyzer can run follows from the settings alone
    tools = Tools(settings, images=nothing, llm=nothing)
    for one in analyzers().values():
        if not one.needs_model:
            reason = one.missing(tools)
            made_by = "" if reason else one.version(tools)
            yield Finding("warning" if reason else "ok", f"Analyzer: {one.label}", reason or made_by)


def _database(settings: Settings) -> list[Finding]:
    if not settings.database_url:
        return [_database_file(settings.data_dir / DATABASE_NAME)]
    if problem := database_url_problem(settings.database_url):
        return [Finding("problem", "Database", problem)]
    if settings.database_url.startswith("postgresql"):
        return [Finding(*said) for said in examine_server(settings.database_url)]
    return [Finding("ok", "Database", "not SQLite in the data directory; check it with its own tools")]


def _database_file(path: Path) -> Finding:
    if not path.exists():
        return Finding("ok", "Database", "not created yet")
    try:
        answer = _quick_check(path)
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer is None:
        return Finding("warning", "Database", "too large to check in a second; run `PRAGMA quick_check` on it")
    if answer != "ok":
        copies = path.parent / "backups"
        advice = f"Restore a backup with vitrine restore, or put back the newest copy from {copies}."
        return Finding("problem", "Database", f"{path} is damaged ({answer}). {advice}")
    return Finding("ok", "Database", f"intact, {path.stat().st_size / 1e6:,.1f} MB")


def _quotas(settings: Settings) -> Iterator[Finding]:
    """Say how many projects have no room for another image; nothing where none has a quota."""
    path = settings.data_dir / DATABASE_NAME
    if settings.database_url or not path.exists():
        return
    in_library = "FROM images WHERE project_id = p.id AND deleted_at IS NULL AND visibility = 'library'"
    is_full = f"p.max_images <= (SELECT COUNT(*) {in_library}) OR p.max_image_bytes <= (SELECT SUM(size) {in_library})"
    limited = "p.max_images IS NOT NULL OR p.max_image_bytes IS NOT NULL"
    query = f"SELECT COUNT(*), SUM({is_full}) FROM projects p WHERE deleted_at IS NULL AND ({limited})"  # noqa: S608
    try:
        with closing(_read_only(path)) as connection:
            quotas, full = connection.execute(query).fetchone()
    except sqlite3.Error:
        return  # of an older version, or said of the database itself
    if full:
        yield Finding("warning", "Quota", f"no room left in {full:,} of {pluralize(quotas, 'project')} with a quota")
    elif quotas:
        yield Finding("ok", "Quota", f"room in {pluralize(quotas, 'project')} with one")


def _backup(settings: Settings) -> Finding:
    status, subject = backup_status(settings), "Backup"
    if status is None and (missing := missing_program(settings)):
        return Finding("warning", subject, missing)
    if status is None:
        how = "name a directory on another disk in VITRINE_BACKUP_DIR, or run vitrine backup DIRECTORY"
        return Finding("warning", subject, f"the server makes none; {how}")
    if status.problem:
        return Finding("problem", subject, status.problem)
    if status.last is None:
        return Finding("ok", subject, f"none in {status.target} yet; the server makes the first one after its start")
    made, size = status.last.manifest, f"{status.last.manifest.size_bytes / 1e6:,.1f} MB"
    at, next_at = (moment.strftime("%Y-%m-%d %H:%M UTC") for moment in (made.made_at, status.next_at))
    last = f"{at}, {pluralize(made.images, 'image')}, {size}"
    return Finding("ok", subject, f"{last}; {status.backups:,} kept, next {next_at}")


def _quick_check(path: Path) -> str | None:
    """Return the result of ``PRAGMA quick_check``, None when it takes too long."""
    connection = _read_only(path)
    deadline = time.monotonic() + INTEGRITY_TIMEOUT_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return None
        raise
    finally:
        connection.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=INTEGRITY_TIMEOUT_S)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())

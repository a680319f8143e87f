"""What a caller may name as a database, and what to say about one that cannot be opened."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from core.config import Settings, load_settings
from core.errors import InvalidInputError, StorageError

_SQLITE_SUFFIXES = {".db", ".sqlite", ".sqlite3"}
_SQLITE_HEADER = b"SQLite format 3\0"


def settings_for(target: Any) -> Settings:
    """Return the settings for a database that the caller named; see :func:`core.db.connect`.

    Raises:
        InvalidInputError: *target* is no path and no URL, or a file that is no database.
    """
    settings = load_settings()
    if target is None:
        return settings
    if not isinstance(target, str | os.PathLike) or not str(target).strip() or "\0" in str(target):
        raise InvalidInputError(
            "Pass connect a data directory, the path of a SQLite file, a database URL, or nothing for the configured "
            f"database, not {_shown(target)}.",
            field="target",
        )
    if "://" in str(target):
        return settings.model_copy(update=_of_url(str(target), settings))
    path = Path(target).expanduser()
    if not path.is_dir() and (path.suffix in _SQLITE_SUFFIXES or _is_sqlite(path)):
        return settings.model_copy(update={"data_dir": path.parent, "database_url": f"sqlite:///{path.resolve()}"})
    if path.is_file():
        raise InvalidInputError(
            f"{path.name} is a file and no SQLite database. Pass connect a directory, or the path of a database.",
            field="target",
        )
    return settings.model_copy(update={"data_dir": path, "database_url": None})


def _of_url(url: str, settings: Settings) -> dict[str, Any]:
    """Return the changed settings; without a configured data directory, images are stored beside a SQLite file."""
    _, _, file = url.partition("sqlite:///")
    is_plain_file = bool(file) and not file.startswith((":memory:", "file:"))
    if is_plain_file and "data_dir" not in settings.model_fields_set:
        return {"database_url": url, "data_dir": Path(file.partition("?")[0]).parent}
    return {"database_url": url}


def ensure_writable(settings: Settings) -> None:
    """Create the data directory; the default one only when something is written, if the database is elsewhere.

    Raises:
        StorageError: it cannot be written.
    """
    data_dir = settings.data_dir
    if settings.database_url and "data_dir" not in settings.model_fields_set and not data_dir.exists():
        return
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / ".write-probe"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may probe at the same time
    except OSError as error:
        raise StorageError(
            f"The data directory {data_dir} cannot be written ({error.strerror}). "
            "Make it writable or set VITRINE_DATA_DIR to another one."
        ) from error


def cannot_be_opened(engine: Engine, error: DBAPIError, backup_dir: Path) -> StorageError:
    """Return the error for a database that is damaged, locked or cannot be reached."""
    where = engine.url.database or "" if engine.dialect.name == "sqlite" else engine.url.render_as_string()
    advice = "Check that the server runs and that the URL is right."
    if engine.dialect.name == "sqlite":
        has_backups = backup_dir.is_dir() and any(backup_dir.glob("*.db"))
        copies = f" Copies from before upgrades are in {backup_dir}." if has_backups else ""
        advice = f"If the file is damaged, put a backup in its place.{copies}"
    reason = " ".join(str(error.orig).split())[:300].rstrip(".")
    return StorageError(f"The database {where} cannot be opened ({reason}). {advice}")


def database_url_problem(url: str) -> str:
    """Return why a database URL cannot be used on this machine, or ""; nothing is connected."""
    try:
        make_url(url).get_dialect().import_dbapi()
    except ImportError as error:
        return _missing_driver(url, error.name or "a driver")
    except (ArgumentError, NoSuchModuleError):
        if url.startswith("postgres:"):
            return "The database URL begins with postgres:. Begin it with postgresql+psycopg:."
        return (
            "This is not a database URL that can be opened. "
            "Use for example sqlite:////srv/vitrine/vitrine.db in VITRINE_DATABASE_URL, or leave it empty."
        )
    return ""


def _missing_driver(url: str, module: str) -> str:
    if not url.startswith("postgresql"):
        return (
            f"The database URL needs {module}, and Vitrine stores its data in SQLite or PostgreSQL only. "
            "Begin the URL with sqlite:/// or postgresql+psycopg:."
        )
    return (
        "The database URL names PostgreSQL, but its driver is not installed. "
        "Run: pip install 'vitrine-vqa[postgres]', and begin the URL with postgresql+psycopg:."
    )


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.is_file() and file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
    except OSError:
        return False


def _shown(target: Any) -> str:
    return repr(target) if isinstance(target, str | int | float | bytes) else f"a {type(target).__name__}"

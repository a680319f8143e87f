"""pgvector in a database of PostgreSQL: whether it is there, and what is said of it."""

import logging
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.db.driver_errors import translate_driver_errors
from core.db.migrate import NEWER_DATABASE, current_revision, known_versions
from core.db.server import make_server_engine
from core.errors import StorageError

log = logging.getLogger(__name__)

SCHEMA = "vitrine_cache"
"""Has what is made again from the rows, and is in no backup."""
OLDEST = (0, 8)
"""The first that searches on when a filter leaves out what it found."""

Said = tuple[Literal["ok", "warning", "problem"], str, str]
"""A level, a subject and a message."""
_INSTALLED = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
_OFFERED = "SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'vector'"


def make_vectors_available(engine: Engine) -> bool:
    """Return whether pgvector can be used, and make the schema of its indexes; the extension where that is allowed."""
    try:
        with engine.begin() as connection:
            if connection.exec_driver_sql(_INSTALLED).scalar() is None:
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            return _is_new_enough(str(connection.exec_driver_sql(_INSTALLED).scalar()))
    except (DBAPIError, StorageError) as error:
        log.info("Images are compared in memory: %s", " ".join(str(error).split())[:200])
        return False


def examine_server(url: str) -> list[Said]:
    """Return what to say of a PostgreSQL database: level, subject and message of each finding; nothing is changed."""
    engine = make_server_engine(url, keeps=False)
    translate_driver_errors(engine)
    try:
        with engine.connect() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one().split()[0]
            size = int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
            installed = connection.exec_driver_sql(_INSTALLED).scalar()
            is_offered = bool(connection.exec_driver_sql(_OFFERED).scalar_one())
            revision = current_revision(connection)
    except (SQLAlchemyError, StorageError) as error:
        reason = str(error) if isinstance(error, StorageError) else "It refused. Check VITRINE_DATABASE_URL."
        return [("problem", "Database", reason)]
    found: Said = ("ok", "Database", f"PostgreSQL {version}, {size / 1e6:,.1f} MB")
    similar: Said = ("ok" if _can_use(installed) else "warning", "Similar images", _said(installed, is_offered))
    return [found, similar, _said_of_schema(revision)]


def _said_of_schema(found: str | None) -> Said:
    newest, subject = known_versions()[-1], "Schema"
    if found is None:
        return ("ok", subject, f"empty; the next start makes {newest}")
    if found not in known_versions():
        return ("problem", subject, NEWER_DATABASE)
    if found != newest:
        return ("warning", subject, f"{found}; make a backup, the next start upgrades it to {newest}")
    return ("ok", subject, newest)


def _can_use(installed: str | None) -> bool:
    return installed is not None and _is_new_enough(installed)


def _said(installed: str | None, is_offered: bool) -> str:
    if _can_use(installed):
        return f"found by pgvector {installed} in projects of more than 50,000"
    if installed is not None:
        advice = f"pgvector {installed} is too old; run ALTER EXTENSION vector UPDATE after installing 0.8 or newer"
    elif is_offered:
        advice = "run CREATE EXTENSION vector in the database as its administrator"
    else:
        advice = "install pgvector on the database server, then run CREATE EXTENSION vector in the database"
    return f"found in the memory of Vitrine, which for large projects is slower; {advice}"


def _is_new_enough(version: str) -> bool:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= OLDEST

"""What ``vitrine doctor`` says of webhooks: how many are off, and why."""

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from core.config import Settings
from core.db import Database, Projects, Webhooks
from core.db.database import DATABASE_NAME
from core.db.opening import database_url_problem
from core.pluralize import pluralize

Said = tuple[Literal["ok", "warning", "problem"], str, str]
"""A level, a subject and a message."""
_SUBJECT = "Webhooks"


def examine_webhooks(settings: Settings) -> Iterator[Said]:
    """Yield what is said of webhooks, nothing where there are none; the database is read as it is."""
    found = _read(settings)
    off = [(project, reason) for project, active, reason in found if not active]
    failed = [f"one of {project}: {reason}" for project, reason in off if reason]
    if failed:
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        yield (
            "warning", _SUBJECT,
            f"the server turned off {pluralize(len(failed), 'webhook')}, {failed[0].rstrip('.')}{more}. "
            "What happens meanwhile is not told later: turn them on under Settings, Webhooks",
        )  # fmt: skip
    elif found:
        by_people = f", {len(off)} turned off by people" if off else ""
        yield "ok", _SUBJECT, f"{len(found) - len(off)} on{by_people}"


def _read(settings: Settings) -> list[tuple[str, bool, str]]:
    """Return the project, whether it is on, and why not, of each webhook; none when the database cannot be read."""
    path = settings.data_dir / DATABASE_NAME
    if database_url_problem(settings.database_url) if settings.database_url else not path.exists():
        return []
    engine = create_engine(settings.database_url or f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true")
    query = select(Projects.name, Webhooks.active, Webhooks.off_reason).where(
        Webhooks.project_id == Projects.id, col(Projects.deleted_at).is_(None)
    )
    try:
        with Database(engine, settings).reading() as session:
            return list(session.exec(query.order_by(col(Webhooks.create_at))))
    except SQLAlchemyError:
        return []  # of an older version, or said of the database itself
    finally:
        engine.dispose()

"""What ``vitrine doctor`` says of the engine of tasks; nothing is changed."""

from importlib.util import find_spec
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from core.config import Settings
from core.db.driver_errors import translate_driver_errors
from core.db.server import make_server_engine
from core.errors import StorageError
from core.pluralize import pluralize

Said = tuple[Literal["ok", "warning", "problem"], str, str]

_COUNT = "SELECT COUNT(*) FROM workers WHERE beat_at > clock_timestamp() - interval '60 seconds'"


def examine_engine(settings: Settings) -> Said:
    """Return level, subject and message of what runs tasks."""
    if settings.task_engine == "embedded":
        return "ok", "Tasks", "run in the server; VITRINE_TASK_ENGINE=dbos lets workers run them"
    if not (settings.database_url or "").startswith("postgresql"):
        return "problem", "Tasks", "VITRINE_TASK_ENGINE is dbos, which needs PostgreSQL: set VITRINE_DATABASE_URL"
    if find_spec("dbos") is None:
        return "problem", "Tasks", "the library is missing; install it by: pip install 'vitrine-vqa[workers]'"
    try:
        workers = _count(str(settings.database_url))
    except (SQLAlchemyError, StorageError):
        return "warning", "Tasks", "run on workers; how many there are could not be read"
    if not workers:
        return "warning", "Tasks", "run on workers, and none is there; start one with vitrine worker"
    return "ok", "Tasks", f"run on {pluralize(workers, 'worker')}"


def _count(url: str) -> int:
    engine = make_server_engine(url, keeps=False)
    translate_driver_errors(engine)
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(_COUNT).scalar_one())

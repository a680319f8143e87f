"""Bringing the tables up to date with Alembic."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from core.errors import ConfigurationError

MIGRATIONS_DIR = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, *, backup_dir: Path | None = None) -> None:
    """Run the missing migrations, all in one transaction: interrupted, the old database stays as it was.

    A SQLite database that already holds tables is copied to *backup_dir* first.

    Raises:
        ConfigurationError: the database was written by a newer version.
    """
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS_DIR))
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    head = script.get_current_head()
    if current == head:
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            "This database was written by a newer version of Vitrine. Update Vitrine, or restore an older backup."
        )
    if current is not None and backup_dir is not None and engine.dialect.name == "sqlite":
        _back_up(engine, backup_dir / f"before-{head}.db")
    with engine.execution_options(vitrine_write=True).begin() as connection:
        run_migrations(connection, script, str(head))


def run_migrations(connection: Connection, script: Any, target: str) -> None:
    """Run the steps between the database's revision and *target* on *connection*, without committing."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    def steps(revision: Any, context: Any) -> Any:
        return script._upgrade_revs(target, revision)

    context = MigrationContext.configure(
        connection, opts={"fn": steps, "transactional_ddl": True, "transaction_per_migration": False}
    )
    with Operations.context(context):
        context.run_migrations()


def _back_up(engine: Engine, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(target),))

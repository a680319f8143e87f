"""Bringing the tables up to date with Alembic."""

from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect

from core.errors import ConfigurationError

MIGRATIONS_DIR = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, *, backup_dir: Path | None = None) -> None:
    """Run the missing migrations, all in one transaction: interrupted, the old database stays as it was.

    A SQLite database that already holds tables is copied to *backup_dir* first.

    Raises:
        ConfigurationError: the database was written by a newer version.
    """
    known = sorted(path.stem[1:5] for path in (MIGRATIONS_DIR / "versions").glob("m[0-9]*.py"))
    current = _current_revision(engine)
    if current == known[-1]:
        return  # without importing Alembic, which costs more than everything else here
    if current is not None and current not in known:
        raise ConfigurationError(
            "This database was written by a newer version of Vitrine. Update Vitrine, or restore an older backup."
        )
    if current is not None and backup_dir is not None and engine.dialect.name == "sqlite":
        _back_up(engine, backup_dir / f"before-{known[-1]}.db")
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS_DIR))
    with engine.execution_options(vitrine_write=True).begin() as connection:
        run_migrations(connection, script, known[-1])


def _current_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if revision is None else str(revision)


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
    # The bare connection: VACUUM does not run inside the transaction that SQLAlchemy would begin.
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))

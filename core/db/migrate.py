"""Database migrations with Alembic."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect

from core.db.server import compare_by_bytes, lock_upgrade, widen_integers
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS_DIR = Path(__file__).parent / "migrations"

NEWER_DATABASE = (
    "This database was written by a newer version of Vitrine. Update Vitrine, or restore a backup that is older: "
    "vitrine restore, or the copy in the directory backups that the upgrade made."
)


def upgrade(engine: Engine, *, backup_dir: Path | None = None) -> None:
    """Run the missing migrations in one transaction: an interrupted upgrade is rolled back.

    A SQLite database that has tables is first copied to *backup_dir*.

    Raises:
        ConfigurationError: the database was written by a newer version or, if it is a file, by another program.
    """
    known = known_versions()
    with engine.connect() as connection:
        current = current_revision(connection)
    if current == known[-1]:
        return  # Alembic is not imported: its import takes longer than all the rest
    if current is not None and current not in known:
        raise ConfigurationError(NEWER_DATABASE)
    if current is None and engine.dialect.name == "sqlite" and _belongs_to_another_program(engine):
        raise ConfigurationError(
            f"{Path(str(engine.url.database)).name} has tables of another program. Choose another file or a directory."
        )
    if current is not None and backup_dir is not None and engine.dialect.name == "sqlite":
        _back_up(engine, backup_dir / f"before-{known[-1]}.db")
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(MIGRATIONS_DIR))
    if engine.dialect.name == "sqlite":
        with engine.execution_options(vitrine_write=True).begin() as connection:
            run_migrations(connection, script, known[-1])
        return
    with engine.begin() as connection:
        lock_upgrade(connection)
        run_migrations(connection, script, known[-1])
        compare_by_bytes(connection)
        widen_integers(connection)


def known_versions() -> list[str]:
    """Return the schema versions that this program can upgrade from, oldest first; the last one is its own."""
    return sorted(path.stem[1:5] for path in (MIGRATIONS_DIR / "versions").glob("m[0-9]*.py"))


def _belongs_to_another_program(engine: Engine) -> bool:
    # The version may have been written since it was asked for, by another process that opens the same new database.
    names = inspect(engine).get_table_names()
    return bool(names) and "alembic_version" not in names


def current_revision(connection: Connection) -> str | None:
    """Return the schema version of a database, None when it has no tables of Vitrine."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if revision is None else str(revision)


def run_migrations(connection: Connection, script: "ScriptDirectory", target: str) -> None:
    """Run the migrations between the database's revision and *target* on *connection*, without committing."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection)
    missing = list(script.iterate_revisions(target, context.get_current_revision() or "base"))
    with Operations.context(context):
        for revision in reversed(missing):
            revision.module.upgrade()
            context.stamp(script, revision.revision)


def _back_up(engine: Engine, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    # On the driver's connection: VACUUM cannot run in a transaction, and SQLAlchemy's connection begins one.
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))

"""Quality checks, and what it takes to add one."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core import ImageDatasets, Projects
from core.dataset import EntryQueries, parse_search
from core.dataset.quality import CHECKS
from core.db import Database
from core.db.quality_sql import ROW_CHECKS
from core.errors import InvalidInputError

ROOT = Path(__file__).parents[3]
DECLARATION = '    RowCheck("shouted", "Answer in capitals", "answer != lower(answer) AND answer = upper(answer)"),\n'
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade() -> None:
    op.create_index("ix_entries_shouted", "image_datasets", ["project_id", "deleted_at", "create_at", "id"],
                    sqlite_where=sa.text("answer != lower(answer) AND answer = upper(answer)"))
"""
USE = """
import sys
from sqlalchemy import event
from core import ImageDatasetService, Images, ProjectService, connect
from core.dataset import EntryQueries, parse_search
from core.db.base import Base

with connect(sys.argv[1]) as db:
    project = ProjectService(db).create_project("Shelf")
    with db.transaction() as session:
        image = {"id": "i", "project_id": project.id, "image_name": "i.jpg", "path": "i", "size": 1}
        session.add(Images(**image, sha256="i", format="PNG"))
    dataset, entries = ImageDatasetService(db), EntryQueries(db)
    for answer in ("RED", "red", "Red", "3"):
        dataset.create_dataset_entry(project.id, "i", f"Is it {answer}?", answer)
    found = entries.find_entries(project.id, parse_search("check:shouted"))
    print([entry.answer for entry in found.items])
    print(entries.check_counts(project.id, parse_search(""))["shouted"])
    print("shouted" in entries.field_values(project.id, "check"))
    print("ix_entries_shouted" in {index.name for index in Base.metadata.tables["image_datasets"].indexes})
    plans = []

    def explain(connection, cursor, statement, parameters, context, many):
        if statement.startswith("SELECT image_datasets."):
            plan = connection.connection.cursor().execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.append(str(plan.fetchall()))

    event.listen(db.engine, "before_cursor_execute", explain)
    entries.find_entries(project.id, parse_search("check:shouted is:open"))
    print("ix_entries_shouted" in plans[-1])
"""


def test_an_indexed_check_is_one_declaration_and_one_index_in_a_migration(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "core", tmp_path / "core", ignore=shutil.ignore_patterns("__pycache__"))
    declared = tmp_path / "core" / "db" / "quality_sql.py"
    source = declared.read_text(encoding="utf-8")
    declared.write_text(source.replace("ROW_CHECKS = (\n", "ROW_CHECKS = (\n" + DECLARATION), encoding="utf-8")
    versions = tmp_path / "core" / "db" / "migrations" / "versions"
    head = sorted(path.stem for path in versions.glob("m*.py"))[-1][1:5]
    (versions / "m9001_shouted.py").write_text(MIGRATION.format(head=head), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path / "data")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.stdout.splitlines() == ["['RED']", "1", "True", "True", "True"]


def test_entries_are_inserted_by_several_modules_so_that_triggers_count_repeats() -> None:
    """The reason for the SQL in the triggers of m0004: with a single module left, replace them by stored keys."""
    inserting = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "core").rglob("*.py")
        if re.search(r"(?<!class )\b(?:ImageDatasets\(|insert\(ImageDatasets\))", path.read_text(encoding="utf-8"))
    }
    assert len(inserting) > 1, f"only {inserting} inserts entries: repeats can be counted from keys in columns"


def test_rows_inserted_by_plain_sql_are_counted_too(
    make: Callable[..., ImageDatasets], db: Database, entries: EntryQueries, project: Projects
) -> None:
    first = make("How many cups?", "three")
    with db.engine.execution_options(vitrine_write=True).begin() as connection:
        columns = ImageDatasets.__table__.columns.keys()  # type: ignore[attr-defined]
        others = ", ".join(name for name in columns if name not in ("id", "repeats", "disputes"))
        connection.exec_driver_sql(
            f"INSERT INTO image_datasets (id, {others}) SELECT 'copy', {others} FROM image_datasets"  # noqa: S608
            f" WHERE id = '{first.id}'"
        )
    found = entries.find_entries(project.id, parse_search("check:repeated")).items
    assert {entry.id for entry in found} == {first.id, "copy"}


def test_every_check_has_another_name_and_a_label() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.label for check in CHECKS)
    assert [check.name for check in CHECKS] == [
        "label", "schema", "language", "empty", "long", "repeated", "disputed", "reveals", "refusal", "readers",
    ]  # fmt: skip


def test_row_checks_are_indexed_except_the_length_which_has_an_index_of_its_own() -> None:
    assert [check.name for check in ROW_CHECKS if not check.has_index] == ["long"]


def test_an_unknown_check_is_refused_with_the_known_ones(entries: EntryQueries, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"no check called spelling\. Use one of label, schema, language"):
        entries.find_entries(project.id, parse_search("check:spelling"))

"""Bringing tables up to date: from nothing, from an older version, and interrupted anywhere."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import select

from core.db import Database, Projects, connect, migrate
from core.db.base import Base
from core.errors import ConfigurationError
from tests.conftest import PROVE

pytestmark = pytest.mark.sqlite
STEP = 1 if PROVE else 30
NEXT_REVISION = '''
"""A column, a table, and data moved into it."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("colour", sa.String(), nullable=False, server_default=""))
    op.create_table("shelves", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String()))
    op.execute("INSERT INTO shelves (name) SELECT name FROM projects")
    op.create_index("ix_shelves_name", "shelves", ["name"])
    op.execute("UPDATE projects SET colour = 'oak'")
'''


@pytest.fixture(autouse=True)
def _migrations_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the migrations for a new database too, where other tests copy a migrated one."""
    monkeypatch.setattr(migrate, "upgrade", migrate.upgrade.__wrapped__)


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes this process the next version, with one more migration."""
    directory = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS_DIR, directory, ignore=shutil.ignore_patterns("__pycache__"))
    head = sorted(path.stem for path in (directory / "versions").glob("m*.py"))[-1][1:5]
    (directory / "versions" / "m9001_next.py").write_text(NEXT_REVISION.format(head=head))
    return lambda: monkeypatch.setattr(migrate, "MIGRATIONS_DIR", directory)


def _schema(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        ]


def _query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def _is_a_table_of_ours(_thing: object, name: str, kind: str, *_rest: object) -> bool:
    """The full-text index is made by its migration alone: no other database has one like it."""
    return not (kind == "table" and name.startswith("entry_text"))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_fresh_database_holds_what_the_tables_say(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": _is_a_table_of_ours},
        )
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_the_newest_file_name_is_the_newest_migration() -> None:
    names = sorted(path.stem[1:5] for path in (migrate.MIGRATIONS_DIR / "versions").glob("m[0-9]*.py"))
    script = ScriptDirectory(str(migrate.MIGRATIONS_DIR))
    assert [revision.revision for revision in script.walk_revisions()] == names[::-1]
    assert script.get_current_head() == names[-1]


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    with connect(tmp_path):
        pass
    before = (tmp_path / "vitrine.db").read_bytes()
    with connect(tmp_path):
        pass
    assert (tmp_path / "vitrine.db").read_bytes() == before
    assert not (tmp_path / "backups").exists()


def test_an_older_database_is_copied_and_then_upgraded(tmp_path: Path, next_version: Callable[[], None]) -> None:
    data = tmp_path / "data"
    with connect(data) as db, db.transaction() as session:
        session.add(Projects(name="Shelf"))
    old_schema = _schema(data / "vitrine.db")
    next_version()
    with connect(data):
        pass
    assert _query(data / "vitrine.db", "SELECT name, colour FROM projects") == [("Shelf", "oak")]
    assert _query(data / "vitrine.db", "SELECT name FROM shelves") == [("Shelf",)]
    copy = data / "backups" / "before-9001.db"
    assert _schema(copy) == old_schema
    assert _query(copy, "SELECT name FROM projects") == [("Shelf",)]


def test_a_database_of_a_newer_version_is_refused_and_not_touched(
    tmp_path: Path, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with monkeypatch.context() as later:
        later.setattr(migrate, "MIGRATIONS_DIR", migrate.MIGRATIONS_DIR)
        next_version()
        with connect(data):
            pass
    monkeypatch.undo()
    before = (data / "vitrine.db").read_bytes()
    with pytest.raises(ConfigurationError, match=r"written by a newer version of Vitrine. Update Vitrine"):
        connect(data)
    assert (data / "vitrine.db").read_bytes() == before


def _upgrade_and_die_at(statement: int, data: Path) -> bool:
    """Open *data* in a forked process that kills itself before its nth writing statement; say whether it did."""
    child = os.fork()
    if child == 0:
        try:
            left = statement

            def count(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
                nonlocal left
                if not sql.lstrip().upper().startswith(("PRAGMA", "SELECT", "BEGIN", "VACUUM")):
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            event.listen(Engine, "before_cursor_execute", count)
            with connect(data):
                pass
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_crash_an_upgrade_killed_at_any_statement_leaves_the_old_database_as_it_was(
    tmp_path: Path, next_version: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, old = tmp_path / "data", migrate.MIGRATIONS_DIR
    with connect(data) as db, db.transaction() as session:
        session.add(Projects(name="Shelf"))
    schema = _schema(data / "vitrine.db")
    next_version()
    killed = 0
    while _upgrade_and_die_at(killed + 1, data):
        killed += 1
        assert _schema(data / "vitrine.db") == schema
        assert _query(data / "vitrine.db", "PRAGMA integrity_check") == [("ok",)]
        with monkeypatch.context() as before:
            before.setattr(migrate, "MIGRATIONS_DIR", old)
            with connect(data) as db, db.reading() as session:
                assert list(session.exec(select(Projects.name))) == ["Shelf"]
    assert killed == 6
    assert _query(data / "vitrine.db", "SELECT name, colour FROM projects") == [("Shelf", "oak")]


# A process for each of about 190 statements in the long form, for four of them in the short one.
@pytest.mark.timeout(600)
def test_crash_the_first_start_killed_at_any_statement_can_be_repeated(tmp_path: Path) -> None:
    with connect(tmp_path / "whole"):
        pass
    complete = _schema(tmp_path / "whole" / "vitrine.db")
    step, statement = 1 if PROVE else 60, 1
    while _upgrade_and_die_at(statement, tmp_path / "data"):
        assert _schema(tmp_path / "data" / "vitrine.db") == []
        statement += step
    assert statement > len(Base.metadata.tables)
    assert _schema(tmp_path / "data" / "vitrine.db") == complete


WHEN = "2026-01-02 03:04:05.000000"
IMAGE_ROWS = [
    # id, source, deleted, its events in their order, then what it should be: deleted and visibility
    ("fetched", "web", True, [], (False, "hidden")),
    ("result", "generated", True, [], (False, "hidden")),
    ("put-back", "generated", True, ["kept", "put back"], (False, "hidden")),
    ("kept", "generated", False, ["kept"], (False, "library")),
    ("kept-and-deleted", "generated", True, ["kept", "deleted"], (True, "library")),
    ("stray", "web", True, [], (True, "library")),
    ("upload", "upload", False, [], (False, "library")),
    ("deleted-upload", "upload", True, ["deleted"], (True, "library")),
]


def _database_at(revision: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an empty database of an older version."""
    older = tmp_path / f"until-{revision}"
    shutil.copytree(migrate.MIGRATIONS_DIR, older, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (older / "versions").glob("m*.py"):
        if path.stem[1:5] > revision:
            path.unlink()
    with monkeypatch.context() as before:
        before.setattr(migrate, "MIGRATIONS_DIR", older)
        with connect(data):
            pass


def _with_images_marked_as_deleted(path: Path) -> None:
    """Insert images as a version without the column ``visibility`` left them."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO projects (id, name, description, create_at, update_at) VALUES ('p', 'Shelf', '', ?, ?)",
            (WHEN, WHEN),
        )
        connection.execute(
            "INSERT INTO style_datasets (id, project_id, name, master_prompt, version, created_at, draft)"
            " VALUES ('s', 'p', 'Warm', '', 1, ?, '{}')",
            (WHEN,),
        )
        for id_, source, deleted, actions, _ in IMAGE_ROWS:
            connection.execute(
                "INSERT INTO images (id, project_id, image_name, path, size, create_at, update_at, deleted_at, sha256,"
                " format, dhash, average_color, colors, tags, source, source_ref)"
                " VALUES (?, 'p', ?, ?, 1, ?, ?, ?, ?, 'PNG', '', '', '', '', ?, '')",
                (id_, id_, id_, WHEN, WHEN, WHEN if deleted else None, "same bytes" if deleted else id_, source),
            )
            for action in actions:
                connection.execute(
                    "INSERT INTO events (batch_id, project_id, entity, entity_id, action, actor, old, new, at)"
                    " VALUES ('b', 'p', 'image', ?, ?, 'local', '{}', '{}', ?)",
                    (id_, action, WHEN),
                )
            if source == "generated":
                connection.execute(
                    "INSERT INTO generated_images (id, project_id, prompt, full_prompt, image_id, aspect_ratio,"
                    " resolution, format, quality, reference_images_count, model, caption, recipe, match, created_at,"
                    " kept, rating) VALUES (?, 'p', '', '', ?, '1:1', '', '', '', 0, '', '', '{}', '{}', ?, 0, 0)",
                    (id_, id_, WHEN),
                )
        connection.execute(
            "INSERT INTO style_dataset_images (id, dataset_id, image_id, image_url, position, analysis_result,"
            " features, created_at, analysis_model, added_in)"
            " VALUES ('r', 's', 'fetched', '', 0, '{}', '{}', ?, '', 1)",
            (WHEN,),
        )
        connection.commit()


def test_images_that_were_inserted_as_deleted_become_hidden_and_deleted_ones_stay_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0005", data, tmp_path, monkeypatch)
    _with_images_marked_as_deleted(data / "vitrine.db")

    with connect(data):
        pass

    found = _query(data / "vitrine.db", "SELECT id, deleted_at IS NOT NULL, visibility FROM images")
    assert {id_: (bool(deleted), visibility) for id_, deleted, visibility in found} == {
        id_: expected for id_, _, _, _, expected in IMAGE_ROWS
    }


def test_crash_hiding_images_killed_at_any_statement_leaves_the_old_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0005", data, tmp_path, monkeypatch)
    _with_images_marked_as_deleted(data / "vitrine.db")
    rows, schema = _query(data / "vitrine.db", "SELECT * FROM images"), _schema(data / "vitrine.db")
    killed = 0
    while _upgrade_and_die_at(killed + 1, data):
        killed += STEP
        assert _schema(data / "vitrine.db") == schema
        assert _query(data / "vitrine.db", "SELECT * FROM images") == rows
        assert _query(data / "vitrine.db", "PRAGMA integrity_check") == [("ok",)]
    assert killed >= 10
    assert len(_query(data / "vitrine.db", "SELECT id FROM images WHERE visibility = 'hidden'")) == 3


def test_a_review_plan_keeps_its_assignment_when_the_column_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0006", data, tmp_path, monkeypatch)
    _with_review_plan(data / "vitrine.db")
    with connect(data):
        pass
    plans = _query(data / "vitrine.db", "SELECT assignment, people, second_percent FROM review_plans")
    assert plans == [("divided", '["Anna"]', 20)]


def test_crash_renaming_for_review_killed_at_any_statement_leaves_the_old_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0006", data, tmp_path, monkeypatch)
    _with_review_plan(data / "vitrine.db")
    schema = _schema(data / "vitrine.db")
    killed = 0
    while _upgrade_and_die_at(killed + 1, data):
        killed += STEP
        assert _schema(data / "vitrine.db") == schema
        assert _query(data / "vitrine.db", "SELECT handing FROM review_plans") == [("divided",)]
        assert _query(data / "vitrine.db", "PRAGMA integrity_check") == [("ok",)]
    assert killed >= 8
    indexes = {sql.split()[2] for sql in _schema(data / "vitrine.db") if sql.startswith("CREATE INDEX")}
    assert {"ix_entries_reveals", "ix_entries_refusal"} <= indexes
    assert not {"ix_entries_revealing", "ix_entries_refusing"} & indexes


def _with_review_plan(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO projects (id, name, description, create_at, update_at) VALUES ('p', 'Shelf', '', ?, ?)",
            (WHEN, WHEN),
        )
        connection.execute("INSERT INTO review_plans VALUES ('p', 'divided', '[\"Anna\"]', 20)")
        connection.commit()


def test_crash_the_upgrade_to_several_images_killed_at_any_statement_leaves_the_old_database_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0007", data, tmp_path, monkeypatch)
    _with_twins(data / "vitrine.db")
    schema, rows = _schema(data / "vitrine.db"), _query(data / "vitrine.db", "SELECT * FROM image_datasets")
    killed = 0
    while _upgrade_and_die_at(killed + 1, data):
        killed += STEP
        assert _schema(data / "vitrine.db") == schema
        assert _query(data / "vitrine.db", "SELECT * FROM image_datasets") == rows
        assert _query(data / "vitrine.db", "PRAGMA integrity_check") == [("ok",)]
    assert killed >= 29
    found = _query(
        data / "vitrine.db",
        "SELECT id, repeats, more_image_ids, conversation_id, turn, system, boxes, ratings, origin FROM image_datasets"
        " ORDER BY id",
    )
    assert found == [("e", 1, "", None, 0, "", None, None, ""), ("f", 1, "", None, 0, "", None, None, "")]
    assert _query(data / "vitrine.db", "SELECT more_image_ids FROM questions") == [("",)]
    assert _query(data / "vitrine.db", "SELECT stage FROM task_items") == [(0,)]


def test_links_and_counts_follow_the_further_images_of_an_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    _database_at("0007", data, tmp_path, monkeypatch)
    _with_twins(data / "vitrine.db")
    with connect(data):
        pass
    path = data / "vitrine.db"

    def change(sql: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(sql)
            connection.commit()
        links = _query(path, "SELECT entry_id, image_id FROM entry_images ORDER BY 1, 2")
        return links, _query(path, "SELECT repeats FROM image_datasets ORDER BY id")

    assert change("UPDATE image_datasets SET more_image_ids = 'j,k,j' WHERE id = 'e'") == (
        [("e", "j"), ("e", "k")], [(0,), (0,)],
    )  # fmt: skip
    assert change("UPDATE image_datasets SET more_image_ids = 'j,k,j' WHERE id = 'f'")[1] == [(1,), (1,)]
    assert change("UPDATE image_datasets SET more_image_ids = 'k' WHERE id = 'e'") == (
        [("e", "k"), ("f", "j"), ("f", "k")], [(0,), (0,)],
    )  # fmt: skip
    assert change("UPDATE image_datasets SET more_image_ids = '' WHERE id = 'e'")[0] == [("f", "j"), ("f", "k")]
    assert change("DELETE FROM image_datasets WHERE id = 'f'")[0] == []


def _with_twins(path: Path) -> None:
    """Insert three images, a question, two entries with the same question, and a task with an item."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO projects (id, name, description, create_at, update_at) VALUES ('p', 'Shelf', '', ?, ?)",
            (WHEN, WHEN),
        )
        for id_ in "ijk":
            connection.execute(
                "INSERT INTO images (id, project_id, image_name, path, size, create_at, update_at, sha256, format,"
                " dhash, average_color, colors, tags, source, source_ref)"
                " VALUES (?, 'p', ?, ?, 1, ?, ?, ?, 'PNG', '', '', '', '', 'upload', '')",
                (id_, id_, id_, WHEN, WHEN, id_),
            )
        connection.execute(
            "INSERT INTO questions (id, project_id, image_id, question, question_key, language, kind, answer_type,"
            " model, create_at, update_at) VALUES ('q', 'p', 'i', 'What?', 'what', 'en', '', 'text', '', ?, ?)",
            (WHEN, WHEN),
        )
        for id_ in "ef":
            connection.execute(
                "INSERT INTO image_datasets (id, project_id, image_id, image_name, question, answer, answer_type,"
                " model, confirmed, rejected, reject_reason, flagged, score, tags, note, create_at, update_at, version,"
                " kind, language, needs_review) VALUES (?, 'p', 'i', 'i', 'How many cups?', 'three', 'text', '', 0, 0,"
                " '', 0, 0, '', '', ?, ?, 1, '', 'en', '')",
                (id_, WHEN, WHEN),
            )
        connection.execute(
            "INSERT INTO tasks (id, project_id, task_type, status, config, total_count, processed_count, failed_count,"
            " note, create_at, update_at, started_by, result)"
            " VALUES ('t', 'p', 'x', 'queued', '{}', 1, 0, 0, '', ?, ?, 'local', '{}')",
            (WHEN, WHEN),
        )
        connection.execute(
            "INSERT INTO task_items (task_id, position, subject_id, payload, state, attempts, error_code, error,"
            " result) VALUES ('t', 0, '', '{}', 'queued', 0, '', '', '{}')"
        )
        connection.commit()


def test_keys_of_questions_get_the_signs_that_carry_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    _database_at("0017", data, tmp_path, monkeypatch)
    path = data / "vitrine.db"
    _with_twins(path)
    asked = {
        "a": ("Is 2-3 < 0?", "is 2 3 0"), "b": ("What is x^2?", "what is x 2"),
        "c": ("What is x\u00b2?", "what is x2"),
    }  # fmt: skip
    with closing(sqlite3.connect(path)) as connection:
        for id_, (question, key) in asked.items():
            connection.execute(
                "INSERT INTO questions (id, project_id, image_id, question, question_key, language, kind, answer_type,"
                " model, create_at, update_at) VALUES (?, 'p', 'i', ?, ?, 'en', '', 'text', '', ?, ?)",
                (id_, question, key, WHEN, WHEN),
            )
        connection.commit()
    with connect(data):
        pass
    found = dict(_query(path, "SELECT id, question_key FROM questions"))
    assert found == {"q": "what", "a": "is 2 - 3 < 0", "b": "what is x ^ 2", "c": "what is x2"}

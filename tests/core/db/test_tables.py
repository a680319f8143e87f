"""What the declarations of the tables promise beyond names and types."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, text
from sqlmodel import select

from core.db import Database, Images, Projects, in_library, is_hidden, utc_now
from core.db.base import Base, UtcDateTime, copy_rows, new_values, time_field

TIMES = {
    "accounts": "create_at now, last_sign_in_at, disabled_at",
    "api_tokens": "create_at now, last_used_at, revoked_at",
    "audit_events": "at now",
    "audit_removals": "at now, removed_before",
    "check_runs": "create_at now, ended_at",
    "entry_leases": "until",
    "events": "at now",
    "exports": "create_at now",
    "generated_images": "created_at now, deleted_at",
    "guidelines": "create_at now",
    "image_analyses": "update_at now touched",
    "image_datasets": "create_at now, update_at now touched, deleted_at",
    "image_vectors": "update_at now touched",
    "images": "create_at now, update_at now touched, deleted_at, pinned_at",
    "incoming_projects": "create_at now",
    "invitations": "create_at now, expires_at now, revoked_at, used_at",
    "keyed_replies": "create_at now",
    "llm_calls": "started_at now, ended_at",
    "memberships": "create_at now",
    "model_profiles": "create_at now",
    "preferences": "update_at now touched",
    "projects": "create_at now, update_at now touched, deleted_at",
    "provider_batches": "create_at now, sent_at, ended_at",
    "question_templates": "create_at now, deleted_at",
    "questions": "create_at now, update_at now touched, deleted_at",
    "registered_originals": "create_at now",
    "saved_views": "create_at now",
    "sign_ins": "create_at now, expires_at now, renew_at",
    "style_dataset_images": "created_at now",
    "style_datasets": "created_at now, deleted_at",
    "style_versions": "created_at now",
    "task_chunks": "create_at now",
    "task_items": "ended_at",
    "tasks": "create_at now, update_at now touched, started_at, ended_at",
    "webhook_deliveries": "create_at now, tried_at, next_try_at, delivered_at",
    "webhooks": "failing_since, create_at now",
    "workers": "create_at now, beat_at now",
}
DEFAULTS = {
    "accounts": {"is_admin": False, "admin_by_groups": False},
    "batch_requests": {"attempt": 1, "state": "waiting"},
    "exports": {"size_bytes": 0},
    "image_datasets": {
        "answer_type": "text", "flagged": False, "confirmed": False, "rejected": False, "version": 1, "score": 0.0,
        "language": "en", "repeats": 0, "disputes": 0, "turn": 0,
    },
    "generated_images": {
        "reference_images_count": 0,
        "kept": False,
        "rating": 0,
        "cost": None,
        "dataset_version": None,
    },
    "image_findings": {"count": 1, "score": 1.0},
    "images": {"source": "upload", "visibility": "library"},
    "incoming_projects": {"is_discarded": False, "has_new_ids": None},
    "invitations": {"makes_admin": False},
    "llm_calls": {"state": "started", "attempt": 1},
    "memberships": {"by_groups": False},
    "provider_batches": {
        "model_index": 0, "state": "intended", "tries": 0, "request_count": 0, "done_count": 0,
    },
    "question_templates": {"one_label": False, "deleted_at": None},
    "questions": {"one_label": False, "deleted_at": None},
    "review_plans": {"second_percent": 0, "assignment": "all", "honeypot_percent": 0.0},
    "style_dataset_images": {"position": 0, "added_in": 1, "removed_in": None},
    "style_datasets": {"version": 1},
    "tasks": {"total_count": 0, "processed_count": 0, "failed_count": 0, "started_at": None, "ended_at": None},
    "task_items": {"attempts": 0, "state": "queued", "stage": 0},
    "webhook_deliveries": {"tries": 0, "tried_at": None, "next_try_at": None, "delivered_at": None},
    "webhooks": {"active": True, "acts_seen": 0, "images_seen": 0, "entries_seen": 0, "failing_since": None},
    "workers": {"is_draining": False},
}  # fmt: skip


def _models() -> dict[str, type[Base]]:
    return {str(mapper.local_table.name): mapper.class_ for mapper in Base._sa_registry.mappers}  # type: ignore[attr-defined]


def test_the_primary_keys_of_the_database_are_those_of_the_tables(db: Database) -> None:
    inspector = inspect(db.engine)
    made = {name: set(inspector.get_pk_constraint(name)["constrained_columns"]) for name in Base.metadata.tables}

    assert made == {name: set(table.primary_key.columns.keys()) for name, table in Base.metadata.tables.items()}


def test_a_row_gets_the_times_that_are_declared_for_it() -> None:
    found = {}
    for name, model in _models().items():
        times = [column for column in Base.metadata.tables[name].columns if isinstance(column.type, UtcDateTime)]
        found[name] = ", ".join(
            column.name
            + (" now" if model.model_fields[column.name].default_factory is utc_now else "")
            + (" touched" if column.onupdate is not None else "")
            for column in times
        )
    assert {name: found.get(name) for name in TIMES} == TIMES


@pytest.mark.parametrize("table", DEFAULTS)
def test_a_new_row_has_the_declared_defaults(table: str) -> None:
    values = new_values(_models()[table])

    assert {name: values[name] for name in DEFAULTS[table]} == DEFAULTS[table]


def test_a_time_is_stored_in_utc_and_read_with_its_zone(db: Database) -> None:
    with db.transaction() as session:
        project = Projects(name="Shelf", create_at=datetime.fromisoformat("2026-01-01T01:30:00+02:00"))
        session.add(project)
    with db.reading() as session:
        stored = session.execute(text("SELECT create_at FROM projects")).scalar_one()
        read = session.get_one(Projects, project.id)

    assert str(stored).startswith("2025-12-31 23:30:00")
    assert (read.create_at, read.create_at.tzinfo) == (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), UTC)
    assert read.deleted_at is None


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    column = UtcDateTime()

    with pytest.raises(ValueError, match="must carry a time zone"):
        column.process_bind_param(datetime(2026, 1, 1), db.engine.dialect)
    assert column.process_bind_param(None, db.engine.dialect) is None


def test_a_change_moves_only_the_time_of_the_change(db: Database) -> None:
    before = utc_now() - timedelta(days=1)
    with db.transaction() as session:
        project = Projects(name="Shelf", create_at=before, update_at=before)
        session.add(project)
    with db.transaction() as session:
        session.get_one(Projects, project.id).name = "Kitchen"
    with db.reading() as session:
        changed = session.get_one(Projects, project.id)

    assert changed.create_at == before
    assert changed.update_at > before


def test_a_field_of_a_time_that_is_not_set_by_itself_may_be_empty() -> None:
    assert time_field(now=False).default is None
    assert time_field().default_factory is utc_now


def test_copies_of_rows_are_found_in_lists_tuples_and_dicts_and_other_values_stay() -> None:
    row = Projects(name="Shelf")
    plain = object()

    copied = copy_rows({"rows": [row, (row, 1)], "plain": plain})

    assert [copied["rows"][0].name, copied["rows"][1][0].name, copied["rows"][1][1]] == ["Shelf", "Shelf", 1]
    assert copied["rows"][0] is not row
    assert copied["rows"][1][0] is not row
    assert copied["plain"] is plain


@pytest.mark.sqlite
def test_tables_without_row_ids_and_with_ids_that_never_come_again_are_made_so(db: Database) -> None:
    with db.reading() as session:
        made = dict(session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).tuples().all())
    declared = {name: table.dialect_options["sqlite"] for name, table in Base.metadata.tables.items()}

    assert {name for name, options in declared.items() if options.get("with_rowid") is False} == {
        name for name in declared if "WITHOUT ROWID" in made[name]
    }
    assert {name for name, options in declared.items() if options.get("autoincrement")} == {
        name for name in declared if "AUTOINCREMENT" in made[name]
    }


@pytest.mark.parametrize(
    ("visibility", "is_deleted", "is_in_library_", "is_hidden_"),
    [("library", False, True, False), ("library", True, False, False), ("hidden", False, False, True),
     ("hidden", True, False, True)],
)  # fmt: skip
def test_an_image_is_in_the_library_when_it_is_neither_deleted_nor_hidden(
    visibility: str, is_deleted: bool, is_in_library_: bool, is_hidden_: bool, db: Database
) -> None:
    with db.transaction() as session:
        project = Projects(name="Shelf")
        session.add(project)
        session.flush()
        image = Images(
            project_id=project.id, image_name="a", path="", size=1, sha256="a", format="PNG", visibility=visibility,
            deleted_at=utc_now() if is_deleted else None,
        )  # fmt: skip
        session.add(image)
    with db.reading() as session:
        stored = session.exec(select(Images)).one()
        assert stored.is_in_library is is_in_library_
        assert bool(session.exec(select(Images).where(in_library())).all()) is is_in_library_
        assert bool(session.exec(select(Images).where(is_hidden())).all()) is is_hidden_

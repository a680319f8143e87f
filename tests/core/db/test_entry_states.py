"""PostgreSQL looks up decisions in a table of their own, which triggers keep equal to the entries."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlmodel import col, select

from core.dataset import ReviewService, parse_search
from core.db import Database, ImageDatasets, Projects, migrate
from core.services import Services
from tests import postgresql
from tests.pictures import png

pytestmark = pytest.mark.postgresql

_ENTRY = (
    "INSERT INTO image_datasets (id, confirmed, rejected, deleted_at, project_id, image_id, image_name, question,"
    " answer, answer_type, model, reject_reason, flagged, score, tags, note, create_at, update_at, version, kind,"
    " language, needs_review) VALUES (:id, :confirmed, :rejected, :deleted_at, 'p', 'i', 'i.png', 'What is it?', :id,"
    " 'text', '', '', false, 0, '', '', now(), now(), 1, '', 'en', '')"
)


@pytest.fixture
def project(services: Services) -> Projects:
    """A project with the entries 0 to 4 of one image."""
    project = services.projects.create_project("Shelf")
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    for number in range(5):
        services.dataset.create_dataset_entry(project.id, added.image.id, f"What is number {number}?", str(number))
    return project


def _ids(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(ImageDatasets.id).order_by(col(ImageDatasets.create_at))))


def _states(db: Database) -> dict[str, list[str]]:
    """Return the answers by state, after checking that each entry is looked up as what it is."""
    with db.reading() as session:
        found = session.execute(
            text(
                "SELECT e.answer, s.state, s.project_id = e.project_id AND s.create_at = e.create_at"
                " FROM entry_states s FULL JOIN image_datasets e ON e.id = s.entry_id ORDER BY e.create_at"
            )
        ).all()
    assert all(equal for _, _, equal in found)
    return {state: [answer for answer, its, _ in found if its == state] for state in {state for _, state, _ in found}}


def test_each_way_of_changing_an_entry_is_followed(services: Services, project: Projects) -> None:
    db, review = services.db, ReviewService(services.db)
    ids = _ids(db)
    assert _states(db) == {"open": ["0", "1", "2", "3", "4"]}
    services.dataset.confirm_entry(ids[0])
    review.decide(ids[1], 1, "reject", changes={"reject_reason": "duplicate"})
    assert _states(db) == {"confirmed": ["0"], "rejected": ["1"], "open": ["2", "3", "4"]}
    review.bulk(project.id, parse_search("is:open"), "confirm")
    assert _states(db) == {"confirmed": ["0", "2", "3", "4"], "rejected": ["1"]}
    review.undo(project.id)
    services.dataset.delete_dataset_entry(ids[2])
    assert _states(db) == {"confirmed": ["0"], "rejected": ["1"], "deleted": ["2"], "open": ["3", "4"]}
    services.bin.delete_for_good("entry", ids[2])
    with db.transaction() as session:
        session.execute(text("UPDATE image_datasets SET create_at = create_at - interval '1 day' WHERE answer = '4'"))
    assert _states(db) == {"confirmed": ["0"], "rejected": ["1"], "open": ["4", "3"]}


def test_a_bulk_decision_writes_into_no_index_of_the_entries(services: Services, project: Projects) -> None:
    with services.db.transaction() as session:
        session.execute(text("UPDATE image_datasets SET confirmed = true, version = version + 1"))
        hot = "SELECT pg_stat_get_xact_tuples_hot_updated('image_datasets'::regclass)"
        assert session.execute(text(hot)).scalar_one() == 5


def test_entries_of_an_older_version_are_looked_up_too() -> None:
    engine = create_engine(postgresql.new_empty_database())
    script = ScriptDirectory(str(migrate.MIGRATIONS_DIR))
    with engine.begin() as connection:
        migrate.run_migrations(connection, script, "0029")
        connection.exec_driver_sql("SET session_replication_role = replica")  # the image does not matter here
        for id_, confirmed, rejected, deleted_at in (
            ("a", True, False, None), ("b", False, True, None), ("c", False, False, "2026-01-01"),
            ("d", False, False, None),
        ):  # fmt: skip
            values = {"id": id_, "confirmed": confirmed, "rejected": rejected, "deleted_at": deleted_at}
            connection.execute(text(_ENTRY), values)
        connection.exec_driver_sql("SET session_replication_role = origin")
        migrate.run_migrations(connection, script, "0030")
        states = "SELECT entry_id, state FROM entry_states ORDER BY entry_id"
        assert connection.exec_driver_sql(states).all() == [
            ("a", "confirmed"), ("b", "rejected"), ("c", "deleted"), ("d", "open"),
        ]  # fmt: skip
    engine.dispose()

"""What PostgreSQL alone can do to its users: end connections, restart, and compare texts by a language."""

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from sqlalchemy import make_url, text
from sqlmodel import Session, select

from core import ProjectService
from core.db import Database, ImageDatasets, ModelProfiles, Projects, connect, server
from core.db.driver_errors import translate_driver_errors
from core.errors import DatabaseAwayError, InvalidInputError, StorageError
from core.services import Services
from tests import postgresql
from tests.pictures import png

pytestmark = pytest.mark.postgresql


def _end_all_connections(db: Database) -> None:
    """Do to the connections of *db* what a restart of the server does."""
    with postgresql.admin_connection() as connection:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(others), {"name": db.engine.url.database})


def _names(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.exec(select(Projects.name).order_by(Projects.name)))


def test_after_a_restart_reading_and_writing_go_on(db: Database) -> None:
    ProjectService(db).create_project("Before")
    version = db.data_version()
    _end_all_connections(db)
    ProjectService(db).create_project("After")
    _end_all_connections(db)
    assert _names(db) == ["After", "Before"]
    assert db.data_version() is None or db.data_version() != version
    assert db.data_version() is not None


def test_a_transaction_whose_connection_ends_stores_nothing_and_says_so(db: Database) -> None:
    with pytest.raises(DatabaseAwayError, match="does not answer"), db.transaction() as session:
        session.add(Projects(name="Lost"))
        session.flush()
        _end_all_connections(db)
    assert _names(db) == []


@pytest.mark.parametrize("moment", ["while it runs", "after its commit"])
def test_a_queued_write_is_stored_once_whenever_its_connection_ends(
    moment: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def write(session: Session) -> str:
        session.add(Projects(name="Shelf"))
        session.flush()
        if moment == "while it runs" and not ended.is_set():
            ended.set()
            _end_all_connections(db)
        return "stored"

    if moment == "after its commit":
        _lose_the_answer_to_the_first_commit(db, monkeypatch, ended)
    assert db.submit(write).result(30) == "stored"
    assert ended.is_set()
    assert _names(db) == ["Shelf"]


def _lose_the_answer_to_the_first_commit(db: Database, monkeypatch: pytest.MonkeyPatch, ended: threading.Event) -> None:
    commit: Callable[..., None] = db.engine.dialect.do_commit

    def commit_and_lose(connection: object) -> None:
        commit(connection)
        if not ended.is_set():
            ended.set()
            raise DatabaseAwayError("gone")

    monkeypatch.setattr(db.engine.dialect, "do_commit", commit_and_lose)


def test_errors_that_a_person_can_mend_are_sentences(db: Database) -> None:
    with pytest.raises(InvalidInputError, match="NUL"), db.transaction() as session:
        session.add(Projects(name="a\0b"))
    with pytest.raises(InvalidInputError, match="half of a surrogate pair"), db.transaction() as session:
        session.add(Projects(name="\ud83d"))
    with pytest.raises(InvalidInputError, match="at most 64 bits"), db.transaction() as session:
        session.add(Projects(name="Large", max_images=2**63))
    with pytest.raises(InvalidInputError, match="NaN or infinite"), db.transaction() as session:
        session.add(ModelProfiles(name="a", config={"temperature": float("inf")}))
    with pytest.raises(StorageError, match="took too long"), db.reading() as session:
        session.execute(text("SET LOCAL statement_timeout = 10"))
        session.execute(text("SELECT pg_sleep(5)"))
    with pytest.raises(StorageError, match="locked"), db.transaction(), db.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = 10")
        connection.exec_driver_sql("UPDATE vitrine_state SET version = 0")


def test_two_servers_that_start_at_once_upgrade_a_new_database_once(db: Database) -> None:
    url = postgresql.new_empty_database()
    opened: list[str] = []

    def start() -> None:
        with connect(url) as mine:
            opened.extend(_names(mine) or ["empty"])

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert opened == ["empty"] * 3


def test_every_text_is_compared_by_its_bytes(db: Database) -> None:
    with db.reading() as session:
        others = session.execute(
            text(
                "SELECT table_name, column_name, collation_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')"
                " AND collation_name IS DISTINCT FROM 'C'"
            )
        ).all()
    assert others == []


def test_a_pool_without_a_free_connection_is_one_sentence(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", server.POOL_SIZE)
    monkeypatch.setattr(server, "POOL_TIMEOUT_S", 0.1)
    monkeypatch.setattr(server, "WAIT_S", 0.1)
    with connect(db.engine.url.render_as_string(hide_password=False)) as small, ExitStack() as held:
        for _ in range(server.POOL_SIZE):
            held.enter_context(small.engine.connect())
        with pytest.raises(DatabaseAwayError, match="All connections of this server to its database are in use"):
            _names(small)
        held.pop_all().close()
        assert _names(small) == []


def test_a_server_without_a_free_connection_is_one_sentence_and_nothing_is_prepared_where_it_must_not(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WAIT_S", 0.1)
    monkeypatch.setenv("VITRINE_DATABASE_PREPARES", "false")
    url = db.engine.url.render_as_string(hide_password=False)
    with connect(url) as plain, plain.engine.connect() as connection:
        for _ in range(8):
            connection.execute(text("SELECT 1"))
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM pg_prepared_statements").scalar() == 0
    name = db.engine.url.database
    with postgresql.admin_connection() as connection:
        connection.execute(text(f'CREATE ROLE few LOGIN CONNECTION LIMIT 0; GRANT ALL ON DATABASE "{name}" TO few'))
    try:
        few = server.make_server_engine(make_url(url).set(username="few").render_as_string(hide_password=False))
        translate_driver_errors(few)
        with pytest.raises(DatabaseAwayError, match="no connection left"):
            few.connect()
    finally:
        with postgresql.admin_connection() as connection:
            connection.execute(text(f'REVOKE ALL ON DATABASE "{name}" FROM few; DROP ROLE few'))


def test_integers_have_64_bits_as_in_sqlite(db: Database) -> None:
    """The position of an item counts its stage in the hundred millions, and quotas are in bytes."""
    large = 90 * 100_000_000
    with db.transaction() as session:
        session.add(Projects(name="Large", max_image_bytes=large))
    with db.reading() as session:
        assert session.exec(select(Projects.name).where(Projects.max_image_bytes == large)).one() == "Large"
        narrow = "SELECT 1 FROM information_schema.columns c WHERE data_type = 'integer' AND table_schema = 'public'"
        assert session.execute(text(narrow)).first() is None


def test_a_long_question_and_many_tags_are_stored_and_a_twin_of_the_question_is_found(services: Services) -> None:
    """A row of an index has 2,704 bytes; these are texts that do not get shorter by compression."""
    chance = random.Random(1)
    question, *tags = ["".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(n)) for n in (2_000, *[50] * 60)]
    project = services.projects.create_project("Shelf")
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    services.tag_review.change(added.image.id, accept=tags)
    first = services.questions.add_manual_question(added.image.id, question)
    assert services.questions.add_manual_question(added.image.id, question).id == first.id
    for _ in range(2):
        services.dataset.create_dataset_entry(project.id, added.image.id, question, "Yes.")
    with services.db.reading() as session:
        assert list(session.exec(select(ImageDatasets.repeats))) == [1, 1]


def test_a_server_that_refuses_is_not_said_to_be_away(db: Database) -> None:
    url = db.engine.url
    for wrong, said in (
        (url.set(username="nobody_here"), "refuses the user or the password"),
        (url.set(database="none_here"), "has no database of this name"),
    ):
        engine = server.make_server_engine(wrong.render_as_string(hide_password=False), keeps=False)
        translate_driver_errors(engine)
        with pytest.raises(DatabaseAwayError, match=said), engine.connect():
            pass

"""Similar images by pgvector: what it finds is what an exact search finds, and its table follows the rows."""

import numpy as np
import pytest
from sqlalchemy import text
from sqlmodel import col, insert, select, update

from core import Images, Projects
from core.accounts.examination import examine_sign_in
from core.db import Database, ImageVectors, extension, new_id
from core.db.migrate import known_versions
from core.vision.search import ImageSearch
from core.vision.vectors import rows, search, server_index
from core.vision.vectors.search import VectorSearch
from core.vision.vectors.server_index import SCHEMA

pytestmark = pytest.mark.postgresql

_COUNT, _DIMENSIONS, _KIND = 2_000, 64, "toy"


@pytest.fixture
def vectors(db: Database, project: Projects, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Store vectors in clusters, as those of photographs are, and search all projects by pgvector."""
    monkeypatch.setattr(search, "EXACT_UP_TO", 0)
    numbers = np.random.default_rng(3)
    centers = numbers.normal(size=(60, _DIMENSIONS))
    made = centers[numbers.integers(0, 60, _COUNT)] + 0.5 * numbers.normal(size=(_COUNT, _DIMENSIONS))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    _store(db, project.id, made.astype(np.float32), 0)
    return made.astype(np.float32)


def _store(db: Database, project_id: str, vectors: np.ndarray, start: int) -> None:
    ids = [f"i{start + number:05}" for number in range(len(vectors))]
    more = {"size": 1, "format": "JPEG"}
    images = [
        {"id": id_, "project_id": project_id, "image_name": f"{id_}.jpg", "path": id_, "sha256": id_} | more
        for id_ in ids
    ]
    stored = [
        {"id": new_id(), "project_id": project_id, "image_id": id_, "kind": _KIND, "vector": rows.packed(vector)}
        for id_, vector in zip(ids, vectors, strict=True)
    ]
    with db.transaction() as session:
        session.execute(insert(Images), images)
        session.execute(insert(ImageVectors), stored)


def _ready(db: Database, project: Projects) -> VectorSearch:
    """Return a search whose index of pgvector is made, which otherwise happens in a thread."""
    found = VectorSearch(db)
    assert found._server is not None
    found._server._available = extension.make_vectors_available(db.engine)
    assert found._server.update((project.id, _KIND), found.state(project.id, _KIND)) == _DIMENSIONS
    return found


def _in_memory(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("searched in memory")

    monkeypatch.setattr(VectorSearch, "index", refuse)


def test_pgvector_finds_what_an_exact_search_finds(
    db: Database, project: Projects, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _ready(db, project)
    _in_memory(db, monkeypatch)
    hits = 0
    for query in vectors[::100]:
        near = found.nearest_wanted(project.id, _KIND, query, 10)
        exact = vectors @ query
        hits += len({f"i{at:05}" for at in np.argsort(-exact)[:10]} & {one.image_id for one in near})
        assert [one.score for one in near] == pytest.approx([exact[int(one.image_id[1:])] for one in near], abs=2e-3)
        assert near[0].score == max(one.score for one in near)
    assert hits >= 0.97 * 10 * len(vectors[::100])
    assert found.nearest_wanted(project.id, _KIND, np.ones(3, np.float32), 10) == []


def test_a_filter_is_searched_past_what_it_leaves_out(
    db: Database, project: Projects, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _ready(db, project)
    _in_memory(db, monkeypatch)
    wanted = {f"i{at:05}" for at in range(0, _COUNT, 50)}
    near = found.nearest_wanted(project.id, _KIND, vectors[1], 5, wanted.__contains__)
    exact = sorted(wanted, key=lambda id_: -(vectors[int(id_[1:])] @ vectors[1]))[:5]
    assert [one.image_id for one in near] == exact
    near_pictures = ImageSearch(db).rank_similar(project.id, "i00007", 4, None)
    assert near_pictures[0].image_id == "i00007"


def test_what_is_written_replaced_and_removed_is_taken_up(
    db: Database, project: Projects, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _ready(db, project)
    _in_memory(db, monkeypatch)
    query = -vectors[0]
    _store(db, project.id, query[None], _COUNT)
    first = found.nearest_wanted(project.id, _KIND, query, 1)
    assert (first[0].image_id, first[0].score) == (f"i{_COUNT:05}", pytest.approx(1, abs=2e-3))
    with db.transaction() as session:
        row = session.exec(select(ImageVectors).where(ImageVectors.image_id == "i00005")).one()
        row.vector = rows.packed(query)
        session.execute(update(ImageVectors).where(col(ImageVectors.image_id) == f"i{_COUNT:05}").values(vector=b"xx"))
    assert [one.image_id for one in found.nearest_wanted(project.id, _KIND, query, 1)] == ["i00005"]
    with db.transaction() as session:
        session.delete(session.exec(select(ImageVectors).where(ImageVectors.image_id == "i00005")).one())
    assert found.nearest_wanted(project.id, _KIND, query, 1)[0].image_id not in {"i00005", f"i{_COUNT:05}"}


def test_while_the_index_is_made_and_without_the_extension_images_are_compared_in_memory(
    db: Database, project: Projects, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = VectorSearch(db)
    monkeypatch.setattr(server_index.ServerIndexes, "_update_in_a_thread", lambda *_: None)
    assert waiting.nearest_wanted(project.id, _KIND, vectors[4], 1)[0].image_id == "i00004"
    without = VectorSearch(db)
    monkeypatch.setattr(server_index, "make_vectors_available", lambda _: False)
    assert without.nearest_wanted(project.id, _KIND, vectors[4], 1)[0].image_id == "i00004"


def test_the_table_of_vectors_that_are_gone_is_dropped_when_another_is_made(
    db: Database, project: Projects, vectors: np.ndarray
) -> None:
    _ready(db, project)
    with db.transaction() as session:
        session.execute(update(ImageVectors).values(kind="other"))
    search_again = VectorSearch(db)
    assert search_again._server is not None
    search_again._server.update((project.id, "other"), search_again.state(project.id, "other"))
    with db.reading() as session:
        kinds = session.execute(text(f"SELECT kind FROM {SCHEMA}.vector_indexes")).scalars().all()  # noqa: S608
        assert kinds == ["other"]
        tables = text("SELECT COUNT(*) FROM pg_tables WHERE schemaname = :schema AND tablename LIKE 'v\\_%'")
        assert session.execute(tables, {"schema": SCHEMA}).scalar() == 1


def test_doctor_says_where_similar_images_are_found(db: Database) -> None:
    url = db.engine.url.render_as_string(hide_password=False)
    (_, _, server), (level, _, missing), _ = extension.examine_server(url)
    assert server.startswith("PostgreSQL 18")
    assert (level, "run CREATE EXTENSION vector" in missing) == ("warning", True)
    assert extension.make_vectors_available(db.engine)
    _, (level, _, there), _ = extension.examine_server(url)
    assert (level, there.startswith("found by pgvector 0.8")) == ("ok", True)
    ((level, _, away),) = extension.examine_server("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert (level, "does not answer" in away) == ("problem", True)


def test_doctor_compares_the_schema_of_a_server_with_its_own(db: Database) -> None:
    url = db.engine.url.render_as_string(hide_password=False)
    assert extension.examine_server(url)[2] == ("ok", "Schema", known_versions()[-1])
    for version, level, words in (("0015", "warning", "0015; make a backup"), ("9999", "problem", "Update Vitrine")):
        with db.transaction() as session:
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = %s", (version,))
        found, _, message = extension.examine_server(url)[2]
        assert (found, words in message) == (level, True)
    with db.transaction() as session:
        session.connection().exec_driver_sql("DROP TABLE alembic_version")
    assert extension.examine_server(url)[2][2].startswith("empty; ")
    settings = db.settings.model_copy(update={"sign_in": "accounts", "database_url": url})
    ((level, _, message),) = examine_sign_in(settings)
    assert (level, "vitrine user add NAME --admin" in message) == ("problem", True)

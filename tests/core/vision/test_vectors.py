"""Vectors of images: the rows are the truth, an index follows them, and the nearest are found."""

from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select

from core import Projects
from core.db import ImageVectors
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from core.vision.vectors import index as indexes
from core.vision.vectors import rows
from core.vision.vectors.index import VectorIndex
from core.vision.vectors.search import VectorSearch
from tests.core.vision.conftest import add_images


def _random(count: int, dimensions: int = 32, seed: int = 0) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def _store(services: Services, project_id: str, vectors: dict[str, list[float]]) -> None:
    with services.db.transaction() as session:
        for image_id, vector in vectors.items():
            session.add(
                ImageVectors(project_id=project_id, image_id=image_id, kind="toy", vector=rows.packed(np.array(vector)))
            )


def test_a_vector_is_stored_with_length_one_in_two_bytes_a_value() -> None:
    assert rows.packed(np.array([3.0, 4.0])) == np.array([0.6, 0.8], "<f2").tobytes()
    np.testing.assert_allclose(rows.unpacked([rows.packed(np.array([3.0, 4.0]))]), [[0.6, 0.8]], atol=1e-3)
    assert rows.unpacked([rows.packed(np.zeros(2))]).tolist() == [[0.0, 0.0]]


def test_the_nearest_come_first_with_their_cosine(services: Services, project: Projects) -> None:
    ids = add_images(services, project.id, "a.jpg", "b.jpg", "c.jpg")
    _store(services, project.id, {ids["a.jpg"]: [1, 0], ids["b.jpg"]: [1, 1], ids["c.jpg"]: [0, 1]})
    found = VectorSearch(services.db).similar_to(ids["a.jpg"], "toy")
    assert [image.image_name for image, _ in found] == ["b.jpg", "c.jpg"]
    assert [score for _, score in found] == pytest.approx([2**-0.5, 0], abs=1e-3)


def test_what_is_written_later_is_found_and_deleted_images_are_not(services: Services, project: Projects) -> None:
    ids = add_images(services, project.id, "a.jpg", "b.jpg", "c.jpg")
    search = VectorSearch(services.db)
    _store(services, project.id, {ids["a.jpg"]: [1, 0], ids["b.jpg"]: [0, 1]})
    assert [image.image_name for image, _ in search.similar_to(ids["a.jpg"], "toy")] == ["b.jpg"]

    _store(services, project.id, {ids["c.jpg"]: [1, 0.1]})
    assert [image.image_name for image, _ in search.similar_to(ids["a.jpg"], "toy", 1)] == ["c.jpg"]
    services.images.delete_image(ids["c.jpg"])
    assert [image.image_name for image, _ in search.similar_to(ids["a.jpg"], "toy", 1)] == ["b.jpg"]


def test_a_vector_that_is_replaced_counts_anew(services: Services, project: Projects) -> None:
    ids = add_images(services, project.id, "a.jpg", "b.jpg", "c.jpg")
    search = VectorSearch(services.db)
    _store(services, project.id, {ids["a.jpg"]: [1, 0], ids["b.jpg"]: [0, 1], ids["c.jpg"]: [1, 1]})
    assert [image.image_name for image, _ in search.similar_to(ids["a.jpg"], "toy", 1)] == ["c.jpg"]
    with services.db.transaction() as session:
        session.delete(session.exec(select(ImageVectors).where(ImageVectors.image_id == ids["b.jpg"])).one())
    _store(services, project.id, {ids["b.jpg"]: [1, 0]})
    assert [image.image_name for image, _ in search.similar_to(ids["a.jpg"], "toy", 1)] == ["b.jpg"]


def test_an_image_without_a_vector_says_what_to_do(services: Services, project: Projects) -> None:
    ids = add_images(services, project.id, "a.jpg")
    with pytest.raises(InvalidInputError, match="has no vector yet"):
        VectorSearch(services.db).similar_to(ids["a.jpg"], "toy")
    with pytest.raises(NotFoundError, match="does not exist"):
        VectorSearch(services.db).similar_to("x" * 21, "toy")


def test_the_approximate_index_finds_nearly_what_the_exact_one_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    centers = _random(60, seed=1)
    vectors = np.repeat(centers, 100, axis=0) + 0.7 * _random(6000, seed=2)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    ids = [str(number) for number in range(6000)]
    exact = VectorIndex(ids, vectors)
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 1000)
    approximate = VectorIndex(ids, vectors, tmp_path / "a.faiss")
    again = VectorIndex(ids, vectors, tmp_path / "a.faiss")
    wanted = found = 0
    for query in vectors[::300].astype(np.float32):
        best = {near.image_id for near in exact.nearest(query, 10)}
        wanted += len(best)
        found += len(best & {near.image_id for near in approximate.nearest(query, 10)})
        assert approximate.nearest(query, 10) == again.nearest(query, 10)
    assert found / wanted >= 0.97


def test_vectors_that_were_added_to_an_approximate_index_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 1000)
    vectors = _random(2001).astype(np.float16)
    index = VectorIndex([str(number) for number in range(2000)], vectors[:2000]).add(["new"], vectors[2000:])
    best = index.nearest(vectors[2000].astype(np.float32), 1)
    assert [near.image_id for near in best] == ["new"]
    assert best[0].score == pytest.approx(1, abs=1e-2)
    assert not index.needs_rebuild


def test_a_damaged_index_file_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(indexes, "EXACT_UP_TO", 100)
    (tmp_path / "a.faiss").write_bytes(b"no index")
    vectors = _random(200).astype(np.float16)
    index = VectorIndex([str(number) for number in range(200)], vectors, tmp_path / "a.faiss")
    assert index.nearest(vectors[7].astype(np.float32), 1)[0].image_id == "7"
    assert (tmp_path / "a.faiss").stat().st_size > 1000

"""Duplicates are found by hash and by vectors; variants and what a person kept apart are none."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import delete

from core import Projects
from core.db import Images, ImageVectors
from core.errors import InvalidInputError
from core.images import ImageFilter
from core.services import Services
from core.vision import near_pairs as module
from core.vision.duplicates import DuplicateSearch
from core.vision.near_pairs import PairSearch
from core.vision.vectors import rows
from core.vision.vectors.pairs import NearPairs, near_pairs
from tests.core.vision.conftest import add_images
from tests.planted import npz_that_touches

KIND = "measured 1"
NAMES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")


def store_vectors(services: Services, project_id: str, vectors: dict[str, list[float]]) -> None:
    with services.db.transaction() as session:
        for image_id, vector in vectors.items():
            packed = rows.packed(np.array(vector))
            session.add(ImageVectors(project_id=project_id, image_id=image_id, kind=KIND, vector=packed))


def change(services: Services, image_id: str, **values: str) -> None:
    with services.db.transaction() as session:
        image = session.get_one(Images, image_id)
        for name, value in values.items():
            setattr(image, name, value)


@pytest.fixture
def ids(services: Services, project: Projects) -> dict[str, str]:
    """Five images: b is marked by its hash as like a, and c is near a by vectors; e has no vector yet."""
    made = add_images(services, project.id, *NAMES, "e.jpg")
    with services.db.transaction() as session:
        hashes = zip(
            NAMES, ("0f0f0f0f0f0f0f0f", "0f0f0f0f0f0f0f0e", "123456789abcdef0", "fedcba0987654321"), strict=True
        )
        for name, dhash in hashes:
            image = session.get_one(Images, made[name])
            image.dhash, image.near_duplicate_of = dhash, made["a.jpg"] if name == "b.jpg" else None
    store_vectors(
        services, project.id,
        {made["a.jpg"]: [1, 0], made["b.jpg"]: [0, 1], made["c.jpg"]: [1, 0.03], made["d.jpg"]: [-1, 0]},
    )  # fmt: skip
    return made


def _pairs(services: Services, project: Projects, image_filter: ImageFilter | None = None) -> list[tuple[object, ...]]:
    names = {image.id: image.image_name for image in services.images.list_images(project.id)}
    found = DuplicateSearch(services.db).find_pairs(project.id, image_filter).items
    return [(names[pair.image_id], names[pair.other_id], pair.ways, pair.bits, pair.cosine) for pair in found]


def test_each_pair_says_by_what_it_was_found(services: Services, project: Projects, ids: dict[str, str]) -> None:
    (cosine,) = (pair.cosine for pair in DuplicateSearch(services.db).find_pairs(project.id).items if pair.cosine)
    assert cosine == pytest.approx(0.9996, abs=2e-4)
    assert _pairs(services, project) == [
        ("b.jpg", "a.jpg", ("hash",), 1, None),
        ("c.jpg", "a.jpg", ("vectors",), None, cosine),
    ]


def test_a_pair_that_both_found_is_one(services: Services, project: Projects, ids: dict[str, str]) -> None:
    change(services, ids["c.jpg"], near_duplicate_of=ids["a.jpg"])

    assert [pair[:4] for pair in _pairs(services, project)] == [
        ("b.jpg", "a.jpg", ("hash",), 1), ("c.jpg", "a.jpg", ("hash", "vectors"), None),
    ]  # fmt: skip


def test_groups_join_pairs_of_both_ways(services: Services, project: Projects, ids: dict[str, str]) -> None:
    found = DuplicateSearch(services.db).find_groups(project.id)

    assert [[image.image_name for image in group.images] for group in found.groups] == [["a.jpg", "b.jpg", "c.jpg"]]
    assert (found.total, found.next_cursor, found.groups[0].variants) == (1, None, 0)


def test_a_variant_is_no_duplicate_and_belongs_to_the_group_of_its_original(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    change(services, ids["c.jpg"], variant_of=ids["a.jpg"])
    assert [pair[:2] for pair in _pairs(services, project)] == [("b.jpg", "a.jpg")]
    assert DuplicateSearch(services.db).find_groups(project.id).groups[0].variants == 1

    change(services, ids["c.jpg"], variant_of=ids["d.jpg"])
    assert [pair[:2] for pair in _pairs(services, project)] == [("b.jpg", "a.jpg"), ("d.jpg", "a.jpg")]


def test_what_was_kept_apart_is_not_found_again_until_that_is_undone(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    together = [ids["a.jpg"], ids["c.jpg"]]
    assert services.duplicates.separate(together) == 0
    assert [pair[0] for pair in _pairs(services, project)] == ["b.jpg"]
    services.duplicates.undo(together)
    assert [pair[0] for pair in _pairs(services, project)] == ["b.jpg", "c.jpg"]


def test_deleted_images_are_in_no_pair(services: Services, project: Projects, ids: dict[str, str]) -> None:
    services.images.delete_image(ids["c.jpg"])
    assert [pair[0] for pair in _pairs(services, project)] == ["b.jpg"]


def test_a_filter_chooses_pairs_by_one_of_their_images(
    services: Services, project: Projects, ids: dict[str, str]
) -> None:
    assert [pair[0] for pair in _pairs(services, project, ImageFilter(name="c.jpg"))] == ["c.jpg"]
    assert len(_pairs(services, project, ImageFilter(name="a.jpg"))) == 2
    assert _pairs(services, project, ImageFilter(name="d.jpg")) == []


def test_pairs_are_read_page_by_page(services: Services, project: Projects, ids: dict[str, str]) -> None:
    search = DuplicateSearch(services.db)
    first = search.find_pairs(project.id, limit=1)
    second = search.find_pairs(project.id, limit=1, after=first.next_cursor)

    assert [pair.image_id for pair in (*first.items, *second.items)] == [ids["b.jpg"], ids["c.jpg"]]
    assert (first.total, second.next_cursor) == (2, None)
    with pytest.raises(InvalidInputError, match="Start from the first page"):
        search.find_pairs(project.id, after="gone")


def test_added_vectors_continue_the_pairs_of_an_earlier_process(
    services: Services, project: Projects, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(PairSearch(services.db).near_images(project.id)) == 1
    store_vectors(services, project.id, {ids["e.jpg"]: [0, 1.0]})
    starts = []

    def counted(vectors: NDArray[np.float16], least: float, start: int) -> NearPairs:
        starts.append(start)
        return near_pairs(vectors, least, start)

    monkeypatch.setattr(module, "near_pairs", counted)
    found = {frozenset((pair.image_id, pair.other_id)) for pair in PairSearch(services.db).near_images(project.id)}
    assert found == {frozenset((ids["a.jpg"], ids["c.jpg"])), frozenset((ids["e.jpg"], ids["b.jpg"]))}
    assert starts == [4]


def test_a_damaged_file_of_pairs_is_made_anew(
    services: Services, project: Projects, ids: dict[str, str], tmp_path: Path
) -> None:
    expected = PairSearch(services.db).near_images(project.id)
    (file,) = services.db.data_dir.glob("cache/vectors/**/near.npz")
    planted = npz_that_touches(tmp_path / "ran", "count", "first")
    for damaged in (b"", b"PK\x03\x04 not an archive", file.read_bytes()[:200], planted):
        file.write_bytes(damaged)
        assert PairSearch(services.db).near_images(project.id) == expected
    assert not (tmp_path / "ran").exists()


def test_a_replaced_vector_makes_the_pairs_anew(services: Services, project: Projects, ids: dict[str, str]) -> None:
    assert len(PairSearch(services.db).near_images(project.id)) == 1
    with services.db.transaction() as session:
        session.execute(delete(ImageVectors).where(ImageVectors.image_id == ids["c.jpg"]))
    store_vectors(services, project.id, {ids["c.jpg"]: [-1, 0.0]})

    (pair,) = PairSearch(services.db).near_images(project.id)
    assert {pair.image_id, pair.other_id} == {ids["c.jpg"], ids["d.jpg"]}

"""Laying out a map: the same each time, similar ones together, and odd data has places too."""

import numpy as np
import pytest

from core.vision.map.groups import NO_GROUP, groups_of
from core.vision.map.layout import lay_out, principal_components
from core.vision.map.neighbors import Neighbors


def _clusters(count: int, size: int, dimensions: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around *count* centers, and the number of each one's center."""
    random = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(count), size)
    centers = random.normal(size=(count, dimensions))
    vectors = centers[numbers] + random.normal(scale=0.4, size=(count * size, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16), numbers


def _laid_out(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    return lay_out(principal_components(vectors).reduce(vectors), seed)


def test_similar_vectors_come_together_and_the_same_seed_gives_the_same_map() -> None:
    vectors, numbers = _clusters(6, 60)
    places = _laid_out(vectors)
    assert places.shape == (360, 2)
    assert places.min() >= 0
    assert places.max() <= 1
    near = Neighbors(places).of_all(10)
    assert (numbers[near] == numbers[:, None]).mean() > 0.99

    np.testing.assert_array_equal(_laid_out(vectors), places)
    assert not np.array_equal(_laid_out(vectors, seed=1), places)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17])
def test_few_images_have_places(count: int) -> None:
    vectors = np.eye(20, dtype=np.float16)[:count]
    places = _laid_out(vectors)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == count


def test_identical_vectors_stand_apart_from_each_other_and_from_others() -> None:
    vectors = np.zeros((80, 32), np.float16)
    vectors[:, 0] = 1
    places = _laid_out(vectors)
    assert np.isfinite(places).all()
    assert len(np.unique(np.round(places * 65535), axis=0)) > 70

    vectors[70:, 0], vectors[70:, 1] = 0, 1
    places = _laid_out(vectors)
    inside = np.linalg.norm(places[:70] - places[:70].mean(axis=0), axis=1)
    apart = np.linalg.norm(places[:70].mean(axis=0) - places[70:].mean(axis=0))
    assert apart > 2 * np.median(inside)


def test_vectors_of_zeros_have_places() -> None:
    assert np.isfinite(_laid_out(np.zeros((30, 8), np.float16))).all()


def test_neighbors_by_lists_are_nearly_those_of_a_full_search() -> None:
    points = np.random.default_rng(1).normal(size=(4_000, 12)).astype(np.float32)
    found = Neighbors(points).of_all(10)
    squared = ((points[:200, None] - points[None]) ** 2).sum(axis=2)
    squared[np.arange(200), np.arange(200)] = np.inf
    exact = np.argsort(squared, axis=1)[:, :10]
    shared = [len(set(found[at]) & set(exact[at])) for at in range(200)]
    assert np.mean(shared) > 9
    assert not (found == np.arange(4_000)[:, None]).any()
    assert all(len(set(row)) == 10 for row in found.tolist())


def test_groups_are_the_hills_of_the_map_the_largest_first() -> None:
    random = np.random.default_rng(2)
    large = random.normal((0.25, 0.25), 0.02, (300, 2))
    small = random.normal((0.75, 0.75), 0.02, (100, 2))
    stray = np.array([[0.9, 0.1]])
    groups = groups_of(np.concatenate([small, large, stray]).astype(np.float32))
    assert set(groups[:100].tolist()) == {1}
    assert set(groups[100:400].tolist()) == {0}
    assert groups[400] == NO_GROUP
    assert groups_of(np.empty((0, 2), np.float32)).tolist() == []

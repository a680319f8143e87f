"""All pairs of near vectors are found, in blocks and with faiss, and none twice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.vision.vectors import pairs as module
from core.vision.vectors.pairs import NearPairs, near_pairs


def _vectors(count: int, dimensions: int = 24, seed: int = 0) -> NDArray[np.float16]:
    made = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def _with_copies(count: int, copies: dict[int, int]) -> NDArray[np.float16]:
    """Return random vectors, of which some are copies of others: by place, the place of what they copy."""
    made = _vectors(count)
    for copy, original in copies.items():
        made[copy] = made[original]
    return made


def _found(pairs: NearPairs) -> list[tuple[int, int]]:
    return list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


def test_each_planted_pair_is_found_once_with_its_cosine() -> None:
    found = near_pairs(_with_copies(50, {40: 3, 41: 7}), 0.99)

    assert _found(found) == [(3, 40), (7, 41)]
    assert found.cosine.tolist() == pytest.approx([1.0, 1.0], abs=1e-3)


def test_blocks_find_what_one_matrix_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 7)
    monkeypatch.setattr(module, "_COLUMNS", 11)
    vectors = _vectors(60, dimensions=3)
    cosines = np.triu(vectors.astype(np.float32) @ vectors.astype(np.float32).T, 1)
    expected = sorted((int(first), int(second)) for first, second in zip(*np.nonzero(cosines >= 0.95), strict=True))
    assert len(expected) > 20

    assert sorted(_found(near_pairs(vectors, 0.95))) == expected


def test_only_pairs_with_a_later_vector_are_found_from_a_start_on() -> None:
    vectors = _with_copies(50, {20: 3, 40: 7})

    assert _found(near_pairs(vectors, 0.99, start=30)) == [(7, 40)]
    assert _found(near_pairs(vectors, 0.99, start=50)) == []


def test_many_copies_of_one_image_are_connected_by_few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NEIGHBORS", 2)
    found = near_pairs(np.tile(_vectors(1), (30, 1)), 0.99)

    assert len(found) < 2 * 30
    assert {second for _, second in _found(found)} == set(range(1, 30))


def test_zeros_and_no_vectors_are_near_nothing() -> None:
    assert len(near_pairs(np.zeros((5, 8), np.float16), 0.9)) == 0
    assert len(near_pairs(np.zeros((0, 1), np.float16), 0.9)) == 0


def test_faiss_finds_the_planted_pairs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    monkeypatch.setattr(module, "_EXACT_COSINES", 0)
    copies = {900 + number: number for number in range(50)}
    vectors = _with_copies(1000, copies)

    assert sorted(_found(near_pairs(vectors, 0.99))) == sorted((of, copy) for copy, of in copies.items())
    assert sorted(_found(near_pairs(vectors, 0.99, start=940))) == [(of, 900 + of) for of in range(40, 50)]

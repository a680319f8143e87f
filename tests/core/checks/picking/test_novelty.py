"""How new an image is beside those that were chosen."""

import numpy as np

from core.checks.picking.novelty import MAX_DIMENSIONS, Novelty, _projected


def _vectors(**vectors: list[float]) -> dict[str, np.ndarray]:
    return {name: np.array(values, np.float32) for name, values in vectors.items()}


def test_novelty_sinks_with_the_distance_to_the_nearest_chosen_image() -> None:
    novelty = Novelty(["a", "b", "c"], [0, 1, 2], _vectors(a=[1, 0], b=[0.6, 0.8], c=[-1, 0]))
    assert novelty.values().tolist() == [1.0, 1.0, 1.0]

    novelty.choose(0)
    assert np.allclose(novelty.values(), [0.0, 0.2, 1.0])
    novelty.choose(2)
    assert np.allclose(novelty.values(), [0.0, 1.0, 0.0])
    novelty.choose(1)
    assert novelty.values().tolist() == [0.0, 0.0, 0.0]


def test_an_image_without_a_vector_is_half_new_until_one_of_its_family_is_chosen() -> None:
    novelty = Novelty(["a", "b", "c", "d"], [0, 1, 1, 2], _vectors(a=[1, 0], b=[0, 1]))
    assert novelty.values().tolist() == [1.0, 1.0, 0.5, 0.5]

    novelty.choose(1)
    assert novelty.values().tolist() == [1.0, 0.0, 0.0, 0.5]
    novelty.choose(3)
    assert novelty.values().tolist() == [1.0, 0.0, 0.0, 0.0]


def test_where_no_image_has_a_vector_families_are_all_that_is_known() -> None:
    novelty = Novelty(["a", "b", "c"], [0, 0, 1], {})
    assert novelty.values().tolist() == [1.0, 1.0, 1.0]

    novelty.choose(0)
    assert novelty.values().tolist() == [0.0, 0.0, 1.0]


def test_vectors_have_length_1_and_longer_ones_become_128_values_in_the_same_directions() -> None:
    short, long = np.zeros((1, MAX_DIMENSIONS)), np.zeros((1, MAX_DIMENSIONS + 1))
    short[0, 0] = long[0, 0] = 3.0
    parts = [
        (["a"], short.astype(np.float16)), (["b"], long.astype(np.float16)), (["c"], long.astype(np.float16)),
        (list[str](), np.zeros((0, 0), np.float16)),
    ]  # fmt: skip

    found = _projected(parts)

    assert [len(found[name]) for name in "abc"] == [MAX_DIMENSIONS] * 3
    assert found["a"].tolist() == [1.0] + [0.0] * (MAX_DIMENSIONS - 1)
    assert np.array_equal(found["b"], found["c"])
    assert np.count_nonzero(found["b"]) == MAX_DIMENSIONS
    assert np.allclose(np.linalg.norm(found["b"]), 1.0)

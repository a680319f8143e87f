"""The words and numbers of a match, from numbers that are written out."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.style.features import DIMENSIONS, LENGTH, StyleFeatures, span
from core.style.match import _closeness, _direction, by_dimension, copy_distances, find_copy, spreads


def _features(**values: float) -> Any:
    """Return features with these overall values and means of groups; all others are 0."""
    return SimpleNamespace(
        overall=lambda name: values.get(name.replace("-", "_"), 0.0),
        group=lambda name: np.array([values.get(name, 0.0), values.get(name, 0.0)]),
    )


@pytest.mark.parametrize(
    ("dimension", "image", "word"),
    [
        ("palette", {"warmth": 9, "red_green": -2}, "warmer"), ("palette", {"warmth": -9, "chroma": 8}, "cooler"),
        ("palette", {"red_green": 3}, "redder"), ("palette", {"red_green": -3, "chroma": 2}, "greener"),
        ("light", {"lightness": 5, "contrast": -4}, "lighter"),
        ("light", {"lightness": 3, "contrast": -4}, "less contrast"),
        ("chroma", {"chroma": 1}, "more colorful"), ("chroma", {"chroma": -1}, "more muted"),
        ("hue", {"lightness": 50, "warmth": 1}, "warmer"), ("overall", {"shadow": 9, "lightness": -8}, "more shadow"),
        ("overall", {"highlight": -9}, "less highlight"), ("edge", {"edge": 1}, "harder edges"),
        ("edge", {"edge": -1}, "softer edges"), ("edge", {}, "softer edges"), ("texture", {"bands": 1}, "rougher"),
        ("texture", {"bands": -1, "texture": 5}, "smoother"), ("bands", {"bands": 1}, "rougher"),
    ],
)  # fmt: skip
def test_a_direction_is_that_of_the_largest_difference(dimension: str, image: dict[str, float], word: str) -> None:
    assert _direction(dimension, _features(**image), [_features(), _features()]) == word


def test_a_direction_is_told_from_the_mean_of_the_references() -> None:
    references = [_features(lightness=10, edge=2), _features(lightness=30, edge=4)]
    assert _direction("light", _features(lightness=21), references) == "lighter"
    assert _direction("light", _features(lightness=19), references) == "darker"
    assert _direction("edge", _features(edge=3.1), references) == "harder edges"
    assert _direction("edge", _features(edge=2.9), references) == "softer edges"


def test_each_dimension_is_averaged_by_itself() -> None:
    differences = np.zeros(LENGTH, np.float32)
    for number, name in enumerate(DIMENSIONS):
        differences[span(name)] = number
    assert by_dimension(differences).tolist() == list(range(len(DIMENSIONS)))
    assert by_dimension(np.stack([differences] * 3)).shape == (3, len(DIMENSIONS))


def test_the_spread_is_the_mean_distance_to_the_others() -> None:
    vectors = np.stack([np.full(LENGTH, value, np.float32) for value in (0, 300, 900)])
    assert spreads(vectors) == pytest.approx(np.full(len(DIMENSIONS), 600))
    usual = spreads(vectors[:1])
    assert spreads(np.stack([vectors[0]] * 2)) == pytest.approx(usual / 8)


def test_closeness_has_three_words() -> None:
    assert [_closeness(ratio) for ratio in (0.0, 1.3, 1.31, 1.8, 1.81)] == [
        "fits", "fits", "a little off", "a little off", "off",
    ]  # fmt: skip


def _hashed(set_bits: int, changed: int = 0) -> bytes:
    """Return 32 bytes with so many bits, of which the last are moved behind the others."""
    bits = np.zeros(256, np.uint8)
    bits[: set_bits - changed] = 1
    bits[200 : 200 + changed] = 1
    return np.packbits(bits).tobytes()


def _image(content_hash: bytes, mirror_hash: bytes = bytes(32)) -> StyleFeatures:
    return StyleFeatures(np.zeros(LENGTH, np.float32), content_hash, mirror_hash)


def test_a_copy_differs_in_few_bits_of_those_that_are_set() -> None:
    hashes = np.stack([np.frombuffer(_hashed(100, changed), np.uint8) for changed in (0, 5, 10, 50)])
    assert copy_distances(_hashed(100), hashes).tolist() == [0, 10, 20, 256]
    of_few_bits = np.stack([np.frombuffer(_hashed(bits), np.uint8) for bits in (15, 16)])
    assert [int(copy_distances(_hashed(bits), of_few_bits)[bits - 15]) for bits in (15, 16)] == [256, 0]


def test_the_nearest_copy_is_found_upright_or_mirrored() -> None:
    others = [("far", _image(_hashed(100, 50))), ("near", _image(_hashed(100, 3))), ("same", _image(_hashed(100)))]
    assert find_copy(_image(_hashed(100)), []) is None
    assert find_copy(_image(_hashed(100)), others[:1]) is None
    upright, mirrored = find_copy(_image(_hashed(100)), others), find_copy(_image(bytes(32), _hashed(100)), others[:2])
    assert upright is not None
    assert (upright.reference_id, upright.distance_bits, upright.mirrored) == ("same", 0, False)
    assert mirrored is not None
    assert (mirrored.reference_id, mirrored.distance_bits, mirrored.mirrored) == ("near", 6, True)

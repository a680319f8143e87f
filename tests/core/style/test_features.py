"""Style features: what they measure, what does not change them, how they are stored."""

import json

import numpy as np
import pytest
from PIL import Image

from core.style.features import DIMENSIONS, LENGTH, StyleFeatures, measure_style, span
from tests.core.style.looks import COLD_GRAINY, DARK, WARM_SOFT, drawn


def test_a_vector_has_the_numbers_of_all_dimensions_in_order() -> None:
    features = measure_style(drawn(WARM_SOFT, 1))

    assert features.vector.shape == (LENGTH,)
    assert sum(len(features.group(name)) for name in DIMENSIONS) == LENGTH
    assert span("palette").start == 0
    assert np.isfinite(features.vector).all()


def test_the_overall_values_of_a_white_image() -> None:
    features = measure_style(Image.new("RGB", (80, 60), (255, 255, 255)))

    assert features.overall("lightness") == pytest.approx(100, abs=0.1)
    assert features.overall("contrast") == pytest.approx(0, abs=0.01)
    assert features.overall("chroma") == pytest.approx(0, abs=0.1)
    assert features.overall("highlight") == 100
    assert features.overall("shadow") == 0


@pytest.mark.parametrize(("color", "warmth"), [((255, 180, 60), 1), ((60, 120, 255), -1)])
def test_warm_and_cool_have_opposite_signs(color: tuple[int, int, int], warmth: int) -> None:
    assert np.sign(measure_style(Image.new("RGB", (40, 40), color)).overall("warmth")) == warmth


def test_images_of_one_look_are_nearer_in_every_dimension_than_those_of_two() -> None:
    warm, same, cold = (measure_style(drawn(*what)) for what in ((WARM_SOFT, 1), (WARM_SOFT, 2), (COLD_GRAINY, 1)))

    for name in DIMENSIONS:
        near = np.abs(warm.group(name) - same.group(name)).mean()
        far = np.abs(warm.group(name) - cold.group(name)).mean()
        assert near < far, name


def test_features_hardly_depend_on_the_size() -> None:
    small, large = (measure_style(drawn(DARK, 3).resize(size)) for size in ((192, 144), (1536, 1152)))

    assert abs(small.overall("lightness") - large.overall("lightness")) < 1
    assert np.abs(small.group("palette") - large.group("palette")).mean() < 1


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 400), (3, 3), (17, 5)])
def test_tiny_and_thin_images_have_features_too(size: tuple[int, int]) -> None:
    assert np.isfinite(measure_style(Image.new("RGB", size, (10, 200, 90))).vector).all()


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_every_mode_is_measured_as_rgb(mode: str) -> None:
    assert measure_style(drawn(WARM_SOFT, 1).convert(mode)).vector.shape == (LENGTH,)


def test_the_mirror_hash_is_the_hash_of_the_mirror_image() -> None:
    image = drawn(COLD_GRAINY, 5)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    assert measure_style(image).mirror_hash == measure_style(mirrored).content_hash


def test_features_survive_json() -> None:
    features = measure_style(drawn(WARM_SOFT, 1))

    back = StyleFeatures.from_json(json.loads(json.dumps(features.to_json())))

    assert back is not None
    assert np.array_equal(back.vector, features.vector)
    assert (back.content_hash, back.mirror_hash) == (features.content_hash, features.mirror_hash)


@pytest.mark.parametrize("stored", [{}, {"version": 0, "vector": "x"}])
def test_missing_features_and_those_of_another_version_are_none(stored: dict) -> None:
    assert StyleFeatures.from_json(stored) is None


def test_the_same_pixels_give_the_same_numbers() -> None:
    assert measure_style(drawn(DARK, 4)).to_json() == measure_style(drawn(DARK, 4)).to_json()

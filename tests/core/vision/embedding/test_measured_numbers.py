"""The numbers of measured vectors: stored ones are compared with them, so others need another ``VERSION``."""

import numpy as np
import pytest
from PIL import Image

from core.vision.embedding import measured
from core.vision.embedding.measured import embed, forms_agree

# The parts of a vector: shares of colors, colors in their place, edges and light.
PARTS = {"colors": slice(0, 81), "places": slice(81, 153), "edges": slice(153, 217), "light": slice(217, 281)}


def _striped() -> Image.Image:
    """Return stripes on slopes of color, with a light and a dark corner."""
    x, y = np.meshgrid(np.arange(192), np.arange(192))
    pixels = np.stack([x + 20, 3 * y % 200 + 40, (x * y) % 97 + 30 + 40 * (x // 12 % 2)], axis=2)
    pixels[:40, :40], pixels[-50:, -60:] = 8, 240
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("part", "length", "number"),
    [
        ("colors", 0.77281, 197.18), ("places", 0.31514, 51.978), ("edges", 0.49827, 116.02),
        ("light", 0.23489, 46.624),
    ],
)  # fmt: skip
def test_each_part_of_the_vector_of_version_2_has_these_numbers(part: str, length: float, number: float) -> None:
    assert measured.VERSION == "measured 2"
    values = embed(_striped())[PARTS[part]].astype(float)

    assert np.linalg.norm(values) == pytest.approx(length, rel=1e-3)
    assert values @ np.arange(1, len(values) + 1) == pytest.approx(number, rel=2e-3)


def test_dark_images_are_brought_to_one_level_but_not_the_darkest() -> None:
    half, dark = (Image.fromarray((np.asarray(_striped()) // share).astype(np.uint8)) for share in (2, 40))

    assert embed(_striped()) @ embed(half) == pytest.approx(0.99999, rel=1e-4)
    assert embed(_striped()) @ embed(dark) == pytest.approx(0.98714, rel=1e-3)


def _vector(gray: float, form: tuple[float, float], *, length: int = 281) -> list[float]:
    """Return a vector whose colors are gray to a share, and whose edges have this direction."""
    vector = [0.0] * length
    vector[40], vector[0] = gray**0.5, (1 - gray) ** 0.5
    vector[153], vector[length - 1] = form
    return vector


@pytest.mark.parametrize(
    ("grays", "cosine", "agree"),
    [
        ((0.61, 0.61), 0.984, False), ((0.61, 0.61), 0.986, True), ((0.59, 0.61), 0.984, True),
        ((0.61, 0.59), 0.0, True), ((1.0, 0.61), 0.0, False),
    ],
)  # fmt: skip
def test_two_images_that_are_mostly_gray_agree_by_their_edges_and_light(
    grays: tuple[float, float], cosine: float, agree: bool
) -> None:
    first = np.array([_vector(grays[0], (2.0, 0.0))])
    second = np.array([_vector(grays[1], (3 * cosine, 3 * (1 - cosine**2) ** 0.5))])

    assert forms_agree(first, second).tolist() == [agree]


def test_vectors_of_another_kind_agree_by_their_cosine_alone() -> None:
    first, second = (np.array([_vector(1.0, form, length=280)] * 2) for form in ((1.0, 0.0), (0.0, 1.0)))

    assert forms_agree(first, second).tolist() == [True, True]

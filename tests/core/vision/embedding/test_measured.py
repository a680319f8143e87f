"""Measured vectors: altered copies lie nearer than other images."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from core.vision.embedding.measured import embed, forms_agree, weighted


def _scene(seed: int) -> Image.Image:
    """Return a made scene: shapes of different sizes on a gradient."""
    random = np.random.default_rng(seed)
    side = 240
    rows, columns = np.mgrid[0:side, 0:side] / side
    pixels = np.stack([rows * a + columns * b for a, b in random.uniform(20, 110, (3, 2))], axis=2)
    for _ in range(14):
        x, y, radius = (*random.uniform(0, 1, 2), random.uniform(0.03, 0.2))
        inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        if random.random() < 0.5:
            inside = (abs(rows - y) < radius / 2) & (abs(columns - x) < radius)
        pixels[inside] = random.uniform(0, 255, 3)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _dark_jpeg(image: Image.Image) -> Image.Image:
    file = BytesIO()
    ImageEnhance.Brightness(image).enhance(0.6).save(file, "JPEG", quality=20)
    return Image.open(file).convert("RGB")


@pytest.mark.parametrize(
    "alter",
    [
        lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda image: image.crop((24, 24, 216, 216)),
        _dark_jpeg,
        lambda image: image.resize((90, 90)),
    ],
    ids=["mirrored", "cropped", "darker JPEG", "smaller"],
)
def test_the_nearest_to_an_altered_copy_is_its_original(alter: object) -> None:
    scenes = [_scene(seed) for seed in range(12)]
    vectors = np.array([embed(scene) for scene in scenes])
    copies = np.array([embed(alter(scene)) for scene in scenes])  # type: ignore[operator]
    assert (copies @ vectors.T).argmax(axis=1).tolist() == list(range(12))


def test_a_vector_has_length_one_and_that_of_a_plain_image_is_finite() -> None:
    made = embed(_scene(1))
    assert made.shape == (281,)
    assert np.linalg.norm(made) == pytest.approx(1, abs=1e-3)
    for plain in (Image.new("RGB", (40, 30), "white"), Image.new("RGB", (1, 1))):
        assert np.isfinite(embed(plain)).all()


def test_weights_are_the_shares_of_the_cosine() -> None:
    one, other = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    first, second = weighted((3.0, one), (1.0, one)), weighted((3.0, one), (1.0, other))
    assert first @ second == pytest.approx(0.75)


def _page(seed: int) -> Image.Image:
    """Return a page with paragraphs of black words."""
    random = np.random.default_rng(seed)
    page = Image.new("RGB", (310, 440), "white")
    draw = ImageDraw.Draw(page)
    for y in range(int(random.integers(20, 60)), 410, 12):
        x = 30
        while random.random() < 0.85 and x < 260:
            width = int(random.integers(8, 50))
            draw.rectangle((x, y, x + width, y + 5), fill="black")
            x += width + 6
    return page


def test_two_pages_of_text_are_no_copies_but_a_smaller_one_is() -> None:
    pages = np.stack([embed(_page(seed)) for seed in range(8)])
    first, second = np.triu_indices(8, 1)
    is_near = (pages[first] * pages[second]).sum(axis=1) >= 0.973
    assert is_near.mean() > 0.5  # by their cosine they would be
    assert not forms_agree(pages[first], pages[second]).any()
    copies = [_page(3).resize((155, 220)), _dark_jpeg(_page(3)), _page(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    altered = np.stack([embed(copy) for copy in copies])
    assert forms_agree(np.repeat(pages[3:4], 3, axis=0), altered).all()


def test_colored_images_agree_by_their_cosine_alone() -> None:
    scenes = np.stack([embed(_scene(seed)) for seed in (1, 2)])
    assert forms_agree(scenes[:1], scenes[1:]).all()

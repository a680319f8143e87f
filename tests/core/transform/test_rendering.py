"""The files of changed images: their format, and the numbers of normalized ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.transform.rendering import FileFormat, format_for, render


def _source(directory: Path) -> Path:
    image = Image.new("RGB", (2, 1))
    image.putpixel((0, 0), (255, 0, 51))
    image.putpixel((1, 0), (0, 255, 255))
    image.save(directory / "source.png")
    return directory / "source.png"


def test_normalized_pixels_are_written_channel_by_channel(tmp_path: Path) -> None:
    made = tmp_path / "made.png"
    size = render(_source(tmp_path), made, [], "PNG", 92, ((0.5, 0.25, 0.0), (0.5, 0.25, 1.0)))
    numbers = np.frombuffer(made.with_suffix(".f32").read_bytes(), "<f4")
    assert size == (2, 1)
    assert numbers.tolist() == pytest.approx([1, -1, -1, 3, 0.2, 1])


@pytest.mark.parametrize("as_format", ["PNG", "JPEG", "WEBP"])
def test_an_image_is_written_in_its_format_and_without_numbers_unless_asked(
    tmp_path: Path, as_format: FileFormat
) -> None:
    made = tmp_path / "made.img"
    render(_source(tmp_path), made, [], as_format, 92)
    with Image.open(made) as opened:
        assert (opened.format, opened.size) == (as_format, (2, 1))
        if as_format == "PNG":
            assert opened.getpixel((0, 0)) == (255, 0, 51)
    assert not made.with_suffix(".f32").exists()


@pytest.mark.parametrize(
    ("original", "wanted", "needs_jpeg", "made"),
    [
        ("PNG", None, False, "PNG"), ("JPEG", None, False, "JPEG"), ("WEBP", None, False, "JPEG"),
        ("PNG", "WEBP", False, "WEBP"), ("JPEG", "PNG", False, "PNG"), ("PNG", "PNG", True, "JPEG"),
    ],
)  # fmt: skip
def test_a_png_stays_one_unless_another_format_is_wanted(
    original: str, wanted: FileFormat | None, needs_jpeg: bool, made: str
) -> None:
    assert format_for(original, wanted, needs_jpeg=needs_jpeg) == made

"""Decoding: the quality of renditions, without a sandbox around it."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, JpegImagePlugin

from core.errors import ImageRejectedError
from core.images.decode import Limits, _read, derive, inspect
from tests.core.images.pictures import drawn, encoded


def quantization(data: bytes) -> dict[int, list[int]]:
    """Return the quantization tables, which follow from the JPEG quality."""
    with Image.open(BytesIO(data)) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        return image.quantization


@pytest.mark.parametrize(
    ("max_side_px", "quality"), [(320, 82), (512, 82), (1024, 86), (1600, 86), (2048, 92), (None, 92)]
)
def test_the_jpeg_quality_of_a_rendition_follows_from_its_size(
    max_side_px: int | None, quality: int, tmp_path: Path
) -> None:
    (tmp_path / "in").write_bytes(encoded(drawn(1)))

    derive(tmp_path / "in", tmp_path / "out", "JPEG", max_side_px)

    assert quantization((tmp_path / "out").read_bytes()) == quantization(encoded(drawn(1), quality=quality))


def test_a_thumbnail_is_a_jpeg_within_its_side(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(encoded(drawn(1, (640, 400)), "PNG"))

    found = inspect(tmp_path / "in", Limits(1_000_000, 1_000_000, 320), None, tmp_path / "thumbnail")

    data = (tmp_path / "thumbnail").read_bytes()
    with Image.open(BytesIO(data)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (320, 200))
    assert (found.width, found.height, found.format) == (640, 400, "PNG")
    assert quantization(data) == quantization(encoded(drawn(1), quality=82))


def test_a_file_of_just_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"123")

    assert _read(tmp_path / "in", 3) == b"123"
    with pytest.raises(ImageRejectedError, match="The file is larger than 0 MB"):
        _read(tmp_path / "in", 2)

"""Image files as a trainer opens them."""

import io

import pytest
from PIL import Image

from core.export.checks.images import image_problem, is_safe_path, upright_size


def _image(mode: str = "RGB", *, orientation: int = 1, form: str = "PNG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.new(mode, (4, 2)).save(file, form, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_image(), ""),
        (_image("RGBA"), ""),
        (_image("L"), "is L, not RGB"),
        (_image("CMYK", form="JPEG"), "is CMYK, not RGB"),
        (_image(orientation=6), "is not upright"),
        (_image(orientation=2), "is not upright"),
        (_image(form="GIF"), "does not open (UnidentifiedImageError)"),
        (b"no image", "does not open (UnidentifiedImageError)"),
        (b"", "does not open (UnidentifiedImageError)"),
    ],
)
def test_an_image_for_training_opens_upright_and_in_rgb(data: bytes, problem: str) -> None:
    assert image_problem(data, as_original=False) == problem


def test_an_original_may_be_turned_and_of_any_mode_but_has_to_open() -> None:
    assert image_problem(_image("L", orientation=6), as_original=True) == ""
    assert image_problem(b"no image", as_original=True) != ""


@pytest.mark.parametrize(
    ("orientation", "size"),
    [(1, (4, 2)), (2, (4, 2)), (3, (4, 2)), (4, (4, 2)), (5, (2, 4)), (6, (2, 4)), (7, (2, 4)), (8, (2, 4))],
)
def test_the_size_is_that_of_the_upright_image(orientation: int, size: tuple[int, int]) -> None:
    assert upright_size(_image(orientation=orientation, form="JPEG")) == size


def test_what_does_not_open_has_no_size() -> None:
    assert upright_size(b"no image") == (0, 0)


@pytest.mark.parametrize(
    ("path", "is_safe"),
    [
        ("a.jpg", True), ("images/a.jpg", True), ("images/..a.jpg", True), ("", False), ("/a.jpg", False),
        ("images//a.jpg", False), ("images/", False), ("./a.jpg", False), ("../a.jpg", False), ("a\\b.jpg", False),
        ("c:a.jpg", False),
    ],
)  # fmt: skip
def test_a_safe_path_stays_in_the_bundle_on_every_system(path: str, is_safe: bool) -> None:
    assert is_safe_path(path) is is_safe

"""The images that a row names."""

from typing import Any

import pytest

from core.importing.readers.base import RowError
from core.importing.readers.columns import columns_of
from core.importing.readers.images import images_of, name_of_id, written_images
from tests.core.importing.readers.files import KnownFiles

BASE64 = "iVBORw0KGgo+/" * 90


@pytest.mark.parametrize(
    ("row", "images"),
    [
        ({"image": "a.jpg"}, ("a.jpg",)),
        ({"image": "", "url": "b.jpg"}, ("b.jpg",)),
        ({"image": ["a.jpg", "b.jpg"]}, ("a.jpg", "b.jpg")),
        ({"image": '["a.jpg", "b.jpg"]'}, ("a.jpg", "b.jpg")),
        ({"image": " " + "x" * 200}, ("x" * 200,)),
        ({"image": {"path": "a.jpg"}}, ("a.jpg",)),
        ({"image": {"bytes": b"png", "path": "a.jpg"}}, ("embedded 1",)),
        ({"image": {"bytes": None, "path": "a.jpg"}}, ("a.jpg",)),
        ({"image": b"png"}, ("embedded 1",)),
        ({"image": "data:image/png;base64,AAAA"}, ("embedded 1",)),
        ({"image": BASE64}, ("embedded 1",)),
        ({"image": [[["a.jpg"]]]}, ("a.jpg",)),
        ({"image_10": "c.jpg", "image_2": "b.jpg", "image": "a.jpg"}, ("a.jpg", "b.jpg", "c.jpg")),
        ({"image_id": 7}, ("7.jpg",)),
        ({"image_id": "shelf"}, ("shelf.jpg",)),
    ],
)
def test_a_row_names_images_in_many_ways(row: dict[str, Any], images: tuple[str, ...]) -> None:
    assert images_of(row, columns_of(tuple(row)), "row 1", KnownFiles()) == images


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "Q"}, r"This row names no image\."),
        ({"image": ""}, r"This row names no image: image is empty\."),
        ({"image": [[[["a.jpg"]]]]}, "image is empty"),
        ({"image": "", "image_id": "7"}, "image is empty"),
        ({"image": ["a.jpg"] * 65}, "This row has 65 images; 64 is the limit"),
        ({"image": "x " * 2049}, "The name of the image is too long"),
        ({"image_id": ""}, "names no image"),
        ({"image_id": True}, "names no image"),
        ({"image_id": "x" * 201}, "names no image"),
    ],
)
def test_a_row_without_images_or_with_too_many_is_refused(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        images_of(row, columns_of(tuple(row)), "row 1", KnownFiles())


def test_a_row_may_have_64_images_and_a_name_4096_characters() -> None:
    row = {"image": ["a.jpg"] * 64}

    assert len(images_of(row, columns_of(tuple(row)), "row 1", KnownFiles())) == 64
    assert list(written_images("x " * 2048, "row 1", KnownFiles())) == [("x " * 2048).strip()]


def test_an_embedded_image_keeps_the_path_beside_it() -> None:
    files = KnownFiles()

    list(written_images([{"bytes": b"a", "path": "a.jpg"}, {"bytes": b"b", "path": 3}], "row 1", files))

    assert files.embedded == [(b"a", "row 1", "a.jpg"), (b"b", "row 1", "")]


@pytest.mark.parametrize(
    ("value", "known", "name"),
    [
        (7, ("000000000007.jpg",), "000000000007.jpg"),
        ("7", ("7.png",), "7.png"),
        (" shelf ", ("shelf.webp",), "shelf.webp"),
        ("shelf.PNG", ("shelf.jpg",), "shelf.PNG"),
        ("x" * 200, (), "x" * 200 + ".jpg"),
        ("٧", (), "٧.jpg"),
    ],
)
def test_an_id_is_the_name_of_a_file_without_its_ending(value: Any, known: tuple[str, ...], name: str) -> None:
    assert name_of_id(value, KnownFiles(*known)) == name


def test_an_id_that_fits_several_files_is_refused() -> None:
    with pytest.raises(RowError, match=r"The id 7 fits several images, such as 7\.jpg and 000000000007\.jpg"):
        name_of_id(7, KnownFiles("7.jpg", "000000000007.jpg"))

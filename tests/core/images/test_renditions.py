"""Renditions of several images are made in parallel."""

import asyncio
import threading
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.db import Images, Projects
from core.errors import ImageRejectedError
from core.images.renditions import ModelImage, Rendition, as_sent, in_parallel, size_of, view
from core.images.storage import ImageStorage
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def _stored(services: Services, project: Projects, number: int, size_wh: tuple[int, int]) -> Images:
    data = encoded(drawn(number, size_wh))
    return asyncio.run(services.images.upload_image(project.id, f"{number}.jpg", data))


def test_model_copies_come_in_the_order_of_their_images(services: Services, project: Projects) -> None:
    sizes = [(1600, 800), (640, 480), (800, 1600)]
    stored = [_stored(services, project, number, size_wh) for number, size_wh in enumerate(sizes)]
    sent = services.images.model_images(stored)
    made = [image for image in sent if isinstance(image, ModelImage)]
    assert [image.size_wh for image in made] == [(1024, 512), (640, 480), (512, 1024)]
    for image in made:
        with Image.open(BytesIO(image.data)) as opened:
            assert opened.size == image.size_wh
    assert [services.images.model_image(image).data for image in stored] == [image.data for image in made]


def test_an_image_that_cannot_be_decoded_does_not_fail_the_others(services: Services, project: Projects) -> None:
    stored = [_stored(services, project, number, (1600, 800)) for number in range(3)]
    services.images.original_path(stored[1]).write_bytes(b"\xff\xd8\xff and no more")
    sent = services.images.model_images(stored)
    assert [isinstance(image, ImageRejectedError) for image in sent] == [False, True, False]


def test_several_that_are_far_are_fetched_at_the_same_time_and_what_is_near_without_a_thread() -> None:
    both, threads = threading.Barrier(2, timeout=20), dict[str, int]()

    def read(name: str) -> str:
        if name.startswith("far"):
            both.wait()
        threads[name] = threading.get_ident()
        return name.upper()

    names = ["far 1", "near 1", "far 2", "near 2"]
    assert in_parallel(read, names, lambda name: name.startswith("near")) == ["FAR 1", "NEAR 1", "FAR 2", "NEAR 2"]
    assert threads["near 1"] == threads["near 2"] == threading.get_ident()
    assert len({threads["far 1"], threads["far 2"], threading.get_ident()}) == 3


@pytest.mark.parametrize(
    ("format_", "max_side_px", "as_jpeg", "expected"),
    [
        ("JPEG", None, True, "the original"),
        ("JPEG", None, False, "the original"),
        ("JPEG", 640, True, "the original"),
        ("JPEG", 639, True, "view639.jpeg"),
        ("PNG", None, False, "the original"),
        ("PNG", None, True, "viewfull.jpeg"),
        ("PNG", 639, False, "view639.png"),
        ("PNG", 639, True, "view639.jpeg"),
    ],
)
def test_a_view_is_the_original_when_it_is_small_enough_and_of_the_asked_format(
    services: Services, project: Projects, format_: str, max_side_px: int | None, as_jpeg: bool, expected: str
) -> None:
    data = encoded(drawn(1, (640, 480)), format_)
    image = asyncio.run(services.images.upload_image(project.id, f"1.{format_.lower()}", data))
    storage = ImageStorage(services.db.settings.images_dir, services.db.data_dir / "cache" / "images")
    made = view(storage, image, max_side_px, as_jpeg=as_jpeg)
    assert (made.variant if isinstance(made, Rendition) else "the original") == expected


@pytest.mark.parametrize(
    ("width", "height", "size_wh"), [(3, 4, (3, 4)), (None, 4, (0, 4)), (3, None, (3, 0)), (None, None, (0, 0))]
)
def test_a_side_that_is_unknown_is_0(width: int | None, height: int | None, size_wh: tuple[int, int]) -> None:
    image = Images(
        project_id="p", image_name="a", path="", size=1, sha256="a", format="PNG", width=width, height=height
    )

    assert size_of(image) == size_wh


@pytest.mark.parametrize(
    ("width", "height", "size_wh"),
    [(10_000, 1, (100, 1)), (1, 10_000, (1, 100)), (200, 50, (100, 25)), (80, 50, (80, 50)), (None, None, (1, 1))],
)
def test_a_model_copy_has_the_size_that_follows_from_its_longer_side(
    width: int | None, height: int | None, size_wh: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "copy.jpg").write_bytes(b"data")
    image = Images(path="", size=1, sha256="a", format="JPEG", width=width, height=height)

    assert as_sent(image, tmp_path / "copy.jpg", 100) == ModelImage(b"data", "image/jpeg", size_wh)

"""What may be passed as an image: bytes, paths, files and PIL images; anything else gets a sentence."""

import asyncio
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from core import Projects
from core.errors import InvalidInputError
from core.images.content import content_of
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_an_image_can_be_bytes_a_path_or_a_file(services: Services, project: Projects, tmp_path: Path) -> None:
    for number, name in enumerate(("bytes", "array", "view", "path", "text", "file", "buffer")):
        (tmp_path / name).write_bytes(encoded(drawn(number)))

    def content(name: str) -> Any:
        path = tmp_path / name
        data = path.read_bytes()
        return {
            "bytes": data, "array": bytearray(data), "view": memoryview(data), "path": path, "text": str(path),
            "file": path.open("rb"), "buffer": BytesIO(data),
        }[name]  # fmt: skip

    for name in ("bytes", "array", "view", "path", "text", "file", "buffer"):
        image = asyncio.run(services.images.upload_image(project.id, f"{name}.jpg", content(name)))

        assert (image.image_name, image.format) == (f"{name}.jpg", "JPEG")
        assert services.images.original_path(image).read_bytes() == (tmp_path / name).read_bytes()


def test_without_a_name_the_file_names_the_image(services: Services, project: Projects, tmp_path: Path) -> None:
    (tmp_path / "shelf.jpg").write_bytes(encoded())

    assert asyncio.run(services.images.upload_image(project.id, "", tmp_path / "shelf.jpg")).image_name == "shelf.jpg"
    assert asyncio.run(services.images.upload_image(project.id, "", encoded(drawn(1)))).image_name == "image.jpg"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "LAB", "1"])
def test_a_pil_image_is_stored_with_its_pixels(mode: str, services: Services, project: Projects) -> None:
    drawn_one = drawn(3)
    image = Image.merge("LAB", drawn_one.split()) if mode == "LAB" else drawn_one.convert(mode)

    stored = asyncio.run(services.images.upload_image(project.id, "drawn", image))

    assert (stored.image_name, stored.format, stored.width, stored.height) == ("drawn.png", "PNG", 160, 120)
    with Image.open(services.images.original_path(stored)) as found:
        assert found.convert("RGB").tobytes() == image.convert("RGB").tobytes()


def test_a_pil_image_that_exif_turns_is_stored_upright(services: Services, project: Projects) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = Image.open(BytesIO(encoded(drawn(1), exif=exif)))

    stored = asyncio.run(services.images.upload_image(project.id, "photo.jpg", opened))

    assert (stored.width, stored.height) == (120, 160)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Pass the image as bytes, a path, a file opened in binary mode or a PIL image, not None"),
        (5, "not a value of the type int"),
        ("", "not a value of the type str"),
        (["a"], "not a value of the type list"),
        (StringIO("text"), "Open the image in binary mode"),
    ],
)
def test_another_kind_of_image_says_what_to_pass(data: Any, words: str, services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        asyncio.run(services.images.upload_image(project.id, "a.jpg", data))

    assert caught.value.field == "image_data"


def test_a_list_of_paths_or_of_named_contents_is_added(services: Services, project: Projects, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(drawn(1)))
    files: list[Any] = [tmp_path / "a.jpg", ("b.jpg", encoded(drawn(2))), ("c.png", drawn(3))]

    outcomes = services.intake.add_images(project.id, files)

    assert [(outcome.image_name, outcome.outcome) for outcome in outcomes] == [
        ("a.jpg", "added"), ("b.jpg", "added"), ("c.png", "added"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (Path("a.jpg"), "Pass a list of files, not a value of the type PosixPath"),
        (None, "Pass a list of files, not None"),
        ([5], "File 1 is a value of the type int. Pass a path, or a pair"),
        ([Path("a.jpg"), ("b.jpg",)], "File 2 is a value of the type tuple"),
        ([b"bytes"], "File 1 is a value of the type bytes"),
        ([("a.jpg", None)], "not None"),
    ],
)
def test_another_kind_of_files_says_what_to_pass(files: Any, words: str, services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=words):
        services.intake.add_images(project.id, files)


def test_a_project_instead_of_its_id_says_what_to_pass(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"such as project\.id, not a value of the type Projects"):
        services.intake.add_images(project, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", ["convert", "save", "getbands"])
def test_what_has_only_some_methods_of_an_image_is_none(missing: str) -> None:
    methods = {name: str for name in ("convert", "save", "getbands") if name != missing}

    with pytest.raises(InvalidInputError, match="Pass the image as bytes, a path"):
        content_of(SimpleNamespace(**methods))

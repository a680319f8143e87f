"""Tiles have the pixels of the original, wherever they are cut."""

import shutil
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.db import Images, Projects
from core.errors import ImageRejectedError, MissingFileError, NotFoundError
from core.images import pixel_file, tiles
from core.images.decode import cut_tile, derive
from core.images.pixels import EightBits
from core.images.storage import ImageStorage
from core.images.tiles import Tile
from core.services import Services
from tests.core.images import odd_files
from tests.core.images.pictures import drawn, encoded

NOISE = np.random.default_rng(5).integers(0, 256, (700, 1100, 3), dtype=np.uint8)


def stored(services: Services, project: Projects, data: bytes) -> Images:
    (outcome,) = services.intake.add_images(project.id, [("image", data)])
    assert outcome.image is not None
    return outcome.image


def shown(services: Services, image: Images, level: int, x: int, y: int) -> np.ndarray:
    return pixels(services.images.tile_path(image, Tile(level, x, y)))


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as tile:
        assert (tile.format, tile.mode) == ("PNG", "RGB")
        return np.asarray(tile)


def cut(data: bytes, directory: Path, box: tuple[int, int, int, int], reduce_by: int = 1) -> np.ndarray:
    """Return a tile, cut without a sandbox."""
    (directory / "original").write_bytes(data)
    new, made = directory / "new", []
    new.mkdir(exist_ok=True)
    for file in (directory / "pixels", new / "pixels"):  # there is none, and then the one that this leaves
        cut_tile(directory / "original", file, new, directory / "tile.png", box, reduce_by)
        made.append(pixels(directory / "tile.png"))
    assert (made[0] == made[1]).all()
    return made[0]


def test_the_tiles_of_a_level_together_are_the_image(services: Services, project: Projects) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))

    rows = [np.hstack([shown(services, image, 0, x, y) for x in range(3)]) for y in range(2)]
    assert [row.shape[:2] for row in rows] == [(512, 1100), (188, 1100)]
    assert (np.vstack(rows) == NOISE).all()

    halved = np.hstack([shown(services, image, 1, x, 0) for x in range(2)])
    assert (halved == np.asarray(Image.fromarray(NOISE).reduce(2))).all()


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_tile_is_cut_from_the_upright_image(turn: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encoded(Image.fromarray(NOISE[:90, :140]), "PNG", exif=exif)
    with Image.open(BytesIO(data)) as opened:
        upright = ImageOps.exif_transpose(opened)

    assert (cut(data, tmp_path, (10, 30, 70, 80)) == np.asarray(upright.crop((10, 30, 70, 80)))).all()
    # The last pixel of a level may be made of fewer.
    right, bottom = upright.size
    expected = upright.crop((16, 24, right, bottom)).reduce(8)
    assert (cut(data, tmp_path, (16, 24, right, bottom), 8) == np.asarray(expected)).all()


@pytest.mark.parametrize("kind", odd_files.KINDS)
def test_a_tile_of_an_odd_file_has_the_pixels_of_its_view(kind: str, tmp_path: Path) -> None:
    data = odd_files.KINDS[kind](4)
    (tmp_path / "file").write_bytes(data)
    width, height = derive(tmp_path / "file", tmp_path / "view", "PNG", None)

    whole = pixels(tmp_path / "view")
    assert (cut(data, tmp_path, (0, 0, width, height)) == whole).all()
    assert (cut(data, tmp_path, (3, 2, width - 1, height)) == whole[2:, 3:-1]).all()


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (4, 1), (200, 30, 10, 0))
    image.putpixel((1, 0), (200, 30, 10, 255))
    image.putpixel((2, 0), (0, 0, 0, 51))

    row = cut(encoded(image, "PNG"), tmp_path, (0, 0, 4, 1))[0]

    assert row.tolist() == [[255, 255, 255], [200, 30, 10], [204, 204, 204], [255, 255, 255]]


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    gray = np.array([[0, 257, 128 * 257, 65535]], dtype=np.uint16)

    row = cut(encoded(Image.fromarray(gray), "PNG"), tmp_path, (0, 0, 4, 1))[0]

    assert row.tolist() == [[0, 0, 0], [1, 1, 1], [128, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize(
    "place", [(0, 3, 0), (0, 0, 2), (0, -1, 0), (-1, 0, 0), (1, 2, 0), (3, 0, 0), (10**9, 0, 0), (0, 10**30, 0)]
)
def test_there_are_no_tiles_outside_the_image(
    place: tuple[int, int, int], services: Services, project: Projects
) -> None:
    image = stored(services, project, encoded(drawn(1, (1100, 700))))

    with pytest.raises(NotFoundError):
        services.images.tile_path(image, Tile(*place))


def test_an_image_is_decoded_once_for_its_tiles(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    stored_names: list[str] = []
    store = ImageStorage.store_tile

    def recording(storage: ImageStorage, file: Path, sha256: str, name: str) -> Path:
        stored_names.append(name)
        return store(storage, file, sha256, name)

    monkeypatch.setattr(ImageStorage, "store_tile", recording)
    asking = [threading.Thread(target=shown, args=(services, image, 0, x, y)) for x in range(3) for y in range(2)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    shown(services, image, 0, 0, 0)

    assert stored_names == ["pixels"]


def test_a_pixel_file_without_all_its_bytes_is_made_again(services: Services, project: Projects) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    services.images.tile_path(image, Tile(0, 0, 0))
    # The first tile comes before the pixel file; this one is cut from it.
    pixel_file = services.images.tile_path(image, Tile(0, 1, 0)).with_name("pixels")
    for share in (0.9, 0.0):
        whole = pixel_file.read_bytes()
        pixel_file.write_bytes(whole[: int(len(whole) * share)])
        services.images.tile_path(image, Tile(0, 2, 1)).unlink()

        assert (shown(services, image, 0, 2, 1) == NOISE[512:, 1024:]).all()
        assert pixel_file.read_bytes() == whole


@pytest.mark.parametrize("damage", ["cut off", "another format", "no image"])
def test_a_tile_of_a_damaged_original_is_refused_and_leaves_nothing(
    damage: str, services: Services, project: Projects
) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    original = services.images.original_path(image)
    data = original.read_bytes()
    original.write_bytes(
        {"cut off": data[: len(data) // 2], "another format": b"GIF89a", "no image": b"x" * 99}[damage]
    )

    with pytest.raises(ImageRejectedError):
        services.images.tile_path(image, Tile(0, 0, 0))

    assert list((services.db.data_dir / "cache").rglob("tiles/*")) == []
    assert list((services.db.settings.images_dir / ".incoming").iterdir()) == []


def test_an_original_that_became_larger_than_the_image_is_not_decoded(services: Services, project: Projects) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    services.images.original_path(image).write_bytes(encoded(Image.new("RGB", (1101, 700)), "PNG"))
    with pytest.raises(ImageRejectedError, match="The image has 1,101 x 700 px"):
        services.images.tile_path(image, Tile(0, 0, 0))


def test_a_tile_of_a_lost_original_is_missing(services: Services, project: Projects) -> None:
    image = stored(services, project, encoded(drawn(2)))
    services.images.original_path(image).unlink()

    with pytest.raises(MissingFileError, match="The file of this image is missing"):
        services.images.tile_path(image, Tile(0, 0, 0))


def test_a_tile_that_is_removed_before_it_is_read_is_made_again(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    made, removed = tiles.make, list[Path]()

    def removing(*arguments: Any) -> Path:
        path = made(*arguments)
        if not removed:
            removed.append(path)
            shutil.rmtree(path.parent)
        return path

    monkeypatch.setattr(tiles, "make", removing)

    assert (np.asarray(Image.open(BytesIO(services.images.tile(image, Tile(0, 1, 0))))) == NOISE[:512, 512:1024]).all()
    assert removed


def test_a_pixel_file_that_is_removed_while_a_tile_is_cut_does_no_harm(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(NOISE[:90, :140]), "PNG")
    assert (cut(data, tmp_path, (0, 0, 140, 90)) == NOISE[:90, :140]).all()
    with (tmp_path / "new" / "pixels").open("rb") as file:
        (tmp_path / "new" / "pixels").unlink()
        assert pixel_file._cut(file, (1, 2, 9, 9), 1).size == (8, 7)
    assert pixel_file.cut(tmp_path / "new" / "pixels", (0, 0, 9, 9), 1) is None


@pytest.mark.parametrize(
    ("mode", "color", "seen"),
    [
        ("L", 90, (90, 90, 90)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGB", (1, 2, 3), (1, 2, 3)),
        ("RGBA", (9, 9, 9, 0), (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("1", 1, (255, 255, 255)),
    ],
)
def test_a_part_of_a_pixel_file_has_the_colors_that_the_image_shows(
    mode: str, color: int | tuple[int, ...], seen: tuple[int, ...], tmp_path: Path
) -> None:
    decoded = EightBits(Image.new(mode, (9, 300), color), (9, 300), {}, 1)
    pixel_file.write(decoded, tmp_path / "pixels")

    part = pixel_file.cut(tmp_path / "pixels", (2, 250, 8, 300), 2)

    assert part is not None
    assert (part.mode, part.size, part.getcolors()) == ("RGB", (3, 25), [(75, seen)])


def test_tiles_that_are_cut_later_count_for_the_limit_of_the_cache(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = stored(services, project, encoded(Image.fromarray(NOISE), "PNG"))
    services.images.tile(image, Tile(0, 0, 0))
    services.images.tile(image, Tile(0, 1, 0))  # now there is a pixel file
    removals: list[int] = []
    monkeypatch.setattr(ImageStorage, "remove_old_tiles", lambda storage: removals.append(1))
    monkeypatch.setattr(tiles, "_CUTS_PER_REMOVAL", 2)

    for x, y in ((2, 0), (0, 1), (1, 1), (2, 1)):
        services.images.tile(image, Tile(0, x, y))

    assert len(removals) >= 2

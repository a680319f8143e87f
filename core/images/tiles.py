"""Tiles: squares of an image in its own resolution, shown when one zooms in; made when they are asked for.

The first tile of an image decodes it and leaves a pixel file, from which the others are cut.
"""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path

from core.config import Settings
from core.errors import NotFoundError, StorageError
from core.images.renditions import ImageFile, size_of
from core.images.sandbox import sandbox
from core.images.storage import ImageStorage, translate_disk_errors

SIDE_PX = 512
_MAX_LEVEL = 16
_PIXEL_FILE = "pixels"
_POLL_INTERVAL_S = 0.002
_READING_ATTEMPTS = 3
# A tile takes 0.8 MB at most, all tiles of an image up to 1.4 times its pixel file.
_CUTS_PER_REMOVAL = 50
_CUTS = itertools.count(1)
# Chosen by the image: while one thread decodes it, others that want a tile of it wait for its pixel file.
_DECODING = [threading.Lock() for _ in range(16)]
_DECODERS = ThreadPoolExecutor(2, thread_name_prefix="vitrine-tiles")

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in px of the upright image."""


@dataclass(frozen=True)
class Tile:
    """The place of a tile in an image.

    Attributes:
        level: 0 for the resolution of the original; each further level has half of it.
        x: Column, from the left.
        y: Row, from the top.
    """

    level: int
    x: int
    y: int

    @property
    def name(self) -> str:
        return f"{self.level}-{self.x}-{self.y}.png"

    def box(self, image: ImageFile) -> Box:
        """Return which part of the image it shows.

        Raises:
            NotFoundError: it is outside of the image, or the level before shows the whole image in one tile.
        """
        width, height = size_of(image)
        if 0 <= self.level <= _MAX_LEVEL and min(self.x, self.y) >= 0:
            side = SIDE_PX << self.level
            left, top = self.x * side, self.y * side
            is_needed = self.level == 0 or 2 * max(width, height) > side
            if is_needed and left < width and top < height:
                return left, top, min(left + side, width), min(top + side, height)
        raise NotFoundError("This image has no such tile. Ask for one that lies inside it.")


def read(storage: ImageStorage, settings: Settings, image: ImageFile, tile: Tile) -> bytes:
    """Return a tile as :func:`make` makes it.

    Tiles of other images may take its place before it is read; it is made again then.

    Raises:
        NotFoundError: the image has no such tile.
        ImageRejectedError: the original cannot be decoded any more.
        StorageError: the disk is full or broken, or the original is missing.
    """
    for _ in range(_READING_ATTEMPTS):
        with suppress(FileNotFoundError):
            return make(storage, settings, image, tile).read_bytes()
    raise StorageError("The disk has no room to keep tiles. Free some space and try again.")


def make(storage: ImageStorage, settings: Settings, image: ImageFile, tile: Tile) -> Path:
    """Return the path of a tile, a PNG; upright, in sRGB on white, without loss.

    Raises:
        NotFoundError: the image has no such tile.
        ImageRejectedError: the original cannot be decoded any more.
        StorageError: the disk is full or broken, or the original is missing.
    """
    box, directory = tile.box(image), storage.tiles(image.sha256)
    path, pixels = directory / tile.name, directory / _PIXEL_FILE
    if _is_made(path):
        return path
    if pixels.exists():
        _cut(storage, settings, image, path, box, tile)
        return path
    # The tile is there before the pixel file is written.
    job = _DECODERS.submit(_decode, storage, settings, image, path, box, tile)
    while not _is_made(path) and not job.done():
        wait([job], timeout=_POLL_INTERVAL_S)
    if not _is_made(path):
        job.result()
    return path


def _is_made(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _decode(storage: ImageStorage, settings: Settings, image: ImageFile, path: Path, box: Box, tile: Tile) -> None:
    with _DECODING[int(image.sha256[:2], 16) % len(_DECODING)]:
        _cut(storage, settings, image, path, box, tile)


def _cut(storage: ImageStorage, settings: Settings, image: ImageFile, path: Path, box: Box, tile: Tile) -> None:
    from core.images.decode import cut_tile

    pixels, max_pixels = path.with_name(_PIXEL_FILE), prod(size_of(image)) or None
    with storage.staging() as staging, translate_disk_errors():
        original, reduce_by = storage.originals.file(image.path), 1 << tile.level
        sandbox(settings).run(cut_tile, original, pixels, staging, path, box, reduce_by, max_pixels)
        is_new = (staging / _PIXEL_FILE).exists()
        if is_new:
            storage.store_tile(staging / _PIXEL_FILE, image.sha256, _PIXEL_FILE)
    if is_new or next(_CUTS) % _CUTS_PER_REMOVAL == 0:
        storage.remove_old_tiles()

"""Renditions of images: upright sRGB copies without metadata, made once and cached.

A thumbnail is shown in lists, a view is shown large, and a model copy is sent to a model.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Protocol, TypeVar

from core.config import Settings
from core.errors import ImageRejectedError
from core.images.sandbox import sandbox
from core.images.storage import ImageStorage, translate_disk_errors
from core.images.structure import MIME_TYPES, is_clean

S = TypeVar("S")
T = TypeVar("T")

_FETCHES = 8


class ImageFile(Protocol):
    """What has to be known of a stored image to read it; rows of ``Images`` have it all."""

    @property
    def path(self) -> str:
        """Relative to the storage directory."""

    @property
    def sha256(self) -> str: ...

    @property
    def format(self) -> str: ...

    @property
    def width(self) -> int | None:
        """px, upright; None or 0 when unknown."""

    @property
    def height(self) -> int | None: ...


def size_of(image: ImageFile) -> tuple[int, int]:
    """Return (width, height) in px, upright; 0 for what is unknown."""
    return image.width or 0, image.height or 0


@dataclass(frozen=True)
class ModelImage:
    """An image as it is sent to a model: upright, sRGB, without metadata."""

    data: bytes
    mime_type: str
    size_wh: tuple[int, int]
    """px."""


@dataclass(frozen=True)
class Rendition:
    """A copy of *image* to be made, which is cached under the name *variant*."""

    image: ImageFile
    variant: str
    as_format: str
    """JPEG or PNG."""
    max_side_px: int | None
    """Of the longer side; None for the full size."""


def view(storage: ImageStorage, image: ImageFile, max_side_px: int | None, *, as_jpeg: bool) -> Rendition | Path:
    """Return the view to be made; the path of the original when that can be shown unchanged."""
    # PNG keeps the sharp edges of drawings; JPEG makes photographs much smaller.
    as_format = "PNG" if image.format == "PNG" and not as_jpeg else "JPEG"
    side = "full" if max_side_px is None else str(max_side_px)
    rendition = Rendition(image, f"view{side}.{as_format.lower()}", as_format, max_side_px)
    is_small_enough = max_side_px is None or max(size_of(image)) <= max_side_px
    may_be_shown = is_small_enough and (image.format == "JPEG" or not as_jpeg)
    if may_be_shown and not _exists(storage.cached(image.sha256, rendition.variant)):
        original = storage.originals.file(image.path)
        with translate_disk_errors():
            if is_clean(original, image.format):
                return original
    return rendition


def make(
    storage: ImageStorage, settings: Settings, wanted: Sequence[Rendition | Path]
) -> list[Path | ImageRejectedError]:
    """Return the path of each, making the missing renditions in parallel; an error takes the position of a failed one.

    Args:
        wanted: renditions, and paths that are returned unchanged.
    """
    from core.images.decode import derive

    paths: list[Path | ImageRejectedError] = [
        storage.cached(file.image.sha256, file.variant) if isinstance(file, Rendition) else file for file in wanted
    ]
    missing = [
        (position, file)
        for position, file in enumerate(wanted)
        if isinstance(file, Rendition) and not _exists(paths[position])
    ]
    if not missing:
        return paths
    with storage.staging() as staging, translate_disk_errors():
        originals = in_parallel(storage.originals.file, [file.image.path for _, file in missing], storage.is_near)
        jobs = [
            (
                original, staging / str(position), file.as_format, file.max_side_px,
                prod(size_of(file.image)) or None, paths[position],
            )
            for original, (position, file) in zip(originals, missing, strict=True)
        ]  # fmt: skip
        for (position, _), made in zip(missing, sandbox(settings).run_each(derive, jobs), strict=True):
            if isinstance(made, ImageRejectedError):
                paths[position] = made
    return paths


def as_sent(image: ImageFile, path: Path, side_px: int) -> ModelImage:
    """Read the model copy of *image* from *path*; its size follows from *side_px*, without decoding."""
    with translate_disk_errors():
        data = path.read_bytes()
    width, height = size_of(image)
    scale = min(1.0, side_px / max(width, height, 1))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return ModelImage(data, mime_type(path), size_wh)


def mime_type(path: Path) -> str:
    """Return the MIME type by the extension of a stored file or rendition."""
    return {".png": MIME_TYPES["PNG"], ".webp": MIME_TYPES["WEBP"]}.get(path.suffix, MIME_TYPES["JPEG"])


def in_parallel(do: Callable[[S], T], each: Sequence[S], is_near: Callable[[S], bool] = lambda _: False) -> list[T]:
    """Return what *do* returns for each, in their order; several originals are fetched at the same time.

    Args:
        is_near: whether nothing is fetched for one. Those are done in this thread: in a process that is busy, each
            thread waits for the interpreter's lock longer than a file takes to read.
    """
    far = [position for position, one in enumerate(each) if not is_near(one)]
    if len(far) < 2:
        return [do(one) for one in each]
    with ThreadPoolExecutor(min(len(far), _FETCHES)) as pool:
        fetched = {position: pool.submit(do, each[position]) for position in far}
        return [fetched[position].result() if position in fetched else do(one) for position, one in enumerate(each)]


def or_raise(result: T | ImageRejectedError) -> T:
    """Return *result*, or raise it when it is an error."""
    if isinstance(result, ImageRejectedError):
        raise result
    return result


def _exists(path: Path | ImageRejectedError) -> bool:
    return isinstance(path, Path) and path.exists() and path.stat().st_size > 0

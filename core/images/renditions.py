"""The copies of images that are handed out: upright, sRGB, without metadata, made once and kept in the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.config import Settings
from core.db import Images
from core.errors import ImageRejectedError
from core.images.sandbox import sandbox
from core.images.storage import ImageStorage, disk_errors_in_words
from core.images.structure import MIME_TYPES, is_clean

T = TypeVar("T")


@dataclass(frozen=True)
class ModelImage:
    """An image as it is sent to a model: upright, sRGB, without metadata."""

    data: bytes
    mime_type: str
    size_wh: tuple[int, int]


@dataclass(frozen=True)
class Copy:
    """A copy that is kept under the name of its *variant*."""

    image: Images
    variant: str
    as_format: str
    max_side_px: int | None


def view(storage: ImageStorage, image: Images, max_side_px: int | None, *, as_jpeg: bool) -> Copy | Path:
    """Return the copy that is to be shown; where the original lies when it can be shown as it is."""
    original = storage.original(image.path)
    fits = max_side_px is None or max(image.width or 0, image.height or 0) <= max_side_px
    if fits and (image.format == "JPEG" or not as_jpeg):
        with disk_errors_in_words():
            if is_clean(original, image.format):
                return original
    # Drawings lose by JPEG, photographs gain by it.
    as_format = "PNG" if image.format == "PNG" and not as_jpeg else "JPEG"
    side = "full" if max_side_px is None else str(max_side_px)
    return Copy(image, f"view{side}.{as_format.lower()}", as_format, max_side_px)


def make(storage: ImageStorage, settings: Settings, wanted: Sequence[Copy | Path]) -> list[Path | ImageRejectedError]:
    """Return where each lies, making those that are missing all at once; a refusal stands in its place."""
    from core.images.decode import derive

    paths: list[Path | ImageRejectedError] = [
        storage.cached(one.image.sha256, one.variant) if isinstance(one, Copy) else one for one in wanted
    ]
    missing = [
        (place, one) for place, one in enumerate(wanted) if isinstance(one, Copy) and not _is_there(paths[place])
    ]
    if not missing:
        return paths
    with storage.staging() as staging, disk_errors_in_words():
        jobs = [
            (storage.original(one.image.path), staging / str(place), one.as_format, one.max_side_px)
            for place, one in missing
        ]
        for (place, one), made in zip(missing, sandbox(settings).run_each(derive, jobs), strict=True):
            if isinstance(made, ImageRejectedError):
                paths[place] = made
            else:
                paths[place] = storage.keep_cached(staging / str(place), one.image.sha256, one.variant)
    return paths


def as_sent(image: Images, path: Path, side_px: int) -> ModelImage:
    with disk_errors_in_words():
        data = path.read_bytes()
    width, height = image.width or 0, image.height or 0
    scale = min(1.0, side_px / max(width, height, 1))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return ModelImage(data, mime_type(path), size_wh)


def mime_type(path: Path) -> str:
    return {".png": MIME_TYPES["PNG"], ".webp": MIME_TYPES["WEBP"]}.get(path.suffix, MIME_TYPES["JPEG"])


def or_raise(result: T | ImageRejectedError) -> T:
    if isinstance(result, ImageRejectedError):
        raise result
    return result


def _is_there(path: Path | ImageRejectedError) -> bool:
    return isinstance(path, Path) and path.exists() and path.stat().st_size > 0

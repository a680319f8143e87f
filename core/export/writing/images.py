"""The bytes of the images of an export: made ahead in a few threads, handed out in order."""

import base64
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ImageRejectedError
from core.export.entries import EXTENSIONS, MIME_TYPES, ExportImage, ImageGroup

if TYPE_CHECKING:
    from core.images import ImageService

# A view that is not cached takes tens of milliseconds in another process; this keeps every worker busy.
_AHEAD = 8

Source = Callable[[ExportImage], Path | None]


def image_source(
    images: "ImageService", image_form: str | None, max_side_px: int | None, *, as_jpeg: bool = False
) -> Source:
    """Return a function from an image to the file with the bytes to export, None when its file is gone."""

    def source(image: ExportImage) -> Path | None:
        try:
            original = images.original_path(image)
            if not original.is_file():
                return None
            return original if image_form == "original" else images.view_path(image, max_side_px, as_jpeg=as_jpeg)
        except ImageRejectedError:
            return None

    return source


def with_sources(groups: Iterator[ImageGroup], source: Source) -> Iterator[tuple[ImageGroup, Path | None]]:
    """Yield each group with the file of its image, preparing the next few meanwhile."""
    waiting: deque[tuple[ImageGroup, Future[Path | None]]] = deque()
    with ThreadPoolExecutor(4, thread_name_prefix="vitrine-export") as pool:
        try:
            for group in groups:
                waiting.append((group, pool.submit(source, group.image)))
                if len(waiting) >= _AHEAD:
                    ahead, path = waiting.popleft()
                    yield ahead, path.result()
            while waiting:
                ahead, path = waiting.popleft()
                yield ahead, path.result()
        finally:
            for _, path in waiting:
                path.cancel()


def data_url(path: Path) -> str:
    """Return the image as a data URL."""
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MIME_TYPES[_extension(path)]};base64,{encoded}"


def extension_of(image: ExportImage, path: Path | None) -> str:
    """Return the ending of the image in the bundle: that of its content, whatever it is called."""
    return EXTENSIONS.get(image.format, ".jpg") if path is None else _extension(path)


def _extension(path: Path) -> str:
    return path.suffix if path.suffix in MIME_TYPES else ".jpg"

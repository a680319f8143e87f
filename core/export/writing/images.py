"""The files of the images of an export: prefetched in a few threads, yielded in order."""

import base64
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ImageRejectedError, MissingFileError
from core.export.entries import EXTENSIONS, MIME_TYPES, ExportImage, ImageGroup, ImagePlan

if TYPE_CHECKING:
    from core.images import ImageService

# Rendering a view that is not cached takes tens of milliseconds in another process; this keeps every worker busy.
_PREFETCHED = 8

ImageSource = Callable[[ExportImage], Path | None]
PlannedSource = Callable[[ImagePlan], Path | None]


def image_source(
    images: "ImageService", image_form: str | None, max_side_px: int | None, *, as_jpeg: bool = False
) -> ImageSource:
    """Return a function from an image to its file in the form to export; None when the file is missing or unreadable.

    Args:
        image_form: ``original`` for the uploaded bytes, anything else for an upright view.
        max_side_px: longest side of a view, None for the size of the original.
        as_jpeg: whether a view must be a JPEG.
    """

    def source(image: ExportImage) -> Path | None:
        try:
            original = images.original_path(image)
            return original if image_form == "original" else images.view_path(image, max_side_px, as_jpeg=as_jpeg)
        except (ImageRejectedError, MissingFileError):
            return None

    return source


def files_of(group: ImageGroup, source: ImageSource, changed: PlannedSource | None = None) -> list[Path | None]:
    """Return the files of the images of *group*, in their order; *changed* makes those that have a plan."""
    if changed is not None and group.plans:
        return [changed(plan) for plan in group.plans[: len(group.images)]]
    return [source(image) for image in group.images]


def with_files(
    groups: Iterator[ImageGroup], source: ImageSource, changed: PlannedSource | None = None
) -> Iterator[tuple[ImageGroup, list[Path | None]]]:
    """Yield each group with the files of its images while the next few are rendered."""
    waiting: deque[tuple[ImageGroup, Future[list[Path | None]]]] = deque()
    with ThreadPoolExecutor(4, thread_name_prefix="vitrine-export") as pool:
        try:
            for group in groups:
                waiting.append((group, pool.submit(files_of, group, source, changed)))
                if len(waiting) >= _PREFETCHED:
                    ahead, paths = waiting.popleft()
                    yield ahead, paths.result()
            while waiting:
                ahead, paths = waiting.popleft()
                yield ahead, paths.result()
        finally:
            for _, paths in waiting:
                paths.cancel()


def data_url(path: Path) -> str:
    """Return the image as a data URL."""
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MIME_TYPES[_extension(path)]};base64,{encoded}"


def extension_of(image: ExportImage, path: Path | None) -> str:
    """Return the extension of the image in the bundle, by its content."""
    return EXTENSIONS.get(image.format, ".jpg") if path is None else _extension(path)


def _extension(path: Path) -> str:
    return path.suffix if path.suffix in MIME_TYPES else ".jpg"

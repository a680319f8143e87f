"""Finding images by an example that is in no project: its file and its vectors are not stored."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from core.db import Images
from core.errors import ImageRejectedError, VitrineError
from core.images.content import ImageData, content_of, name_of
from core.images.sandbox import sandbox
from core.vision.analyzers import analyzer
from core.vision.analyzers.base import AnalyzedImage

if TYPE_CHECKING:
    from core.images.decode import Inspected
    from core.images.service import ImageService
    from core.vision.task import ImageAnalysisTask


class ExampleImages:
    """Makes the vectors of example images; nothing of an example is stored."""

    def __init__(self, images: "ImageService", analysis: "ImageAnalysisTask") -> None:
        self._images = images
        self._analysis = analysis

    async def add(self, image_data: ImageData, name: str = "") -> str:
        """Return the id of an example, for ``similar:`` in a search line; it is kept until many others were added.

        Raises:
            ImageRejectedError: it is not a JPEG, PNG or WebP image, is damaged, or is too large.
            InvalidInputError: *image_data* is something else.
        """
        content = await asyncio.to_thread(content_of, image_data)
        with self._images.intake.workdir() as directory:
            original = directory / "example"
            await asyncio.to_thread(
                original.write_bytes, content.read_bytes() if isinstance(content, Path) else content
            )
            inspected = await asyncio.to_thread(self._inspect, original)
            row = Images(
                project_id="", image_name=name or name_of(image_data) or "image", path="", size=inspected.size_bytes,
                width=inspected.width, height=inspected.height, sha256=inspected.sha256, format=inspected.format,
            )  # fmt: skip
            tools = self._analysis.tools()
            (found,) = await analyzer("embedding").analyze([AnalyzedImage(row, original)], tools)
        if isinstance(found, VitrineError):
            raise found
        return self._images.queries.add_example(row.image_name, found.vectors)

    def _inspect(self, original: Path) -> "Inspected":
        from core.images.decode import Limits, inspect  # with Pillow and numpy: not at the start of the server

        settings = self._images.settings
        limits = Limits(settings.max_image_bytes, settings.max_image_pixels, settings.thumbnail_side_px)
        (found,) = sandbox(settings).run_each(inspect, [(original, limits, None, original.with_suffix(".thumbnail"))])
        if isinstance(found, ImageRejectedError):
            raise found
        return found

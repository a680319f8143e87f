"""Adds the files of a multipart request to the image library."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import UploadFile

if TYPE_CHECKING:
    from core.images import ImageIntake, ImageOutcome

# Files are added in batches of this size: the image workers decode a batch in parallel, and memory stays bounded.
_BATCH_BYTES = 32_000_000


async def add_uploads(
    intake: "ImageIntake", project_id: str, files: list[UploadFile], source: str = "api"
) -> "list[ImageOutcome]":
    """Add files to the library and return the outcome of each, in their order.

    Args:
        intake: Adds the images.
        project_id: The project that gets them.
        files: The uploaded files.
        source: Where the images come from, stored with each.
    """
    outcomes: list[ImageOutcome] = []
    for batch in _batches(files):
        named = [(file.filename or "image", await file.read()) for file in batch]
        outcomes += await asyncio.to_thread(intake.add_images, project_id, named, source=source)
    return outcomes


def _batches(files: list[UploadFile]) -> Iterator[list[UploadFile]]:
    batch: list[UploadFile] = []
    size_bytes = 0
    for file in files:
        if batch and size_bytes + (file.size or 0) > _BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
        batch.append(file)
        size_bytes += file.size or 0
    yield batch

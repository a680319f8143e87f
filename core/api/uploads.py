"""Uploaded files on their way into the library."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import UploadFile

if TYPE_CHECKING:
    from core.images import ImageIntake, ImageOutcome

# Added together, so that the image workers decode in parallel; bounds the memory of one upload.
_BATCH_BYTES = 32_000_000


async def add_uploads(
    intake: "ImageIntake", project_id: str, files: list[UploadFile], source: str = "api"
) -> "list[ImageOutcome]":
    """Add files to the library and return the outcome of each, in their order."""
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

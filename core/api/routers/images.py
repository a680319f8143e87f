"""Images: uploading, listing, the bytes themselves."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Request, Response, UploadFile

from core.api import media
from core.api.rooms import House, Rooms
from core.api.shapes import Answer, Cursor, Id, Limit, Page
from core.db import Images
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["images"])

# Handed to the service together, so that its workers have something to share; bounds the memory of one upload.
_BATCH_BYTES = 32_000_000

Outcome = Literal["added", "duplicate", "near-duplicate", "rejected"]


class ImageAnswer(Answer):
    id: str
    project_id: str
    image_name: str
    path: str
    size: int
    width: int | None
    height: int | None
    create_at: datetime
    update_at: datetime
    sha256: str
    format: str
    near_duplicate_of: str | None
    average_color: str
    brightness: float | None
    contrast: float | None
    sharpness: float | None
    tags: str
    source: str


class UploadOutcome(Answer):
    """What became of one file."""

    image_name: str
    outcome: Outcome
    image: ImageAnswer | None
    reason: str | None


class UploadOutcomes(Answer):
    results: list[UploadOutcome]


@router.post("/projects/{project_id}/images", status_code=201)
async def upload_images(
    project_id: Id, files: Annotated[list[UploadFile], File(min_length=1)], house: House
) -> UploadOutcomes:
    """Add images; one outcome for each file, in the order sent. A bad one does not fail the others."""
    await asyncio.to_thread(house.projects.get_project, project_id)
    results: list[Any] = []
    for batch in _batches(files):
        named = [(file.filename or "image", await file.read()) for file in batch]
        results += await asyncio.to_thread(house.images.add_images, project_id, named, source="api")
    return UploadOutcomes.model_validate({"results": results}, from_attributes=True)


@router.get("/projects/{project_id}/images")
def list_images(project_id: Id, house: House, limit: Limit = 100, cursor: Cursor = None) -> Page[ImageAnswer]:
    """List the images of a project."""
    from core.images import ImageFilter

    house.projects.get_project(project_id)
    page = house.images.find_images(project_id, ImageFilter(), limit=limit, after=cursor)
    items = [ImageAnswer.model_validate(image) for image in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/images/{image_id}")
def get_image(image_id: Id, house: House) -> ImageAnswer:
    """Return what is known about an image."""
    return ImageAnswer.model_validate(_image(house, image_id))


@router.delete("/images/{image_id}", status_code=204)
def delete_image(image_id: Id, house: House) -> None:
    """Delete an image with its questions and entries."""
    if not house.images.delete_image(image_id):
        raise NotFoundError("This image does not exist any more.")


@router.get(
    "/images/{image_id}/data",
    response_class=Response,
    responses={
        200: {"content": {name: {"schema": {"type": "string", "format": "binary"}} for name in media.IMAGE_TYPES}},
        206: {"description": "The range that was asked for"},
        304: {"description": "Not changed"},
        416: {"description": "A range outside the file"},
    },
)
async def get_image_data(
    image_id: Id, request: Request, house: House, size: Literal["original", "view", "thumb"] = "original"
) -> Response:
    """Return the bytes: the original as it came, or upright and free of metadata as *view* or *thumb*."""
    return await media.file_answer(request, lambda: media.image_file(house.images, _image(house, image_id), size))


def _image(house: Rooms, image_id: str) -> Images:
    image = house.images.get_image(image_id)
    if image is None:
        raise NotFoundError("This image does not exist any more.")
    return image


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

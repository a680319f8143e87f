"""Images and exports by id: nothing is served by path."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.api import errors, guard
from core.db import Images
from core.errors import NotFoundError, VitrineError
from core.images import ImageService
from core.services import Services

ImageSize = Literal["thumb", "view", "original"]

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# Python 3.11 alone does not know .webp.
_SUFFIXES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# The address carries the hash of the bytes: other bytes have another address.
_FOR_EVER = "private, max-age=31536000, immutable"


def media_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes of images and exports."""

    async def image(request: Request) -> Response:
        return await file_answer(request, lambda: _image(services(), request))

    async def export(request: Request) -> Response:
        return await file_answer(request, lambda: _export(services(), request))

    return [
        Route("/img/{image_id}/{size}", image, methods=["GET"], middleware=middleware),
        Route("/exports/{export_id}", export, methods=["GET"], middleware=middleware),
    ]


def image_url(image_id: str, sha256: str, size: ImageSize = "thumb") -> str:
    """Return the address of an image, without the base path; it stays the same as long as the bytes do."""
    path = f"/img/{image_id}/{size}"
    return f"{path}?v={sha256[:12]}&s={guard.signature(path)}"


def export_url(export_id: str) -> str:
    """Return the address of a finished export, without the base path."""
    path = f"/exports/{export_id}"
    return f"{path}?s={guard.signature(path)}"


def image_file(images: ImageService, image: Images, size: str) -> FileResponse:
    """Return the file of *image* in one of its sizes.

    Raises:
        NotFoundError: *size* is not one of them.
    """
    etag = f'"{image.sha256[:24]}-{size}"'
    headers = {"ETag": etag, "Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    if size == "original":
        path = images.original_path(image)
        return FileResponse(path, headers=headers, media_type=_TYPES[image.format], filename=image.image_name)
    if size not in ("thumb", "view"):
        raise NotFoundError("An image is there as thumb, view or original.")
    path = Path(images.thumbnail_path(image) if size == "thumb" else images.view_path(image))
    return FileResponse(
        path, headers=headers, media_type=_SUFFIXES.get(path.suffix, _TYPES[image.format]), stat_result=path.stat()
    )


def _image(services: Services, request: Request) -> FileResponse:
    image_id = request.path_params["image_id"]
    services.ownership.check("image_id", image_id)
    image = services.images.get_image(image_id, include_hidden=True)
    if image is None:
        raise NotFoundError("This image does not exist any more.")
    return image_file(services.images, image, request.path_params["size"])


def _export(services: Services, request: Request) -> FileResponse:
    exports, export_id = services.exports, request.path_params["export_id"]
    services.ownership.check("export_id", export_id)
    file = exports.export_path(exports.get_export(export_id))
    if not file.is_file() or not file.resolve().is_relative_to(services.db.data_dir.resolve() / "exports"):
        raise NotFoundError("This export is a directory on the server, not a file to download.")
    headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, headers=headers, filename=file.name, media_type="application/octet-stream")


async def file_answer(request: Request, find: Callable[[], FileResponse]) -> Response:
    """Return the file that *find* finds, 304 when the client has it, or the error in words."""
    try:
        response = await asyncio.to_thread(find)
    except VitrineError as error:
        return errors.of_error(error)
    etag = response.headers.get("ETag")
    if etag is not None and etag in request.headers.get("If-None-Match", ""):
        kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=kept)
    return response

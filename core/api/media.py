"""Routes that serve the files of images and exports by id, never by path."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.api import credentials, errors
from core.api.credentials import Actor
from core.db import Images
from core.errors import NotFoundError, VitrineError
from core.images import ImageService
from core.services import Services

ImageSize = Literal["thumb", "view", "original"]

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
_MEDIA_TYPE_OF_FORMAT = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# mimetypes of Python 3.11 does not know .webp.
_MEDIA_TYPE_OF_SUFFIX = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# The URL contains the hash of the bytes: other bytes have another URL.
_IMMUTABLE = "private, max-age=31536000, immutable"


def media_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes ``/img/{image_id}/{size}`` and ``/exports/{export_id}``."""

    async def image(request: Request) -> Response:
        return await file_response(request, lambda: _image(services(), request))

    async def export(request: Request) -> Response:
        return await file_response(request, lambda: _export(services(), request))

    return [
        Route("/img/{image_id}/{size}", image, methods=["GET"], middleware=middleware),
        Route("/exports/{export_id}", export, methods=["GET"], middleware=middleware),
    ]


def image_url(image_id: str, sha256: str, size: ImageSize = "thumb", *, signed_for: Actor | None = None) -> str:
    """Return the URL of an image, without the base path; equal bytes have equal URLs, so browsers cache them.

    Args:
        image_id: The image.
        sha256: Hash of its bytes.
        size: "thumb", "view" or "original".
        signed_for: With a password the URL can be read without credentials while those of this actor are valid; a
            page needs no signature, because its browser sends the session.
    """
    path = f"/img/{image_id}/{size}"
    signature = credentials.signature(path, signed_for) if signed_for is not None else ""
    return f"{path}?v={sha256[:12]}" + (f"&s={quote(signature)}" if signature else "")


def export_url(export_id: str) -> str:
    """Return the URL of a finished export, without the base path."""
    return f"/exports/{export_id}"


def image_file(images: ImageService, image: Images, size: str) -> FileResponse:
    """Return the response with the file of *image*.

    Args:
        images: Finds or makes the file.
        image: The image.
        size: "thumb", "view" or "original".

    Raises:
        NotFoundError: *size* is none of these.
    """
    etag = f'"{image.sha256[:24]}-{size}"'
    headers = {"ETag": etag, "Cache-Control": _IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    if size == "original":
        path = images.original_path(image)
        return FileResponse(
            path, headers=headers, media_type=_MEDIA_TYPE_OF_FORMAT[image.format], filename=image.image_name
        )
    if size not in ("thumb", "view"):
        raise NotFoundError("There is no such size of an image. Use thumb, view or original.")
    path = Path(images.thumbnail_path(image) if size == "thumb" else images.view_path(image))
    return FileResponse(
        path,
        headers=headers,
        media_type=_MEDIA_TYPE_OF_SUFFIX.get(path.suffix, _MEDIA_TYPE_OF_FORMAT[image.format]),
        stat_result=path.stat(),
    )


def _image(services: Services, request: Request) -> FileResponse:
    image_id = request.path_params["image_id"]
    services.ownership.check("image_id", image_id)
    image = services.images.get_image(image_id, include_hidden=True)
    if image is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return image_file(services.images, image, request.path_params["size"])


def _export(services: Services, request: Request) -> FileResponse:
    exports, export_id = services.exports, request.path_params["export_id"]
    services.ownership.check("export_id", export_id)
    export = exports.get_export(export_id)
    file = exports.export_path(export)
    if not file.is_file() or not file.resolve().is_relative_to(services.db.data_dir.resolve() / "exports"):
        raise NotFoundError("This export has no file to download. Look for its directory on the server.")
    headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    name = f"{export.report.get('directory') or file.stem}{file.suffix}"
    return FileResponse(file, headers=headers, filename=name, media_type="application/octet-stream")


async def file_response(request: Request, find: Callable[[], FileResponse]) -> Response:
    """Return the response of *find*, 304 when the client has the file already, or the error that *find* raised.

    Args:
        request: The request, for its ``If-None-Match``.
        find: Returns the response with the file; called in a thread.
    """
    try:
        response = await asyncio.to_thread(find)
    except VitrineError as error:
        return errors.error_response(error)
    etag = response.headers.get("ETag")
    if etag is not None and etag in request.headers.get("If-None-Match", ""):
        headers = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=headers)
    return response

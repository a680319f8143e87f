"""Routes that serve the files of images and exports by id, never by path."""

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from core.api import errors
from core.db import Exports, Images
from core.errors import NotFoundError, VitrineError
from core.images import ImageService, Tile
from core.images.storage import RENDITION_VERSION
from core.moving.service import file_stem
from core.services import Services

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
_MEDIA_TYPE_OF_FORMAT = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# mimetypes of Python 3.11 does not know .webp.
_MEDIA_TYPE_OF_SUFFIX = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_TILE_NUMBER = re.compile(r"[0-9]{1,6}")
# Each waits in a thread of the event loop, which has six on two cores; decisions need the others.
_TILES_AT_A_TIME = 2
# The URL contains the hash of the bytes, and the version of the renditions: other bytes have another URL.
_IMMUTABLE = "private, max-age=31536000, immutable"


_REFUSED_RANGES = {
    400: ("malformed", "Range is no range of bytes. Send one such as bytes=0-999, or none for the whole file."),
    416: ("outside_file", "The range lies outside the file, whose size is in Content-Range. Send another one."),
}


class _FileOrRange(FileResponse):
    """A file that refuses a wrong ``Range`` with the body of all errors; Starlette sends one line of plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_refused = False

        async def watched_send(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] in _REFUSED_RANGES:
                is_refused = True
                code, detail = _REFUSED_RANGES[message["status"]]
                size = Headers(raw=message["headers"]).get("Content-Range")
                headers = {"Content-Range": size} if size else None
                await errors.problem(message["status"], code, detail, "Range", headers=headers)(scope, receive, send)
            elif not is_refused:
                await send(message)

        await super().__call__(scope, receive, watched_send)


def media_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes of images in each size, of their tiles, of exports, and of archives of projects."""
    tile_slots = asyncio.Semaphore(_TILES_AT_A_TIME)

    async def image(request: Request) -> Response:
        return await file_response(request, lambda: _image(services(), request))

    async def tile(request: Request) -> Response:
        async with tile_slots:
            if await request.is_disconnected():  # the reader has gone on to another place meanwhile
                return Response(status_code=204)
            return await file_response(request, lambda: _tile(services(), request))

    async def export(request: Request) -> Response:
        return await file_response(request, lambda: _export(services(), request))

    async def project(request: Request) -> Response:
        return await file_response(request, lambda: _project_archive(services(), request))

    return [
        Route("/img/{image_id}/{size}", image, methods=["GET"], middleware=middleware),
        Route("/img/{image_id}/tile/{level}/{x}/{y}", tile, methods=["GET"], middleware=middleware),
        Route("/exports/{export_id}", export, methods=["GET"], middleware=middleware),
        Route("/exports/projects/{task_id}", project, methods=["GET"], middleware=middleware),
    ]


def image_file(images: ImageService, image: Images, size: str) -> Response:
    """Return the response with the file of *image*, or for an original, with its address in the bucket.

    Args:
        images: Finds or makes the file.
        image: The image.
        size: "thumb", "view" or "original".

    Raises:
        NotFoundError: *size* is none of these.
    """
    headers = _headers(image, size)
    if size == "original":
        if (link := images.original_link(image)) is not None:
            return RedirectResponse(link, 307, headers=headers | {"Cache-Control": "private, no-store"})
        path = images.original_path(image)
        return _FileOrRange(
            path, headers=headers, media_type=_MEDIA_TYPE_OF_FORMAT[image.format], filename=image.image_name
        )
    if size not in ("thumb", "view"):
        raise NotFoundError("There is no such size of an image. Use thumb, view or original.")
    path = Path(images.thumbnail_path(image) if size == "thumb" else images.view_path(image))
    return _FileOrRange(
        path,
        headers=headers,
        media_type=_MEDIA_TYPE_OF_SUFFIX.get(path.suffix, _MEDIA_TYPE_OF_FORMAT[image.format]),
        stat_result=path.stat(),
    )


def _image(services: Services, request: Request) -> Response:
    return image_file(services.images, _requested(services, request), request.path_params["size"])


def _tile(services: Services, request: Request) -> Response:
    image = _requested(services, request)
    place = [request.path_params[name] for name in ("level", "x", "y")]
    if not all(_TILE_NUMBER.fullmatch(number) for number in place):
        raise NotFoundError("The place of a tile is three numbers: level, column and row.")
    tile = Tile(*map(int, place))
    return Response(services.images.tile(image, tile), headers=_headers(image, tile.name), media_type="image/png")


def _requested(services: Services, request: Request) -> Images:
    image_id = request.path_params["image_id"]
    services.ownership.check("image_id", image_id)
    image = services.images.get_image(image_id, include_hidden=True)
    if image is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return image


def _headers(image: Images, rendition: str) -> dict[str, str]:
    etag = f'"{image.sha256[:24]}-{rendition}-{RENDITION_VERSION}"'
    return {"ETag": etag, "Cache-Control": _IMMUTABLE, "X-Content-Type-Options": "nosniff"}


def _export(services: Services, request: Request) -> FileResponse:
    exports, export_id = services.exports, request.path_params["export_id"]
    services.ownership.check("export_id", export_id)
    export = exports.get_export(export_id)
    file = exports.export_path(export)
    if not file.is_file() or not file.resolve().is_relative_to(services.db.data_dir.resolve() / "exports"):
        raise NotFoundError("This export has no file to download. Look for its directory on the server.")
    name = _export_name(services, export) + file.suffix
    _record_download(services, request, "export.download", export.project_id, name)
    return _download(file, name)


def _export_name(services: Services, export: Exports) -> str:
    """Return the name of a download, without its ending: the title, else project, format and date."""
    if export.recipe.get("title"):
        return str(export.report["directory"])
    project = services.projects.get_project(export.project_id)
    return f"{file_stem(project.name)}-{export.format}-{export.create_at:%Y-%m-%d}"


def _project_archive(services: Services, request: Request) -> FileResponse:
    task_id = request.path_params["task_id"]
    services.ownership.check("task_id", task_id)
    task = services.tasks.get_task(task_id)
    archive = services.mover.archive_path(task.id)
    _record_download(services, request, "project.download", task.project_id, archive.name)
    return _download(archive, archive.name)


def _record_download(services: Services, request: Request, act: str, project_id: str, name: str) -> None:
    """Record a download once: neither a question for its size, nor what continues one."""
    begins = request.headers.get("Range", "bytes=0-").startswith("bytes=0-")
    if request.method == "GET" and begins and "If-None-Match" not in request.headers:
        services.audit.record_alone(act, project_id=project_id, label=name)


def _download(file: Path, name: str) -> FileResponse:
    headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    return _FileOrRange(file, headers=headers, filename=name, media_type="application/octet-stream")


async def file_response(request: Request, find: Callable[[], Response]) -> Response:
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

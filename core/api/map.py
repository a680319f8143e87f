"""Routes of the map: its browser code reads points, columns of values and matches as arrays, and names of images.

An array answer is the length of a JSON header in four bytes, little-endian, the header, padded with spaces so that what
follows begins at a multiple of four, then the arrays.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.api import errors
from core.api.media import file_response
from core.api.media_urls import image_url
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.services import Services

MAX_NAMES = 200


def map_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes of the map."""

    def route(name: str, make: Callable[[Services, str, Request], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            project_id = request.path_params["project_id"]
            return await file_response(request, lambda: make(services(), project_id, request))

        return Route(f"/map/{{project_id}}/{name}", endpoint, methods=["GET"], middleware=middleware)

    async def images(request: Request) -> Response:
        try:
            return JSONResponse(await asyncio.to_thread(_images, services(), request))
        except VitrineError as error:
            return errors.error_response(error)

    return [
        route("points", _points),
        route("column", _column),
        route("matching", _matching),
        Route("/map/{project_id}/images", images, methods=["GET"], middleware=middleware),
    ]


def _points(services: Services, project_id: str, request: Request) -> Response:
    """Return the places as Uint16 pairs, then the ids of the images, 21 characters each."""
    from core.vision.map.columns import FIELDS

    points = _found(services, project_id)
    header = {
        "count": len(points.ids), "placed": points.placed, "without_vector": points.without_vector,
        "made_at": points.made_at.isoformat(), "fields": list(FIELDS.items()), "version": _version(points.ids),
    }  # fmt: skip
    return _arrays(header, points.places.astype("<u2").tobytes(), "".join(points.ids).encode())


def _column(services: Services, project_id: str, request: Request) -> Response:
    """Return the labels of a field, and for each point the sum of the bits of its labels as Uint32."""
    points = _found(services, project_id)
    column = services.map.column(project_id, request.query_params.get("by", "group"))
    header = {
        "field": column.field, "labels": column.labels, "counts": column.counts, "version": _version(points.ids)
    }  # fmt: skip
    return _arrays(header, column.bits.astype("<u4").tobytes())


def _matching(services: Services, project_id: str, request: Request) -> Response:
    """Return for each point whether a search line finds its image, as a byte."""
    points = _found(services, project_id)
    matching = set(services.image_queries.find_ids(project_id, request.query_params.get("q", "")))
    matches = bytes(id_ in matching for id_ in points.ids)
    return _arrays({"matching": sum(matches), "version": _version(points.ids)}, matches)


def _images(services: Services, request: Request) -> dict[str, Any]:
    """Return names and addresses of images of the project, for hovering and for the list of what is selected."""
    project = services.projects.get_project(request.path_params["project_id"])
    ids = [id_ for id_ in request.query_params.get("ids", "").split(",") if id_]
    if len(ids) > MAX_NAMES:
        raise InvalidInputError(f"Send at most {MAX_NAMES} image ids.", field="ids")
    return {
        "images": [
            {"id": image.id, "name": image.image_name, "url": image_url(image.id, image.sha256)}
            for image in services.library.get_images(ids)
            if image.project_id == project.id
        ]
    }


def _found(services: Services, project_id: str) -> Any:
    services.projects.get_project(project_id)
    points = services.map.points(project_id)
    if points is None:
        raise NotFoundError("This project has no map yet. Lay it out first.")
    return points


def _version(ids: Sequence[str]) -> str:
    """Return what tells whether two answers are about the same points in the same order."""
    return hashlib.sha256("".join(ids).encode()).hexdigest()[:16]


def _arrays(header: dict[str, Any], *arrays: bytes) -> Response:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join([len(text).to_bytes(4, "little"), text, *arrays])
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="application/octet-stream", headers=headers)

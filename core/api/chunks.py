"""Routes of resumable uploads: the browser sends a file in chunks and continues where the connection was lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.api import errors
from core.api.json_body import read_object
from core.errors import ConflictError, InvalidInputError, VitrineError
from core.importing.upload import MAX_CHUNK_BYTES, ChunkWriter, Upload
from core.services import Services

_MAX_BODY_BYTES = 10_000
# Larger pieces than the server reads at a time: each is handed to a thread.
_PIECE_BYTES = 1 << 20
# A client that vanished without closing its connection must not hold the upload.
_SILENCE_S = 20.0


def chunk_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes ``/uploads/new`` (POST) and ``/uploads/{upload_id}`` (GET, PUT, DELETE).

    An upload without a ``project_id`` is the archive of a project. PUT takes the bytes at ``Upload-Offset`` with their
    CRC-32 in ``Upload-Checksum``. At a conflict the answer says where the upload continues.
    """

    async def create(request: Request) -> Response:
        body, actor = await read_object(request), request.scope["vitrine.actor"]
        return await _answer(lambda: _create(services(), actor, body), 201)

    async def one(request: Request) -> Response:
        upload_id = request.path_params["upload_id"]
        if request.method == "PUT":
            return await _receive(services(), upload_id, request)
        if request.method == "DELETE":
            await asyncio.to_thread(services().uploads.discard, upload_id)
            return Response(status_code=204)
        return await _answer(lambda: _existing(services(), upload_id))

    limited = [*middleware, Middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY_BYTES)]
    return [
        Route("/uploads/new", create, methods=["POST"], middleware=limited),
        Route("/uploads/{upload_id}", one, methods=["GET", "PUT", "DELETE"], middleware=middleware),
    ]


async def _answer(work: Callable[[], Upload], status: int = 200) -> Response:
    try:
        return _upload(await asyncio.to_thread(work), status)
    except VitrineError as error:
        return _refusal(error)


def _refusal(error: VitrineError) -> Response:
    if isinstance(error, ConflictError) and isinstance(error.current, Upload):
        return errors.problem(409, error.code, str(error), received_bytes=error.current.received_bytes)
    return errors.error_response(error)


def _upload(upload: Upload, status: int = 200) -> Response:
    body = {"id": upload.id, "size_bytes": upload.size_bytes, "received_bytes": upload.received_bytes}
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def _create(services: Services, actor: Actor, body: dict[str, object]) -> Upload:
    project_id = body.get("project_id", "")
    act = Act.IMPORT if project_id != "" else Act.CREATE_PROJECT
    services.access.require(actor, act, str(project_id) or None)
    if project_id != "":
        services.projects.get_project(str(project_id))
    size_bytes, modified_ms = body.get("size_bytes"), body.get("modified_ms", 0)
    if type(size_bytes) is not int or type(modified_ms) is not int:  # True is an int, too
        raise InvalidInputError("size_bytes and modified_ms are integers. Send integers.", field="size_bytes")
    return services.uploads.create(str(project_id), str(body.get("name") or "file"), size_bytes, modified_ms)


def _existing(services: Services, upload_id: str) -> Upload:
    upload = services.uploads.get(upload_id)
    if upload.project_id:
        services.projects.get_project(upload.project_id)
    return upload


async def _receive(services: Services, upload_id: str, request: Request) -> Response:
    try:
        offset = int(request.headers.get("Upload-Offset", ""))
        announced = int(request.headers.get("Content-Length", "0"))
    except ValueError:
        return errors.problem(422, "invalid", "Upload-Offset is an integer. Send where the chunk begins.")
    if announced > MAX_CHUNK_BYTES:
        return errors.problem(413, "too_large", f"A chunk has at most {MAX_CHUNK_BYTES:,} bytes. Send smaller ones.")
    try:
        await asyncio.to_thread(_existing, services, upload_id)
        writer = await asyncio.to_thread(services.uploads.open_chunk, upload_id, offset)
    except VitrineError as error:
        return _refusal(error)
    try:
        return await _write(writer, request)
    finally:
        writer.close()


async def _write(writer: ChunkWriter, request: Request) -> Response:
    try:
        async for piece in _pieces(request):
            await asyncio.to_thread(writer.write, piece)
        return _upload(await asyncio.to_thread(writer.commit, request.headers.get("Upload-Checksum", "")))
    except VitrineError as error:
        return _refusal(error)
    except (ClientDisconnect, TimeoutError):
        return errors.problem(408, "cut", "The connection was lost. Continue where the upload ends.")


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces of about a megabyte.

    Raises:
        TimeoutError: nothing came for a while.
        ClientDisconnect: the client is gone.
    """
    waiting = bytearray()
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                received = await anext(stream)
        except StopAsyncIteration:
            break
        waiting += received
        if len(waiting) >= _PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)

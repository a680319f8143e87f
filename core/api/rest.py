"""The REST API: its routers, its errors, its description."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Request, params
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from core.api import docs, errors
from core.api.dependencies import ServicesDep
from core.api.idempotency import IdempotencyKeys
from core.api.routers import ALL
from core.api.routers.entries import EntryAnswer
from core.api.schemas import Problem
from core.db import ImageDatasets
from core.errors import ConflictError, InvalidInputError, VitrineError
from core.ownership import OWNED
from core.services import Services

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "wrong_type", 400: "bad_request"}

# Any route may be refused at the door or find its id gone, so every one of them is described with these.
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read"},
    401: {"model": Problem, "description": "No token, or one that is not valid"},
    403: {"model": Problem, "description": "Not allowed"},
    404: {"model": Problem, "description": "No such id"},
    409: {"model": Problem, "description": "Changed by someone else meanwhile, or still being worked on"},
    413: {"model": Problem, "description": "Too large"},
    415: {"model": Problem, "description": "A body of another kind than this route reads"},
    422: {"model": Problem, "description": "A value is malformed, or invalid where it stands; *field* names it"},
}


def build_api(services: Callable[[], Services]) -> FastAPI:
    """Return the application that answers below ``/api`` and ``/ai``."""
    api = FastAPI(
        title="Vitrine",
        version="1",
        summary="Image question-answer datasets: upload, ask, review, extend in style, export.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        dependencies=[Depends(_known_query), Depends(_belongs)],
    )
    api.state.services = services
    for router in ALL:
        api.include_router(router)
    api.include_router(docs.router)
    api.add_middleware(IdempotencyKeys)
    for kind, answer in ((VitrineError, _on_purpose), (RequestValidationError, _invalid), (HTTPException, _http)):
        api.exception_handler(kind)(answer)
    api.exception_handler(Exception)(_bug)
    return api


async def _known_query(request: Request) -> None:
    """Refuse a filter that does not exist: left out silently, it would answer with too much."""
    if not request.query_params:
        return
    described = request.app.openapi()["paths"].get(request.scope["route"].path, {}).get(request.method.lower(), {})
    known = [parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "query"]
    for name in request.query_params:
        if name not in known:
            raise InvalidInputError(f"There is no parameter {name} here. Use {', '.join(known) or 'none'}.", field=name)


def _belongs(request: Request, services: ServicesDep) -> None:
    for name in OWNED.keys() & request.path_params.keys():
        services.ownership.check(name, request.path_params[name])


async def _on_purpose(_request: Request, error: VitrineError) -> JSONResponse:
    if isinstance(error, ConflictError) and isinstance(error.current, ImageDatasets):
        current = EntryAnswer.model_validate(error.current).model_dump(mode="json")
        return errors.problem(409, error.code, str(error), current=current, attempted=error.attempted)
    return errors.error_response(error)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    if (wrong := _wrong_type(request)) is not None:
        return wrong
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    field = ".".join(place)
    message = first["msg"].removeprefix("Value error, ")
    status = 404 if first["loc"][0] == "path" else 422
    code = "not_found" if status == 404 else "malformed"
    return errors.problem(status, code, f"{field}: {message}." if field else f"{message}.", field or None)


def _wrong_type(request: Request) -> JSONResponse | None:
    """Return the answer to a body of another kind than the route reads, None when that is not what is wrong."""
    field = request.scope["route"].body_field
    if field is None:
        return None
    wanted = (
        "application/json"
        if isinstance(field.field_info, params.Body) and not isinstance(field.field_info, params.Form)
        else "multipart/form-data"
    )
    if request.headers.get("Content-Type", "").startswith(wanted):
        return None
    return errors.problem(415, "wrong_type", f"Send the body as {wanted}.", "Content-Type")


async def _http(_request: Request, error: HTTPException) -> JSONResponse:
    code = _CODES.get(error.status_code, "error")
    detail = f"{error.detail}. GET /api/openapi.json lists what there is."
    return errors.problem(error.status_code, code, detail, headers=dict(error.headers or {}))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    return errors.bug_response(error, request.scope)

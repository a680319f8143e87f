"""The FastAPI application: routers, error responses, OpenAPI document."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match, Route

from core.api import docs, errors
from core.api.credentials import READING_METHODS
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.description import describe
from core.api.error_responses import ErrorResponses
from core.api.idempotency import IdempotencyKeys
from core.api.roles import RULE, project_of_path, refuse_foreign_ids
from core.api.route_rules import IN_BODY, NOTHING, Rule
from core.api.routers import ALL
from core.api.routers.entries import EntryAnswer
from core.api.schemas import Problem
from core.db import ImageDatasets
from core.errors import ConflictError, InvalidInputError, VitrineError
from core.ownership import OWNED
from core.services import Services

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "wrong_type", 400: "bad_request"}

# Every route declares these: authentication, ownership checks and validation apply to all of them.
_COMMON_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read"},
    401: {"model": Problem, "description": "No token, or an invalid one"},
    403: {"model": Problem, "description": "Not allowed"},
    404: {"model": Problem, "description": "Nothing has this id"},
    409: {"model": Problem, "description": "Changed by another client meanwhile, or still in progress"},
    413: {"model": Problem, "description": "Too large"},
    415: {"model": Problem, "description": "The route takes a body of another media type"},
    422: {"model": Problem, "description": "A value is malformed or not allowed; *field* names it"},
}


def build_api(services: Callable[[], Services]) -> FastAPI:
    """Return the application for the routes below ``/api`` and ``/ai``.

    Args:
        services: Returns the services of the process.
    """
    api = FastAPI(
        title="Vitrine",
        version="1",
        summary="Image question-answer datasets: upload, ask, review, extend in style, export.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=_COMMON_RESPONSES,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
        dependencies=[Depends(_check_query_parameters), Depends(_check_ownership), Depends(_check_ids_in_body)],
    )
    api.state.services = services
    for router in ALL:
        api.include_router(router)
    api.include_router(docs.router)
    describe(api)
    api.add_middleware(IdempotencyKeys)
    api.add_middleware(ErrorResponses)
    for class_, handler in ((VitrineError, _expected), (RequestValidationError, _invalid), (HTTPException, _http)):
        api.exception_handler(class_)(handler)
    return api


async def _check_query_parameters(request: Request) -> None:
    """Refuse unknown query parameters: a misspelled filter that is ignored would return too much."""
    if not request.query_params:
        return
    known = query_names(request.scope["route"].dependant)
    for name in request.query_params:
        if name not in known:
            raise InvalidInputError(
                f"This route has no parameter {name}. Use {', '.join(known) or 'none'}.", field=name
            )


def query_names(dependant: Dependant) -> list[str]:
    """Return the query parameters of a route and of what it depends on; its OpenAPI operation takes 1.4 s of CPU."""
    names = [field.alias for field in dependant.query_params]
    return list(dict.fromkeys(names + [name for each in dependant.dependencies for name in query_names(each)]))


def _check_ownership(request: Request, services: ServicesDep) -> None:
    """Refuse ids in the path whose project is deleted."""
    for name in OWNED.keys() & request.path_params.keys():
        services.ownership.check(name, request.path_params[name])


async def _check_ids_in_body(request: Request, services: ServicesDep, actor: CurrentActor) -> None:
    """Refuse what the body asks for where the caller's role does not allow it; an admin is not asked."""
    if actor.is_admin or request.method in READING_METHODS:
        return
    rule: Rule = request.scope[RULE]
    body = await _decoded(request, rule)
    in_path = str(request.path_params.get(rule.of, ""))

    def check() -> None:
        project_id = project_of_path(services, rule, in_path) if rule.of not in (IN_BODY, NOTHING) else None
        refuse_foreign_ids(services, actor, rule, project_id, body)

    if body:
        await asyncio.to_thread(check)


async def _decoded(request: Request, rule: Rule) -> object:
    """Return the body, of which a form only matters where it names the project; nothing when it cannot be read."""
    media_type = request.headers.get("Content-Type", "")
    if media_type.startswith("multipart/form-data"):
        return dict(await request.form()) if rule.of == IN_BODY else None
    try:
        return await request.json()
    except ValueError:
        return None  # the route answers what is wrong with it


async def _expected(_request: Request, error: VitrineError) -> JSONResponse:
    if isinstance(error, ConflictError) and isinstance(error.current, ImageDatasets):
        current = EntryAnswer.model_validate(error.current).model_dump(mode="json")
        return errors.problem(409, error.code, str(error), current=current, attempted=error.attempted)
    return errors.error_response(error)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    if (refusal := _refused_media_type(request)) is not None:
        return refusal
    first = error.errors()[0]
    parts = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    field = ".".join(parts)
    message = first["msg"].removeprefix("Value error, ")
    if first["loc"][0] == "path":
        return errors.problem(404, "not_found", f"There is nothing with this {field}. Look it up in its list.", field)
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error") or message
        reason += f" at character {field}" if field.isdigit() else ""
        return errors.problem(422, "malformed", f"The body is not JSON ({reason}). Correct it and send it again.")
    return errors.problem(422, "malformed", f"{field}: {message}." if field else f"{message}.", field or None)


def _refused_media_type(request: Request) -> JSONResponse | None:
    """Return the response that refuses the media type of the body, None when the route takes it."""
    field = request.scope["route"].body_field
    if field is None:
        return None
    expected = (
        "application/json"
        if isinstance(field.field_info, params.Body) and not isinstance(field.field_info, params.Form)
        else "multipart/form-data"
    )
    if request.headers.get("Content-Type", "").startswith(expected):
        return None
    return errors.problem(
        415, "wrong_type", f"This route takes another media type. Send the body as {expected}.", "Content-Type"
    )


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    if isinstance(error.__cause__, UnicodeDecodeError):
        return errors.problem(422, "malformed", "The body is not UTF-8. Encode it as UTF-8 and send it again.")
    code = _CODES.get(error.status_code, "error")
    detail = f"{error.detail}. GET /api/openapi.json lists the routes and their parameters."
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_of(request)) or headers.get("Allow", "")
    return errors.problem(error.status_code, code, detail, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """Return the methods that the path of a request takes; Starlette names those of the first route alone."""
    found = set[str]()
    for route in (route for router in ALL for route in router.routes):
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)

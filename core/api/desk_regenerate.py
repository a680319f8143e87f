"""Route of the review desk that asks a model for the answer of an entry again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.api import errors
from core.api.json_body import read_object
from core.dataset.edits import UserAction
from core.dataset.regenerate import AnswerRegenerator
from core.db import ImageDatasets
from core.errors import VitrineError
from core.services import Services

PATH = "/desk/again"


def regenerate_route(
    services: Callable[[], Services],
    as_item: Callable[[Services, ImageDatasets], dict[str, Any]],
    middleware: Sequence[Middleware] = (),
) -> Route:
    """Return the route: it takes ``{"entry_id", "version", "act_id"}`` and returns the changed entry.

    The route waits for the model on the event loop, so that slow models do not occupy the thread pool.

    Args:
        services: Returns the services of the process.
        as_item: Returns an entry as the desk expects it.
        middleware: Middleware of the route.
    """

    async def regenerate(request: Request) -> Response:
        try:
            body = await read_object(request)
            entry_id, version, act_id = str(body["entry_id"]), int(body["version"]), str(body["act_id"])
        except (ValueError, KeyError, TypeError):
            return errors.problem(
                422, "invalid", "The body is not complete. Send the entry_id, its version and an act_id."
            )
        current, act = services(), UserAction("regenerate", request.scope["vitrine.actor"].name, act_id)
        try:
            await asyncio.to_thread(current.ownership.check, "entry_id", entry_id)
            regeneration = AnswerRegenerator(current.db, current.llm, current.images).regenerate_answer(
                entry_id, version, act
            )
            entry = await current.loop.call(regeneration)
            return JSONResponse({"entry": await asyncio.to_thread(as_item, current, entry)})
        except VitrineError as error:
            return errors.error_response(error)

    return Route(PATH, regenerate, methods=["POST"], middleware=middleware)

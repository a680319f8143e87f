"""The review desk's one route that waits for a model: it asks for the answer of an entry again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.api import errors
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
    """Return the route; it takes ``{"entry_id", "version", "act_id"}`` and answers with the new state of the entry.

    It waits on the event loop: a slow model takes no thread from those who decide meanwhile.
    """

    async def regenerate(request: Request) -> Response:
        try:
            given = await request.json()
            entry_id, version, act_id = str(given["entry_id"]), int(given["version"]), str(given["act_id"])
        except (ValueError, KeyError, TypeError):
            return errors.problem(422, "invalid", "Send the entry_id, its version and an act_id.")
        own, act = services(), UserAction("regenerate", request.scope["vitrine.actor"].name, act_id)
        try:
            await asyncio.to_thread(own.ownership.check, "entry_id", entry_id)
            work = AnswerRegenerator(own.db, own.llm, own.images).regenerate_answer(entry_id, version, act)
            entry = await own.loop.call(work)
            return JSONResponse({"entry": await asyncio.to_thread(as_item, own, entry)})
        except VitrineError as error:
            return errors.error_response(error)

    return Route(PATH, regenerate, methods=["POST"], middleware=middleware)

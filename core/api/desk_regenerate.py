"""The desk's one route that waits for a model: the answer of an entry, asked for again."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import process
from core.api import errors, ownership
from core.errors import VitrineError

PATH = "/desk/again"


def again_route(services: Callable[[], Any], as_item: Callable[[Any, Any], dict[str, Any]]) -> Route:
    """Return the route; ``{"entry_id", "version", "act_id"}`` is answered with the entry as it is then.

    It waits on the event loop: a slow model takes no thread from those who decide meanwhile.
    """

    async def again(request: Request) -> Response:
        try:
            given = await request.json()
            entry_id, version, act_id = str(given["entry_id"]), int(given["version"]), str(given["act_id"])
        except (ValueError, KeyError, TypeError):
            return errors.problem(422, "invalid", "Send the entry_id, its version and an act_id.")
        house, actor = services(), request.scope["vitrine.actor"].name
        try:
            await asyncio.to_thread(ownership.check, house.db, "entry_id", entry_id)
            work = await asyncio.to_thread(_work, house, entry_id, version, actor, act_id)
            entry = await asyncio.wrap_future(process.background_loop().submit(work))
            return JSONResponse({"entry": await asyncio.to_thread(as_item, house.entries, entry)})
        except VitrineError as error:
            return errors.of_error(error)

    return Route(PATH, again, methods=["POST"])


def _work(house: Any, entry_id: str, version: int, actor: str, act_id: str) -> Any:
    process.load("core.dataset", "core.images", "core.llm", "core.dataset.regenerate")
    from core.dataset.edits import UserAction
    from core.dataset.regenerate import AnswerRegenerator

    regenerator = AnswerRegenerator(house.db, house.llm, house.images)
    return regenerator.regenerate_answer(entry_id, version, UserAction("regenerate", actor, act_id))

"""Route of the review desk that asks a model for the answer of an entry again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.api import errors
from core.api.json_body import read_object
from core.api.roles import require_ids
from core.dataset.edits import UserAction
from core.dataset.regenerate import AnswerRegenerator
from core.db import ImageDatasets
from core.errors import VitrineError
from core.llm import OFFLINE_MODEL
from core.services import Services

PATH = "/desk/again"


def regenerate_route(
    services: Callable[[], Services],
    as_item: Callable[[Services, ImageDatasets], dict[str, Any]],
    middleware: Sequence[Middleware] = (),
) -> Route:
    """Return the route: it takes ``{"entry_id", "version", "act_id", "model"?}`` and returns the changed entry.

    ``model`` is one of :func:`offered_models`, or any other name of a model; without it the entry's model is asked.

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
        current, actor = services(), request.scope["vitrine.actor"]
        act = UserAction("regenerate", actor.name, act_id)
        try:
            await asyncio.to_thread(require_ids, current, actor, Act.GENERATE_PAID, body)
            await asyncio.to_thread(current.ownership.check, "entry_id", entry_id)
            config = await asyncio.to_thread(config_of, current, str(body["model"])) if body.get("model") else None
            regeneration = AnswerRegenerator(current.db, current.llm, current.images).regenerate_answer(
                entry_id, version, act, config
            )
            entry = await current.loop.call(regeneration)
            return JSONResponse({"entry": await asyncio.to_thread(as_item, current, entry)})
        except VitrineError as error:
            return errors.error_response(error)

    return Route(PATH, regenerate, methods=["POST"], middleware=middleware)


def offered_models(services: Services, _actor: Actor, _params: dict[str, Any]) -> dict[str, Any]:
    """Return the models to choose from: saved profiles, the built-in model and those that have a key."""
    names = [info.model for info in services.llm.models() if info.key_source is not None and not info.image_output]
    profiles = [profile.name for profile in services.profiles.list_profiles()]
    return {"models": list(dict.fromkeys([*profiles, OFFLINE_MODEL, *names]))}


def config_of(services: Services, model: str) -> dict[str, Any]:
    """Return the config of the profile of that name, or of the model. Only profiles have addresses of their own."""
    profiles = {profile.name: profile.config for profile in services.profiles.list_profiles()}
    return dict(profiles.get(model, {"model": model}))

"""Routes of the review desk for twins: the candidates of an entry, and making one of them its twin."""

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
from core.api.desk_regenerate import config_of
from core.api.json_body import read_object
from core.api.media_urls import image_url
from core.api.roles import require_ids
from core.dataset import existing_entry
from core.db import ImageDatasets
from core.errors import InvalidInputError, VitrineError
from core.services import Services

PATH = "/desk/twin"


def candidates(services: Services, _actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return images that may be the twin of an entry, in the order in which they are offered."""
    entry_id = str(params.get("entry_id"))
    services.ownership.check("entry_id", entry_id)
    return {
        "candidates": [
            {
                "image_id": one.image.id, "name": one.image.image_name, "seen": one.seen, "speaks": one.speaks,
                "thumb": image_url(one.image.id, one.image.sha256, "thumb"),
            }
            for one in services.twins.candidates(entry_id)
        ]
    }  # fmt: skip


def twin_route(
    services: Callable[[], Services],
    as_item: Callable[[Services, ImageDatasets], dict[str, Any]],
    middleware: Sequence[Middleware] = (),
) -> Route:
    """Return the route: it takes ``{"entry_id", "image_id", "act_id", "answer"?}`` and returns both entries.

    Without an answer the model of the entry is asked. The route waits for it on the event loop.
    """

    async def add(request: Request) -> Response:
        try:
            body = await read_object(request)
            entry_id, image_id, act_id = (str(body[name]) for name in ("entry_id", "image_id", "act_id"))
        except (ValueError, KeyError, TypeError):
            return errors.problem(
                422, "invalid", "The body is not complete. Send the entry_id, an image_id and an act_id."
            )
        current, caller = services(), request.scope["vitrine.actor"]
        actor = caller.name
        try:
            await asyncio.to_thread(require_ids, current, caller, Act.WRITE_ENTRIES, body)
            await asyncio.to_thread(current.ownership.check, "entry_id", entry_id)
            if answer := str(body.get("answer") or "").strip():
                twin = await asyncio.to_thread(
                    current.twins.add, entry_id, image_id, answer, actor=actor, batch_id=act_id
                )
            else:
                config = await asyncio.to_thread(_model_of, current, entry_id)
                twin = await current.loop.call(
                    current.twins.ask(entry_id, image_id, config, actor=actor, batch_id=act_id)
                )

            def items() -> dict[str, Any]:
                entry = existing_entry(current.dataset.get_dataset_entry(entry_id))
                return {"entry": as_item(current, entry), "twin": as_item(current, twin)}

            return JSONResponse(await asyncio.to_thread(items))
        except VitrineError as error:
            return errors.error_response(error)

    return Route(PATH, add, methods=["POST"], middleware=middleware)


def _model_of(services: Services, entry_id: str) -> dict[str, Any]:
    model = existing_entry(services.dataset.get_dataset_entry(entry_id)).model
    if "/" not in model:
        raise InvalidInputError("No known model answered this entry, so type the answer.", field="answer")
    return config_of(services, model)


def twin_of_items(services: Services, entries: Sequence[ImageDatasets]) -> dict[str, dict[str, Any]]:
    """Return what is shown of the twin of each entry that has one."""
    return {
        entry_id: {
            "answer": twin.answer, "state": twin.decision, "name": image.image_name,
            "thumb": image_url(image.id, image.sha256, "thumb"),
        }
        for entry_id, (twin, image) in services.twins.twins_of([entry.id for entry in entries]).items()
    }  # fmt: skip

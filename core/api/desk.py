"""Routes of the review desk: its browser code reads the queue and posts decisions without running the page."""

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
from core.api.desk_ending import ending
from core.api.desk_guidelines import guidelines
from core.api.desk_keys import change_keys
from core.api.desk_messages import ABOUT_AN_ENTRY, messages_of_items
from core.api.desk_regenerate import offered_models, regenerate_route
from core.api.desk_twins import candidates, twin_of_items, twin_route
from core.api.json_body import read_object
from core.api.media_urls import image_url, tiles_url
from core.api.roles import RULE, require_ids
from core.api.route_rules import Rule
from core.checks.store import contradictions
from core.checks.twins.relation import TAG
from core.dataset import EntryFilter, existing_entry, parse_search
from core.dataset.queries import EntryPage
from core.db import ImageDatasets, Images
from core.errors import ConflictError, InvalidInputError, NotFoundError, VitrineError
from core.images.image_query import parse_image_query
from core.questions.answer_types import checked_answer
from core.services import Services
from core.vision.layers import LAYERS, layers_of

# An act is one decision or undo of a reviewer; its id makes a repeated request idempotent.
MAX_ACTS = 100
_MAX_START_CHARS = 200
MAX_ITEMS = 200
MAX_OTHERS = 30
_OTHERS = "others:"
"""Begins a cursor behind the entries that tools contradict."""
_HAS_AN_ORDER = ("tools", "worth", "second", "sent", "id")
"""Fields whose entries come in an order of their own, or in that of the pages."""

_ENTRY_FIELDS = (
    "id", "version", "image_id", "image_name", "question", "answer", "answer_type", "options", "kind", "language",
    "model", "score", "tags", "note", "flagged", "reject_reason", "needs_review", "generated_question",
    "generated_answer", "image_ids", "conversation_id", "turn", "system", "origin", "boxes",
)  # fmt: skip


Handle = Callable[[Services, Actor, dict[str, Any]], dict[str, Any]]
"""Takes the services, the caller and the parameters; returns the body of the response."""


def desk_routes(services: Callable[[], Services], middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes of the desk; each takes and returns a JSON object."""

    def route(path: str, method: str, handle: Handle) -> Route:
        async def endpoint(request: Request) -> Response:
            actor: Actor = request.scope["vitrine.actor"]
            rule: Rule | None = request.scope.get(RULE)

            def answer(params: dict[str, Any]) -> dict[str, Any]:
                # Each act of a decision is checked by itself: one that is refused does not cost the others.
                if rule is not None and rule.act is not None and handle is not _decide:
                    require_ids(services(), actor, rule.act, params)
                return handle(services(), actor, params)

            try:
                params = dict(request.query_params) if method == "GET" else await read_object(request)
                return JSONResponse(await asyncio.to_thread(answer, params))
            except VitrineError as error:
                return errors.error_response(error)

        return Route(path, endpoint, methods=[method], middleware=middleware)

    return [
        route("/desk/queue", "GET", _queue),
        route("/desk/count", "GET", _count),
        route("/desk/found", "GET", _found),
        route("/desk/history", "GET", _history),
        route("/desk/decide", "POST", _decide),
        route("/desk/check", "POST", _check_answer),
        route("/desk/keep", "POST", _renew_leases),
        route("/desk/values", "GET", _field_values),
        route("/desk/guidelines", "GET", guidelines),
        route("/desk/ending", "GET", ending),
        route("/desk/keys", "POST", change_keys),
        route("/desk/models", "GET", offered_models),
        regenerate_route(services, _item, middleware),
        route("/desk/twins", "GET", candidates),
        twin_route(services, _item, middleware),
    ]


def _queue(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return the open entries after the entry ``after``, assigned to the caller if they may decide them."""
    may_review = actor.may_write and services.access.may(actor, Act.REVIEW, str(params.get("project_id")))
    find = services.collaboration.assign_entries if may_review else services.collaboration.open_entries
    return _next_entries(services, find, actor.name, params)


def _next_entries(
    services: Services, find: Callable[..., EntryPage], actor: str, params: dict[str, Any]
) -> dict[str, Any]:
    project_id, entry_filter = _project_id(services, params), parse_search(params.get("q", "")).for_review()
    limit, after = min(_integer(params, "limit", 100), MAX_ITEMS), str(params.get("after") or "")
    if any(term.field in _HAS_AN_ORDER for term in entry_filter.terms):
        page = find(project_id, entry_filter, actor, limit=limit, after=after or None)
        return {"items": _items(services, page.items), "next": page.next_cursor}
    return _contradicted_first(services, find, (project_id, entry_filter, actor), limit, after)


def _contradicted_first(
    services: Services, find: Callable[..., EntryPage], whose: tuple[str, EntryFilter, str], limit: int, after: str
) -> dict[str, Any]:
    """Return a page of the entries that tools contradict, and behind the last of them of the others."""
    project_id, entry_filter, actor = whose
    found: tuple[ImageDatasets, ...] = ()
    others = entry_filter
    if services.checks.newest(project_id, "tools") is not None:
        others = entry_filter.with_term("tools", "contradicts", negated=True)
        if not after.startswith(_OTHERS):
            contradicted = entry_filter.with_term("tools", "contradicts")
            page = find(project_id, contradicted, actor, limit=limit, after=after or None)
            if page.next_cursor is not None or len(page.items) == limit:
                return {"items": _items(services, page.items), "next": page.next_cursor or _OTHERS}
            found, after = page.items, ""
    page = find(project_id, others, actor, limit=limit - len(found), after=after.removeprefix(_OTHERS) or None)
    has_order = others is not entry_filter
    cursor = f"{_OTHERS}{page.next_cursor}" if has_order and page.next_cursor else page.next_cursor
    return {"items": _items(services, (*found, *page.items)), "next": cursor}


def _count(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return the number of open entries, of those leased to others, the tags, and whether images have layers.

    Separate from the queue, because the desk shows the first entry before it needs them. With ``of=sent_back``, for
    which an open desk asks again and again, only the number of entries that were sent back to the caller.
    """
    project_id, entry_filter = _project_id(services, params), parse_search(params.get("q", "")).for_review()
    sent_back = {"sent_back": services.messages.count_open(project_id, actor.name)}
    if params.get("of") == "sent_back":
        return sent_back
    total = services.collaboration.count_queue(project_id, entry_filter, actor.name)
    leased_to_others = services.collaboration.count_leased(project_id, entry_filter, actor.name)
    return sent_back | {
        "total": total, "held": leased_to_others, "tags": services.entries.tag_names(project_id),
        "has_layers": services.analysis.store.has_results(project_id, LAYERS),
    }  # fmt: skip


def _found(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return what analyzers found in images, for drawing it over them; images without a result are left out."""
    project_id = _project_id(services, params)
    ids = [id_ for id_ in str(params.get("image_ids", "")).split(",") if id_]
    if len(ids) > MAX_ITEMS:
        raise InvalidInputError(f"Send at most {MAX_ITEMS} image ids.", field="image_ids")
    analyses = services.analysis.store.get_analyses(ids, project_id=project_id)
    return {"found": {id_: layers for id_, results in analyses.items() if (layers := layers_of(results))}}


def _decide(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Store acts in their order, each in its own transaction: the others are stored even if one fails."""
    acts = params.get("acts")
    if not isinstance(acts, list) or len(acts) > MAX_ACTS or not all(isinstance(act, dict) for act in acts):
        raise InvalidInputError(f"Send at most {MAX_ACTS} acts in a list.", field="acts")
    return {"results": [_outcome(services, actor, act) for act in acts]}


def _outcome(services: Services, actor: Actor, act: dict[str, Any]) -> dict[str, Any]:
    try:
        require_ids(services, actor, Act.REVIEW, act)
        return {"ok": True} | (_undo if act.get("decision") == "undo" else _decide_entry)(services, actor, act)
    except ConflictError as error:
        current = _items(services, [error.current])[0] if isinstance(error.current, ImageDatasets) else None
        return {"ok": False, "code": error.code, "detail": str(error), "current": current}
    except VitrineError as error:
        return {"ok": False, "code": error.code, "detail": str(error), "field": error.field}


def _decide_entry(services: Services, actor: Actor, act: dict[str, Any]) -> dict[str, Any]:
    changes = act.get("changes") or {}
    if not isinstance(changes, dict):
        raise InvalidInputError(
            "changes must be a JSON object. Send the changed fields with their values.", field="changes"
        )
    services.ownership.check("entry_id", act.get("entry_id"), act.get("project_id"))
    decided = services.review.decide(
        str(act.get("entry_id")), _integer(act, "version", 0), str(act.get("decision")),
        changes=changes, actor=actor.name, batch_id=_act_id(act),
    )  # fmt: skip
    about = messages_of_items(services, [decided.entry]) if act.get("decision") in ABOUT_AN_ENTRY else {}
    return {"entry": _entry(decided.entry)} | ({"messages": next(iter(about.values()))} if about else {})


def _undo(services: Services, actor: Actor, act: dict[str, Any]) -> dict[str, Any]:
    """Undo the act with this batch_id, or the last act of the reviewer; return the first entry that it changed."""
    project_id = _project_id(services, act)
    result = services.review.undo(
        project_id, batch_id=act.get("batch_id"), actor=actor.name, undo_id=_act_id(act),
        only_own=not services.access.may(actor, Act.WRITE_ENTRIES, project_id),
    )  # fmt: skip
    if result is None:
        return {"entry": None, "undone": 0}
    # The undo of a twin changes two entries; the one that is shown is the one that the desk names.
    ids = result.entry_ids or ((str(act["entry_id"]),) if act.get("entry_id") else ())
    entries = [existing_entry(services.dataset.get_dataset_entry(id_)) for id_ in ids]
    return {"entry": _items(services, entries)[0] if entries else None, "undone": result.undone}


def _check_answer(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    checked_answer(str(params.get("answer", "")), str(params.get("answer_type", "text")), params.get("options"))
    return {"ok": True}


def _renew_leases(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Renew the leases of the entries in the queue of the reviewer, so that nobody else is assigned them."""
    entry_ids = params.get("entry_ids")
    if not isinstance(entry_ids, list) or len(entry_ids) > MAX_ITEMS:
        raise InvalidInputError(f"Send at most {MAX_ITEMS} entry ids in a list.", field="entry_ids")
    return {
        "kept": services.collaboration.renew_leases(
            _project_id(services, params), [str(id_) for id_ in entry_ids], actor.name
        )
    }


def _field_values(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Return the values that a field of the search line can have, and how many rows each finds with the rest of it."""
    project_id, field = _project_id(services, params), str(params.get("field"))
    start, rest = str(params.get("start") or "")[:_MAX_START_CHARS], str(params.get("q") or "")
    try:
        if params.get("of") == "images":
            found = services.image_queries.value_counts(project_id, field, start, parse_image_query(rest))
        else:
            found = services.entries.value_counts(project_id, field, start, parse_search(rest))
    except (InvalidInputError, NotFoundError):  # the rest of the line is refused when the line is searched
        values = (services.image_queries if params.get("of") == "images" else services.entries).field_values
        return {"values": values(project_id, field)}
    return {"values": [value.value for value in found], "counts": [value.count for value in found]}


def _history(services: Services, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    services.ownership.check("entry_id", params.get("entry_id"))
    events = services.entries.history(params.get("entry_id", ""))
    return {
        "events": [
            {
                "action": event.action, "actor": event.actor, "at": event.at.isoformat(), "old": event.old,
                "new": event.new, "undone": event.is_undone,
            }
            for event in events
        ]
    }  # fmt: skip


def _project_id(services: Services, params: dict[str, Any]) -> str:
    return str(services.projects.get_project(str(params.get("project_id"))).id)


def _item(services: Services, entry: ImageDatasets) -> dict[str, Any]:
    return _items(services, [entry])[0]


def _items(services: Services, entries: Sequence[ImageDatasets]) -> list[dict[str, Any]]:
    """Return entries, each with its images, the turns before it, and the other entries of its first image."""
    images = services.entries.images_of(entries)
    others = services.entries.entries_of_images({entry.image_id for entry in entries})
    earlier = services.entries.earlier_turns(entries)
    single = services.entries.single_label_questions(entries)
    against = contradictions(services.db, entries)
    copied = services.entries.copied_from(entries)
    messages = messages_of_items(services, entries)
    twins = twin_of_items(services, [entry for entry in entries if TAG in entry.tags])
    return [
        _entry(entry)
        | {
            "images": [_image(images.get(id_), entry.image_name) for id_ in entry.image_ids],
            "one_label": entry.question_id in single,
            "against": against.get(entry.id),
            "twin": twins.get(entry.id),
            "messages": messages.get(entry.id, []),
            "turns": [{"question": turn.question, "answer": turn.answer} for turn in earlier.get(entry.id, ())],
            "others": [
                {name: getattr(other, name) for name in ("id", "question", "answer", "model", "origin")}
                | {"state": other.decision}
                for other in others[entry.image_id][:MAX_OTHERS]
                if other.id not in (entry.id, copied.get(entry.id))
                and (not entry.conversation_id or other.conversation_id != entry.conversation_id)
            ],
        }
        for entry in entries
    ]


def _entry(entry: ImageDatasets) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _ENTRY_FIELDS} | {"state": entry.decision}


def _image(image: Images | None, name: str) -> dict[str, Any]:
    """Return an image with its addresses; only the name of a deleted one."""
    if image is None or not image.is_in_library:
        return {"name": image.image_name if image is not None else name}
    return {
        "name": image.image_name,
        "url": image_url(image.id, image.sha256, "view"),
        "thumb": image_url(image.id, image.sha256, "thumb"),
        "tiles": tiles_url(image.id, image.sha256),
        "width": image.width,
        "height": image.height,
    }


def _act_id(act: dict[str, Any]) -> str:
    act_id = act.get("act_id")
    if not isinstance(act_id, str) or not 8 <= len(act_id) <= 21:
        raise InvalidInputError("Give each act a unique act_id of 8 to 21 characters.", field="act_id")
    return act_id


def _integer(params: dict[str, Any], name: str, default: int) -> int:
    try:
        return int(params.get(name, default))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{name} is not an integer. Send an integer.", field=name) from error

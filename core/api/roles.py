"""Roles at the routes: middleware that asks whether the caller may do what a route does, before anything is cached.

The project is found by an id in the path (:mod:`core.api.route_rules`). Routes whose project is named in the body ask
:func:`require_ids`, and every REST route :func:`refuse_foreign_ids`. An admin, and everybody where there are no
accounts, passes without being asked.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from starlette.types import ASGIApp, Receive, Scope, Send

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.api.guard import ACTOR
from core.api.route_rules import CHOOSES_ITSELF, IN_BODY, NOTHING, Rule, rule_of
from core.errors import ForbiddenError, NotFoundError
from core.ownership import IN_BODIES, OWNED

if TYPE_CHECKING:
    from core.services import Services

RULE = "vitrine.rule"
"""Where the middleware leaves the rule of the route in the scope."""
_NOTHING_HERE = "This does not exist, or you have no role in its project. Choose another one."
_MAX_KNOWN = 4_000
_OF_DELETED = (Act.RESTORE, Act.READ_AUDIT)


class RoleGuard:
    """Middleware that refuses what the caller's role does not allow.

    Args:
        services: Returns the services of the process.
    """

    def __init__(self, app: ASGIApp, services: "Callable[[], Services]") -> None:
        self._app = app
        self._services = services
        # What was allowed at which version of the database, so that cached responses need no thread.
        self._allowed: LRUCache[tuple[Actor, str, str], int] = LRUCache(_MAX_KNOWN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        actor: Actor = scope[ACTOR]
        if not actor.is_admin:
            await self._require(actor, scope)
        await self._app(scope, receive, send)

    async def _require(self, actor: Actor, scope: Scope) -> None:
        found = rule_of(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))
        if found is None:
            raise NotFoundError(_NOTHING_HERE)
        rule, id_ = found
        scope[RULE] = rule
        if rule.act is None or rule.of == IN_BODY:
            return
        services = self._services()
        key, version = (actor, rule.route, id_), services.db.data_version()
        if version is not None and self._allowed.get(key) == version:
            return
        await asyncio.to_thread(_require_in_path, services, actor, rule, id_)
        if version is not None:
            self._allowed[key] = version


def require_ids(services: "Services", actor: Actor, act: Act, ids: Mapping[str, Any]) -> None:
    """Check that *actor* may do *act* in the project of each id in *ids*, at least one.

    Args:
        services: The services of the process.
        actor: Who calls.
        act: What is to be done.
        ids: The body or the query; members whose names are no names of ids do not matter.

    Raises:
        NotFoundError: there is no id of anything that the caller may see.
        ForbiddenError: the role is too low.
    """
    if actor.is_admin:
        return
    projects = _projects_of(services, ids)
    if not projects:
        raise NotFoundError(_NOTHING_HERE)
    for project_id in projects:
        services.access.require(actor, act, project_id)


def refuse_foreign_ids(services: "Services", actor: Actor, rule: Rule, project_id: str | None, body: object) -> None:
    """Check the ids in the body of a REST route, and that only an admin names the address of a model.

    Args:
        services: The services of the process.
        actor: Who calls, no admin.
        rule: Of the route.
        project_id: The project that the path names.
        body: The decoded body.

    Raises:
        NotFoundError: an id belongs to a project that the caller has no role in, or to another than *project_id*.
        ForbiddenError: the role is too low, or the body has the address of a model.
    """
    for members in _objects(body):
        if members.get("api_base"):
            raise ForbiddenError("Only an admin of this server may name the address of a model.", field="api_base")
        projects = _projects_of(services, members)
        names_one = projects or rule.route not in CHOOSES_ITSELF
        if rule.of == IN_BODY and members is body and rule.act is not None and names_one:
            require_ids(services, actor, rule.act, members)
        if project_id is not None and projects - {project_id}:
            raise NotFoundError(_NOTHING_HERE)
        for id_ in projects:
            services.access.require(actor, Act.READ, id_)
            services.projects.get_project(id_)


def _require_in_path(services: "Services", actor: Actor, rule: Rule, id_: str) -> None:
    assert rule.act is not None  # noqa: S101 - routes for whoever has signed in are not asked about
    if rule.of == NOTHING:
        services.access.require(actor, rule.act)
        return
    project_id = project_of_path(services, rule, id_)
    if project_id is None:
        raise NotFoundError(_NOTHING_HERE)
    # An upload of no project is the archive of one.
    services.access.require(actor, rule.act if project_id else Act.CREATE_PROJECT, project_id or None)
    # Before the body is validated: of a deleted project nothing else is said.
    if rule.of in OWNED:
        services.ownership.check(rule.of, id_)
    elif project_id and rule.act not in _OF_DELETED:
        services.projects.get_project(project_id)


def project_of_path(services: "Services", rule: Rule, id_: str) -> str | None:
    """Return the project that the id in a path belongs to, None when there is nothing with this id."""
    if rule.of == "project_id":
        return id_
    if rule.of == "upload_id":
        return services.uploads.get(id_).project_id
    return next(iter(services.ownership.projects_of(rule.of, [id_])), None)


def _projects_of(services: "Services", members: Mapping[str, Any]) -> set[str]:
    projects = set[str]()
    for name, value in members.items():
        if not value or isinstance(value, dict):
            continue
        if name == "project_id":
            projects.add(str(value))
        elif name == "upload_id":
            projects |= {services.uploads.get(str(value)).project_id} - {""}
        elif name in IN_BODIES:
            projects |= services.ownership.projects_of(name, _ids(value))
    return projects


def _ids(value: object) -> list[Any]:
    """Return ids as a list; a query has several of them in one text."""
    return value if isinstance(value, list) else str(value).split(",")


def _objects(body: object) -> Iterator[dict[str, Any]]:
    """Yield every object inside of a JSON document, the outermost first."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value

"""The services as a page of a person with roles sees them: each call asks whether it is allowed, also on a stale page.

The project is the one that the arguments name, by the names of the parameters; without any, the open project.
"""

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from core.accounts.actor import Actor
from core.accounts.permissions import OF_THE_SERVER, Act
from core.errors import ForbiddenError, NotFoundError
from core.ownership import IN_BODIES
from core.services import Services
from pages.components.shared.service_rules import ACT_OF_CALL, ACT_OF_TASK, UNGUARDED

_PLAIN = (str, bytes, int, float, tuple, list, dict, set, Path, type(None))
_NO_PROJECT = "Open a project first. Choose it on the left."


class GuardedServices:
    """Stands for :class:`core.services.Services`.

    Args:
        services: The services of the process.
        actor: Who has opened the page.
        open_project: The id of the open project, None without one.
    """

    def __init__(self, services: Services, actor: Actor, open_project: str | None) -> None:
        self._services = services
        self._actor = actor
        self._open_project = open_project

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._services, name)
        return value if name in UNGUARDED else self._guarded(name, value)

    def _guarded(self, path: str, value: Any) -> Any:
        if isinstance(value, _PLAIN):
            return value
        return self._checked(path, value) if inspect.isroutine(value) else _Part(self._guarded, path, value)

    def _checked(self, path: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*args: Any, **kwargs: Any) -> Any:
            self._require(path, _arguments(call, args, kwargs))
            return call(*args, **kwargs)

        return checked

    def _require(self, path: str, arguments: dict[str, Any]) -> None:
        act = ACT_OF_TASK.get(arguments["task_type"]) if path == "tasks.create_task" else ACT_OF_CALL.get(path)
        if act is None:
            raise ForbiddenError("Only an admin of this server may do this. Ask one of them.")
        access = self._services.access
        if act in OF_THE_SERVER:
            access.require(self._actor, act)
            return
        projects = self._projects(arguments) or {self._open_project}
        if projects == {None}:
            if act is not Act.READ:
                raise NotFoundError(_NO_PROJECT)
            return
        for project_id in projects:
            access.require(self._actor, act, project_id)

    def _projects(self, arguments: dict[str, Any]) -> set[str | None]:
        found: set[str | None] = set()
        for name, value in arguments.items():
            if not value:
                continue
            if name == "project_id":
                found.add(str(value))
            elif name in IN_BODIES:
                found |= self._services.ownership.projects_of(name, [value] if isinstance(value, str) else value)
            elif name == "upload_id":
                found |= {self._services.uploads.get(value).project_id or None}
            elif (owner := getattr(value, "project_id", None)) is not None:
                found.add(str(owner))
        return found


class _Part:
    """A service, or a part of one."""

    def __init__(self, guarded: Callable[[str, Any], Any], path: str, target: Any) -> None:
        self._guarded = guarded
        self._path = path
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return self._guarded(f"{self._path}.{name}", getattr(self._target, name))


def _arguments(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by the names of its parameters."""
    return dict(zip(_parameters(inspect.unwrap(getattr(call, "__func__", call))), args, strict=False)) | kwargs


@cache
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(function).parameters if name != "self")

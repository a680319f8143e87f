"""Which act is asked for in which project, before a call of a page reaches its service."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.accounts.permissions import Act
from core.errors import ForbiddenError, NotFoundError
from pages.components.shared.guarded_services import GuardedServices

ACTOR: Any = SimpleNamespace(name="Ada")


class Access:
    """Allows everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def require(self, _actor: object, act: Act, *project_id: str | None) -> None:
        self.asked.append((act, *project_id))


class Part:
    """Has calls of several services, and a value."""

    limit = 3

    def __init__(self) -> None:
        self.called: list[str] = []

    def count_entries(self, project_id: str, search: str = "") -> str:
        self.called.append(project_id)
        return "counted"

    def rename_project(self, project: object, name: str) -> None:
        self.called.append(name)

    def discard(self, upload_id: str) -> None:
        self.called.append(upload_id)

    def delete_images(self, image_ids: list[str]) -> None:
        self.called.extend(image_ids)

    def make_token(self, name: str, project_id: str | None = None) -> None:
        self.called.append(name)

    def create_task(self, project_id: str, task_type: str, config: object = None) -> None:
        self.called.append(task_type)

    def unknown(self) -> None:
        raise AssertionError("It is refused before it is called.")


def guarded(open_project: str | None, *, of_upload: str = "up") -> tuple[Any, Access, Part]:
    access, part = Access(), Part()
    owners = SimpleNamespace(projects_of=lambda name, ids: {f"{name} {id_}" for id_ in ids})
    part.get = lambda _id: SimpleNamespace(project_id=of_upload)  # type: ignore[attr-defined]
    found: Any = SimpleNamespace(
        access=access, ownership=owners, uploads=part, entries=part, projects=part, library=part, tokens=part,
        tasks=part, db="database",
    )  # fmt: skip
    return GuardedServices(found, ACTOR, open_project), access, part


@pytest.mark.parametrize(
    ("call", "open_project", "asked"),
    [
        (lambda page: page.entries.count_entries("p"), "open", [(Act.READ, "p")]),
        (lambda page: page.entries.count_entries(project_id="p"), None, [(Act.READ, "p")]),
        (lambda page: page.entries.count_entries(""), "open", [(Act.READ, "open")]),
        (lambda page: page.entries.count_entries(""), None, []),
        (lambda page: page.projects.rename_project(SimpleNamespace(project_id="q"), "n"), "open",
         [(Act.CHANGE_PROJECT, "q")]),
        (lambda page: page.projects.rename_project(SimpleNamespace(project_id=None), "n"), "open",
         [(Act.CHANGE_PROJECT, "open")]),
        (lambda page: page.library.delete_images(["a", "b"]), "open",
         [(Act.MANAGE_IMAGES, "image_ids a"), (Act.MANAGE_IMAGES, "image_ids b")]),
        (lambda page: page.uploads.discard("u"), "open", [(Act.IMPORT, "up")]),
        (lambda page: page.tokens.make_token("t", "p"), "open", [(Act.MANAGE_SERVER,)]),
        (lambda page: page.tasks.create_task("p", "dataset-export", {}), "open", [(Act.EXPORT, "p")]),
        (lambda page: page.tasks.create_task("p", task_type="image-import"), "open", [(Act.IMPORT, "p")]),
    ],
    ids=["its project", "by name", "the open one", "none to read", "of a row", "of a row without one", "of images",
         "of an upload", "of the server", "a task", "a task by name"],
)  # fmt: skip
def test_the_act_of_a_call_is_asked_for_in_the_projects_that_it_is_about(
    call: Any, open_project: str | None, asked: list[Any]
) -> None:
    page, access, part = guarded(open_project)
    call(page)
    assert sorted(access.asked) == asked
    assert part.called


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda page: page.entries.unknown(), ForbiddenError),
        (lambda page: page.tasks.create_task("p", "unknown"), ForbiddenError),
        (lambda page: page.library.delete_images([]), NotFoundError),
        (lambda page: page.uploads.discard("u"), NotFoundError),
    ],
    ids=["a call without a rule", "a task without a rule", "no project", "an upload of no project"],
)
def test_what_has_no_rule_or_no_project_is_refused(call: Any, error: type[Exception]) -> None:
    page, access, part = guarded(None, of_upload="")
    with pytest.raises(error):
        call(page)
    assert (access.asked, part.called) == ([], [])


def test_values_and_what_holds_nothing_of_a_project_are_passed_on() -> None:
    page, access, _ = guarded(None)
    assert (page.db, page.entries.limit) == ("database", 3)
    assert page.entries.count_entries("p") == "counted"
    assert access.asked == [(Act.READ, "p")]

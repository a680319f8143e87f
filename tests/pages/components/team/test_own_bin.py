"""The bin of somebody who is no admin: their own deleted projects, and what was deleted in the open one."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from core.accounts.permissions import Act
from core.runtime import runtime
from pages.components.shared import page, visitor
from pages.components.team import bin
from tests.pages.running import services


class Bin:
    """Has so many deleted projects of the visitor, and remembers what it was asked for."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.asked: list[Any] = []

    def find(self, kind: str, project_id: str | None = None, **wanted: Any) -> Any:
        self.asked.append((kind, project_id, wanted))
        return SimpleNamespace(total=self.total, items=[], next_cursor=None)

    def counts(self, project_id: str | None = None) -> dict[str, int]:
        return {"project": 9, "image": 2} if project_id is None else {"project": 9, "image": 1}


@pytest.fixture(params=[0, 1, 2])
def found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bin:
    found = Bin(request.param)
    monkeypatch.setattr(services(), "bin", found)
    monkeypatch.setattr(runtime.services, "bin", found)
    monkeypatch.setattr(page, "project_id", lambda: "p")
    visits(monkeypatch, {"p", "q", "r"})
    return found


def visits(monkeypatch: pytest.MonkeyPatch, visible: Collection[str] | None, *acts: Act) -> None:
    """Let the visitor see these projects, own q, and do *acts* in every one."""
    monkeypatch.setattr(visitor, "visible_projects", lambda: visible)
    monkeypatch.setattr(visitor, "may", lambda act, id_=None: act in acts or (act is Act.DELETE_PROJECT and id_ == "q"))


def test_who_owns_deleted_projects_and_is_no_admin_has_a_bin_of_their_own(
    found: Bin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bin.has_projects() is (found.total > 0)
    visits(monkeypatch, None, Act.MANAGE_SERVER)
    assert bin.has_projects() is False


def test_an_editor_counts_the_open_project_and_an_admin_everything(found: Bin, monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"project": found.total} if found.total else {}
    assert bin._counts() == own
    visits(monkeypatch, {"p", "q"}, Act.MANAGE_IMAGES)
    assert bin._counts() == own | {"image": 1}
    monkeypatch.setattr(page, "project_id", lambda: None)
    assert bin._counts() == own
    visits(monkeypatch, None, Act.MANAGE_SERVER)
    assert bin._counts() == {"project": 9, "image": 2}
    assert {(kind, wanted["limit"]) for kind, _, wanted in found.asked} == {("project", 1)}


@pytest.mark.parametrize(
    ("visible", "kind", "asked"),
    [
        ({"p", "q"}, "image", ("p", {})),
        ({"p", "q"}, "project", (None, {"only": {"q"}})),
        (None, "image", (None, {"only": None})),
        (None, "project", (None, {"only": None})),
    ],
)
def test_deleted_projects_are_looked_for_among_the_own_and_all_else_in_the_open_one(
    visible: set[str] | None, kind: Any, asked: tuple[str | None, dict[str, Any]], found: Bin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    visits(monkeypatch, visible)
    bin._find(kind, limit=30, after="a")
    project_id, of_whom = asked
    assert found.asked == [(kind, project_id, {"limit": 30, "after": "a", **of_whom})]

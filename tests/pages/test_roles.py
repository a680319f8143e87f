"""Pages x roles: what a person sees and may press, and that a stale page is refused too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from core import Projects
from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.dataset import EntryFilter
from core.dataset.collaboration import Plan
from core.errors import ForbiddenError, NotFoundError
from core.runtime import runtime
from pages import PAGES
from pages.components.curate import desk
from pages.components.frame import landing
from pages.components.shared import visitor
from pages.components.shared.guarded_services import GuardedServices
from pages.components.shared.service_rules import ACT_OF_CALL, ACT_OF_TASK, UNGUARDED
from tests.pages.components.recording import RecordedComponents
from tests.pages.controls import controls
from tests.pages.running import open_page, services, tab_names, texts
from tests.pictures import striped

PAGES_OF = {
    Role.VIEWER: {"images", "overview", "explore", "tasks", "team", "settings"},
    Role.ANNOTATOR: {"images", "overview", "explore", "tasks", "team", "settings", "curate"},
    Role.EDITOR: {entry.name for entry in PAGES},
    Role.OWNER: {entry.name for entry in PAGES},
}
# Off for a lower role; the label of the page that has the control.
LOWEST_OF_CONTROL = {
    "images": {"images-analyze-all": Role.EDITOR},
    "explore": {"to-generate": Role.EDITOR, "to-export": Role.EDITOR, "review": Role.ANNOTATOR},
    "tasks": {"cancel": Role.EDITOR},
    "overview": {"new-project": Role.EDITOR, "import-project": Role.EDITOR},
}


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Projects:
    """A project with an open entry and a waiting task, among those that a person with a role sees; one they do not."""
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    made = services().projects.create_project("Shelf")
    services().projects.create_project("Secret")
    (outcome,) = services().intake.add_images(made.id, [("a.png", striped(1))])
    assert outcome.image is not None
    services().dataset.create_dataset_entry(made.id, outcome.image.id, "Which?", "Red.")
    task = services().tasks.create_task(made.id)
    services().tasks.pause(task.id)
    return made


@pytest.fixture
def sign_in(shelf: Projects, monkeypatch: pytest.MonkeyPatch) -> dict[str, Actor]:
    """Return an actor for each role, and let ``as_role`` sign one of them in."""
    people = {}
    for role in Role:
        account = services().accounts.create_account(f"person-{role}")
        services().memberships.set_role(shelf.id, account.id, role, by_admin=True)
        people[role.value] = Actor(account.name, credential="session:x", account_id=account.id, is_admin=False)
    current = dict(people)
    monkeypatch.setattr(visitor, "find", lambda: current["now"])
    return current


@pytest.mark.parametrize("role", list(Role))
def test_a_person_sees_the_pages_and_controls_of_their_role(
    shelf: Projects, sign_in: dict[str, Actor], role: Role
) -> None:
    sign_in["now"] = sign_in[role]
    at = open_page("overview", shelf.id)
    labels = {element.proto.label for element in at.sidebar if element.type == "page_link"}
    assert labels == {entry.label for entry in PAGES if entry.name in PAGES_OF[role]}
    assert at.sidebar.selectbox[0].options == ["Shelf"]
    for entry in PAGES:  # also for typed addresses
        assert landing.is_allowed(entry, shelf.id) == (entry.name in PAGES_OF[role])
    for file, expected in LOWEST_OF_CONTROL.items():
        found = controls(at if file == "overview" else open_page(file, shelf.id))
        for key, lowest in expected.items():
            state = next((text for name, text in found.items() if name.startswith(key)), "| off")
            assert ("| off" in state) != role.includes(lowest), (file, key)


def test_the_settings_of_a_person_without_a_role_show_neither_keys_nor_prompts(
    shelf: Projects, sign_in: dict[str, Actor]
) -> None:
    stranger = services().accounts.create_account("stranger")
    sign_in["now"] = Actor("stranger", credential="session:x", account_id=stranger.id, is_admin=False)
    at = open_page("settings")
    shown = " ".join(texts(at))
    assert "API keys" not in shown
    assert tab_names(at) == ["API tokens"]
    sign_in["now"] = sign_in["editor"]
    at = open_page("settings", shelf.id)
    assert tab_names(at) == ["Prompts", "Fixed questions", "New images", "API tokens", "Bin"]
    assert "API keys come" not in " ".join(texts(at))


def test_without_a_project_everybody_still_has_the_settings_and_its_former_owner_the_bin(
    shelf: Projects, sign_in: dict[str, Actor]
) -> None:
    services().projects.delete_project(shelf.id)
    shown = {}
    for role in (Role.OWNER, Role.EDITOR):
        sign_in["now"] = sign_in[role]
        links = (element for element in open_page("overview").sidebar if element.type == "page_link")
        assert {element.proto.label for element in links} == {"Overview", "Settings"}
        shown[role] = tab_names(open_page("settings"))
    assert shown == {Role.OWNER: ["API tokens", "Bin"], Role.EDITOR: ["API tokens"]}


@pytest.mark.parametrize(("role", "offered"), [(Role.ANNOTATOR, "Open one"), (Role.EDITOR, "Open or create one")])
def test_without_an_open_project_a_page_offers_what_the_person_may_do(
    sign_in: dict[str, Actor], role: Role, offered: str
) -> None:
    sign_in["now"] = sign_in[role]
    secret = next(one for one in services().projects.list_projects() if one.name == "Secret")
    links = (element for element in open_page("images", secret.id).main if element.type == "page_link")
    assert [element.proto.label for element in links] == [offered]


def test_an_annotator_lands_at_the_desk_of_the_last_project(shelf: Projects, sign_in: dict[str, Actor]) -> None:
    sign_in["now"] = sign_in["annotator"]
    assert [title.value for title in open_page("overview").title] == ["Curate"]


def test_other_projects_do_not_exist_for_a_person(shelf: Projects, sign_in: dict[str, Actor]) -> None:
    secret = next(one for one in services().projects.list_projects() if one.name == "Secret")
    sign_in["now"] = sign_in["owner"]
    at = open_page("overview", secret.id)
    assert at.sidebar.selectbox[0].options == ["Shelf"]
    assert not any("Secret" in text for text in texts(at))
    assert [title.value for title in open_page("images", secret.id).title] == ["No project is open"]


@pytest.mark.parametrize(
    ("role", "withheld", "leads_to"),
    [
        (Role.ANNOTATOR, ("again", "twin", "guidelines"), ()),  # the project has no guidelines
        (Role.EDITOR, ("guidelines",), ("table", "export")),
        (Role.OWNER, ("guidelines",), ("table", "export")),
    ],
)
def test_the_desk_offers_only_what_a_person_may_do(
    shelf: Projects,
    sign_in: dict[str, Actor],
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    withheld: tuple[str, ...],
    leads_to: tuple[str, ...],
) -> None:
    drawn = RecordedComponents()
    monkeypatch.setattr(st.components.v2, "component", drawn)
    sign_in["now"] = sign_in[role]
    desk.show(shelf.id, EntryFilter(), "Ana", Plan())
    assert drawn.data["vitrine_desk"]["withheld"] == withheld
    assert drawn.data["vitrine_desk"]["leads_to"] == leads_to


# --- calls of services -----------------------------------------------------------------------------------------


def _guarded(actor: Actor, project_id: str | None = None) -> GuardedServices:
    return GuardedServices(runtime.services, actor, project_id)


def test_a_stale_page_is_refused(shelf: Projects, sign_in: dict[str, Actor]) -> None:
    editor = sign_in["editor"]
    page = _guarded(editor, shelf.id)
    page.projects.rename_project(shelf.id, "Shelves")
    services().memberships.set_role(shelf.id, str(editor.account_id), Role.VIEWER)
    entry = services().entries.find_entries(shelf.id, EntryFilter(), limit=1).items[0]
    for call in (
        lambda: page.projects.rename_project(shelf.id, "Other"),
        lambda: page.review.decide(entry.id, entry.version, "confirm", changes={}, actor="x"),
        lambda: page.tasks.create_task(shelf.id, "dataset-export", {}),
        lambda: page.library.delete_images(entry.image_ids),
        lambda: page.tokens.make_token("mine"),
        lambda: page.profiles.save_profile("mine", {}),
    ):
        with pytest.raises(ForbiddenError):
            call()
    assert page.entries.count_entries(shelf.id, EntryFilter()) == 1
    assert page.review.undo.__name__ == "checked"


def test_rows_of_other_projects_do_not_exist_for_a_page(shelf: Projects, sign_in: dict[str, Actor]) -> None:
    secret = next(one for one in services().projects.list_projects() if one.name == "Secret")
    task = services().tasks.create_task(secret.id)
    page = _guarded(sign_in["owner"], shelf.id)
    for call in (
        lambda: page.projects.get_project(secret.id),
        lambda: page.tasks.get_task(task.id),
        lambda: page.tasks.list_tasks(project_id=secret.id),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_every_call_of_a_page_to_a_service_has_an_act() -> None:
    called = {path for file in Path("pages").rglob("*.py") for path in _calls(file.read_text(encoding="utf-8"))}
    calls = {path for path in called if path.split(".")[0] not in UNGUARDED}
    assert len(calls) > 120
    assert calls - ACT_OF_CALL.keys() == {"tasks.create_task"}
    assert runtime.services.kinds.keys() - ACT_OF_TASK.keys() == {"project-import"}  # created by its service
    for path in ACT_OF_CALL:
        target = runtime.services
        for part in path.split("."):
            target = getattr(target, part)
        assert callable(target)


def _calls(source: str) -> Iterator[str]:
    """Yield the calls of services in a file, also by names that stand for a service."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = getattr(node.targets[0], "elts", [node.targets[0]])
            values = getattr(node.value, "elts", [node.value])
            for target, value in zip(targets, values, strict=False):
                path = _path(value, {})
                if isinstance(target, ast.Name) and path is not None:
                    known[target.id] = path
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            path = _path(node.func, known)
            if path:
                yield path


def _path(node: ast.AST, known: dict[str, str]) -> str | None:
    """Return the path of an expression such as ``page.services().tasks.cancel`` below the services."""
    match = re.fullmatch(r"(?:page\.)?services\(\)((?:\.\w+)*)", ast.unparse(node))
    if match:
        return match[1].removeprefix(".")
    if isinstance(node, ast.Attribute):
        root, *parts = ast.unparse(node).split(".")
        if root in known and all(part.isidentifier() for part in parts):
            return ".".join(filter(None, (known[root], *parts)))
    return None

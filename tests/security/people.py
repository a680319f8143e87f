"""Three projects and people with each role, for the tests of roles."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from core import connect
from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.api import build_routes
from core.api.guard import ACTOR
from core.db import Exports, GeneratedImages, Tasks, utc_now
from core.services import Services
from tests.pictures import png


@dataclass(frozen=True)
class House:
    """Three projects with one row of each kind, people with each role in *ours* and *gone*, and who owns *theirs*."""

    services: Services
    ours: dict[str, str]
    theirs: dict[str, str]
    gone: dict[str, str]
    people: dict[str, Actor]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_SIGN_IN", "accounts")
        with connect(tmp_path_factory.mktemp("data")) as db:
            services = Services(db)
            ours, theirs, gone = (_fill(services, name) for name in ("red", "blue", "green"))
            people = {role.value: make_person(services, role, ours, gone) for role in Role}
            people["stranger"] = make_person(services, Role.OWNER, theirs)
            people["admin"] = replace(make_person(services, Role.VIEWER), is_admin=True)
            services.accounts.set_admin(str(people["admin"].account_id), True)
            services.projects.delete_project(gone["project_id"])
            yield House(services, ours, theirs, gone, people)
            services.close(keep_image_workers=True)


def make_person(services: Services, role: Role, *projects: dict[str, str]) -> Actor:
    account = services.accounts.create_account(f"{role}{len(services.accounts.list_accounts())}")
    for ids in projects:
        services.memberships.set_role(ids["project_id"], account.id, role, by_admin=True)
    return Actor(account.name, credential=f"session:{account.id}", account_id=account.id, is_admin=False)


def _fill(services: Services, color: str) -> dict[str, str]:
    project_id = services.projects.create_project(color).id
    (outcome,) = services.intake.add_images(project_id, [(f"{color}.png", png(color))])
    assert outcome.image is not None
    image = outcome.image
    entry = services.dataset.create_dataset_entry(project_id, image.id, "Color?", f"{color}.")
    style = services.style.create_style_dataset(project_id, color)
    template = services.questions.templates.add_template(project_id, "Which room?")
    task = Tasks(project_id=project_id, task_type="image-question-generation", status="completed", ended_at=utc_now())
    export = Exports(project_id=project_id, format="default", path=f"exports/{color}.zip")
    generated = GeneratedImages(project_id=project_id, prompt="A lamp.", image_id=image.id, dataset_id=style.id)
    with services.db.transaction() as session:
        session.add_all([task, export, generated])
    upload = services.uploads.create(project_id, "a.zip", 5)
    return {
        "project_id": project_id, "image_id": image.id, "entry_id": entry.id, "task_id": task.id,
        "dataset_id": style.id, "generated_id": generated.id, "export_id": export.id, "template_id": template.id,
        "webhook_id": services.webhooks.make_webhook(project_id, f"https://{color}.example/hook").row.id,
        "upload_id": upload.id, "check": "guessable", "size": "thumb", "level": "0", "x": "0", "y": "0",
    }  # fmt: skip


class As:
    """Lets a request act for the person named in a header, as the gate would have found them."""

    def __init__(self, app: ASGIApp, people: dict[str, Actor]) -> None:
        self._app = app
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = dict(scope["headers"])[b"x-person"].decode()
            scope = {**scope, ACTOR: self._people[name]}
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    """The routes of the app."""
    app = Starlette(routes=build_routes(lambda: house.services))
    with TestClient(As(app, house.people), base_url="http://localhost:8501") as made:
        yield made

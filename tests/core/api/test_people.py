"""Accounts, members, invitations and tokens over HTTP."""

from collections.abc import Iterator

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.api import build_routes, login
from core.api.guard import ACTOR
from core.api.routers import tasks
from core.audit import AuditFilter
from core.db import KeyedReplies, connect
from core.services import Services
from tests.pictures import striped

SECRET = "nine green bottles"


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    with connect() as db:
        services = Services(db)
        services.accounts.create_account("root", SECRET, is_admin=True)
        project = services.projects.create_project("Shelf")
        services.projects.create_project("Other")
        for name, role in (("olga", Role.OWNER), ("ana", Role.ANNOTATOR)):
            account = services.accounts.create_account(name, SECRET)
            services.memberships.set_role(project.id, account.id, role)
        yield services


def _as(services: Services, name: str, password: str = SECRET) -> TestClient:
    browser = TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501")
    browser.post(login.PATH, json={"name": name, "password": password}).raise_for_status()
    return browser


def _project(services: Services) -> str:
    return next(project.id for project in services.projects.list_projects() if project.name == "Shelf")


def test_an_admin_manages_accounts(people: Services) -> None:
    root = _as(people, "root")
    made = root.post("/api/accounts", json={"name": "ben", "password": SECRET, "display_name": "Ben Sol"})
    assert (made.status_code, "password" in made.text) == (201, False)
    ben = _as(people, "ben")
    assert ben.get("/api/accounts/me").json() == {
        "name": "ben", "account_id": made.json()["id"], "is_admin": False, "sign_in": "accounts", "roles": {},
    }  # fmt: skip
    changed = root.put(f"/api/accounts/{made.json()['id']}", json={"is_disabled": True, "display_name": "Ben S."})
    assert (changed.json()["display_name"], changed.json()["disabled_at"] is None) == ("Ben S.", False)
    assert ben.get("/api/accounts/me").status_code == 401
    me = people.accounts.named("root").id
    assert root.put(f"/api/accounts/{me}", json={"is_admin": False}).status_code == 409
    assert [account["name"] for account in root.get("/api/accounts").json()] == ["ana", "ben", "olga", "root"]


def test_a_person_changes_the_own_password_and_signs_out_everywhere(people: Services) -> None:
    ana, elsewhere = _as(people, "ana"), _as(people, "ana")
    wrong = ana.put("/api/accounts/me/password", json={"old_password": "wrong", "new_password": "another good one"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "old_password")
    body = {"old_password": SECRET, "new_password": "another good one"}
    assert ana.put("/api/accounts/me/password", json=body).status_code == 204
    assert (ana.get("/api/projects").status_code, elsewhere.get("/api/projects").status_code) == (401, 401)
    ana, elsewhere = _as(people, "ana", "another good one"), _as(people, "ana", "another good one")
    assert elsewhere.delete("/api/accounts/me/sessions").status_code == 204
    assert ana.get("/api/projects").status_code == 401


def test_an_owner_manages_members_and_invites(people: Services) -> None:
    olga, project_id = _as(people, "olga"), _project(people)
    url = f"/api/projects/{project_id}/members"
    people.accounts.create_account("ben", SECRET)
    ben = olga.post(url, json={"name": "ben", "role": "viewer"}).json()
    assert (ben["name"], ben["role"]) == ("ben", "viewer")
    assert olga.put(f"{url}/{ben['account_id']}", json={"role": "editor"}).json()["role"] == "editor"
    assert [(one["name"], one["role"]) for one in olga.get(url).json()] == [
        ("olga", "owner"), ("ben", "editor"), ("ana", "annotator"),
    ]  # fmt: skip
    assert olga.delete(f"{url}/{ben['account_id']}").status_code == 204
    last = olga.delete(f"{url}/{people.accounts.named('olga').id}")
    assert (last.status_code, "last owner" in last.json()["detail"]) == (409, True)
    invited = olga.post("/api/invitations", json={"project_id": project_id, "role": "viewer"}).json()
    assert invited["path"].startswith("/access/invitation/")
    assert olga.get(f"/api/invitations?project_id={project_id}").json()[0]["path"] is None
    assert olga.delete(f"/api/invitations/{invited['id']}").status_code == 204
    assert olga.delete(f"/api/invitations/{invited['id']}").status_code == 404


def test_nobody_invites_beyond_the_own_role(people: Services) -> None:
    project_id = _project(people)
    other = next(project.id for project in people.projects.list_projects() if project.name == "Other")
    olga, ana = _as(people, "olga"), _as(people, "ana")
    for browser, body, status in (
        (ana, {"project_id": project_id, "role": "viewer"}, 403),
        (olga, {"project_id": other, "role": "viewer"}, 404),
        (olga, {}, 403),
        (olga, {"project_id": project_id, "role": "viewer", "makes_admin": True}, 403),
        (olga, {"project_id": project_id}, 422),
    ):
        assert browser.post("/api/invitations", json=body).status_code == status
    made = people.invitations.invite(makes_admin=True).row
    assert olga.delete(f"/api/invitations/{made.id}").status_code == 403
    assert people.invitations.list_open() != []


def test_a_person_makes_tokens_with_the_own_rights_and_sees_the_own_only(people: Services) -> None:
    ana, root, project_id = _as(people, "ana"), _as(people, "root"), _project(people)
    body = {"name": "robot", "project_id": project_id, "role": "owner"}
    made = ana.post("/api/tokens", json=body, headers={"Idempotency-Key": "once"}).json()
    with people.db.reading() as session:
        assert session.exec(select(KeyedReplies)).first() is None  # the secret is stored nowhere
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    program = TestClient(ana.app, base_url="http://localhost:8501", headers=bearer)
    assert program.get("/api/accounts/me").json()["roles"] == {project_id: "annotator"}
    assert program.delete(f"/api/projects/{project_id}").status_code == 403
    assert program.post("/api/tokens", json={"name": "another"}).status_code == 403
    assert program.delete("/api/accounts/me/sessions").status_code == 403
    of_root = root.post("/api/tokens", json={"name": "all"}).json()
    assert [token["name"] for token in ana.get("/api/tokens").json()] == ["robot"]
    assert len(root.get("/api/tokens").json()) == 2
    assert ana.delete(f"/api/tokens/{of_root['id']}").status_code == 404
    unlimited = ana.post("/api/tokens", json={"name": "unlimited"}).json()
    bearer = {"Authorization": f"Bearer {unlimited['secret']}"}
    leaked = TestClient(ana.app, base_url="http://localhost:8501", headers=bearer)
    assert leaked.post("/api/tokens", json={"name": "outlives it"}).status_code == 403
    assert [token["name"] for token in program.get("/api/tokens").json()] == ["robot"]
    assert program.delete(f"/api/tokens/{unlimited['id']}").status_code == 404
    assert ana.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert program.get("/api/projects").status_code == 401


def test_a_token_with_limits_of_an_admin_lists_no_bins_below_the_role_of_owners(people: Services) -> None:
    root, project_id = _as(people, "root"), _project(people)
    people.projects.delete_project(project_id)
    seen = {}
    for role in ("editor", "owner"):
        made = root.post("/api/tokens", json={"name": role, "role": role}).json()
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        program = TestClient(root.app, base_url="http://localhost:8501", headers=bearer)
        seen[role] = [item["id"] for item in program.get("/api/bin").json()["items"]]
    assert seen == {"editor": [], "owner": [project_id]}


async def test_the_events_of_a_task_end_with_the_role_of_who_follows_it(people: Services) -> None:
    project_id, ana = _project(people), people.accounts.named("ana")
    task = people.tasks.create_task(project_id, config={"image_ids": []})
    actor = Actor("ana", credential="session:1", account_id=ana.id, is_admin=False)
    request = Request({"type": "http", "path": "/", "headers": [], "query_string": b"", ACTOR: actor})
    events = tasks._events(people, request, task.id)
    assert "event: progress" in await anext(events)
    people.memberships.remove_member(project_id, ana.id)
    assert [event async for event in events] == []


def test_an_admin_sets_the_quota_that_members_read(people: Services) -> None:
    url = f"/api/projects/{_project(people)}/quota"
    limits = {"max_images": 5, "max_image_bytes": None}
    assert _as(people, "olga").put(url, json=limits).status_code == 403
    answer = _as(people, "root").put(url, json=limits)
    expected = limits | {"images": 0, "image_bytes": 0}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert _as(people, "ana").get(url).json() == expected


def test_guidelines_are_written_read_and_restored_with_an_image(people: Services) -> None:
    olga, ana, url = _as(people, "olga"), _as(people, "ana"), f"/api/projects/{_project(people)}/guidelines"
    assert ana.get(url).json()["version"] == 0
    image = olga.post(f"{url}/images", files={"file": ("cup.png", striped(1))}).json()
    saved = olga.put(url, json={"text": f"See {image['markdown']}", "version": 0}).json()
    assert (saved["version"], saved["created_by"]) == (1, "olga")
    assert f'<img src="/img/{image["image_id"]}/view?v=' in saved["html"]
    assert ana.get(f"/img/{image['image_id']}/view").status_code == 200
    assert olga.put(url, json={"text": "Two.", "version": 0}).status_code == 409
    olga.put(url, json={"text": "Two."})
    assert olga.post(f"{url}/restore", json={"version": 1}).json()["restored_from"] == 1
    assert [one["version"] for one in ana.get(f"{url}/versions").json()] == [3, 2, 1]
    assert ana.get(url, params={"version": 2}).json()["changes"].endswith("+Two.")
    desk = ana.get("/desk/guidelines", params={"project_id": _project(people)}).json()
    assert (desk["version"], desk["by"], desk["html"]) == (3, "olga", saved["html"])
    known = {"project_id": _project(people), "known": "3"}  # an open desk asks whether they were changed
    assert ana.get("/desk/guidelines", params=known).json() == {"version": 3}
    assert ana.get("/desk/guidelines", params=known | {"known": "2"}).json() == desk
    assert ana.put(url, json={"text": "Mine."}).status_code == 403


def test_an_entry_is_sent_back_at_the_desk_and_answered_over_rest(people: Services) -> None:
    project_id = _project(people)
    (outcome,) = people.intake.add_images(project_id, [("1.png", striped(1))])
    assert outcome.image is not None
    entry = people.dataset.create_dataset_entry(project_id, outcome.image.id, "How many?", "one", model="a/b")
    olga, ana = _as(people, "olga"), _as(people, "ana")
    ana.post(f"/api/image-datasets/{entry.id}/confirm", json={"confirmed": True}).raise_for_status()
    act = {"act_id": "message-0001", "entry_id": entry.id, "version": 2, "decision": "message"}
    sent = olga.post("/desk/decide", json={"acts": [act | {"changes": {"text": "Really?"}}]}).json()["results"][0]
    assert [(one["by"], one["to"], one["text"], one["open"]) for one in sent["messages"]] == [
        ("olga", "ana", "Really?", True)
    ]
    desk = {"project_id": project_id, "q": "sent:ana"}
    assert [item["messages"] for item in ana.get("/desk/queue", params=desk).json()["items"]] == [sent["messages"]]
    assert [http.get("/desk/count", params=desk).json()["sent_back"] for http in (ana, olga)] == [1, 0]
    only = desk | {"of": "sent_back"}  # an open desk asks for nothing else
    assert [http.get("/desk/count", params=only).json() for http in (ana, olga)] == [{"sent_back": 1}, {"sent_back": 0}]
    assert ana.get(f"/api/projects/{project_id}/people/me").json()["sent_back"] == 1
    assert [one["person"] for one in olga.get(f"/api/projects/{project_id}/people").json()] == ["ana", "olga"]
    answered = ana.post(f"/api/image-datasets/{entry.id}/messages/answer", json={"text": "Yes."}).json()
    assert (answered["is_open"], answered["answer"], answered["ended_as"]) == (False, "Yes.", "answer")
    assert ana.get(f"/api/projects/{project_id}/messages", params={"open": True}).json() == []
    acts = people.audit.find(AuditFilter(kind="entry")).items
    assert [(act.act, act.who) for act in acts][:3] == [
        ("entry.answer", "ana"), ("entry.message", "olga"), ("entry.confirm", "ana"),
    ]  # fmt: skip
    assert "Really" not in str(acts)


def test_who_may_import_into_a_project_starts_an_upload_for_it_and_for_no_other(people: Services) -> None:
    other = next(project.id for project in people.projects.list_projects() if project.name == "Other")
    olga, ana = _as(people, "olga"), _as(people, "ana")
    for person, project_id, status in (
        (olga, _project(people), 201), (olga, other, 404), (ana, _project(people), 403), (ana, "", 403),
        (olga, "", 201),
    ):  # fmt: skip
        body = {"project_id": project_id, "name": "a.zip", "size_bytes": 6}
        assert person.post("/uploads/new", json=body).status_code == status

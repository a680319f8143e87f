"""Signing in by an account: its sessions, their end, and the limit of attempts."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from core.accounts.actor import Actor
from core.accounts.roles import Role
from core.api import build_routes, credentials, login
from core.config import Settings
from core.db import connect
from core.services import Services

SECRET = "nine green bottles"


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    with connect() as db:
        services = Services(db)
        services.accounts.create_account("root", SECRET, is_admin=True)
        services.accounts.create_account("Ana", SECRET)
        yield services


def _browser(services: Services, app: Starlette | None = None, address: str = "127.0.0.1") -> TestClient:
    app = app or Starlette(routes=build_routes(lambda: services))
    return TestClient(app, base_url="http://localhost:8501", client=(address, 50_000))


def _signed_in(services: Services, name: str, password: str = SECRET) -> TestClient:
    browser = _browser(services)
    assert browser.post(login.PATH, json={"name": name, "password": password}).status_code == 204
    return browser


def test_a_session_is_bound_to_the_account_and_has_its_name(people: Services) -> None:
    browser = _signed_in(people, "ANA")
    actor = credentials.session_actor(people.db, browser.cookies[credentials.COOKIE])
    assert actor is not None
    ana = people.accounts.named("ana")
    assert (actor.name, actor.account_id, actor.is_admin) == ("Ana", ana.id, False)
    assert ana.last_sign_in_at is not None
    root = credentials.session_actor(people.db, _signed_in(people, "root").cookies[credentials.COOKIE])
    assert root is not None
    assert root.is_admin


@pytest.mark.parametrize(
    "body", [{"name": "Ana", "password": "wrong"}, {"name": "nobody", "password": SECRET}, {"name": ""}]
)
def test_a_wrong_name_or_password_gets_the_same_answer(people: Services, body: dict[str, str]) -> None:
    answer = _browser(people).post(login.PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    assert (
        answer.json()["detail"] == "This name and password do not match. Try again, or ask an admin for a new password."
    )
    page = _browser(people).post(login.PATH, data=body)
    assert "This name and password do not match" in page.text
    assert page.text.index('name="name"') < page.text.index('name="password"')


def test_a_disabled_account_is_told_so_only_with_its_password(people: Services) -> None:
    people.accounts.disable_account(people.accounts.named("Ana").id)
    right = _browser(people).post(login.PATH, json={"name": "Ana", "password": SECRET})
    wrong = _browser(people).post(login.PATH, json={"name": "Ana", "password": "wrong"})
    assert (right.status_code, right.json()["code"]) == (403, "forbidden")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_password")


def test_a_password_that_another_process_changes_ends_the_session(
    people: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = _signed_in(people, "root")
    assert browser.get("/api/projects").status_code == 200
    with connect() as other:
        Services(other).accounts.set_password(people.accounts.named("root").id, "another good one")
    credentials.sessions_ended()  # what a second brings about by itself
    assert browser.get("/api/projects").status_code == 401
    assert credentials.RECHECK_AFTER_S <= 1


def test_the_attempts_on_one_account_are_limited_over_all_unknown_clients(people: Services) -> None:
    app = Starlette(routes=build_routes(lambda: people))
    known = _browser(people, app)
    known.post(login.PATH, json={"name": "Ana", "password": SECRET}).raise_for_status()
    others = [_browser(people, app, f"192.0.2.{number}") for number in range(6)]
    wrong = [other.post(login.PATH, json={"name": "ana", "password": "wrong"}).status_code for other in others]
    assert wrong == [401] * 5 + [429]
    assert others[-1].post(login.PATH, json={"name": "root", "password": SECRET}).status_code == 204
    assert known.post(login.PATH, json={"name": "Ana", "password": SECRET}).status_code == 204


def test_a_device_of_one_person_is_unknown_to_the_account_of_another(people: Services) -> None:
    app = Starlette(routes=build_routes(lambda: people))
    guessing = [_browser(people, app, f"192.0.2.{number}") for number in range(6)]
    for device in guessing:
        device.post(login.PATH, json={"name": "Ana", "password": SECRET}).raise_for_status()
    wrong = [device.post(login.PATH, json={"name": "root", "password": "wrong"}).status_code for device in guessing]
    assert wrong == [401] * 5 + [429]
    assert guessing[5].post(login.PATH, json={"name": "Ana", "password": SECRET}).status_code == 204


def test_a_device_stays_known_for_all_who_share_it(people: Services) -> None:
    app = Starlette(routes=build_routes(lambda: people))
    shared = _browser(people, app)
    for name in ("Ana", "root"):
        shared.post(login.PATH, json={"name": name, "password": SECRET}).raise_for_status()
    others = [_browser(people, app, f"192.0.2.{number}") for number in range(6)]
    for other in others:
        other.post(login.PATH, json={"name": "ana", "password": "wrong"})
    assert others[5].post(login.PATH, json={"name": "ana", "password": SECRET}).status_code == 429
    assert shared.post(login.PATH, json={"name": "ANA", "password": SECRET}).status_code == 204


@pytest.mark.parametrize("body", [b'{"name": "\\ud800", "password": "x"}', b'{"name": "Ana", "password": "\\ud800"}'])
def test_characters_that_cannot_be_stored_are_a_wrong_password(people: Services, body: bytes) -> None:
    assert _browser(people).post(login.PATH, content=body).status_code == 401


def test_sessions_and_tokens_do_not_outlive_a_change_of_the_sign_in(people: Services) -> None:
    by_account = _signed_in(people, "Ana").cookies[credentials.COOKIE]
    by_password = credentials.start_session(people.db, "Eve")
    assert credentials.session_actor(people.db, by_password) is None
    people.db.settings = Settings(sign_in=None, data_dir=people.db.data_dir)
    credentials.sessions_ended()
    assert credentials.session_actor(people.db, by_account) is None


def test_a_token_has_the_rights_of_its_account_within_its_limits(people: Services) -> None:
    ana, project = people.accounts.named("Ana"), people.projects.create_project("Shelf")
    people.memberships.set_role(project.id, ana.id, Role.EDITOR)
    made = people.tokens.make_token("robot", account_id=ana.id, project_id=project.id, role="viewer")
    found = _actor(people, made.secret)
    assert (found.account_id, found.is_admin, found.only_project) == (ana.id, False, project.id)
    assert people.access.role(found, project.id) is Role.VIEWER
    people.accounts.disable_account(ana.id)
    assert _browser(people).get("/api/projects", headers=_bearer(made.secret)).status_code == 401


def test_a_token_of_the_server_is_an_admin_only_without_limits(people: Services) -> None:
    project = people.projects.create_project("Shelf")
    assert _actor(people, people.tokens.make_token("all").secret).is_admin
    reading = _actor(people, people.tokens.make_token("reading", "read").secret)
    assert (reading.is_admin, reading.may_write, people.access.role(reading, project.id)) == (False, False, Role.VIEWER)
    limited = _actor(people, people.tokens.make_token("one", project_id=project.id, role="editor").secret)
    assert (limited.is_admin, people.access.role(limited, project.id)) == (False, Role.EDITOR)


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _actor(services: Services, secret: str) -> Actor:
    headers = [(b"authorization", f"Bearer {secret}".encode())]
    actor = credentials.find_actor(HTTPConnection({"type": "http", "headers": headers}), services.db)
    assert actor is not None
    return actor

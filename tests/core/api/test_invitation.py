"""The page of an invitation: what it shows, and that it works once."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from core.accounts.roles import Role
from core.api import build_routes, credentials, invitation, login
from core.api.gate import Gate
from core.api.invitation import PREFIX
from core.db import connect
from core.services import Services

SECRET = "nine green bottles"


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    with connect() as db:
        services = Services(db)
        services.accounts.create_account("root", SECRET, is_admin=True)
        yield services


def _browser(services: Services, **more: str) -> TestClient:
    app = Gate(
        Starlette(routes=build_routes(lambda: services)), services.db.settings, lambda: services.db,
        prefixes=("access", "api"),
    )  # fmt: skip
    return TestClient(app, base_url="http://localhost:8501", headers=more)


def _link(services: Services) -> tuple[str, str]:
    project = services.projects.create_project("<Shelf>")
    made = services.invitations.invite(project_id=project.id, role=Role.ANNOTATOR, created_by="olga")
    return PREFIX + made.secret, project.id


def test_whoever_has_the_link_makes_an_account_and_is_signed_in(people: Services) -> None:
    link, project_id = _link(people)
    browser = _browser(
        people, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    )
    page = browser.get(link)
    assert page.status_code == 200
    assert "olga invites you to the project &lt;Shelf&gt;, as annotator." in page.text
    browser = _browser(people)
    short = browser.post(link, data={"name": "Ana", "password": "short"})
    assert (short.status_code, 'value="Ana"' in short.text) == (422, True)
    assert "Choose a password of 10" in short.text
    done = browser.post(link, data={"name": "Ana", "password": SECRET}, follow_redirects=False)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    actor = credentials.session_actor(people.db, browser.cookies[credentials.COOKIE])
    assert actor is not None
    assert actor.name == "Ana"
    assert people.access.role(actor, project_id) is Role.ANNOTATOR


def test_a_link_that_does_not_work_gets_one_sentence_and_no_form(people: Services) -> None:
    link, _ = _link(people)
    _browser(people).post(link, data={"name": "Ana", "password": SECRET}, follow_redirects=False)
    for address in (link, f"{PREFIX}guessed"):
        for answer in (_browser(people).get(address), _browser(people).post(address, data={"name": "Eve"})):
            assert answer.status_code == 404
            assert "This invitation is not valid" in answer.text
            assert "<form" not in answer.text


def test_somebody_who_has_signed_in_joins_with_one_button(people: Services) -> None:
    link, project_id = _link(people)
    people.accounts.create_account("Ben", SECRET)
    browser = _browser(people)
    browser.post(login.PATH, json={"name": "Ben", "password": SECRET})
    assert "Accept as Ben" in browser.get(link).text
    assert browser.post(link, data={"join": "1"}, follow_redirects=False).status_code == 303
    assert people.memberships.roles_of(people.accounts.named("Ben").id) == {project_id: Role.ANNOTATOR}


def test_a_page_of_another_origin_cannot_accept(people: Services) -> None:
    link, _ = _link(people)
    answer = _browser(people, Origin="https://evil.example").post(link, data={"name": "Eve", "password": SECRET})
    assert answer.status_code == 403
    assert people.accounts.find_account("Eve") is None


def test_only_the_link_itself_is_open_to_strangers(people: Services) -> None:
    link, _ = _link(people)
    stranger = _browser(people)
    assert stranger.put(link).status_code == 401
    assert stranger.get(f"{PREFIX}../../api/projects").status_code == 401
    assert stranger.get("/access/invitation").status_code == 401
    assert stranger.get("/api/projects").status_code == 401


async def test_a_form_that_does_not_arrive_is_asked_for_again(
    people: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitation, "_BODY_TIMEOUT_S", 0.01)
    link, _ = _link(people)
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": link, "headers": [(b"host", b"localhost:8501")], "query_string": b"",
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("localhost", 8501),
    }  # fmt: skip
    await Starlette(routes=[invitation.invitation_route(lambda: people)])(scope, never, send)
    assert sent[0]["status"] == 408
    body = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    assert "The form did not arrive in time. Try again." in body
    assert "<form" in body


def test_a_server_without_accounts_invites_nobody() -> None:
    with connect() as db:
        answer = _browser(Services(db)).get(f"{PREFIX}guessed")
    assert "This Vitrine has no accounts, so there is nobody to invite." in answer.text


def test_a_link_of_another_page_leads_to_an_invitation_and_to_the_provider_and_not_to_the_sign_in(
    people: Services,
) -> None:
    link, _ = _link(people)
    routes = Starlette(routes=build_routes(lambda: people))
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    browser = TestClient(routes, base_url="http://localhost:8501", headers=followed)
    statuses = [browser.get(path).status_code for path in (link, "/access/oidc/start", login.PATH)]
    assert statuses == [200, 404, 403]  # 404: there is no provider here

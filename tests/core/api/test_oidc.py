"""Signing in by an OpenID provider: who gets in, and every answer of a provider that is not to be believed."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.accounts.roles import Role
from core.api import build_routes, credentials, login
from core.api.gate import Gate
from core.api.oidc import routes
from core.api.oidc.provider import OidcProvider
from core.api.oidc.renewal import Renewals
from core.db import Accounts, SignIns, connect, utc_now
from core.errors import ForbiddenError
from core.services import Services
from tests.oidc import ISSUER, SETTINGS, FakeProvider

START, SECRET = "/access/oidc/start", "nine green bottles"
ANA = {"sub": "7f", "preferred_username": "ana", "name": "Ana Lima", "groups": ["annotators"]}


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider(person=dict(ANA))


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, provider: FakeProvider) -> Iterator[Services]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with connect() as db:
        services = Services(db)
        services.accounts.create_account("root", SECRET, is_admin=True)
        services.projects.create_project("Shelf")
        db.shared(Renewals).provider = OidcProvider(db.settings, provider.transport)
        yield services


@pytest.fixture
def browser(people: Services) -> TestClient:
    return TestClient(
        Starlette(routes=build_routes(lambda: people)), base_url="http://localhost:8501", follow_redirects=False
    )


def _sign_in(browser: TestClient, provider: FakeProvider, changes: dict[str, str] | None = None, **query: str) -> Any:
    sent = browser.get(START, params=query)
    assert sent.status_code == 302, sent.text
    return browser.get(provider.authorize(sent.headers["Location"], **(changes or {})))


def _is_in(browser: TestClient) -> bool:
    return browser.get("/api/accounts/me").status_code == 200


def test_a_person_of_a_named_group_gets_an_account_its_role_and_the_page_that_was_asked_for(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    back = _sign_in(browser, provider, next="/explore?q=a&b=c")
    assert (back.status_code, back.headers["Location"]) == (303, "/explore?q=a&b=c")
    me = browser.get("/api/accounts/me").json()
    assert (me["name"], me["is_admin"], list(me["roles"].values())) == ("ana", False, ["annotator"])
    assert people.accounts.named("ana").display_name == "Ana Lima"
    assert [act.act for act in people.audit.find().items][:3] == ["account.sign_in", "member.set", "account.create"]
    assert browser.delete(login.PATH).status_code == 204
    assert not _is_in(browser)
    assert "prompt=login" in browser.get(START).headers["Location"]


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/access/oidc/start", "/x" * 1_000]
)
def test_no_sign_in_leads_to_another_server_or_back_to_itself(
    browser: TestClient, people: Services, provider: FakeProvider, wanted: str
) -> None:
    assert _sign_in(browser, provider, next=wanted).headers["Location"] == "/"


# --- answers that are not to be believed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"id_token": {"nonce": "of another sign-in"}}, 403),
        ({"id_token": {"iss": "https://other.example"}}, 403),
        ({"id_token": {"aud": "another client", "azp": "vitrine"}}, 403),
        ({"id_token": {"exp": 1_700_000_000, "iat": 1_700_000_000}}, 403),
        ({"signing_key": ECKey.generate_key("P-256", {"kid": "1"})}, 403),
        ({"userinfo": {"sub": "somebody else", "groups": ["admins"]}}, 403),
        ({"document": {"issuer": "https://other.example"}}, 503),
        ({"is_unsigned": True}, 403),
        ({"is_disabled": True}, 403),
        ({"is_down": True}, 503),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_answer_signs_nobody_in(
    browser: TestClient, people: Services, provider: FakeProvider, wrong: dict[str, object], status: int
) -> None:
    sent = browser.get(START)
    people.db.shared(Renewals).provider = OidcProvider(people.db.settings, provider.transport)  # knows no document yet
    back_to = provider.authorize(sent.headers["Location"])
    for name, value in wrong.items():
        setattr(provider, name, value)
    back = browser.get(back_to)
    assert back.status_code == status
    assert 'role="alert"' in back.text
    assert credentials.COOKIE not in browser.cookies
    assert people.accounts.find_account("ana") is None


def test_a_provider_that_is_down_is_said_and_the_password_still_works(
    browser: TestClient, provider: FakeProvider
) -> None:
    provider.is_down = True
    page = browser.get(START, params={"next": "/explore"})
    assert page.status_code == 503
    assert "sso.example.org cannot be reached at this moment. Try again later, or sign in with a password." in page.text
    assert 'value="/explore"' in page.text
    assert browser.post(login.PATH, json={"name": "root", "password": SECRET}).status_code == 204


@pytest.mark.parametrize("changes", [{"state": "x"}, {"iss": "https://other.example"}, {"error": "access_denied"}])
def test_an_answer_to_something_else_signs_nobody_in(
    browser: TestClient, provider: FakeProvider, changes: dict[str, str]
) -> None:
    assert _sign_in(browser, provider, changes).status_code == 403
    assert not _is_in(browser)


def test_an_answer_that_comes_too_late_signs_nobody_in(
    browser: TestClient, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "FLOW_LIFE_S", -1)
    refused = _sign_in(browser, provider)
    assert (refused.status_code, "more than ten minutes ago" in refused.text) == (403, True)


def test_five_refused_answers_make_an_address_wait(browser: TestClient, provider: FakeProvider) -> None:
    provider.is_disabled = True
    assert [_sign_in(browser, provider).status_code for _ in range(6)] == [403] * 5 + [429]
    assert "Too many failed sign-ins. Try again in 2 seconds." in _sign_in(browser, provider).text


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(
    browser: TestClient, provider: FakeProvider
) -> None:
    provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert _sign_in(browser, provider).status_code == 303


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    provider.accepts_codes_twice = True
    sent = browser.get(START)
    cookies = dict(browser.cookies)
    back_to = provider.authorize(sent.headers["Location"])
    victim = TestClient(browser.app, base_url="http://localhost:8501", follow_redirects=False)
    refused = victim.get(back_to)
    assert (refused.status_code, "begun in another browser" in refused.text) == (403, True)
    assert browser.get(back_to).status_code == 303
    thief = TestClient(browser.app, base_url="http://localhost:8501", cookies=cookies, follow_redirects=False)
    assert thief.get(back_to).status_code == 403


# --- whose account it is -------------------------------------------------------------------------------------------


def test_an_account_of_the_same_name_or_email_is_not_taken_over_but_an_admin_can_connect_it(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    provider.person |= {"preferred_username": "ROOT", "email": "root", "email_verified": True}
    refused = _sign_in(browser, provider)
    assert refused.status_code == 409
    assert "There is an account ROOT already, and nothing proves that it is yours." in refused.text
    assert "vitrine user connect ROOT 7f" in refused.text
    assert not _is_in(browser)
    root = people.accounts.named("root")
    assert root.oidc_subject is None
    people.accounts.connect(root.id, ISSUER, "7f")
    assert _sign_in(browser, provider).status_code == 303
    assert browser.get("/api/accounts/me").json()["is_admin"] is True


def test_the_account_follows_the_id_of_the_person_and_not_the_name(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    _sign_in(browser, provider)
    ana = people.accounts.named("ana")
    provider.person["preferred_username"] = "ana.lima"
    _sign_in(browser, provider)
    assert browser.get("/api/accounts/me").json()["account_id"] == ana.id
    provider.person |= {"sub": "8a", "preferred_username": "ana"}
    assert _sign_in(browser, provider).status_code == 409


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"groups": []}, 403),
        ({"groups": ["guests"]}, 303),
        ({"groups": [], "email": "ana@lab.example", "email_verified": False}, 403),
        ({"groups": [], "email": "ana@lab.example"}, 403),
        ({"groups": [], "email": "ana@evil-lab.example", "email_verified": True}, 403),
        ({"groups": [], "email": "Ana@LAB.example", "email_verified": True}, 303),
    ],
)
def test_who_gets_an_account_is_said_by_groups_and_verified_addresses(
    people: Services, browser: TestClient, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch,
    said: dict[str, object], status: int,
) -> None:  # fmt: skip
    people.db.settings = people.db.settings.model_copy(update={"oidc_email_domains": ["lab.example"]})
    provider.person |= said
    back = _sign_in(browser, provider)
    assert back.status_code == status
    assert (people.audit.find().items[0].act == "account.refuse_provider") == (status == 403)
    assert ("ana has no account here. Ask an admin of this server for an invitation." in back.text) == (status == 403)


def test_an_invitation_lets_a_person_of_the_provider_in_once(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    provider.person["groups"] = []
    project = people.projects.list_projects()[0]
    secret = people.invitations.invite(project_id=project.id, role=Role.EDITOR).secret
    page = browser.get(f"/access/invitation/{secret}")
    assert f'href="/access/oidc/start?invitation={secret}"' in page.text
    assert _sign_in(browser, provider, invitation=secret).status_code == 303
    assert list(browser.get("/api/accounts/me").json()["roles"].values()) == ["editor"]
    provider.person |= {"sub": "8a", "preferred_username": "ben"}
    assert _sign_in(browser, provider, invitation=secret).status_code == 404


def test_groups_give_and_take_at_each_sign_in_and_leave_what_people_gave(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    def standing(*groups: str) -> tuple[bool, list[str]]:
        provider.person["groups"] = list(groups)
        assert _sign_in(browser, provider).status_code == 303
        me = browser.get("/api/accounts/me").json()
        return me["is_admin"], list(me["roles"].values())

    assert standing("annotators", "leads") == (False, ["owner"])
    assert standing("annotators", "admins") == (True, ["owner"])  # as an admin
    assert standing("annotators") == (False, ["annotator"])
    assert standing() == (False, [])
    other = people.projects.create_project("Other")
    people.memberships.set_role(other.id, people.accounts.named("ana").id, Role.VIEWER)
    assert standing() == (False, ["viewer"])
    assert sorted(standing("annotators")[1]) == ["annotator", "viewer"]
    shelf = next(one for one in people.projects.list_projects() if one.name == "Shelf")
    people.memberships.set_role(shelf.id, people.accounts.named("ana").id, Role.EDITOR)
    assert sorted(standing("leads")[1]) == ["editor", "viewer"]


def test_a_disabled_account_stays_out(people: Services, browser: TestClient, provider: FakeProvider) -> None:
    _sign_in(browser, provider)
    people.accounts.disable_account(people.accounts.named("ana").id)
    assert not _is_in(browser)
    refused = _sign_in(browser, provider)
    assert (refused.status_code, "This account is disabled" in refused.text) == (403, True)


# --- the session ---------------------------------------------------------------------------------------------------


def _row(people: Services) -> SignIns:
    with people.db.reading() as session:
        return next(row for row in session.exec(select(SignIns)) if row.name == "ana")


def _let_pass(people: Services, minutes: float) -> None:
    with people.db.transaction() as session:
        for row in session.exec(select(SignIns)):
            row.expires_at -= timedelta(minutes=minutes)
            row.renew_at = row.renew_at - timedelta(minutes=minutes) if row.renew_at else None
    credentials.sessions_ended()


def _renew(people: Services) -> None:
    renewal = people.db.shared(Renewals).begin(_row(people).id)
    assert renewal is not None
    renewal.result(60)


def test_a_session_is_renewed_in_the_background_and_the_roles_with_it(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    _sign_in(browser, provider)
    first = _row(people)
    assert first.expires_at - utc_now() < timedelta(minutes=61)
    assert "refresh" not in str(first.refresh_token)
    assert people.db.shared(Renewals).begin(first.id) is None  # it is too early
    _let_pass(people, 31)
    provider.person["groups"] = ["leads"]
    _renew(people)
    renewed = _row(people)
    assert renewed.expires_at - utc_now() > timedelta(minutes=59)
    assert list(browser.get("/api/accounts/me").json()["roles"].values()) == ["owner"]
    assert people.db.shared(Renewals).begin(first.id) is None


def test_a_request_has_the_session_renewed_and_a_closed_account_signed_out(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    _sign_in(browser, provider)
    provider.is_disabled = True
    _let_pass(people, 31)
    assert _is_in(browser)  # this request does not wait for the provider
    people.db.shared(Renewals).wait()
    assert not _is_in(browser)
    assert people.audit.find().items[0].act == "account.sign_out"


def test_an_answer_without_a_token_renews_nothing_and_ends_nothing(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    provider.document = {"userinfo_endpoint": None}
    provider.id_token = {"groups": ["guests"], "preferred_username": "ana"}
    _sign_in(browser, provider)
    provider.is_disabled, provider.refusal = True, {"message": "Too many requests"}
    _let_pass(people, 31)
    before = _row(people).expires_at
    _renew(people)
    assert (_row(people).expires_at, _is_in(browser)) == (before, True)


def test_without_the_provider_or_a_refresh_token_a_session_ends_with_its_time(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    _sign_in(browser, provider)
    provider.is_down = True
    _let_pass(people, 31)
    _renew(people)
    assert _is_in(browser)
    _let_pass(people, 30)
    assert not _is_in(browser)
    provider.is_down, provider.gives_refresh_token = False, False
    _sign_in(browser, provider)
    assert (_row(people).renew_at, _is_in(browser)) == (None, True)
    _let_pass(people, 61)
    assert not _is_in(browser)


def test_a_token_of_a_person_without_a_password_ends_some_time_after_the_last_sign_in(
    people: Services, browser: TestClient, provider: FakeProvider
) -> None:
    _sign_in(browser, provider)
    ana = people.accounts.named("ana")
    bearer = {"Authorization": f"Bearer {people.tokens.make_token('script', account_id=ana.id).secret}"}
    browser.cookies.clear()
    assert browser.get("/api/projects", headers=bearer).status_code == 200
    with people.db.transaction() as session:
        session.get_one(Accounts, ana.id).last_sign_in_at = utc_now() - timedelta(days=31)
    assert browser.get("/api/projects", headers=bearer).status_code == 401


def test_the_discovery_document_is_fetched_once(people: Services, browser: TestClient, provider: FakeProvider) -> None:
    for _ in range(3):
        _sign_in(browser, provider)
    assert provider.fetched.count("/.well-known/openid-configuration") == 1
    assert provider.fetched.count("/keys") == 1


def test_the_discovery_document_is_fetched_again_after_an_hour(people: Services, provider: FakeProvider) -> None:
    asked = people.db.shared(Renewals).provider
    for age_s, times in ((0.0, 1), (3_500.0, 1), (3_700.0, 2)):
        if asked._metadata:
            asked._metadata["_loaded_at"] = time.time() - age_s
        asyncio.run(asked.renew("refresh-0", "7f"))
        assert provider.fetched.count("/.well-known/openid-configuration") == times


def test_a_renewal_is_about_the_same_person_and_keeps_its_token_until_there_is_another(
    people: Services, provider: FakeProvider
) -> None:
    asked = people.db.shared(Renewals).provider
    renewed = asyncio.run(asked.renew("refresh-0", "7f"))
    assert (renewed.identity.subject, renewed.refresh_token.startswith("refresh-")) == ("7f", True)
    assert renewed.refresh_token != "refresh-0"
    provider.gives_refresh_token = False
    assert asyncio.run(asked.renew("refresh-0", "7f")).refresh_token == "refresh-0"
    provider.signs_renewals, provider.document = True, {"userinfo_endpoint": None}
    asked = OidcProvider(people.db.settings, provider.transport)
    assert asyncio.run(asked.renew("refresh-0", "7f")).identity.subject == "7f"
    with pytest.raises(ForbiddenError):
        asyncio.run(asked.renew("refresh-0", "8a"))


def test_whoever_waits_for_a_renewal_waits_for_its_end(
    people: Services, browser: TestClient, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals, may_end, ended = people.db.shared(Renewals), threading.Event(), list[str]()

    def ask(row: SignIns) -> None:
        assert may_end.wait(60)
        ended.append(row.id)

    monkeypatch.setattr(renewals, "_ask", ask)
    renewals.wait()  # nothing was begun
    _sign_in(browser, provider)
    _let_pass(people, 31)
    assert renewals.begin(_row(people).id) is not None
    threading.Timer(0.05, may_end.set).start()
    renewals.wait()
    assert ended == [_row(people).id]


def test_the_gate_lets_strangers_come_to_the_provider_and_back_by_a_link(people: Services, browser: TestClient) -> None:
    gate = Gate(browser.app, people.db.settings, lambda: people.db, prefixes=("access", "api"))
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    stranger = TestClient(gate, base_url="http://localhost:8501", follow_redirects=False)
    assert stranger.get(START, headers=link).status_code == 302
    assert stranger.get("/access/oidc/callback", headers=link).status_code == 403  # not begun in this browser
    assert "begun in another browser" in stranger.get("/access/oidc/callback?state=x&code=y", headers=link).text
    assert stranger.post(START).status_code == 401
    assert stranger.get("/api/accounts/me", headers=link).status_code == 403

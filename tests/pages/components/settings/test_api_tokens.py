import pytest

from core import Projects
from core.accounts.actor import Actor
from core.accounts.roles import Role
from pages.components.settings import api_tokens
from pages.components.shared import visitor
from tests.pages.reading import draw
from tests.pages.running import open_page, services, texts


def test_a_token_is_created_shown_once_and_revoked() -> None:
    at = open_page("settings", tab="API tokens")
    at.text_input(key="token-name").input("Night import")
    at.selectbox(key="token-scope").select("read")
    next(button for button in at.button if button.label == "Create token").click().run()

    (token,) = services().tokens.list_tokens()
    assert (token.name, token.scope) == ("Night import", "read")
    secret = at.code[-1].value
    assert services().tokens.find_token(secret) is not None

    at.run()
    assert at.code[-1].value == secret
    assert "Night import: read only, last used" in " ".join(texts(at))
    at.button(key=f"shown-once/settings/tokens/{token.id}-close").click().run()
    assert secret not in [code.value for code in at.code]

    at.button(key=f"token-revoke-{token.id}").click().run()
    assert "Requests with the token Night import are refused from now on. It cannot be undone." in texts(at)
    assert [one.id for one in services().tokens.list_tokens()] == [token.id]
    draw(api_tokens._revoke, token).button(key="token-revoke-confirm").click().run()
    assert services().tokens.list_tokens() == []


def test_the_secret_of_a_token_that_was_revoked_is_shown_no_longer() -> None:
    made = services().tokens.make_token("Night import")
    at = draw(api_tokens._revoke, made.row)
    at.session_state[f"shown-once/settings/tokens/{made.row.id}"] = f"Copy it.\n{made.secret}"
    at.button(key="token-revoke-confirm").click().run()
    assert f"shown-once/settings/tokens/{made.row.id}" not in at.session_state


def test_a_person_makes_sees_and_revokes_the_own_tokens_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    ana, ben = (services().accounts.create_account(name) for name in ("ana", "ben"))
    shelf, _ = (services().projects.create_project(name) for name in ("Shelf", "Secret"))
    services().memberships.set_role(shelf.id, ana.id, Role.VIEWER, by_admin=True)
    services().memberships.set_role(shelf.id, ben.id, Role.OWNER, by_admin=True)
    services().tokens.make_token("of ben", account_id=ben.id)
    services().tokens.make_token("of the server")
    now = Actor("ana", credential="session:x", account_id=ana.id, is_admin=False)
    monkeypatch.setattr(visitor, "find", lambda: now)

    at = open_page("settings", tab="API tokens")
    assert [text for text in texts(at) if "read" in text] == []
    assert at.selectbox(key="token-project").options == ["Every project", "Shelf"]
    at.text_input(key="token-name").input("Mine")
    at.selectbox(key="token-project").select(shelf.id)
    next(button for button in at.button if button.label == "Create token").click().run()
    (mine,) = (token for token in services().tokens.list_tokens() if token.account_id == ana.id)
    assert (mine.name, mine.project_id) == ("Mine", shelf.id)
    assert "Mine: read only, only in Shelf, never used" in texts(at)
    of_ben = next(token for token in services().tokens.list_tokens() if token.account_id == ben.id)
    refused = draw(api_tokens._revoke, of_ben)
    refused.button(key="token-revoke-confirm").click().run()
    assert [error.value.replace("\\", "") for error in refused.error] == [
        "This token does not exist any more. Choose another one."
    ]
    draw(api_tokens._revoke, mine).button(key="token-revoke-confirm").click().run()
    assert sorted(token.name for token in services().tokens.list_tokens()) == ["of ben", "of the server"]


def test_a_token_is_limited_to_a_project_and_a_role(project: Projects) -> None:
    at = open_page("settings", tab="API tokens")
    at.text_input(key="token-name").input("Camera")
    at.selectbox(key="token-project").select(project.id)
    at.selectbox(key="token-role").select(Role.VIEWER)
    next(button for button in at.button if button.label == "Create token").click().run()
    (token,) = services().tokens.list_tokens()
    assert (token.project_id, token.role) == (project.id, "viewer")
    assert f"Camera: read only, at most as viewer, only in {project.name}, never used" in texts(at)


def test_a_token_without_a_name_is_refused_with_an_error() -> None:
    at = open_page("settings", tab="API tokens")
    next(button for button in at.button if button.label == "Create token").click().run()
    assert [error.value.replace("\\", "") for error in at.error] == ["Give the token a name of at most 100 characters."]


def test_the_doctor_shows_its_findings() -> None:
    at = open_page("settings", tab="Doctor")
    at.button(key="doctor-run").click().run()
    assert any(text.startswith("Database: intact") for text in texts(at))

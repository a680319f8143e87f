from core import Projects
from core.accounts.roles import Role
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
    assert secret not in [code.value for code in at.code]
    assert "Night import: read only, last used" in " ".join(texts(at))

    at.button(key=f"token-revoke-{token.id}").click().run()
    assert services().tokens.list_tokens() == []


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
    assert [error.value for error in at.error] == ["Give the token a name of at most 100 characters."]


def test_the_doctor_shows_its_findings() -> None:
    at = open_page("settings", tab="Doctor")
    at.button(key="doctor-run").click().run()
    assert any(text.startswith("Database: intact") for text in texts(at))

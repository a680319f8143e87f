"""What the doctor says of an OpenID provider."""

import json
from pathlib import Path

import httpx2
import pytest

from core.accounts.examination import examine_sign_in
from core.config import load_settings
from core.services import Services
from tests.oidc import ISSUER, SETTINGS


@pytest.fixture
def said(services: Services, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return the discovery document that the provider answers with; none: it is down."""
    document: dict[str, object] = {"issuer": ISSUER}

    def get(_url: str, timeout: float) -> httpx2.Response:
        if not document:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(200, json=document, request=httpx2.Request("GET", ISSUER))

    monkeypatch.setattr(httpx2, "get", get)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "vitrine.example.org")
    services.accounts.create_account("root", "nine green bottles", is_admin=True)
    services.projects.create_project("Shelf")
    return document


def _messages() -> list[tuple[str, str]]:
    return [(level, message) for level, subject, message in examine_sign_in(load_settings()) if "OpenID" in subject]


@pytest.mark.sqlite  # it reads the file of the data directory
def test_the_redirect_address_is_printed_and_unknown_projects_are_named(
    said: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = [
        ("ok", "https://sso.example.org, asked every 30 minutes"),
        ("ok", "has to know the redirect address https://vitrine.example.org/access/oidc/callback"),
    ]
    assert _messages() == right
    monkeypatch.setenv("VITRINE_OIDC_ROLES", json.dumps({"a": {"Shelf": "viewer", "Shelves": "editor"}}))
    assert _messages() == [*right, ("warning", "VITRINE_OIDC_ROLES names projects that do not exist: Shelves")]
    monkeypatch.setenv("VITRINE_OIDC_ROLES", "")
    advice = "Name groups in VITRINE_OIDC_ROLES, or invite people."
    assert _messages() == [*right, ("warning", f"nobody gets an account by signing in there. {advice}")]


def test_a_provider_that_is_down_or_another_one_is_a_problem(said: dict[str, object]) -> None:
    said["issuer"] = "https://other.example"
    assert _messages()[0][0] == "problem"
    assert "is the document of another issuer" in _messages()[0][1]
    said.clear()
    assert _messages()[0] == (
        "problem",
        f"{ISSUER}/.well-known/openid-configuration cannot be read (refused). "
        "Correct VITRINE_OIDC_ISSUER or wait for it.",
    )


@pytest.mark.sqlite  # it reads the file of the data directory
@pytest.mark.parametrize("has_file", [False, True])
def test_before_anybody_has_an_account_the_doctor_says_how_to_make_the_first_admin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_file: bool
) -> None:
    if has_file:
        (tmp_path / "vitrine.db").touch()  # a database without a table
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("core.accounts.examination.fetch_discovery", lambda _settings: {})
    said = list(examine_sign_in(load_settings()))
    advice = "Run: vitrine user add NAME --admin"
    assert said[0] == ("problem", "Sign-in", f"by accounts, but no admin of 0 can sign in. {advice}")
    assert said[-1] == ("warning", "OpenID provider", "VITRINE_OIDC_ROLES names projects that do not exist: Shelf")


@pytest.mark.sqlite
def test_the_doctor_counts_the_accounts_and_the_admins(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    for name in ("root", "second"):
        services.accounts.create_account(name, "nine green bottles", is_admin=True)
        assert [level for level, _, _ in examine_sign_in(load_settings())] == ["ok"]
    services.accounts.create_account("Ana")
    (said,) = examine_sign_in(load_settings())
    assert said[2] == "by accounts: 3 that can be used, 2 of them are admins"


@pytest.mark.sqlite
def test_a_password_that_is_not_used_and_a_database_that_cannot_be_read_are_warnings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "nine green bottles")
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path))
    (tmp_path / "vitrine.db").write_bytes(b"no database" * 1000)
    assert [(level, message) for level, _, message in examine_sign_in(load_settings())] == [
        ("warning", "by accounts, so VITRINE_ACCESS_PASSWORD is not used; remove it"),
        ("warning", "by accounts; the database could not be read to count them"),
    ]


@pytest.mark.sqlite
def test_domains_of_addresses_let_people_in_as_groups_do(
    said: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_OIDC_ROLES", "")
    monkeypatch.setenv("VITRINE_OIDC_EMAIL_DOMAINS", "example.org")
    assert [level for level, _ in _messages()] == ["ok", "ok"]

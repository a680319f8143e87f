"""What the doctor says of an OpenID provider."""

import json

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

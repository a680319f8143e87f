"""vitrine user, vitrine invite, and tokens with limits."""

import json

import pytest
from typer.testing import CliRunner

from core.accounts.invitations import InvitationService
from core.accounts.roles import Role
from core.cli import app
from core.db import connect
from core.services import Services

SECRET = "nine green bottles"
runner = CliRunner()


def _run(*arguments: str, answers: str = "") -> str:
    result = runner.invoke(app, list(arguments), input=answers)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_accounts_are_made_listed_changed_and_disabled() -> None:
    assert _run("user", "add", "root", "--admin", answers=f"{SECRET}\n{SECRET}\n").endswith("Added root, admin.\n")
    _run("user", "add", "ana", "--full-name", "Ana Lima", "--password-stdin", answers=f"{SECRET}\n")
    _run("project", "create", "Shelf", "--owner", "root")
    assert _run("user", "role", "ana", "editor", "--project", "Shelf") == "ana is editor in Shelf.\n"
    assert _run("user", "list") == "ana (Ana Lima)  Shelf: editor\nroot, admin  Shelf: owner\n"
    _run("user", "password", "ana", "--password-stdin", answers="another good one\n")
    assert _run("user", "disable", "ana") == "ana (Ana Lima), disabled.\n"
    assert _run("user", "enable", "ana") == "ana can sign in again.\n"
    assert _run("user", "role", "ana", "none", "--project", "Shelf") == "ana is no member of Shelf any more.\n"
    assert _run("user", "role", "ana", "--admin") == "ana (Ana Lima), admin.\n"
    assert _run("user", "role", "ana", "--no-admin") == "ana is no admin any more.\n"
    _run("user", "role", "ana", "--admin")
    _run("user", "role", "ana", "viewer", "--project", "Shelf")
    assert [
        (one["name"], one["is_admin"], [(its["name"], its["role"]) for its in one["projects"]])
        for one in json.loads(_run("user", "list", "--json"))
    ] == [("ana", True, [("Shelf", "viewer")]), ("root", True, [("Shelf", "owner")])]
    changed = json.loads(_run("user", "disable", "ana", "--json"))
    assert (changed["name"], changed["disabled_at"] is not None, "password_hash" in changed) == ("ana", True, False)
    _run("user", "enable", "ana")
    with connect() as db:
        accounts = Services(db).accounts
        assert accounts.verify("ana", SECRET) is None
        assert accounts.verify("ana", "another good one") is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("user", "disable", "nobody"), "There is no account nobody."),
        (("user", "role", "root", "boss", "--project", "Shelf"), "There is no project Shelf."),
        (("user", "role", "root", "editor"), "Name a role and a project"),
        (("user", "role", "root"), "Name a role and a project"),
        (("user", "disable", "root"), "last admin"),
        (("invite", "--role", "editor"), "Name both"),
        (("token", "make", "robot", "--role", "boss"), "The roles are"),
    ],
)
def test_what_cannot_be_done_ends_with_one_message_and_code_1(arguments: tuple[str, ...], message: str) -> None:
    _run("user", "add", "root", "--admin", "--password-stdin", answers=f"{SECRET}\n")
    refused = runner.invoke(app, arguments)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert message in refused.stderr


def test_an_invitation_is_printed_as_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    _run("project", "create", "Shelf")
    link = _run("invite", "--project", "Shelf", "--role", "annotator").strip()
    assert link.startswith("http://127.0.0.1:8501/access/invitation/")
    with connect() as db:
        found = InvitationService(db).find_open(link.rpartition("/")[2])
    assert (found.project_name, found.row.role) == ("Shelf", "annotator")
    monkeypatch.setenv("STREAMLIT_SERVER_ALLOWED_HOSTS", "vitrine.example.org other.example.org")
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "/lab/")
    assert _run("invite").startswith("https://vitrine.example.org/lab/access/invitation/")
    assert _run("invite", "--url", "https://a.example/").startswith("https://a.example/access/invitation/")
    named = runner.invoke(app, ["invite", "--project", "Shelf", "--role", "viewer", "--days", "2"]).stderr
    assert named == "Link for viewer of Shelf; it works once, within 2 days:\n"


def test_a_token_has_the_limits_that_it_was_made_with() -> None:
    _run("project", "create", "Shelf")
    secret = _run("token", "make", "robot", "--project", "Shelf", "--role", "annotator").strip()
    with connect() as db:
        services = Services(db)
        token = services.tokens.find_token(secret)
        assert token is not None
        assert (token.role, token.project_id) == (Role.ANNOTATOR, services.projects.list_projects()[0].id)
    assert "(annotator at most, project" in _run("token", "list")


@pytest.mark.sqlite  # it reads the file of the data directory
def test_the_doctor_says_who_gets_in_and_that_an_admin_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Sign-in" in runner.invoke(app, ["doctor"]).stdout
    monkeypatch.setenv("VITRINE_SIGN_IN", "accounts")
    missing = runner.invoke(app, ["doctor"])
    assert missing.exit_code == 1
    assert "no admin of 0 can sign in. Run: vitrine user add NAME --admin" in missing.stdout
    _run("user", "add", "ana", "--password-stdin", answers=f"{SECRET}\n")
    assert "no admin of 1 can sign in" in runner.invoke(app, ["doctor"]).stdout
    _run("user", "add", "root", "--admin", "--password-stdin", answers=f"{SECRET}\n")
    assert "by accounts: 2 that can be used, 1 of them is an admin" in runner.invoke(app, ["doctor"]).stdout

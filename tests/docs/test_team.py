"""The commands of docs/TEAM.md set up a server that people can use, from an empty directory."""

import re
import shlex
from pathlib import Path

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread
from typer.testing import CliRunner

from core.accounts.permissions import LOWEST_ROLE, OF_THE_SERVER, WORDS, Act
from core.accounts.roles import Role
from core.cli import app
from tests.browser.driving import AppServer
from tests.docs.blocks import to_run

TEXT = (Path(__file__).parents[2] / "docs" / "TEAM.md").read_text(encoding="utf-8")
BOXES = to_run("docs/TEAM.md", "sh")
SECRET = "nine green bottles"


def _commands() -> list[list[str]]:
    return [shlex.split(line) for line in BOXES[0].splitlines()]


def test_ten_commands_set_up_a_server_with_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (export, *verbs, serve) = _commands()
    assert len(verbs) + 2 == 10
    assert (export[0], serve[:2]) == ("export", ["vitrine", "--port"])
    name, _, value = export[1].partition("=")
    monkeypatch.setenv(name, value)
    printed = [_run(verb) for verb in verbs]
    links = [text.strip() for text in printed if "/access/invitation/" in text]
    token = next(text.strip() for text in printed if text.startswith("vitrine_"))
    assert len(links) == 2
    with AppServer.running(tmp_path, module="vitrine", script="", **{name: value}) as server:
        _check(server, links[0].rpartition("/access/")[2], token)


def test_the_settings_of_a_provider_let_its_people_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # of the provider for tests, which has no TLS
    ana = User(sub="7f", claims={"preferred_username": "ana", "groups": ["annotators"]})
    lines = [shlex.split(line) for line in BOXES[1].splitlines()]
    settings = dict(line[1].partition("=")[::2] for line in lines if line[0] == "export")
    with run_server_in_thread(user_claims=[ana]) as sso:
        settings["VITRINE_OIDC_ISSUER"] = f"http://localhost:{sso.server_port}"
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        for verb in ("user add root --admin", "user add olga", 'project create "Kitchen shelves" --owner olga'):
            _run(["vitrine", *shlex.split(verb)])
        printed = [_run(line) for line in lines if line[0] == "vitrine" and line[1] != "--port"]
        assert re.search(rf"OpenID provider +{settings['VITRINE_OIDC_ISSUER']}, asked every 30 minutes", printed[0])
        assert "has to know the redirect address http://127.0.0.1:8501/access/oidc/callback" in printed[0]
        assert printed[1] == "olga signs in at localhost, and is signed out everywhere.\n"
        with AppServer.running(tmp_path, module="vitrine", script="", **settings) as server, httpx.Client() as browser:
            sent = browser.get(f"{server.url}/access/oidc/start", timeout=60)
            back = browser.post(sent.headers["Location"], data={"sub": "7f"})
            assert browser.get(back.headers["Location"], timeout=60).status_code == 303
            me = browser.get(f"{server.url}/api/accounts/me", timeout=60).json()
    assert (me["name"], list(me["roles"].values())) == ("ana", ["annotator"])


def _run(command: list[str]) -> str:
    assert command[0] == "vitrine"
    result = CliRunner().invoke(app, command[1:], input=f"{SECRET}\n{SECRET}\n")
    if command[1] == "doctor":  # its exit code is that of the whole machine
        assert "by accounts: 2 that can be used, 1 of them is an admin" in result.stdout
    else:
        assert result.exit_code == 0, result.output
    return result.stdout


def _check(server: AppServer, link: str, token: str) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as ana, httpx.Client(base_url=server.url, timeout=60) as olga:
        assert ana.get("/api/projects").status_code == 401
        joined = ana.post(f"/access/{link}", data={"name": "ana", "password": SECRET})
        assert joined.status_code == 303
        olga.post("/access/session", json={"name": "olga", "password": SECRET}).raise_for_status()
        for person in (ana, olga):
            assert [project["name"] for project in person.get("/api/projects").json()["items"]] == ["Kitchen shelves"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert len(httpx.get(f"{server.url}/api/projects", headers=bearer, timeout=60).json()["items"]) == 1


def test_the_table_of_roles_names_each_role() -> None:
    assert [f"| {role} |" in TEXT for role in Role] == [True] * len(Role)


def test_the_table_of_acts_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| (.+) \| (viewer|annotator|editor|owner|admin)(, in any project)? \|$", TEXT, re.MULTILINE)
    stated = {words[0].lower() + words[1:]: (role, bool(anywhere)) for words, role, anywhere in rows}
    assert stated == {
        WORDS[act]: (LOWEST_ROLE[act] or "admin", act in OF_THE_SERVER and LOWEST_ROLE[act] is not None) for act in Act
    }

"""Sessions, signed addresses and tokens end when the password changes, on signing out and when they are revoked."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.access import TokenService
from core.accounts.actor import Actor
from core.api import build_routes, credentials, signing
from core.cli import app as command
from core.db import connect
from core.secret_key import secret_key
from core.services import Services
from tests.pictures import png

SIGN_IN = "/access/session"
IMAGE = "/img/nobody/thumb"


@contextmanager
def _server(monkeypatch: pytest.MonkeyPatch, password: str | None) -> Iterator[tuple[TestClient, Services]]:
    """Start the routes over the same data, as after a restart with this password."""
    if password is None:
        monkeypatch.delenv("VITRINE_ACCESS_PASSWORD", raising=False)
    else:
        monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", password)
    credentials.valid_credentials.clear()
    with connect() as db:
        services = Services(db)
        with TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501") as client:
            yield client, services


def _signed(actor: Actor) -> str:
    return f"{IMAGE}?s={credentials.signature(IMAGE, actor)}"


def test_a_new_password_ends_sessions_and_signed_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(monkeypatch, "old password") as (client, services):
        assert client.post(SIGN_IN, json={"password": "old password"}).status_code == 204
        cookie = {"Cookie": f"{credentials.COOKIE}={client.cookies[credentials.COOKIE]}"}
        address = _signed(Actor(credential=f"token:{services.tokens.make_token('robot').row.id}"))
        assert client.get(address, headers=cookie).status_code == 404
    with _server(monkeypatch, "old password") as (client, _):  # a restart alone ends nothing
        assert client.get("/api/projects", headers=cookie).status_code == 200
        assert client.get(address).status_code == 404
    with _server(monkeypatch, "new password") as (client, _):
        assert client.get("/api/projects", headers=cookie).status_code == 401
        assert client.get(address).status_code == 401
    with _server(monkeypatch, None), _server(monkeypatch, "new password") as (client, _):
        assert client.get("/api/projects", headers=cookie).status_code == 401


def test_a_token_and_its_signed_addresses_end_with_its_revocation(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(monkeypatch, "open sesame") as (client, services):
        made = services.tokens.make_token("robot")
        bearer = {"Authorization": f"Bearer {made.secret}"}
        address = _signed(Actor(credential=f"token:{made.row.id}"))
        assert [client.get(address).status_code, client.get("/api/projects", headers=bearer).status_code] == [404, 200]
        TokenService(services.db).revoke_token(made.row.id)
        assert [client.get(address).status_code, client.get("/api/projects", headers=bearer).status_code] == [401, 401]


def test_the_signed_addresses_of_a_session_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(monkeypatch, "open sesame") as (client, services):
        client.post(SIGN_IN, json={"password": "open sesame"})
        actor = credentials.session_actor(services.db, client.cookies[credentials.COOKIE])
        assert actor is not None
        address = _signed(actor)
        client.delete(SIGN_IN)
        assert client.get(address).status_code == 401


def test_a_signed_address_opens_its_own_path_for_reading_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(monkeypatch, "open sesame") as (client, services):
        token = services.tokens.make_token("robot").row
        signed = credentials.signature(IMAGE, Actor(credential=f"token:{token.id}"))
        assert client.get(f"{IMAGE}?s={signed}").status_code == 404
        assert client.get(f"/img/nobody/view?s={signed}").status_code == 401
        other = services.tokens.make_token("other").row
        assert client.get(f"{IMAGE}?s={signed.replace(token.id, other.id)}").status_code == 401
        for forged in ("", "x", "%C3%A9", f"token:{token.id}.", f"token:{token.id}.%C3%A9", "."):
            assert client.get(f"{IMAGE}?s={forged}").status_code == 401


def test_a_cookie_signed_with_an_empty_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(monkeypatch, "open sesame") as (client, services):
        client.post(SIGN_IN, json={"password": "open sesame"})
        session = URLSafeTimedSerializer(signing.signing_key(), salt="session").loads(
            client.cookies[credentials.COOKIE]
        )
        (services.db.data_dir / "secret.key").write_bytes(b"")
        client.cookies.clear()
        for key in (b"", secret_key.__name__.encode()):
            forged = URLSafeTimedSerializer(key, salt="session").dumps(session)
            answer = client.get("/api/projects", headers={"Cookie": f"{credentials.COOKIE}={forged}"})
            assert (answer.status_code, answer.json()["code"]) == (503, "configuration")


def test_rotating_the_keys_signs_everybody_out_of_a_running_server(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    with _server(monkeypatch, "open sesame") as (client, services):
        client.post(SIGN_IN, json={"password": "open sesame"})
        address = _signed(Actor(credential=f"token:{services.tokens.make_token('robot').row.id}"))
        assert client.get("/api/projects").status_code == 200
        assert CliRunner().invoke(command, ["rotate-keys"]).exit_code == 0
        credentials.valid_credentials.clear()  # what a second does
        assert client.get("/api/projects").status_code == 401
        client.cookies.clear()
        assert client.get(address).status_code == 401


def test_an_address_is_signed_for_the_one_who_asked_although_responses_are_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _server(monkeypatch, "open sesame") as (client, services):
        project = services.projects.create_project("Shelf")
        image = services.intake.add_images(project.id, [("red.png", png("red"))])[0].image
        assert image is not None
        dataset = services.style.create_style_dataset(project.id, "Warm")
        services.style.add_images(dataset.id, image_ids=[image.id])
        robots = [services.tokens.make_token(name) for name in ("first", "second")]
        for _ in range(2):
            for robot in robots:
                bearer = {"Authorization": f"Bearer {robot.secret}"}
                listed = client.get(f"/ai/dataset/{dataset.id}/images", headers=bearer).json()["items"]
                assert f"token%3A{robot.row.id}." in listed[0]["image_url"]

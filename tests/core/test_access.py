from datetime import UTC, datetime, timedelta

import pytest

from core import access
from core.access import SignInService, TokenService
from core.config import Settings
from core.db import ApiTokens, Database, SignIns
from core.errors import ConfigurationError, InvalidInputError, NotFoundError


def test_the_secret_of_a_token_is_stored_only_as_a_hash(db: Database) -> None:
    made = TokenService(db).make_token("  night   import ")
    assert made.secret.startswith("vitrine_")
    assert len(made.secret) == 51
    assert made.row.name == "night import"
    stored = (db.data_dir / "vitrine.db").read_bytes()
    assert made.secret.encode() not in stored
    assert made.row.token_hash.encode() in stored


def test_a_token_is_found_by_its_secret_and_by_nothing_else(db: Database) -> None:
    tokens = TokenService(db)
    made = tokens.make_token("robot", "read")
    found = tokens.find_token(made.secret)
    assert isinstance(found, ApiTokens)
    assert (found.id, found.scope) == (made.row.id, "read")
    assert tokens.find_token(made.row.token_hash) is None
    assert tokens.find_token(made.secret[:-1]) is None
    assert tokens.find_token("\ud800") is None


def test_a_revoked_token_is_not_found_and_not_listed(db: Database) -> None:
    tokens = TokenService(db)
    made = tokens.make_token("robot")
    tokens.revoke_token(made.row.id)
    assert tokens.find_token(made.secret) is None
    assert tokens.list_tokens() == []
    with pytest.raises(NotFoundError):
        tokens.revoke_token(made.row.id)


def test_the_last_use_of_a_token_is_stored_at_most_every_ten_minutes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = TokenService(db)
    made = tokens.make_token("robot")
    assert tokens.list_tokens()[0].last_used_at is None
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    stored = []
    for minutes in (0, 1, 10, 11, 12):
        now = noon + timedelta(minutes=minutes)
        monkeypatch.setattr(access, "utc_now", lambda now=now: now)
        tokens.find_token(made.secret)
        last_used_at = tokens.list_tokens()[0].last_used_at
        assert last_used_at is not None
        stored.append((last_used_at - noon) // timedelta(minutes=1))
    assert stored == [0, 0, 0, 11, 11]


@pytest.mark.parametrize(("name", "scope"), [("", "read"), ("x" * 101, "read"), ("robot", "admin")])
def test_a_token_needs_a_name_and_a_known_scope(db: Database, name: str, scope: access.Scope) -> None:
    with pytest.raises(InvalidInputError):
        TokenService(db).make_token(name, scope)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_listening_on_this_machine_needs_no_password(address: str) -> None:
    access.check_listening_address(address, Settings(access_password=None))


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "vitrine.example"])  # noqa: S104
def test_listening_beyond_this_machine_without_a_password_is_refused(address: str | None) -> None:
    with pytest.raises(ConfigurationError, match="Set VITRINE_ACCESS_PASSWORD"):
        access.check_listening_address(address, Settings(access_password=None))


@pytest.mark.parametrize("host", ["vitrine.example.org", "*.example.org", "192.0.2.7", "*"])
def test_answering_to_a_public_name_without_a_password_is_refused(host: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Set VITRINE_ACCESS_PASSWORD, or remove the name from server.allowed"
    ):
        access.check_listening_address("127.0.0.1", Settings(access_password=None), ["localhost", host])


def test_names_of_this_machine_need_no_password() -> None:
    hosts = ["localhost", "127.0.0.1", "::1", "[::1]", "vitrine.localhost", "*.localhost"]
    access.check_listening_address("127.0.0.1", Settings(access_password=None), hosts)


def test_listening_beyond_this_machine_with_a_password_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    access.check_listening_address("0.0.0.0", Settings(), ["vitrine.example.org"])  # noqa: S104


def test_a_sign_in_is_found_until_it_ends(db: Database) -> None:
    sign_ins = SignInService(db)
    ana, ben = sign_ins.start("Ana"), sign_ins.start("Ben")
    assert (found := sign_ins.find(ana.id)) is not None
    assert found.name == "Ana"
    sign_ins.end(ana.id)
    assert sign_ins.find(ana.id) is None
    assert sign_ins.find(ben.id) is not None
    sign_ins.end_all()
    assert sign_ins.find(ben.id) is None


def test_a_sign_in_expires_and_its_row_is_removed_by_the_next_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_ins = SignInService(db)
    monkeypatch.setattr(access, "SIGN_IN_LIFE", timedelta(seconds=-1))
    expired = sign_ins.start("Ana")
    assert sign_ins.find(expired.id) is None
    monkeypatch.undo()
    sign_ins.start("Ben")
    with db.reading() as session:
        assert session.get(SignIns, expired.id) is None


def test_the_number_of_sign_ins_is_bounded_and_the_oldest_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MAX_SIGN_INS", 3)
    sign_ins = SignInService(db)
    rows = [sign_ins.start(f"person {number}") for number in range(5)]
    assert [sign_ins.find(row.id) is not None for row in rows] == [False, False, True, True, True]

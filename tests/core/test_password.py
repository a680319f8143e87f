"""The access password is compared by Argon2id, also when the setting holds its hash."""

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from pydantic import ValidationError

from core import password
from core.config import Settings, load_settings
from core.errors import ConfigurationError

SECRET = b"s" * 32
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize("text", ["open sesame", "pässwort", "密码", "\ud800", "x" * 5_000])
def test_only_the_password_itself_matches_its_hash(text: str) -> None:
    hash_ = password.password_hash(text, SECRET)
    assert hash_.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password.matches(hash_, text)
    for wrong in ("", text + " ", text.upper() + "x", hash_):
        assert not password.matches(hash_, wrong)


def test_a_hash_in_the_setting_matches_its_password_and_not_itself() -> None:
    hash_ = CHEAP.hash("open sesame")
    assert password.password_hash(hash_, SECRET) == hash_
    assert password.matches(hash_, "open sesame")
    assert not password.matches(hash_, hash_)


def test_the_hash_of_a_password_is_the_same_after_a_restart_and_depends_on_the_secret() -> None:
    first = password.password_hash("open sesame", SECRET)
    password.password_hash.cache_clear()
    assert password.password_hash("open sesame", SECRET) == first
    assert password.password_hash("open sesame", b"t" * 32) != first


# The last but one is what a shell leaves of a hash between double quotes.
@pytest.mark.parametrize(
    "value", ["", "  ", "$argon2id$v=19$m=19456", "$argon2id$", "=19=19456,t=2,p=1/DADQd3iA", "=19=19456,t=2,p=1"]
)
def test_an_empty_password_and_a_part_of_a_hash_are_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", value)
    with pytest.raises(ConfigurationError, match="VITRINE_ACCESS_PASSWORD is not usable: ") as refused:
        load_settings()
    assert isinstance(refused.value.__cause__, ValidationError)
    assert not value.strip() or value not in f"{refused.value}{refused.value.__cause__}"


def test_a_whole_hash_is_accepted_as_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", CHEAP.hash("open sesame"))
    assert Settings().access_password is not None


def test_every_hash_has_32_bytes_and_a_salt_of_16_and_a_missing_one_costs_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for hash_ in (password.password_hash("open sesame", SECRET), password.hash_new("open sesame")):
        salt, digest = hash_.split("$")[-2:]
        assert (len(salt), len(digest)) == (22, 43)  # base64 without padding
    made: list[tuple[object, ...]] = []
    monkeypatch.setattr("argon2.low_level.hash_secret", lambda *values: made.append(values))
    password.take_as_long("open sesame")
    assert made == [(b"open sesame", bytes(16), 2, 19_456, 1, 32, Type.ID)]


def test_a_hash_of_todays_parameters_stays_and_another_one_is_made_again() -> None:
    assert not password.needs_rehash(password.hash_new("open sesame"))
    assert password.needs_rehash(CHEAP.hash("open sesame"))

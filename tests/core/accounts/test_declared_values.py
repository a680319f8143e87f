"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.accounts.invitations": {
        "DEFAULT_DAYS": 7,
        "MAX_DAYS": 90,
    },
    "core.accounts.known": {
        "KNOWN_S": 1.0,
    },
    "core.accounts.oidc_discovery": {
        "_TIMEOUT_S": 5.0,
    },
    "core.accounts.passwords": {
        "MIN_CHARS": 10,
        "MAX_CHARS": 1000,
    },
    "core.accounts.service": {
        "MAX_NAME_CHARS": 60,
    },
    "core.accounts.tries": {
        "_MAX_ACCOUNTS": 10_000,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

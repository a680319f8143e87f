"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.backup.database_copy": {
        "_MAX_RESTARTS": 3,
    },
    "core.backup.make": {
        "_REMOVAL_TIMEOUT_S": 60.0,
    },
    "core.backup.schedule": {
        "_RETRY_S": 3600.0,
    },
    "core.backup.status": {
        "_LATE": 2.0,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.agents.connection": {
        "_TIMEOUT_S": 120.0,
        "_LOCAL_TIMEOUT_S": 3600.0,
    },
    "core.agents.pictures": {
        "_SIDE_PX": 1024,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

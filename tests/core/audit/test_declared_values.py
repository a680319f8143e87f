"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.audit.recording": {
        "MAX_TEXT_CHARS": 200,
        "MAX_LIST_ITEMS": 20,
        "MAX_DETAILS_CHARS": 4_000,
    },
    "core.audit.service": {
        "MIN_KEPT_MONTHS": 1,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

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


DEFAULTS: dict[str, dict[str, object]] = {
    "core.audit.recording:record": {"in_task": False},
    "core.audit.service:AuditService.find": {"limit": 100},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.tasks.adding": {
        "POSITIONS_PER_STAGE": 100_000_000,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.tasks.service:TaskService.list_tasks": {"limit": 50, "active_only": False},
    "core.tasks.service:TaskService.items": {"after": -1, "limit": 100},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.overlap.hash_file": {
        "VERSION": 2,
        "_READABLE": (1, 2),
        "MAX_LINE_BYTES": 1_000_000,
        "_MAX_NAME_CHARS": 500,
    },
    "core.overlap.near_questions": {
        "_MIN_WORDS": 2,
    },
    "core.overlap.project_side": {
        "_NEAREST": 16,
        "_MAX_TASKS": 2,
    },
    "core.overlap.task": {
        "_MAX_UNREAD": 1_000,
        "_NEAR_SCORE": 0.9,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


DEFAULTS: dict[str, dict[str, object]] = {
    "core.overlap.service:OverlapService.leave_out": {"with_questions": False},
    "core.overlap.task:_result": {"images": 0, "questions": 0},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

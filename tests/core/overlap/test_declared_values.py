"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

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

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.notebook.html": {
        "_MAX_ROWS": 25,
        "_MAX_CHARS": 500,
        "_THUMBNAIL_SIDE_PX": 120,
    },
    "core.notebook.showing": {
        "DEFAULT_PORT": 8501,
        "_START_TIMEOUT_S": 60.0,
        "_ANSWER_TIMEOUT_S": 3.0,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

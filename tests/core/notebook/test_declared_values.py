"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

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


DEFAULTS: dict[str, dict[str, object]] = {
    "core.notebook.showing:show": {"port": 8501, "height_px": 800},
    "core.notebook.showing:ShownApp": {"height_px": 800, "is_in_cell": False},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

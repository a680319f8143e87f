"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.tasks.adding": {
        "POSITIONS_PER_STAGE": 100_000_000,
    },
    "core.tasks.engines.chunks": {
        "CHUNK_ITEMS": 50,
        "MOST_OPEN": 128,
    },
    "core.tasks.engines.dbos_library": {
        "CHUNKS_AT_ONCE": 2,
        "_MOST_REMOVED": 1_000,
    },
    "core.tasks.engines.embedded": {
        "TAKE_OVER_S": 5.0,
        "LOOK_S": 0.5,
    },
    "core.tasks.engines.membership": {
        "SILENT_S": 20.0,
    },
    "core.tasks.engines.workers_engine": {
        "LOOK_S": 1.0,
        "LEFT_S": 10.0,
    },
    "core.tasks.item_queue": {
        "_STATUS_CHECK_S": 0.5,
        "_BUDGET_RETRY_S": 0.1,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.tasks.engines.embedded:EmbeddedEngine": {"picks_up": True},
    "core.tasks.kinds:ItemPlan": {"stage": 0},
    "core.tasks.service:TaskSummary": {"waiting": 0},
    "core.tasks.service:TaskService.list_tasks": {"limit": 50, "active_only": False},
    "core.tasks.service:TaskService.items": {"after": -1, "limit": 100},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.db.base": {
        "_MAX_SHOWN_CHARS": 100,
        "_MAX_SHOWN_ITEMS": 5,
    },
    "core.db.bucket": {
        "BUCKETS": 64 * 64,
    },
    "core.db.bulk_insert": {
        "ROWS_PER_SERVER_STATEMENT": 1000,
        "_STEP": timedelta(microseconds=1),
    },
    "core.db.database": {
        "BUSY_TIMEOUT_S": 30.0,
    },
    "core.db.extension": {
        "OLDEST": (0, 8),
    },
    "core.db.group_commit": {
        "RETRY_S": 60.0,
        "_RETRY_AFTER_S": 0.2,
    },
    "core.db.lease": {
        "_CHECK_S": 1.0,
        "_TASKS": 1,
        "_COORDINATOR": 2,
        "_FILES": 3,
    },
    "core.db.quality_sql": {
        "REVEALING_CHARS": 4,
        "LONG_ANSWER_CHARS": 600,
    },
    "core.db.read_cache": {
        "RECENT_S": 1.0,
        "MAX_VALUES": 512,
    },
    "core.db.server": {
        "STATEMENT_TIMEOUT_S": 600,
        "LOCK_TIMEOUT_S": 30,
        "CONNECT_TIMEOUT_S": 5,
        "POOL_SIZE": 10,
        "POOL_TIMEOUT_S": 30,
        "MAX_CONNECTIONS": 40,
        "WAIT_S": 5.0,
        "_UPGRADE_LOCK": 0x56697472,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.db.base:time_field": {"now": True, "touch": False},
    "core.db.quality_sql:RowCheck": {"has_index": True},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

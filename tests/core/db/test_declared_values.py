"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.db.bucket": {
        "BUCKETS": 64 * 64,
    },
    "core.db.bulk_insert": {
        "_STEP": timedelta(microseconds=1),
    },
    "core.db.quality_sql": {
        "REVEALING_CHARS": 4,
        "LONG_ANSWER_CHARS": 600,
    },
    "core.db.read_cache": {
        "MAX_VALUES": 512,
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

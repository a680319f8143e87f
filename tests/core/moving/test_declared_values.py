"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.moving.checking": {
        "_MAX_PROFILES": 1000,
    },
    "core.moving.exporting": {
        "_TABLES_SHARE": 0.2,
        "_IMAGES_SHARE": 0.6,
    },
    "core.moving.manifest": {
        "VERSION": 1,
        "_MAX_MANIFEST_BYTES": 64_000_000,
        "_MAX_RATIO": 4,
        "_RATIO_FREE_BYTES": 10_000_000,
    },
    "core.moving.packing": {
        "_FIXED_TIME": (1980, 1, 1, 0, 0, 0),
    },
    "core.moving.rows": {
        "_MAX_ROW_BYTES": 64_000_000,
        "_MAX_ROW_VALUES": 1_000_000,
        "_MAX_PART_WEIGHT": 32_000_000,
        "_WEIGHT_OF_VALUE": 32,
    },
    "core.moving.service": {
        "_CHECK_SHARE": 0.25,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.moving.incoming:ImportedProject": {"left_out_vectors": 0},
    "core.moving.rows:read_parts": {"skip": 0, "max_rows": 2000},
    "core.moving.starting:ProjectImports.from_path": {"in_roots": False},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

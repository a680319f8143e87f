"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.accounts.tries": {"FREE_FAILURES": 5, "MAX_DELAY_S": 900.0, "FORGET_AFTER_S": 3600.0},
    "core.access": {
        "MAX_NAME_CHARS": 100,
        "MAX_SIGN_INS": 10_000,
        "SIGN_IN_LIFE": timedelta(days=14),
        "_USE_RESOLUTION": timedelta(minutes=10),
    },
    "core.config": {
        "MEGABYTE": 1_000_000,
    },
    "core.doctor": {
        "OLDEST_PYTHON": (3, 11),
        "OLDEST_PILLOW": (13, 0),
        "OLDEST_WEBP": (1, 3, 2),
    },
    "core.disk": {
        "LOW_BYTES": 2_000_000_000,
    },
    "core.fetch": {
        "MAX_REDIRECTS": 3,
        "PORTS": {"http": 80, "https": 443},
        "_LONGEST_WAIT_S": 365 * 24 * 3600.0,
    },
    "core.interpreter": {
        "GC_THRESHOLDS": (10_000, 20, 20),
    },
    "core.json_schema": {
        "MAX_SCHEMA_CHARS": 50_000,
        "MAX_DEPTH": 64,
        "_MAX_MESSAGE_CHARS": 300,
        "_MAX_ERRORS": 50,
        "_CHEAP_PRODUCT": 1_000_000,
        "_TRIALS": (None, True, 0, "", [], {}),
    },
    "core.measure": {
        "MEASURED_SIDE_PX": 256,
        "_LEVELS": 32,
        "_MAX_DOMINANT": 5,
    },
    "core.password": {
        "MEMORY_KIB": 19_456,
        "PASSES": 2,
        "LANES": 1,
    },
    "core.projects": {
        "MAX_NAME_CHARS": 200,
    },
    "core.secret_key": {
        "KEY_BYTES": 32,
    },
    "core.uvicorn_private": {
        "MAX_HEAD_BYTES": 64_000,
    },
    "core.verifiers": {
        "MAX_EXACT_WORDS": 10,
        "MAX_READ_CHARS": 400,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.errors:LLMError": {"stops_task": False, "maybe_paid": False},
    "core.listings:ListingService.generated_images": {"offset": 0},
    "core.projects:ProjectService.summaries": {"limit": 24},
    "core.runtime:Runtime.close": {"keep_image_workers": False},
    "core.services:Services.close": {"keep_image_workers": False},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from core.config import Settings
from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.access": {
        "MAX_NAME_CHARS": 100,
        "MAX_SIGN_INS": 10_000,
        "SIGN_IN_LIFE": timedelta(days=14),
        "_USE_RESOLUTION": timedelta(minutes=10),
    },
    "core.accounts.tries": {"FREE_FAILURES": 5, "MAX_DELAY_S": 900.0, "FORGET_AFTER_S": 3600.0},
    "core.background_loop": {
        "_CLOSE_TIMEOUT_S": 10.0,
    },
    "core.config": {
        "MEGABYTE": 1_000_000,
    },
    "core.disk": {
        "LOW_BYTES": 2_000_000_000,
    },
    "core.doctor": {
        "INTEGRITY_TIMEOUT_S": 1.0,
        "OLDEST_PYTHON": (3, 11),
        "OLDEST_PILLOW": (13, 0),
        "OLDEST_WEBP": (1, 3, 2),
    },
    "core.fetch": {
        "MAX_LOOKUPS": 64,
        "MAX_REDIRECTS": 3,
        "PORTS": {"http": 80, "https": 443},
        "_LONGEST_WAIT_S": 365 * 24 * 3600.0,
    },
    "core.housekeeping": {
        "EVERY_S": 24 * 3600.0,
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
        "_SAME_SURFACE": 8.0,
        "_MIN_DOMINANT_SHARE": 0.03,
        "_MIN_REGION_SPREAD": 1.0,
        "MEASURED_SIDE_PX": 256,
        "_LEVELS": 32,
        "_MAX_DOMINANT": 5,
    },
    "core.metrics": {
        "_SECONDS": (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    },
    "core.number_values": {
        "_RATIO_TOLERANCE": 0.005,
    },
    "core.object_storage": {
        "_SHARE_OF_ONE_REQUEST": 0.5,
        "_MAX_BACKOFF_S": 5.0,
        "_PART_BYTES": 8 << 20,
    },
    "core.ownership": {
        "_IDS_AT_A_TIME": 500,
        "_MAX_KNOWN": 20_000,
    },
    "core.password": {
        "MEMORY_KIB": 19_456,
        "PASSES": 2,
        "LANES": 1,
    },
    "core.projects": {
        "MAX_NAME_CHARS": 200,
    },
    "core.search_line": {
        "MAX_TERMS": 60,
        "MAX_CHARS": 4_000,
    },
    "core.secret_key": {
        "KEY_BYTES": 32,
    },
    "core.uvicorn_private": {
        "HEAD_TIMEOUT_S": 15.0,
        "MAX_HEAD_BYTES": 64_000,
    },
    "core.verifiers": {
        "MIN_IOU": 0.5,
        "MIN_ANLS": 0.5,
        "MAX_EXACT_WORDS": 10,
        "MAX_READ_CHARS": 400,
    },
    "core.warmup": {
        "_FIRST_PAGE_TIMEOUT_S": 10.0,
        "_DRAWING_S": 0.5,
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


SETTINGS = {
    "audit_months": 0,
    "backup_every_h": 24.0,
    "backup_keep": 7,
    "bin_days": 30,
    "database_prepares": True,
    "decode_memory_bytes": 1_500_000_000,
    "decode_timeout_s": 30.0,
    "decode_workers": 2,
    "llm_concurrency": 4,
    "llm_timeout_s": 120.0,
    "log_json": False,
    "max_image_bytes": 100_000_000,
    "max_image_pixels": 100_000_000,
    "max_upload_bytes": 2_000_000_000,
    "min_free_bytes": 200_000_000,
    "model_side_px": 1_024,
    "oidc_session_minutes": 60.0,
    "oidc_token_days": 30,
    "storage_cache_bytes": 10_000_000_000,
    "storage_links_s": 0,
    "storage_timeout_s": 60.0,
    "thumbnail_side_px": 320,
    "upload_quota_bytes": 10_000_000_000,
    "vision_memory_bytes": 4_000_000_000,
    "vision_timeout_s": 120.0,
    "vision_workers": 0,
}


def test_settings_that_nobody_changed_have_the_declared_values() -> None:
    assert {name: Settings.model_fields[name].default for name in SETTINGS} == SETTINGS

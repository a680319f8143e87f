"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import are_frozen, read, read_defaults, read_limits

DECLARED: dict[str, dict[str, object]] = {
    "core.access": {
        "MAX_NAME_CHARS": 100,
        "MAX_SIGN_INS": 10_000,
        "SIGN_IN_LIFE": timedelta(days=14),
        "_USE_RESOLUTION": timedelta(minutes=10),
        "_CLAIM": timedelta(minutes=1),
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
        "_MOST_PARTS": 9_000,
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
    "core.shared_files": {
        "_MODES": {True: 0o700, False: 0o600},
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
    "core.fetch:fetch": {"timeout_s": 30.0},
    "core.listings:ListingService._page": {"newest_first": True, "offset": 0},
    "core.access:SignInService.refuse": {"by_provider": False},
    "core.bucket_address:require_allowed": {"in_list": False},
    "core.caller:Caller": {"is_signed_in": False},
    "core.errors:AccessDeniedError": {"stops_task": True},
    "core.errors:MissingKeyError": {"stops_task": True},
    "core.errors:ModelUnavailableError": {"stops_task": True},
    "core.errors:NoVisionError": {"stops_task": True},
    "core.errors:QuotaExceededError": {"stops_task": True},
    "core.object_storage:Bucket.writer": {"size_bytes": 0},
    "core.search_line:SearchTerm": {"negated": False},
    "core.search_line:SearchFilter.with_term": {"negated": False},
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


FROZEN = ["core.config:Settings"]
SETTINGS: dict[str, dict[str, object]] = {
    "core.config:Settings": {
        "storage_timeout_s": {"default": 60.0, "exclusiveMinimum": 0, "maximum": 280},
        "storage_cache_bytes": {"default": 10_000_000_000, "minimum": 0},
        "storage_links_s": {"default": 0, "maximum": 604_800, "minimum": 0},
        "oidc_session_minutes": {"default": 60.0, "maximum": 20_160, "minimum": 2},
        "oidc_token_days": {"default": 30, "maximum": 3650, "minimum": 1},
        "max_image_bytes": {"default": 100_000_000, "exclusiveMinimum": 0},
        "max_image_pixels": {"default": 100_000_000, "exclusiveMinimum": 0},
        "thumbnail_side_px": {"default": 320, "maximum": 1024, "minimum": 64},
        "model_side_px": {"default": 1024, "maximum": 4096, "minimum": 128},
        "decode_workers": {"default": 2, "maximum": 64, "minimum": 1},
        "decode_memory_bytes": {"default": 1_500_000_000},
        "decode_timeout_s": {"default": 30.0, "exclusiveMinimum": 0},
        "vision_workers": {"default": 0, "maximum": 64, "minimum": 0},
        "vision_memory_bytes": {"default": 4_000_000_000},
        "vision_timeout_s": {"default": 120.0, "exclusiveMinimum": 0},
        "max_upload_bytes": {"default": 2_000_000_000, "exclusiveMinimum": 0},
        "upload_quota_bytes": {"default": 10_000_000_000, "exclusiveMinimum": 0},
        "llm_timeout_s": {"default": 120.0, "exclusiveMinimum": 0},
        "llm_concurrency": {"default": 4, "maximum": 64, "minimum": 1},
        "bin_days": {"default": 30, "maximum": 3650, "minimum": 1},
        "audit_months": {"default": 0, "maximum": 1200, "minimum": 0},
        "backup_every_h": {"default": 24.0, "minimum": 0.1},
        "backup_keep": {"default": 7, "minimum": 1},
        "database_prepares": {"default": True},
        "min_free_bytes": {"default": 200_000_000, "minimum": 0},
        "keep_exports_d": {"default": None, "exclusiveMinimum": 0},
        "project_max_images": {"default": None, "minimum": 0},
        "project_max_image_bytes": {"default": None, "minimum": 0},
        "metrics_port": {"default": None, "maximum": 65_535, "minimum": 1},
        "log_json": {"default": False},
    },
}


def test_settings_have_the_declared_defaults_and_bounds() -> None:
    assert read_limits(SETTINGS) == SETTINGS


def test_what_is_settled_cannot_be_changed_afterwards() -> None:
    assert are_frozen(FROZEN) == dict.fromkeys(FROZEN, True)

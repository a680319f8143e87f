"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.api.attempts": {
        "UNKNOWN_BURST": 100,
        "MAX_CLIENTS": 10_000,
        "MAX_WAITING": 30,
    },
    "core.api.chunks": {
        "_SILENCE_S": 20.0,
        "_MAX_BODY_BYTES": 10_000,
    },
    "core.api.compression": {
        "_MIN_BYTES": 500,
    },
    "core.api.credentials": {
        "RECHECK_AFTER_S": 1.0,
        "PAGE_TOKEN_LIFE_S": 12 * 3600,
        "SESSION_LIFE_S": 14 * 24 * 3600,
        "_SIGNATURE_BYTES": 18,
        "_MAX_KNOWN": 1_000,
    },
    "core.api.desk": {
        "_MAX_START_CHARS": 200,
        "MAX_ACTS": 100,
        "MAX_ITEMS": 200,
        "MAX_OTHERS": 30,
    },
    "core.api.desk_keys": {
        "_MAX_KEY_CHARS": 20,
    },
    "core.api.desk_messages": {
        "MAX_SHOWN": 10,
    },
    "core.api.devices": {
        "DEVICE_LIFE_S": 365 * 24 * 3600,
        "_MAX_ACCOUNTS": 10,
    },
    "core.api.idempotency": {
        "_MAX_KEY_CHARS": 200,
        "_TTL": timedelta(hours=24),
    },
    "core.api.invitation": {
        "_MAX_BODY_BYTES": 10_000,
        "_BODY_TIMEOUT_S": 15.0,
    },
    "core.api.json_body": {
        "MAX_BYTES": 1_000_000,
    },
    "core.api.lazy_api": {
        "MAX_BODY_BYTES": 20_000_000,
    },
    "core.api.login": {
        "_BODY_TIMEOUT_S": 15.0,
        "DEVICE_LIFE_S": 365 * 24 * 3600,
        "_MAX_BODY_BYTES": 10_000,
        "_MAX_CHECKS": 2,
    },
    "core.api.map": {
        "MAX_NAMES": 200,
    },
    "core.api.oidc.provider": {
        "TIMEOUT_S": 10.0,
        "DISCOVERY_LIFE_S": 3600.0,
        "_LEEWAY_S": 60,
    },
    "core.api.oidc.routes": {
        "FLOW_LIFE_S": 600,
        "_MAX_NEXT_CHARS": 1_500,
        "_MAX_STARTING": 20,
        "_MAX_INVITATION_CHARS": 100,
        "_MAX_USED": 10_000,
    },
    "core.api.open_connections": {
        "SIGNED_OUT": 4401,
    },
    "core.api.origin": {
        "_DEFAULT_PORTS": {"http": 80, "https": 443},
    },
    "core.api.response_cache": {
        "_MAX_COMMIT_S": 0.05,
        "_MAX_BODY_BYTES": 1_000_000,
        "_MAX_TOTAL_BYTES": 64_000_000,
    },
    "core.api.rest": {
        "_CODES": {
            404: "not_found",
            405: "method_not_allowed",
            413: "too_large",
            415: "wrong_type",
            400: "bad_request",
        },
    },
    "core.api.roles": {
        "_MAX_KNOWN": 4_000,
    },
    "core.api.routers.imports": {
        "MAX_FILES": 10_000,
    },
    "core.api.sign_in_page": {
        "MAX_NAME_CHARS": 60,
    },
    "core.api.upload_form": {
        "MAX_UPLOAD_BYTES": 2_000_000_000,
        "MAX_FILES": 1_000,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.api.credentials:Actor": {"may_write": True},
    "core.api.attempts:_Client": {"failures": 0, "waiting": 0},
    "core.api.chunks:_answer": {"status": 200},
    "core.api.chunks:_upload": {"status": 200},
    "core.api.credentials:_of_account": {"is_token": False},
    "core.api.devices:Device": {"is_known": False},
    "core.api.guard:AuthMiddleware": {"is_public": False, "may_navigate": False},
    "core.api.invitation_page:form": {"status": 200},
    "core.api.open_connections:_Connection": {"is_ended": False},
    "core.api.sign_in_page:response": {"has_accounts": False},
    "core.api.guard:check": {"write": False},
    "core.api.guard:not_signed_in": {"is_for_programs": True},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

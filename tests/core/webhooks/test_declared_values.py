"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from datetime import timedelta

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.webhooks.added_images": {
        "_ITEMS_PER_READ": 20,
        "_STORED_BEFORE": timedelta(minutes=1),
    },
    "core.webhooks.deriving": {
        "BATCH_WINDOW": timedelta(seconds=5),
        "MAX_IDS": 100,
        "MAX_ACTS": 100,
        "_MAX_UPLOADS": 1_000,
    },
    "core.webhooks.dispatcher": {
        "MAX_AT_ONCE": 64,
        "MAX_FAILING_AT_ONCE": 32,
    },
    "core.webhooks.kinds": {
        "VERSION": 1,
    },
    "core.webhooks.outbox": {
        "RETRIES_S": (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        "MAX_ASKED_S": 86_400.0,
        "GIVE_UP_AFTER": timedelta(days=2),
        "JITTER": 0.2,
        "KEPT_DELIVERIES": 200,
        "_GONE": 410,
    },
    "core.webhooks.sending": {
        "TIMEOUT_S": 15.0,
        "MAX_ANSWER_CHARS": 500,
        "MAX_URL_CHARS": 2_000,
        "_ANSWER_BYTES": 2_000,
    },
    "core.webhooks.service": {
        "MAX_WEBHOOKS": 10,
        "MAX_WAITING": 100,
    },
}


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


DEFAULTS: dict[str, dict[str, object]] = {
    "core.webhooks.deriving:Told": {"is_held": False},
    "core.webhooks.sending:Reply": {"took_ms": 0},
    "core.webhooks.service:WebhookService.deliveries": {"limit": 20},
    "core.webhooks.service:DeliveryCounts": {"waiting": 0, "delivered": 0, "given_up": 0, "total": 0},
}


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

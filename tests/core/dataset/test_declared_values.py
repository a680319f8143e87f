"""Limits and other declared numbers: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.dataset.agreement": {
        "MAX_ANSWERS": 20_000,
        "SHORT_ANSWER_CHARS": 60,
    },
    "core.dataset.assignment": {
        "LEASE_S": 120,
        "_SHARE_POSITION": 3,
        "_SECOND_POSITION": 7,
    },
    "core.dataset.boxes": {
        "MAX_BOXES": 500,
        "MAX_LABEL_CHARS": 200,
    },
    "core.dataset.collaboration": {
        "_MIN_LEASED": 4,
        "MAX_NAME_CHARS": 60,
    },
    "core.dataset.completion": {
        "MAX_VALUES": 50,
    },
    "core.dataset.conditions": {
        "SHORT_ANSWER_CHARS": 40,
    },
    "core.dataset.entry_images": {
        "MAX_IMAGES": 32,
    },
    "core.dataset.image_facets": {
        "MAX_DAYS": 21,
    },
    "core.dataset.queries": {
        "MAX_LIMIT": 1000,
        "MAX_EARLIER_TURNS": 20,
    },
    "core.dataset.query_planner": {
        "MAX_SELECTED": 2500,
    },
    "core.dataset.stats": {
        "MAX_VALUES": 200,
        "MAX_BALANCE_CHARS": 40,
    },
    "core.dataset.values": {
        "MAX_TEXT_CHARS": 20_000,
        "MAX_TAG_CHARS": 60,
        "MAX_TURN": 10_000,
        "MAX_CONVERSATION_ID_CHARS": 200,
    },
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED

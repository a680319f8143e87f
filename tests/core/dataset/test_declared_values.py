"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

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
        "_ROUNDING_PX": 1.0,
        "MAX_BOXES": 500,
        "MAX_LABEL_CHARS": 200,
    },
    "core.dataset.by_image": {
        "MAX_LIMIT": 200,
    },
    "core.dataset.collaboration": {
        "_MIN_LEASED": 4,
        "MAX_NAME_CHARS": 60,
    },
    "core.dataset.completion": {
        "MAX_NAMES": 12,
        "MAX_VALUES": 50,
    },
    "core.dataset.conditions": {
        "SHORT_ANSWER_CHARS": 40,
    },
    "core.dataset.entry_images": {
        "MAX_IMAGES": 32,
    },
    "core.dataset.guidelines.rendering": {
        "MAX_BRACKETS": 1_000,
    },
    "core.dataset.guidelines.service": {
        "MAX_CHARS": 50_000,
    },
    "core.dataset.image_facets": {
        "MAX_DAYS": 21,
    },
    "core.dataset.messages": {
        "MAX_CHARS": 2_000,
        "MAX_NAME_CHARS": 60,
    },
    "core.dataset.queries": {
        "MAX_LIMIT": 1000,
        "MAX_EARLIER_TURNS": 20,
    },
    "core.dataset.query_planner": {
        "_SAMPLE": 300,
        "MAX_SELECTED": 2500,
    },
    "core.dataset.stats": {
        "MAX_VALUES": 200,
        "MAX_BALANCE_CHARS": 40,
    },
    "core.dataset.values": {
        "MAX_SCORE": 5.0,
        "MAX_TEXT_CHARS": 20_000,
        "MAX_TAG_CHARS": 60,
        "MAX_TURN": 10_000,
        "MAX_CONVERSATION_ID_CHARS": 200,
    },
    "core.dataset.vqa": {
        "_MOST_PERIODS": 32,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.dataset.collaboration:CollaborationService.set_review_plan": {"second_percent": 0},
    "core.dataset.conditions:conditions": {"by_index": True},
    "core.dataset.entries:EntryQueries.find_entries": {"limit": 100, "newest_first": False},
    "core.dataset.entries:EntryQueries.image_ids": {"limit": 10000},
    "core.dataset.entries:EntryQueries.decisions_per_day": {"days": 30},
    "core.dataset.filters:Term": {"negated": False},
    "core.dataset.filters:EntryFilter.with_term": {"negated": False},
    "core.dataset.queries:find_entries": {"newest_first": False},
    "core.dataset.service:ImageDatasetService.create_dataset_entry": {"confirmed": False, "turn": 0},
    "core.dataset.service:ImageDatasetService.list_dataset_entries": {"limit": 100, "offset": 0},
    "core.dataset.service:ImageDatasetService.confirm_entry": {"confirmed": True},
    "core.dataset.stats:tag_names": {"limit": 200},
    "core.dataset.stats:balance": {"answers_per_kind": 6},
    "core.dataset.stats:decisions_per_day": {"days": 30},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

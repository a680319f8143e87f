"""Limits and other declared numbers: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

DECLARED: dict[str, dict[str, object]] = {
    "core.questions.answer_service": {
        "MAX_PER_CALL": 10,
    },
    "core.questions.asking": {
        "_CANDIDATES_PER_QUESTION": 4,
    },
    "core.questions.calibration": {
        "_MAX_ROWS_BACK": 2_000,
        "_MAX_CALLS": 50,
    },
    "core.questions.image_sets": {
        "MIN_IMAGES": 2,
        "MAX_IMAGES": 8,
    },
    "core.questions.language": {
        "_MIN_LETTERS": 12,
        "_MIN_CJK_LETTERS": 4,
        "_FIRST_CJK": 0x2E80,
        "_MIN_ANSWER_CHARS": 40,
    },
    "core.questions.recipe": {
        "MAX_EXAMPLES": 4,
        "_GOLDEN_RATIO": (5**0.5 - 1) / 2,
    },
    "core.questions.schema_check": {
        "_MEMORY_BYTES": 1_500_000_000,
        "_MAX_WAITING": 8,
    },
    "core.questions.templates": {
        "MAX_TEMPLATES": 20,
    },
    "core.questions.text": {
        "MAX_QUESTION_CHARS": 2_000,
        "MAX_ANSWER_CHARS": 20_000,
        "REPLY_HEAD_CHARS": 2_000,
    },
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED

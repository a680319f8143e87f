"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read, read_defaults

DECLARED: dict[str, dict[str, object]] = {
    "core.questions.answer_service": {
        "MAX_PER_CALL": 10,
    },
    "core.questions.asking": {
        "_CANDIDATES_PER_QUESTION": 4,
    },
    "core.questions.calibration": {
        "_MARGIN": 0.15,
        "_MAX_ROWS_BACK": 2_000,
        "_MAX_CALLS": 50,
    },
    "core.questions.image_sets": {
        "MIN_IMAGES": 2,
        "MAX_IMAGES": 8,
    },
    "core.questions.language": {
        "_MIN_PROBABILITY": 0.01,
        "_MIN_LETTERS": 12,
        "_MIN_CJK_LETTERS": 4,
        "_FIRST_CJK": 0x2E80,
        "_MIN_ANSWER_CHARS": 40,
    },
    "core.questions.near_repeats": {
        "_MIN_RATIO": 92.0,
        "_MIN_WORD_RATIO": 80.0,
    },
    "core.questions.quoting": {
        "_MAX_CHARS": 1_500,
        "_MAX_PARTS": 40,
        "_MAX_PART_CHARS": 200,
    },
    "core.questions.recipe": {
        "MAX_EXAMPLES": 4,
        "_GOLDEN_RATIO": (5**0.5 - 1) / 2,
    },
    "core.questions.schema_check": {
        "TIMEOUT_S": 2.0,
        "_REFUSED_FOR_S": 60.0,
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
    "core.questions.verifiable": {
        "_MAX_QUOTED_CHARS": 120,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.questions.answer_types:checked_answer": {"one_label": False},
    "core.questions.answering:build_request": {"fresh": False},
    "core.questions.answering:answer": {"fresh": False},
    "core.questions.asking:build_request": {"position": 0},
    "core.questions.asking:first_request": {"position": 0},
    "core.questions.asking:ask": {"position": 0},
    "core.questions.preview:GenerationPreview.request": {"answers": False},
    "core.questions.preview:GenerationPreview.run_trial": {"answers": False},
    "core.questions.preview:GenerationPreview.estimate": {"answers": False},
    "core.questions.recipe:Recipe": {"fresh": False},
    "core.questions.recipe:QuestionRecipe": {
        "num_questions": 3,
        "with_answers": False,
        "only_without_questions": False,
        "only_failed": False,
        "set_size": 4,
        "top_up": False,
    },
    "core.questions.service:ImageQuestionGenerationTask.generate_questions_for_image": {"num_questions": 3},
    "core.questions.service:ImageQuestionGenerationTask.list_questions": {"limit": 100},
    "core.questions.service:ImageQuestionGenerationTask.newest_results": {"limit": 6},
    "core.questions.service:ImageQuestionGenerationTask.add_manual_question": {"one_label": False},
    "core.questions.service:ImageQuestionGenerationTask.target_counts": {"num_questions": 3},
    "core.questions.store:QuestionValues": {"one_label": False},
    "core.questions.store:add_manual_question": {"one_label": False},
    "core.questions.templates:QuestionTemplateService.add_template": {"one_label": False},
    "core.questions.templates:QuestionTemplateService.change_template": {"one_label": False},
}


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS

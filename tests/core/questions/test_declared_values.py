"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import are_frozen, read, read_defaults, read_limits

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
    "core.questions.near_sets": {
        "_CANDIDATES": 32,
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
    "core.questions.answering:answer": {"fresh": False, "verifiable": False},
    "core.questions.answering:build_request": {"fresh": False, "verifiable": False},
    "core.questions.asking:GeneratedQuestions": {"unverifiable": 0},
    "core.questions.preview:GenerationEstimate": {"observed_calls": 0},
    "core.questions.preview:GenerationPreview.count_requests": {"answers": False},
    "core.questions.preview:RequestPreview": {"fixed": 0},
    "core.questions.preview:Trial": {"unverifiable": 0},
    "core.questions.store:ImageResult": {"missing_questions": 0},
    "core.questions.answer_types:checked_answer": {"one_label": False},
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
LIMITS: dict[str, dict[str, object]] = {
    "core.questions.recipe:Recipe": {
        "language": {"default": "en", "maxLength": 60, "minLength": 1},
        "concurrency": {"default": None, "maximum": 64, "minimum": 1},
        "models": {"maxItems": 1, "minItems": 1},
        "verifiable": {"default": False},
        "batch": {"default": False},
    },
    "core.questions.recipe:AnswerRecipe": {
        "models": {"maxItems": 5, "minItems": 1},
    },
}
FROZEN = ["core.questions.recipe:Recipe"]


def test_declared_numbers_have_the_values_that_callers_rely_on() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS


def test_fields_have_the_defaults_and_bounds_that_callers_rely_on() -> None:
    assert read_limits(LIMITS) == LIMITS


def test_what_is_settled_cannot_be_changed_afterwards() -> None:
    assert are_frozen(FROZEN) == dict.fromkeys(FROZEN, True)

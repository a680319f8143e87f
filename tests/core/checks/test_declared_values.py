"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import are_frozen, read, read_defaults, read_limits

DECLARED: dict[str, dict[str, object]] = {
    "core.checks.answers": {
        "LONG_ANSWER_WORDS": 8,
    },
    "core.checks.arena.comparing": {
        "MIN_COMPARED": 20,
    },
    "core.checks.arena.numbers": {
        "MAX_GROUPS": 12,
    },
    "core.checks.arena.scoring": {
        "MIN_PEOPLE": 4,
        "_MIN_VQA": 0.5,
    },
    "core.checks.arena.statistics": {
        "DRAWS": 4_000,
        "_MOST_EXACT": 11,
        "_DRAWS_AT_A_TIME": 250,
    },
    "core.checks.asking.arena": {
        "_MOST_CHARS": 500,
    },
    "core.checks.asking.base": {
        "DEFAULT_SAMPLE": 200,
    },
    "core.checks.asking.clusters": {
        "SAME_MEANING": 0.5,
    },
    "core.checks.asking.consensus": {
        "HIGH_DOUBT": 0.5,
        "MAX_KINDS": 20,
    },
    "core.checks.asking.estimate": {
        "_ENTRIES_TRIED": 5,
    },
    "core.checks.asking.judge": {
        "ASKED_AGAIN": 50,
        "_DRAWS": 10_000,
    },
    "core.checks.asking.second_opinion": {
        "MAX_KINDS": 20,
    },
    "core.checks.asking.task": {
        "_NUMBERS": 1,
        "_REMOVING": 2,
    },
    "core.checks.balance": {
        "_MAX_ROUNDS": 12,
        "_SHARE_A_ROUND": 0.34,
    },
    "core.checks.effort": {
        "MAX_GAP_S": 120.0,
    },
    "core.checks.guess.model": {
        "FOLDS": 5,
        "MAX_ANSWERS": 1_000,
        "_PRIOR_WEIGHT": 8.0,
        "_RIDGE": 1.0,
    },
    "core.checks.guess.report": {
        "MAX_PATTERNS": 10,
        "_MIN_PATTERN_ENTRIES": 5,
        "_MIN_PATTERN_SHARE": 0.5,
        "_SAME_ENTRIES": 0.9,
        "MAX_VALUES": 20,
    },
    "core.checks.guess.vectors": {
        "_HASHED_DIMENSIONS": 768,
    },
    "core.checks.guess.words": {
        "PREFIX_WORDS": 4,
        "SUFFIX_WORDS": 3,
    },
    "core.checks.guessable": {
        "MIN_ENTRIES": 20,
    },
    "core.checks.intervals": {
        "_Z_95": 1.959963984540054,
    },
    "core.checks.judging.agreement": {
        "ACCEPTED_FROM": 3.0,
    },
    "core.checks.judging.biases": {
        "LENGTH_EXCESS": 0.2,
        "POSITION_POINTS": 0.3,
        "OWN_POINTS": 0.5,
        "SAME_SHARE": 0.9,
        "MIN_REVIEWED": 30,
        "MIN_ASKED_AGAIN": 20,
        "MIN_OF_EACH_MODEL": 10,
        "MIN_OF_EACH_VERDICT": 5,
        "_RELIABILITY": 0.8,
    },
    "core.checks.judging.judged": {
        "RESAMPLES": 1_000,
    },
    "core.checks.judging.rubric": {
        "MIN_LINES": 3,
        "MAX_LINES": 5,
        "MIN_LINE_CHARS": 5,
        "MAX_LINE_CHARS": 300,
    },
    "core.checks.judging.scoring": {
        "MIN_SCORE": 1,
        "MAX_SCORE": 5,
        "MAX_REASON_CHARS": 500,
    },
    "core.checks.judging.trust": {
        "MIN_SMALLER_SIDE": 5,
        "MIN_SHARE": 0.7,
        "COIN": 0.5,
    },
    "core.checks.picking.doubt": {
        "_TOP_STARS": 5,
    },
    "core.checks.picking.novelty": {
        "MAX_DIMENSIONS": 128,
        "_UNKNOWN": 0.5,
    },
    "core.checks.progress": {
        "PACE_DAYS": 30,
        "MIN_REVIEW_S": 60.0,
    },
    "core.checks.readable": {
        "_MAX_COUNT": 10**12,
        "_MAX_MONEY": 1e9,
    },
    "core.checks.readers": {
        "USUAL_PERCENT": 3.0,
        "MAX_PERCENT": 20.0,
    },
    "core.checks.reporting.composition": {
        "_MAX_KINDS": 15,
    },
    "core.checks.reporting.examples": {
        "_SIDE_PX": 240,
        "_QUALITY": 70,
        "_MAX_CHARS": 600,
    },
    "core.checks.reporting.measured": {
        "_MAX_FACTS": 30,
    },
    "core.checks.reporting.review": {
        "_MAX_PEOPLE": 12,
    },
    "core.checks.tool_opinions.texts": {
        "NEAR": 0.6,
        "_JOINED": 0.9,
        "_FEWEST_CHARS": 3,
        "MAX_CHARS": 400,
    },
    "core.checks.tool_opinions.thresholds": {
        "PRECISION": 0.9,
        "SUPPORT": 0.98,
        "WRONG_SHARE": 0.1,
        "MIN_EXAMPLES": 40,
        "_FOLDS": 5,
        "NEVER": -1.0,
    },
    "core.checks.tools": {
        "MAX_PARTS": 8,
    },
    "core.checks.twins.candidates": {
        "MIN_CANDIDATES": 6,
        "MAX_CANDIDATES": 24,
        "_MORE": 3,
    },
    "core.checks.verifiable": {
        "MAX_KINDS": 20,
    },
    "core.checks.worth": {
        "MAX_NEXT": 1_000,
        "_MAX_REVIEWED_IMAGES": 256,
        "_ENOUGH_DOUBT": 0.25,
    },
}
DEFAULTS: dict[str, dict[str, object]] = {
    "core.checks.asking.answering:answer_call": {"shows_images": True},
    "core.checks.asking.base:Call": {"model": 0},
    "core.checks.asking.loading:EntryLoader.load": {"with_rejected": False},
    "core.checks.asking.loading:EntryLoader.read": {"with_rejected": True},
    "core.checks.asking.recipe:Drawn": {"compared": 0},
    "core.checks.base:CheckedEntry": {"is_rejected": False},
    "core.checks.judging.judged:resampled_weights": {"seed": 0},
    "core.checks.judging.scoring:request": {"is_reversed": False},
    "core.checks.judging.scoring:scores_of": {"is_reversed": False},
    "core.checks.picking.doubt:Source": {"counts_long": True},
    "core.checks.reporting.content:counted": {"at_most": 20},
    "core.checks.reporting.report:dataset_report": {"seed": 0, "examples": 12},
    "core.checks.reporting.source:Source": {"seed": 0, "examples": 12},
    "core.checks.reporting.source:read_source": {"seed": 0, "examples": 12},
    "core.checks.service:DatasetChecks.pruning": {"keep_confirmed": False},
    "core.checks.service:DatasetChecks.report": {"seed": 0, "examples": 12},
    "core.checks.store:read_entries": {"with_rejected": False},
    "core.checks.twins.drafting:AskedCandidate": {"is_refused": False},
}
LIMITS: dict[str, dict[str, object]] = {
    "core.checks.asking.arena:Options": {
        "instruction": {"default": "", "maxLength": 1000},
    },
    "core.checks.asking.base:AskingOptions": {
        "seed": {"default": 0, "minimum": 0},
        "fresh": {"default": False},
    },
    "core.checks.asking.consensus:Options": {
        "answers": {"default": 5, "maximum": 10, "minimum": 2},
    },
    "core.checks.asking.judge:RatingOptions": {
        "compare": {"default": 100, "maximum": 1000, "minimum": 0},
    },
    "core.checks.asking.recipe:AskingRecipe": {
        "query": {"default": "", "maxLength": 2000},
        "models": {"maxItems": 5, "minItems": 1},
        "concurrency": {"default": None, "maximum": 64, "minimum": 1},
    },
    "core.checks.asking.second_opinion:Options": {
        "with_image": {"default": True},
    },
    "core.checks.balance:Options": {
        "keep_confirmed": {"default": False},
    },
    "core.checks.task:CheckRecipe": {
        "query": {"default": "", "maxLength": 2000},
    },
    "core.checks.twins.task:TwinRecipe": {
        "query": {"default": "", "maxLength": 2000},
        "max_twins": {"default": 200, "maximum": 20_000, "minimum": 1},
        "tries": {"default": 3, "maximum": 24, "minimum": 1},
        "models": {"maxItems": 1, "minItems": 1},
        "concurrency": {"default": None, "maximum": 64, "minimum": 1},
    },
    "core.checks.worth:Options": {
        "count": {"default": 100, "maximum": 1000, "minimum": 1},
        "doubt": {"default": 1.0, "maximum": 10, "minimum": 0},
        "diversity": {"default": 1.0, "maximum": 10, "minimum": 0},
        "balance": {"default": 0.5, "maximum": 10, "minimum": 0},
    },
}
FROZEN = [
    "core.checks.asking.base:AskingOptions",
    "core.checks.asking.recipe:AskingRecipe",
    "core.checks.task:CheckRecipe",
    "core.checks.twins.task:TwinRecipe",
]


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED


def test_what_is_left_out_of_a_call_has_the_value_that_callers_rely_on() -> None:
    assert read_defaults(DEFAULTS) == DEFAULTS


def test_fields_have_the_defaults_and_bounds_that_callers_rely_on() -> None:
    assert read_limits(LIMITS) == LIMITS


def test_what_is_settled_cannot_be_changed_afterwards() -> None:
    assert are_frozen(FROZEN) == dict.fromkeys(FROZEN, True)

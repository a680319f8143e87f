"""Declared limits and defaults: whoever changes one changes it here too, because callers rely on it."""

from tests.declared import read

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


def test_constants_have_the_declared_values() -> None:
    assert read(DECLARED) == DECLARED

"""Two thresholds for each tool, from answers that are known to be right or wrong."""

import random

import pytest

from core.checks.tool_opinions.thresholds import DEFAULTS, MIN_EXAMPLES, NEVER, PRECISION, Example, tuned


def examples(count: int, right_from: float, wrong_to: float) -> list[Example]:
    """Return as many right as wrong answers, with agreements spread evenly from and up to these."""
    chance = random.Random(7)
    right = [Example(n, chance.uniform(right_from, 1.0), True) for n in range(count)]
    return right + [Example(n, chance.uniform(0.0, wrong_to), False) for n in range(count)]


def test_thresholds_are_tuned_on_what_is_known_and_hold_on_other_images() -> None:
    found = tuned("present", examples(400, 0.3, 0.5))
    assert (found.source, found.right, found.wrong) == ("confirmed", 400, 400)
    assert 0.28 < found.thresholds.contradict < 0.34  # from 0.3 on there are right answers, nine times as many
    assert 0.4 < found.thresholds.support <= 0.52  # above it one wrong answer in fifty
    assert found.precision is not None
    assert found.precision > PRECISION - 0.1
    assert found.recall == pytest.approx(0.6, abs=0.06)


def test_with_too_few_examples_the_defaults_stay() -> None:
    found = tuned("present", examples(MIN_EXAMPLES - 1, 0.5, 0.2))
    assert (found.source, found.thresholds, found.precision) == ("default", DEFAULTS["present"], None)


def test_with_just_enough_examples_they_are_tuned() -> None:
    assert tuned("present", examples(MIN_EXAMPLES, 0.5, 0.2)).precision is not None
    more_right = [*examples(MIN_EXAMPLES - 1, 0.5, 0.2), Example(0, 0.9, True)]
    assert tuned("present", more_right).precision is None


def test_a_tool_that_says_nothing_keeps_its_defaults_and_their_measured_precision() -> None:
    found = tuned("absent", examples(200, 0.0, 1.0))
    assert (found.source, found.thresholds) == ("default", DEFAULTS["absent"])
    assert found.precision == pytest.approx(0.1, abs=0.03)  # one answer in ten is wrong, and it flags at random


def test_a_tool_whose_silence_is_not_measured_never_contradicts() -> None:
    assert DEFAULTS["enough"].contradict == NEVER

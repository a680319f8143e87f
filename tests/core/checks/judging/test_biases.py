"""Planted judges: each bias is named, and an honest judge is accused of none."""

import pytest

from core.checks.judging.biases import biases, of_length, of_one_score, of_own_answers, of_position
from core.checks.judging.judged import Judged
from tests.core.checks.judging.planted import Kind, planted

PLANTED: list[tuple[Kind, str]] = [
    ("long answers", "length"), ("first line", "position"), ("last line", "position"), ("five", "one score"),
    ("own answers", "own answers"),
]  # fmt: skip


def _found(entries: list[Judged]) -> list[str]:
    return [bias.name for bias in biases(entries) if bias.found]


@pytest.mark.parametrize(("kind", "name"), PLANTED)
def test_a_planted_bias_is_named_and_no_other(kind: Kind, name: str) -> None:
    assert [_found(planted(kind, seed)) for seed in range(3)] == [[name]] * 3


@pytest.mark.parametrize("kind", ["honest", "short answers"])
def test_an_honest_judge_and_one_that_likes_short_answers_are_accused_of_nothing(kind: Kind) -> None:
    assert [_found(planted(kind, seed)) for seed in range(3)] == [[]] * 3


def test_long_answers_that_people_like_too_are_no_bias() -> None:
    honest = planted("honest", 1, people_like_length=0.5)
    bias = of_length(honest)
    assert bias.effect is not None
    assert (bias.found, bias.effect < 0) == (False, True)


def test_the_position_is_told_with_its_direction_in_points() -> None:
    first, last = of_position(planted("first line", 1)), of_position(planted("last line", 1))
    assert first.effect == pytest.approx(0.8, abs=0.2)
    assert last.effect == pytest.approx(-0.8, abs=0.2)
    assert first.entries == 30


def test_too_little_to_tell_is_neither_found_nor_excluded() -> None:
    few = planted("five", 1, 12)
    assert [bias.found for bias in biases(few)] == [None, None, None, None]
    assert of_own_answers([Judged(n, 9, True, (5,), accepted=bool(n % 2)) for n in range(60)]).found is None
    assert of_length([Judged(n, 9, True, (5,), accepted=bool(n % 2)) for n in range(60)]).found is None


def test_one_score_is_found_only_when_rejected_entries_get_it_too() -> None:
    entries = [Judged(n, 9, False, (5,), accepted=True) for n in range(95)]
    worse = [Judged(n, 9, False, (2,), accepted=False) for n in range(95, 100)]
    assert of_one_score(entries + worse).found is False
    same = [Judged(n, 9, False, (5,), accepted=False) for n in range(95, 100)]
    assert of_one_score(entries + same).effect == 1.0


@pytest.mark.prove
@pytest.mark.parametrize("people_like_length", [0.0, 0.5])
@pytest.mark.parametrize("has_stars", [False, True])
@pytest.mark.parametrize("entries", [40, 100, 300])
def test_honest_judges_are_accused_in_at_most_5_of_100_runs(
    people_like_length: float, has_stars: bool, entries: int
) -> None:
    runs = [
        _found(planted("honest", seed, entries, people_like_length=people_like_length, has_stars=has_stars))
        for seed in range(200)
    ]
    assert sum(map(bool, runs)) <= 10


@pytest.mark.prove
def test_an_own_model_that_people_find_better_too_is_not_favored() -> None:
    runs = [_found(planted("honest", seed, 100, own_is_better=0.8)) for seed in range(200)]
    assert sum(map(bool, runs)) <= 10


@pytest.mark.prove
@pytest.mark.parametrize(("kind", "name"), PLANTED)
def test_planted_biases_are_named_in_at_least_95_of_100_runs(kind: Kind, name: str) -> None:
    assert sum(name in _found(planted(kind, seed)) for seed in range(200)) >= 190


@pytest.mark.parametrize(("own", "others", "is_told"), [(10, 10, True), (9, 10, False), (10, 9, False)])
def test_own_answers_are_compared_where_each_side_has_ten_that_people_decided(
    own: int, others: int, is_told: bool
) -> None:
    entries = [
        Judged(number, 100, number < own, (1 + number % 5,), accepted=number % 2 == 0) for number in range(own + others)
    ]
    undecided = [Judged(99, 100, is_own, (3,)) for is_own in (True, False)]

    bias = of_own_answers(entries + undecided)

    assert (bias.found is not None, bias.effect is not None, bias.entries) == (is_told, is_told, own)


@pytest.mark.parametrize(("accepted", "rejected", "share"), [(5, 5, 1.0), (4, 5, None), (5, 4, None)])
def test_one_score_is_told_where_five_of_each_verdict_are_known(
    accepted: int, rejected: int, share: float | None
) -> None:
    verdicts = [True] * accepted + [False] * rejected

    bias = of_one_score([Judged(number, 100, False, (4,), accepted=told) for number, told in enumerate(verdicts)])

    assert (bias.found, bias.effect) == (True if share else None, share)
    assert bias.entries == accepted + rejected

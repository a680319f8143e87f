"""Choosing references: typical and diverse, no near-duplicates, no outliers, deterministic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageEnhance

from core.style.features import LENGTH, StyleFeatures, measure_style
from core.style.references import (
    ENOUGH,
    EXCLUDED,
    IN_ORDER,
    NEAR_DUPLICATE,
    NOT_ANALYZED,
    OTHER_CONTENT,
    OUTLIER,
    Candidate,
    choose_references,
    pick_diverse,
)
from tests.conftest import PROVE
from tests.core.style.looks import COLD_GRAINY, WARM_SOFT, drawn
from tests.cpu_time import cost_s, takes_at_most

WARM = [Candidate(f"warm-{content}", measure_style(drawn(WARM_SOFT, content))) for content in range(12)]


def random_candidates(count: int, seed: int = 0) -> list[Candidate]:
    chance = np.random.default_rng(seed)
    centers = chance.normal(0, 8, (8, LENGTH))
    vectors = (centers[chance.integers(0, 8, count)] + chance.normal(0, 1, (count, LENGTH))).astype(np.float32)
    hashes = chance.integers(0, 256, (count, 2, 32), dtype=np.uint8)
    return [
        Candidate(
            f"{number:05}", StyleFeatures(vectors[number], hashes[number, 0].tobytes(), hashes[number, 1].tobytes())
        )
        for number in range(count)
    ]


def test_the_wanted_number_is_chosen_and_the_others_have_a_reason() -> None:
    choice = choose_references(WARM, 5)

    assert len(choice.picks) == 5
    assert {pick.id for pick in choice.picks}.isdisjoint(choice.left_out)
    assert len(choice.left_out) == 7
    assert set(choice.left_out.values()) <= {ENOUGH, OUTLIER, NEAR_DUPLICATE}


def test_the_components_are_computed_once_while_images_are_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    monkeypatch.setattr(
        np.linalg, "eigh", lambda given, real=np.linalg.eigh: computed.append(len(given)) or real(given)
    )
    candidates = random_candidates(40, seed=7)
    off = [choose_references(candidates, 5, excluded=[c.id for c in candidates[:count]]) for count in range(3)]
    assert computed == [LENGTH]
    assert len({choice.picks for choice in off}) > 1


def test_the_choice_is_deterministic() -> None:
    assert choose_references(WARM, 6) == choose_references(WARM, 6)


def test_every_pick_has_a_reason_in_words() -> None:
    reasons = [pick.reason for pick in choose_references(WARM, 5).picks]

    assert all(reason.startswith(("typical ", "adds ")) for reason in reasons)


def test_pinned_images_come_first_in_their_order_and_excluded_ones_never() -> None:
    choice = choose_references(WARM, 4, pinned=["warm-7", "warm-2"], excluded=["warm-3"])

    assert [pick.id for pick in choice.picks[:2]] == ["warm-7", "warm-2"]
    assert [pick.pinned for pick in choice.picks] == [True, True, False, False]
    assert choice.left_out["warm-3"] == EXCLUDED


def test_an_excluded_image_is_not_chosen_even_when_pinned() -> None:
    choice = choose_references(WARM, 4, pinned=["warm-7"], excluded=["warm-7"])

    assert "warm-7" not in {pick.id for pick in choice.picks}


def test_of_too_many_pinned_images_the_first_are_chosen() -> None:
    choice = choose_references(WARM, 2, pinned=["warm-1", "warm-4", "warm-9"])

    assert [pick.id for pick in choice.picks] == ["warm-1", "warm-4"]


def test_two_picks_of_two_groups_are_one_of_each() -> None:
    chance = np.random.default_rng(0)
    large, small = chance.normal(0, 1, (40, 6)), chance.normal(0, 1, (20, 6)) + 12

    picked, _ = pick_diverse(np.concatenate([large, small]).astype(np.float32), 2)

    assert {index < 40 for index in picked} == {True, False}


def test_a_near_duplicate_is_not_chosen_twice() -> None:
    brighter = ImageEnhance.Brightness(drawn(WARM_SOFT, 0)).enhance(1.04)
    pool = [*WARM[:5], Candidate("again", measure_style(brighter))]

    choice = choose_references(pool, 6)

    assert len({"warm-0", "again"} & {pick.id for pick in choice.picks}) == 1
    assert NEAR_DUPLICATE in choice.left_out.values()


def test_an_outlier_is_left_out_and_named_as_one() -> None:
    pool = [*WARM, Candidate("odd", measure_style(drawn(COLD_GRAINY, 1)))]

    choice = choose_references(pool, 10)

    assert choice.left_out["odd"] == OUTLIER


def test_an_outlier_can_still_be_pinned() -> None:
    pool = [*WARM, Candidate("odd", measure_style(drawn(COLD_GRAINY, 1)))]

    assert choose_references(pool, 3, pinned=["odd"]).picks[0].id == "odd"


def test_images_without_features_come_last_in_their_order() -> None:
    pool = [Candidate("a", None), *WARM[:2], Candidate("b", None), Candidate("c", None)]

    choice = choose_references(pool, 4)

    assert [pick.id for pick in choice.picks[2:]] == ["a", "b"]
    assert [pick.reason for pick in choice.picks[2:]] == [IN_ORDER, IN_ORDER]
    assert choice.left_out["c"] == NOT_ANALYZED


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_of_zero_or_less_chooses_none(count: int) -> None:
    assert choose_references(WARM, count).picks == ()


def test_of_an_empty_dataset_none_is_chosen() -> None:
    assert choose_references([], 5).picks == ()


@settings(max_examples=500 if PROVE else 15)
@given(count=st.integers(0, 8), pool=st.integers(0, 12), seed=st.integers(0, 5))
def test_every_candidate_is_either_chosen_once_or_left_out_with_a_reason(count: int, pool: int, seed: int) -> None:
    candidates = random_candidates(pool, seed)

    choice = choose_references(candidates, count)

    chosen = [pick.id for pick in choice.picks]
    assert len(chosen) == len(set(chosen)) <= count
    assert set(chosen) | set(choice.left_out) == {candidate.id for candidate in candidates}
    assert set(chosen).isdisjoint(choice.left_out)


def test_the_time_of_a_choice_grows_no_faster_than_the_candidates() -> None:
    few, many = random_candidates(625), random_candidates(10_000)
    assert len(choose_references(many, 14).picks) == 14
    # Sixteen times the candidates: something quadratic takes 256 times as long.
    limit_s = 120 * cost_s(lambda: choose_references(few, 14))
    assert takes_at_most(limit_s, lambda: choose_references(many, 14))


def _with_contents(seed: int) -> tuple[list[Candidate], dict[str, int]]:
    """Return images of one style that show six things, most of them the first, and what each of them shows."""
    chance = np.random.default_rng(seed)
    shown = [0] * 60 + [number for number in range(1, 6) for _ in range(6)]
    centers = chance.normal(0, 1, (6, 64))
    points = chance.normal(0, 1, (len(shown), LENGTH)).astype(np.float32)
    hashes = chance.integers(0, 256, (len(shown), 2, 32), dtype=np.uint8)
    candidates = []
    for number, content in enumerate(shown):
        vector = centers[content] + chance.normal(0, 0.7, 64)
        features = StyleFeatures(points[number], hashes[number, 0].tobytes(), hashes[number, 1].tobytes())
        candidates.append(Candidate(f"{number:03}", features, (vector / np.linalg.norm(vector)).astype(np.float32)))
    return candidates, {candidate.id: content for candidate, content in zip(candidates, shown, strict=True)}


def test_with_vectors_the_references_show_more_different_things() -> None:
    alone, together = [], []
    for seed in range(10):
        candidates, shows = _with_contents(seed)
        without = [Candidate(candidate.id, candidate.features) for candidate in candidates]
        alone.append(len({shows[pick.id] for pick in choose_references(without, 6).picks}))
        together.append(len({shows[pick.id] for pick in choose_references(candidates, 6).picks}))
    # Of six things: 2.9 on average by style alone, and all six with vectors.
    assert np.mean(alone) < 4
    assert np.mean(together) > 5.5


def test_a_reference_that_shows_something_else_says_so() -> None:
    candidates, shows = _with_contents(1)
    picks = choose_references(candidates, 8).picks
    seen: set[int] = set()
    for pick in picks:
        assert (OTHER_CONTENT in pick.reason) is (bool(seen) and shows[pick.id] not in seen)
        assert pick.reason.startswith(("typical ", "adds "))
        seen.add(shows[pick.id])


def test_an_outlier_of_style_is_not_chosen_for_what_it_shows() -> None:
    candidates, _ = _with_contents(2)
    odd = StyleFeatures(candidates[0].features.vector + 60, bytes(32), bytes(32))  # type: ignore[union-attr]
    other = np.zeros(64, np.float32)
    other[0] = 1
    choice = choose_references([*candidates, Candidate("odd", odd, other)], 6)
    assert choice.left_out["odd"] == OUTLIER


def test_images_without_a_vector_are_compared_by_style_alone() -> None:
    candidates, _ = _with_contents(3)
    few = [Candidate(c.id, c.features, c.vector if number < 40 else None) for number, c in enumerate(candidates)]
    without = [Candidate(c.id, c.features) for c in candidates]
    assert choose_references(few, 6) == choose_references(without, 6)  # fewer than half have one
    half = [Candidate(c.id, c.features, None if number % 3 == 0 else c.vector) for number, c in enumerate(candidates)]
    assert len(choose_references(half, 6).picks) == 6

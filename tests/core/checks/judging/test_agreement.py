import numpy as np
import pytest

from core.checks.judging.agreement import agreement
from core.checks.judging.judged import Judged
from tests.core.checks.judging.planted import planted


def _entry(number: int, accepted: bool | None, *scores: int, stars: float = 0.0) -> Judged:
    return Judged(number, 20, False, scores, accepted=accepted, rated=stars)


def test_the_share_is_that_of_pairs_that_the_judge_ranks_as_people_do_and_ties_count_half() -> None:
    found = agreement([
        _entry(1, True, 5, 5), _entry(2, True, 3, 4), _entry(3, False, 3, 4), _entry(4, False, 1, 5),
        _entry(5, None, 1, 1),
    ])  # fmt: skip
    # 5 > 3.5, 5 > 3, 3.5 = 3.5, 3.5 > 3: three and a half of four.
    assert found.share == 3.5 / 4
    assert (found.reviewed, found.smaller_side) == (4, 2)
    # By the first line alone 5 > 3, 5 > 1, 3 = 3, 3 > 1; by the second 5 > 4, 5 = 5, 4 = 4, 4 < 5.
    assert found.by_line == (3.5 / 4, 2 / 4)
    # Both rejected entries have a mean of at least 3.
    assert (found.verdicts, found.same_verdicts) == (4, 2)


def test_stars_alone_can_be_compared_too() -> None:
    found = agreement([_entry(1, None, 5, stars=4), _entry(2, None, 2, stars=3.5), _entry(3, None, 3, stars=1)])
    assert (found.share, found.reviewed, found.verdicts, found.alpha) == (2 / 3, 3, 0, None)


def test_alpha_is_krippendorffs_of_the_verdicts() -> None:
    found = agreement([_entry(1, True, 4), _entry(2, True, 2), _entry(3, False, 2), _entry(4, False, 1)])
    # Of the 8 values 3 accept and 5 reject; 1 of 4 pairs differs: 1 - (2 / 8) / (2 * 3 * 5 / (8 * 7)).
    assert found.alpha == pytest.approx(1 - (2 / 8) / (30 / 56))


def test_nothing_to_compare_has_no_share() -> None:
    found = agreement([_entry(1, True, 4), _entry(2, None, 2)])
    assert (found.share, found.low, found.reviewed, found.by_line) == (None, None, 0, (None,))
    assert agreement([]).by_line == ()


def test_a_judge_that_gives_what_a_coin_gives_agrees_in_half_of_the_pairs() -> None:
    found = agreement(planted("coin", 3, 400))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.15


@pytest.mark.prove
def test_the_interval_covers_the_true_share_in_93_to_97_of_100_runs() -> None:
    truth = np.mean([agreement(planted("honest", seed, 2_000)).share for seed in range(1_000, 1_010)])
    found = [agreement(planted("honest", seed, 120)) for seed in range(500)]
    assert 465 <= sum(one.low <= truth <= one.high for one in found if one.low and one.high) <= 488

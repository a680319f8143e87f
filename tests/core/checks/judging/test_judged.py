import numpy as np
import pytest

from core.checks.judging.judged import Judged, interval, people_prefer, resampled_weights


def test_people_put_confirmed_above_rejected_and_more_stars_above_less() -> None:
    entries = [
        Judged(1, 9, False, (3,), accepted=True),
        Judged(2, 9, False, (3,), accepted=False, rated=5.0),
        Judged(3, 9, False, (3,), accepted=True, rated=4.0),
        Judged(4, 9, False, (3,), rated=2.5),
        Judged(5, 9, False, (3,)),
        Judged(6, 9, False, (3,), rated=1.0),
        Judged(7, 9, False, (3,), rated=0.5),
    ]
    pairs = {(int(above), int(below)) for above, below in np.argwhere(people_prefer(entries))}
    assert pairs == {(0, 1), (2, 1), (2, 3), (2, 5), (2, 6), (3, 5), (3, 6), (5, 6)}


def test_entries_of_one_family_are_drawn_together() -> None:
    weights = resampled_weights([Judged(family, 9, False, (3,)) for family in (7, 7, 8, 9)])
    assert (weights[:, 0] == weights[:, 1]).all()
    assert not (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_the_interval_leaves_half_of_the_rest_on_each_side_and_needs_defined_values() -> None:
    assert interval(np.arange(1001) / 1000) == pytest.approx((0.025, 0.975))
    assert interval(np.full(1000, np.nan)) is None

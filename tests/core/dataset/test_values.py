import math

import pytest

from core.dataset.values import normal_score, normal_tags
from core.errors import InvalidInputError


@pytest.mark.parametrize(("score", "expected"), [(0, 0.0), (0.5, 0.5), (4.5, 4.5), (5, 5.0), ("3.5", 3.5)])
def test_a_score_is_a_half_from_0_to_5(score: object, expected: float) -> None:
    assert normal_score(score) == expected


@pytest.mark.parametrize("score", [-0.5, 0.25, 4.75, 5.5, 6, math.nan, math.inf, True, None])
def test_a_score_in_quarters_or_outside_0_to_5_is_refused(score: object) -> None:
    with pytest.raises(InvalidInputError, match="A score is 0 to 5 in steps of a half"):
        normal_score(score)


def test_a_tag_has_at_most_60_characters() -> None:
    assert normal_tags("x" * 60) == "x" * 60
    with pytest.raises(InvalidInputError, match="Shorten the tag to at most 60 characters"):
        normal_tags("x" * 61)

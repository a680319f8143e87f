"""What a value of an archive may be, and which of its vectors are stored."""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from core.moving import rows
from core.moving.checking import UsableVectors
from core.vision.vectors.rows import packed

LONG, SIDE = 2**63, 2**31
INF = float("inf")


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (rows._Int, [-LONG, 0, LONG - 1], [-LONG - 1, LONG]),
        (rows._Float, [-1.5, 0.0], [INF, -INF, float("nan")]),
        (rows._STRICTER["images", "size"], [0, LONG - 1], [-1, LONG]),
        (rows._STRICTER["images", "width"], [None, 0, SIDE - 1], [-1, SIDE]),
        (rows._STRICTER["llm_calls", "prompt_tokens"], [None, 0, LONG - 1], [-1, LONG]),
        (rows._STRICTER["llm_calls", "cost"], [None, 0.0, 0.5], [-0.5, INF]),
        (rows._STRICTER["image_datasets", "score"], [0, 5], [-0.5, 5.5]),
        (rows._STRICTER["projects", "name"], ["x", "x" * 200], ["", "x" * 201]),
        (rows._STRICTER["model_profiles", "name"], ["x", "x" * 200], ["", "x" * 201]),
    ],
)
def test_a_value_lies_within_its_bounds(rule: Any, good: list[Any], bad: list[Any]) -> None:
    adapter = TypeAdapter[Any](rule)
    assert [adapter.validate_python(value) for value in good] == good
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_of_each_kind_the_vectors_of_the_size_that_most_have_are_stored() -> None:
    vectors = UsableVectors()
    short, long, none = packed(np.eye(3)[0]), packed(np.eye(4)[0]), packed(np.zeros(3))
    for kind, vector, times in (("a", short, 2), ("a", long, 1), ("a", none, 3), ("b", long, 1)):
        for _ in range(times):
            vectors.add(kind, vector)
    assert vectors.left_out == 4
    stored = [vectors.has(*one) for one in (("a", short), ("a", long), ("a", none), ("b", long), ("c", short))]
    assert stored == [True, False, False, True, False]

import pytest

from core.checks.asking.clusters import clusters, doubt


@pytest.mark.parametrize(
    ("answers", "answer_type", "expected"),
    [
        (["3", "three", "3 cups", "4"], "text", [0, 0, 0, 1]),
        (["Yes.", "yes, there is", "no"], "text", [0, 0, 1]),
        (["sofa", "a couch", "bathroom"], "text", [0, 0, 1]),
        (["The cup is left of the plate.", "The cup is right of the plate."], "text", [0, 1]),
        (["A red bus is parked there.", "A blue bus is parked there."], "text", [0, 1]),
        (["It is open", "It is not open"], "text", [0, 1]),
        (["Two children play football in a park.", "2 kids are playing soccer in the park."], "text", [0, 0]),
        (['["cup", "dog"]', '["dog", "cup"]', '["dog"]'], "label", [0, 0, 1]),
        (['{"a": 1, "b": 2}', '{"b": 2, "a": 1}', '{"a": 2}'], "custom_format", [0, 0, 1]),
    ],
)
def test_answers_that_mean_the_same_are_one_cluster(answers: list[str], answer_type: str, expected: list[int]) -> None:
    assert clusters(answers, answer_type) == expected


def test_doubt_is_none_when_all_agree_and_full_when_no_two_do() -> None:
    assert doubt([5]) == doubt([1]) == doubt([]) == 0
    assert doubt([1, 1, 1, 1]) == pytest.approx(1)
    assert doubt([4, 1]) == pytest.approx(0.311, abs=0.001)  # (0.8 ln 1.25 + 0.2 ln 5) / ln 5
    assert doubt([3, 2]) > doubt([4, 1])

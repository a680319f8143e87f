import pytest

from core.dataset.vqa import best_accuracy, normal_answer, vqa_accuracy


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Two", "2"),
        ("none", "0"),
        ("a red bus.", "red bus"),
        ("The Dont walk sign", "don't walk sign"),
        ("black/white", "black white"),
        ("yes, it is!", "yes it is"),
        ("1,000", "1000"),
        ("3.5 m", "3.5 m"),
        ("mid-air", "mid air"),
        ("  two \n cats ", "2 cats"),
    ],
)
def test_answers_are_normalized_as_in_the_challenge(answer: str, expected: str) -> None:
    assert normal_answer(answer) == expected


@pytest.mark.parametrize(
    ("alike", "expected"),
    [(0, 0.0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)],
)
def test_accuracy_with_ten_people_has_the_published_values(alike: int, expected: float) -> None:
    people = ["cat"] * alike + [f"other {number}" for number in range(10 - alike)]
    assert vqa_accuracy("cat", people) == pytest.approx(expected)


def test_answers_are_normalized_only_where_people_differ() -> None:
    assert vqa_accuracy("cat.", ["cat"] * 10) == 0.0
    assert vqa_accuracy("cat.", ["cat"] * 9 + ["dog"]) == 1.0


def test_two_people_who_agree_reach_a_third() -> None:
    assert best_accuracy(["yes", "yes"]) == pytest.approx(1 / 3)
    assert best_accuracy([]) == 0.0

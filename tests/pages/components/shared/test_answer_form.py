import pytest

from pages.components.shared import answer_form


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('["red", "green"]', "red, green"),
        ("[]", ""),
        ("[a bracket", "[a bracket"),
        ('{"count": 2}', '{"count": 2}'),
        ("2", "2"),
    ],
)
def test_labels_are_joined_by_commas_and_other_answers_are_unchanged(answer: str, words: str) -> None:
    assert answer_form.readable_answer(answer) == words

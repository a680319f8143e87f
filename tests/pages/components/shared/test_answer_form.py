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
def test_labels_are_shown_as_people_write_them_and_other_answers_as_they_are(answer: str, words: str) -> None:
    assert answer_form.in_words(answer) == words

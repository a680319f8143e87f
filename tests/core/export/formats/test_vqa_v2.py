"""VQA v2: the answers to one question are one row."""

import pytest

from core.export.entries import Entry
from tests.core.export.formats.sample import entry, rows


@pytest.mark.parametrize(
    ("entries", "answers"),
    [
        ([entry(1, "One?", "a", question_id="q"), entry(2, "Other?", "b", question_id="q")], [["a", "b"]]),
        ([entry(1, "One?", "a", question_id="q"), entry(2, "One?", "b", question_id="r")], [["a"], ["b"]]),
        ([entry(1, "One?", "b"), entry(2, " ONE? ", "b"), entry(3, "Two?", "c")], [["b", "b"], ["c"]]),
    ],
)
def test_entries_of_one_question_are_its_answers(entries: list[Entry], answers: list[list[str]]) -> None:
    made = [row["annotation"] for row in rows("vqa-v2", *entries)]

    assert [[answer["answer"] for answer in one["answers"]] for one in made] == answers
    assert [[answer["answer_id"] for answer in one["answers"]] for one in made] == [
        [*range(1, len(found) + 1)] for found in answers
    ]


def test_the_first_of_several_most_frequent_answers_is_the_chosen_one() -> None:
    asked = [entry(number, "One?", answer) for number, answer in enumerate(("a", "b", "b", "a", "c"))]

    assert [row["annotation"]["multiple_choice_answer"] for row in rows("vqa-v2", *asked)] == ["a"]
    assert [row["annotation"]["multiple_choice_answer"] for row in rows("vqa-v2", *asked[1:])] == ["b"]

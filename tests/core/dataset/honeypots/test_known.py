import pytest

from core import ImageDatasets
from core.dataset.honeypots.known import is_same, wrong_answer


def _entry(answer: str, answer_type: str = "text", options: list[str] | None = None) -> ImageDatasets:
    return ImageDatasets(
        project_id="p", image_id="i", image_name="i.jpg", question="?", answer=answer, answer_type=answer_type,
        options=options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [("yes", {"no"}), ("No.", {"Yes."}), ("YES", {"NO"}), ("3", {"2", "4", "5"}), ("0", {"1", "2"})],
)
def test_a_wrong_answer_is_made_where_it_is_surely_wrong(answer: str, wrong: set[str]) -> None:
    made = {wrong_answer(_entry(answer)) for _ in range(60)}
    assert made == wrong


def test_a_wrong_label_is_another_of_the_options() -> None:
    entry = _entry('["cat"]', "label", ["cat", "dog", "bird"])
    assert {wrong_answer(entry) for _ in range(60)} == {'["dog"]', '["bird"]'}


@pytest.mark.parametrize("answer", ["a red bus", "yes, two of them", "3 or 4", "12345"])
def test_free_texts_have_no_wrong_answer(answer: str) -> None:
    assert wrong_answer(_entry(answer)) is None
    assert wrong_answer(_entry('["cat", "dog"]', "label", ["cat", "dog", "bird"])) is None
    assert wrong_answer(_entry('{"a": 1}', "custom_format")) is None
    assert wrong_answer(_entry("3", "custom_format")) is None


def test_answers_are_compared_by_words_and_values() -> None:
    assert is_same("The bus.", "bus", "text")
    assert is_same('["a", "b"]', '["b","a"]', "label")
    assert not is_same('["a"]', '["b"]', "label")

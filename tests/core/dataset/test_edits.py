from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService

Make = Callable[..., ImageDatasets]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"question": "How many mugs?"}, ""),
        ({"answer": "four"}, ""),
        ({"answer": "three"}, "odd language"),
        ({"note": "counted twice"}, "odd language"),
        ({"answer": "four", "needs_review": "too short"}, "too short"),
    ],
)
def test_a_new_question_or_answer_clears_the_reason_for_review(
    make: Make, dataset: ImageDatasetService, changes: dict[str, str], expected: str
) -> None:
    entry = make("How many cups?", "three")
    dataset.update_dataset_entry(entry.id, needs_review="odd language")
    assert dataset.update_dataset_entry(entry.id, **changes).needs_review == expected


def test_only_a_rejected_entry_has_a_reason_for_rejection(make: Make, dataset: ImageDatasetService) -> None:
    entry = make()
    assert dataset.update_dataset_entry(entry.id, reject_reason="duplicate").reject_reason == ""
    assert dataset.update_dataset_entry(entry.id, rejected=True, reject_reason="duplicate").reject_reason == "duplicate"
    assert dataset.update_dataset_entry(entry.id, reject_reason="bad question").reject_reason == "bad question"
    reopened = dataset.update_dataset_entry(entry.id, rejected=False)
    assert (reopened.decision, reopened.reject_reason) == ("open", "")


@pytest.mark.parametrize(("model", "generated"), [("openai/gpt-4o", ("How many cups?", "three")), ("", ("", ""))])
def test_only_an_entry_of_a_model_stores_the_generated_question_and_answer(
    make: Make, dataset: ImageDatasetService, model: str, generated: tuple[str, str]
) -> None:
    entry = make("How many cups?", "three", model=model)
    after = dataset.update_dataset_entry(entry.id, question="How many mugs?", answer="four")
    assert (after.generated_question or "", after.generated_answer or "") == generated

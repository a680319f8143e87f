from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.dataset import parse_search
from core.dataset.honeypots.known import draw, is_same, wrong_answer
from core.db import Database, Honeypots


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


def test_a_reader_gets_no_entry_twice_and_others_get_it_too(
    make: Callable[..., ImageDatasets], dataset: ImageDatasetService, db: Database, project: Projects
) -> None:
    entry = make()
    copy = make("Copy?")
    dataset.confirm_entry(entry.id, actor="olga")

    def drawn(reader: str) -> list[str]:
        with db.reading() as session:
            known = draw(session, project.id, "is:confirmed", parse_search(""), reader, 5, "")
            return [one.source.id for one in known]

    assert (drawn("ann"), drawn("ben"), drawn("olga")) == ([entry.id], [entry.id], [])
    with db.transaction() as session:
        session.add(
            Honeypots(
                project_id=project.id, entry_id=copy.id, source_id=entry.id, behind_id=entry.id, reader="ann",
                shown_answer="three", is_right=True,
            )
        )  # fmt: skip
    assert (drawn("ann"), drawn("ben")) == ([], [entry.id])

"""What of a model's answers is stored, and what is left as it is."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import ImageDatasets, Images, Projects, Questions
from core.dataset.filters import EntryFilter
from core.db import question_key
from core.errors import ConflictError, NotFoundError
from core.questions import answering, examples, store
from core.questions.answering import GeneratedAnswers
from core.questions.store import Origin
from core.services import Services
from core.vision.boxes import BoxReading
from tests.pictures import png

ORIGIN = Origin("openai/small", "en")


def _question(services: Services, image: Images, text: str = "What is it?", **more: Any) -> Questions:
    question = Questions(
        project_id=image.project_id, image_id=image.id, question=text, question_key=question_key(text), language="en",
        **more,
    )  # fmt: skip
    with services.db.transaction() as session:
        session.add(question)
        session.flush()
        session.expunge(question)
    return question


def _store(
    services: Services, image: Images, question: Questions, answer: str, boxes: BoxReading | None = None
) -> bool:
    with services.db.transaction() as session:
        return store.store_answer(session, image, question, answer, ORIGIN, boxes)


def _entries(services: Services, project: Projects) -> list[ImageDatasets]:
    return list(services.entries.find_entries(project.id, EntryFilter()).items)


def test_a_new_answer_of_a_model_replaces_its_earlier_one_in_the_next_version(
    services: Services, project: Projects, images: list[Images]
) -> None:
    question = _question(services, images[0])
    assert _store(services, images[0], question, "A cup")
    (before,) = _entries(services, project)
    assert _store(services, images[0], question, "A mug")
    (after,) = _entries(services, project)

    assert (after.id, after.answer, after.version) == (before.id, "A mug", before.version + 1)
    with pytest.raises(ConflictError):
        services.review.decide(before.id, before.version, "confirm")


def test_an_answer_that_a_person_has_reviewed_stays_and_the_new_one_counts_as_not_stored(
    services: Services, project: Projects, images: list[Images]
) -> None:
    question = _question(services, images[0])
    _store(services, images[0], question, "A cup")
    (entry,) = _entries(services, project)
    services.review.decide(entry.id, entry.version, "confirm")

    assert not _store(services, images[0], question, "A mug")
    assert _entries(services, project)[0].answer == "A cup"


@pytest.mark.parametrize(
    ("boxes", "problem", "stored"),
    [
        (None, "", None),
        (BoxReading([{"label": "cup"}]), "", [{"label": "cup"}]),
        (BoxReading([], "No box could be read."), "No box could be read.", None),
    ],
)
def test_the_boxes_of_an_answer_are_stored_with_what_is_wrong_about_them(
    services: Services, project: Projects, images: list[Images], boxes: Any, problem: str, stored: Any
) -> None:
    values = store.entry_values(images[0], _question(services, images[0]), "A cup", ORIGIN, boxes)

    assert values["needs_review"] == problem
    assert values["boxes"] == stored


@pytest.mark.parametrize(
    ("answers", "unverifiable", "reusable"),
    [({}, 0, True), ({}, 1, False), ({"q": "A"}, 1, True), ({"q": "A"}, 0, True)],
)
def test_a_reply_is_used_again_unless_all_its_answers_were_refused(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, str], unverifiable: int, reusable: bool
) -> None:
    settled: list[bool] = []
    ledger: Any = SimpleNamespace(settle=lambda session, reply, reusable: settled.append(reusable))
    reply: Any = SimpleNamespace(model="openai/small", call_id=1)
    question: Any = SimpleNamespace(id="q")
    monkeypatch.setattr(store, "store_answer", lambda *args: True)
    nothing: Any = None

    generated = GeneratedAnswers([question], answers, "Ask.", [reply, reply], {}, unverifiable)
    count = answering.store_answers(nothing, ledger, nothing, generated, "en", None)

    assert settled == [reusable, reusable]
    assert count == len(answers)


def test_an_example_of_the_only_image_is_suggested(services: Services, project: Projects) -> None:
    (added,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert added.image is not None
    entry = services.dataset.create_dataset_entry(project.id, added.image.id, "What?", "A", confirmed=True)

    with services.db.reading() as session:
        assert examples.suggest(session, project.id, entry.language, 3) == [entry.id]


def test_a_question_of_a_person_needs_an_image_of_the_library(services: Services, images: list[Images]) -> None:
    with pytest.raises(NotFoundError):
        services.questions.add_manual_question("gone", "What is it?")
    services.library.delete_images([images[0].id])
    with pytest.raises(NotFoundError):
        services.questions.add_manual_question(images[0].id, "What is it?")


def test_a_question_about_a_set_is_not_one_about_its_first_image(services: Services, images: list[Images]) -> None:
    one, other, third = (image.id for image in images)
    _question(services, images[0], "Of one?")
    _question(services, images[0], "Of both?", more_image_ids=other)

    with services.db.reading() as session:
        assert store.question_texts(session, [one], "en") == ["Of one?"]
        assert store.question_texts(session, [one, other], "en") == ["Of both?"]
        assert store.question_texts(session, [one, third], "en") == []
        assert store.question_texts(session, [one], "de") == []

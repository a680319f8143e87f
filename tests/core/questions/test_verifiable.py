"""Only answers that a program can verify are stored: others are asked for once more, then refused and counted."""

import json
from typing import Any

import pytest
from sqlmodel import select

from core import ImageDatasets, Images, Projects, Tasks
from core.db import LlmCalls
from core.questions import verifiable
from core.questions.recipe import answer_recipe, question_recipe
from core.services import Services
from core.verifiers import verifier_of
from tests.fakes.provider import FakeProvider, Reply

PROSE = "The man in the middle is holding a large red umbrella that covers most of the street behind him."
FORMS = "- a number alone, in digits, without a unit"
ASKED, ANSWERED = "image-question-generation", "image-answer-generation"


def items(*pairs: tuple[str, str]) -> Reply:
    listed = [{"question": question, "kind": "object", "answer": answer} for question, answer in pairs]
    return Reply(json.dumps({"items": listed}))


def answers(*given: str) -> Reply:
    listed = [{"number": number, "answer": answer} for number, answer in enumerate(given, start=1)]
    return Reply(json.dumps({"answers": listed}))


async def run(services: Services, project: Projects, task_type: str, **recipe: Any) -> tuple[Tasks, dict[str, Any]]:
    config = {"verifiable": True, "concurrency": 1, **recipe}
    task = services.tasks.create_task(project.id, task_type, config)
    kind = services.answers if task_type == ANSWERED else services.questions
    return task, await kind.process_task(task, config)


def called(provider: FakeProvider) -> dict[str, Any]:
    config = provider.config()
    return {"model": config.model, "api_base": config.api_base, "api_key": config.api_key}


def entries(services: Services) -> dict[str, str]:
    with services.db.reading() as session:
        return {entry.question: entry.answer for entry in session.exec(select(ImageDatasets))}


async def test_a_question_with_a_long_answer_is_asked_for_again_and_stored_with_its_verifier(
    services: Services, project: Projects, images: list[Images]
) -> None:
    with FakeProvider() as provider:
        provider.enqueue(items(("How many dogs are there?", "2"), ("What is the man holding?", PROSE)))
        provider.enqueue(items(("What is the man holding?", "A red umbrella")))
        _, result = await run(
            services, project, ASKED, image_ids=[images[0].id], num_questions=2, with_answers=True,
            llm_config=called(provider),
        )  # fmt: skip

    first, second = (" ".join(call.texts) for call in provider.calls)
    assert FORMS in first
    assert "had none of the allowed forms" not in first
    assert "write exactly 1 questions" in second
    assert "or ask others instead: What is the man holding?" in second
    assert (result["total_questions"], result["short_by"], result["unverifiable"], result["failed"]) == (2, 0, 0, 0)
    stored = entries(services)
    assert stored == {"How many dogs are there?": "2", "What is the man holding?": "A red umbrella"}
    found = [verifier_of(answer, "text", "object") for answer in stored.values()]
    assert [one.checker for one in found if one] == ["number", "exact"]


async def test_what_is_long_twice_is_refused_and_counted_and_its_neighbor_stays(
    services: Services, project: Projects, images: list[Images]
) -> None:
    with FakeProvider(items(("How many dogs are there?", "2"), ("What is the man holding?", PROSE))) as provider:
        task, result = await run(
            services, project, ASKED, image_ids=[images[0].id], num_questions=2, with_answers=True,
            llm_config=called(provider),
        )  # fmt: skip

    assert len(provider.calls) == 2
    assert (result["total_questions"], result["short_by"], result["unverifiable"], result["failed"]) == (1, 0, 1, 0)
    assert entries(services) == {"How many dogs are there?": "2"}
    (item,) = services.tasks.items(task.id)
    assert item.result == {"questions": 1, "short_by": 0, "unverifiable": 1}


async def test_an_answer_is_asked_for_again_with_the_reason_and_refused_when_it_stays_long(
    services: Services, project: Projects, images: list[Images]
) -> None:
    for question in ("How many dogs are there?", "What is the man holding?", "What is behind him?"):
        services.questions.add_manual_question(images[0].id, question)
    with FakeProvider() as provider:
        provider.enqueue(answers("2", PROSE, PROSE), answers("An umbrella", PROSE))
        task, result = await run(services, project, ANSWERED, llm_config=called(provider))
        (item,) = services.tasks.items(task.id)
        provider.enqueue(answers("A street"))
        _, again = await run(services, project, ANSWERED, llm_config=called(provider))

    first, second, third = (" ".join(call.texts) for call in provider.calls)
    assert FORMS in first
    assert f"No program can verify {json.dumps(PROSE)}." in second
    assert "How many dogs" not in second
    assert "What is behind him?" in third
    assert (result["total_answers"], result["unverifiable"]) == (2, 1)
    assert item.result == {"answers": 2, "unchanged": 0, "short_by": 0, "unverifiable": 1}
    assert (again["total_answers"], again["unverifiable"]) == (1, 0)
    assert entries(services) == {
        "How many dogs are there?": "2", "What is the man holding?": "An umbrella", "What is behind him?": "A street",
    }  # fmt: skip


async def test_a_request_whose_answers_were_all_refused_is_sent_again_by_the_next_task(
    services: Services, project: Projects, images: list[Images]
) -> None:
    services.questions.add_manual_question(images[0].id, "What is the man holding?")
    with FakeProvider(answers(PROSE)) as provider:
        _, result = await run(services, project, ANSWERED, llm_config=called(provider))
        provider.enqueue(answers("An umbrella"))
        await run(services, project, ANSWERED, llm_config=called(provider))

    assert result["unverifiable"] == 1
    assert len(provider.calls) == 3
    assert entries(services) == {"What is the man holding?": "An umbrella"}
    with services.db.reading() as session:
        assert [(call.state, call.cost is not None) for call in session.exec(select(LlmCalls))] == [
            ("failed", True), ("failed", True), ("ok", True),
        ]  # fmt: skip


async def test_a_fixed_question_obeys_the_recipe_too(
    services: Services, project: Projects, images: list[Images]
) -> None:
    services.questions.templates.add_template(project.id, "What is behind him?")
    with FakeProvider(answers(PROSE)) as provider:
        provider.enqueue(items(("How many dogs are there?", "2")))
        _, result = await run(
            services, project, ASKED, image_ids=[images[0].id], num_questions=1, with_answers=True,
            llm_config=called(provider),
        )  # fmt: skip

    assert result["unverifiable"] == 1
    assert entries(services) == {"How many dogs are there?": "2"}


@pytest.mark.parametrize("language", ["en", "tr", "zh-CN"])
@pytest.mark.parametrize("model", ["offline/measure", "offline/see"])
async def test_the_offline_models_give_only_verifiable_answers(
    model: str, language: str, services: Services, project: Projects, images: list[Images],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("core.questions.evidence.ImageEvidence.require", lambda *_: None)
    chosen = {"image_ids": [images[0].id], "language": language, "llm_config": {"model": model}}
    _, result = await run(services, project, ASKED, num_questions=12, with_answers=True, **chosen)

    made = entries(services)
    assert (len(made), result["failed"], result["unverifiable"]) == (12 - result["short_by"], 0, 0)
    assert len(made) >= 8
    assert all(verifier_of(answer, "text") for answer in made.values())
    assert not any("%" in answer for answer in made.values())


async def test_what_offline_models_cannot_tell_is_left_open(
    services: Services, project: Projects, images: list[Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.questions.evidence.ImageEvidence.require", lambda *_: None)
    for question in ("How many dogs are there?", "Is the image wider than it is high?"):
        services.questions.add_manual_question(images[0].id, question)
    _, seen = await run(services, project, ANSWERED, which="all", llm_config={"model": "offline/see"})
    _, measured = await run(services, project, ANSWERED, which="all", llm_config={"model": "offline/measure"})

    assert (seen["total_answers"], seen["unverifiable"]) == (1, 1)
    assert (measured["total_answers"], measured["unverifiable"]) == (1, 0)
    assert list(entries(services)) == ["Is the image wider than it is high?"]


def test_the_preview_shows_the_forms_in_each_language_and_only_on_request(
    services: Services, project: Projects, images: list[Images]
) -> None:
    services.questions.add_manual_question(images[0].id, "What is behind him?")
    words = {"en": "at most 10 words", "tr": "en çok 10 sözcük", "zh-CN": "最多 20 个汉字"}
    for language, expected in words.items():
        for is_answers in (False, True):
            config = {"language": language, "verifiable": True}
            preview = services.preview.request(project.id, config, answers=is_answers)
            without = services.preview.request(project.id, config | {"verifiable": False}, answers=is_answers)
            assert expected in preview.prompt
            assert expected not in without.prompt
            assert preview.prompt.startswith(without.prompt)


@pytest.mark.parametrize(
    ("answer", "answer_type", "options", "passes"),
    [
        ("red", "label", ["red", "blue"], True),
        ("[]", "label", ["red", "blue"], False),
        ('{"count": 3}', "custom_format", {"type": "object"}, True),
        ("Three of them", "custom_format", {"type": "object"}, False),
        (PROSE, "text", None, False),
        ("3", "text", None, True),
    ],
)
def test_the_stored_form_of_an_answer_decides(
    answer: str, answer_type: str, options: Any, passes: bool, services: Services, images: list[Images]
) -> None:
    question = services.questions.add_manual_question(images[0].id, "Which?", answer_type=answer_type, options=options)

    assert verifiable.is_verifiable(answer, question) == passes


def test_a_recipe_takes_any_answer_unless_asked() -> None:
    assert not question_recipe({}).verifiable
    assert not answer_recipe({}).verifiable

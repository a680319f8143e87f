"""The judge: five questions to a vision model, stored with the match score and their call."""

import pytest
from sqlmodel import col, select

from core import ImageService, LLMService, StyleDatasets, StyleGenerationService
from core.db import Database, LlmCalls
from core.errors import InvalidInputError
from core.llm import OFFLINE_MODEL
from core.style.judging import PROMPT, QUESTIONS
from tests.core.style.looks import COLD_GRAINY, WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel

GPT = {"model": "openai/gpt-4o", "api_key": "sk-test"}
GEMINI = {"model": "gemini/gemini-3-pro-image", "api_key": "sk-test"}
NEW = encoded(drawn(WARM_SOFT, 90))


def verdicts(answer: str = "yes") -> dict[str, dict[str, str]]:
    return {name: {"answer": answer, "evidence": f"{name} seen"} for name in QUESTIONS}


async def result_of(style: StyleGenerationService, artist: FakeImageModel, dataset: StyleDatasets, **more: int) -> str:
    artist.enqueue_images(NEW)
    return (await style.generate_image("A cup", dataset.id, config=GEMINI, keep=False, **more)).id


async def test_the_verdicts_are_stored_with_the_score(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    made = await result_of(style, artist, dataset)
    score = style.results.get_result(made).generated.match["score"]
    artist.enqueue(verdicts() | {"texture": {"answer": "Partly.", "evidence": "smoother"}})

    await style.generator.judge(made, GPT)

    match = style.results.get_result(made).generated.match
    assert match["score"] == score
    assert match["judge"] == {
        "model": "openai/gpt-4o",
        "cost": 0.001,
        "verdicts": [
            {"question": "palette", "answer": "yes", "evidence": "palette seen"},
            {"question": "light", "answer": "yes", "evidence": "light seen"},
            {"question": "texture", "answer": "partly", "evidence": "smoother"},
            {"question": "composition", "answer": "yes", "evidence": "composition seen"},
            {"question": "mood", "answer": "yes", "evidence": "mood seen"},
        ],
    }


async def test_the_judge_sees_the_references_in_order_and_the_new_image_last(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    made = await result_of(style, artist, dataset, reference_image_count=7)
    artist.enqueue(verdicts())

    await style.generator.judge(made, GPT)

    (asked,) = artist.history
    result = style.results.get_result(made)
    used = [images.get_image(used["image_id"]) for used in result.generated.recipe["references"][:5]]
    assert [part.label for part in asked.images] == [*(f"Reference {n}:" for n in range(1, 6)), "New image:"]
    assert [part.data for part in asked.images[:5]] == [images.model_image(image, 768).data for image in used if image]
    assert result.image is not None
    assert asked.images[5].data == images.model_image(result.image, 768).data
    assert asked.prompt == PROMPT


async def test_the_call_of_a_judge_is_in_the_ledger_and_settled_with_its_verdicts(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, db: Database
) -> None:
    made = await result_of(style, artist, dataset)
    artist.enqueue(verdicts())

    await style.generator.judge(made, GPT)

    with db.reading() as session:
        (call,) = session.exec(select(LlmCalls).where(col(LlmCalls.purpose) == "style judge")).all()
    assert (call.state, call.cost) == ("ok", 0.001)


async def test_the_cost_of_a_judgment_is_estimated_before(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    shown = style.generator.judge_input(await result_of(style, artist, dataset))

    estimate = shown.cost(LLMService(), "openai/gpt-4o")

    assert len(shown.references) == 5
    assert estimate is not None
    assert 0.005 < estimate.low < estimate.high < 0.05
    assert shown.cost(LLMService(), "someone/unheard-of") is None


async def test_a_missing_reference_is_not_shown_and_without_any_no_call_is_made(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    made = await result_of(style, artist, dataset)
    shown = style.generator.judge_input(made)
    images.original_path(shown.references[0]).unlink()
    artist.enqueue(verdicts())

    await style.generator.judge(made, GPT)
    assert len(artist.history[0].images) == 5

    for reference in shown.references[1:]:
        images.original_path(reference).unlink()
    with pytest.raises(InvalidInputError, match="None of the references"):
        await style.generator.judge(made, GPT)


async def test_an_image_made_without_references_is_not_judged(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    made = await result_of(style, artist, dataset, reference_image_count=0)

    with pytest.raises(InvalidInputError, match="without references"):
        await style.generator.judge(made, GPT)


async def test_the_offline_model_judges_by_measurement(
    dataset: StyleDatasets, images: ImageService, artist: FakeImageModel, db: Database
) -> None:
    style = StyleGenerationService(db, artist, images)
    near, far = await result_of(style, artist, dataset), ""
    artist.enqueue_images(encoded(drawn(COLD_GRAINY, 90)))
    far = (await style.generate_image("A cup", dataset.id, config=GPT, keep=False)).id
    measuring = StyleGenerationService(db, LLMService(), images)

    await measuring.generator.judge(near)
    await measuring.generator.judge(far)

    judged = {id_: style.results.get_result(id_).generated.match["judge"] for id_ in (near, far)}
    answers = {id_: [verdict["answer"] for verdict in judge["verdicts"]] for id_, judge in judged.items()}
    assert (judged[near]["model"], judged[near]["cost"]) == (OFFLINE_MODEL, 0.0)
    assert answers[near] == ["yes"] * 5
    assert answers[far][0] == answers[far][2] == answers[far][4] == "no"
    assert "is in none of them" in judged[far]["verdicts"][0]["evidence"]

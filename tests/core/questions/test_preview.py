import json
from datetime import timedelta

import pytest

from core import Images, Projects
from core.db import LlmCalls, utc_now
from core.errors import InvalidInputError
from core.services import Services
from tests.fakes.provider import FakeProvider, Reply

RECIPE = {"num_questions": 2, "with_answers": True, "llm_config": {"model": "openai/gpt-4o"}}


def test_the_estimate_follows_the_observed_token_use(
    services: Services, project: Projects, images: list[Images]
) -> None:
    preview = services.preview.request(project.id, RECIPE)
    before = services.preview.estimate(RECIPE, 100, preview)
    reply = json.dumps({"items": [{"question": "a", "answer": "b"}, {"question": "c", "answer": "d"}]})
    _paid(services, preview.prompt, reply, prompt_tokens=5_000, completion_tokens=400)

    after = services.preview.estimate(RECIPE, 100, preview)

    assert (before.observed_calls, after.observed_calls) == (0, 1)
    # gpt-4o: $2.50 and $10.00 for a million tokens.
    truth = 100 * (5_000 * 2.5e-6 + 400 * 10e-6)
    assert after.cost_low is not None
    assert after.cost_high is not None
    assert after.cost_low < truth < after.cost_high
    assert after.cost_high < 1.3 * truth
    assert before.cost_high is not None
    assert before.cost_high < after.cost_low


def test_the_estimated_time_follows_the_concurrency_of_the_setting(
    services: Services, project: Projects, images: list[Images]
) -> None:
    preview = services.preview.request(project.id, RECIPE)
    _paid(services, preview.prompt, json.dumps({"items": [{"question": "a", "answer": "b"}]}), started_before_s=8)

    by_setting = services.preview.estimate(RECIPE, 100, preview).seconds
    one_at_a_time = services.preview.estimate({**RECIPE, "concurrency": 1}, 100, preview).seconds

    assert by_setting == pytest.approx(8 * 100 / services.db.settings.llm_concurrency, rel=0.01)
    assert one_at_a_time == pytest.approx(8 * 100, rel=0.01)


def test_replies_with_other_fields_or_of_another_model_are_not_used(
    services: Services, project: Projects, images: list[Images]
) -> None:
    preview = services.preview.request(project.id, RECIPE)
    _paid(services, "Ask", '{"questions": [{"question": "a"}]}', prompt_tokens=5_000, completion_tokens=40)
    _paid(services, "Ask", '{"items": [{"question": "a", "answer": "b"}]}', model="openai/gpt-4o-mini",
          prompt_tokens=5_000, completion_tokens=40)  # fmt: skip

    assert services.preview.estimate(RECIPE, 1, preview).observed_calls == 0


def test_several_models_and_examples_cost_more(services: Services, project: Projects, images: list[Images]) -> None:
    services.questions.add_manual_question(images[0].id, "What color is it?")
    example = services.dataset.create_dataset_entry(project.id, images[1].id, "Plain?", "Yes.", confirmed=True)
    recipe = {"llm_config": {"model": "openai/gpt-4o"}}
    more = {**recipe, "more_models": [{"model": "openai/gpt-4.1"}], "example_ids": [example.id]}
    one = services.preview.request(project.id, recipe, answers=True)

    cheap = services.preview.estimate(recipe, 1, one, answers=True)
    dear = services.preview.estimate(more, 1, one, answers=True)

    assert (cheap.calls, dear.calls) == (1, 2)
    assert (cheap.cost_low or 0) * 2 < (dear.cost_low or 0)


def test_the_request_for_answers_has_the_fixed_questions_that_will_be_added(
    services: Services, project: Projects, images: list[Images]
) -> None:
    with pytest.raises(InvalidInputError, match="There is no unanswered question"):
        services.preview.request(project.id, {}, answers=True)
    services.questions.templates.add_template(project.id, "Is the label damaged?")

    assert "1. Is the label damaged?" in services.preview.request(project.id, {}, answers=True).prompt
    assert services.questions.list_questions(project.id) == []


async def test_the_answers_of_a_trial_are_not_stored(
    services: Services, project: Projects, images: list[Images]
) -> None:
    services.questions.add_manual_question(images[0].id, "What color is it?")
    with FakeProvider(Reply(json.dumps({"answers": [{"number": 1, "answer": "Red."}]}))) as provider:
        config = provider.config()
        model = {"model": config.model, "api_base": config.api_base, "api_key": config.api_key}
        tried = await services.preview.run_trial(project.id, {"llm_config": model}, answers=True)

    assert [(generated.question, generated.answer) for generated in tried.questions] == [("What color is it?", "Red.")]
    assert services.dataset.list_dataset_entries(project.id) == []


def _paid(
    services: Services, prompt: str, reply: str, model: str = "openai/gpt-4o", started_before_s: float = 0.0,
    prompt_tokens: int = 5_000, completion_tokens: int = 40,
) -> None:  # fmt: skip
    now = utc_now()
    with services.db.transaction() as session:
        session.add(
            LlmCalls(
                model=model, purpose="questions", request_hash="h", prompt=prompt, reply=reply, state="ok",
                started_at=now - timedelta(seconds=started_before_s), ended_at=now, params={"images": 1},
                prompt_tokens=prompt_tokens, completion_tokens=completion_tokens,
            )
        )  # fmt: skip

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from core.db import LlmCalls
from core.runtime import runtime
from pages.components.shared import folded
from tests.fakes.http_server import Answer
from tests.fakes.provider import Call, FakeProvider, Reply, Scripted, error_body
from tests.pages.running import errors, has_ended, open_page, services, texts, until
from tests.pictures import png


def _project(images: int = 2, name: str = "Shelf") -> str:
    project = services().projects.create_project(name)
    files = [(f"{number}.png", png((90 * number, 40, 200), (320, 240))) for number in range(images)]
    services().intake.add_images(project.id, files)
    return project.id


def test_without_images_the_page_links_to_upload() -> None:
    at = open_page("generate", _project(images=0))

    assert "There are no images to ask about yet." in texts(at)
    assert "Upload images" in [element.label for element in at.get("page_link")]


def test_the_prompt_is_shown_as_it_will_be_sent_with_an_estimate() -> None:
    at = open_page("generate", _project())

    start = "Look at the image, write exactly 3 questions about it in English, and answer each of them."
    assert any(text.startswith(start) for text in texts(at))
    assert r"**Estimate:** 2 calls, no cost" in texts(at)


def test_sets_of_images_are_asked_about_in_one_request_each() -> None:
    project_id = _project(images=3)
    at = open_page("generate", project_id)

    at.selectbox(key="generate-sets").set_value("selection").run()
    at.slider(key="generate-set-size").set_value(3).run()

    assert "1 set, one request each with its images in order." in texts(at)
    assert any(text.startswith("There are 3 images, called image 1 to image 3") for text in texts(at))
    assert not any("this image alone" in text for text in texts(at))
    assert [rf"{n + 1}\. {n}\.png" in texts(at) for n in range(3)] == [True] * 3
    assert any(text.startswith(r"3 images, sent with at most 320 px a side") for text in texts(at))
    assert r"**Estimate:** 1 call, no cost" in texts(at)
    assert at.button(key="generate-start").label == "Generate for 1 set"
    assert at.button(key="generate-try").label == "Try on this set"
    assert at.slider(key="generate-count").label == "Questions per set"
    at.selectbox(key="generate-sets").set_value("pdf").run()
    message = "No two of these images belong to a set. Choose more images, or another way to make sets."
    assert message in [text.replace("\\", "") for text in texts(at)]
    assert at.button(key="generate-start").disabled
    at.selectbox(key="generate-sets").set_value("alone").run()
    assert r"**Estimate:** 3 calls, no cost" in texts(at)
    assert at.button(key="generate-start").label == "Generate for 3 images"


def test_a_try_shows_the_reply_and_stores_nothing() -> None:
    project_id = _project()
    at = open_page("generate", project_id)

    at.button(key="generate-try").click().run()

    assert "offline/measure, no cost\\. Nothing was stored\\." in texts(at)
    assert services().projects.counts(project_id).questions == 0


def test_only_verifiable_answers_are_asked_for_and_the_others_are_counted() -> None:
    project_id = _project(images=1)
    prose = {"question": "What is on the shelf?", "kind": "object", "answer": "There are many things on it, " * 4}
    short = {"question": "How many cups are there?", "kind": "count", "answer": "3"}
    with FakeProvider(Reply(json.dumps({"items": [short, prose]}))) as provider:
        config = provider.config()
        at = open_page("generate", project_id)
        at.slider(key="generate-count").set_value(2)
        at.toggle(key="generate-verifiable").set_value(True).run()
        assert any("- a number alone, in digits, without a unit" in text for text in texts(at))
        models = [{"model": config.model, "api_base": config.api_base, "api_key": config.api_key}]
        recipe = {"verifiable": True, "num_questions": 2, "with_answers": True, "models": models}
        task = services().tasks.create_task(project_id, "image-question-generation", recipe)
        services().engine.submit(task.id)
        _wait_for_status(task.id, "completed")

    assert [element.value for element in open_page("generate", project_id, task=task.id).info] == [
        "1 answer left out: asked again, the model gave none that a program can verify."
    ]


def test_models_with_batches_offer_them_with_their_price_and_time() -> None:
    project_id = _project()
    at = open_page("generate", project_id)
    assert not [toggle for toggle in at.toggle if toggle.key == "generate-batch"]
    at.selectbox(key="generate-model").set_value("openai/gpt-4o").run()
    at_once = next(text for text in texts(at) if text.startswith("**Estimate:**"))

    at.toggle(key="generate-batch").set_value(True).run()

    later = next(text for text in texts(at) if text.startswith("**Estimate:**"))
    assert at.toggle(key="generate-batch").label == "Answer within 24 hours at half price"
    assert later.endswith(", within 24 hours, mostly sooner")
    prices = [[float(price) for price in re.findall(r"\$(\d+\.\d+)", text)] for text in (at_once, later)]
    assert prices[0] == pytest.approx([2 * price for price in prices[1]], rel=0.02)


def test_an_unknown_variable_in_a_prompt_is_an_error_before_anything_is_sent() -> None:
    at = open_page("generate", _project())

    at.session_state["generate-own-prompt"] = True
    at.run()
    at.text_area(key="generate-prompt").input("Ask $number questions").run()

    assert errors(at) == [
        "The prompt of your own uses the unknown variable $number. "
        "Use $count, $existing, $image_name, $kinds, $language, $objects, $ocr, $tags."
    ]
    assert at.button(key="generate-start").disabled


def test_the_task_runs_and_its_entries_wait_for_review() -> None:
    project_id = _project()
    at = open_page("generate", project_id)

    at.button(key="generate-start").click().run()
    _wait_for_tasks(at)

    counts = services().projects.counts(project_id)
    assert (counts.questions, counts.entries, counts.images_without_questions) == (6, 6, 0)
    assert "Completed: 2 images" in [element.proto.text.replace("\\", "") for element in at.get("progress")]


def test_the_setting_is_the_default_number_of_calls_and_is_not_written_into_the_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_LLM_CONCURRENCY", "40")
    project_id = _project()
    at = open_page("generate", project_id)
    at.session_state["generate-how"] = True
    at.run()
    assert at.slider(key="generate-concurrency").value == 40
    at.button(key="generate-start").click().run()
    _wait_for_tasks(at)

    at = open_page("generate", project_id)
    at.session_state["generate-how"] = True
    at.session_state["generate-target"] = "all"
    at.run()
    at.slider(key="generate-concurrency").set_value(3).run()
    at.button(key="generate-start").click().run()
    _wait_for_tasks(at)

    chosen, default = services().tasks.list_tasks(project_id)
    assert "concurrency" not in default.config
    assert chosen.config["concurrency"] == 3


def _wait_for_tasks(at: AppTest) -> None:
    until(lambda: all(has_ended(task.id) for task in services().tasks.list_tasks()))
    assert runtime.services.engine.health().runs_here
    at.run()


def test_a_key_typed_for_the_session_is_used_and_stored_nowhere() -> None:
    key = "sk-typed-on-the-page-4711"
    reply = {"items": [{"question": "What color is it?", "answer": "Plain.", "kind": "attribute"}]}
    project_id = _project()
    with FakeProvider(Reply(json.dumps(reply))) as provider:
        at = open_page("generate", project_id)
        at.selectbox(key="generate-model").set_value("openai/gpt-4o").run()
        at.session_state["generate-advanced"] = True
        at.run()
        at.text_input(key="generate-api-base").input(f"{provider.url}/v1").run()
        at.text_input(key=f"session-key-{provider.url.removeprefix('http://')}").input(key).run()
        at.slider(key="generate-count").set_value(1).run()
        at.button(key="generate-start").click().run()
        _wait_for_tasks(at)

    entries = services().dataset.list_dataset_entries(project_id)
    assert [(entry.question, entry.answer, entry.model) for entry in entries] == [
        ("What color is it?", "Plain.", "openai/gpt-4o")
    ] * 2
    assert {call.received.headers["authorization"] for call in provider.calls} == {f"Bearer {key}"}
    for path in services().db.data_dir.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes()


def test_a_task_paused_by_a_refused_key_asks_for_another_and_resumes() -> None:
    reply = Reply(json.dumps({"questions": [{"question": "What color is it?", "kind": "attribute"}]}))
    refusal = Answer(status=401, body=error_body("openai", 401, "Incorrect API key provided", "invalid_api_key"))

    def answered(call: Call) -> Scripted:
        return reply if call.received.headers["authorization"] == "Bearer sk-right" else refusal

    project_id = _project(images=1)
    with FakeProvider(answered) as provider:
        model = {"model": "openai/gpt-4o", "api_base": f"{provider.url}/v1"}
        task = services().tasks.create_task(project_id, config={"num_questions": 1, "llm_config": model})
        runtime.services.engine.submit(task.id)
        _wait_for_status(task.id, "paused")
        at = open_page("generate", project_id, task=task.id)
        assert "does not accept the key" in at.info[0].value
        at.text_input(key=f"session-key-{provider.url.removeprefix('http://')}").input("sk-right").run()
        at.button(key=f"resume-{task.id}").click().run()
        _wait_for_status(task.id, "completed")

    assert services().projects.counts(project_id).questions == 1


def test_a_model_without_vision_is_refused_with_suggestions() -> None:
    at = open_page("generate", _project())

    at.session_state["models-found"] = ["openai/gpt-3.5-turbo"]
    at.run()
    at.selectbox(key="generate-model").set_value("openai/gpt-3.5-turbo").run()

    assert "cannot see images" in at.error[0].value
    assert at.button(key="generate-start").disabled


def test_a_fixed_question_is_added_on_the_page_and_answered_for_every_image() -> None:
    project_id = _project()
    at = open_page("generate", project_id)
    at.session_state["fixed-questions"] = True
    at.run()
    at.text_input(key="fixed-0-question").input("How bright is the image overall?").run()
    at.button(key="fixed-0-add").click().run()
    at.session_state["generate-mode"] = "answers"
    at.run()
    assert at.button(key="generate-start").label == "Generate for 2 images"

    at.button(key="generate-start").click().run()
    _wait_for_tasks(at)

    entries = services().dataset.list_dataset_entries(project_id)
    assert [entry.question for entry in entries] == ["How bright is the image overall?"] * 2


def test_several_fixed_questions_are_added_and_one_is_changed() -> None:
    project_id = _project()
    at = open_page("generate", project_id)
    at.session_state["fixed-questions"] = True
    at.run()
    for place, question in enumerate(("How bright is it?", "How warm is it?")):
        at.text_input(key=f"fixed-{place}-question").input(question).run()
        at.button(key=f"fixed-{place}-add").click().run()
    first, second = services().questions.templates.list_templates(project_id)

    at.button(key=f"fixed-change-{second.id}").click().run()
    assert at.text_input(key="fixed-3-question").value == "How warm is it?"
    at.session_state["fixed-3-type"] = "label"
    at.run()
    at.text_area(key="fixed-3-labels").input("warm, cold").run()
    at.button(key="fixed-3-add").click().run()

    kept = services().questions.templates.list_templates(project_id)
    assert [(template.id, template.question, template.options) for template in kept] == [
        (first.id, "How bright is it?", None), (second.id, "How warm is it?", ["warm", "cold"]),
    ]  # fmt: skip
    assert [button.label for button in at.button if button.key == "fixed-4-add"] == ["Add fixed question"]


def test_a_language_is_offered_by_its_own_name() -> None:
    at = open_page("generate", _project())

    assert at.selectbox(key="generate-language").options == [
        "English", "简体中文 (Simplified Chinese)", "Türkçe (Turkish)",
    ]  # fmt: skip
    at.selectbox(key="generate-language").set_value("tr").run()
    assert any(text.startswith("Görsele bak") for text in texts(at))


def test_a_language_added_to_the_prompts_is_offered_and_sent(toy_language: str) -> None:
    at = open_page("generate", _project())

    assert "Toyo (Toyish)" in at.selectbox(key="generate-language").options
    at.session_state["generate-mode"] = "questions"
    at.selectbox(key="generate-language").set_value(toy_language).run()
    assert any(text.startswith("Toy questions: 3") for text in texts(at))


def test_a_custom_prompt_can_start_from_the_built_in_one() -> None:
    at = open_page("generate", _project())
    at.session_state["generate-own-prompt"] = True
    at.run()

    at.button(key="generate-built-in").click().run()

    assert at.text_area(key="generate-prompt").value.startswith("Look at the image, write exactly $count questions")
    assert not at.error


def test_a_person_writes_a_question_with_its_answer() -> None:
    project_id = _project()
    at = open_page("generate", project_id)
    at.session_state["generate-mode"] = "hand"
    at.run()

    at.text_input(key="manual-0-question").input("Who painted it?").run()
    at.text_area(key="manual-0-answer").input("Nobody knows.").run()
    at.button(key="manual-save").click().run()

    (entry,) = services().dataset.list_dataset_entries(project_id)
    assert (entry.question, entry.answer, entry.model, entry.confirmed) == (
        "Who painted it?", "Nobody knows.", "", True,
    )  # fmt: skip


def test_a_question_with_an_invalid_answer_is_not_stored() -> None:
    project_id = _project(images=1)
    at = open_page("generate", project_id)
    at.session_state["generate-mode"] = "hand"
    at.session_state["manual-0-type"] = "label"
    at.run()

    at.text_input(key="manual-0-question").input("How many lamps?").run()
    at.text_area(key="manual-0-labels").input("one, two").run()
    at.text_area(key="manual-0-answer").input("seven").run()
    at.button(key="manual-save").click().run()
    assert "seven is not one of the labels" in at.error[0].value
    assert services().projects.counts(project_id).questions == 0

    at.text_area(key="manual-0-answer").input("two").run()
    at.button(key="manual-save").click().run()
    (entry,) = services().dataset.list_dataset_entries(project_id)
    assert (entry.question, entry.answer) == ("How many lamps?", '["two"]')


def test_a_profile_is_saved_without_the_key_and_offered_as_a_model() -> None:
    at = open_page("generate", _project())
    at.session_state["models-found"] = ["openai/gpt-4o at http://127.0.0.1:9/v1"]
    at.run()
    at.selectbox(key="generate-model").set_value("openai/gpt-4o at http://127.0.0.1:9/v1").run()
    at.text_input(key="session-key-127.0.0.1:9").input("sk-typed-on-the-page-4711").run()
    at.session_state["generate-advanced"] = True
    at.run()

    at.text_input(key="generate-profile-name").input("Kitchen").run()
    at.button(key="generate-profile-save").click().run()
    at.selectbox(key="generate-model").set_value("Profile: Kitchen").run()

    (profile,) = services().profiles.list_profiles()
    assert profile.config == {
        "model": "openai/gpt-4o", "api_base": "http://127.0.0.1:9/v1", "temperature": 0.7, "max_tokens": 2048,
    }  # fmt: skip
    assert any("api base 127.0.0.1:9" in text.replace("\\", "") for text in texts(at))


def test_a_task_paused_at_its_cost_cap_resumes_with_a_higher_one() -> None:
    project_id = _project()
    task = services().tasks.create_task(project_id, config={"num_questions": 1}, cost_cap=0.03)
    with services().db.transaction() as session:
        session.add(LlmCalls(task_id=task.id, model="openai/gpt-4o", request_hash="h", state="ok", cost=0.02))
    runtime.services.engine.submit(task.id)
    at = open_page("overview", project_id)
    _wait_for_status(task.id, "paused")

    at.query_params["task"] = task.id
    at.switch_page("pages/generate.py").run()
    at.number_input(key=f"cap-{task.id}").set_value(5.0).run()
    at.button(key=f"resume-{task.id}").click().run()
    _wait_for_tasks(at)

    assert services().tasks.get_task(task.id).status == "completed"
    assert services().tasks.get_task(task.id).cost_cap == 5.0


def _wait_for_status(task_id: str, status: str) -> None:
    until(lambda: has_ended(task_id) and services().tasks.get_task(task_id).status == status)


def test_grounding_is_offered_and_says_that_its_answers_have_boxes() -> None:
    at = open_page("generate", _project())

    at.session_state["generate-kinds"] = ["grounding"]
    at.run()

    assert any("The model answers with boxes too" in text for text in texts(at))


@pytest.mark.parametrize("mode", ["both", "questions", "answers"])
def test_a_recipe_that_nobody_opened_is_the_one_that_the_fields_have_at_first(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for waits in (True, False):
        monkeypatch.setattr(folded, "WAITS", waits)
        project_id = _project(name=f"Waits: {waits}")
        services().questions.templates.add_template(project_id, "How bright is it?", language="tr")
        at = open_page("generate", project_id)
        at.session_state["generate-language"] = "tr"
        at.session_state["generate-mode"] = mode
        at.run()
        assert bool(at.toggle) is not waits
        (words,) = [text for text in texts(at) if text.startswith("**Images:**")]
        assert "**Language:** Turkish" in words
        at.button(key="generate-start").click().run()
        made.append((words, services().tasks.list_tasks(project_id)[0].config))

    assert made[0] == made[1]

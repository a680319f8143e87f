import json
import time

from streamlit.testing.v1 import AppTest

from core import app
from tests.fakes.provider import FakeProvider, Reply
from tests.pages.running import open_page, services, texts
from tests.pictures import png


def _project(images: int = 2) -> str:
    project = services().projects.create_project("Shelf")
    files = [(f"{number}.png", png((90 * number, 40, 200), (320, 240))) for number in range(images)]
    services().images.add_images(project.id, files)
    return project.id


def test_without_images_the_page_leads_to_upload() -> None:
    at = open_page("generate", _project(images=0))

    assert "There are no images to ask about yet." in texts(at)
    assert "Upload images" in [element.label for element in at.get("page_link")]


def test_the_prompt_is_shown_as_it_will_be_sent_with_what_it_costs() -> None:
    at = open_page("generate", _project())

    start = "Look at the image, write exactly 3 questions about it in English, and answer each of them."
    assert any(text.startswith(start) for text in texts(at))
    assert r"**Estimate:** 2 calls, no cost" in texts(at)


def test_a_try_shows_the_real_reply_and_stores_nothing() -> None:
    project_id = _project()
    at = open_page("generate", project_id)

    at.button(key="generate-try").click().run()

    assert "offline/measure, no cost\\. Nothing was stored\\." in texts(at)
    assert services().projects.counts(project_id).questions == 0


def test_a_wrong_variable_in_a_prompt_is_explained_before_anything_is_sent() -> None:
    at = open_page("generate", _project())

    at.session_state["generate-own-prompt"] = True
    at.run()
    at.text_area(key="generate-prompt").input("Ask $number questions").run()

    assert "uses $number, which nothing fills" in at.error[0].value


def test_the_job_runs_and_its_entries_wait_for_review() -> None:
    project_id = _project()
    at = open_page("generate", project_id)

    at.button(key="generate-start").click().run()
    _wait_for_tasks(at)

    counts = services().projects.counts(project_id)
    assert (counts.questions, counts.entries, counts.images_without_questions) == (6, 6, 0)
    assert "Completed: 2 of 2" in [element.proto.text for element in at.get("progress")]


def _wait_for_tasks(at: AppTest) -> None:
    deadline = time.monotonic() + 30
    while services().tasks.list_tasks(active_only=True):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert app.engine().health().runs_here
    at.run()


def test_a_model_with_a_key_typed_for_the_session_does_the_job_and_the_key_is_kept_nowhere() -> None:
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

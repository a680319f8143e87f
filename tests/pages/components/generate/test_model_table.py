"""The models of Generate beside each other."""

from datetime import timedelta

from core.db import LlmCalls, utc_now
from tests.pages.running import open_page, services
from tests.pictures import png


def test_models_are_compared_for_the_recipe_and_those_that_answered_here_come_first() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red"))])
    services().profiles.save_profile("Kitchen", {"model": "openai/gpt-4o", "temperature": 0.1})
    began = utc_now()
    reply = '{"questions": [{"question": "What?", "answer": "red"}]}'
    with services().db.transaction() as session:
        session.add(
            LlmCalls(
                model="openai/gpt-4.1-mini", request_hash="0" * 64, state="ok", purpose="questions", prompt="p",
                prompt_tokens=100, completion_tokens=20, reply=reply, started_at=began,
                ended_at=began + timedelta(seconds=3),
            )
        )  # fmt: skip
    at = open_page("generate", project.id)
    at.session_state["generate-compare"] = True
    at.run()

    assert not at.exception
    table = at.dataframe[0].value
    first = list(table["Model"])[:5]
    assert {"Profile: Kitchen", "openai/gpt-4.1-mini", "offline/measure"} <= set(first)
    rows = table.set_index("Model")
    assert rows.loc["offline/measure", "Cost"] == "free"
    assert rows.loc["openai/gpt-4.1-mini", "Speed"] == "3.0 s"
    assert rows.loc["openai/gpt-4o", "Key"] == "missing"
    assert rows.loc["Profile: Kitchen", "Cost"] == rows.loc["openai/gpt-4o", "Cost"]
    assert rows.loc["openai/gpt-4o", "Sees images"] == "yes"

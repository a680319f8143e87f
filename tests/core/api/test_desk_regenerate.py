"""The models that the desk offers, and what it refuses."""

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.api import desk_regenerate
from core.llm import ModelInfo
from core.services import Services
from tests.pictures import png


def info(model: str, key_source: str | None = "environment", *, image_output: bool = False) -> ModelInfo:
    return ModelInfo(model, model.partition("/")[0], True, image_output, key_source=key_source)


def test_profiles_come_first_then_the_built_in_model_and_those_that_have_a_key(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.profiles.save_profile("Measuring", {"model": "offline/measure"})
    models = [info("a/one"), info("a/none", None), info("a/draws", image_output=True), info("offline/measure")]
    monkeypatch.setattr(services.llm, "models", lambda: models)

    offered = desk_regenerate.offered_models(services, "local", {})

    assert offered == {"models": ["Measuring", "offline/measure", "a/one"]}


def test_an_entry_of_a_deleted_project_is_not_answered(
    client: TestClient, project: Projects, services: Services
) -> None:
    image = services.intake.add_images(project.id, [("red.png", png("red"))])[0].image
    assert image is not None
    entry = services.dataset.create_dataset_entry(project.id, image.id, "Which color?", "green", "offline/measure")
    services.projects.delete_project(project.id)

    answer = client.post("/desk/again", json={"entry_id": entry.id, "version": 1, "act_id": "act-again-1"})

    assert answer.status_code == 404


@pytest.mark.parametrize("wrong", [{"version": "x"}, {"version": None}, {"entry_id": "e", "version": 1}])
def test_a_body_that_is_not_complete_says_what_to_send(wrong: dict[str, object], client: TestClient) -> None:
    answer = client.post("/desk/again", json=wrong)

    assert answer.status_code == 422
    assert "Send the entry_id, its version and an act_id." in answer.json()["detail"]

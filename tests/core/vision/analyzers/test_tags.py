"""Tags by objects, by one's own classifier and by a vision model; captions by a vision model."""

from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from PIL import Image
from sqlmodel import select

from core import Projects
from core.db import LlmCalls
from core.errors import InvalidInputError, MissingKeyError
from core.services import Services
from core.vision import store
from core.vision.analyzers.base import Analysis
from core.vision.analyzers.tags import ANALYZER
from tests.core.images.pictures import encoded
from tests.core.vision.conftest import add_images
from tests.core.vision.onnx_models import color_centernet, write
from tests.fakes.model import FakeModel

_MODEL = {"model": "openai/gpt-4o"}


def _color_classifier(folder: Path) -> None:
    """Write a classifier of 8 x 8 px whose logits are 10 times the mean of each color, from 0 to 1."""
    nodes = [
        helper.make_node("ReduceMean", ["pixels", "axes"], ["means"], keepdims=0),
        helper.make_node("Mul", ["means", "ten"], ["logits"]),
    ]
    constants = {"axes": np.array([1, 2]), "ten": np.array(10, np.float32)}
    write(folder / "color.onnx", nodes, {"pixels": ("n", 8, 8, 3)}, {"logits": ("n", 3)}, constants)
    (folder / "labels.txt").write_text("red\ngreen\nblue\n", "utf-8")
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}', "utf-8")


async def test_sure_objects_become_tags(services: Services, project: Projects) -> None:
    color_centernet(services.db.settings.local_models_dir / "objects")
    ids = add_images(services, project.id, "a.jpg", "b.jpg")
    box = [0.0, 0.0, 1.0, 1.0]
    found = [("dog", 0.9), ("dog", 0.5), ("cat", 0.39), ("traffic, light", 0.4)]
    items = [{"label": label, "score": score, "box_xyxy": box} for label, score in found]
    with services.db.transaction() as session:
        store.write(session, project.id, "objects", "1", {ids["a.jpg"]: Analysis({"items": items})})
    made = await services.analysis.analyze(project.id, analyzers=["tags"])
    assert (made["analyzed"], made["failed"]) == (1, 1)  # the objects of b.jpg are not known
    assert services.analysis.get_analysis(ids["a.jpg"])["tags"] == {
        "tags": [{"tag": "dog", "score": 0.9}, {"tag": "traffic light", "score": 0.4}]
    }


async def test_an_own_classifier_goes_before_objects(services: Services, project: Projects) -> None:
    _color_classifier(services.db.settings.local_models_dir / "tags")
    image = encoded(Image.new("RGB", (20, 10), (255, 230, 0)), "PNG")
    (outcome,) = services.intake.add_images(project.id, [("mixed.png", image)])
    assert outcome.image is not None
    await services.analysis.analyze(project.id, analyzers=["tags"])
    tags = services.analysis.get_analysis(outcome.image.id)["tags"]["tags"]
    # softmax of 10, 9.02 and 0
    assert [(tag["tag"], round(tag["score"], 2)) for tag in tags] == [("red", 0.73), ("green", 0.27)]


async def test_a_vision_model_is_asked_for_tags_and_a_caption_and_paid_once(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = FakeModel()
    monkeypatch.setattr(services.analysis, "_llm", model)
    ids = add_images(services, project.id, "a.jpg")
    model.enqueue({"tags": ["two dogs", " beach,sand ", "", "two dogs"]}, {"caption": "Dogs."})
    made = await services.analysis.analyze(project.id, analyzers=["caption", "tags"], config=_MODEL)
    again = await services.analysis.analyze(project.id, analyzers=["caption", "tags"], config=_MODEL)
    found = services.analysis.get_analysis(ids["a.jpg"])
    with services.db.reading() as session:
        calls = session.exec(select(LlmCalls)).all()
    assert (made["analyzed"], again["analyzed"], len(model.history)) == (2, 0, 2)
    assert [item["tag"] for item in found["tags"]["tags"]] == ["two dogs", "beach sand"]
    assert found["caption"] == {"caption": '{"caption": "Dogs."}'}
    assert [(call.state, call.task_id) for call in calls] == [("ok", made["task_id"])] * 2


async def test_what_every_further_call_would_fail_by_pauses_the_task(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = FakeModel()
    monkeypatch.setattr(services.analysis, "_llm", model)
    add_images(services, project.id, "a.jpg", "b.jpg")
    model.enqueue(MissingKeyError("No key."), MissingKeyError("No key."))
    made = await services.analysis.analyze(project.id, analyzers=["tags"], config=_MODEL)
    task = services.tasks.get_task(made["task_id"])
    assert (task.status, task.failed_count, task.note) == ("paused", 0, "No key.")


async def test_without_anything_to_make_them_the_commands_are_named(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"Run: vitrine models add objects.*vision model writes captions"):
        await services.analysis.analyze(project.id, analyzers=["tags", "caption"])


def test_labels_that_do_not_fit_the_classifier_are_refused(tmp_path: Path) -> None:
    from core.errors import ConfigurationError
    from core.vision.detecting.classifier import Classifier
    from core.vision.models.folders import read_folder

    _color_classifier(tmp_path)
    (tmp_path / "labels.txt").write_text("red\ngreen\n")
    folder = read_folder(tmp_path)
    assert folder is not None
    with pytest.raises(ConfigurationError, match="no output with one score for each of its 2 labels"):
        Classifier(folder)
    assert ANALYZER.words({"tags": [{"tag": "red", "score": 1.0}]}) == "red"

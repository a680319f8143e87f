"""Objects by a local detector: found in the workers, countable, and made again by another model."""

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select

from core import Projects
from core.db import ImageFindings, ImageTexts
from core.errors import InvalidInputError
from core.services import Services
from core.vision.analyzers.objects import ANALYZER, analysis_of
from core.vision.detecting.detections import Detections
from core.vision.results import Finding
from core.vision.store import AnalyzedCount
from tests.core.images.pictures import encoded
from tests.core.vision.onnx_models import color_centernet
from tests.fakes.model import FakeModel


async def test_objects_are_found_counted_and_searchable(services: Services, project: Projects) -> None:
    color_centernet(services.db.settings.local_models_dir / "objects")
    image = Image.new("RGB", (128, 64))
    image.paste((255, 0, 0), (0, 0, 8, 4))
    image.paste((230, 0, 0), (64, 32, 72, 36))
    image.paste((0, 255, 0), (120, 60, 128, 64))
    outcomes = services.intake.add_images(project.id, [("dots.png", encoded(image, "PNG"))])
    assert outcomes[0].image is not None
    made = await services.analysis.analyze(project.id, analyzers=["objects"])
    result = services.analysis.get_analysis(outcomes[0].image.id)["objects"]
    with services.db.reading() as session:
        findings = {row.label: row.count for row in session.exec(select(ImageFindings))}
        words = session.exec(select(ImageTexts)).one().words

    assert made["analyzed"] == 1
    assert sorted((item["label"], item["box_xyxy"]) for item in result["items"]) == [
        ("Green dot", [104.0, 56.0, 128.0, 64.0]), ("Red dot", [0.0, 0.0, 16.0, 4.0]),
        ("Red dot", [48.0, 28.0, 80.0, 36.0]),
    ]  # fmt: skip
    assert findings == {"red dot": 2, "green dot": 1}
    assert words in ("red dot, green dot", "green dot, red dot")


async def test_without_a_model_the_command_that_brings_it_is_named(services: Services, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Run: vitrine models add objects"):
        await services.analysis.analyze(project.id, analyzers=["objects"])


async def test_results_of_another_model_are_stale(services: Services, project: Projects) -> None:
    folder = services.db.settings.local_models_dir / "objects"
    color_centernet(folder)
    services.intake.add_images(project.id, [("black.png", encoded(Image.new("RGB", (64, 64)), "PNG"))])
    await services.analysis.analyze(project.id, analyzers=["objects"])
    tools = services.analysis.tools()
    before = ANALYZER.version(tools)
    (folder / "color.onnx").rename(folder / "other.onnx")
    after = ANALYZER.version(tools)
    assert before.partition(" ")[2] == after.partition(" ")[2]  # the same bytes
    assert services.analysis.store.count(project.id, "objects", before) == AnalyzedCount(1, 0, 0)
    assert services.analysis.store.count(project.id, "objects", after) == AnalyzedCount(0, 1, 0)


def test_labels_are_counted_without_regard_to_case() -> None:
    box = list(np.zeros(4))
    items = [{"label": label, "score": score, "box_xyxy": box} for label, score in (("Cup", 0.4), ("cup", 0.9))]
    assert ANALYZER.findings({"items": items}) == [Finding("cup", 2, 0.9)]


def test_a_label_is_suspected_behind_hundreds_of_others_and_a_hundred_objects_are_kept() -> None:
    scores = np.array([0.9] * 120 + [0.2] * 180 + [0.06, 0.04])
    found = Detections(np.zeros((302, 4)), scores, np.array([0] * 120 + [1] * 180 + [2, 3])).best(0.05)
    items = [
        {"label": f"label {number}", "score": float(score), "box_xyxy": [0.0] * 4}
        for number, score in zip(found.classes, found.scores, strict=True)
    ]
    result = analysis_of(items).result
    assert len(result["items"]) == 100
    assert result["faint"] == {"label 1": 0.2, "label 2": 0.06}


_HALF = {"openai/gpt-4o": [500, 0, 1000, 1000], "gemini/gemini-2.5-flash": [0, 500, 1000, 1000]}


@pytest.mark.parametrize("model_name", _HALF)
async def test_a_vision_model_is_asked_in_its_form_and_read_into_px(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch, model_name: str
) -> None:
    model = FakeModel()
    monkeypatch.setattr(services.analysis, "_llm", model)
    image = encoded(Image.new("RGB", (800, 600)), "PNG")
    (outcome,) = services.intake.add_images(project.id, [("room.png", image)])
    assert outcome.image is not None
    model.enqueue({"boxes": [{"label": "Red Sofa", "box": _HALF[model_name]}, {"label": "", "box": [1, 2, 3, 4]}]})
    made = await services.analysis.analyze(project.id, analyzers=["objects"], config={"model": model_name})
    found = services.analysis.get_analysis(outcome.image.id)["objects"]
    assert (made["analyzed"], made["failed"]) == (1, 0)
    assert found == {"items": [{"label": "red sofa", "score": 1.0, "box_xyxy": [400.0, 0.0, 800.0, 600.0]}]}
    assert "x from 0 to" in model.history[0].prompt


async def test_boxes_that_cannot_be_placed_fail_and_are_not_taken_for_an_empty_image(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = FakeModel()
    monkeypatch.setattr(services.analysis, "_llm", model)
    (outcome,) = services.intake.add_images(project.id, [("a.png", encoded(Image.new("RGB", (80, 60)), "PNG"))])
    assert outcome.image is not None
    model.enqueue({"boxes": [{"label": "cup", "box": "somewhere left"}]})
    made = await services.analysis.analyze(project.id, analyzers=["objects"], config={"model": "openai/gpt-4o"})
    assert (made["analyzed"], made["failed"]) == (0, 1)
    assert services.analysis.get_analysis(outcome.image.id) == {}

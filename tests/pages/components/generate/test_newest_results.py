"""The latest results of a task."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Images
from core.questions.service import ImageQuestionGenerationTask
from core.questions.store import GeneratedPair, ImageResult
from tests.pages.running import services, texts
from tests.pictures import png

ONE, TWO = GeneratedPair("Color?", '["red", "blue"]', "a/one"), GeneratedPair("Shape?", "", "")


@pytest.fixture
def image() -> Images:
    project = services().projects.create_project("Shelf")
    image = services().intake.add_images(project.id, [("red.png", png("red"))])[0].image
    assert image is not None
    return image


def drawn(monkeypatch: pytest.MonkeyPatch, image: Images, *pairs: GeneratedPair, missing: int = 0) -> list[str]:
    found = [ImageResult(image, list(pairs), missing)] if pairs else []
    monkeypatch.setattr(ImageQuestionGenerationTask, "newest_results", lambda *_, **__: found)

    def script() -> None:
        from pages.components.generate import newest_results

        newest_results.show("task")

    at = AppTest.from_function(script, default_timeout=120).run()
    assert not at.exception
    return texts(at)


def test_an_answer_names_its_model_where_there_are_several(image: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, image, ONE, ONE) == ["Color?  red, blue"] * 2
    assert drawn(monkeypatch, image, ONE, ONE._replace(model="b/two")) == [
        "Color?  red, blue  (a/one)", "Color?  red, blue  (b/two)",
    ]  # fmt: skip
    assert drawn(monkeypatch, image, TWO) == ["Shape?"]


def test_missing_questions_are_counted_and_nothing_is_said_before_there_are_results(
    image: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drawn(monkeypatch, image, TWO, missing=2) == ["Shape?", "2 fewer than requested"]
    assert drawn(monkeypatch, image) == []

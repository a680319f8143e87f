"""The dialog that analyzes images: what is missing here, which images, and the task that it starts."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects
from core.services import Services
from core.vision.analyzers import objects, text
from tests.core.images.pictures import drawn, encoded
from tests.pages.running import open_page, texts


@pytest.fixture
def two_images(services: Services, project: Projects) -> None:
    services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(2)])


@pytest.mark.usefixtures("two_images")
def test_without_libraries_each_analyzer_says_which_command_brings_what_it_lacks(
    project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (text, objects):
        monkeypatch.setattr(module, "package_version", lambda name: "")

    at = open_page("images", project.id)
    at.button(key="images-analyze-all").click().run()

    shown = [one.replace("\\", "") for one in texts(at)]
    assert "Reading text needs rapidocr. Run: pip install 'vitrine-vqa[see]'" in shown
    assert shown.count("Finding objects needs onnxruntime. Run: pip install 'vitrine-vqa[see]'") == 2
    assert "A vision model writes captions. Choose one." in shown
    assert [at.toggle(key=f"analyze-{name}").disabled for name in ("text", "objects", "tags", "caption")] == [True] * 4
    assert "2 without a result" in shown


@pytest.mark.usefixtures("two_images")
def test_the_chosen_analyzers_run_as_a_task(services: Services, project: Projects) -> None:
    def script(project_id: str) -> None:
        from pages.components.shared import analyze_dialog

        analyze_dialog.ask(project_id)

    at = AppTest.from_function(script, kwargs={"project_id": project.id}, default_timeout=120).run()
    at.toggle(key="analyze-text").set_value(False).run()
    assert at.button(key="analyze-start").label == "Analyze 2 images"

    at.button(key="analyze-start").click().run()

    (task,) = services.tasks.list_tasks(project.id)
    assert (task.task_type, task.config["analyzers"]) == ("image-analysis", ["embedding"])

from core import Projects
from core.services import Services
from tests.pages.running import open_page, texts


def test_every_setting_has_its_value_and_its_source() -> None:
    at = open_page("settings", tab="Limits and storage")

    rows = at.dataframe[0].value.set_index("Setting")
    assert rows.loc["VITRINE_DATA_DIR", "Source"] == "environment"
    assert rows.loc["VITRINE_MODEL_SIDE_PX", ["Value", "Source"]].tolist() == ["1024", "default"]
    assert rows.loc["VITRINE_ACCESS_PASSWORD", "Value"] == "not set"


def test_a_prompt_is_shown_with_its_variables() -> None:
    at = open_page("settings", tab="Prompts")

    at.selectbox(key="settings-prompt").select("answers").run()
    at.selectbox(key="settings-language").select("tr").run()

    assert "Variables: $count, $questions" in [text.replace("\\", "") for text in texts(at)]
    assert any(text.startswith("Görsele bak ve şu $count soruyu") for text in texts(at))


def test_an_analyzer_is_switched_on_for_the_new_images_of_a_project(services: Services, project: Projects) -> None:
    at = open_page("settings", project.id, tab="New images")
    shown = [text.replace("\\", "") for text in texts(at)]
    assert "Finding objects needs a model. Run: vitrine models add objects" in shown

    at.toggle(key=f"new-images-{project.id}-text").set_value(True).run()
    assert not at.exception
    assert services.projects.get_project(project.id).analyzers == "text"

from tests.pages.running import open_page, services, texts
from tests.pictures import png


def test_without_a_project_there_are_two_ways_to_start() -> None:
    at = open_page("overview")

    assert [button.label for button in at.button] == ["Start with your images", "Try the sample project"]


def test_an_open_project_shows_its_stages_and_the_next_step() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red")), ("blue.png", png("blue"))])

    at = open_page("overview", project.id)

    assert {metric.label: metric.value for metric in at.metric} == {
        "Upload": "2",
        "Generate": "0",
        "Curate": "0",
        "Style": "0",
        "Export": "0",
    }
    assert "2 images, 0 questions, 0 of 0 entries confirmed" in texts(at)


def test_a_deleted_project_is_restored_by_undo() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red"))])
    services().projects.delete_project(project.id)
    at = open_page("overview")
    at.session_state["deleted-project"] = project.id
    at.run()

    at.button(key="project-undo").click().run()

    assert [project.name for project in services().projects.list_projects()] == ["Shelf"]


def test_a_name_with_markup_is_escaped() -> None:
    project = services().projects.create_project("**Shelf** <img src=x onerror=alert(1)>")

    at = open_page("overview", project.id)

    labels = [element.label for element in at.get("page_link")]
    assert r"\*\*Shelf\*\* \<img src=x onerror=alert\(1\)\>" in labels


def test_the_sample_project_opens_at_generate_with_twelve_images() -> None:
    at = open_page("overview")

    at.button(key="start-sample").click().run()

    assert at.title[0].value == "Generate"
    assert "12 images, 12 without questions" in texts(at)

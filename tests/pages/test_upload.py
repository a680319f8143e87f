"""The upload page without a browser; tests/browser/test_upload.py has the drop zone and the grid."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects
from core.db import new_id
from core.importing import sources
from core.importing.sources.base import Source, SourceOption
from core.tasks import ItemPlan
from pages.components.shared.page import component_key
from pages.components.upload import import_forms
from tests.core.images.pictures import drawn, encoded
from tests.pages.running import open_page, services, texts


@pytest.fixture
def page() -> AppTest:
    return open_page("upload", services().projects.create_project("Shelf").id)


def project_id() -> str:
    return services().projects.list_projects()[0].id


def add(*seeds: int) -> list[str]:
    outcomes = services().intake.add_images(project_id(), [(f"{n}.jpg", encoded(drawn(n))) for n in seeds])
    return [outcome.image.id for outcome in outcomes if outcome.image]


def test_an_empty_project_offers_every_source_of_images(page: AppTest) -> None:
    page.run()

    assert not page.exception
    assert [title.value for title in page.title] == ["Upload"]
    assert "No images yet." in texts(page)
    assert page.segmented_control(key="upload-from").options == [
        "Files and folders", "A path on this machine", "Web addresses", "Hugging Face dataset",
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["drop", "path", "urls", "huggingface"])
def test_every_source_has_its_form(source: str, page: AppTest) -> None:
    page.run()
    page.segmented_control(key="upload-from").set_value(source).run()

    assert not page.exception
    assert not page.error
    if source != "drop":
        assert any(button.label.startswith("Import") for button in page.button)


class CameraSource(Source):
    """A source that exists only here: its form follows from what it declares."""

    name = "camera"
    label = "Camera"
    help = "The camera must be switched on."
    input = "text"
    input_key = "address"
    input_label = "Address of the camera"
    options = (
        SourceOption("count", "Images", "10", minimum=1),
        SourceOption("color", "Color", choices={"In color": True, "Gray": False}),
    )

    def plan(self, config: dict[str, object], context: object) -> list[ItemPlan]:
        return [ItemPlan(payload={"do": "list", "rows": []})]


def test_the_form_of_a_new_source_follows_from_its_declaration(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    extended = (*sources.SOURCES, CameraSource())
    for module in (sources, import_forms):
        monkeypatch.setattr(module, "SOURCES", extended)
    page.run()
    page.segmented_control(key="upload-from").set_value("camera").run()
    assert page.text_input(key="import-camera").label == "Address of the camera"
    assert "The camera must be switched on." in texts(page)
    page.text_input(key="import-camera").set_value(" camera-7 ").run()
    page.number_input(key="import-camera-count").set_value(3).run()
    page.segmented_control(key="import-camera-color").set_value("Gray").run()
    page.button(key="import-camera-start").click().run()

    assert not page.exception
    [task] = services().tasks.list_tasks(project_id())
    assert (task.task_type, task.config) == (
        "image-import", {"source": "camera", "address": "camera-7", "count": 3, "color": False},
    )  # fmt: skip


def test_urls_are_imported_one_by_one(page: AppTest) -> None:
    page.run()
    page.segmented_control(key="upload-from").set_value("urls").run()
    page.text_area(key="import-urls").set_value("http://127.0.0.1:9/shelf.jpg\nhttps://10.0.0.1/cup.png").run()
    page.button(key="import-urls-start").click().run()

    assert not page.exception
    [task] = services().tasks.list_tasks(project_id())
    assert task.task_type == "image-import"


def test_the_library_counts_its_images_and_links_to_generate(page: AppTest) -> None:
    add(1, 2)
    page.run()

    assert not page.exception
    assert page.button(key="upload-next").label == "Ask about 2 images"
    assert any(caption.value.startswith("2 images, ") for caption in page.caption)


def test_the_outcomes_of_a_drop_are_listed_by_file(page: AppTest) -> None:
    page.session_state[component_key(f"drop-{project_id()}")] = {
        "finished": {
            "counts": {"added": 3, "rejected": 1},
            "rows": [
                {"name": "x.gif", "outcome": "rejected", "reason": "This is a GIF.", "image_id": "", "sha256": ""}
            ],
            "seconds": 1.0,
            "at": 5,
        }
    }
    page.run()

    assert not page.exception
    assert "3 images added, 1 rejected." in texts(page)
    assert page.dataframe[0].value.to_dict("records") == [
        {"image": "", "place": "x.gif", "outcome": "rejected", "reason": "This is a GIF."}
    ]


def test_the_library_is_filtered(page: AppTest) -> None:
    add(1, 2, 3)
    page.run()
    page.text_input(key="name").set_value("2").run()
    assert not page.exception
    page.text_input(key="name").set_value("nothing like it").run()
    assert "No image matches these filters." in texts(page)


def test_a_selection_is_deleted_after_a_confirmation_and_restored_by_undo(page: AppTest) -> None:
    first, _ = add(1, 2)
    page.run()
    page.session_state["library-grid"] = {"selected": {"epoch": 0, "ids": [first]}}
    page.run()
    page.button(key="library-delete").click().run()

    assert "This deletes 1 image with 0 questions and 0 entries (0 confirmed). You can undo this." in texts(page)
    assert services().images.delete_image(first)
    page.session_state["library-deleted"] = [first]
    page.run()
    page.button(key="library-undo").click().run()

    assert not page.exception
    assert services().images.get_image(first) is not None


def test_an_image_that_cannot_be_restored_shows_the_reason(page: AppTest) -> None:
    (first,) = add(1)
    services().images.delete_image(first)
    add(1)
    page.session_state["library-deleted"] = [first]
    page.run()
    page.button(key="library-undo").click().run()

    assert "The same image was added again, as 1.jpg." in page.error[0].value


def add_duplicates() -> list[str]:
    """Add an image and a smaller copy of it, and return their ids."""
    image = drawn(5, (640, 480))
    files = [("large.jpg", encoded(image)), ("small.jpg", encoded(image.resize((320, 240))))]
    outcomes = services().intake.add_images(project_id(), files)
    assert [outcome.outcome for outcome in outcomes] == ["added", "near-duplicate"]
    return [outcome.image.id for outcome in outcomes if outcome.image]


def test_similar_images_are_marked_as_different(page: AppTest) -> None:
    first, _ = add_duplicates()
    page.query_params["alike"] = "true"
    page.run()
    assert "1 group of similar images; the oldest image comes first." in texts(page)
    page.button(key=f"duplicates-keep-{first}").click().run()

    assert not page.exception
    assert "No similar images found." in texts(page)
    assert len(services().images.list_images(project_id())) == 2
    assert "2 images were marked as different." in texts(page)
    page.button(key="duplicates-undo").click().run()
    assert "1 group of similar images; the oldest image comes first." in texts(page)


def test_similar_images_are_merged_into_the_oldest(page: AppTest) -> None:
    first, second = add_duplicates()
    services().dataset.create_dataset_entry(project_id(), second, "What is it?", "A shelf.", "m")
    page.query_params["alike"] = "true"
    page.run()
    page.button(key=f"duplicates-merge-{first}").click().run()

    assert not page.exception
    assert [image.id for image in services().images.list_images(project_id())] == [first]
    assert [entry.question for entry in services().library.entries_of(first)] == ["What is it?"]
    page.button(key="duplicates-undo").click().run()
    assert [entry.question for entry in services().library.entries_of(second)] == ["What is it?"]


def test_a_similar_image_without_questions_is_deleted_without_a_confirmation(page: AppTest) -> None:
    first, second = add_duplicates()
    page.query_params["alike"] = "true"
    page.run()
    page.session_state[component_key(f"duplicates-cards-{first}")] = {"acted": {"action": "delete", "id": second}}
    page.run()

    assert services().images.get_image(second) is None
    assert "1 image was deleted." in texts(page)


def test_an_address_with_filters_opens_the_filtered_library() -> None:
    id_ = services().projects.create_project("Shelf").id
    services().intake.add_images(id_, [(f"{n}.jpg", encoded(drawn(n))) for n in (1, 2)])
    assert "1 to" not in " ".join(texts(open_page("upload", id_, until="2020-01-31")))
    page = open_page("upload", id_, name="no such image")

    assert page.text_input(key="name").value == "no such image"
    assert "No image matches these filters." in texts(page)


def test_a_project_with_a_double_underscore_in_its_id_opens() -> None:
    odd = f"{new_id()[:8]}__{new_id()[:11]}"
    with services().db.transaction() as session:
        session.add(Projects(id=odd, name="Odd"))

    assert open_page("upload", odd).title[0].value == "Upload"


def test_variants_of_a_selection_are_offered(page: AppTest) -> None:
    first, _ = add(1, 2)
    page.run()
    page.session_state["library-grid"] = {"selected": {"epoch": 0, "ids": [first]}}
    page.run()
    page.button(key="library-variants").click().run()

    assert not page.exception
    assert page.number_input(key="make-variants").value == 1
    assert page.button(key="make-start").label == "Make variants of 1 image"

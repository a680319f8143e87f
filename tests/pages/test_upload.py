"""The upload page without a browser; tests/browser/test_upload.py has the drop zone and the grid."""

import pytest
from streamlit.testing.v1 import AppTest

from core import Projects
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import new_id
from core.importing import sources
from core.importing.sources.base import Source, SourceOption
from core.object_storage import open_bucket
from core.tasks import ItemPlan
from pages.components.shared.page import component_key
from pages.components.upload import drop, import_forms
from tests.core.images.pictures import drawn, encoded
from tests.fakes.object_storage import BUCKET, object_storage
from tests.pages.running import errors, open_page, services, texts


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
        "Files and folders", "A path on this machine", "A bucket", "Web addresses", "Hugging Face dataset",
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["drop", "path", "bucket", "urls", "huggingface"])
def test_every_source_has_its_form(source: str, page: AppTest) -> None:
    page.run()
    page.segmented_control(key="upload-from").set_value(source).run()

    assert not page.exception
    assert not page.error
    if source != "drop":
        assert any(button.label.startswith("Import") for button in page.button)


def test_the_drop_zone_is_small_from_the_first_image_on(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    compact: list[bool] = []
    monkeypatch.setattr(drop, "show", lambda *_args, **given: compact.append(given["compact"]))
    page.run()
    add(1)
    page.run()
    assert not page.exception
    assert compact == [False, True]


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


def test_the_page_counts_the_images_and_links_to_generate(page: AppTest) -> None:
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


def test_a_project_with_a_double_underscore_in_its_id_opens() -> None:
    odd = f"{new_id()[:8]}__{new_id()[:11]}"
    with services().db.transaction() as session:
        session.add(Projects(id=odd, name="Odd"))

    assert open_page("upload", odd).title[0].value == "Upload"


def test_what_is_used_of_the_quota_is_shown_and_that_there_is_no_room() -> None:
    project = services().projects.create_project("Shelf")
    services().projects.set_quota(project.id, max_images=2, max_image_bytes=None)
    services().intake.add_images(project.id, [("red.png", encoded(drawn(1)))])
    at = open_page("upload", project.id)
    assert not at.warning
    services().intake.add_images(project.id, [("blue.png", encoded(drawn(2)))])
    at.run()
    assert [one.value for one in at.warning] == ["The project has no room for further images: 2 of 2 images."]


def test_a_bucket_is_registered_by_its_address_and_a_wrong_one_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with object_storage() as storage:
        storage.use(monkeypatch)
        open_bucket(load_settings(), BucketAddress(BUCKET, "theirs")).put("one.jpg", encoded(drawn(1)))
        page = open_page("upload", services().projects.create_project("Shelf").id)
        page.run()
        page.segmented_control(key="upload-from").set_value("bucket").run()
        page.text_input(key="import-bucket").set_value("pictures/theirs")
        page.run()
        page.button(key="import-bucket-start").click().run()
        assert errors(page) == ["This is not the address of a bucket. Write it as s3://bucket/prefix."]

        page.text_input(key="import-bucket").set_value(f"s3://{BUCKET}/theirs/")
        page.checkbox(key="import-bucket-stays").check().run()
        page.button(key="import-bucket-start").click().run()
        assert not page.exception
        assert errors(page) == []
        (task,) = services().tasks.list_tasks(project_id())
        assert (task.config["path"], task.config["in_place"]) == (f"s3://{BUCKET}/theirs", True)

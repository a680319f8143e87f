"""The export page: the recipe, what is left out, the export, its report."""

import zipfile

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import ImageDatasets
from core.db import Exports
from core.runtime import runtime
from core.services import Services
from pages.components.shared import folded, later
from tests.core.images.pictures import drawn, encoded
from tests.pages.running import has_ended, until


@pytest.fixture
def services() -> Services:
    return runtime.services


@pytest.fixture
def project_id(services: Services) -> str:
    """Three images with two entries each, five of them confirmed."""
    project_id = services.projects.create_project("Shelf").id
    outcomes = services.intake.add_images(
        project_id, [(f"shelf {number}.jpg", encoded(drawn(number))) for number in range(3)]
    )
    images = [outcome.image for outcome in outcomes if outcome.image is not None]
    with services.db.transaction() as session:
        session.add_all(
            ImageDatasets(
                project_id=project_id, image_id=image.id, image_name=image.image_name, question=f"Question {number}?",
                answer="<b>Answer</b> *one*.", confirmed=(place, number) != (2, 1), score=3.0,
            )
            for place, image in enumerate(images)
            for number in range(2)
        )  # fmt: skip
    return project_id


def _open(project_id: str, **query: str) -> AppTest:
    page = AppTest.from_file("../../Home.py", default_timeout=120)
    page.query_params["project"] = project_id
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    page.switch_page("pages/export.py").run()
    assert not page.exception
    return page


def _texts(page: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption, *page.text, *page.header, *page.code))


def _wait_for_the_task(services: Services, project_id: str) -> None:
    until(lambda: has_ended(services.tasks.list_tasks(project_id)[0].id))


def test_without_entries_the_page_says_so(services: Services) -> None:
    page = _open(services.projects.create_project("Empty").id)

    assert "There are no entries to export yet." in _texts(page)
    assert not page.button


def test_the_page_counts_what_is_exported_and_what_is_left_out(project_id: str) -> None:
    page = _open(project_id)

    assert [part.value for part in page.header][:3] == ["Entries", "Format", "Destination"]
    assert "**5 entries** on 3 images" in _texts(page)
    assert "1  not confirmed yet" in _texts(page)
    assert page.button(key="export-start").label == "Export 5 entries"


def test_the_preview_shows_rows_as_text(project_id: str) -> None:
    page = _open(project_id)

    assert len(page.code) == 3
    assert '"value": "<image>\\nQuestion 0?"' in page.code[0].value
    assert "<b>Answer</b> *one*." in page.code[0].value


def test_an_empty_selection_cannot_be_exported(project_id: str) -> None:
    page = _open(project_id)

    page.slider(key="score").set_value(5.0).run()

    assert page.button(key="export-start").disabled
    assert "5  below the minimum stars" in _texts(page)
    assert "Preview of" not in _texts(page)


def test_an_invalid_search_shows_its_error(project_id: str) -> None:
    page = _open(project_id)

    page.session_state["search-line"] = "nothing:here"
    page.run()

    assert "There is no field called nothing" in page.warning[0].value
    assert page.button(key="export-start").disabled
    assert not page.error
    assert "Preview of" not in _texts(page)


def test_exporting_ends_in_a_report_with_the_command_and_the_download(services: Services, project_id: str) -> None:
    page = _open(project_id)
    page.button(key="export-start").click().run()
    _wait_for_the_task(services, project_id)
    page.run()

    assert not page.exception
    (export,) = services.exports.list_exports(project_id)
    assert "**5 entries on 3 images, as LLaVA.**" in _texts(page)
    assert "With the ZIP unpacked into the directory Shelf:" in _texts(page)
    assert "--data_path Shelf/llava.json --image_folder Shelf" in _texts(page)
    assert "Left out, not confirmed yet: 1" in _texts(page)
    assert "Earlier exports" in _texts(page)
    with zipfile.ZipFile(services.exports.export_path(export)) as bundle:
        assert "llava.json" in bundle.namelist()


def test_bad_rows_have_to_be_decided_before_an_export(services: Services, project_id: str) -> None:
    with services.db.transaction() as session:
        first = session.exec(select(ImageDatasets).where(ImageDatasets.project_id == project_id)).first()
        assert first is not None
        first.answer_type, first.answer, first.options = "label", '["green"]', ["red", "blue"]
        first.needs_review = "green is not one of the labels."
    page = _open(project_id)
    assert "1 of 1 answer is not among its labels." in _texts(page)
    assert page.button(key="export-start").disabled

    page.session_state["export-problem-label"] = "Export anyway"
    page.run()
    assert (page.button(key="export-start").label, page.button(key="export-start").disabled) == (
        "Export 5 entries", False,
    )  # fmt: skip
    page.session_state["export-problem-label"] = "Leave out"
    page.run()
    assert page.button(key="export-start").label == "Export 4 entries"
    assert "1  its answer is not among its labels" in _texts(page)


def test_the_help_names_what_it_was_run_in_and_the_shapes_that_can_be_read(project_id: str) -> None:
    page = _open(project_id)

    assert "Run in LLaVA c121f04." in _texts(page)
    assert page.selectbox(key="export-images-llava").options == ["Files in the bundle", "File names only"]
    assert "export-rows-llava" not in [box.key for box in page.selectbox]


def test_an_earlier_export_runs_again_with_its_recipe(services: Services, project_id: str) -> None:
    page = _open(project_id)
    page.button(key="export-start").click().run()
    _wait_for_the_task(services, project_id)
    (first,) = services.exports.list_exports(project_id)
    page.run()

    page.button(key=f"again-{first.id}").click().run()
    _wait_for_the_task(services, project_id)

    second, same = services.exports.list_exports(project_id)
    assert same.id == first.id
    assert second.recipe == first.recipe
    first_bytes, second_bytes = (services.exports.export_path(export).read_bytes() for export in (first, second))
    assert first_bytes == second_bytes


def test_images_can_be_changed_and_seen_before_the_export(project_id: str) -> None:
    page = _open(project_id)
    page.toggle(key="export-grayscale").set_value(True)
    page.number_input(key="export-variants").set_value(2)
    page.run()
    page.toggle(key="export-preview-changes").set_value(True).run()

    assert not page.exception
    texts = _texts(page)
    assert "Original, 160 x 120 px" in texts
    assert "Changed: grayscale, 160 x 120 px, 2 entries" in texts
    assert "Variant 1: " in texts


def test_originals_are_not_offered_to_be_changed(project_id: str) -> None:
    page = _open(project_id)
    page.selectbox(key="export-images-llava").set_value("none").run()

    assert "Originals, and images that are only named, stay as they are." in _texts(page)
    assert "export-variants" not in {box.key for box in page.number_input}


@pytest.mark.parametrize("is_of_another", [True, False])
def test_the_task_of_an_export_that_is_not_here_leaves_the_form(
    is_of_another: bool, services: Services, project_id: str
) -> None:
    page = _open(project_id)
    page.button(key="export-start").click().run()
    _wait_for_the_task(services, project_id)
    (task,) = services.tasks.list_tasks(project_id)
    another = services.projects.create_project("Another").id
    with services.db.transaction() as session:
        export = session.exec(select(Exports)).one()
        if is_of_another:
            export.project_id = another
        else:
            session.delete(export)

    page = _open(project_id, task=task.id)

    assert "The files of this export are not here. Run it again." in [info.value for info in page.info]
    assert not page.error
    assert page.button(key="export-start").label == "Export 5 entries"


def test_a_recipe_nobody_opened_is_the_one_its_closed_forms_would_make(
    services: Services, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for waits in (True, False):
        monkeypatch.setattr(folded, "WAITS", waits)
        page = _open(project_id)
        assert bool(page.multiselect) is not waits
        page.button(key="export-start").click().run()
        made.append(services.tasks.list_tasks(project_id)[0].config["recipe"])

    assert made[0] == made[1]


def test_preview_and_earlier_exports_wait_until_the_page_is_painted(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "WAITS", True)

    page = _open(project_id)

    assert page.button(key="export-start").label == "Export 5 entries"
    assert not page.code
    assert not any(text.startswith("Preview of") for text in _texts(page))
    monkeypatch.setattr(later, "WAITS", False)
    assert "Preview of 3 rows" in _texts(_open(project_id))

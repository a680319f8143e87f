"""Editing an image: what is chosen becomes a new version."""

from streamlit.testing.v1 import AppTest

from tests.pages.running import services
from tests.pictures import png


def test_an_edited_image_is_saved_as_a_version() -> None:
    project = services().projects.create_project("Shelf")
    (outcome,) = services().intake.add_images(project.id, [("red.png", png("red", (40, 30)))])
    assert outcome.image is not None

    def script(image_id: str) -> None:
        import streamlit as st

        from pages.components.shared import image_edit, page

        image = page.services().images.get_image(image_id)
        if image is not None:
            image_edit.show(image, lambda version_id: st.session_state.update(saved=version_id))

    at = AppTest.from_function(script, kwargs={"image_id": outcome.image.id}, default_timeout=120).run()
    assert at.button(key="edit-save").disabled

    at.toggle(key="edit-grayscale").set_value(True).run()
    at.button(key="edit-save").click().run()

    assert not at.exception
    (version,) = services().images.list_images(project.id)
    assert (version.id, version.variant_of) == (at.session_state["saved"], outcome.image.id)
    assert version.image_name == "red.png"

"""What a page draws at first: each element and each container costs the browser time before the page is done."""

from typing import Any

import pytest
from sqlmodel import select

from core.db import ImageDatasets, Images
from core.questions.preview import GenerationPreview
from pages.components.shared import folded, later
from tests.pages.running import open_page, services, texts
from tests.pictures import png


@pytest.fixture
def project_id(monkeypatch: pytest.MonkeyPatch) -> str:
    """An image with a confirmed entry, on pages that wait as in a browser."""
    monkeypatch.setattr(folded, "WAITS", True)
    monkeypatch.setattr(later, "WAITS", True)
    made: str = services().projects.create_project("Shelf").id
    services().intake.add_images(made, [("one.png", png("white", (320, 240)))])
    with services().db.transaction() as session:
        image = session.exec(select(Images).where(Images.project_id == made)).one()
        entry: dict[str, Any] = {"question": "How bright?", "answer": "Bright.", "confirmed": True}
        session.add(ImageDatasets(project_id=made, image_id=image.id, image_name=image.image_name, **entry))
    return made


@pytest.mark.parametrize(("name", "at_most"), [("generate", 22), ("export", 31)])
def test_a_page_draws_few_elements_and_containers_at_first(name: str, at_most: int, project_id: str) -> None:
    assert len(list(open_page(name, project_id).main)) <= at_most


def test_the_request_comes_after_the_estimate_is_painted(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page("generate", project_id)

    assert r"**Estimate:** 1 call, no cost" in texts(at)
    assert not at.button(key="generate-try").disabled
    assert not at.code
    monkeypatch.setattr(later, "WAITS", False)
    assert at.run().code[0].value.startswith("Look at the image")


def test_the_first_request_is_made_again_after_a_write_only(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    request = GenerationPreview.request

    def counted(self: GenerationPreview, *arguments: Any, **options: Any) -> Any:
        made.append("request")
        return request(self, *arguments, **options)

    monkeypatch.setattr(GenerationPreview, "request", counted)
    at = open_page("generate", project_id)
    at.run()
    assert len(made) == 1
    services().questions.templates.add_template(project_id, "How bright is it?")
    at.run()
    assert len(made) == 2

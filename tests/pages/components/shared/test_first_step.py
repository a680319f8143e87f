"""What pages of entries lead to while a project has none."""

from tests.pages.running import open_page, services
from tests.pictures import png


def test_without_images_pages_lead_to_upload_and_then_to_generate() -> None:
    project_id = services().projects.create_project("Shelf").id

    def offered(file: str) -> list[str]:
        labels = {link.label for link in open_page(file, project_id).get("page_link")}
        return sorted(labels & {"Add images", "Generate questions and answers"})

    assert [offered(file) for file in ("curate", "explore", "check", "export", "tasks")] == [["Add images"]] * 5
    services().intake.add_images(project_id, [("red.png", png("red"))])
    assert [offered(file) for file in ("curate", "tasks")] == [["Generate questions and answers"]] * 2

"""Which images look like one that the project has."""

from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_only_images_of_the_same_project_are_near_duplicates(services: Services) -> None:
    first, second = (services.projects.create_project(name).id for name in ("Shelf", "Table"))

    def outcome(project_id: str, width: int, height: int) -> str:
        (added,) = services.intake.add_images(project_id, [("a.jpg", encoded(drawn(1, (width, height))))])
        return added.outcome

    assert outcome(first, 700, 500) == "added"
    assert outcome(second, 350, 250) == "added"
    assert outcome(first, 350, 250) == "near-duplicate"
    assert outcome(second, 175, 125) == "near-duplicate"

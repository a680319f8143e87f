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


def test_images_that_look_alike_are_one_group_with_the_first_as_its_head(services: Services) -> None:
    project_id = services.projects.create_project("Shelf").id
    added = [
        services.intake.add_images(project_id, [("a.jpg", encoded(drawn(1, size_wh)))])[0].image
        for size_wh in ((700, 500), (350, 250), (175, 125))
    ]

    heads = [image.near_duplicate_of for image in added if image]
    assert heads == [None, added[0].id if added[0] else "", added[0].id if added[0] else ""]

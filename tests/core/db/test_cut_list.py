"""A list that is cut at a limit says how long it is."""

import core
from core.services import Services
from tests.pictures import png


def test_lists_of_images_and_entries_say_how_many_there_are(services: Services, project: core.Projects) -> None:
    files = [(f"{shade}.png", png((shade, 0, 0))) for shade in range(3)]
    for outcome in services.intake.add_images(project.id, files):
        assert outcome.image is not None
        services.dataset.create_dataset_entry(project.id, outcome.image.id, f"{outcome.image_name}?", "yes", "me")

    first_two = services.images.list_images(project.id, limit=2)
    assert (len(first_two), first_two.total) == (2, 3)
    assert repr(first_two).startswith("<2 of 3: [")
    assert services.images.list_images(project.id, limit=2, offset=2).total == 3
    assert services.images.list_images(project.id, limit=2, offset=9).total == 3
    assert services.images.list_images(project.id, limit=5, offset=1).total == 3
    assert services.images.list_images(project.id, limit=3).total == 3
    assert services.images.list_images(project.id).total == 3
    assert services.dataset.list_dataset_entries(project.id, limit=1).total == 3
    assert services.dataset.list_dataset_entries(project.id, search="0.png", limit=1).total == 1
    assert services.dataset.list_dataset_entries(project.id, confirmed=True) == []
    assert services.dataset.list_dataset_entries(project.id, confirmed=True).total == 0

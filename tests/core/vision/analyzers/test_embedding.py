"""Vectors of images from the analyzer to the search."""

from core import Projects
from core.services import Services
from core.vision.analyzers.embedding import kind
from tests.core.images.pictures import drawn, encoded


async def test_images_get_vectors_without_any_model_and_similar_ones_are_found(
    services: Services, project: Projects
) -> None:
    files = [(f"{number}.jpg", encoded(drawn(number))) for number in range(4)]
    mirrored = drawn(2).transpose(0)  # left and right exchanged
    services.intake.add_images(project.id, [*files, ("mirrored.jpg", encoded(mirrored))])
    made = await services.analysis.analyze(project.id, analyzers=["embedding"])
    assert (made["analyzed"], made["failed"]) == (5, 0)
    assert kind(services.db.settings) == "measured 1"

    images = {image.image_name: image for image in services.images.list_images(project.id)}
    found = services.images.find_similar(images["mirrored.jpg"].id, limit=2)
    assert found[0][0].image_name == "2.jpg"
    assert found[0][1] > found[1][1]

"""The sample project: drawn images with known answers."""

from core.images.sample import create_sample_project, draw_samples
from core.measure import hash_distance, measure
from core.services import Services
from tests.core.images.pictures import opened


def test_twelve_images_are_drawn_each_with_questions_and_answers() -> None:
    samples = draw_samples()

    assert len(samples) == 12
    assert len({sample.name for sample in samples}) == 12
    assert all(len(sample.answers) >= 2 for sample in samples)
    assert {opened(sample.data).format for sample in samples} == {"JPEG", "PNG", "WEBP"}
    assert {opened(sample.data).size for sample in samples} == {(960, 720)}


def test_drawing_is_deterministic() -> None:
    assert draw_samples() == draw_samples()


def test_the_images_share_colors_but_none_is_a_near_duplicate() -> None:
    measured = [measure(opened(sample.data)) for sample in draw_samples()]
    hashes = [image.dhash for image in measured]

    assert min(hash_distance(a, b) for n, a in enumerate(hashes) for b in hashes[n + 1 :]) > 3
    shared = [
        {color.name for color in image.colors} & {"beige", "turquoise", "orange", "dark blue"} for image in measured
    ]
    assert all(len(names) >= 1 for names in shared)


def test_the_sample_project_has_the_twelve_images_and_can_be_created_twice(services: Services) -> None:
    first = create_sample_project(services.db)
    second = create_sample_project(services.db)

    assert (first.name, second.name) == ("Sample project", "Sample project 2")
    stats = services.images.get_project_image_stats(first.id)
    assert (stats["total_images"], stats["near_duplicates"]) == (12, 0)
    assert {image.source for image in services.images.list_images(first.id)} == {"sample"}

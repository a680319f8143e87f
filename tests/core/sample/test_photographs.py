"""What is known of the images of the sample before they are imported."""

from core.images.stored_file import NewFile
from core.sample.photographs import measured_files, photographs, thumbnail, vectors
from core.services import Services
from core.vision.analyzers.embedding import embed
from core.vision.embedding import measured


def test_what_was_measured_of_the_images_is_what_an_import_measures(services: Services) -> None:
    """Otherwise write what an import stores into measured.json and thumbnails."""
    files = measured_files()

    stored = services.intake.store([NewFile(file.original.name, file.original) for file in files])

    assert [file.stored for file in files] == stored
    assert len(files) == 33
    assert sorted({file.original.suffix for file in files}) == [".jpg", ".png", ".webp"]


def test_the_vectors_are_those_that_the_analyzer_makes_without_a_model() -> None:
    kind, made = vectors()
    assert kind == measured.VERSION
    assert made == {
        file.original.name: embed(file.original, file.stored.image.format, None)
        for file in measured_files()
        if file.stored.image
    }


def test_six_of_106_answers_are_wrong_and_three_pairs_of_photographs_are_twins() -> None:
    asked = [question for photograph in photographs() for question in photograph.questions]
    twins = {frozenset((photograph.file, photograph.twin)) for photograph in photographs() if photograph.twin}

    assert len(asked) == 106
    assert sum(question.is_wrong for question in asked) == 6
    assert len(twins) == 3
    assert [one.file for one in photographs() if one.is_second_of_twins] == [
        "apples_five.jpg", "desk_afternoon.jpg", "lamps_right.jpg",
    ]  # fmt: skip
    assert all(thumbnail(file.original.name).is_file() for file in measured_files())

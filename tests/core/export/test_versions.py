"""New versions of an image: they take its place with what stays true, and can be taken back."""

from io import BytesIO

import pytest
from PIL import Image
from sqlmodel import select

from core import ImageDatasets, Images, Projects
from core.db import Questions
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.services import Services
from core.transform import CropRecipe, Preprocessing, RedactRecipe, ResizeRecipe
from tests.core.images.pictures import drawn, encoded

_LEFT_HALF = Preprocessing(crop=CropRecipe(to="box", box=(0, 0, 0.5, 1)))
_GRAY = Preprocessing(grayscale=True)


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    """Two images of 160 x 120 px; the first has an entry with a box, one about color, one of both images."""
    files = [(f"shelf {number}.png", encoded(drawn(number), "PNG")) for number in range(2)]
    first, second = images = [one.image for one in services.intake.add_images(project.id, files) if one.image]
    services.tag_review.change(first.id, accept=["shelf"], remove=["wall"])
    about = {"project_id": project.id, "image_id": first.id, "image_name": first.image_name}
    with services.db.transaction() as session:
        question = Questions(
            project_id=project.id, image_id=first.id, question="What animal is held?", kind="object",
            question_key="what animal is held",
        )  # fmt: skip
        session.add(question)
        session.flush()
        session.add_all([
            ImageDatasets(
                **about, question_id=question.id, question=question.question, answer="A cat.", kind="object",
                confirmed=True, boxes=[{"label": "cat", "xyxy": [10, 20, 50, 60], "image": 0}],
            ),
            ImageDatasets(**about, question="What color is the wall?", answer="Red."),
            ImageDatasets(
                **about, more_image_ids=second.id, question="Which animal is in both?", answer="A cat.",
                boxes=[
                    {"label": "cat", "xyxy": [30, 20, 50, 60], "image": 0},
                    {"label": "cat", "xyxy": [90, 20, 150, 60], "image": 1},
                ],
            ),
        ])  # fmt: skip
    return images


def _entries(services: Services, image_id: str) -> list[tuple[str, object]]:
    entries = services.library.entries_of(image_id)
    return [(entry.question, [box["xyxy"] for box in entry.boxes or ()]) for entry in entries]


def test_a_version_takes_the_place_of_its_image_with_what_stays_true(services: Services, images: list[Images]) -> None:
    saved = services.versions.save(images[0].id, _GRAY, actor="Ada")

    assert services.images.get_image(images[0].id) is None
    assert (saved.image.image_name, saved.image.source, saved.image.tags) == ("shelf 0.png", "upload", "shelf")
    assert services.tag_review.tags(saved.image.id).removed == ["wall"]
    assert saved.left_out == {"grayscale: the question is about color, which is lost": 1}
    assert dict(_entries(services, saved.image.id)) == {
        "What animal is held?": [[10.0, 20.0, 50.0, 60.0]],
        "Which animal is in both?": [[30.0, 20.0, 50.0, 60.0], [90.0, 20.0, 150.0, 60.0]],
    }
    (question,) = services.library.questions_of(saved.image.id)
    kept = next(one for one in services.library.entries_of(saved.image.id) if one.confirmed)
    assert (kept.question_id, kept.confirmed, kept.image_name) == (question.id, True, "shelf 0.png")


def test_only_the_boxes_on_the_changed_image_move(services: Services, images: list[Images]) -> None:
    right = Preprocessing(
        crop=CropRecipe(to="box", box=(0.125, 0, 1, 1)), resize=ResizeRecipe(width=70, height=60), unfit="keep"
    )

    saved = services.versions.save(images[0].id, right)

    width = images[0].width or 0
    scale = (saved.image.width or 0) / (width - width / 8)
    moved = [(30 - width / 8) * scale, 20 * scale, (50 - width / 8) * scale, 60 * scale]
    boxes = dict(_entries(services, saved.image.id))["Which animal is in both?"]
    assert boxes == [pytest.approx(moved, abs=0.01), [90.0, 20.0, 150.0, 60.0]]


def test_undoing_brings_everything_back(services: Services, images: list[Images]) -> None:
    before = _entries(services, images[0].id)
    saved = services.versions.save(images[0].id, _GRAY)
    assert services.versions.original_of(saved.image.id) is not None

    assert services.versions.undo(saved.image.id).id == images[0].id

    assert _entries(services, images[0].id) == before
    assert services.images.get_image(saved.image.id) is None
    assert len(_entries(services, images[1].id)) == 1
    assert [event.action for event in services.library.history(images[0].id)][:2] == ["restored", "replaced"]
    with pytest.raises(NotFoundError):
        services.versions.undo(images[0].id)


def test_a_version_of_a_version_is_undone_step_by_step(services: Services, images: list[Images]) -> None:
    first = services.versions.save(images[0].id, _GRAY).image
    second = services.versions.save(first.id, _LEFT_HALF).image
    assert (second.variant_of, second.width) == (first.id, (images[0].width or 0) // 2)

    assert services.versions.undo(second.id).id == first.id
    assert services.versions.undo(first.id).id == images[0].id


def test_boxes_drawn_by_hand_are_black_in_the_pixels(services: Services, images: list[Images]) -> None:
    redact = RedactRecipe(drawn={images[0].id: ((20, 20, 60, 60),)}, how="black")

    saved = services.versions.save(images[0].id, Preprocessing(redact=redact))

    with Image.open(services.images.original_path(saved.image)) as pixels:
        assert pixels.convert("RGB").getpixel((40, 40)) == (0, 0, 0)
    stored = services.library.get_images([saved.image.id])[0]
    assert stored.variant_steps == [{"operation": "redact", "boxes": [[16, 16, 65, 65]], "how": "black"}]


def test_a_version_beside_its_image_is_a_variant(services: Services, images: list[Images]) -> None:
    saved = services.versions.save(images[0].id, _GRAY, replaces=False)

    assert (saved.image.image_name, saved.image.source) == ("shelf 0 changed.png", "variant")
    assert services.images.get_image(images[0].id) is not None
    assert services.versions.original_of(saved.image.id) is None
    with pytest.raises(ConflictError, match="already has this image"):
        services.versions.save(images[0].id, _GRAY, replaces=False)


def test_a_preview_stores_nothing(services: Services, images: list[Images]) -> None:
    found = services.versions.preview(images[0].id, _LEFT_HALF)

    assert found.size_wh == ((images[0].width or 0) // 2, images[0].height)
    assert found.data.startswith(b"\xff\xd8")
    assert found.entries + sum(found.left_out.values()) == 3
    with services.db.reading() as session:
        assert len(session.exec(select(Images)).all()) == 2


SIZES = [((3000, 1), (1024, 1)), ((1, 3000), (1, 1024)), ((1025, 410), (1024, 410)), ((800, 4), (800, 4))]


@pytest.mark.parametrize(("size_wh", "previewed"), SIZES)
def test_the_preview_of_a_very_long_image_is_not_distorted(
    services: Services, project: Projects, size_wh: tuple[int, int], previewed: tuple[int, int]
) -> None:
    (added,) = services.intake.add_images(project.id, [("long.png", encoded(Image.new("RGB", size_wh), "PNG"))])
    assert added.image is not None

    found = services.versions.preview(added.image.id, _GRAY)

    with Image.open(BytesIO(found.data)) as preview:
        assert (found.size_wh, preview.size) == (size_wh, previewed)


def test_changes_that_change_nothing_are_refused(services: Services, images: list[Images]) -> None:
    for recipe, reason in (
        (Preprocessing(), "leave the image as it is"),
        (Preprocessing(redact=RedactRecipe(sources=("text",))), "its text was not analyzed"),
    ):
        with pytest.raises(InvalidInputError, match=reason):
            services.versions.save(images[0].id, recipe)

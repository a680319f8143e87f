"""The image service over real files, a real database and real worker processes."""

import asyncio
import base64
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import col, update

from core import Projects
from core.db import HIDDEN, Database, Images, Questions
from core.errors import ImageRejectedError, NotFoundError
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def files_below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_the_outcomes_are_in_the_order_of_the_files(services: Services, project: Projects) -> None:
    original = drawn(1)
    outcomes = services.intake.add_images(
        project.id,
        [
            ("shelf.png", encoded(original, "PNG")),
            ("again.png", encoded(original, "PNG")),
            ("smaller.jpg", encoded(original.resize((120, 90)))),
            ("mirrored.png", encoded(original.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")),
            ("moving.gif", b"GIF89a"),
            ("really-webp.jpg", encoded(drawn(2), "WEBP")),
        ],
    )

    assert [(outcome.image_name, outcome.outcome, outcome.reason) for outcome in outcomes] == [
        ("shelf.png", "added", None),
        ("again.png", "duplicate", "The project already has this image, as shelf.png."),
        ("smaller.jpg", "near-duplicate", "It looks like shelf.png. Both are stored; compare them."),
        ("mirrored.png", "near-duplicate", "It looks like shelf.png. Both are stored; compare them."),
        (
            "moving.gif",
            "rejected",
            "This is a GIF, not a JPEG, PNG or WebP image. Convert it first; the name makes no difference.",
        ),
        ("really-webp.webp", "added", "The name was repaired to match the content, a WEBP image."),
    ]
    first = outcomes[0].image
    assert first is not None
    assert [outcome.image.near_duplicate_of if outcome.image else None for outcome in outcomes] == [
        None, None, first.id, first.id, None, None,
    ]  # fmt: skip


def test_the_measurements_of_an_image_are_stored_with_it(services: Services, project: Projects) -> None:
    image = Image.new("RGB", (200, 100), "#d62728")
    image.paste("#1f77b4", (100, 0, 200, 100))

    stored = asyncio.run(services.images.upload_image(project.id, "halves.png", encoded(image, "PNG")))

    assert (stored.image_name, stored.format, stored.width, stored.height) == ("halves.png", "PNG", 200, 100)
    assert stored.size == len(encoded(image, "PNG"))
    assert stored.path == f"{stored.sha256[:2]}/{stored.sha256}.png"
    assert (stored.colors, stored.average_color, stored.contrast) == ("red,blue", "#7a4f6e", pytest.approx(1, abs=1))
    assert stored.source == "upload"


def test_the_original_keeps_its_bytes_and_is_stored_under_its_hash(services: Services, project: Projects) -> None:
    data = encoded(format_="WEBP")
    stored = asyncio.run(services.images.upload_image(project.id, "../../etc/passwd.webp", BytesIO(data)))

    assert services.images.original_path(stored).read_bytes() == data
    assert stored.image_name == "passwd.webp"
    assert files_below(services.db.data_dir / "uploads") == [f"images/{stored.path}"]


def test_uploading_the_same_bytes_again_returns_the_stored_image(services: Services, project: Projects) -> None:
    first = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    second = asyncio.run(services.images.upload_image(project.id, "two.jpg", encoded()))

    assert second.id == first.id
    assert services.images.get_project_image_stats(project.id)["total_images"] == 1


def test_the_same_name_with_other_bytes_is_a_second_image(services: Services, project: Projects) -> None:
    first = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded(drawn(1))))
    second = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded(drawn(2))))

    assert first.id != second.id
    assert [image.image_name for image in services.images.list_images(project.id)] == ["one.jpg", "one.jpg"]


def test_two_projects_can_have_the_same_bytes(services: Services, project: Projects) -> None:
    other = services.projects.create_project("Other")
    first = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    second = asyncio.run(services.images.upload_image(other.id, "one.jpg", encoded()))

    assert first.id != second.id
    assert first.path == second.path
    services.images.delete_image(first.id)
    assert services.images.original_path(second).exists()


def test_a_file_that_is_no_image_is_rejected_with_a_sentence(services: Services, project: Projects) -> None:
    with pytest.raises(ImageRejectedError, match=r"^The content is not a JPEG, PNG or WebP image\."):
        asyncio.run(services.images.upload_image(project.id, "notes.jpg", b"just some words"))

    assert files_below(services.db.data_dir / "uploads") == []


def test_an_unknown_project_raises_before_anything_is_stored(services: Services) -> None:
    with pytest.raises(NotFoundError):
        services.intake.add_images("nowhere", [("one.jpg", encoded())])


def test_renditions_are_upright_and_without_metadata(services: Services, project: Projects) -> None:
    image = Image.new("RGB", (200, 100), "white")
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "<script>alert(1)</script>"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    stored = asyncio.run(services.images.upload_image(project.id, "turned.jpg", encoded(image, exif=exif, quality=95)))

    assert (stored.width, stored.height) == (100, 200)
    sent = services.images.model_image(stored)
    view = services.images.view_path(stored).read_bytes()
    for data in (sent.data, view, services.images.thumbnail_path(stored).read_bytes()):
        with Image.open(BytesIO(data)) as opened:
            assert opened.size == (100, 200)
            assert not opened.getexif()
            red, green, blue = opened.convert("RGB").getpixel((95, 5))
            assert red > 200 > 60 > max(green, blue)
        assert b"<script" not in data
        assert b"Exif" not in data
    assert (sent.mime_type, sent.size_wh) == ("image/jpeg", (100, 200))


def test_a_clean_upright_jpeg_is_sent_unchanged(services: Services, project: Projects) -> None:
    data = encoded(drawn(1, (640, 480)))
    stored = asyncio.run(services.images.upload_image(project.id, "one.jpg", data))

    assert services.images.model_image(stored).data == data
    assert services.images.model_image(stored).size_wh == (640, 480)
    assert services.images.get_image_data_url(stored.id) == "data:image/jpeg;base64," + base64.b64encode(data).decode()


def test_a_large_image_is_scaled_down_for_models(services: Services, project: Projects) -> None:
    stored = asyncio.run(services.images.upload_image(project.id, "one.png", encoded(drawn(1, (3000, 1500)), "PNG")))

    sent = services.images.model_image(stored)

    assert (sent.mime_type, sent.size_wh) == ("image/png", (1024, 512))
    with Image.open(BytesIO(sent.data)) as opened:
        assert opened.size == (1024, 512)


def test_a_lost_thumbnail_is_made_again(services: Services, project: Projects) -> None:
    stored = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    thumbnail = services.images.thumbnail_path(stored)
    before = thumbnail.read_bytes()
    thumbnail.unlink()

    assert services.images.thumbnail_path(stored).read_bytes() == before


def test_plain_images_are_no_near_duplicates(services: Services, project: Projects) -> None:
    outcomes = services.intake.add_images(
        project.id,
        [(f"{color}.png", encoded(Image.new("RGB", (60, 60), color), "PNG")) for color in ("red", "blue", "green")],
    )

    assert [outcome.outcome for outcome in outcomes] == ["added", "added", "added"]


def test_leftovers_of_a_crash_are_removed_and_deleted_images_stay(services: Services, project: Projects) -> None:
    image = asyncio.run(services.images.upload_image(project.id, "one.jpg", encoded()))
    services.images.delete_image(image.id)
    root = services.db.data_dir / "uploads" / "images"
    orphan = root / "ab" / f"{'ab' * 32}.jpg"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(encoded())
    half = root / ".incoming" / "left-behind" / "0.original"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")

    assert services.intake.remove_leftovers() == 1
    assert orphan.exists()
    assert services.intake.remove_leftovers(time.time() + 3600) == 1

    assert [name for name in files_below(root) if name != ".removal.lock"] == [image.path]
    services.library.restore_images([image.id])
    assert services.images.original_path(image).exists()


def test_the_statistics_of_a_project_are_counted(services: Services, db: Database, project: Projects) -> None:
    outcomes = services.intake.add_images(
        project.id, [("a.jpg", encoded()), ("b.png", encoded(drawn(2), "PNG")), ("c.webp", encoded(drawn(3), "WEBP"))]
    )
    image = outcomes[0].image
    assert image is not None
    with db.transaction() as session:
        session.add(Questions(project_id=project.id, image_id=image.id, question="?", question_key="x"))

    assert services.images.get_project_image_stats(project.id) == {
        "total_images": 3, "total_size": sum(outcome.image.size for outcome in outcomes if outcome.image),
        "jpeg": 1, "png": 1, "webp": 1, "with_questions": 1, "with_entries": 0, "near_duplicates": 0,
    }  # fmt: skip
    assert services.images.get_project_image_stats("nowhere")["total_images"] == 0


def test_the_size_of_a_project_leaves_out_images_that_are_hidden_or_deleted(
    services: Services, db: Database, project: Projects
) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(4)])
    shown, hidden, deleted, both = (outcome.image for outcome in outcomes if outcome.image)
    services.library.delete_images([deleted.id, both.id])
    with db.transaction() as session:
        session.execute(update(Images).where(col(Images.id).in_([hidden.id, both.id])).values(visibility=HIDDEN))

    assert services.images.get_project_image_stats(project.id)["total_size"] == shown.size

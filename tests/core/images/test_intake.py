"""Adding images: streams, deduplication, and what the cleanup removes."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from sqlmodel import select

import core.images
from core import Projects
from core.db import Database, ImageHashes
from core.errors import FullDiskError, NotFoundError
from core.images import NewFile, intake
from core.images.near_duplicates import quarters
from core.images.storage import RENDITION_VERSION
from core.services import Services
from tests.core.images import hostile
from tests.core.images.pictures import drawn, encoded
from tests.core.importing.uploaded import uploaded


def test_every_public_name_of_the_package_can_be_imported() -> None:
    assert [name for name in core.images.__all__ if getattr(core.images, name).__name__ != name] == []
    assert sorted(core.images.__all__) == core.images.__all__
    with pytest.raises(AttributeError, match="no attribute 'Picture'"):
        _ = core.images.Picture  # type: ignore[attr-defined]


def test_a_stream_is_read_one_batch_ahead_of_its_outcomes(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_BATCH_FILES", 2)
    read: list[str] = []

    def files() -> Iterator[NewFile]:
        for number in range(5):
            read.append(f"{number}.jpg")
            yield NewFile(f"{number}.jpg", encoded(drawn(number)), f"page {number}")

    outcomes = services.intake.add_stream(project.id, files(), source="zip")

    assert next(outcomes).image_name == "0.jpg"
    assert read == ["0.jpg", "1.jpg", "2.jpg"]
    assert [outcome.outcome for outcome in outcomes] == ["added"] * 4
    stored = services.images.list_images(project.id)
    assert {(image.source, image.source_ref) for image in stored} == {("zip", f"page {n}") for n in range(5)}


def test_the_batches_of_a_stream_are_limited_in_bytes(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    adding = services.intake
    real = adding._add

    def add(project_id: str, files: list[NewFile], source: str) -> object:
        sizes.append(len(files))
        return real(project_id, files, source)

    monkeypatch.setattr(adding, "_add", add)
    data = encoded(drawn(1))
    monkeypatch.setattr(intake, "_BATCH_BYTES", 2 * len(data))

    outcomes = list(adding.add_stream(project.id, [NewFile(f"{n}.jpg", data) for n in range(5)], source="zip"))

    assert sizes == [2, 2, 1]
    assert [outcome.outcome for outcome in outcomes] == ["added", *["duplicate"] * 4]


def test_a_stream_into_an_unknown_project_is_rejected_before_anything_is_stored(services: Services) -> None:
    with pytest.raises(NotFoundError):
        next(services.intake.add_stream("nowhere", [NewFile("a.jpg", encoded())], source="zip"))

    assert not list((services.db.data_dir / "uploads").rglob("*.jpg"))


def test_a_stored_file_is_a_value_and_becomes_a_row_each_time_it_is_recorded(
    services: Services, db: Database, project: Projects
) -> None:
    other = services.projects.create_project("Other")
    (stored,) = services.intake.store([NewFile("shelf.png", encoded(drawn(1), "PNG"), "page 1")])
    assert stored.image is not None
    with db.transaction() as session:
        first = core.images.record(session, project.id, [stored], "pdf")[0].image
        second = core.images.record(session, other.id, [stored], "pdf")[0].image
    assert first is not None
    assert second is not None

    assert first.id != second.id
    assert [(image.project_id, image.source, image.source_ref) for image in (first, second)] == [
        (project.id, "pdf", "page 1"), (other.id, "pdf", "page 1"),
    ]  # fmt: skip
    known = stored.image
    assert (first.path, first.sha256, first.size, first.format, first.width, first.height) == (
        known.path, known.sha256, known.size_bytes, "PNG", 160, 120,
    )  # fmt: skip
    assert (first.dhash, first.average_color, first.colors) == (
        known.dhash, known.average_color, ",".join(known.colors),
    )  # fmt: skip
    assert (first.brightness, first.contrast, first.sharpness) == (known.brightness, known.contrast, known.sharpness)


@pytest.mark.parametrize(
    ("flipped", "outcome"), [(0b111, "near-duplicate"), (0b1111, "added")], ids=["3 bits", "4 bits"]
)
def test_images_within_three_bits_of_hamming_distance_are_near_duplicates(
    flipped: int, outcome: str, services: Services, db: Database, project: Projects
) -> None:
    data = encoded(drawn(1), "PNG")
    (stored,) = services.intake.store([NewFile("a.png", data)])
    assert stored.image is not None
    services.intake.add_images(project.id, [("first.png", data)])
    similar = core.images.DecodedImage(
        **{
            **vars(stored.image), "sha256": "0" * 64, "mirror_dhash": "0" * 16,
            "dhash": f"{int(stored.image.dhash, 16) ^ flipped:016x}",
        }
    )  # fmt: skip
    with db.transaction() as session:
        (found,) = core.images.record(
            session, project.id, [core.images.StoredFile("similar.png", "", similar)], "upload"
        )

    assert found.outcome == outcome


def test_a_hash_is_indexed_by_its_quarters_except_those_without_edges() -> None:
    assert quarters("0001000200030004") == [0x00001, 0x10002, 0x20003, 0x30004]
    assert quarters("0000ffff12340000") == [0x21234]
    assert quarters("0" * 16) == []


def test_the_quarters_of_each_new_image_are_stored(services: Services, db: Database, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("a.png", encoded(drawn(1), "PNG"))])
    assert outcome.image is not None
    with db.reading() as session:
        rows = session.exec(select(ImageHashes)).all()

    assert {(row.project_id, row.image_id, row.quarter) for row in rows} == {
        (project.id, outcome.image.id, quarter) for quarter in quarters(outcome.image.dhash)
    }


def test_the_same_bytes_twice_in_a_batch_are_one_image_that_both_outcomes_name(
    services: Services, project: Projects
) -> None:
    data, other = encoded(drawn(1)), encoded(drawn(2))
    outcomes = services.intake.add_images(project.id, [("a.jpg", data), ("b.jpg", data), ("c.jpg", other)])

    assert [outcome.outcome for outcome in outcomes] == ["added", "duplicate", "added"]
    first, second, _ = [outcome.image for outcome in outcomes]
    assert first is not None
    assert second is not None
    assert second.id == first.id
    assert services.images.get_image(second.id) is not None
    assert outcomes[1].reason == "The project already has this image, as a.jpg."
    assert services.images.get_project_image_stats(project.id)["total_images"] == 2


def test_a_file_that_breaks_the_decoder_costs_that_file_alone(services: Services, project: Projects) -> None:
    good = [(f"{n}.jpg", encoded(drawn(n))) for n in range(9)]
    odd = hostile.png(8, 8, color=3, raw=b"\0" * 72)  # colors by number, without a palette

    outcomes = services.intake.add_images(project.id, [*good, ("odd.png", odd)])

    assert [outcome.outcome for outcome in outcomes] == ["added"] * 9 + ["rejected"]
    assert outcomes[-1].reason is not None
    assert outcomes[-1].reason.startswith("The file is damaged")


def test_files_that_are_gone_or_no_files_are_rejected_alone(
    services: Services, project: Projects, tmp_path: Path
) -> None:
    (tmp_path / "good.jpg").write_bytes(encoded())
    (tmp_path / "locked.jpg").mkdir()
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    names = ("good.jpg", "gone.jpg", "locked.jpg", "loop.jpg", "pipe.jpg")

    outcomes = services.intake.add_images(project.id, [(name, tmp_path / name) for name in names])

    assert [outcome.outcome for outcome in outcomes] == ["added", *["rejected"] * 4]
    assert [outcome.reason for outcome in outcomes[1:]] == [
        "The file cannot be read (No such file or directory). Check that it is there and may be read.",
        "This is not a file. Choose an image file.",
        "The file cannot be read (Too many levels of symbolic links). Check that it is there and may be read.",
        "This is not a file. Choose an image file.",
    ]


@pytest.mark.parametrize(("age_s", "removed"), [(3599, 0), (3601, 1)])
def test_an_original_without_a_row_is_removed_after_an_hour(
    age_s: int, removed: int, services: Services, project: Projects
) -> None:
    orphan = services.db.data_dir / "uploads" / "images" / "ab" / f"{'ab' * 32}.jpg"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    now_s = time.time()
    os.utime(orphan, (now_s - age_s, now_s - age_s))

    renditions = services.db.data_dir / "cache" / "images" / RENDITION_VERSION
    derived = [renditions / "ab" / f"{'ab' * 32}-thumb320.jpg", renditions / "tiles" / ("ab" * 32) / "0-0-0.png"]
    for path in derived:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")

    assert services.intake.remove_leftovers(now_s) == removed
    assert [path.exists() for path in (orphan, *derived)] == [removed == 0] * 3


@pytest.mark.parametrize(("age_days", "removed"), [(6, 0), (8, 1)])
def test_an_upload_without_an_open_import_is_removed_after_a_week(
    age_days: int, removed: int, services: Services, project: Projects
) -> None:
    path = services.intake.import_context.uploads / uploaded(services, "photos.zip", b"x")
    now_s = time.time()

    assert services.uploads.remove_abandoned(now_s + age_days * 24 * 3600) == removed
    assert path.exists() == (removed == 0)


def test_bytes_added_again_while_the_cleanup_runs_are_not_removed(services: Services, project: Projects) -> None:
    """The file of an old orphan becomes young again when it is stored for a new row."""
    (stored,) = services.intake.store([NewFile("a.png", encoded(Image.new("RGB", (60, 60), "red"), "PNG"))])
    assert stored.image is not None
    path = services.db.data_dir / "uploads" / "images" / stored.image.path
    old_s = time.time() - 7200
    os.utime(path, (old_s, old_s))

    services.intake.store([NewFile("again.png", path.read_bytes())])

    assert services.intake.remove_leftovers() == 0
    assert path.exists()


def test_nothing_is_added_when_the_disk_is_nearly_full(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    with pytest.raises(FullDiskError, match="Free some space"):
        services.intake.add_images(project.id, [("a.png", b"x")])

"""Files that were measured before are copied into the storage; registered originals are known while they are used."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import Images, Projects
from core.config import Settings, load_settings
from core.db import Database, RegisteredOriginals
from core.errors import ImageRejectedError
from core.images.originals_in_place import forget_unused
from core.images.storage import ImageStorage
from core.images.stored_file import (
    DecodedImage,
    MeasuredFile,
    NewFile,
    Registration,
    StoredFile,
    _changed,
    store_measured,
)

HASHES = "ab" * 32, "cd" * 32


def measured(directory: Path, sha256: str, side_px: int) -> MeasuredFile:
    original, thumbnail = directory / f"{sha256}.jpg", directory / f"{sha256}-thumbnail.jpg"
    original.write_bytes(sha256.encode())
    thumbnail.write_bytes(b"small")
    image = DecodedImage(
        f"{sha256[:2]}/{sha256}.jpg", sha256, 64, "JPEG", 8, 8, "0" * 16, "0" * 16, "#ffffff", ("white",), 1.0, 0.0, 0.0
    )
    return MeasuredFile(StoredFile("a.jpg", "", image), original, thumbnail, side_px)


def test_measured_files_are_stored_and_thumbnails_of_this_size_with_them(tmp_path: Path) -> None:
    settings: Settings = load_settings()
    storage = ImageStorage(tmp_path / "images", tmp_path / "cache")
    (tmp_path / "images").mkdir()
    side_px = settings.thumbnail_side_px
    files = [measured(tmp_path, HASHES[0], side_px), measured(tmp_path, HASHES[1], side_px + 1)]
    rejected = MeasuredFile(StoredFile("x.jpg", "", None, "damaged"), tmp_path / "x", tmp_path / "y", side_px)

    store_measured([rejected, *files], storage, settings)

    for sha256 in HASHES:
        assert (tmp_path / "images" / sha256[:2] / f"{sha256}.jpg").read_text() == sha256
        assert (tmp_path / f"{sha256}.jpg").exists()
    assert [path.name for path in (tmp_path / "cache").rglob("*.jpg")] == [f"{HASHES[0]}-thumb{side_px}.jpg"]


@pytest.mark.parametrize(("used", "left"), [(HASHES, {*HASHES}), (HASHES[:1], {HASHES[0]}), ((), set())])
def test_the_address_of_an_original_is_forgotten_when_no_image_has_it(
    used: tuple[str, ...], left: set[str], db: Database, project: Projects
) -> None:
    with db.transaction() as session:
        for sha256 in HASHES:
            session.add(RegisteredOriginals(id=sha256, address=f"s3://bucket/{sha256}", etag="e", size=1))
        for sha256 in used:
            session.add(
                Images(
                    project_id=project.id, image_name=f"{sha256}.jpg", path="x", size=1, width=8, height=8,
                    sha256=sha256, format="JPEG",
                )
            )  # fmt: skip
    with db.transaction() as session:
        forget_unused(session)
    with db.reading() as session:
        assert {sha256 for sha256 in HASHES if session.get(RegisteredOriginals, sha256)} == left


@pytest.mark.parametrize(
    ("is_registered", "has_new_end", "is_refused"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_an_original_that_stays_in_its_bucket_is_not_repaired(
    is_registered: bool, has_new_end: bool, is_refused: bool
) -> None:
    registration = Registration("s3://bucket/a.jpg", "e") if is_registered else None
    inspected: Any = SimpleNamespace(has_new_end=has_new_end)

    found = _changed(NewFile("a.jpg", b"", registration=registration), inspected)

    if is_refused:
        assert str(found) == "The end marker of the file is missing. Import it instead of registering it."
    else:
        assert found is inspected


def test_the_rejection_of_a_registered_original_stays() -> None:
    rejected = ImageRejectedError("It is damaged.")

    assert _changed(NewFile("a.jpg", b"", registration=Registration("s3://bucket/a.jpg", "e")), rejected) is rejected

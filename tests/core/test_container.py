"""Archives and directories: ZIP bombs, damaged members, symbolic links."""

import random
from pathlib import Path

import pytest

from core.container import Archive, Folder
from core.errors import ImageRejectedError, InvalidInputError
from tests.core.images import hostile
from tests.core.images.pictures import encoded


def archived(tmp_path: Path, data: bytes) -> Archive:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    return Archive(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no archive", "not a ZIP archive"),
        (hostile.overlapping_zip(500), "which is too much|overlap"),
        (hostile.zip_of({"zeros": b"\0" * 30_000_000}), "which is too much"),
        (hostile.zip_of({f"{n}": b"" for n in range(10_001)}), "10,001 files"),
    ],
    ids=["no archive", "overlap", "ratio", "entries"],
)
def test_a_zip_bomb_is_rejected_before_it_is_unpacked(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        archived(tmp_path, data)


def test_two_overlapping_members_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        archived(tmp_path, hostile.overlapping_zip(2))


@pytest.mark.parametrize(
    ("data", "reason"), [(hostile.encrypted_zip(), "encrypted"), (hostile.lying_zip(), "damaged")], ids=["lock", "lie"]
)
def test_a_member_that_cannot_be_read_is_rejected_alone(data: bytes, reason: str, tmp_path: Path) -> None:
    archive = archived(tmp_path, data)
    with pytest.raises(ImageRejectedError) as caught:
        archive.extract("a.jpg", tmp_path / "out", 10_000_000)

    assert caught.value.reason == reason


def test_a_member_is_unpacked_up_to_its_size_limit(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(3_000_000)
    archive = archived(tmp_path, hostile.zip_of({"a.jpg": noise}))
    with pytest.raises(ImageRejectedError, match="larger than 1 MB"):
        archive.extract("a.jpg", tmp_path / "out", 1_000_000)

    assert (tmp_path / "out").stat().st_size <= 1_000_001


def test_a_file_replaced_by_a_symbolic_link_after_listing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(encoded())
    folder = Folder(tmp_path / "in")
    assert folder.names() == ["a.jpg"]
    (tmp_path / "in" / "a.jpg").unlink()
    (tmp_path / "in" / "a.jpg").symlink_to("/etc/passwd")

    with pytest.raises(ImageRejectedError):
        folder.path("a.jpg")

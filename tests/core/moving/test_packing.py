"""The ZIP of a project: its members are stored alike each time, and images that are complete stay in it."""

import hashlib
import zipfile
from pathlib import Path

from core.moving.packing import ContinuedZip

IMAGES = [f"image {number}".encode() * 50 for number in range(3)]


def _name(data: bytes) -> str:
    return f"images/{hashlib.sha256(data).hexdigest()}.png"


def _whole(path: Path) -> bytes:
    with ContinuedZip(path) as archive:
        for data in IMAGES:
            if _name(data) not in archive.kept:
                archive.add_bytes(_name(data), data)
        archive.add_bytes("manifest.json", b"{}")
        archive.finish()
    return path.read_bytes()


def test_members_are_files_that_their_owner_writes_and_all_read_of_one_fixed_time(tmp_path: Path) -> None:
    _whole(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        for member in archive.infolist():
            assert (member.external_attr >> 16, member.create_system) == (0o644, 3)
            assert (member.date_time, member.compress_type) == ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)
        assert archive.testzip() is None
        assert archive.namelist() == [*map(_name, IMAGES), "manifest.json"]


def test_an_archive_that_was_cut_off_anywhere_is_completed_to_the_same_bytes(tmp_path: Path) -> None:
    whole, path = _whole(tmp_path / "whole.zip"), tmp_path / "cut.zip"
    ends = [30 + len(_name(data)) + len(data) for data in IMAGES]
    for size, kept in (
        (0, 0), (29, 0), (ends[0] - 1, 0), (ends[0], 1), (ends[0] + 30, 1), (sum(ends[:2]), 2), (len(whole), 3),
    ):  # fmt: skip
        path.write_bytes(whole[:size])
        with ContinuedZip(path) as archive:
            assert list(archive.kept.items()) == [(_name(data), len(data)) for data in IMAGES[:kept]]
        assert _whole(path) == whole


def test_an_image_whose_bytes_are_not_those_of_its_name_is_written_again(tmp_path: Path) -> None:
    whole, path = _whole(tmp_path / "whole.zip"), tmp_path / "changed.zip"
    place = whole.index(IMAGES[1])
    path.write_bytes(whole[:place] + b"I" + whole[place + 1 :])
    with ContinuedZip(path) as archive:
        assert len(archive.kept) == 1
    assert _whole(path) == whole
    source = tmp_path / "source.png"
    source.write_bytes(IMAGES[0])
    with ContinuedZip(tmp_path / "of_files.zip") as archive:
        archive.add_file(_name(IMAGES[0]), source)
    assert (tmp_path / "of_files.zip").read_bytes()[: sum((30, len(_name(IMAGES[0])), len(IMAGES[0])))] == (
        whole[: 30 + len(_name(IMAGES[0])) + len(IMAGES[0])]
    )

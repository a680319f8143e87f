"""A bundle is a directory or a ZIP with the same files; a ZIP has the same bytes whenever it is made."""

import zipfile
from pathlib import Path

import pytest

from core.export.writing.target import DirectoryTarget, ZipTarget, open_target


def _fill(path: Path, container: str, source: Path) -> None:
    target = open_target(path, container)
    for name in ("data/1", "data/0"):
        with target.open(name) as file:
            file.write(name.encode())
    target.rename_all({"data/1": "data/one.jsonl"})
    target.add_file("images/train/a.jpg", source)
    target.close()
    again = open_target(path, container)
    again.add_bytes("REPORT.json", b"{}")
    again.close()


FILES = {"images/train/a.jpg": b"x" * 70_000, "data/0": b"data/0", "data/one.jsonl": b"data/1", "REPORT.json": b"{}"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(FILES["images/train/a.jpg"])
    return tmp_path / "a.jpg"


def test_a_zip_has_readable_files_of_a_fixed_time_without_compression(tmp_path: Path, source: Path) -> None:
    for name in ("one.zip", "two.zip"):
        _fill(tmp_path / name, "zip", source)

    with zipfile.ZipFile(tmp_path / "one.zip") as bundle:
        assert {name: bundle.read(name) for name in bundle.namelist()} == FILES
        assert bundle.namelist() == [*FILES]
        kinds = {
            (info.external_attr >> 16, info.date_time, info.create_system, info.compress_type)
            for info in bundle.infolist()
        }
    assert kinds == {(0o644, (1980, 1, 1, 0, 0, 0), 3, zipfile.ZIP_STORED)}
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "one.zip", "two.zip"]


def test_a_directory_has_the_same_files(tmp_path: Path, source: Path) -> None:
    root = tmp_path / "deep" / "bundle"
    _fill(root, "directory", source)

    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()} == FILES
    kinds = [type(open_target(tmp_path / "x", container)) for container in ("directory", "file")]
    assert kinds == [DirectoryTarget, DirectoryTarget]
    assert isinstance(open_target(tmp_path / "y.zip", "zip"), ZipTarget)

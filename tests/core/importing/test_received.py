"""Files that came together in one request."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.config import Settings
from core.errors import InvalidInputError
from core.importing.received import receive


class _Uploads:
    def __init__(self) -> None:
        self.reserved: list[tuple[str, str, int]] = []

    def reserve(self, project_id: str, name: str, size_bytes: int) -> SimpleNamespace:
        self.reserved.append((project_id, name, size_bytes))
        return SimpleNamespace(id="upload")


def _receive(directory: Path, *files: tuple[str, bytes], limit: int = 10) -> tuple[str, _Uploads]:
    uploads = _Uploads()
    settings = Settings(data_dir=directory, max_upload_bytes=limit)
    opened = [(name, io.BytesIO(data)) for name, data in files]
    for _, content in opened:
        content.read(1)
    upload_id, path = receive(uploads, settings, "project", opened)  # type: ignore[arg-type]
    assert path.split("/")[0] == upload_id == "upload"
    return path, uploads


def test_several_files_are_a_directory_with_their_directories(tmp_path: Path) -> None:
    path, uploads = _receive(tmp_path, ("a/b.json", b"[]"), ("c\\d.jpg", b"jpeg"))

    root = tmp_path / "imports" / path
    assert (root / "a" / "b.json").read_bytes() == b"[]"
    assert (root / "c" / "d.jpg").read_bytes() == b"jpeg"
    assert uploads.reserved == [("project", "a/b.json", 6)]


@pytest.mark.parametrize(
    ("name", "stored"), [("b.json", "b.json"), ("../../b.json", "b.json"), ("..", "file"), ("", "file")]
)
def test_a_single_file_is_its_own_path_inside_the_imports(name: str, stored: str, tmp_path: Path) -> None:
    path, _ = _receive(tmp_path, (name, b"[]"))

    assert path.partition("/")[2] == stored
    assert (tmp_path / "imports" / path).read_bytes() == b"[]"


def test_files_together_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    _receive(tmp_path, ("a", b"12345"), ("b", b"12345"))
    with pytest.raises(InvalidInputError, match="These files are larger than 1e-08 GB, the limit"):
        _receive(tmp_path, ("a", b"12345"), ("b", b"123456"))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"Two files are called a/b\. Rename one\."):
        _receive(tmp_path, ("a/b", b"1"), ("c", b"2"), ("a\\b", b"3"))
    assert not (tmp_path / "imports").exists()

"""Directories and single files: links, pipes, files that are gone or that nobody may read."""

import os
from pathlib import Path

import pytest

from core.container import Archive, Folder, SingleFile, open_container, shared_container
from core.errors import ImageRejectedError, InvalidInputError
from tests.core.container.archives import packed


def test_a_directory_lists_its_files_without_hidden_ones_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    for name in ("a.jpg", "sub/b.jpg", ".hidden/c.jpg", "sub/.d.jpg", "__MACOSX/._a.jpg", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to("/etc/passwd")
    (tmp_path / "elsewhere").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.jpg")
    folder = Folder(tmp_path)

    assert folder.names() == ["a.jpg", "sub/b.jpg"]
    assert [name for name, _ in sorted(folder.problems)] == ["elsewhere", "link.jpg", "pipe.jpg"]
    assert {reason for _, reason in folder.problems} == {
        "This is a symbolic link, and links are not followed. Put the file itself here.",
        "This is a pipe, socket or device, not a file. It was left out.",
    }


def test_a_directory_that_cannot_be_read_is_named_and_the_others_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(b"x")
    folder, scandir = Folder(tmp_path), os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert folder.names() == ["open/a.jpg"]
    assert folder.problems == [
        ("closed", "closed cannot be read (Permission denied). Check the path and who may read it.")
    ]


def test_a_file_replaced_by_a_symbolic_link_after_listing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    folder = Folder(tmp_path)
    assert folder.names() == ["a.jpg"]
    (tmp_path / "a.jpg").unlink()
    (tmp_path / "a.jpg").symlink_to("/etc/passwd")

    with pytest.raises(ImageRejectedError, match="not in the directory any more"):
        folder.path("a.jpg")
    with pytest.raises(InvalidInputError, match="not in the directory any more"):
        folder.open("a.jpg", 100)


@pytest.mark.parametrize("name", ["gone.jpg", "../x.jpg", "/etc/passwd", "a\0b", "x" * 300, "sub"])
def test_a_name_that_is_no_file_below_the_directory_is_rejected(name: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "x.jpg").write_bytes(b"x")
    with pytest.raises(ImageRejectedError, match="not in the directory any more"):
        Folder(tmp_path / "in").path(name)


def test_a_directory_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"gone cannot be read .No such file"):
        Folder(tmp_path / "gone")


def test_a_path_is_opened_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"{}\n")
    (tmp_path / "archive.data").write_bytes(packed({"a.jpg": b"x"}))

    assert isinstance(open_container(tmp_path), Folder)
    assert isinstance(open_container(tmp_path / "archive.data"), Archive)
    single = open_container(tmp_path / "rows.jsonl")
    assert isinstance(single, SingleFile)
    assert single.names() == ["rows.jsonl"]
    assert single.text("rows.jsonl") == "{}\n"
    assert single.file("rows.jsonl", tmp_path / "scratch", 1) == tmp_path / "rows.jsonl"
    with pytest.raises(InvalidInputError, match="larger than 0 MB"), single.open("rows.jsonl", 2) as stream:
        stream.read()


def test_a_shared_container_is_an_archive_or_what_the_path_is(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed({"a.jpg": b"x"}))
    with shared_container(tmp_path / "a.zip") as first, shared_container(tmp_path / "a.zip") as second:
        assert isinstance(first, Archive)
        assert first is second
    with shared_container(tmp_path) as folder:
        assert folder.names() == ["a.zip"]
    (tmp_path / "rows.jsonl").touch()
    with shared_container(tmp_path / "rows.jsonl") as single:
        assert isinstance(single, SingleFile)


def test_a_pipe_or_a_missing_path_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match="pipe is not a file"):
        open_container(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match=r"nothing cannot be read .No such file"):
        open_container(tmp_path / "nothing")
    with pytest.raises(InvalidInputError, match="not a name that a file can have"):
        open_container(tmp_path / "a\0b")


def test_a_text_that_is_not_utf_8_says_so(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_bytes("größe".encode("latin-1"))
    with pytest.raises(InvalidInputError, match=r"q.json is not UTF-8 text"):
        Folder(tmp_path).text("q.json")

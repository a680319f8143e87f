"""Tar archives of samples at their limits, and the members that are no part of a sample."""

import io
import tarfile
from pathlib import Path

import pytest

from core.errors import ImageRejectedError
from core.importing import samples
from core.importing.problems import Problems
from core.importing.records import Record
from core.importing.samples import planned_samples, records_of_samples
from core.importing.table_files import TableFiles


def packed(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(data))
    return path


def read(path: Path, max_bytes: int = 100) -> tuple[list[Record], list[str]]:
    files = TableFiles(path.parent / "work", max_bytes, Problems())
    found = [record for batch in planned_samples(path) for record in records_of_samples(path, batch, "w.tar", files)]
    return found, [problem.reason for problem in files.problems.kept]


def test_an_archive_has_as_many_members_as_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "w.tar", ("1.jpg", b"x"), ("1.txt", b"A cat"), ("2.jpg", b"x"))

    monkeypatch.setattr(samples, "MAX_MEMBERS", 3)
    assert [plan.samples for plan in planned_samples(path)] == [2]
    monkeypatch.setattr(samples, "MAX_MEMBERS", 2)
    with pytest.raises(ImageRejectedError, match="It has more than 2 members"):
        planned_samples(path)


def test_a_batch_ends_when_its_bytes_or_samples_are_more_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "w.tar", *((f"{number}.jpg", b"x" * 10) for number in range(7)))

    monkeypatch.setattr(samples, "BATCH_BYTES", 20)
    assert [(plan.first, plan.samples) for plan in planned_samples(path)] == [(0, 3), (3, 3), (6, 1)]
    monkeypatch.setattr(samples, "MAX_BATCH_SAMPLES", 2)
    assert [(plan.first, plan.samples) for plan in planned_samples(path)] == [(0, 2), (2, 2), (4, 2), (6, 1)]
    assert planned_samples(packed(tmp_path / "empty.tar")) == []


def test_directories_and_hidden_files_are_no_samples_and_those_of_other_directories_are_others(tmp_path: Path) -> None:
    path = packed(
        tmp_path / "w.tar", ("a/", b""), ("a/.1.jpg", b"x"), ("a/1.jpg", b"x"), ("b/1.jpg", b"x"), ("b/1.txt", b"A cat")
    )  # fmt: skip

    (found,), problems = read(path)

    assert (found.where, found.images, found.turns[0].answer) == ("w.tar row 2", ("w.tar row 2",), "A cat")
    assert problems == []


def test_files_of_a_sample_are_as_large_as_their_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_TEXT_BYTES", 5)
    path = packed(
        tmp_path / "w.tar",
        ("1.jpg", b"x" * 10), ("1.txt", b"A cat"),
        ("2.jpg", b"x" * 11), ("2.txt", b"A cat"),
        ("3.jpg", b"x"), ("3.txt", b"A dog."),
        ("4.jpg", b"x"), ("4.json", b"{"),
    )  # fmt: skip

    found, problems = read(path, max_bytes=10)

    assert [record.where for record in found] == ["w.tar row 1"]
    assert problems == [
        "2.jpg is larger than 0 MB.", "This sample has no image.", "3.txt is larger than 0 MB.",
        "The JSON of this sample is not valid.",
    ]  # fmt: skip

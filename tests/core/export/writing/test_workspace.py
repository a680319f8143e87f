"""Bundles are moved into place atomically and durably."""

import os
import stat
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import ExportError, StorageError
from core.export.writing.workspace import build_directory, move_into_place


@pytest.mark.parametrize("container", ["file", "directory"])
def test_files_are_synced_before_the_move_and_the_directory_after_it(
    container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, final = tmp_path / "built", tmp_path / "exports" / "final"
    final.parent.mkdir()
    built.mkdir() if container == "directory" else built.write_bytes(b"rows")
    steps: list[str] = []

    def sync() -> None:
        steps.append(f"sync, moved: {final.exists()}")

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        assert stat.S_ISDIR(status.st_mode)
        assert os.path.samestat(status, final.parent.stat())
        steps.append(f"fsync of the directory, moved: {final.exists()}")

    monkeypatch.setattr(os, "sync", sync)
    monkeypatch.setattr(os, "fsync", fsync)

    move_into_place(built, final)

    assert steps == ["sync, moved: False", "fsync of the directory, moved: True"]


def test_an_earlier_export_is_replaced_and_other_directories_are_added_to(tmp_path: Path) -> None:
    final = tmp_path / "final"
    for number, names in enumerate([("EXPORT_REPORT.json", "old.jsonl"), ("EXPORT_REPORT.json", "new.jsonl")]):
        with build_directory(final) as directory:
            built = directory / "bundle"
            built.mkdir()
            for name in names:
                (built / name).write_text(str(number))
            move_into_place(built, final)
    assert sorted(path.name for path in final.iterdir()) == ["EXPORT_REPORT.json", "new.jsonl"]

    (final / "EXPORT_REPORT.json").unlink()
    (final / "own.txt").write_text("own")
    with build_directory(final) as directory:
        built = directory / "bundle"
        built.mkdir()
        (built / "more.jsonl").write_text("2")
        move_into_place(built, final)
    assert sorted(path.name for path in final.iterdir()) == ["more.jsonl", "new.jsonl", "own.txt"]


def test_the_build_directory_is_removed_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Free space on the disk"), build_directory(tmp_path / "final") as directory:
        (directory / "rows.jsonl").write_text("half")
        raise OSError(28, "No space left on device")

    assert list(tmp_path.iterdir()) == []


def test_an_abandoned_build_directory_is_removed_and_a_locked_one_is_kept(tmp_path: Path) -> None:
    abandoned, locked = tmp_path / ".making-abandoned", tmp_path / ".making-locked"
    abandoned.mkdir()
    locked.mkdir()
    with FileLock(f"{locked}.lock"):
        with build_directory(tmp_path / "final"):
            assert not abandoned.exists()
            assert locked.exists()
        with pytest.raises(ExportError, match="being made already"), build_directory(tmp_path / "locked"):
            pass

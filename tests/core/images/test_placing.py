from pathlib import Path

import pytest

from core.images.placing import place


def test_a_file_is_placed_though_its_directory_is_removed_four_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, target = tmp_path / "new", tmp_path / "cache" / "ab" / "file"
    file.write_bytes(b"tile")
    real, removals = Path.replace, []

    def removed_just_then(self: Path, to: Path) -> Path:
        if len(removals) < 4:
            removals.append(to)
            target.parent.rmdir()
        return real(self, to)

    monkeypatch.setattr(Path, "replace", removed_just_then)
    place(file, target)
    assert target.read_bytes() == b"tile"
    assert not file.exists()


def test_a_directory_that_is_always_removed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, target = tmp_path / "new", tmp_path / "cache" / "file"
    file.write_bytes(b"tile")
    tries: list[Path] = []

    def gone(self: Path, to: Path) -> Path:
        tries.append(to)
        raise FileNotFoundError(to)

    monkeypatch.setattr(Path, "replace", gone)
    with pytest.raises(FileNotFoundError):
        place(file, target)
    assert len(tries) == 6

"""Image storage: what is durable before it has a name, and how old a file looks to the cleanup."""

import os
from pathlib import Path

import pytest

from core.images import storage
from core.images.storage import ImageStorage

SHA256 = "ab" * 32
OLD_S = 1_000_000_000.0


@pytest.fixture
def images(tmp_path: Path) -> ImageStorage:
    (tmp_path / "images").mkdir()
    return ImageStorage(tmp_path / "images", tmp_path / "cache")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The name and the size in bytes of each file or directory at the time of its fsync, in order."""
    calls: list[tuple[str, int]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        calls.append((path.name, path.stat().st_size if path.is_file() else -1))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


def test_bytes_from_memory_are_synced_after_they_were_written(
    images: ImageStorage, synced: list[tuple[str, int]], tmp_path: Path
) -> None:
    images.write(tmp_path / "file", b"12345")

    assert (tmp_path / "file").read_bytes() == b"12345"
    assert synced == [("file", 5)]


def test_the_bytes_of_another_file_are_synced_after_they_were_copied(
    images: ImageStorage, synced: list[tuple[str, int]], tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(b"123")
    images.write(tmp_path / "file", tmp_path / "source")

    assert (tmp_path / "file").read_bytes() == b"123"
    assert synced == [("file", 3)]


def test_originals_are_synced_before_their_rename_and_their_directories_after_it(
    images: ImageStorage, synced: list[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def noted(path: Path, target: Path) -> Path:
        synced.append((f"{path.name} renamed", 0))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", noted)
    hashes = [SHA256, "cd" * 32]
    for number, sha256 in enumerate(hashes):
        (tmp_path / f"staged {number}").write_bytes(sha256.encode())

    paths = images.store_originals([(tmp_path / f"staged {n}", sha256, "JPEG") for n, sha256 in enumerate(hashes)])

    assert paths == [f"ab/{SHA256}.jpg", f"cd/{'cd' * 32}.jpg"]
    assert [(images.root / path).read_text() for path in paths] == hashes
    assert not list(tmp_path.glob("staged*"))
    assert sorted(synced[:2]) == [("staged 0", 64), ("staged 1", 64)]
    assert synced[2:4] == [("staged 0 renamed", 0), ("staged 1 renamed", 0)]
    assert sorted(synced[4:]) == [("ab", -1), ("cd", -1), ("images", -1)]


def test_the_same_bytes_twice_are_stored_once(images: ImageStorage, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(b"same")

    paths = images.store_originals([(tmp_path / name, SHA256, "PNG") for name in ("first", "second")])

    assert paths == [f"ab/{SHA256}.png"] * 2
    assert (images.root / paths[0]).read_bytes() == b"same"


def test_storing_an_original_again_renews_its_mtime_and_keeps_its_bytes(images: ImageStorage, tmp_path: Path) -> None:
    stored = images.root / "ab" / f"{SHA256}.png"
    stored.parent.mkdir()
    stored.write_bytes(b"first")
    os.utime(stored, (OLD_S, OLD_S))
    (tmp_path / "staged").write_bytes(b"second")

    images.store_originals([(tmp_path / "staged", SHA256, "PNG")])

    assert stored.read_bytes() == b"first"
    ((path, modified_s),) = images.originals.listed()
    assert path == f"ab/{SHA256}.png"
    assert modified_s > OLD_S + 3600


def test_a_rendition_gets_its_name_in_one_step_and_replaces_an_older_one(images: ImageStorage, tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (tmp_path / "made").write_bytes(content)
        path = images.store_rendition(tmp_path / "made", SHA256, "thumb320.jpg")

    assert path == tmp_path / "cache" / storage.RENDITION_VERSION / "ab" / f"{SHA256}-thumb320.jpg"
    assert path.read_bytes() == b"second"
    assert not (tmp_path / "made").exists()


def test_a_staging_directory_in_use_is_not_removed_by_another_one(images: ImageStorage) -> None:
    with images.staging() as first:
        (first / "half").write_bytes(b"x")
        with images.staging() as second:
            assert images.remove_abandoned_staging() == 0
            assert first.exists()
        assert not second.exists()
        assert (first / "half").exists()
    assert list((images.root / ".incoming").iterdir()) == []


def test_thumbnails_of_another_size_have_another_name() -> None:
    assert (storage.thumbnail_variant(320), storage.thumbnail_variant(640)) == ("thumb320.jpg", "thumb640.jpg")


def test_renditions_of_other_versions_are_removed(images: ImageStorage, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"now")
    kept = images.store_rendition(tmp_path / "made", SHA256, "thumb320.jpg")
    for other in ("ab", "cd", "1"):  # the first version had no directory of its own
        (tmp_path / "cache" / other / "tiles").mkdir(parents=True)
        (tmp_path / "cache" / other / "before").write_bytes(b"before")

    assert images.remove_renditions_of_other_versions() == 3
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [kept]
    assert images.remove_renditions_of_other_versions() == 0


def test_tiles_used_last_are_kept(images: ImageStorage, tmp_path: Path) -> None:
    for number, sha256 in enumerate(("aa", "bb", "cc", "dd")):
        for name in ("pixels", "0-0-0.png"):
            (tmp_path / "made").write_bytes(b"x" * 50)
            images.store_tile(tmp_path / "made", sha256, name)
        os.utime(images.tiles(sha256), (OLD_S + number, OLD_S + number))
    os.utime(images.tiles("aa"), (OLD_S + 9, OLD_S + 9))

    assert images.remove_old_tiles(max_bytes=250) == 2
    assert [images.tiles(sha256).exists() for sha256 in ("aa", "bb", "cc", "dd")] == [True, False, False, True]
    assert images.remove_old_tiles(max_bytes=1) == 1
    assert images.tiles("aa").exists()

"""The cache of originals: bounded, whole files only, one fetch for many readers."""

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import MissingFileError
from core.images.original_cache import OriginalCache


def path_of(data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    return f"{sha256[:2]}/{sha256}.png"


def originals(count: int, size_bytes: int = 100) -> dict[str, bytes]:
    made = [bytes([number]) * size_bytes for number in range(count)]
    return {path_of(data): data for data in made}


def test_the_files_used_longest_ago_go_when_there_are_too_many_bytes_and_those_in_use_stay(tmp_path: Path) -> None:
    stored = originals(6)
    cache = OriginalCache(tmp_path, max_bytes=300)
    for path in stored:
        cache.file(path, stored.__getitem__)
    assert all((tmp_path / path).exists() for path in stored)
    first, *others = stored
    for number, path in enumerate(others):
        os.utime(tmp_path / path, (number + 1, number + 1))

    assert cache.remove_old() == 3

    assert [path for path in stored if (tmp_path / path).exists()] == [first, *others[3:]]


def test_removing_happens_by_itself_and_what_was_removed_is_fetched_again(tmp_path: Path) -> None:
    stored = originals(20)
    cache = OriginalCache(tmp_path, max_bytes=300, in_use_s=0)
    for path in stored:
        assert cache.file(path, stored.__getitem__).read_bytes() == stored[path]
    assert sum(file.stat().st_size for file in tmp_path.glob("*/*")) <= 300
    for path, data in stored.items():
        assert cache.file(path, stored.__getitem__).read_bytes() == data


def test_a_file_that_another_process_damaged_is_fetched_again(tmp_path: Path) -> None:
    ((path, data),) = originals(1).items()
    OriginalCache(tmp_path, 1000).file(path, lambda _: data).write_bytes(data[:50])
    assert OriginalCache(tmp_path, 1000).find(path) is None
    assert OriginalCache(tmp_path, 1000).file(path, lambda _: data).read_bytes() == data


def test_many_readers_of_one_original_fetch_it_once(tmp_path: Path) -> None:
    ((path, data),) = originals(1).items()
    cache, fetched, begun = OriginalCache(tmp_path, 1000), list[str](), threading.Barrier(8)

    def fetch(wanted: str) -> bytes:
        fetched.append(wanted)
        time.sleep(0)
        return data

    def read(_: int) -> bytes:
        begun.wait()
        return cache.file(path, fetch).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {data}
    assert fetched == [path]


def test_what_came_between_the_look_and_the_lock_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((path, data),) = originals(1).items()
    cache, find = OriginalCache(tmp_path, 1000), OriginalCache.find

    def find_nothing_first(self: OriginalCache, wanted: str) -> Path | None:
        monkeypatch.setattr(OriginalCache, "find", find)
        OriginalCache(tmp_path, 1000).file(wanted, lambda _: data)  # another one fetches it right after
        return None

    monkeypatch.setattr(OriginalCache, "find", find_nothing_first)
    assert cache.file(path, lambda _: pytest.fail("fetched again")).read_bytes() == data


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fetch(_: str) -> bytes:
        raise MissingFileError("gone")

    ((path, _),) = originals(1).items()
    with pytest.raises(MissingFileError, match="gone"):
        OriginalCache(tmp_path, 1000).file(path, fetch)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []

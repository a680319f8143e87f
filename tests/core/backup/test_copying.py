"""Copying originals: what is counted, how far it is, and what is not taken for an original."""

import hashlib
from pathlib import Path

import pytest

from core.backup import copying
from core.backup.copying import CopiedOriginals, copy_file, copy_originals
from core.backup.layout import objects


def _original(root: Path, text: bytes, *, name_of: bytes | None = None) -> str:
    sha256 = hashlib.sha256(text if name_of is None else name_of).hexdigest()
    path = f"{sha256[:2]}/{sha256}.png"
    (root / "objects" / path).parent.mkdir(parents=True, exist_ok=True)
    (root / "objects" / path).write_bytes(text)
    return path


def test_what_is_there_is_not_copied_again_and_what_is_damaged_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    known, new = _original(source, b"known"), _original(source, b"the new one")
    damaged = _original(source, b"damaged", name_of=b"as it was")
    _original(target, b"known")
    gone = f"ab/{'ab' * 32}.png"
    listed = [(known, 5), (new, 11), (damaged, 9), (gone, 3), ("../outside.png", 1)]
    told: list[tuple[float, str]] = []
    monkeypatch.setattr(copying, "_FILES_PER_BATCH", 1)

    counts = copy_originals(objects(source).originals, objects(target), listed, lambda *one: told.append(one))

    assert counts == CopiedOriginals(2, 16, 1, 11, [damaged, gone, "../outside.png"])
    assert (target / "objects" / new).read_bytes() == b"the new one"
    assert told == [(done / 5, f"Copying images, {done} of 5") for done in range(5)]


def test_a_file_is_copied_privately_with_its_sum(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    for path, named in (("", "copy"), ("files/a", "files/a")):
        copied = copy_file(tmp_path / "a", tmp_path / "copy", path)
        assert (copied.path, copied.size_bytes) == (named, 5)
        assert copied.sha256 == hashlib.sha256(b"12345").hexdigest()
    assert oct((tmp_path / "copy").stat().st_mode & 0o777) == "0o600"

import os
from pathlib import Path

import pytest

from core import portable
from core.portable import sync_below, sync_path, usable_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CON", "image-CON"), ("nul.tar", "image-nul.tar"), ("com1", "image-com1"), ("aux .png", "image-aux .png"),
        ("console", "console"), ("com", "com"), ("a.nul", "a.nul"),
    ],
)  # fmt: skip
def test_the_name_of_a_device_gets_a_word_before_it(name: str, expected: str) -> None:
    assert usable_name(name, "image") == expected


def test_without_sync_every_file_is_synced_and_on_windows_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").touch()
    opened: list[tuple[str, int]] = []
    real = os.open
    monkeypatch.setattr(
        portable.os, "open", lambda path, flags: (opened.append((path.name, flags)), real(path, flags))[1]
    )
    monkeypatch.delattr(portable.os, "sync", raising=False)
    monkeypatch.setattr(portable.os, "name", "nt")
    sync_below(tmp_path)
    sync_path(tmp_path)
    assert opened == [("b.txt", os.O_RDWR)]

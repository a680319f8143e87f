import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.config import Settings
from core.disk import free_bytes, require_space
from core.errors import FullDiskError


def test_space_is_asked_of_the_disk_that_the_directory_will_be_on(tmp_path: Path) -> None:
    assert abs(free_bytes(tmp_path / "not" / "there") - shutil.disk_usage(tmp_path).free) < 1e9


def test_less_than_the_bound_is_refused_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=150_000_000))
    require_space(Settings(data_dir=tmp_path, min_free_bytes=150_000_000))
    with pytest.raises(FullDiskError, match="only 150 MB left"):
        require_space(Settings(data_dir=tmp_path))

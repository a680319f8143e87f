"""Tar files of samples: when a new one begins, and what is in it."""

import json
import tarfile
from pathlib import Path

import pytest

from core.export.entries import ImageGroup
from core.export.layout import BundleLayout
from core.export.writing import files
from core.export.writing.files import WebDatasetWriter
from core.export.writing.target import DirectoryTarget
from tests.core.export.formats.sample import IMAGE


def _written(root: Path, *groups: tuple[str, str, int]) -> dict[str, list[str]]:
    """Write for each (split, name, bytes) an image with one row; return the members by file."""
    writer = WebDatasetWriter(DirectoryTarget(root), BundleLayout("rows", splits=("train", "test")))
    for split, name, size_bytes in groups:
        writer.add(ImageGroup(IMAGE, (), split=split, ref=f"{name}.v2.jpg", data=b"x" * size_bytes), [{"name": name}])
    writer.finish()
    found = {}
    for path in sorted(root.iterdir()):
        with tarfile.open(path) as tar:
            found[path.name] = tar.getnames()
            rows = [tar.extractfile(one) for one in tar.getmembers() if one.name.endswith(".json")]
            names = [json.loads(row.read())["name"] for row in rows if row is not None]
        assert found[path.name] == [f"{name}.v2.{ending}" for name in names for ending in ("jpg", "json")]
    return {name: members[::2] for name, members in found.items()}


def test_a_file_ends_when_it_has_more_bytes_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SHARD_BYTES", 20)

    assert _written(tmp_path, *[("train", str(number), 10) for number in range(7)], ("test", "t", 30)) == {
        "webdataset-test-000000.tar": ["t.v2.jpg"],
        "webdataset-train-000000.tar": ["0.v2.jpg", "1.v2.jpg", "2.v2.jpg"],
        "webdataset-train-000001.tar": ["3.v2.jpg", "4.v2.jpg", "5.v2.jpg"],
        "webdataset-train-000002.tar": ["6.v2.jpg"],
    }


def test_an_export_without_rows_has_an_empty_file(tmp_path: Path) -> None:
    assert _written(tmp_path) == {"webdataset-train-000000.tar": []}

"""Parquet files: when a new one begins, their names, and the features in them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.export.entries import ImageGroup
from core.export.layout import BundleLayout
from core.export.writing import parquet
from core.export.writing.parquet import ParquetWriter, arrow_schema
from core.export.writing.target import DirectoryTarget
from tests.core.export.formats.sample import IMAGE

COLUMNS = {"image": "image", "tags": ["string"], "box": {"x": "float32", "n": "int64"}, "ok": "bool"}


def _row(data: bytes) -> dict[str, Any]:
    return {"image": {"bytes": data, "path": "a.jpg"}, "tags": ["a"], "box": {"x": 0.5, "n": 1}, "ok": True}


def _written(root: Path, *groups: tuple[str, int], splits: tuple[str, ...] = ("train",)) -> dict[str, list[int]]:
    """Write for each (split, bytes) an image with one row; return the rows in each row group by file."""
    writer = ParquetWriter(DirectoryTarget(root), BundleLayout("rows", splits=splits, columns=COLUMNS))
    for split, size_bytes in groups:
        data = b"x" * size_bytes
        writer.add(ImageGroup(IMAGE, (), split=split, data=data), [_row(data)])
    writer.finish()
    files = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert sorted(name for names in writer.shard_names().values() for name in names) == [str(file) for file in files]
    found = {str(file): pq.ParquetFile(root / file).metadata for file in files}
    return {name: [of.row_group(n).num_rows for n in range(of.num_row_groups)] for name, of in found.items()}


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROW_GROUP_BYTES", 20)
    monkeypatch.setattr(parquet, "_SHARD_BYTES", 40)


@pytest.mark.usefixtures("small_limits")
def test_a_row_group_and_a_file_end_when_they_have_the_bytes_of_their_limit(tmp_path: Path) -> None:
    assert _written(tmp_path / "1", *[("train", 10)] * 5) == {
        "data/train-00000-of-00002.parquet": [2, 2], "data/train-00001-of-00002.parquet": [1],
    }  # fmt: skip
    assert _written(tmp_path / "2", *[("train", 10)] * 4) == {"data/train-00000-of-00001.parquet": [2, 2]}
    assert _written(tmp_path / "3", ("train", 19), ("train", 19), ("train", 1)) == {
        "data/train-00000-of-00001.parquet": [2, 1]
    }


@pytest.mark.usefixtures("small_limits")
def test_each_split_has_its_files_and_an_export_without_rows_an_empty_one(tmp_path: Path) -> None:
    assert _written(tmp_path / "1", ("train", 1), ("test", 1), ("train", 1), splits=("train", "test")) == {
        "data/test-00000-of-00001.parquet": [1], "data/train-00000-of-00001.parquet": [2],
    }  # fmt: skip
    assert _written(tmp_path / "2", splits=("train", "test")) == {"data/train-00000-of-00001.parquet": []}


def test_the_schema_has_the_features_of_datasets_and_stores_images_uncompressed(tmp_path: Path) -> None:
    _written(tmp_path, ("train", 1))
    file = pq.ParquetFile(tmp_path / "data/train-00000-of-00001.parquet")
    columns = (file.metadata.row_group(0).column(number) for number in range(file.metadata.num_columns))

    assert {column.path_in_schema: column.compression for column in columns} == {
        "image.bytes": "UNCOMPRESSED", "image.path": "ZSTD", "tags.list.element": "ZSTD", "box.x": "ZSTD",
        "box.n": "ZSTD", "ok": "ZSTD",
    }  # fmt: skip
    assert file.schema_arrow.field("box").type == pa.struct({"x": pa.float32(), "n": pa.int64()})
    assert json.loads((arrow_schema(COLUMNS).metadata or {})[b"huggingface"]) == {
        "info": {
            "features": {
                "image": {"_type": "Image"},
                "tags": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
                "box": {"x": {"dtype": "float32", "_type": "Value"}, "n": {"dtype": "int64", "_type": "Value"}},
                "ok": {"dtype": "bool", "_type": "Value"},
            }
        }
    }

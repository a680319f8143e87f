"""Parquet files with the features that the ``datasets`` library and the Hub's viewer read."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from core.export.entries import ImageGroup, Row
from core.export.layout import BundleLayout
from core.export.writing.base import Writer
from core.export.writing.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

# A reader holds one row group in memory.
_ROW_GROUP_BYTES = 64_000_000
_ROW_GROUP_ROWS = 1000
_SHARD_BYTES = 500_000_000
# Entries of one image repeat its bytes; a dictionary page of this size stores each image once per row group.
_DICTIONARY_BYTES = 256_000_000


class ParquetWriter(Writer):
    """``data/<split>-00000-of-0000n.parquet``, images embedded, shards of at most about 500 MB."""

    embeds_images: ClassVar[bool] = True

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._schema = arrow_schema(layout.columns)
        self._shards: dict[str, _Shards] = {}

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        return f"data/{split}-*"

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        made = list(rows)
        image_bytes = len(group.data) + len(group.floats) + sum(len(image.data) for image in group.further)
        self._of(group.split).add(made, image_bytes)
        return self.count(group.split, len(made))

    def _of(self, split: str) -> "_Shards":
        if split not in self._shards:
            self._shards[split] = _Shards(self.target, split, self._schema)
        return self._shards[split]

    def finish(self) -> None:
        self._of(self.splits[0])
        for shards in self._shards.values():
            shards.finish()

    def shard_names(self) -> dict[str, list[str]]:
        """Return the names of the finished files by split."""
        return {split: shards.names() for split, shards in self._shards.items()}


class _Shards:
    """The parquet files of one split; they get their final names when their number is known."""

    def __init__(self, target: Target, split: str, schema: "pa.Schema") -> None:
        self._target, self._split, self._schema = target, split, schema
        self._rows: list[Row] = []
        self._buffered = 0
        self._written = 0
        self._files: list[BinaryIO] = []
        self._writer: Any = None

    def add(self, rows: list[Row], image_bytes: int) -> None:
        self._rows += rows
        # In memory every row has the bytes of its image; in the file the dictionary has them once.
        self._buffered += image_bytes * len(rows)
        self._written += image_bytes
        if self._buffered >= _ROW_GROUP_BYTES or len(self._rows) >= _ROW_GROUP_ROWS:
            self._flush()

    def finish(self) -> None:
        self._flush()
        if not self._files:
            self._open()
        self._close()
        self._target.rename_all({f"data/{self._split}-{number:05d}": name for number, name in enumerate(self.names())})

    def names(self) -> list[str]:
        """Return the final names of the files so far."""
        count = len(self._files)
        return [f"data/{self._split}-{number:05d}-of-{count:05d}.parquet" for number in range(count)]

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        if self._writer is None:
            self._open()
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows, self._buffered = [], 0
        if self._written >= _SHARD_BYTES:
            self._close()

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._files.append(self._target.open(f"data/{self._split}-{len(self._files):05d}"))
        self._writer = pq.ParquetWriter(
            self._files[-1], self._schema, compression=_compression(self._schema),
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
        )  # fmt: skip

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._files[-1].close()
            self._writer, self._written = None, 0


def arrow_schema(columns: Mapping[str, Any]) -> "pa.Schema":
    """Return the Arrow schema of *columns*, with the features in its metadata as ``datasets`` stores them.

    Args:
        columns: types by column name: ``image``, ``string``, ``bool``, ``int64``, ``float64``, ``float32``, a list with
            the type of its elements, or a dict of types by field name.
    """
    import pyarrow as pa

    features = {name: _feature(type_) for name, type_ in columns.items()}
    fields = [pa.field(name, _arrow_type(type_)) for name, type_ in columns.items()]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _arrow_type(type_: Any) -> "pa.DataType":
    import pyarrow as pa

    if type_ == "image":
        return pa.struct({"bytes": pa.binary(), "path": pa.string()})
    if isinstance(type_, list):
        return pa.list_(_arrow_type(type_[0]))
    if isinstance(type_, dict):
        return pa.struct({name: _arrow_type(inner) for name, inner in type_.items()})
    return {
        "string": pa.string(),
        "bool": pa.bool_(),
        "float64": pa.float64(),
        "float32": pa.float32(),
        "int64": pa.int64(),
    }[type_]


def _feature(type_: Any) -> Any:
    if type_ == "image":
        return {"_type": "Image"}
    if isinstance(type_, list):
        return {"feature": _feature(type_[0]), "_type": "List"}
    if isinstance(type_, dict):
        return {name: _feature(inner) for name, inner in type_.items()}
    return {"dtype": type_, "_type": "Value"}


def _compression(schema: "pa.Schema") -> dict[str, str]:
    """Return the compression by column path: zstd for texts, none for images, which are compressed already."""
    import pyarrow as pa

    paths: dict[str, str] = {}

    def walk(path: str, type_: "pa.DataType") -> None:
        if pa.types.is_struct(type_):
            for inner in type_:
                walk(f"{path}.{inner.name}", inner.type)
        elif pa.types.is_list(type_):
            walk(f"{path}.list.element", type_.value_type)
        else:
            paths[path] = "none" if pa.types.is_binary(type_) else "zstd"

    for column in schema:
        walk(column.name, column.type)
    return paths

"""Parquet files with the features that ``datasets`` and the Hub's viewer read from them."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from core.export.entries import ImageGroup, Row, RowOptions
from core.export.recipe import ExportRecipe
from core.export.writing.base import Writer
from core.export.writing.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

    from core.export.formats.base import Format

# A row group is what a reader holds at once.
_ROW_GROUP_BYTES = 64_000_000
_ROW_GROUP_ROWS = 1000
_SHARD_BYTES = 500_000_000
# Entries of one image repeat its bytes; a dictionary this large keeps each image once per row group.
_DICTIONARY_BYTES = 256_000_000


class ParquetWriter(Writer):
    """``data/<split>-00000-of-0000n.parquet``, images embedded, shards of at most about 500 MB."""

    embeds: ClassVar[bool] = True

    def __init__(self, target: Target, recipe: ExportRecipe, format_: "Format") -> None:
        super().__init__(target, recipe, format_)
        options = RowOptions(metadata=recipe.metadata, grouping=recipe.grouping)
        self._schema = arrow_schema(format_.features(options) if format_.features else {})
        self._shards: dict[str, _Shards] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        made = list(rows)
        self._of(group.split).add(made, len(group.data))
        return self.count(group.split, len(made))

    def _of(self, split: str) -> "_Shards":
        if split not in self._shards:
            self._shards[split] = _Shards(self.target, split, self._schema)
        return self._shards[split]

    def finish(self) -> None:
        self._of(self.splits[0])
        for shards in self._shards.values():
            shards.finish()


class _Shards:
    """The growing parquet files of one split; they are named when their number is known."""

    def __init__(self, target: Target, split: str, schema: "pa.Schema") -> None:
        self._target, self._split, self._schema = target, split, schema
        self._rows: list[Row] = []
        self._buffered = 0
        self._written = 0
        self._files: list[BinaryIO] = []
        self._writer: Any = None

    def add(self, rows: list[Row], image_bytes: int) -> None:
        self._rows += rows
        # In memory every row has the bytes of its image; in the file a dictionary keeps them once.
        self._buffered += image_bytes * len(rows)
        self._written += image_bytes
        if self._buffered >= _ROW_GROUP_BYTES or len(self._rows) >= _ROW_GROUP_ROWS:
            self._flush()

    def finish(self) -> None:
        self._flush()
        if not self._files:
            self._open()
        self._close()
        self._target.rename_all(
            {
                f"data/{self._split}-{number:05d}": f"data/{self._split}-{number:05d}-of-{len(self._files):05d}.parquet"
                for number in range(len(self._files))
            }
        )

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


def arrow_schema(columns: dict[str, Any]) -> "pa.Schema":
    """Return the Arrow schema of *columns*, carrying the features as ``datasets`` stores them."""
    import pyarrow as pa

    features = {name: _feature(kind) for name, kind in columns.items()}
    fields = [pa.field(name, _arrow_type(kind)) for name, kind in columns.items()]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _arrow_type(kind: Any) -> "pa.DataType":
    import pyarrow as pa

    if kind == "image":
        return pa.struct({"bytes": pa.binary(), "path": pa.string()})
    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[0]))
    if isinstance(kind, dict):
        return pa.struct({name: _arrow_type(inner) for name, inner in kind.items()})
    return {"string": pa.string(), "bool": pa.bool_(), "float64": pa.float64(), "int64": pa.int64()}[kind]


def _feature(kind: Any) -> Any:
    if kind == "image":
        return {"_type": "Image"}
    if isinstance(kind, list):
        return {"feature": _feature(kind[0]), "_type": "List"}
    if isinstance(kind, dict):
        return {name: _feature(inner) for name, inner in kind.items()}
    return {"dtype": kind, "_type": "Value"}


def _compression(schema: "pa.Schema") -> dict[str, str]:
    """Compress texts, not images, which are compressed already."""
    import pyarrow as pa

    paths: dict[str, str] = {}

    def walk(path: str, kind: "pa.DataType") -> None:
        if pa.types.is_struct(kind):
            for inner in kind:
                walk(f"{path}.{inner.name}", inner.type)
        elif pa.types.is_list(kind):
            walk(f"{path}.list.element", kind.value_type)
        else:
            paths[path] = "none" if pa.types.is_binary(kind) else "zstd"

    for column in schema:
        walk(column.name, column.type)
    return paths

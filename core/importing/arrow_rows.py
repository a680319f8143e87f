"""Rows of parquet and Arrow files as plain values, planned in batches of bounded size."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from core.importing.readers.columns import BOXES, is_image_column

BATCH_BYTES = 32_000_000
MAX_BATCH_ROWS = 100_000
MAX_BATCHES = 50_000
_ROWS_AT_ONCE = 1_000
_OTHER_MEDIA = ("audio", "video", "sound")


class Planned(NamedTuple):
    """A batch: rows *start* to before *stop* of the row groups *groups*."""

    first_row: int
    """Of the table, from 0."""
    groups: tuple[int, ...]
    start: int
    stop: int


class Table(ABC):
    """An open table."""

    rows: int
    image_columns: tuple[str, ...]

    def __init__(self, schema: Any) -> None:
        names = [field.name for field in schema if not _is_never_read(field)]
        self._names = list(dict.fromkeys(names))
        self.image_columns = tuple(field.name for field in schema if _holds_images(field))
        self._class_names = _class_names(schema)
        self._nested_class_names = _nested_class_names(schema)

    @abstractmethod
    def plan(self) -> list[Planned]:
        """Return the batches."""

    @abstractmethod
    def batch(self, index: int) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of a batch, some at a time."""

    def _plain(self, batch: Any) -> list[dict[str, Any]]:
        rows = plain_rows(batch)
        for column, names in self._class_names.items():
            for row in rows:
                if column in row:
                    row[column] = _name_of_class(row[column], names)
        for column, by_key in self._nested_class_names.items():
            for row in rows:
                _name_classes(row.get(column), by_key)
        return rows


class ParquetTable(Table):
    """A parquet file; only the row groups of a batch are opened."""

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as parquet

        self._parquet = parquet.ParquetFile(file, pre_buffer=False)
        self.rows = self._parquet.metadata.num_rows
        super().__init__(self._parquet.schema_arrow)

    def plan(self) -> list[Planned]:
        metadata = self._parquet.metadata
        groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
        return planned([(group.num_rows, group.total_byte_size) for group in groups])

    def batch(self, index: int) -> Iterator[list[dict[str, Any]]]:
        batch = self.plan()[index]
        at = 0
        size = min(_ROWS_AT_ONCE, max(batch.stop - batch.start, 1))
        for found in self._parquet.iter_batches(
            size, row_groups=list(batch.groups), columns=self._names, use_threads=False
        ):
            low, high = max(batch.start - at, 0), min(batch.stop - at, found.num_rows)
            if low < high:
                yield self._plain(found.slice(low, high - low))
            at += found.num_rows
            if at >= batch.stop:
                return


class ArrowTable(Table):
    """An Arrow file or stream; each batch is one of its record batches, or several small ones."""

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow as pa

        self._file = file
        try:
            self._reader = pa.ipc.open_stream(file)
            self._is_stream = True
        except pa.ArrowInvalid:
            file.seek(0)
            self._reader = pa.ipc.open_file(file)
            self._is_stream = False
        super().__init__(self._reader.schema)
        self._sizes = [(batch.num_rows, batch.nbytes) for batch in self._batches()]
        self.rows = sum(rows for rows, _ in self._sizes)

    def plan(self) -> list[Planned]:
        return planned(self._sizes)

    def batch(self, index: int) -> Iterator[list[dict[str, Any]]]:
        batch = self.plan()[index]
        at = 0
        for number, found in enumerate(self._batches()):
            if number > batch.groups[-1]:
                return
            if number < batch.groups[0]:
                continue
            low, high = max(batch.start - at, 0), min(batch.stop - at, found.num_rows)
            for start in range(low, high, _ROWS_AT_ONCE):
                part = found.select(self._names).slice(start, min(_ROWS_AT_ONCE, high - start))
                yield self._plain(part)
            at += found.num_rows

    def _batches(self) -> Iterator[Any]:
        import pyarrow as pa

        self._file.seek(0)
        if self._is_stream:
            yield from pa.ipc.open_stream(self._file)
        else:
            reader = pa.ipc.open_file(self._file)
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)


def _name_classes(value: Any, names_by_key: dict[str, list[str]]) -> None:
    """Put the names of classes in the place of their numbers: of an object of lists, or a list of objects."""
    for one in value if isinstance(value, list) else [value]:
        for key, names in names_by_key.items() if isinstance(one, dict) else ():
            numbers = one.get(key)
            if isinstance(numbers, list):
                one[key] = [_name_of_class(number, names) for number in numbers]
            else:
                one[key] = _name_of_class(numbers, names)


def _name_of_class(number: Any, names: list[str]) -> Any:
    return names[number] if isinstance(number, int) and 0 <= number < len(names) else number


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open a table. Not memory-mapped: a map counts against the limit on the address space as well."""
    with path.open("rb") as file:
        yield ParquetTable(file) if file.read(4) == b"PAR1" else ArrowTable(_rewound(file))


def planned(groups: list[tuple[int, int]]) -> list[Planned]:
    """Return batches of about BATCH_BYTES and at most MAX_BATCH_ROWS, from rows and bytes of each group."""
    total = sum(rows for rows, _ in groups)
    least = -(-total // MAX_BATCHES)
    plan: list[Planned] = []
    row = 0
    joined: list[int] = []
    joined_rows = joined_bytes = 0

    def close() -> None:
        nonlocal joined, joined_rows, joined_bytes
        if joined_rows:
            plan.append(Planned(row - joined_rows, tuple(joined), 0, joined_rows))
        joined, joined_rows, joined_bytes = [], 0, 0

    for index, (rows, size) in enumerate(groups):
        at_once = min(max(int(rows * BATCH_BYTES / max(size, 1)), least, 1), MAX_BATCH_ROWS)
        if joined_rows + rows > MAX_BATCH_ROWS or joined_bytes + size > BATCH_BYTES:
            close()
        if rows > at_once:
            plan += [
                Planned(row + start, (index,), start, min(start + at_once, rows)) for start in range(0, rows, at_once)
            ]
        else:
            joined.append(index)
            joined_rows, joined_bytes = joined_rows + rows, joined_bytes + size
        row += rows
    close()
    return plan


def plain_rows(batch: Any) -> list[dict[str, Any]]:
    """Return the rows of a record batch; a value that Python cannot hold is None, invalid UTF-8 is replaced."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, OverflowError):
        columns = [_plain_column(column) for column in batch.columns]
        return [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return rows


def _plain_column(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_plain_value(scalar) for scalar in column]
    return values


def _plain_value(scalar: Any) -> Any:
    import pyarrow as pa

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        if pa.types.is_string(scalar.type) or pa.types.is_large_string(scalar.type):
            return scalar.cast(pa.binary()).as_py().decode("utf-8", "replace")
        return None
    except (ValueError, OverflowError):
        return None


def _class_names(schema: Any) -> dict[str, list[str]]:
    """Return the names of the classes by column, which datasets writes beside the numbers."""
    return {
        column: [str(name) for name in feature["names"]]
        for column, feature in _features(schema).items()
        if _is_class(feature)
    }


def _nested_class_names(schema: Any) -> dict[str, dict[str, list[str]]]:
    """Return the names of the classes in the lists of an object by column and key, as object detection has them."""
    found: dict[str, dict[str, list[str]]] = {}
    for column, feature in _features(schema).items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else None
        for key, one in inner.items() if isinstance(inner, dict) else ():
            one = one.get("feature", one) if isinstance(one, dict) else one
            if _is_class(one):
                found.setdefault(column, {})[key] = [str(name) for name in one["names"]]
    return found


def _features(schema: Any) -> dict[str, Any]:
    try:
        features = orjson.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _is_class(feature: Any) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)


def _holds_images(field: Any) -> bool:
    """Return whether a column has images inside: bytes, or objects with bytes, also in lists."""
    import pyarrow as pa

    type_ = field.type
    while _is_list(type_):
        type_ = type_.value_type
    if pa.types.is_struct(type_):
        names = [type_.field(index).name for index in range(type_.num_fields)]
        return "bytes" in names and _is_bytes(type_.field("bytes").type) and not field.name.startswith(_OTHER_MEDIA)
    return _is_bytes(type_) and is_image_column(field.name)


def _is_never_read(field: Any) -> bool:
    """Return whether no reader asks for a column: times, and vectors of numbers that are no boxes."""
    import pyarrow as pa

    type_ = field.type
    if pa.types.is_temporal(type_):
        return True
    return field.name.strip().lower() not in BOXES and _is_list(type_) and pa.types.is_floating(type_.value_type)


def _is_list(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_))


def _is_bytes(type_: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_))


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file

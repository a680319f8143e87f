"""What the columns of parquet and Arrow files are: images, never read, numbers of classes; and rows in pieces."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.importing.arrow_rows import ArrowTable, ParquetTable, Table

FLOATS = pa.list_(pa.float32())
BYTES_INSIDE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
NAMES = ["cat", "dog"]
LABEL = {"_type": "ClassLabel", "names": NAMES}


def as_parquet(table: pa.Table) -> Table:
    file = io.BytesIO()
    pq.write_table(table, file)
    return ParquetTable(io.BytesIO(file.getvalue()))


def as_arrow(table: pa.Table, rows_per_batch: int = 1_000_000, *, is_stream: bool = False) -> Table:
    file = io.BytesIO()
    new = pa.ipc.new_stream if is_stream else pa.ipc.new_file
    with new(file, table.schema) as writer:
        writer.write_table(table, rows_per_batch)
    return ArrowTable(io.BytesIO(file.getvalue()))


def with_features(columns: dict[str, list[Any]], features: Any) -> pa.Table:
    written = json.dumps({"info": {"features": features}})
    return pa.table(columns).replace_schema_metadata({"huggingface": written})


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [row for index in range(len(table.plan())) for part in table.batch(index) for row in part]


@pytest.mark.parametrize(
    ("name", "type_", "holds_images"),
    [
        ("photo", pa.binary(), True),
        ("image", pa.large_binary(), True),
        ("image", pa.binary(4), True),
        ("image", pa.string(), False),
        ("document", pa.binary(), False),
        ("document", BYTES_INSIDE, True),
        ("document", pa.list_(BYTES_INSIDE), True),
        ("document", pa.large_list(pa.list_(BYTES_INSIDE)), True),
        ("document", pa.struct([("path", pa.string())]), False),
        ("document", pa.struct([("bytes", pa.string())]), False),
        ("images", pa.list_(pa.binary(), 2), True),
        ("audio", BYTES_INSIDE, False),
        ("video_1", BYTES_INSIDE, False),
    ],
)
def test_a_column_holds_images_by_its_type_and_name(name: str, type_: pa.DataType, holds_images: bool) -> None:
    table = as_arrow(pa.table({name: pa.array([None], type_), "question": ["Q?"]}))

    assert table.image_columns == ((name,) if holds_images else ())


@pytest.mark.parametrize("made", [as_parquet, as_arrow])
def test_times_and_vectors_that_are_no_boxes_are_not_read(made: Any) -> None:
    vector = pa.array([[0.5, 1.5]], FLOATS)
    table = made(
        pa.table({
            "at": pa.array([1], pa.timestamp("s")), "embedding": vector,
            "large": vector.cast(pa.large_list(pa.float32())),
            "two": vector.cast(pa.list_(pa.float32(), 2)), " BBox ": vector, "counts": [[1, 2]], "width": [2.5],
        })
    )  # fmt: skip

    assert rows_of(table) == [{" BBox ": [0.5, 1.5], "counts": [1, 2], "width": 2.5}]


@pytest.mark.parametrize("made", [as_parquet, as_arrow])
def test_numbers_of_classes_become_names_where_there_is_one(made: Any) -> None:
    numbers = pa.array([0, 1, 2, -1, None], pa.int64())
    table = made(with_features({"label": numbers, "other": numbers}, {"label": LABEL, "gone": LABEL}))

    assert rows_of(table) == [
        {"label": "cat", "other": 0},
        {"label": "dog", "other": 1},
        {"label": 2, "other": 2},
        {"label": -1, "other": -1},
        {"label": None, "other": None},
    ]


@pytest.mark.parametrize(
    ("feature", "value", "named"),
    [
        ({"kind": LABEL}, {"kind": 1, "n": 1}, {"kind": "dog", "n": 1}),
        ({"kind": {"feature": LABEL}}, {"kind": [1, 0, -1, 2]}, {"kind": ["dog", "cat", -1, 2]}),
        ({"feature": {"kind": LABEL}}, [{"kind": 0}, {"kind": 1}], [{"kind": "cat"}, {"kind": "dog"}]),
        ({"feature": {"kind": LABEL}}, [{"kind": None}, None], [{"kind": None}, None]),
        ({"kind": LABEL}, 1, 1),
        ({"kind": {"_type": "Value", "names": NAMES}}, {"kind": 1}, {"kind": 1}),
        ({"kind": {"_type": "ClassLabel", "names": None}}, {"kind": 1}, {"kind": 1}),
        ("objects", {"kind": 1}, {"kind": 1}),
    ],
)
def test_numbers_of_classes_inside_objects_become_names(feature: Any, value: Any, named: Any) -> None:
    assert rows_of(as_arrow(with_features({"objects": [value]}, {"objects": feature}))) == [{"objects": named}]


@pytest.mark.parametrize("written", [b"[", b"{}", b"[]", b'{"info": {"features": [1]}}', b'{"info": null}'])
def test_features_that_cannot_be_understood_name_no_classes(written: bytes) -> None:
    table = pa.table({"label": [1]}).replace_schema_metadata({"huggingface": written})

    assert rows_of(as_arrow(table)) == [{"label": 1}]


@pytest.mark.parametrize(
    ("table", "sizes"),
    [
        (as_parquet(pa.table({"n": range(2_500)})), [1_000, 1_000, 500]),
        (as_arrow(pa.table({"n": range(2_500)})), [1_000, 1_000, 500]),
        (as_arrow(pa.table({"n": range(2_500)}), 1_200), [1_000, 200, 1_000, 200, 100]),
        (as_arrow(pa.table({"n": range(2_500)}), is_stream=True), [1_000, 1_000, 500]),
        (as_arrow(pa.table({"n": [7]})), [1]),
    ],
    ids=["parquet", "Arrow", "several batches", "stream", "one row"],
)
def test_a_batch_comes_in_pieces_of_a_thousand_rows(table: Table, sizes: list[int]) -> None:
    (only,) = table.plan()

    assert only.stop == table.rows == sum(sizes)
    assert [len(part) for part in table.batch(0)] == sizes


def test_damaged_text_is_replaced_and_the_other_columns_stay_as_they_are() -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a\xff", b"b"]).buffers())
    table = pa.table({"text": broken, "large": broken.cast(pa.binary()), "n": [1, 2]})

    assert rows_of(as_arrow(table, is_stream=True)) == [
        {"text": "a\ufffd", "large": b"a\xff", "n": 1},
        {"text": "b", "large": b"b", "n": 2},
    ]

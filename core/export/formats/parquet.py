"""Hugging Face parquet: a table with the images inside, declared features and a dataset card."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face import ParquetChecker
from core.export.entries import METADATA_COLUMNS, Entry, ImageGroup, Row, RowOptions, exported_size, tag_list
from core.export.formats.base import INSTALL_DATASETS, LOAD_DATASET, ONLY_COLUMNS, Format
from core.export.formats.default import metadata
from core.export.writing.parquet import ParquetWriter

FEATURES: dict[str, Any] = {
    "image": "image", "id": "string", "image_id": "string", "question": "string", "answer": "string",
    "answer_type": "string",
}  # fmt: skip
_TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}
# Without the times, which are not part of the declared features.
_METADATA_FEATURES: dict[str, Any] = {
    name: _TYPES[type_] for name in METADATA_COLUMNS if (type_ := Entry.__annotations__[name]) in _TYPES
} | {"tags": ["string"]}


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    pixels = {"pixel_values": ["float32"], "pixel_shape": ["int64"]} if options.normalized else {}
    return FEATURES | pixels | (_METADATA_FEATURES if options.metadata else {})


def _row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "image": {"bytes": group.data, "path": group.ref},
        "id": entry.id,
        "image_id": group.image.id,
        "question": entry.question,
        "answer": entry.answer,
        "answer_type": entry.answer_type,
    }
    if options.normalized:
        row |= _pixels(group, options)
    if options.metadata:
        known = metadata(entry) | {"tags": tag_list(entry.tags)}
        row |= {name: known[name] for name in _METADATA_FEATURES}
    return row


def _pixels(group: ImageGroup, options: RowOptions) -> Row:
    """Return the normalized pixels, flat, and their shape: channels, height, width."""
    import numpy as np

    width, height = exported_size(group.image, options.max_side_px)
    # An array, not a list: a list of 150,000 Python numbers takes 5 MB.
    return {"pixel_values": np.frombuffer(group.floats, dtype=np.float32), "pixel_shape": [3, height, width]}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group, options) for entry in group.entries)


FORMAT = Format(
    name="parquet",
    label="Hugging Face parquet",
    help="One table with the images inside, and a dataset card.",
    purpose="share",
    install=INSTALL_DATASETS,
    load=LOAD_DATASET,
    run_in=("datasets 5.2.0",),
    rows=rows,
    writer=ParquetWriter,
    checker=ParquetChecker,
    image_modes=("path",),
    features=features,
    not_carried=ONLY_COLUMNS,
)

"""Hugging Face parquet: images inside the table, features declared, a dataset card beside it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.export.checks import parquet_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions, tag_list
from core.export.formats.base import Format

if TYPE_CHECKING:
    from core.export.writing.base import Writer

FEATURES: dict[str, Any] = {
    "image": "image", "id": "string", "image_id": "string", "question": "string", "answer": "string",
    "answer_type": "string",
}  # fmt: skip
METADATA_FEATURES: dict[str, Any] = {
    "kind": "string", "language": "string", "model": "string", "confirmed": "bool", "score": "float64",
    "tags": ["string"], "note": "string",
}  # fmt: skip


def features(options: RowOptions) -> dict[str, Any]:
    return FEATURES | (METADATA_FEATURES if options.metadata else {})


def entry_to_row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "image": {"bytes": group.data, "path": group.ref},
        "id": entry.id,
        "image_id": group.image.id,
        "question": entry.question,
        "answer": entry.answer,
        "answer_type": entry.answer_type,
    }
    if options.metadata:
        row |= {
            "kind": entry.kind, "language": entry.language, "model": entry.model, "confirmed": bool(entry.confirmed),
            "score": entry.score, "tags": tag_list(entry.tags), "note": entry.note,
        }  # fmt: skip
    return row


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return (entry_to_row(entry, group, options) for entry in group.entries)


def parquet_writer() -> "type[Writer]":
    from core.export.writing.parquet import ParquetWriter

    return ParquetWriter


FORMAT = Format(
    name="parquet",
    label="Hugging Face parquet",
    help="One table with the images inside, and a dataset card. Read by datasets.load_dataset and by the Hub's viewer.",
    purpose="share",
    load="datasets.load_dataset('{dir}')",
    rows=rows,
    writer=parquet_writer,
    checker=parquet_checker,
    image_modes=("path",),
    single_file=False,
    features=features,
)

"""Hugging Face ImageFolder: plain image files with a ``metadata.jsonl`` beside them, one directory per split."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import image_folder_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.formats.default import metadata

if TYPE_CHECKING:
    from core.export.writing.base import Writer


def entry_to_row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "file_name": group.ref,
        "id": entry.id,
        "image_id": group.image.id,
        "question": entry.question,
        "answer": entry.answer,
        "answer_type": entry.answer_type,
    }
    # A key called "image" would hide the column that the loader makes of file_name.
    return row | (metadata(entry) if options.metadata else {})


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return (entry_to_row(entry, group, options) for entry in group.entries)


def _writer() -> "type[Writer]":
    from core.export.writing.base import ImageFolderWriter

    return ImageFolderWriter


FORMAT = Format(
    name="imagefolder",
    label="Hugging Face ImageFolder",
    help="Image files one can look at, with a metadata file beside them. Read by datasets.load_dataset.",
    purpose="share",
    load="datasets.load_dataset('imagefolder', data_dir='{dir}')",
    rows=rows,
    writer=_writer,
    checker=image_folder_checker,
    image_modes=("path", "none"),
    single_file=False,
)

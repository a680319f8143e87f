"""Hugging Face ImageFolder: image files with a ``metadata.jsonl`` beside them, one directory per split."""

from collections.abc import Iterable

from core.export.checks.hugging_face import ImageFolderChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import INSTALL_DATASETS, ONLY_COLUMNS, Format
from core.export.formats.default import metadata
from core.export.writing.base import ImageFolderWriter


def _row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "file_name": group.ref,
        "id": entry.id,
        "image_id": group.image.id,
        "question": entry.question,
        "answer": entry.answer,
        "answer_type": entry.answer_type,
    }
    # A key "image" would hide the column that the loader makes from file_name.
    return row | (metadata(entry) if options.metadata else {})


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group, options) for entry in group.entries)


FORMAT = Format(
    name="imagefolder",
    label="Hugging Face ImageFolder",
    help="Plain image files with a metadata file beside them.",
    purpose="share",
    install=INSTALL_DATASETS,
    load="from datasets import load_dataset\n\nrows = load_dataset('imagefolder', data_dir='{dir}')",
    run_in=("datasets 5.2.0",),
    rows=rows,
    writer=ImageFolderWriter,
    checker=ImageFolderChecker,
    image_modes=("path", "none"),
    # It takes no features for a metadata.jsonl, so that no printed code could keep these texts.
    hints=(
        "load_dataset guesses types: a column whose texts are all dates, such as the answers about receipts, becomes "
        "times. Hugging Face parquet keeps them as texts.",
    ),
    not_carried=ONLY_COLUMNS,
)

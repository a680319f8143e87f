"""Plain rows: one flat row per entry, for scripts."""

from collections.abc import Iterable
from operator import attrgetter

from core.export.checks.records import RecordsChecker
from core.export.entries import METADATA_COLUMNS, Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import KEPT_TEXTS, LOAD_JSON, ONLY_COLUMNS, Format
from core.export.writing.base import JsonWriter


def _row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "id": entry.id,
        "image_id": group.image.id,
        "image_name": group.image.name,
        "image": group.ref,
        "question": entry.question,
        "answer": entry.answer,
        "answer_type": entry.answer_type,
    }
    if options.metadata:
        row["metadata"] = metadata(entry)
    return row


_metadata_of = attrgetter(*METADATA_COLUMNS)


def metadata(entry: Entry) -> Row:
    """Return the metadata of an entry; every value has one type in all rows."""
    values = dict(zip(METADATA_COLUMNS, _metadata_of(entry), strict=True))
    # SQLite returns booleans as integers.
    values["confirmed"] = bool(entry.confirmed)
    return values


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group, options) for entry in group.entries)


FORMAT = Format(
    name="default",
    label="Plain rows",
    help="One flat row per entry: question, answer, image and metadata. For your own scripts.",
    purpose="archive",
    load=LOAD_JSON,
    run_in=("datasets 5.2.0",),
    rows=rows,
    writer=JsonWriter,
    checker=RecordsChecker,
    row_endings=("jsonl", "json"),
    image_modes=("path", "none", "base64"),
    hints=(KEPT_TEXTS,),
    stem="entries",
    not_carried=ONLY_COLUMNS,
)

"""One flat row per entry, for scripts."""

from collections.abc import Iterable

from core.export.checks import records_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.writing.base import json_writer


def entry_to_row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
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


def metadata(entry: Entry) -> Row:
    """Return what is known about an entry beside its texts; every value has one type, whatever the entry."""
    return {
        "kind": entry.kind,
        "language": entry.language,
        "model": entry.model,
        "confirmed": bool(entry.confirmed),
        "score": entry.score,
        "tags": entry.tags,
        "note": entry.note,
        "create_at": entry.create_at,
        "update_at": entry.update_at,
    }


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return (entry_to_row(entry, group, options) for entry in group.entries)


FORMAT = Format(
    name="default",
    label="Plain rows",
    help="One flat row per entry: question, answer, image and what is known about them. Read by scripts of your own.",
    purpose="archive",
    load="[json.loads(line) for line in open('{dir}/{stem}.jsonl', encoding='utf-8')]",
    rows=rows,
    writer=json_writer,
    checker=records_checker,
    row_files=("jsonl", "json"),
    stem="entries",
)

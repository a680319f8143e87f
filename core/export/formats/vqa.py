"""VQA rows: one row per entry with six fields, as documented for the Python interface."""

from collections.abc import Iterable

from core.export.checks.records import VqaRowsChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import KEPT_TEXTS, LOAD_JSON, ONLY_COLUMNS, Format
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    for entry in group.entries:
        yield {
            "question_id": entry.id,  # several entries may answer one question
            "image_id": group.image.id,
            "image": group.ref,
            "question": entry.question,
            "answer": entry.answer,
            "answer_type": entry.answer_type,
        }


FORMAT = Format(
    name="vqa",
    label="VQA rows",
    help="One row per question with its image and answer. For your own evaluation scripts.",
    purpose="evaluate",
    load=LOAD_JSON,
    run_in=("datasets 5.2.0",),
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=VqaRowsChecker,
    row_endings=("jsonl", "json"),
    image_modes=("path", "none", "base64"),
    hints=(KEPT_TEXTS,),
    not_carried=(*ONLY_COLUMNS, "language", "kind", "model", "confirmed", "score", "tags", "note"),
)

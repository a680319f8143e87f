"""The simple VQA rows of the Python interface: one row per entry, six fields."""

from collections.abc import Iterable

from core.export.checks import records_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.writing.base import json_writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    asked: set[str] = set()
    for entry in group.entries:
        # Two entries may answer one question; the second goes under its own id, because ids are unique.
        question_id = entry.question_id if entry.question_id and entry.question_id not in asked else entry.id
        asked.add(question_id)
        yield {
            "question_id": question_id,
            "image_id": group.image.id,
            "image": group.ref,
            "question": entry.question,
            "answer": entry.answer,
            "answer_type": entry.answer_type,
        }


FORMAT = Format(
    name="vqa",
    label="VQA rows",
    help="One row per question with its image and answer. Read by evaluation scripts of your own.",
    purpose="evaluate",
    load="[json.loads(line) for line in open('{dir}/{stem}.jsonl', encoding='utf-8')]",
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=records_checker,
    row_files=("jsonl", "json"),
)

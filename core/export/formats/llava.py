"""LLaVA 1.5: a JSON array of conversations, one image each; many later trainers read the same file."""

from collections.abc import Iterable

from core.export.checks.conversations import LlavaChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text, turns
from core.export.writing.base import JsonWriter


def _turns_of(entry: Entry, *, first: bool) -> list[Row]:
    return [
        {"from": "human", "value": question_text(entry, first=first)},
        {"from": "gpt", "value": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        conversation = [turn for index, entry in enumerate(entries) for turn in _turns_of(entry, first=index == 0)]
        yield {"id": id_, "image": group.ref, "conversations": conversation}


FORMAT = Format(
    name="llava",
    label="LLaVA",
    help="Conversations for LLaVA 1.5 and the many trainers that read the same file.",
    purpose="train",
    load="python llava/train/train_mem.py --data_path {dir}/{stem}.{ending} --image_folder {dir} …",
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlavaChecker,
    row_endings=("json", "jsonl"),
    has_conversations=True,
)

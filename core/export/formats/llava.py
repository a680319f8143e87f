"""LLaVA 1.5: a JSON array of conversations, one image each; many later trainers read the same file."""

from collections.abc import Iterable
from itertools import chain

from core.export.checks.conversations import LlavaChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format, answer_text, new_images, question_text, turns
from core.export.writing.base import JsonWriter


def turns_of(entry: Entry, images: int) -> list[Row]:
    """Return question and answer as turns; the first brings so many *images*."""
    return [
        {"from": "human", "value": question_text(entry, images=images)},
        {"from": "gpt", "value": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation; LLaVA knows no system prompt."""
    for id_, entries in turns(group, options.grouping):
        conversation = chain.from_iterable(map(turns_of, entries, new_images(entries)))
        yield {"id": id_, "image": group.ref, "conversations": list(conversation)}


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
    not_carried=(*ONLY_TEXTS, "system"),
)

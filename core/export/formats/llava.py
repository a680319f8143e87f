"""LLaVA 1.5: a JSON array of conversations, one image each; trainers made after it read the same."""

from collections.abc import Iterable

from core.export.checks import conversations_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text, turns
from core.export.writing.base import json_writer


def entry_to_turns(entry: Entry, *, first: bool) -> list[Row]:
    return [
        {"from": "human", "value": question_text(entry, first=first)},
        {"from": "gpt", "value": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entries in turns(group, options.grouping):
        said = [turn for place, entry in enumerate(entries) for turn in entry_to_turns(entry, first=place == 0)]
        yield {"id": id_, "image": group.ref, "conversations": said}


FORMAT = Format(
    name="llava",
    label="LLaVA",
    help="Conversations for LLaVA 1.5 and the many trainers that read the same file.",
    purpose="train",
    load="python llava/train/train_mem.py --data_path {dir}/{stem}.json --image_folder {dir} …",
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=conversations_checker,
    row_files=("json", "jsonl"),
    converses=True,
)

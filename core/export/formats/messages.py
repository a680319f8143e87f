"""Conversations of role and content with a list of images, read by LLaMA-Factory and ms-swift."""

from collections.abc import Iterable

from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import answer_text, question_text, turns


def _turns_of(entry: Entry, *, first: bool) -> list[Row]:
    # Both trainers expect the image token right before the text; a line break would become part of the prompt.
    return [
        {"role": "user", "content": question_text(entry, first=first, separator="")},
        {"role": "assistant", "content": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        messages = [turn for index, entry in enumerate(entries) for turn in _turns_of(entry, first=index == 0)]
        yield {"id": id_, "messages": messages, "images": [group.ref]}

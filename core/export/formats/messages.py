"""Conversations of role and content with a list of images, read by LLaMA-Factory and ms-swift."""

from collections.abc import Iterable
from itertools import chain

from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import answer_text, new_images, question_text, system_text, turns


def _turns_of(entry: Entry, images: int) -> list[Row]:
    # Both trainers expect the image token right before the text; a line break would become part of the prompt.
    return [
        {"role": "user", "content": question_text(entry, images=images, separator="")},
        {"role": "assistant", "content": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        turns_of = map(_turns_of, entries, new_images(entries))
        system = system_text(entries)
        messages = [{"role": "system", "content": system}] if system else []
        yield {"id": id_, "messages": [*messages, *chain.from_iterable(turns_of)], "images": group.refs(entries)}

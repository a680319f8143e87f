"""Oumi: conversations as JSON lines, whose images are content items with a path."""

from collections.abc import Iterable
from itertools import islice

from core.export.checks.parts import OumiChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import (
    ONLY_TEXTS,
    QWEN_MAX_ASPECT_RATIO,
    Format,
    answer_text,
    new_images,
    question_text,
    system_text,
    turns,
)
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        system = system_text(entries)
        messages: list[Row] = [{"role": "system", "content": system}] if system else []
        images = iter(group.refs(entries))
        for entry, count in zip(entries, new_images(entries), strict=True):
            shown = [{"type": "image_path", "content": ref} for ref in islice(images, count)]
            text = {"type": "text", "content": question_text(entry, images=0)}
            messages.append({"role": "user", "content": [*shown, text]})
            messages.append({"role": "assistant", "content": answer_text(entry)})
        yield {"conversation_id": id_, "messages": messages}


FORMAT = Format(
    name="oumi",
    label="Oumi",
    help="Conversations of content items with the paths of their images, one a line.",
    purpose="train",
    install="pip install oumi==0.9",
    load=(
        "cd {dir} && oumi train --model.model_name Qwen/Qwen2.5-VL-3B-Instruct "
        "--data.train.datasets '[{dataset_name: vl_sft, dataset_path: {stem}.jsonl}]'"
    ),
    load_language="bash",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("Oumi 0.9",),
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=OumiChecker,
    row_endings=("jsonl",),
    image_modes=("path",),
    has_conversations=True,
    reads_several_images=True,
    hints=("Paths of images are relative: start Oumi in the directory of the bundle.",),
    not_carried=ONLY_TEXTS,
)

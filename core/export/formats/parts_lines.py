"""Messages with content parts as JSON lines, each image part with the path of its image."""

from collections.abc import Iterable
from itertools import islice

from core.export.checks.parts import PathPartsChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import (
    INSTALL_DATASETS,
    ONLY_TEXTS,
    QWEN_MAX_ASPECT_RATIO,
    Format,
    answer_text,
    new_images,
    question_text,
    system_text,
    turns,
)
from core.export.formats.parts import text_part
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        system = system_text(entries)
        messages: list[Row] = [{"role": "system", "content": [text_part(system)]}] if system else []
        images = iter(group.refs(entries))
        for entry, count in zip(entries, new_images(entries), strict=True):
            shown = [{"type": "image", "image": ref} for ref in islice(images, count)]
            messages.append({"role": "user", "content": [*shown, text_part(question_text(entry, images=0))]})
            messages.append({"role": "assistant", "content": [text_part(answer_text(entry))]})
        yield {"id": id_, "messages": messages}


FORMAT = Format(
    name="messages-parts-lines",
    label="Messages with parts, JSON lines",
    help="Messages whose contents are lists of texts and paths of images, one conversation a line.",
    purpose="train",
    install=INSTALL_DATASETS,
    load="from datasets import load_dataset\n\nrows = load_dataset('json', data_files='{rows}')",
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("Axolotl 0.19.0", "unsloth_zoo 2026.10.9", "transformers 5.24.0", "datasets 5.2.0"),
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=PathPartsChecker,
    row_endings=("jsonl",),
    image_modes=("path", "base64"),
    has_conversations=True,
    reads_several_images=True,
    hints=("Paths of images are relative: start the trainer in the directory of the bundle.",),
    not_carried=ONLY_TEXTS,
)

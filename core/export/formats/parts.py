"""Messages with content parts, as a table; TRL fills its image parts, and so do others."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face_chat import PartsChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import (
    INSTALL_DATASETS,
    LOAD_DATASET,
    ONLY_TEXTS,
    QWEN_MAX_ASPECT_RATIO,
    Format,
    answer_text,
    new_images,
    question_text,
    system_text,
    turns,
)
from core.export.writing.parquet import ParquetWriter

_IMAGE: Row = {"type": "image", "text": None}


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    parts = [{"type": "string", "text": "string"}]
    return {"id": "string", "images": ["image"], "messages": [{"role": "string", "content": parts}]}


def text_part(text: str) -> Row:
    """Return the part of a text."""
    return {"type": "text", "text": text}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation; the images fill its image parts in their order."""
    for id_, entries in turns(group, options.grouping):
        system = system_text(entries)
        messages: list[Row] = [{"role": "system", "content": [text_part(system)]}] if system else []
        for entry, images in zip(entries, new_images(entries), strict=True):
            question = [*[_IMAGE] * images, text_part(question_text(entry, images=0))]
            messages.append({"role": "user", "content": question})
            messages.append({"role": "assistant", "content": [text_part(answer_text(entry))]})
        yield {"id": id_, "images": group.embedded(entries), "messages": messages}


FORMAT = Format(
    name="messages-parts",
    label="Messages with parts",
    help="A table of messages whose contents are lists of texts and places for images.",
    purpose="train",
    install=INSTALL_DATASETS,
    load=LOAD_DATASET,
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=("TRL 1.16.0", "Axolotl 0.19.0", "unsloth_zoo 2026.10.9", "datasets 5.2.0"),
    rows=rows,
    detail="texts",
    writer=ParquetWriter,
    checker=PartsChecker,
    image_modes=("path",),
    has_conversations=True,
    reads_several_images=True,
    features=features,
    not_carried=ONLY_TEXTS,
)

"""TRL: a table of images and messages; the trainer inserts the image tokens itself."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face_chat import TrlChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import (
    INSTALL_TRL,
    ONLY_TEXTS,
    QWEN_MAX_ASPECT_RATIO,
    Format,
    answer_text,
    question_text,
    system_text,
    turns,
)
from core.export.writing.parquet import ParquetWriter


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    return {"id": "string", "images": ["image"], "messages": [{"role": "string", "content": "string"}]}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    for id_, entries in turns(group, options.grouping):
        system = system_text(entries)
        messages = [{"role": "system", "content": system}] if system else []
        for entry in entries:
            messages.append({"role": "user", "content": question_text(entry, images=0)})
            messages.append({"role": "assistant", "content": answer_text(entry)})
        yield {"id": id_, "images": group.embedded(entries), "messages": messages}


FORMAT = Format(
    name="trl",
    label="TRL",
    help="A table of images and messages; the trainer inserts the image tokens itself.",
    purpose="train",
    install=INSTALL_TRL,
    load=(
        "from datasets import load_dataset\nfrom trl import SFTConfig, SFTTrainer\n\n"
        "trainer = SFTTrainer(\n    'Qwen/Qwen2.5-VL-3B-Instruct',\n    args=SFTConfig(max_length=None),\n"
        "    train_dataset=load_dataset('{dir}', split='{split}'),\n)"
    ),
    run_in=("TRL 1.16.0",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    detail="texts",
    writer=ParquetWriter,
    checker=TrlChecker,
    image_modes=("path",),
    has_conversations=True,
    reads_several_images=True,
    features=features,
    hints=("Set max_length=None in TRL: its default truncates image tokens and fails.",),
    not_carried=ONLY_TEXTS,
)

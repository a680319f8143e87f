"""TRL: a table of images and messages; the trainer puts the image's place before the first text itself."""

from collections.abc import Iterable
from typing import Any

from core.export.checks import trl_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import Format, answer_text, question_text, turns
from core.export.formats.parquet import parquet_writer


def features(options: RowOptions) -> dict[str, Any]:
    return {"id": "string", "images": ["image"], "messages": [{"role": "string", "content": "string"}]}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entries in turns(group, options.grouping):
        messages = []
        for entry in entries:
            messages.append({"role": "user", "content": question_text(entry, first=False)})
            messages.append({"role": "assistant", "content": answer_text(entry)})
        yield {"id": id_, "images": [{"bytes": group.data, "path": group.ref}], "messages": messages}


FORMAT = Format(
    name="trl",
    label="TRL",
    help="A table of images and messages for SFTTrainer of TRL.",
    purpose="train",
    load="SFTTrainer(args=SFTConfig(max_length=None), train_dataset=datasets.load_dataset('{dir}')['train'], …)",
    rows=rows,
    texts_only=True,
    writer=parquet_writer,
    checker=trl_checker,
    image_modes=("path",),
    converses=True,
    single_file=False,
    features=features,
    notes=("Set max_length=None in TRL: its default cuts image tokens off, which fails.",),
)

"""ShareGPT with images: conversations of human and gpt with a list of images, as many trainers read them."""

from collections.abc import Iterable

import orjson

from core.export.checks import sharegpt_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import llava
from core.export.formats.base import Format
from core.export.formats.llama_factory import LOAD
from core.export.writing.base import json_writer


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for row in llava.rows(group, options):
        yield {"id": row["id"], "conversations": row["conversations"], "images": [row["image"]]}


def _dataset_info(files: dict[str, str]) -> dict[str, bytes]:
    columns = {"messages": "conversations", "images": "images"}
    described = {
        name.rsplit(".", 1)[0]: {"file_name": name, "formatting": "sharegpt", "columns": columns}
        for name in files.values()
    }
    return {"dataset_info.json": orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)}


FORMAT = Format(
    name="sharegpt",
    label="ShareGPT",
    help="Conversations of human and gpt with a list of images. Read by LLaMA-Factory, Axolotl and Unsloth.",
    purpose="train",
    load=LOAD,
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=sharegpt_checker,
    row_files=("json", "jsonl"),
    converses=True,
    single_file=False,
    beside=_dataset_info,
)

"""LLaMA-Factory: role and content, with the ``dataset_info.json`` that names every file of the bundle."""

from typing import Any

import orjson

from core.export.checks import llama_factory_checker
from core.export.formats.base import Format
from core.export.formats.messages import rows
from core.export.writing.base import json_writer

TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
    "system_tag": "system",
}  # fmt: skip
LOAD = "llamafactory-cli train dataset_dir={dir} dataset={stem} template=qwen2_vl …"
NOTE = "LLaMA-Factory cuts each row at cutoff_len, 2048 tokens by default, and image tokens count: raise it for images."


def dataset_info(columns: dict[str, str], **more: Any) -> Any:
    """Return what writes ``dataset_info.json`` for rows of role and content with *columns*."""

    def write(files: dict[str, str]) -> dict[str, bytes]:
        described = {
            name.rsplit(".", 1)[0]: {
                "file_name": name, "formatting": "sharegpt", "columns": columns | {"images": "images"}, "tags": TAGS,
                **more,
            }
            for name in files.values()
        }  # fmt: skip
        return {"dataset_info.json": orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)}

    return write


FORMAT = Format(
    name="llama-factory",
    label="LLaMA-Factory",
    help="Conversations with their dataset_info.json, ready as a dataset_dir of LLaMA-Factory.",
    purpose="train",
    load=LOAD,
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=llama_factory_checker,
    row_files=("json", "jsonl"),
    converses=True,
    single_file=False,
    beside=dataset_info({"messages": "messages"}),
    notes=(NOTE,),
)

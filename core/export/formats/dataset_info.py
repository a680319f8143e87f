"""``dataset_info.json``, by which LLaMA-Factory finds the rows files of a bundle."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import orjson

# A yaml file takes key=value arguments after it; without one, llamafactory-cli reads options with dashes only.
INSTALL = "pip install llamafactory==0.9.5 'torch<2.15' torchvision"
LOAD = (
    "llamafactory-cli train --stage sft --do_train --finetuning_type lora --template qwen2_vl "
    "--model_name_or_path Qwen/Qwen2.5-VL-3B-Instruct --dataset_dir {dir} --dataset {stem} --output_dir {dir}-trained"
)
TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
    "system_tag": "system",
}  # fmt: skip


def dataset_info(
    columns: dict[str, str], *, tags: dict[str, str] | None = TAGS, **extra: Any
) -> Callable[[dict[str, str]], dict[str, bytes]]:
    """Return a function that describes the rows files of a bundle, given by split.

    Args:
        columns: LLaMA-Factory's names of columns to those of the rows; ``images`` is added.
        tags: names of roles and keys; None for turns of human and gpt, which are LLaMA-Factory's defaults.
        extra: further settings of each file, like ``ranking``.
    """
    settings = {"formatting": "sharegpt", "columns": columns | {"images": "images"}}
    settings |= {"tags": tags} if tags else {}

    def describe(files: dict[str, str]) -> dict[str, bytes]:
        described = {PurePosixPath(name).stem: {"file_name": name} | settings | extra for name in files.values()}
        return {"dataset_info.json": orjson.dumps(described, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)}

    return describe

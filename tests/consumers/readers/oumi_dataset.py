"""Oumi's VLJsonlinesDataset over the rows, images opened by its own function."""

import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oumi.core.types.conversation import Conversation
from oumi.datasets.vision_language.vision_jsonlines import VLJsonlinesDataset
from oumi.utils.conversation_utils import load_pil_image_from_content_item
from seen import Row, rows_file, run


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    os.chdir(bundle)  # as the printed command does
    read = VLJsonlinesDataset(dataset_path=rows_file(bundle), return_conversations=True)
    for index in range(len(read)):
        conversation = Conversation.from_dict(json.loads(read[index]["conversation_json"]))
        texts = {"user": [], "assistant": []}  # type: dict[str, list[str]]
        for message in conversation.messages:
            texts[message.role.value].append(_text(message))
        items = [item for message in conversation.messages for item in message.image_content_items]
        turns = list(zip(texts["user"], texts["assistant"], strict=True))
        yield turns, [load_pil_image_from_content_item(item) for item in items]


def _text(message: Any) -> str:
    return "".join(item.content for item in message.text_content_items)


run(version("oumi"), rows)

"""A processor of transformers over each row, as it stands in the file; texts are decoded from its token ids."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import transformers
from PIL import Image
from seen import Row, rows_file, run
from tiny_qwen import IMAGE, save, turns_of
from transformers import AutoProcessor


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    save(bundle.parent / "model")
    processor = AutoProcessor.from_pretrained(bundle.parent / "model")
    os.chdir(bundle)  # as the report says
    for line in rows_file(bundle).read_text(encoding="utf-8").splitlines():
        messages = json.loads(line)["messages"]
        batch = processor.apply_chat_template(messages, tokenize=True, return_dict=True, return_tensors="pt")
        text = processor.tokenizer.decode(batch["input_ids"][0])
        # One token for four patches of 14 px.
        assert text.count(IMAGE) == int(batch["image_grid_thw"].prod(dim=1).sum()) // 4
        paths = [part["image"] for message in messages for part in message["content"] if part["type"] == "image"]
        yield turns_of(text), [Image.open(path) for path in paths]


run(transformers.__version__, rows)

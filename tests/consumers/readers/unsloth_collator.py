"""The vision collator of Unsloth over each row; texts are decoded from its token ids."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

# The collator is part of unsloth_zoo, which asks for Unsloth, and Unsloth for a GPU.
os.environ |= {"UNSLOTH_IS_PRESENT": "1", "UNSLOTH_FORCE_CPU": "1"}

import datasets
from seen import Row, run
from tiny_qwen import save, turns_of
from transformers import AutoModelForImageTextToText, AutoProcessor
from unsloth_zoo.vision_utils import UnslothVisionDataCollator


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    processor = AutoProcessor.from_pretrained(model)
    collate = UnslothVisionDataCollator(AutoModelForImageTextToText.from_pretrained(model), processor, resize=None)
    loaded = datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache"))
    for row in loaded:
        images = [part["image"] for message in row["messages"] for part in message["content"] if part.get("image")]
        batch = collate([row])
        yield turns_of(processor.tokenizer.decode(batch["input_ids"][0])), images


run(f"unsloth_zoo {version('unsloth_zoo')}", rows)

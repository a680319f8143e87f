"""The vision collator of Unsloth over each row; texts are decoded from its token ids."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

# The collator is part of unsloth_zoo, which asks for Unsloth, and Unsloth for a GPU.
os.environ |= {"UNSLOTH_IS_PRESENT": "1", "UNSLOTH_ZOO_DISABLE_GPU_INIT": "1"}

import datasets
from seen import Row, run
from tiny_qwen import IMAGE, images_of, save, turns_of
from transformers import AutoModelForImageTextToText, AutoProcessor
from unsloth_zoo.vision_utils import UnslothVisionDataCollator


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    processor = AutoProcessor.from_pretrained(model)
    collate = UnslothVisionDataCollator(AutoModelForImageTextToText.from_pretrained(model), processor)
    os.chdir(bundle)  # as the report says
    for row in datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache")):
        batch = collate([row])
        text = processor.tokenizer.decode(batch["input_ids"][0])
        assert IMAGE in text
        yield turns_of(text), images_of(row)


run(f"unsloth_zoo {version('unsloth_zoo')}", rows)

"""nanoVLM's VQADataset over the rows, with its image processor; texts are decoded from the labels."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, os.environ["CHECKOUT"])

import datasets
from data.datasets import VQADataset
from data.processors import get_image_processor
from seen import Row, checkout_version, run
from tiny_qwen import IMAGE, tokenizer, turns_of

_PATCHES = 8


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    loaded = datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache"))
    tokens = tokenizer()
    tokens.image_token = IMAGE
    for row in range(1, _PATCHES + 1):
        for column in range(1, _PATCHES + 1):
            setattr(tokens, f"r{row}c{column}", f"[{row},{column}]")
    read = VQADataset(loaded, tokens, get_image_processor(256, 64), 1)
    for index, row in enumerate(loaded):
        sample = read[index]
        assert len(sample["images"]) == len(row["images"])
        yield turns_of(_without_places(tokens.decode(sample["input_ids"]))), row["images"]


def _without_places(text: str) -> str:
    for row in range(1, _PATCHES + 1):
        for column in range(1, _PATCHES + 1):
            text = text.replace(f"[{row},{column}]", "")
    return text


run(checkout_version(), rows)

"""Axolotl's multimodal collator over each row; texts are decoded from its token ids."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import datasets
from axolotl.processing_strategies import get_processing_strategy
from axolotl.utils.collators.mm_chat import MultiModalChatDataCollator
from seen import Row, run
from tiny_qwen import IMAGE, images_of, save, turns_of
from transformers import AutoProcessor


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    save(bundle.parent / "model")
    processor = AutoProcessor.from_pretrained(bundle.parent / "model")
    strategy = get_processing_strategy(processor, processor.chat_template, "qwen2_vl")
    collate = MultiModalChatDataCollator(processor.tokenizer, strategy)
    os.chdir(bundle)  # as the report says
    for row in datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache")):
        batch = collate([dict(row)])
        text = processor.tokenizer.decode(batch["input_ids"][0])
        trained = processor.tokenizer.decode([token for token in batch["labels"][0].tolist() if token >= 0])
        turns = turns_of(text)
        assert text.count(IMAGE) == int(batch["image_grid_thw"].prod(dim=1).sum()) // 4
        assert all(answer in trained for _, answer in turns)
        assert not any(asked in trained for asked, _ in turns)
        yield turns, images_of(row)


run(version("axolotl"), rows)

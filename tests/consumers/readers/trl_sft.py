"""TRL's SFTTrainer: two steps of training, and every row through its collator, decoded again."""

from collections.abc import Iterable
from pathlib import Path

import datasets
import torch
import trl
from seen import Row, run
from tiny_qwen import save, turns_of
from transformers import AutoProcessor


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    rows = datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache"))
    settings = trl.SFTConfig(
        output_dir=str(bundle.parent / "out"), max_length=None, max_steps=2, per_device_train_batch_size=1,
        report_to=[], use_cpu=True, bf16=False, gradient_checkpointing=False,
    )  # fmt: skip
    trainer = trl.SFTTrainer(str(model), args=settings, train_dataset=rows)
    assert torch.isfinite(torch.tensor(trainer.train().training_loss))
    processor = AutoProcessor.from_pretrained(model)
    for row in trainer.train_dataset:
        images = row["images"] if "images" in row else [
            part["image"] for message in row["messages"] for part in message["content"] if part["type"] == "image"
        ]  # fmt: skip
        batch = trainer.data_collator([row])
        yield turns_of(processor.tokenizer.decode(batch["input_ids"][0])), list(images)


run(trl.__version__, rows)

"""TRL's trainers: two steps of training, and every row through the collator, decoded again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import datasets
import torch
import trl
from seen import Row, run
from tiny_qwen import save, turns_of
from transformers import AutoProcessor

_TRAINERS = {
    "trl": (trl.SFTConfig, trl.SFTTrainer),
    "messages-parts": (trl.SFTConfig, trl.SFTTrainer),
    "trl-dpo": (trl.DPOConfig, trl.DPOTrainer),
    "trl-kto": (trl.KTOConfig, trl.KTOTrainer),
}


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    config, kind = _TRAINERS[format_]
    loaded = datasets.load_dataset(str(bundle), split="train", cache_dir=str(bundle.parent / "cache"))
    settings = config(
        output_dir=str(bundle.parent / "out"), max_length=None, max_steps=2, per_device_train_batch_size=2,
        report_to=[], use_cpu=True, bf16=False, gradient_checkpointing=False, save_strategy="no",
    )  # fmt: skip
    trainer = kind(str(model), args=settings, train_dataset=loaded)
    assert torch.isfinite(torch.tensor(trainer.train().training_loss))
    tokens = AutoProcessor.from_pretrained(model).tokenizer
    for row, written in zip(trainer.train_dataset, loaded, strict=True):
        batch = trainer.data_collator([dict(row)])
        yield _turns([turns_of(tokens.decode(ids)) for ids in batch["input_ids"]], batch), written["images"]


def _turns(texts: list[list[tuple[str, str]]], batch: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the turns of a row; of a pair as "better > worse", of a labeled answer as "answer = label"."""
    if len(texts) == 2:
        ((question, chosen),), ((asked, rejected),) = texts
        assert question == asked
        return [(question, f"{chosen} > {rejected}")]
    if "label" in batch:
        return [(question, f"{answer} = {bool(batch['label'][0])}") for question, answer in texts[0]]
    return texts[0]


run(trl.__version__, rows)

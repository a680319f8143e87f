"""LLaMA-Factory's own loading, converting, tokenizing and collating; texts are decoded from its token ids."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llamafactory.data import SFTDataCollatorWith4DAttentionMask, get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from PIL import Image
from seen import Row, run
from tiny_qwen import save, turns_of


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    name = next(iter(json.loads((bundle / "dataset_info.json").read_text())))
    model_args, data_args, training_args, _, _ = get_train_args(
        {
            "model_name_or_path": str(model), "stage": "sft", "do_train": True, "finetuning_type": "lora",
            "dataset_dir": str(bundle), "dataset": name, "template": "qwen2_vl", "cutoff_len": 4096,
            "output_dir": str(bundle.parent / "out"), "overwrite_cache": True, "preprocessing_num_workers": 1,
            "report_to": "none",
        }
    )  # fmt: skip
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    read = get_dataset(template, model_args, data_args, training_args, stage="sft", **module)["train_dataset"]
    collate = SFTDataCollatorWith4DAttentionMask(template=template, pad_to_multiple_of=8, **module)
    for row in read:
        images = [_opened(image) for image in row["images"]]
        assert collate([dict(row)])["input_ids"].numel()
        yield turns_of(module["tokenizer"].decode(row["input_ids"])), images


def _opened(image: Any) -> Image.Image:
    path = image["path"] if isinstance(image, dict) else image
    return path if isinstance(path, Image.Image) else Image.open(path)


run(version("llamafactory"), rows)

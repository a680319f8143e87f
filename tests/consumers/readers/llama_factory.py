"""LLaMA-Factory's own loading, converting, tokenizing and collating; texts are decoded from its token ids."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llamafactory.data import (
    KTODataCollatorWithPadding,
    PairwiseDataCollatorWithPadding,
    SFTDataCollatorWith4DAttentionMask,
    get_dataset,
    get_template_and_fix_tokenizer,
)
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from PIL import Image
from seen import Row, run
from tiny_qwen import save, turns_of

# The stage of the command line, the stage of its data, and its collator.
_STAGES = {
    "llama-factory-dpo": ("dpo", "rm", PairwiseDataCollatorWithPadding),
    "llama-factory-kto": ("kto", "kto", KTODataCollatorWithPadding),
}


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    model = bundle.parent / "model"
    save(model)
    name = next(iter(json.loads((bundle / "dataset_info.json").read_text())))
    stage, data_stage, collator = _STAGES.get(format_, ("sft", "sft", SFTDataCollatorWith4DAttentionMask))
    model_args, data_args, training_args, _, _ = get_train_args(
        {
            "model_name_or_path": str(model), "stage": stage, "do_train": True, "finetuning_type": "lora",
            "dataset_dir": str(bundle), "dataset": name, "template": "qwen2_vl", "cutoff_len": 4096,
            "output_dir": str(bundle.parent / "out"), "overwrite_cache": True, "preprocessing_num_workers": 1,
            "report_to": "none",
        }
    )  # fmt: skip
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    read = get_dataset(template, model_args, data_args, training_args, stage=data_stage, **module)["train_dataset"]
    collate = collator(template=template, pad_to_multiple_of=8, **module)
    for row in read:
        images = [_opened(image) for image in row["images"]]
        assert collate([dict(row)])["input_ids"].numel()
        yield _turns(row, module["tokenizer"]), images


def _turns(row: dict[str, Any], tokens: Any) -> list[tuple[str, str]]:
    """Return the turns of a row; of a pair as "better > worse", of a labeled answer as "answer = label"."""
    if "chosen_input_ids" in row:
        ((question, chosen),) = turns_of(tokens.decode(row["chosen_input_ids"]))
        ((asked, rejected),) = turns_of(tokens.decode(row["rejected_input_ids"]))
        assert question == asked
        return [(question, f"{chosen} > {rejected}")]
    turns = turns_of(tokens.decode(row["input_ids"]))
    return [(question, f"{answer} = {row['kto_tags']}") for question, answer in turns] if "kto_tags" in row else turns


def _opened(image: Any) -> Image.Image:
    path = image["path"] if isinstance(image, dict) else image
    return path if isinstance(path, Image.Image) else Image.open(path)


run(version("llamafactory"), rows)

"""Preference data for LLaMA-Factory, ms-swift and TRL: DPO from pairs of answers, KTO from single judgements."""

from collections.abc import Iterable
from typing import Any

from core.export.checks import preference_checker, trl_preference_checker
from core.export.entries import IMAGE_TOKEN, Entry, ImageGroup, Row, RowOptions, without_media_tokens
from core.export.formats import llama_factory, ms_swift
from core.export.formats.base import Format, question_text
from core.export.formats.parquet import parquet_writer
from core.export.preferences import NO_PAIR, judged, pairs
from core.export.writing.base import json_writer


def _user(entry: Entry) -> Row:
    return {"role": "user", "content": question_text(entry, first=True, separator="")}


def _assistant(text: str) -> Row:
    return {"role": "assistant", "content": without_media_tokens(text)}


def llama_dpo_rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entry, chosen, rejected in pairs(group):
        yield {
            "id": id_, "messages": [_user(entry)], "chosen": _assistant(chosen), "rejected": _assistant(rejected),
            "images": [group.ref],
        }  # fmt: skip


def llama_kto_rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entry, answer, wanted in judged(group):
        yield {"id": id_, "messages": [_user(entry), _assistant(answer)], "kto_tag": wanted, "images": [group.ref]}


def swift_dpo_rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entry, chosen, rejected in pairs(group):
        yield {
            "id": id_, "messages": [_user(entry), _assistant(chosen)],
            "rejected_response": without_media_tokens(rejected), "images": [group.ref],
        }  # fmt: skip


def swift_kto_rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entry, answer, wanted in judged(group):
        yield {"id": id_, "messages": [_user(entry), _assistant(answer)], "label": wanted, "images": [group.ref]}


def trl_features(options: RowOptions) -> dict[str, Any]:
    said = [{"role": "string", "content": "string"}]
    return {"id": "string", "images": ["image"], "prompt": said, "chosen": said, "rejected": said}


def trl_dpo_rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    for id_, entry, chosen, rejected in pairs(group):
        # TRL puts the image's place before the prompt itself.
        prompt = _user(entry)["content"].removeprefix(IMAGE_TOKEN)
        yield {
            "id": id_, "images": [{"bytes": group.data, "path": group.ref}],
            "prompt": [{"role": "user", "content": prompt}], "chosen": [_assistant(chosen)],
            "rejected": [_assistant(rejected)],
        }  # fmt: skip


_PAIRS = "Pairs of answers, the better one from edits and kept entries, the worse one from models and rejections"
_SINGLE = "Single answers with a verdict, kept or rejected"

LLAMA_DPO = Format(
    name="llama-factory-dpo", label="LLaMA-Factory, DPO", help=f"{_PAIRS}.", purpose="train",
    load=llama_factory.LOAD.replace("train ", "train stage=dpo ", 1), rows=llama_dpo_rows, writer=json_writer,
    checker=preference_checker, row_files=("json", "jsonl"), single_file=False, keeps_rejected=True,
    beside=llama_factory.dataset_info(
        {"messages": "messages", "chosen": "chosen", "rejected": "rejected"}, ranking=True
    ),
    without_rows=NO_PAIR,
)  # fmt: skip
LLAMA_KTO = Format(
    name="llama-factory-kto", label="LLaMA-Factory, KTO", help=f"{_SINGLE}.", purpose="train",
    load=llama_factory.LOAD.replace("train ", "train stage=kto ", 1), rows=llama_kto_rows, writer=json_writer,
    checker=preference_checker, row_files=("json", "jsonl"), single_file=False, keeps_rejected=True,
    beside=llama_factory.dataset_info({"messages": "messages", "kto_tag": "kto_tag"}),
)  # fmt: skip
SWIFT_DPO = Format(
    name="ms-swift-dpo", label="ms-swift, DPO", help=f"{_PAIRS}.", purpose="train",
    load=ms_swift.LOAD.replace("swift sft", "swift rlhf --rlhf_type dpo"), rows=swift_dpo_rows, writer=json_writer,
    checker=preference_checker, row_files=("jsonl",), keeps_rejected=True, without_rows=NO_PAIR,
)  # fmt: skip
SWIFT_KTO = Format(
    name="ms-swift-kto", label="ms-swift, KTO", help=f"{_SINGLE}.", purpose="train",
    load=ms_swift.LOAD.replace("swift sft", "swift rlhf --rlhf_type kto"), rows=swift_kto_rows, writer=json_writer,
    checker=preference_checker, row_files=("jsonl",), keeps_rejected=True,
)  # fmt: skip
TRL_DPO = Format(
    name="trl-dpo", label="TRL, DPO", help=f"{_PAIRS}, as a table.", purpose="train",
    load="DPOTrainer(train_dataset=datasets.load_dataset('{dir}')['train'], …)", rows=trl_dpo_rows,
    writer=parquet_writer, checker=trl_preference_checker, image_modes=("path",), single_file=False,
    features=trl_features, keeps_rejected=True, without_rows=NO_PAIR,
)  # fmt: skip

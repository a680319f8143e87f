"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: the official fine-tuning scripts read LLaVA's rows, as lines."""

from core.export.checks import conversations_checker
from core.export.formats.base import Format
from core.export.formats.llava import rows
from core.export.writing.base import json_writer

FORMAT = Format(
    name="qwen",
    label="Qwen-VL",
    help="Conversations for the official fine-tuning of Qwen2-VL, Qwen2.5-VL and Qwen3-VL.",
    purpose="train",
    load='# in qwenvl/data/__init__.py: {"annotation_path": "{dir}/{stem}.jsonl", "data_path": "{dir}"}',
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=conversations_checker,
    row_files=("jsonl", "json"),
    converses=True,
)

"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: the official fine-tuning scripts read the rows of LLaVA, one a line."""

from core.export.checks.conversations import LlavaChecker
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.formats.llava import rows
from core.export.writing.base import JsonWriter

FORMAT = Format(
    name="qwen",
    label="Qwen-VL",
    help="Conversations for the official fine-tuning of Qwen2-VL, Qwen2.5-VL and Qwen3-VL.",
    purpose="train",
    load='# in qwenvl/data/__init__.py: {"annotation_path": "{dir}/{stem}.{ending}", "data_path": "{dir}"}',
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlavaChecker,
    row_endings=("jsonl", "json"),
    has_conversations=True,
    not_carried=(*ONLY_TEXTS, "system"),
)

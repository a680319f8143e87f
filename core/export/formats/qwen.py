"""Qwen-VL: the official fine-tuning scripts read the rows of LLaVA, one a line."""

from core.export.checks.conversations import LlavaChecker
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.llava import rows
from core.export.writing.base import JsonWriter

FORMAT = Format(
    name="qwen",
    label="Qwen-VL",
    help="Conversations of human and gpt with one image each, one a line, without system prompts.",
    purpose="train",
    # A Python dictionary for data_dict in qwenvl/data/__init__.py.
    load="{'annotation_path': '{rows}', 'data_path': '{dir}'}",
    run_in=("the fine-tuning of Qwen3-VL 9658872",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlavaChecker,
    row_endings=("jsonl", "json"),
    has_conversations=True,
    not_carried=(*ONLY_TEXTS, "system"),
)

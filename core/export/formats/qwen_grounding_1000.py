"""Qwen3-VL, grounding: conversations whose answers are boxes as JSON, from 0 to 1000 of the sides of the image."""

from collections.abc import Iterable

from core.export.checks.grounding import RelativeGroundingChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import llava, qwen
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.grounding import NO_BOXES, answered_by_boxes, boxes_in_1000, leaves_out
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    return llava.rows(answered_by_boxes(group, boxes_in_1000, options), options)


FORMAT = Format(
    name="qwen-grounding-1000",
    label="Qwen3-VL, grounding",
    help="Questions whose answers are the boxes of their entry, as JSON from 0 to 1000 of the image.",
    purpose="train",
    install=qwen.FORMAT.install,
    load=qwen.FORMAT.load,
    load_language=qwen.FORMAT.load_language,
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=qwen.FORMAT.run_in,
    rows=rows,
    writer=JsonWriter,
    checker=RelativeGroundingChecker,
    row_endings=("jsonl", "json"),
    image_modes=("path", "none"),
    has_conversations=True,
    no_rows_reason=NO_BOXES,
    leaves_out=leaves_out,
    not_carried=(*ONLY_TEXTS, "system"),
)

"""Qwen2.5-VL, grounding: conversations whose answers are boxes as JSON, in px of the images in the bundle."""

from collections.abc import Iterable

from core.export.checks.grounding import PixelGroundingChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import llava, qwen
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.grounding import NO_BOXES, answered_by_boxes, boxes_in_px, leaves_out
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    return llava.rows(answered_by_boxes(group, boxes_in_px, options), options)


FORMAT = Format(
    name="qwen-grounding-px",
    label="Qwen2.5-VL, grounding",
    help="Questions whose answers are the boxes of their entry, as JSON in pixels of the image.",
    purpose="train",
    install=qwen.FORMAT.install,
    load=qwen.FORMAT.load,
    load_language=qwen.FORMAT.load_language,
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    run_in=qwen.FORMAT.run_in,
    rows=rows,
    writer=JsonWriter,
    checker=PixelGroundingChecker,
    row_endings=("jsonl", "json"),
    image_modes=("path", "none"),
    has_conversations=True,
    hints=(
        "The pixels are those of the images in the bundle. Qwen2.5-VL sees images scaled to multiples of 28 px within "
        "min_pixels and max_pixels: set these so that your images keep their size, or export smaller images.",
    ),
    no_rows_reason=NO_BOXES,
    leaves_out=leaves_out,
    not_carried=(*ONLY_TEXTS, "system"),
)

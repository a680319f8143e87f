"""ms-swift, KTO: single answers with a ``label``."""

from collections.abc import Iterable

from core.export.checks.preference import PreferenceChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import ms_swift
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.preferences import KTO_HELP, assistant_turn, labeled_answers, user_turn
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per labeled answer."""
    for id_, entry, answer, label in labeled_answers(group):
        messages = [user_turn(entry), assistant_turn(answer)]
        yield {"id": id_, "messages": messages, "label": label, "images": [group.ref]}


FORMAT = Format(
    name="ms-swift-kto",
    label="ms-swift, KTO",
    help=f"{KTO_HELP}.",
    purpose="train",
    install=ms_swift.INSTALL,
    # The program multiplies by the last number before it sets a default.
    load=ms_swift.RLHF_LOAD.replace("{type}", "kto") + " --gradient_accumulation_steps 1",
    load_language="bash",
    run_in=("ms-swift 4.6.0",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    writer=JsonWriter,
    checker=PreferenceChecker,
    row_endings=("jsonl",),
    image_modes=("path", "none", "base64"),
    compares_answers=True,
    includes_rejected=True,
    not_carried=(*ONLY_TEXTS, "system"),
)

"""ms-swift, DPO: conversations that end with the chosen answer, with the rejected one beside them."""

from collections.abc import Iterable

from core.export.checks.preference import PreferenceChecker
from core.export.control_words import without_control_words
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import ms_swift
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format
from core.export.formats.preferences import DPO_HELP, NO_PAIR, assistant_turn, pairs, user_turn
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per pair of answers."""
    for id_, entry, chosen, rejected in pairs(group):
        yield {
            "id": id_, "messages": [user_turn(entry), assistant_turn(chosen)],
            "rejected_response": without_control_words(rejected), "images": [group.ref],
        }  # fmt: skip


FORMAT = Format(
    name="ms-swift-dpo",
    label="ms-swift, DPO",
    help=f"{DPO_HELP}.",
    purpose="train",
    install=ms_swift.INSTALL,
    load=ms_swift.RLHF_LOAD.replace("{type}", "dpo"),
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
    no_rows_reason=NO_PAIR,
    not_carried=(*ONLY_TEXTS, "system"),
)

"""LLaMA-Factory, DPO: prompts that end with the user, with a chosen and a rejected answer."""

from collections.abc import Iterable

from core.export.checks.preference import LlamaFactoryPreferenceChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.formats.dataset_info import INSTALL, LOAD, dataset_info
from core.export.formats.preferences import DPO_HELP, NO_PAIR, assistant_turn, pairs, user_turn
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per pair of answers."""
    for id_, entry, chosen, rejected in pairs(group):
        yield {
            "id": id_, "messages": [user_turn(entry)], "chosen": assistant_turn(chosen),
            "rejected": assistant_turn(rejected), "images": [group.ref],
        }  # fmt: skip


FORMAT = Format(
    name="llama-factory-dpo",
    label="LLaMA-Factory, DPO",
    help=f"{DPO_HELP}.",
    purpose="train",
    install=INSTALL,
    load=LOAD.replace("--stage sft", "--stage dpo"),
    run_in=("LLaMA-Factory 0.9.5",),
    load_language="bash",
    rows=rows,
    writer=JsonWriter,
    checker=LlamaFactoryPreferenceChecker,
    row_endings=("json", "jsonl"),
    compares_answers=True,
    includes_rejected=True,
    companion_files=dataset_info({"messages": "messages", "chosen": "chosen", "rejected": "rejected"}, ranking=True),
    no_rows_reason=NO_PAIR,
    not_carried=(*ONLY_TEXTS, "system"),
)

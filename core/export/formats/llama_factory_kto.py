"""LLaMA-Factory, KTO: single answers with a label in ``kto_tag``."""

from collections.abc import Iterable

from core.export.checks.preference import LlamaFactoryPreferenceChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.formats.dataset_info import INSTALL, LOAD, dataset_info
from core.export.formats.preferences import KTO_HELP, assistant_turn, labeled_answers, user_turn
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per labeled answer."""
    for id_, entry, answer, label in labeled_answers(group):
        messages = [user_turn(entry), assistant_turn(answer)]
        yield {"id": id_, "messages": messages, "kto_tag": label, "images": [group.ref]}


FORMAT = Format(
    name="llama-factory-kto",
    label="LLaMA-Factory, KTO",
    help=f"{KTO_HELP}.",
    purpose="train",
    install=INSTALL,
    load=LOAD.replace("--stage sft", "--stage kto"),
    run_in=("LLaMA-Factory 0.9.5",),
    load_language="bash",
    rows=rows,
    writer=JsonWriter,
    checker=LlamaFactoryPreferenceChecker,
    row_endings=("json", "jsonl"),
    compares_answers=True,
    includes_rejected=True,
    companion_files=dataset_info({"messages": "messages", "kto_tag": "kto_tag"}),
    not_carried=(*ONLY_TEXTS, "system"),
)

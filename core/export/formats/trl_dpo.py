"""TRL, DPO: a table of images, prompts, chosen and rejected answers."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face_chat import TrlPreferenceChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import INSTALL_TRL, ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format, question_text
from core.export.formats.preferences import DPO_HELP, NO_PAIR, assistant_turn, pairs
from core.export.writing.parquet import ParquetWriter


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    turns = [{"role": "string", "content": "string"}]
    return {"id": "string", "images": ["image"], "prompt": turns, "chosen": turns, "rejected": turns}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per pair of answers."""
    for id_, entry, chosen, rejected in pairs(group):
        yield {
            "id": id_, "images": [{"bytes": group.data, "path": group.ref}],
            # TRL inserts the image token itself.
            "prompt": [{"role": "user", "content": question_text(entry, images=0)}],
            "chosen": [assistant_turn(chosen)], "rejected": [assistant_turn(rejected)],
        }  # fmt: skip


FORMAT = Format(
    name="trl-dpo",
    label="TRL, DPO",
    help=f"{DPO_HELP}, as a table.",
    purpose="train",
    install=INSTALL_TRL,
    load=(
        "from datasets import load_dataset\nfrom trl import DPOConfig, DPOTrainer\n\n"
        "trainer = DPOTrainer(\n    'Qwen/Qwen2.5-VL-3B-Instruct',\n    args=DPOConfig(max_length=None),\n"
        "    train_dataset=load_dataset('{dir}', split='{split}'),\n)"
    ),
    run_in=("TRL 1.16.0",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    writer=ParquetWriter,
    checker=TrlPreferenceChecker,
    image_modes=("path",),
    compares_answers=True,
    includes_rejected=True,
    features=features,
    no_rows_reason=NO_PAIR,
    not_carried=(*ONLY_TEXTS, "system"),
)

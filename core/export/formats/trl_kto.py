"""TRL, KTO: a table of images, prompts and single answers with a label."""

from collections.abc import Iterable
from typing import Any

from core.export.checks.hugging_face_chat import TrlKtoChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import INSTALL_TRL, PROMPTS, QWEN_MAX_ASPECT_RATIO, Format, turns
from core.export.formats.preferences import KTO_HELP, assistant_turn, labeled_answers
from core.export.formats.verifiable import prompt_messages
from core.export.writing.parquet import ParquetWriter


def features(options: RowOptions) -> dict[str, Any]:
    """Return the types of the columns by name."""
    messages = [{"role": "string", "content": "string"}]
    return {"id": "string", "images": ["image"], "prompt": messages, "completion": messages, "label": "bool"}


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per labeled answer; TRL inserts the image tokens itself."""
    conversations = [entries for _, entries in turns(group, "turn")]
    before = {entry.id: entries[:index] for entries in conversations for index, entry in enumerate(entries)}
    for id_, entry, answer, label in labeled_answers(group):
        # A rejected answer is no example for what follows it.
        earlier = [other for other in before[entry.id] if not other.rejected]
        yield {
            "id": id_, "images": group.embedded([*earlier, entry]),
            "prompt": prompt_messages(earlier, entry, tokens=False),
            "completion": [assistant_turn(answer)], "label": label,
        }  # fmt: skip


FORMAT = Format(
    name="trl-kto",
    label="TRL, KTO",
    help=f"{KTO_HELP}, as a table.",
    purpose="train",
    install=INSTALL_TRL,
    load=(
        "from datasets import load_dataset\nfrom trl import KTOConfig, KTOTrainer\n\n"
        "trainer = KTOTrainer(\n    'Qwen/Qwen2.5-VL-3B-Instruct',\n    args=KTOConfig(max_length=None),\n"
        "    train_dataset=load_dataset('{dir}', split='{split}'),\n)"
    ),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    compares_answers=True,
    run_in=("TRL 1.16.0",),
    rows=rows,
    writer=ParquetWriter,
    checker=TrlKtoChecker,
    image_modes=("path",),
    includes_rejected=True,
    reads_several_images=True,
    features=features,
    not_carried=("answer", *PROMPTS),
)

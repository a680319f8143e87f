"""ms-swift: lines of role and content; the score of an answer scales its loss."""

from collections.abc import Iterable

from core.export.checks.conversations import MsSwiftChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import messages
from core.export.formats.base import ONLY_TEXTS, QWEN_MAX_ASPECT_RATIO, Format, turns
from core.export.writing.base import JsonWriter

# Without is_binary_loss_scale=false, ms-swift takes every weight above 0 for 1.
INSTALL = "pip install ms-swift==4.6.0 qwen-vl-utils torchvision"
LOAD = (
    "ROOT_IMAGE_DIR={dir} swift sft --model Qwen/Qwen2.5-VL-3B-Instruct --dataset {rows} --is_binary_loss_scale false"
)
RLHF_LOAD = "ROOT_IMAGE_DIR={dir} swift rlhf --rlhf_type {type} --model Qwen/Qwen2.5-VL-3B-Instruct --dataset {rows}"
_MAX_SCORE = 5.0


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    conversations = turns(group, options.grouping)
    for row, (_, entries) in zip(messages.rows(group, options), conversations, strict=True):
        if options.metadata:
            # Every answer has the key: a split or a file of a table without it would have other columns.
            answers = [turn for turn in row["messages"] if turn["role"] == "assistant"]
            for entry, answer in zip(entries, answers, strict=True):
                # An answer without a score has the full loss: no reviewer rated it lower.
                answer["loss_scale"] = (entry.score or _MAX_SCORE) / _MAX_SCORE
        yield row


FORMAT = Format(
    name="ms-swift",
    label="ms-swift",
    help="Conversations with a list of images; with metadata, the score scales the loss: 3 of 5 gives three fifths.",
    purpose="train",
    install=INSTALL,
    load=LOAD,
    load_language="bash",
    run_in=("ms-swift 4.6.0",),
    max_aspect_ratio=QWEN_MAX_ASPECT_RATIO,
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=MsSwiftChecker,
    row_endings=("jsonl",),
    image_modes=("path", "none", "base64"),
    has_conversations=True,
    reads_several_images=True,
    not_carried=ONLY_TEXTS,
)

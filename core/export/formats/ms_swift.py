"""ms-swift: lines of role and content; the score of an answer scales its loss."""

from collections.abc import Iterable

from core.export.checks.conversations import MsSwiftChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import messages
from core.export.formats.base import ONLY_TEXTS, Format, turns
from core.export.writing.base import JsonWriter

LOAD = "ROOT_IMAGE_DIR={dir} swift sft --dataset {dir}/{stem}.{ending} …"
_MAX_SCORE = 5.0


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation."""
    conversations = turns(group, options.grouping)
    for row, (_, entries) in zip(messages.rows(group, options), conversations, strict=True):
        if options.metadata and any(entry.score for entry in entries):
            for index, entry in enumerate(entries):
                # An answer without a score has the full loss: no reviewer rated it lower.
                answers = [turn for turn in row["messages"] if turn["role"] == "assistant"]
                answers[index]["loss_scale"] = (entry.score or _MAX_SCORE) / _MAX_SCORE
        yield row


FORMAT = Format(
    name="ms-swift",
    label="ms-swift",
    help="Conversations for ms-swift; with metadata, the score scales the loss: 3 of 5 gives three fifths.",
    purpose="train",
    load=LOAD,
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=MsSwiftChecker,
    row_endings=("jsonl",),
    has_conversations=True,
    reads_several_images=True,
    not_carried=ONLY_TEXTS,
)

"""ms-swift: lines of role and content; stars weigh the loss of the answers that have them."""

from collections.abc import Iterable

from core.export.checks import ms_swift_checker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import messages
from core.export.formats.base import Format, turns
from core.export.writing.base import json_writer

LOAD = "ROOT_IMAGE_DIR={dir} swift sft --dataset {dir}/{stem}.jsonl …"
_MOST_STARS = 5.0


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    said = messages.rows(group, options)
    for row, (_, entries) in zip(said, turns(group, options.grouping), strict=True):
        if options.metadata and any(entry.score for entry in entries):
            for place, entry in enumerate(entries):
                # Without stars an answer counts in full: nobody said that it is worse.
                row["messages"][2 * place + 1]["loss_scale"] = (entry.score or _MOST_STARS) / _MOST_STARS
        yield row


FORMAT = Format(
    name="ms-swift",
    label="ms-swift",
    help="Conversations for ms-swift; with metadata, an answer of three stars weighs three fifths in the loss.",
    purpose="train",
    load=LOAD,
    rows=rows,
    texts_only=True,
    writer=json_writer,
    checker=ms_swift_checker,
    row_files=("jsonl",),
    converses=True,
)

"""ShareGPT with images: conversations of human and gpt with a list of images, read by many trainers."""

from collections.abc import Iterable

from core.export.checks.conversations import SharegptChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats import llava
from core.export.formats.base import Format
from core.export.formats.dataset_info import LOAD, dataset_info
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield the rows of LLaVA with the image in a list."""
    for row in llava.rows(group, options):
        yield {"id": row["id"], "conversations": row["conversations"], "images": [row["image"]]}


FORMAT = Format(
    name="sharegpt",
    label="ShareGPT",
    help="Conversations of human and gpt with a list of images. Read by LLaMA-Factory, Axolotl and Unsloth.",
    purpose="train",
    load=LOAD,
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=SharegptChecker,
    row_endings=("json", "jsonl"),
    has_conversations=True,
    companion_files=dataset_info({"messages": "conversations"}, tags=None),
)

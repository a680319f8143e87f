"""ShareGPT with images: conversations of human and gpt with a list of images."""

from collections.abc import Iterable
from itertools import chain

from core.export.checks.conversations import SharegptChecker
from core.export.entries import ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format, new_images, system_text, turns
from core.export.formats.dataset_info import INSTALL, LOAD, dataset_info
from core.export.formats.llava import turns_of
from core.export.writing.base import JsonWriter


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield the rows of LLaVA with the images in a list, and the system prompt as the first turn."""
    for id_, entries in turns(group, options.grouping):
        system = system_text(entries)
        conversation = [{"from": "system", "value": system}] if system else []
        conversation += chain.from_iterable(map(turns_of, entries, new_images(entries)))
        yield {"id": id_, "conversations": conversation, "images": group.refs(entries)}


FORMAT = Format(
    name="sharegpt",
    label="ShareGPT",
    help="Conversations of human and gpt with a list of images and a dataset_info.json that describes them.",
    purpose="train",
    install=INSTALL,
    load=LOAD,
    run_in=("LLaMA-Factory 0.9.5",),
    load_language="bash",
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=SharegptChecker,
    row_endings=("json", "jsonl"),
    has_conversations=True,
    reads_several_images=True,
    companion_files=dataset_info({"messages": "conversations"}, tags=None),
    not_carried=ONLY_TEXTS,
)

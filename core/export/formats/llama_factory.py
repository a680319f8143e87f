"""LLaMA-Factory: role and content, with a ``dataset_info.json`` that names every file of the bundle."""

from core.export.checks.conversations import LlamaFactoryChecker
from core.export.formats.base import ONLY_TEXTS, Format
from core.export.formats.dataset_info import INSTALL, LOAD, dataset_info
from core.export.formats.messages import rows
from core.export.writing.base import JsonWriter

_CUTOFF = (
    "LLaMA-Factory cuts each row at cutoff_len, 2048 tokens by default, and image tokens count: raise it for images."
)

FORMAT = Format(
    name="llama-factory",
    label="LLaMA-Factory",
    help="Conversations with a list of images and a dataset_info.json that describes them.",
    purpose="train",
    install=INSTALL,
    load=LOAD,
    run_in=("LLaMA-Factory 0.9.5",),
    load_language="bash",
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlamaFactoryChecker,
    row_endings=("json", "jsonl"),
    has_conversations=True,
    reads_several_images=True,
    companion_files=dataset_info({"messages": "messages"}),
    hints=(_CUTOFF,),
    not_carried=ONLY_TEXTS,
)

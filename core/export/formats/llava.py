"""LLaVA 1.5: a JSON array of conversations, one image each."""

from collections.abc import Iterable
from itertools import chain

from core.export.checks.conversations import LlavaChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import ONLY_TEXTS, Format, answer_text, new_images, question_text, turns
from core.export.writing.base import JsonWriter


def turns_of(entry: Entry, images: int) -> list[Row]:
    """Return question and answer as turns; the first brings so many *images*."""
    return [
        {"from": "human", "value": question_text(entry, images=images)},
        {"from": "gpt", "value": answer_text(entry)},
    ]


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per conversation without its system prompt.

    LLaVA raises KeyError for a turn of another role; Qwen's fine-tuning trains it as an answer.
    """
    for id_, entries in turns(group, options.grouping):
        conversation = chain.from_iterable(map(turns_of, entries, new_images(entries)))
        yield {"id": id_, "image": group.ref, "conversations": list(conversation)}


FORMAT = Format(
    name="llava",
    label="LLaVA",
    help="Conversations of human and gpt with one image each, as LLaVA 1.5 reads them, without system prompts.",
    purpose="train",
    install=(
        "git clone https://github.com/haotian-liu/LLaVA && git -C LLaVA checkout -q c121f04\n"
        "pip install -e 'LLaVA[train]'"
    ),
    load=(
        "deepspeed LLaVA/llava/train/train_mem.py --deepspeed LLaVA/scripts/zero3.json --model_name_or_path "
        "lmsys/vicuna-7b-v1.5 --version v1 --vision_tower openai/clip-vit-large-patch14-336 --mm_projector_type "
        "mlp2x_gelu --mm_vision_select_layer -2 --image_aspect_ratio pad --bf16 True --model_max_length 2048 "
        "--output_dir {dir}-trained --data_path {rows} --image_folder {dir}"
    ),
    load_language="bash",
    run_in=("LLaVA c121f04",),
    rows=rows,
    detail="texts",
    writer=JsonWriter,
    checker=LlavaChecker,
    row_endings=("json",),
    further_endings=("jsonl",),
    has_conversations=True,
    not_carried=(*ONLY_TEXTS, "system"),
)

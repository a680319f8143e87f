"""The data set and collator of LLaVA's train.py, executed from its source; answers are decoded from the labels."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from llava_modules import llama_like, train  # isort: skip - it finds llava
from llava import conversation
from PIL import Image
from seen import Row, checkout_version, rows_file, run


class _Images:
    """An image processor that keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[Image.Image] = []

    def preprocess(self, image: Image.Image, return_tensors: str) -> dict[str, Any]:
        self.seen.append(image)
        return {"pixel_values": [torch.zeros(3, 2, 2)]}


def rows(bundle: Path, format_: str) -> Iterable[Row]:
    annotations = rows_file(bundle)
    tokens, images = llama_like(), _Images()
    conversation.default_conversation = conversation.conv_templates["v1"]
    settings = SimpleNamespace(
        image_folder=str(bundle), image_processor=images, image_aspect_ratio="square", is_multimodal=True,
        mm_use_im_start_end=False,
    )  # fmt: skip
    read = train.LazySupervisedDataset(str(annotations), tokens, settings)
    collate = train.DataCollatorForSupervisedDataset(tokens)
    for index, row in enumerate(json.loads(annotations.read_text())):
        images.seen.clear()
        batch = collate([read[index]])
        answers = _spans(batch["labels"][0].tolist(), tokens)
        questions = [turn["value"].replace("<image>", "").strip() for turn in row["conversations"][::2]]
        yield list(zip(questions, answers, strict=True)), list(images.seen)


def _spans(labels: list[int], tokens: Any) -> list[str]:
    """Return the texts that are trained on, without the end of each."""
    spans: list[list[int]] = []
    for before, label in zip([train.IGNORE_INDEX, *labels], labels, strict=False):
        if label != train.IGNORE_INDEX:
            if before == train.IGNORE_INDEX:
                spans.append([])
            spans[-1].append(label)
    return [re.sub(r"</s>$", "", tokens.decode(span)).strip(" ") for span in spans]


run(checkout_version(), rows)
